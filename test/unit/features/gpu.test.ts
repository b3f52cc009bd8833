import * as assert from 'node:assert/strict';
import { readDeployments } from '../../../src/deployments/readers';
import { gpuFor } from '../../../src/features/gpu';
import type { DetectedGpus } from '../../../src/features/nvidiaSmi';
import type { GpuSettings } from '../../../src/features/settings';

const nothing: GpuSettings = { gpu: '', count: null, memoryGib: null };
const keys = 'model: Qwen/Qwen3-8B\ntensor-parallel-size: 2\n';

function resolved(
  text: string,
  settings: GpuSettings,
  detected: DetectedGpus | null = null,
): { key: string | undefined; asked: boolean; count: number | undefined; source: string | undefined } {
  const [deployment] = readDeployments('config.vllm.yaml', text);
  assert.ok(deployment);
  let asked = false;
  const { gpu } = gpuFor(deployment, settings, () => {
    asked = true;
    return detected;
  });
  return { key: gpu?.gpu.key, count: gpu?.count, source: gpu?.source, asked };
}

describe('the GPU of a deployment', () => {
  it('is the directive of the file before the setting', () => {
    assert.deepEqual(resolved(`# vram: gpu=l40s count=4\n${keys}`, { ...nothing, gpu: 'h100_80', count: 8 }), {
      key: 'l40s',
      count: 4,
      source: 'directive',
      asked: false,
    });
  });

  it('is the setting before what the machine has', () => {
    assert.deepEqual(resolved(keys, { ...nothing, gpu: 'NVIDIA A100-SXM4-80GB', count: 2 }), {
      key: 'a100_80',
      count: 2,
      source: 'setting',
      asked: false,
    });
  });

  it('is what the machine has where nobody says', () => {
    const detected = { name: 'NVIDIA GeForce RTX 3080', count: 2, memoryGib: 20 };
    assert.deepEqual(resolved(keys, nothing, detected), { key: 'rtx_3080_20', count: 2, source: 'detected', asked: true });
  });

  it('is never assumed', () => {
    assert.deepEqual(resolved(keys, nothing), { key: undefined, count: undefined, source: undefined, asked: true });
  });

  it("is not replaced by the machine's when the named one is unknown", () => {
    const detected = { name: 'NVIDIA GeForce RTX 3080', count: 2, memoryGib: 20 };
    assert.deepEqual(resolved(`# vram: gpu=rtx_9999\n${keys}`, nothing, detected).key, undefined);
  });
});
