import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as fc from 'fast-check';
import { forAll } from '../properties';
import { applySuppressions } from '../../../src/analysis/suppressions';
import { applyEdits, editsFor } from '../../../src/deployments/edits';
import { findTraps } from '../../../src/deployments/traps';
import { readVllmYaml } from '../../../src/deployments/vllmYaml';
import { Catalogue } from '../../../src/models/catalogue';
import { findGpu } from '../../../src/estimator/hardware/catalogue';
import { ARGUMENTS } from '../../../src/vllm/argumentTable';
import type { ArgumentValue } from '../../../src/vllm/arguments';
import { checkRules } from '../../../src/vllm/rules/check';

const catalogue = Catalogue.parse(readFileSync(resolve('data/models.json'), 'utf8'));
const MODELS = [
  'Qwen/Qwen3-8B',
  'deepseek-ai/DeepSeek-V3',
  'google/gemma-3-27b-it',
  'nvidia/NVIDIA-Nemotron-Nano-9B-v2',
  'BAAI/bge-large-en-v1.5',
];
const names = ARGUMENTS.map(({ name }) => name);

const scalar = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.double({ noNaN: true }),
  fc.boolean(),
  fc.constantFrom<ArgumentValue>(null, 'auto', 'fp8', '32k', -1, 0),
);
const value: fc.Arbitrary<ArgumentValue> = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 3 }),
  fc.dictionary(fc.string(), scalar, { maxKeys: 3 }),
);

function yamlOf(entries: readonly (readonly [string, ArgumentValue])[]): string {
  return entries
    .map(([name, item]) => `${name}: ${typeof item === 'number' && !Number.isFinite(item) ? '.inf' : JSON.stringify(item)}\n`)
    .join('');
}

describe('odd values', () => {
  it('never make a rule throw', () => {
    const gpu = findGpu('l40s');
    assert.ok(gpu);
    forAll(
      [
        fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 8 }),
        fc.constantFrom(...MODELS),
        fc.constantFrom('0.6.0', '0.10.2', '0.15.1', '0.27.1', '0.28.0', 'nightly'),
      ],
      (args, id, version) => {
        const model = catalogue.find(id)?.model ?? null;
        const setup = { gpu, count: 2, totalMemoryGib: 44, freeMemoryGib: null, source: 'directive' as const };
        checkRules({
          args: new Map(Object.entries(args)),
          model,
          gpu: setup,
          settings: null,
          version,
          report: null,
          modelIsCertain: true,
        });
      },
      500,
    );
  });

  it('never make a trap throw, and every place and fix lies in the file', () => {
    const entry = fc.tuple(fc.oneof(fc.constantFrom(...names), fc.stringMatching(/^[a-z][a-z_-]{0,12}$/)), value);
    forAll(
      [fc.array(entry, { maxLength: 6 })],
      (entries) => {
        const text = yamlOf(entries);
        const deployment = readVllmYaml(text);
        for (const trap of applySuppressions(text, findTraps(deployment, '0.27.1'), { model: false, gpu: false })) {
          assert.ok(trap.start >= 0 && trap.start < trap.end && trap.end <= text.length, trap.code);
          for (const fix of trap.fixes) assert.equal(typeof applyEdits(text, editsFor(text, deployment, fix)), 'string');
        }
      },
      300,
    );
  });

  it('are mended by the fix that is preferred', () => {
    const entry = fc.tuple(
      fc.constantFrom('max-num-seqs', 'tensor-parallel-size', 'port', 'allowed-origins', 'enable-prefix-caching', 'seed', 'swap-space'),
      value,
    );
    forAll(
      [fc.uniqueArray(entry, { maxLength: 4, selector: ([name]) => name })],
      (entries) => {
        const text = yamlOf(entries);
        const deployment = readVllmYaml(text);
        for (const trap of findTraps(deployment, '0.27.1')) {
          const fix = trap.fixes.find(({ preferred }) => preferred);
          if (!fix) continue;
          const fixed = applyEdits(text, editsFor(text, deployment, fix));
          const same = findTraps(readVllmYaml(fixed), '0.27.1').filter(({ code, key }) => code === trap.code && key === trap.key);
          assert.deepEqual(same, [], `${trap.code}\n${text}\n${fixed}`);
        }
      },
      300,
    );
  });
});
