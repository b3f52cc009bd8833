import * as assert from 'node:assert/strict';
import { parseNvidiaSmi } from '../../../src/features/nvidiaSmi';

describe('nvidia-smi output', () => {
  it('is read as name, count and memory', () => {
    assert.deepEqual(parseNvidiaSmi('NVIDIA H100 80GB HBM3, 81559\nNVIDIA H100 80GB HBM3, 81559\n'), {
      name: 'NVIDIA H100 80GB HBM3',
      count: 2,
      memoryGib: 81559 / 1024,
    });
  });

  it('of a mixed machine gives the larger group of equal cards', () => {
    const output = 'NVIDIA T400 4GB, 4096\r\nNVIDIA GeForce RTX 3090, 24576\r\nNVIDIA GeForce RTX 3090, 24576\r\n';
    assert.equal(parseNvidiaSmi(output)?.name, 'NVIDIA GeForce RTX 3090');
  });

  it('keeps cards of one name and different memory apart', () => {
    assert.equal(parseNvidiaSmi('RTX 3080, 20480\nRTX 3080, 10240\nRTX 3080, 10240\n')?.memoryGib, 10);
  });

  for (const [what, output] of [
    ['nothing', ''],
    ['a driver error', "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n"],
    ['an unreadable memory', 'NVIDIA GB10, [N/A]\n'],
  ] as const) {
    it(`that is ${what} gives no GPU`, () => assert.equal(parseNvidiaSmi(output), null));
  }
});
