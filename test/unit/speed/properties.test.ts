import assert from 'node:assert/strict';
import { forAll } from '../properties';
import { describe, it } from 'mocha';
import type { Ranged } from '../../../src/estimator/ranged';
import { estimateSpeed, type SpeedInput } from '../../../src/estimator/speed/estimate';
import { anyInput } from './setups';

/** Rounding of sums in another order. */
const SLACK = 1 + 1e-9;

function holds(check: (input: SpeedInput) => void): void {
  forAll([anyInput], check, 300);
}

describe('every speed estimate', () => {
  it('is finite, positive and within its own range', () => {
    holds((input) => {
      const speed = estimateSpeed(input);
      for (const figure of Object.values(speed) as readonly unknown[]) {
        if (typeof figure !== 'object' || figure === null || !('low' in figure)) continue;
        const { low, value, high } = figure as Ranged;
        assert.ok(Number.isFinite(low) && Number.isFinite(high) && low > 0 && low <= value && value <= high, JSON.stringify(figure));
      }
      assert.ok(speed.running >= 1 && speed.running <= Math.max(input.load.concurrency, input.setup.dataParallel) * SLACK);
    });
  });

  it('is no slower on the same card with more bandwidth, arithmetic and multiprocessors', () => {
    holds((input) => {
      const { gpu } = input.setup;
      const times = (value: number | null): number | null => (value === null ? null : value * 2);
      const tflops = Object.fromEntries(
        Object.entries(gpu.tflops).map(([name, rate]) => [name, times(rate)]),
      ) as unknown as typeof gpu.tflops;
      const faster = { ...gpu, bandwidthGbS: times(gpu.bandwidthGbS), smCount: times(gpu.smCount), tflops };
      const before = estimateSpeed(input);
      const after = estimateSpeed({ ...input, setup: { ...input.setup, gpu: faster } });
      // llama.cpp fills large cards worse, which may eat up the gain but not more.
      const slack = input.setup.engine === 'llama_cpp' ? 1.02 : SLACK;
      assert.ok(after.decodeTpsSingleStream.value * slack >= before.decodeTpsSingleStream.value);
      assert.ok(after.prefillMs.value <= before.prefillMs.value * slack);
      assert.ok(after.tpotMs.value <= before.tpotMs.value * slack);
    });
  });

  it('decodes no faster with a longer context', () => {
    holds((input) => {
      const longer = { ...input, load: { ...input.load, promptTokens: input.load.promptTokens * 2 + 100 } };
      assert.ok(estimateSpeed(longer).decodeTpsSingleStream.value <= estimateSpeed(input).decodeTpsSingleStream.value * SLACK);
      assert.ok(estimateSpeed(longer).prefillMs.value * SLACK >= estimateSpeed(input).prefillMs.value);
    });
  });

  it('is no faster without CUDA graphs', () => {
    holds((input) => {
      const [captured, eager] = [false, true].map((off) => estimateSpeed({ ...input, setup: { ...input.setup, eager: off } }));
      assert.ok((captured?.tpotMs.value ?? 0) <= (eager?.tpotMs.value ?? 0) * SLACK);
      assert.ok((captured?.prefillMs.value ?? 0) <= (eager?.prefillMs.value ?? 0) * SLACK);
    });
  });

  it('gives each user no more tokens per second when more users come', () => {
    holds((input) => {
      const more = { ...input, load: { ...input.load, concurrency: input.load.concurrency * 2 } };
      assert.ok(estimateSpeed(more).tpotMs.value * SLACK >= estimateSpeed(input).tpotMs.value);
      assert.ok(estimateSpeed(more).ttftMs.value * SLACK >= estimateSpeed(input).ttftMs.value);
    });
  });

  it('is no faster with bytes offloaded', () => {
    holds((input) => {
      const more = { ...input, setup: { ...input.setup, offloadBytes: input.setup.offloadBytes + 2e9 } };
      assert.ok(estimateSpeed(more).tpotMs.value * SLACK >= estimateSpeed(input).tpotMs.value);
    });
  });
});
