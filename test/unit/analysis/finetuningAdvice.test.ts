import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'mocha';
import { memorySavers } from '../../../src/analysis/finetuningAdvice';
import { sizedModel } from '../../../src/analysis/sizedModel';
import { findGpu } from '../../../src/estimator/hardware/catalogue';
import { Catalogue } from '../../../src/models/catalogue';
import { FINETUNING_DEFAULTS } from '../../../webview/fields/finetuning';

describe('what else would save memory in a fine-tuning run', () => {
  const catalogue = Catalogue.parse(readFileSync('data/models.json', 'utf8'));
  const gpu = findGpu('a100_80_sxm') ?? findGpu('h100_80') ?? assert.fail();
  const model = (name: string) => (catalogue.find(name) ?? catalogue.findByName(name) ?? assert.fail(name)).model;
  const form = { ...FINETUNING_DEFAULTS, llm_key: 'any', gpu_key: gpu.key, custom_vram: gpu.totalMemoryGib };

  it('names QLoRA for a model of 65 billion parameters, which it brings below 48 GB (Dettmers et al. 2023)', () => {
    const full = { ...form, custom_parameters: 65, finetuning_method: 'full', seq_length: 512 };
    const [first] = memorySavers(full, { model: sizedModel(full).model, gpu });
    assert.equal(first?.changes.finetuning_method, 'qlora');
    assert.ok(first.peakGib < 48, `${first.peakGib} GiB`);
    assert.ok(first.savedGib > 400, `saves ${first.savedGib} GiB of the more than 780 GB`);
  });

  it('orders by what is saved and leaves out what is on or saves nothing', () => {
    const savers = memorySavers({ ...form, chunked_loss: true }, { model: model('Qwen/Qwen3-8B'), gpu });
    assert.ok(savers.length > 0);
    assert.deepEqual(
      savers.map(({ savedGib }) => savedGib),
      savers.map(({ savedGib }) => savedGib).sort((a, b) => b - a),
    );
    assert.ok(savers.every(({ title, savedGib }) => savedGib > 0 && title !== 'Loss in chunks'));
    // One GPU shares nothing, and the default run already checkpoints and uses flash attention.
    for (const absent of ['ZeRO stage 3', 'Full gradient checkpointing', 'Flash attention'])
      assert.ok(!savers.some(({ title }) => title === absent), absent);
  });

  it('has nothing to say to a request that is refused', () => {
    assert.deepEqual(memorySavers({ ...form, finetuning_method: 'unheard-of' }, { model: model('Qwen/Qwen3-8B'), gpu }), []);
  });
});
