import * as assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Catalogue } from '../../src/models/catalogue';
import { analysisOf } from '../unit/analysis/estimates';
import { assertAgreement, saidOf, surfacesOf } from '../unit/report/surfaces';
import { inChromium } from './inChromium';
import { deployment, playEditor } from './services';

describe('one number in the planner', () => {
  const catalogue = Catalogue.parse(readFileSync('data/models.json', 'utf8'));
  const openPage = inChromium();

  for (const { model, length, seqs } of [
    { model: 'Qwen/Qwen3-8B', length: 4096, seqs: 256 },
    { model: 'Qwen/Qwen3-8B', length: 1000, seqs: 64 },
    { model: 'Qwen/Qwen3-14B', length: 32_768, seqs: 32 },
  ])
    it(`is that of the editor and the terminal: ${model}, ${length} tokens`, async () => {
      const args = { 'tensor-parallel-size': 2, 'max-model-len': length, 'gpu-memory-utilization': 0.92, 'max-num-seqs': seqs };
      const lines = Object.entries({ model, ...args }).map(([key, value]) => `${key}: ${value}`);
      const surfaces = surfacesOf(await analysisOf(['# vram: gpu=rtx_4090 count=2', ...lines, ''].join('\n')));
      const services = playEditor(catalogue, deployment(catalogue, { model, gpu: 'rtx_4090', count: 2, args }));
      const { page, complaints, close } = await openPage({ place: 'panel', services });
      await page.locator('.figures').first().waitFor();
      const planner = await page.locator('body').innerText();
      await close();
      assert.deepEqual(complaints, []);

      const all = new Map([...surfaces, ['planner', planner]]);
      assertAgreement(all);
      for (const quantity of [
        'requests at once',
        'KV cache tokens',
        'memory in use',
        'memory of the card',
        'weights',
        'KV cache',
        'budget',
      ])
        assert.ok(saidOf(quantity, all).has('planner'), `the planner does not say: ${quantity}`);
    });
});
