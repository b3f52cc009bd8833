import assert from 'node:assert/strict';
import { ignored } from '../../../scripts/catalogue/rowQuantization';
import { GPUS } from '../../../src/estimator/hardware/catalogue';
import { GIB } from '../../../src/estimator/units';
import type { ArgumentValue } from '../../../src/vllm/arguments';
import { simulateStartup } from '../../../src/vllm/startup/simulate';
import { catalogue } from './support';

/** Weights on one GPU in GiB, whether they fit or not. */
function weights(id: string, args: Readonly<Record<string, ArgumentValue>> = {}): number {
  const facts = catalogue.find(id);
  const b200 = GPUS.find(({ key }) => key === 'b200');
  assert.ok(facts && b200, id);
  const gpu = { gpu: b200, count: 1, totalMemoryGib: b200.totalMemoryGib, freeMemoryGib: null, source: 'flag' } as const;
  const given = new Map(Object.entries({ 'max-model-len': 4096, ...args }));
  return simulateStartup({ model: facts.model, gpu, args: given, version: '0.24.0' }).perGpu.weights.value / GIB;
}

describe('modules that a checkpoint leaves in 16 bit', () => {
  it('are whole layers only as often as they are counted: the first ones, then the MTP module', () => {
    // The patterns of nvidia/DeepSeek-V3.1-NVFP4 (61 layers), nvidia/Kimi-K2.6-NVFP4 (61) and nvidia/GLM-5.1-NVFP4 (78) with their numbers replaced.
    const deepSeek = ['lm_head (x1)', 'model.layers.** (x1)', 'model.layers.*.self_attn.q_a_proj (x61)'];
    assert.deepEqual(ignored(deepSeek, 61), ['lm_head', 'model.layers.*.self_attn.q_a_proj', 'model.layers.61.*']);
    const kimi = ['language_model.model.layers.** (x1)', 'language_model.model.layers.*.self_attn* (x60)'];
    assert.deepEqual(ignored(kimi, 61), ['language_model.model.layers.*.self_attn*', 'language_model.model.layers.0.*']);
    const glm = ['model.layers.** (x2)', 'model.layers.*.* (x2)', 'model.layers.*.self_attn* (x75)'];
    const first = ['model.layers.0.*', 'model.layers.1.*', 'model.layers.2.*'];
    assert.deepEqual(ignored(glm, 78), ['model.layers.*.self_attn*', ...first, 'model.layers.78.*']);
    // Those of an MTP module, and of every layer, stay as they are.
    const plain = ['mtp.layers.** (x1)', 'model.layers.** (x48)'];
    assert.deepEqual(ignored(plain, 48), ['mtp.layers.**', 'model.layers.**']);
  });

  it('leave no large 4-bit checkpoint at more than 9 bits per parameter', () => {
    const large = catalogue.ids().flatMap((id) => {
      const facts = catalogue.find(id);
      const isLarge = facts?.model.quantization?.bits === 4 && (facts.parameters ?? 0) > 20e9;
      return isLarge ? [{ id, bits: (weights(id) * GIB * 8) / (facts.parameters ?? 1) }] : [];
    });
    assert.ok(large.length > 200);
    // The highest that was measured: vLLM loads nvidia/Gemma-4-31B-IT-NVFP4 in 31.18 GiB, 8.6 bits per parameter.
    assert.deepEqual(
      large.filter(({ bits }) => bits > 9),
      [],
    );
  });

  it('of Gemma 4 with experts are its dense MLP and not the experts beside it', () => {
    // Its list names layers.*.mlp*; vLLM loads the 4-bit recipe of another publisher, which leaves no MLP out, in 15.88 GiB.
    const held = weights('nvidia/Gemma-4-26B-A4B-NVFP4');
    assert.ok(held > 15.88 && held < 19, String(held));
  });

  it('may be the MTP module behind the last layer', () => {
    const speculative = { 'speculative-config': { method: 'mtp', num_speculative_tokens: 1 } };
    const added = (id: string): number => weights(id, speculative) - weights(id);
    // One layer of 256 experts: 11.5 B parameters, two bytes each.
    const inFull = added('nvidia/DeepSeek-V3.1-NVFP4');
    assert.ok(Math.abs((inFull * GIB) / (11.5e9 * 2) - 1) < 0.1, String(inFull));
  });
});
