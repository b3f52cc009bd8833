import assert from 'node:assert/strict';
import fc from 'fast-check';
import { forAll } from '../properties';
import { describe, it } from 'mocha';
import { applyEdits, editsFor } from '../../../src/deployments/edits';
import type { Changes } from '../../../src/deployments/edits';
import { readVllmYaml } from '../../../src/deployments/vllmYaml';

function edited(text: string, changes: Changes): string {
  return applyEdits(text, editsFor(text, readVllmYaml(text), changes));
}

describe('editing a vLLM file', () => {
  it('sets a value and keeps quotes, comment and line ends', () => {
    assert.equal(
      edited('max-model-len: "8192"  # 长度\r\nseed: 1\r\n', { edits: { 'max-model-len': 4096 } }),
      'max-model-len: "4096"  # 长度\r\nseed: 1\r\n',
    );
    assert.equal(edited("dtype: 'auto'\n", { edits: { dtype: 'half' } }), "dtype: 'half'\n");
    assert.equal(edited('block-size: # 块\nseed: 1', { edits: { 'block-size': 16 } }), 'block-size: 16 # 块\nseed: 1');
    assert.equal(edited('seed: &s 1 # a\n', { edits: { seed: 2 } }), 'seed: &s 2 # a\n');
  });

  it('sets the one of several equal keys that takes effect', () => {
    assert.equal(edited('max-model-len: 1\nmax_model_len: 2\n', { edits: { 'max-model-len': 3 } }), 'max-model-len: 1\nmax_model_len: 3\n');
  });

  it('changes a field of a block value in its place', () => {
    assert.equal(
      edited('speculative-config:\n  method: ngram\n  num_speculative_tokens: 5\nseed: 1\n', {
        edits: { 'speculative-config': { method: 'mtp' } },
      }),
      'speculative-config:\n  method: mtp\nseed: 1\n',
    );
  });

  it('quotes text that YAML would read as something else', () => {
    assert.equal(edited('model: a\n', { edits: { model: 'on' } }), 'model: "on"\n');
    assert.equal(edited("model: 'a'\n", { edits: { model: "it's" } }), "model: 'it''s'\n");
  });

  it('adds a key beside its relatives, spelled as the file spells, with the file’s line ends', () => {
    assert.equal(
      edited('model: x\r\nmax_model_len: 8\r\ntensor_parallel_size: 2 # 卡\r\nport: 1', { edits: { 'pipeline-parallel-size': 2 } }),
      'model: x\r\nmax_model_len: 8\r\ntensor_parallel_size: 2 # 卡\r\npipeline_parallel_size: 2\r\nport: 1',
    );
    assert.equal(
      edited('seed: 1', { edits: { 'enforce-eager': true, 'cpu-offload-gb': 4 } }),
      'seed: 1\nenforce-eager: true\ncpu-offload-gb: 4',
    );
    assert.equal(edited('# c\n', { edits: { seed: 1 } }), '# c\nseed: 1\n');
    assert.equal(edited('', { edits: { seed: 1 } }), 'seed: 1\n');
    assert.equal(edited('  seed: 1\n', { edits: { 'enforce-eager': true } }), '  seed: 1\n  enforce-eager: true\n');
  });

  it('adds at the margin where keys come from a merged mapping', () => {
    assert.equal(
      edited('x: &b\n  max-num-seqs: 8\n<<: *b\nseed: 1\n', { edits: { 'max-num-batched-tokens': 512 } }),
      'x: &b\n  max-num-seqs: 8\n<<: *b\nseed: 1\nmax-num-batched-tokens: 512\n',
    );
  });

  it('works inside one pair of braces', () => {
    assert.equal(
      edited('{"seed": 1, model: x}\n', { edits: { seed: 2, 'enforce-eager': true } }),
      '{"seed": 2, model: x, enforce-eager: true}\n',
    );
    assert.equal(edited('{"seed": 1, model: x}\n', { remove: ['seed'] }), '{model: x}\n');
    assert.equal(edited('{"seed": 1, model: x}\n', { remove: ['model'] }), '{"seed": 1}\n');
  });

  it('removes a key with its line', () => {
    assert.equal(edited('seed: 1\r\nswap-space: 4 # 交换\r\nport: 1\r\n', { remove: ['swap-space'] }), 'seed: 1\r\nport: 1\r\n');
    assert.equal(
      edited('seed: 1\ncompilation-config:\n  mode: 3\n\nport: 1\n', { remove: ['compilation-config'] }),
      'seed: 1\n\nport: 1\n',
    );
    assert.equal(edited('seed: 1\nport: 1', { remove: ['port'] }), 'seed: 1\n');
  });

  it('removes one of several equal keys by its place', () => {
    const text = 'seed: 1\nport: 8\nseed: 2\n';
    assert.equal(edited(text, { removeAt: [text.indexOf('seed')] }), 'port: 8\nseed: 2\n');
  });

  it('renames a key and sets its value at once', () => {
    const changes = { edits: { 'enable-prefix-caching': true }, rename: { enable_prefix_caching: 'no-enable-prefix-caching' } };
    assert.equal(edited('enable_prefix_caching: false # 缓存\n', changes), 'no_enable_prefix_caching: true # 缓存\n');
  });

  it('renames a key and keeps its value', () => {
    assert.equal(edited('max_seq_len: 4096 # 长\n', { rename: { max_seq_len: 'max-model-len' } }), 'max_model_len: 4096 # 长\n');
    assert.equal(edited('"tp": 2\n', { rename: { tp: 'tensor-parallel-size' } }), '"tensor-parallel-size": 2\n');
  });

  it('does not touch a value that cannot be read', () => {
    const text = 'model: "Qwen\nseed: 1\n';
    assert.equal(edited(text, { edits: { model: 'x' } }), text);
  });
});

