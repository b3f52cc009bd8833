import assert from 'node:assert/strict';
import fc from 'fast-check';
import { forAll } from '../../properties';
import type { ArgumentValue } from '../../../../src/vllm/arguments';
import type { Ranged } from '../../../../src/estimator/ranged';
import { simulateStartup } from '../../../../src/vllm/startup/simulate';
import { LLAMA_70B, QWEN3_8B, args, gpus } from './models';

const KEYS = [
  'tensor-parallel-size',
  'pipeline-parallel-size',
  'data-parallel-size',
  'enable-expert-parallel',
  'gpu-memory-utilization',
  'max-model-len',
  'max-num-seqs',
  'max-num-batched-tokens',
  'block-size',
  'cpu-offload-gb',
  'kv-cache-dtype',
  'kv-cache-memory-bytes',
  'quantization',
  'dtype',
  'enforce-eager',
  'enable-lora',
  'max-lora-rank',
  'speculative-config',
  'compilation-config',
  'hf-overrides',
  'limit-mm-per-prompt',
  'cudagraph-capture-sizes',
  'offload-group-size',
];

const value: fc.Arbitrary<ArgumentValue> = fc.oneof(
  fc.integer({ min: -10, max: 1_000_000_000 }),
  fc.double({ noNaN: true }),
  fc.boolean(),
  fc.constantFrom<ArgumentValue>(null, '', 'auto', '32k', '1e5', 'fp8', 'bitsandbytes', 'awq', '{"method": "mtp"}', '{broken', [], [1, 2], {
    method: 'eagle3',
    model: 'x/y',
  }),
  fc.string(),
);

describe('simulated start-up of any arguments', () => {
  it('answers without throwing, with ordered and finite ranges', () => {
    forAll(
      [
        fc.dictionary(fc.constantFrom(...KEYS), value),
        fc.constantFrom(QWEN3_8B, LLAMA_70B),
        fc.constantFrom('0.4.2', '0.6.6', '0.8.5', '0.10.1', '0.19.0', '0.27.1', 'unknown', 'nightly'),
        fc.boolean(),
      ],
      (given, model, version, withGpu) => {
        const report = simulateStartup({ model, gpu: withGpu ? gpus('rtx_4090') : null, version, args: args(given) });
        const { perGpu, kvCache } = report;
        const ranges: readonly (Ranged | null)[] = [
          perGpu.weights,
          perGpu.activationPeak,
          perGpu.nonTorch,
          perGpu.cudaGraphs,
          perGpu.kvCache,
          perGpu.peakUsed,
          kvCache.tokens,
          kvCache.maxConcurrency,
          kvCache.maxModelLenThatFits,
        ];
        for (const range of ranges) {
          if (!range) continue;
          assert.ok(Number.isFinite(range.low) && Number.isFinite(range.high), JSON.stringify(range));
          assert.ok(range.low <= range.value && range.value <= range.high, JSON.stringify(range));
        }
        assert.equal(report.outcome === null, !withGpu);
        const sumOf = (parts: readonly { readonly bytes: number }[]): number => parts.reduce((sum, part) => sum + part.bytes, 0);
        assert.ok(Math.abs(sumOf(perGpu.weightParts) - perGpu.weights.value) <= 1, 'weight parts add up');
        assert.ok(Math.abs(sumOf(perGpu.activationParts) - (perGpu.activationPeak?.value ?? 0)) <= 1, 'activation parts add up');
      },
      500,
    );
  });
});
