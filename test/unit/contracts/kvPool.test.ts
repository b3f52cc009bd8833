import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { findGpu } from '../../../src/estimator/hardware/catalogue';
import { cacheExcess, cacheRoom } from '../../../src/estimator/runtime/kvPool';
import type { Engine } from '../../../src/estimator/speed/engines';
import { GIB } from '../../../src/estimator/units';

const gpu = findGpu('h100_80');
assert.ok(gpu);
const card = gpu.totalMemoryGib;
const WEIGHTS = 40;
const BESIDE = { activations: 2, graphs: 1, overhead: 1 };
const beside = { activations: 2 * GIB, graphs: GIB, overhead: GIB };
const question = (engine: Engine, tensorParallel = 1) => ({ gpu, engine, tensorParallel, pipelineParallel: 1 });

describe("an engine's room for its KV cache", () => {
  const room = (engine: Engine, tensorParallel = 1): number => cacheRoom(question(engine, tensorParallel), WEIGHTS * GIB, beside) / GIB;
  const running = BESIDE.activations + BESIDE.graphs + BESIDE.overhead;
  const cases: readonly (readonly [Engine, number])[] = [
    ['vllm', 0.9 * card - WEIGHTS - running],
    ['nim', 0.9 * card - WEIGHTS - running],
    ['mlc_llm', 0.85 * card - WEIGHTS - running],
    ['tensorrt_llm', 0.9 * (card - WEIGHTS - running)],
    // 80 % of what the weights leave, beside which 20 % are more than the longest step takes.
    ['lmdeploy', 0.8 * (card - WEIGHTS - BESIDE.overhead)],
    ['transformers', card - WEIGHTS - running],
  ];
  for (const [engine, expected] of cases)
    it(`is that engine's share: ${engine}`, () => {
      assert.ok(Math.abs(room(engine) - expected) < 1e-6, `${room(engine)} of ${expected}`);
    });

  it('is what SGLang sets aside for steps and graphs less than the card', () => {
    // 512 MiB, 8,192 tokens of a chunk at 1.5 MiB, 256 sequences of a graph at 2 MiB, 128 MiB for the GPU.
    const share = 1 - (512 + 8192 * 1.5 + 256 * 2 + 128) / 1024 / card;
    assert.ok(Math.abs(room('sglang') - (share * (card - BESIDE.overhead) - WEIGHTS)) < 1e-6);
    assert.ok(room('sglang', 8) < room('sglang', 4));
  });

  it('is enough for a cache once the excess has left the card', () => {
    for (const engine of ['vllm', 'sglang', 'tensorrt_llm', 'lmdeploy', 'transformers'] as const) {
      const cache = 60 * GIB;
      const excess = cacheExcess(question(engine), WEIGHTS * GIB, cache, beside);
      assert.ok(excess > 0, engine);
      assert.ok(Math.abs(cacheRoom(question(engine), WEIGHTS * GIB - excess, beside) - cache) < 1, engine);
    }
  });
});