/** A key, its value as written, and what may stand behind it on the line. */
const entry = fc.record({
  name: fc.constantFrom('max-model-len', 'max-num-seqs', 'seed', 'block-size', 'tensor-parallel-size', 'port', 'max-num-batched-tokens'),
  underscores: fc.boolean(),
  quote: fc.constantFrom('', '"', "'"),
  value: fc.integer({ min: 1, max: 99_999 }),
  gap: fc.constantFrom(' ', '  ', '\t'),
  comment: fc.constantFrom('', ' # 注释', '  # seed: 3', '\t#', ' #"x'),
  before: fc.constantFrom('', '# 说明: max-model-len: 1', '   '),
});

describe('editing any flat file', () => {
  const file = fc.record({
    entries: fc.uniqueArray(entry, { selector: ({ name }) => name, minLength: 1, maxLength: 7 }),
    eol: fc.constantFrom('\n', '\r\n'),
    finalEol: fc.boolean(),
    bom: fc.constantFrom('', '\ufeff'),
  });
  type File = typeof file extends fc.Arbitrary<infer T> ? T : never;

  function written({ entries, eol, finalEol, bom }: File): string {
    const lines = entries.flatMap(({ name, underscores, quote, value, gap, comment, before }) => [
      ...(before === '' ? [] : [before]),
      `${underscores ? name.replaceAll('-', '_') : name}:${gap}${quote}${value}${quote}${comment}`,
    ]);
    return bom + lines.join(eol) + (finalEol ? eol : '');
  }

  it('changes the value and no other byte', () => {
    forAll([file, fc.nat(), fc.integer({ min: 1, max: 99_999 })], (content, pick, value) => {
      const text = written(content);
      const target = content.entries[pick % content.entries.length];
      assert.ok(target);
      const expected = written({ ...content, entries: content.entries.map((e) => (e === target ? { ...e, value } : e)) });
      assert.equal(edited(text, { edits: { [target.name]: value } }), expected);
    });
  });

  it('adds a line and keeps every other', () => {
    forAll([file], (content) => {
      const text = written(content);
      const result = edited(text, { edits: { 'cpu-offload-gb': 5 } });
      const isNew = (line: string): boolean => /^cpu[-_]offload[-_]gb: 5$/.test(line);
      // A file of one line without a line end has none to follow.
      const eol = text.includes(content.eol) ? content.eol : '\n';
      const lines = result.split(eol);
      assert.equal(lines.filter(isNew).length, 1);
      assert.equal(lines.filter((line) => !isNew(line)).join(eol), text);
      assert.deepEqual(readVllmYaml(result).args, new Map([...readVllmYaml(text).args, ['cpu-offload-gb', 5]]));
    });
  });

  it('removes a line and keeps every other', () => {
    forAll([file, fc.nat()], (content, pick) => {
      const target = content.entries[pick % content.entries.length];
      assert.ok(target);
      const result = edited(written(content), { remove: [target.name] });
      const kept = written(content).split(content.eol);
      kept.splice(
        kept.findIndex((line) => line.replaceAll('_', '-').replace('\ufeff', '').startsWith(`${target.name}:`)),
        1,
      );
      assert.equal(result.replace(/\s+$/, '').replace('\ufeff', ''), kept.join(content.eol).replace(/\s+$/, '').replace('\ufeff', ''));
    });
  });
});
