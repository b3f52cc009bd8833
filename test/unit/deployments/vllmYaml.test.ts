import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { forAll } from '../properties';
import { describe, it } from 'mocha';
import { readVllmYaml, readVllmYamlSteps } from '../../../src/deployments/vllmYaml';

const CORPUS = '../shared/corpus';

function args(text: string, version?: string): Record<string, unknown> {
  return Object.fromEntries(readVllmYaml(text, version).args);
}

/** What the ranges of an argument cover in the text. */
function covered(text: string, name: string): (string | null)[] {
  const argument = readVllmYaml(text).arguments.find((candidate) => candidate.name === name);
  assert.ok(argument, `${name} is not read`);
  const { keyRange, valueRange } = argument;
  return [text.slice(keyRange.start, keyRange.end), valueRange && text.slice(valueRange.start, valueRange.end)];
}

describe('reading a vLLM file', () => {
  it('resolves spellings as the parser does', () => {
    assert.deepEqual(args('max_model_len: 4096\nmax-num-seqs: 8\ntensor-parallel: 2\nkv-cache-memory: 8g\n'), {
      'max-model-len': 4096,
      'max-num-seqs': 8,
      'tensor-parallel-size': 2,
      'kv-cache-memory-bytes': 8e9,
    });
  });

  it('drops false, null and empty lists, and knows when false was not needed', () => {
    const deployment = readVllmYaml('enable-prefix-caching: false\nquantization:\nmiddleware: []\nenforce-eager: yes\n');
    assert.deepEqual(Object.fromEntries(deployment.args), { 'enforce-eager': true });
    assert.deepEqual(
      deployment.arguments.map(({ name, effective }) => [name, effective]),
      [
        ['enable-prefix-caching', false],
        ['quantization', true],
        ['middleware', false],
        ['enforce-eager', true],
      ],
    );
  });

  it('lets the last of two equal keys win, and the later of two spellings', () => {
    assert.deepEqual(args('max-model-len: 1\nmax-model-len: 2\n'), { 'max-model-len': 2 });
    assert.deepEqual(args('max-model-len: 1\nmax_model_len: 2\n'), { 'max-model-len': 2 });
    // PyYAML keeps the first key's place: the order of the flags is `_`, then `-`.
    assert.deepEqual(args('max_model_len: 1\nmax-model-len: 2\nmax_model_len: 3\n'), { 'max-model-len': 2 });
    // A false is gone before the parser sees it, so the other spelling stands.
    assert.deepEqual(args('enforce-eager: true\nenforce_eager: false\n'), { 'enforce-eager': true });
  });

  it('gathers dotted keys and keeps mappings and JSON text', () => {
    const text =
      'compilation-config.cudagraph_mode: NONE\ncompilation_config.pass_config.eliminate_noops: true\n' +
      'speculative-config: {method: ngram, num_speculative_tokens: 5}\nhf-overrides: \'{"rope_theta": 1}\'\n';
    assert.deepEqual(args(text), {
      'compilation-config': { cudagraph_mode: 'NONE', pass_config: { eliminate_noops: true } },
      'speculative-config': { method: 'ngram', num_speculative_tokens: 5 },
      'hf-overrides': '{"rope_theta": 1}',
    });
  });

  it('follows anchors and merge keys', () => {
    const text = 'x: &base {max-num-seqs: 8, max-model-len: 1024}\n<<: *base\nmax-model-len: 2048\nblock-size: &b 16\nseed: *b\n';
    assert.deepEqual(args(text), { 'max-num-seqs': 8, 'max-model-len': 2048, 'block-size': 16, seed: 16 });
  });

  it('keeps unknown and removed names apart from what takes effect', () => {
    const deployment = readVllmYaml('swap-space: 4\nmax-paddings: 1\nblock-size: 16\n', '0.27.1');
    assert.deepEqual(
      deployment.arguments.map(({ name, known }) => [name, known]),
      [
        ['swap-space', false],
        ['max-paddings', false],
        ['block-size', true],
      ],
    );
    assert.deepEqual(Object.fromEntries(deployment.args), { 'block-size': 16 });
    assert.deepEqual(args('swap-space: 4\n', '0.8.5'), { 'swap-space': 4 });
  });

  it('treats what another program fills in as unknown', () => {
    const deployment = readVllmYaml('model: ${MODEL}\ntensor-parallel-size: {{ tp }}\nmax-model-len: $(LEN)\nblock-size: 16\n');
    assert.deepEqual(Object.fromEntries(deployment.args), { 'block-size': 16 });
    assert.ok(deployment.arguments.slice(0, 3).every(({ value, known }) => value === undefined && known));
  });

  it('gives exact ranges of key and value, quotes and all', () => {
    const text =
      '\ufeffmodel: "Qwen/Qwen3-8B" # 模型\r\n\'max_model_len\':\t4096 # 最大长度\r\nchat-template: |\r\n  {{ x }}\r\n\r\nblock-size:\r\n';
    assert.deepEqual(covered(text, 'model'), ['model', '"Qwen/Qwen3-8B"']);
    assert.deepEqual(covered(text, 'max-model-len'), ["'max_model_len'", '4096']);
    assert.deepEqual(covered(text, 'chat-template'), ['chat-template', '|\r\n  {{ x }}']);
    assert.deepEqual(covered(text, 'block-size'), ['block-size', null]);
  });

  it('answers nothing for files that hold no mapping', () => {
    for (const text of ['', '# only a comment\n', '- a\n- b\n', '42', '---\n...\n'])
      assert.deepEqual(readVllmYaml(text).arguments, [], text);
  });
});

