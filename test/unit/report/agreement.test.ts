import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import * as path from 'node:path';
import { describe, it } from 'mocha';
import { analysisOf } from '../analysis/estimates';
import { assertAgreement, QUANTITIES, saidOf, surfacesOf } from './surfaces';

/** A file whose keys show every quantity. */
function file(model: string, length: number, requests: number): string {
  return [
    '# vram: gpu=rtx_4090 count=2',
    `model: ${model}`,
    'tensor-parallel-size: 2',
    `max-model-len: ${length}`,
    'gpu-memory-utilization: 0.92',
    `max-num-seqs: ${requests}`,
    'max-num-batched-tokens: 4096',
    'kv-cache-dtype: bfloat16',
    '',
  ].join('\n');
}

describe('one number', () => {
  it('is the same on every face, whatever the file', async () => {
    for (const model of ['Qwen/Qwen3-8B', 'Qwen/Qwen3-14B', 'meta-llama/Llama-3.1-8B-Instruct', 'google/gemma-3-12b-it'])
      for (const length of [512, 1000, 4096, 8192, 12_345, 32_768, 40_960])
        assertAgreement(surfacesOf(await analysisOf(file(model, length, 64))));
  });

  it('is the same on every face of the samples', async () => {
    for (const name of readdirSync('samples').filter((entry) => entry.endsWith('.yaml')))
      assertAgreement(surfacesOf(await analysisOf(readFileSync(path.join('samples', name), 'utf8'))));
  });

  it('is said of every quantity by two faces or more', async () => {
    const surfaces = surfacesOf(await analysisOf(file('Qwen/Qwen3-8B', 4096, 64)));
    for (const quantity of QUANTITIES)
      assert.ok(saidOf(quantity, surfaces).size >= 2, `${quantity}: ${[...saidOf(quantity, surfaces).keys()].join()}`);
    for (const surface of ['hover', 'CodeLens', 'tooltip', 'inlay hints', 'terminal', 'report'])
      assert.ok(saidOf('requests at once', surfaces).has(surface), surface);
    assert.deepEqual([...saidOf('memory in use', surfaces).keys()], ['CodeLens', 'status bar', 'tooltip', 'terminal', 'report']);
  });
});
