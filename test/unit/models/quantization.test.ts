import assert from 'node:assert/strict';
import { checkpointQuantization, quantizationOf } from '../../../src/models/config/quantization';
import type { JsonObject } from '../../../src/models/config/fields';

const read = (quantization: JsonObject): ReturnType<typeof quantizationOf> =>
  checkpointQuantization({ model_type: 'llama', quantization_config: quantization });

describe('quantization_config', () => {
  // Each description as the named checkpoint's config.json has it.
  it('of Qwen/Qwen2.5-7B-Instruct-AWQ', () => {
    const awq = read({ bits: 4, group_size: 128, modules_to_not_convert: null, quant_method: 'awq', version: 'gemm', zero_point: true });
    assert.deepEqual([awq?.method, awq?.bits, awq?.groupSize, awq?.symmetric, awq?.basis], ['awq', 4, 128, false, 'config']);
  });

  it('of Qwen/Qwen2.5-7B-Instruct-GPTQ-Int8', () => {
    const gptq = read({
      bits: 8,
      group_size: 128,
      damp_percent: 0.01,
      desc_act: false,
      static_groups: false,
      sym: true,
      quant_method: 'gptq',
    });
    assert.deepEqual([gptq?.method, gptq?.bits, gptq?.actOrder, gptq?.symmetric], ['gptq', 8, false, true]);
  });

  it('of deepseek-ai/DeepSeek-V3', () => {
    const fp8 = read({ activation_scheme: 'dynamic', fmt: 'e4m3', quant_method: 'fp8', weight_block_size: [128, 128] });
    assert.deepEqual([fp8?.method, fp8?.bits, fp8?.blockSize, fp8?.groupSize, fp8?.type], ['fp8', 8, [128, 128], null, 'float']);
  });

  it('of RedHatAI/Meta-Llama-3.1-8B-Instruct-FP8-dynamic', () => {
    const scheme = {
      input_activations: { dynamic: true, num_bits: 8, strategy: 'token', type: 'float' },
      targets: ['Linear'],
      weights: { dynamic: false, num_bits: 8, strategy: 'channel', symmetric: true, type: 'float' },
    };
    const read8 = read({
      config_groups: { group_0: scheme },
      format: 'float-quantized',
      ignore: ['lm_head'],
      kv_cache_scheme: null,
      quant_method: 'compressed-tensors',
    });
    assert.deepEqual(
      [read8?.method, read8?.bits, read8?.groupSize, read8?.type, read8?.ignored, read8?.expertsOnly],
      ['compressed-tensors', 8, -1, 'float', ['lm_head'], false],
    );
  });

  it('of moonshotai/Kimi-K2-Thinking: experts only, groups of 32', () => {
    const weights = { num_bits: 4, type: 'int', symmetric: true, strategy: 'group', group_size: 32 };
    const kimi = read({
      config_groups: { group_0: { targets: ['re:.*mlp.experts.*'], weights } },
      format: 'pack-quantized',
      quant_method: 'compressed-tensors',
    });
    assert.deepEqual([kimi?.bits, kimi?.groupSize, kimi?.expertsOnly, kimi?.type], [4, 32, true, 'int']);
  });

  it('of nvidia checkpoints by ModelOpt, beside the config or in it', () => {
    const beside = quantizationOf({
      producer: { name: 'modelopt' },
      quantization: { quant_algo: 'NVFP4', kv_cache_quant_algo: 'FP8', group_size: 16, exclude_modules: ['lm_head'] },
    });
    assert.deepEqual(
      [beside?.method, beside?.bits, beside?.groupSize, beside?.kvCacheScheme, beside?.ignored],
      ['modelopt_fp4', 4, 16, 'fp8', ['lm_head']],
    );
    const inside = read({ quant_method: 'modelopt', quant_algo: 'FP8', ignore: ['lm_head'] });
    assert.deepEqual([inside?.method, inside?.bits, inside?.groupSize], ['modelopt', 8, 0]);
  });

  it('of unsloth 4-bit checkpoints, with their double quantization', () => {
    const bnb = read({
      _load_in_4bit: true,
      _load_in_8bit: false,
      bnb_4bit_quant_type: 'nf4',
      bnb_4bit_use_double_quant: true,
      llm_int8_skip_modules: ['lm_head'],
      load_in_4bit: true,
      load_in_8bit: false,
      quant_method: 'bitsandbytes',
    });
    assert.deepEqual([bnb?.method, bnb?.bits, bnb?.groupSize, bnb?.doubleQuant, bnb?.ignored], ['bitsandbytes', 4, 64, true, ['lm_head']]);
  });

  it('is found in the text config of a multimodal model and in compression_config', () => {
    assert.equal(checkpointQuantization({ text_config: { quantization_config: { quant_method: 'fp8' } } })?.method, 'fp8');
    assert.equal(
      checkpointQuantization({ compression_config: { quant_method: 'compressed-tensors', config_groups: {} } })?.method,
      'compressed-tensors',
    );
  });

  it('is null for 16-bit models and for descriptions that name no method', () => {
    assert.equal(checkpointQuantization({ model_type: 'llama' }), null);
    assert.equal(read({ something: 1 }), null);
    assert.equal(checkpointQuantization({ quantization_config: 'gptq' }), null);
  });
});
