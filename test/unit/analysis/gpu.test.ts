import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { resolveGpu, roomierCard, worldSize } from '../../../src/analysis/gpu';
import type { GpuCandidate, GpuResolution } from '../../../src/analysis/gpu';
import { exactly } from '../../../src/estimator/ranged';
import { GIB } from '../../../src/estimator/units';
import type { VllmArguments } from '../../../src/vllm/arguments';

const none: VllmArguments = new Map();

function candidate(source: GpuCandidate['source'], given: Partial<GpuCandidate>): GpuCandidate {
  return { name: null, count: null, totalMemoryGib: null, source, ...given };
}

describe('where the GPU comes from', () => {
  it('is the most trusted source that names one, whatever their order', () => {
    const sources = ['detected', 'setting', 'file', 'directive', 'flag'] as const;
    const names = { flag: 'h100_80', directive: 'rtx_4090', file: 'l40s', setting: 't4', detected: 'l4' };
    const all = sources.map((source) => candidate(source, { name: names[source] }));
    for (const left of [all, all.slice(0, 4), all.slice(0, 3), all.slice(0, 2), all.slice(0, 1)]) {
      const expected = left.at(-1);
      const { gpu } = resolveGpu(left, none);
      assert.equal(gpu?.source, expected?.source);
      assert.equal(gpu?.gpu.key, expected?.name);
    }
  });

  it('is nothing when nobody names one: never a silent default', () => {
    assert.deepEqual(resolveGpu([], none), { gpu: null, problem: null, assumptions: [] });
    assert.equal(resolveGpu([candidate('setting', { count: 4 })], none).gpu, null);
  });

  it('takes count and memory from the same or a more trusted source only', () => {
    const setting = candidate('setting', { name: 'rtx_4090', count: 8, totalMemoryGib: 23.6 });
    const directive = resolveGpu([setting, candidate('directive', { name: 'rtx_3090', count: 2 })], none).gpu;
    assert.deepEqual([directive?.gpu.key, directive?.count], ['rtx_3090', 2]);
    assert.notEqual(directive?.totalMemoryGib, 23.6);
    const counted = resolveGpu([setting, candidate('directive', { count: 2 })], none).gpu;
    assert.deepEqual([counted?.gpu.key, counted?.count, counted?.totalMemoryGib], ['rtx_4090', 2, 23.6]);
  });

  it('takes a count that nobody states from the parallel sizes, and says so', () => {
    const args = new Map([
      ['tensor-parallel-size', 2],
      ['pipeline-parallel-size', 3],
      ['data-parallel-size', 2],
    ]);
    assert.equal(worldSize(args), 12);
    const { gpu, assumptions } = resolveGpu([candidate('flag', { name: 'l4' })], args);
    assert.equal(gpu?.count, 12);
    assert.match(assumptions[0] ?? '', /12/);
    assert.deepEqual(resolveGpu([candidate('flag', { name: 'l4', count: 1 })], args).assumptions, []);
  });

  it('does not mind a remark behind the name in a comment', () => {
    assert.equal(resolveGpu([candidate('directive', { name: 'rtx_4090 for tests' })], none).gpu?.gpu.key, 'rtx_4090');
    assert.equal(resolveGpu([candidate('directive', { name: 'RTX 3090' })], none).gpu?.gpu.key, 'rtx_3090');
  });

  it('names the nearest keys for a name nobody knows', () => {
    const { gpu, problem } = resolveGpu([candidate('directive', { name: 'rtx_4900' })], none);
    assert.equal(gpu, null);
    assert.match(problem ?? '', /"rtx_4900".*rtx_4090/);
  });

  it('judges a card by its memory where only that is known, without a compute capability', () => {
    const { gpu, problem } = resolveGpu([candidate('directive', { totalMemoryGib: 31.48 })], none);
    assert.equal(problem, null);
    assert.equal(gpu?.totalMemoryGib, 31.48);
    assert.equal(gpu.gpu.computeCapability, null);
    const named = resolveGpu([candidate('flag', { name: 'Phantasma 9000', totalMemoryGib: 31.48 })], none);
    assert.equal(named.gpu?.totalMemoryGib, 31.48);
    assert.match(named.assumptions[0] ?? '', /Phantasma 9000/);
  });

  it('estimates a card without a name as the one that reports its memory, and says so', () => {
    for (const [memory, key] of [
      [79.19, 'h100_80'],
      [79.25, 'a100_80'],
      [22.06, 'a10'],
      [139.81, 'h200_141'],
      [24, 'rtx_3090'],
    ] as const) {
      const { gpu, assumptions } = resolveGpu([candidate('flag', { totalMemoryGib: memory })], none);
      assert.equal(gpu?.likely?.key, key, `${memory} GiB`);
      assert.match(assumptions.join(' '), /most likely/);
    }
    assert.equal(resolveGpu([candidate('flag', { totalMemoryGib: 60 })], none).gpu?.likely, undefined);
    assert.equal(resolveGpu([candidate('flag', { name: 'Phantasma 9000', totalMemoryGib: 79.19 })], none).gpu?.likely, undefined);
  });

  it('takes what nvidia-smi shows less the share of the driver, and says so', () => {
    const a10g = resolveGpu([candidate('flag', { name: 'NVIDIA A10G', totalMemoryGib: 22.49 })], none);
    assert.equal(a10g.gpu?.totalMemoryGib, 22.1);
    assert.match(a10g.assumptions.join(' '), /nvidia-smi/);
    for (const [name, memory] of [
      ['NVIDIA A10G', 22.06],
      ['NVIDIA GeForce RTX 3090', 24],
      ['NVIDIA H100 80GB HBM3', 79.18],
      ['NVIDIA L40S', 60],
    ] as const) {
      assert.equal(resolveGpu([candidate('flag', { name, totalMemoryGib: memory })], none).gpu?.totalMemoryGib, memory, name);
    }
  });

  it('judges unequal cards by the smallest, and says so', () => {
    const { gpu, assumptions } = resolveGpu([candidate('flag', { name: 'RTX 5070 Ti 16GB + RTX 5090 D 32GB', count: 2 })], none);
    assert.deepEqual([gpu?.gpu.key, gpu?.count], ['rtx_5070_ti', 2]);
    assert.match(assumptions[0] ?? '', /unequal.*RTX 5070 Ti/);
    assert.equal(resolveGpu([candidate('flag', { name: 'RTX 5070 Ti + Phantasma 9000' })], none).gpu, null);
  });

  it('does not put the memory of a comment on another card of the settings', () => {
    const memory = candidate('directive', { totalMemoryGib: 31.48 });
    assert.equal(resolveGpu([memory, candidate('setting', { name: 'rtx_4090' })], none).gpu?.source, 'directive');
    const same = resolveGpu([candidate('directive', { totalMemoryGib: 23.6 }), candidate('setting', { name: 'rtx_4090' })], none).gpu;
    assert.deepEqual([same?.gpu.key, same?.totalMemoryGib], ['rtx_4090', 23.6]);
  });

  it('says which memory it took where the name of a card leaves it open', () => {
    const open = (name: string): readonly (number | undefined)[] => {
      const { gpu, assumptions } = resolveGpu([candidate('flag', { name, count: 1 })], none);
      assert.equal(assumptions.length, gpu?.otherSizes ? 1 : 0, name);
      return [gpu?.gpu.memoryGb, ...(gpu?.otherSizes ?? []).map(({ memoryGb }) => memoryGb)];
    };
    assert.deepEqual(open('H20'), [96, 141]);
    assert.deepEqual(open('NVIDIA A100'), [80, 40]);
    assert.deepEqual(open('V100'), [16, 32]);
    assert.deepEqual(open('NVIDIA GeForce RTX 3080'), [10, 12]);
    assert.deepEqual(open('RTX 4060 Ti'), [8, 16]);
    for (const stated of ['NVIDIA H20-3e', 'NVIDIA A100-SXM4-80GB', 'A100 40GB', 'rtx_4060_ti_8', 'RTX 4060 Ti (16GB)', 'L20', 'RTX 4090'])
      assert.equal(open(stated).length, 1, stated);
    assert.equal(resolveGpu([candidate('flag', { name: 'H20', count: 1, totalMemoryGib: 139.8 })], none).gpu?.gpu.key, 'h20_141');
  });

  it('takes the larger card of a name where the smaller does not hold the weights', () => {
    const resolution = resolveGpu([candidate('flag', { name: 'H20', count: 8 })], none);
    const budget = 0.9 * (resolution.gpu?.totalMemoryGib ?? 0) * GIB;
    const weighing = (gib: number): GpuResolution | null => roomierCard(resolution, { budget, weights: exactly(gib * GIB) });
    assert.equal(weighing(80), null);
    // GLM-5.2-FP8 on eight H20: 89 GiB each, and 22.87 GiB were left for the KV cache.
    const roomier = weighing(89);
    assert.equal(roomier?.gpu?.gpu.key, 'h20_141');
    assert.match(roomier?.assumptions.join(' ') ?? '', /96 GB of NVIDIA H20 do not hold the weights: .* 141 GB taken/);
    assert.equal(weighing(130), null);
  });
});
