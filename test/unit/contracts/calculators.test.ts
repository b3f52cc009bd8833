import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { listGpus, listModels } from '../../../src/estimator/contracts/lists';
import { simpleMemory } from '../../../src/estimator/contracts/simple';
import { GPUS } from '../../../src/estimator/hardware/catalogue';

describe('lists', () => {
  it('give key, label and memory of every GPU, the custom ones last', () => {
    const listed = listGpus(GPUS);
    assert.deepEqual(
      listed.slice(-2).map((gpu) => gpu.key),
      ['custom_discrete', 'custom_apple_silicon'],
    );
    assert.ok(listed.some((gpu) => gpu.key === 'rtx_4090' && gpu.memory === 24));
  });

  it('give key and name of every model', () => {
    assert.deepEqual(listModels(['Qwen/Qwen3-8B-AWQ']), [{ key: 'Qwen/Qwen3-8B-AWQ', name: 'Qwen3 8B AWQ' }]);
  });
});

describe('the simple calculator', () => {
  it('follows its own rule: 7 B in fp16 with 4k context', () => {
    const { weights, kvCache, framework, total, fits } = simpleMemory({ billions: 7, weights: 'fp16', contextK: 4 }, GPUS);
    // 14e9 bytes are 13.04 GiB; (4k / 4k) x (7 / 7) x 1.5 GB; 1.5 GB of framework.
    assert.ok(Math.abs(weights - 13.04) < 0.01);
    assert.deepEqual([kvCache, framework], [1.5, 1.5]);
    assert.ok(Math.abs(total - 16.04) < 0.01);
    const fitting = (key: string): boolean | undefined => fits.find((gpu) => gpu.key === key)?.fits;
    assert.deepEqual([fitting('t4'), fitting('rtx_4090')], [false, true]);
  });
});
