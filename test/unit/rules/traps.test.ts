import assert from 'node:assert/strict';
import { findTraps } from '../../../src/deployments/traps';
import { readVllmYaml } from '../../../src/deployments/vllmYaml';

function traps(text: string, version = '0.27.1'): readonly string[] {
  return findTraps(readVllmYaml(`model: a/b\n${text}`, version), version).map(({ code, severity }) =>
    severity === 'error' ? code : `${severity} ${code}`,
  );
}

/** Files that vLLM reads as they are meant, by version. */
const FINE: Readonly<Record<string, string | readonly [text: string, version: string]>> = {
  'quoted numbers': 'max-model-len: "8192"\ngpu-memory-utilization: "0.9"\n',
  'sizes where they are taken': 'max-model-len: 32K\nmax-num-batched-tokens: 8K\nkv-cache-memory-bytes: 8G\n',
  'minus one and auto': 'max-model-len: -1\nmax_num_scheduled_tokens: 16\n',
  'auto since it is there': ['max-model-len: auto\n', '0.14.0'],
  'the word true for a flag': 'enforce-eager: "true"\nenable-prefix-caching: True\n',
  'nothing where nothing is an answer': 'quantization:\nspeculative-config: null\napi-key: ~\n',
  'false where it changes nothing': 'enforce-eager: false\ntrust_remote_code: false\nno-enable-prefix-caching: false\n',
  'an empty list': 'lora-modules: []\n',
  'mappings and JSON text':
    'speculative-config:\n  method: ngram\n  num_speculative_tokens: 3\nhf-overrides: \'{"a": 1}\'\ncompilation-config: {}\n',
  'JSON text in an old version': ['compilation-config: \'{"level": 3}\'\n', '0.10.0'],
  'a bare level in an old version': ['compilation-config: 3\n', '0.10.0'],
  'dotted keys': 'compilation-config.cudagraph_mode: NONE\n',
  'what another program fills in': 'tensor-parallel-size: ${GPUS}\nmax-num-seqs: "{{ seqs }}"\n',
  'one value for a list': 'served-model-name: ours\ncudagraph-capture-sizes: [1, 2, 4]\n',
  'an open choice': 'tool-call-parser: my_parser\nload-format: my_loader\n',
  'removed keys before they went': ['swap-space: 4\ndisable-log-requests: true\nnum-scheduler-steps: 8\n', '0.8.5'],
  'a float without digits behind the point of a number': 'cpu-offload-gb: 4\nwatermark: 0.01\n',
};

/** Files that it does not, with all that is said. */
const BAD: readonly (readonly [text: string, codes: readonly string[], version?: string])[] = [
  ['max-model-len: auto\n', ['yaml-number'], '0.13.0'],
  ['max-model-len: 32k\n', ['yaml-human'], '0.8.5'],
  ['max-model-len: 1.5K\n', ['yaml-number']],
  ['max-num-seqs: true\n', ['yaml-number']],
  ['max-num-seqs: [1, 2]\n', ['yaml-number']],
  ['tensor-parallel-size: 2.5\n', ['yaml-float']],
  ['dtype: fp16\n', ['yaml-choice']],
  ['kv-cache-dtype:\n', ['yaml-null']],
  ['compilation-config: 3\n', ['yaml-json']],
  ['hf-overrides:\n  a: 1\n', ['yaml-nested-old'], '0.15.1'],
  ['max_model_len: 1\nmax-model-len: 2\nmax-model-len: 3\n', ['warning yaml-dup', 'warning yaml-dup']],
  ['enable-prefix-caching: true\nno-enable-prefix-caching: true\n', ['warning yaml-dup']],
  ['pp: 2\ndp: 2\nq: awq\nO: 3\n', ['yaml-short', 'yaml-short', 'yaml-short', 'yaml-short']],
  ['no-such-key: false\nother_key: 1\n', ['warning yaml-unknown-false', 'yaml-unknown']],
  ['disable-log-requests: false\n', ['warning yaml-unknown-false']],
  ['async-scheduling: false\n', ['warning yaml-false-dropped']],
];

describe('traps of YAML', () => {
  for (const [what, file] of Object.entries(FINE)) {
    it(`do not catch ${what}`, () => {
      const [text, version] = typeof file === 'string' ? [file, '0.27.1'] : file;
      assert.deepEqual(traps(text, version), []);
    });
  }

  for (const [text, codes, version = '0.27.1'] of BAD) {
    it(`catch ${JSON.stringify(text)} in ${version}`, () => assert.deepEqual(traps(text, version), codes));
  }

  it('know what a lone entry without its space means', () => {
    for (const [value, meant] of [
      ['\n  method:ngram', { method: 'ngram' }],
      [' num_speculative_tokens:3', { num_speculative_tokens: 3 }],
    ] as const) {
      const [trap] = findTraps(readVllmYaml(`model: a/b\nspeculative-config:${value}\n`), '0.27.1');
      assert.deepEqual([trap?.code, trap?.fixes.map(({ edits }) => edits)], ['yaml-json', [{ 'speculative-config': meant }]]);
    }
  });

  it('are not looked for in arguments that stand in no file', () => {
    const deployment = readVllmYaml('tp: 2\n');
    assert.deepEqual(findTraps({ ...deployment, reader: 'arguments' }, '0.27.1'), []);
  });
});