describe('reading a broken vLLM file', () => {
  it('reads keys run together on one line', () => {
    const text = '# 并发 max-num-seqs: 8\nenforce-eager: true block-size: 32 # 块 seed: 1\nmax-model-len: 4096 # 长度 max-num-seqs: 8\n';
    assert.deepEqual(args(text), { 'enforce-eager': true, 'block-size': 32, 'max-model-len': 4096 });
    assert.deepEqual(covered(text, 'block-size'), ['block-size', '32']);
    assert.equal(readVllmYaml(text).problems[0]?.kind, 'syntax');
  });

  it('points at a key that a comment swallowed, and at nothing else in comments', () => {
    const text =
      'max-num-seqs: 8 # 最大并发数 max-model-len: 4096 \r\nseed: 1 # was seed: 2\nport: 1 # see host: x\ndtype: half # 用 enforce-eager: maybe\n# block-size: 16\n';
    const { problems } = readVllmYaml(text);
    assert.deepEqual(
      problems.map(({ kind, range, edits }) => [kind, text.slice(range.start, range.end), edits]),
      [['swallowed', 'max-model-len: 4096', { 'max-model-len': 4096 }]],
    );
  });

  it('loses only the entry that is wrong', () => {
    const text = 'block-size: 32\nmodel: "Qwen\nmax-model-len: 4096\ncompilation-config:\n  - {\nseed: 1\nmax-num-ba';
    assert.deepEqual(args(text), { 'block-size': 32, 'max-model-len': 4096, seed: 1 });
    assert.deepEqual(covered(text, 'model'), ['model', null]);
    assert.deepEqual(covered(text, 'seed'), ['seed', '1']);
  });

  it('keeps offsets behind a byte order mark', () => {
    const text = '\ufeffmax-model-len: 4096\n\tseed: 1\nblock-size: 16\n';
    assert.deepEqual(covered(text, 'max-model-len'), ['max-model-len', '4096']);
    assert.deepEqual(covered(text, 'block-size'), ['block-size', '16']);
  });

  it('says that vLLM reads only one document', () => {
    const { args: first, problems } = readVllmYaml('block-size: 16\n---\nblock-size: 32\n');
    assert.deepEqual(Object.fromEntries(first), { 'block-size': 16 });
    assert.match(problems[0]?.message ?? '', /one YAML document/);
  });

  it('does not drown in nested aliases', () => {
    const levels = Array.from({ length: 12 }, (_, i) => `l${i + 1}: &l${i + 1} [${Array(10).fill(`*l${i}`).join(', ')}]`);
    const deployment = readVllmYaml(`l0: &l0 [x]\n${levels.join('\n')}\nhf-overrides: *l12\nblock-size: 16\n`);
    assert.equal(deployment.arguments.find(({ name }) => name === 'hf-overrides')?.value, undefined);
  });

  it('gives up on nesting that would overflow the parser, not on the process', () => {
    for (const nested of [
      '['.repeat(1e5),
      '{a: '.repeat(5e4),
      '- '.repeat(5e4),
      '? '.repeat(5e4),
      'a: '.repeat(5e4),
      ': '.repeat(5e4),
      '\n- '.repeat(10) + '[{'.repeat(5e4),
    ]) {
      const { arguments: read, problems } = readVllmYaml(`max-model-len: 1\nx: ${nested}`);
      assert.deepEqual(
        read.map(({ name }) => name).filter((name) => name !== 'max-model-len' && name !== 'x'),
        [],
      );
      assert.ok(problems.length > 0);
    }
    const stairs = Array.from({ length: 3000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n');
    assert.match(readVllmYaml(stairs).problems[0]?.message ?? '', /too deeply/);
  });

  it('never throws, whatever is typed', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'max-model-len',
        'model',
        ': ',
        ':',
        '\n',
        '\r\n',
        '\t',
        '  ',
        '# ',
        '"',
        "'",
        '{',
        '}',
        '[',
        ']',
        '- ',
        '|',
        '>',
        '&a ',
        '*a',
        '<<: ',
      ),
      fc.constantFrom(
        '---\n',
        '...',
        '!!int ',
        '!x ',
        '? ',
        '%',
        '@',
        '`',
        '\ufeff',
        '# vram: ',
        'gpu=',
        'count=2',
        ',',
        '4096',
        'true',
        '模型',
        '\u0000',
      ),
      fc.string({ maxLength: 4 }),
    );
    forAll(
      [fc.array(piece, { maxLength: 40 })],
      (pieces) => {
        const text = pieces.join('');
        for (const { range, keyRange } of readVllmYaml(text).arguments) {
          assert.ok(keyRange.start <= keyRange.end && range.start <= range.end && range.end <= text.length);
        }
      },
      2000,
    );
  });
});

