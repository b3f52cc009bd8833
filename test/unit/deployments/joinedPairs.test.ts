import assert from 'node:assert/strict';
import { applyEdits } from '../../../src/deployments/edits';
import { readVllmYaml } from '../../../src/deployments/vllmYaml';

/** Every joined entry of a file as it is underlined, and the file once all are mended. */
function joined(text: string): { readonly keys: readonly string[]; readonly mended: string } {
  const found = readVllmYaml(text).problems.filter(({ kind }) => kind === 'joined');
  return {
    keys: found.map(({ range }) => text.slice(range.start, range.end)),
    mended: applyEdits(
      text,
      found.flatMap(({ repair }) => repair?.replace ?? []),
    ),
  };
}

describe('entries without the space behind the colon', () => {
  const CASES: readonly (readonly [text: string, keys: readonly string[], mended: string])[] = [
    [
      'speculative-config: {method:ngram, num_speculative_tokens:3}\n',
      ['method:ngram', 'num_speculative_tokens:3'],
      'speculative-config: {method: ngram, num_speculative_tokens: 3}\n',
    ],
    // At any depth, after characters of two units, behind line ends of Windows.
    [
      '# 推测解码 🚀\r\nhf-overrides: {rope_scaling: {rope_type:yarn, factor: 4.0}}\r\n',
      ['rope_type:yarn'],
      '# 推测解码 🚀\r\nhf-overrides: {rope_scaling: {rope_type: yarn, factor: 4.0}}\r\n',
    ],
    ['compilation_config: {pass_config: [{a:1}]}\n', ['a:1'], 'compilation_config: {pass_config: [{a: 1}]}\n'],
    ['hf-overrides.rope_scaling: {factor:4.0}\n', ['factor:4.0'], 'hf-overrides.rope_scaling: {factor: 4.0}\n'],
    // A block's entry with a colon behind it.
    ['compilation-config:\n  mode:3:\n  level: 2\n', ['mode:3'], 'compilation-config:\n  mode: 3\n  level: 2\n'],
    ['speculative-config: {"method:ngram"}\n', ['"method:ngram"'], 'speculative-config: {"method": "ngram"}\n'],
    // The values of plain scalars may hold quotes.
    ['speculative-config: {method:"ngram"}\n', ['method:"ngram"'], 'speculative-config: {method: "ngram"}\n'],
    // A file that cannot be read as a whole is read by pieces.
    [
      'speculative-config: {method:ngram}\nmax-model-len 4096\n',
      ['method:ngram'],
      'speculative-config: {method: ngram}\nmax-model-len 4096\n',
    ],
  ];
  for (const [text, keys, mended] of CASES) {
    it(`are told and mended in ${JSON.stringify(text)}`, () => {
      assert.deepEqual(joined(text), { keys, mended });
      assert.deepEqual(joined(mended).keys, []);
    });
  }

  it('are none where the colon is meant, nor in keys that are not vLLM’s', () => {
    for (const text of [
      'speculative-config: {"method":ngram}\n',
      'speculative-config:\n  method: ngram\n',
      'hf-overrides: {"a:b": 1}\n',
      'hf-overrides: {"a:b": null}\n',
      'hf-overrides: {"a: b"}\n',
      'compilation-config: \'{"mode":3}\'\n',
      'served-model-name: a:b\n',
      'somebody-elses: {a:b}\n',
    ])
      assert.deepEqual(joined(text).keys, [], text);
  });

  it('are told twenty at most, and do not follow what refers to itself', () => {
    const many = Array.from({ length: 500 }, (_, index) => `k${index}:1`).join(', ');
    assert.equal(joined(`hf-overrides: {${many}}\n`).keys.length, 20);
    assert.deepEqual(joined('hf-overrides: &a {x: *a, y:1}\n').keys, ['y:1']);
  });
});