describe('real vLLM files', function () {
  before(function () {
    if (!existsSync(CORPUS)) {
      console.log(`      skipped: ${CORPUS} is not here`);
      this.skip();
    }
  });

  it('reads the arguments that a person read from them', () => {
    const rows = readFileSync(`${CORPUS}/index.jsonl`, 'utf8').trim().split('\n');
    let compared = 0;
    for (const line of rows) {
      const { file, kind, args: expected } = JSON.parse(line) as { file: string; kind: string; args: Record<string, unknown> };
      if (kind !== 'plain') continue;
      const deployment = readVllmYaml(readFileSync(`${CORPUS}/${file}`, 'utf8'));
      const read = new Map(deployment.arguments.map(({ name, value }) => [name, value]));
      assert.deepEqual(deployment.problems, [], file);
      // This file's `model` is a mapping with arguments of its own inside, which vLLM does not read.
      const nested = typeof read.get('model') === 'object' ? ['trust-remote-code', 'dtype'] : [];
      for (const [name, value] of Object.entries(expected)) {
        if (nested.includes(name)) continue;
        assert.deepEqual(read.get(name), value, `${file}: ${name}`);
        compared++;
      }
    }
    assert.ok(compared > 200, `${compared} arguments compared`);
  });
});

describe('a vLLM file read in steps', () => {
  it('pauses while it parses, and reads the same', () => {
    const text = `model: Qwen/Qwen3-8B\nhf-overrides:\n${Array.from({ length: 500 }, (_, index) => `  option_${index}: { value: ${index} }\n`).join('')}max-model-len: 4096\n`;
    const steps = readVllmYamlSteps(text);
    let pauses = 0;
    let step = steps.next();
    for (; step.done !== true; step = steps.next()) pauses++;
    assert.ok(pauses > 20, `${pauses} pauses`);
    assert.deepEqual(step.value, readVllmYaml(text));
  });

  it('pauses inside one mapping or list, on one line or on many', () => {
    const entries = Array.from({ length: 5000 }, (_, index) => `"option_${index}": [${index}, "a"]`);
    for (const separator of [', ', ',\n']) {
      const steps = readVllmYamlSteps(`model: Qwen/Qwen3-8B\nhf-overrides: {${entries.join(separator)}}\nmax-model-len: 4096\n`);
      let pauses = 0;
      while (steps.next().done !== true) pauses++;
      assert.ok(pauses > 200, `${pauses} pauses`);
    }
  });
});
