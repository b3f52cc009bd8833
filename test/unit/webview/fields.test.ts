import * as assert from 'node:assert/strict';
import { isAllowed, parseNumber, problemOf, restoreForm, type NumberField } from '../../../webview/fields/field';
import { FINETUNING_DEFAULTS, FINETUNING_FIELDS } from '../../../webview/fields/finetuning';
import { INFERENCE_DEFAULTS, INFERENCE_FIELDS } from '../../../webview/fields/inference';
import { finetuningRequestOf } from '../../../src/analysis/finetuningScenario';
import { readFinetuningRequest } from '../../../src/estimator/contracts/finetuningRequest';
import { readInferenceRequest } from '../../../src/estimator/contracts/inferenceRequest';
import { inferenceRequestOf } from '../../../src/analysis/scenario';

const length: NumberField<{ length: number }> = {
  name: 'length',
  label: 'Length',
  section: 'Basics',
  kind: 'number',
  unit: 'tokens',
  min: 1,
  max: 100_000,
  integer: true,
};

describe('a form’s numbers', () => {
  it('read separators and vLLM’s suffixes: k is 1,000, K is 1,024', () => {
    // vllm/utils/argparse_utils.py, human_readable_int
    for (const [typed, value] of [
      ['32768', 32768],
      ['32,768', 32768],
      ['32 768', 32768],
      ['32k', 32_000],
      ['32K', 32_768],
      ['1.5m', 1_500_000],
      ['.5', 0.5],
    ] as const) {
      assert.equal(parseNumber(typed), value, typed);
    }
    for (const typed of ['', '-1', '1e5', '3x', 'k', '1..2', 'NaN', 'Infinity']) assert.equal(parseNumber(typed), null, typed);
  });

  it('say which values are allowed when they are not', () => {
    assert.equal(problemOf(length, '4096'), null);
    assert.match(problemOf(length, '0') ?? '', /1 to 100,000 tokens/);
    assert.match(problemOf(length, '200k') ?? '', /1 to 100,000 tokens/);
    assert.match(problemOf(length, '1.5') ?? '', /whole number/);
    assert.match(problemOf(length, 'long') ?? '', /Enter a number/);
  });
});

describe('a form', () => {
  it('is restored field by field, with defaults for what is missing, of another type or out of range', () => {
    const saved = { seq_length: 4096, concurrent_users: -3, quantization: 'magic', enforce_eager: 'yes', unknown: 1 };
    assert.deepEqual(restoreForm(INFERENCE_DEFAULTS, INFERENCE_FIELDS, saved), { ...INFERENCE_DEFAULTS, seq_length: 4096 });
  });

  it('has a field for each input of the contracts, under the contracts’ names', () => {
    const inference = ['quantization', 'kv_cache_quantization', 'custom_vram', 'num_gpus', 'batch_size', 'seq_length', 'concurrent_users', 'enable_prefix_caching',
      'shared_prefix_ratio', 'enable_continuous_batching', 'inference_parallelism', 'enable_offloading', 'offload_target', 'num_offload_layers',
      'percentage_offload', 'offload_kv_cache', 'engine', 'output_length', 'tensor_parallel_size', 'pipeline_parallel_size', 'data_parallel_size',
      'max_num_batched_tokens', 'speculative_tokens']; // prettier-ignore
    const finetuning = ['finetuning_method', 'fine_tuning_quantization', 'lora_rank', 'gradient_accumulation_steps', 'batch_size', 'seq_length', 'num_samples',
      'tokens_per_sample', 'num_epochs', 'flash_attention', 'gradient_checkpointing', 'use_8bit_optimizer', 'use_paged_optimizer', 'use_fused_kernels',
      'activation_offloading', 'zero_stage', 'custom_vram', 'num_gpus', 'enable_offloading', 'offload_target', 'optimizer', 'trainable_parameters',
      'lora_targets', 'lora_alpha', 'use_dora', 'base_quantization', 'compute_dtype', 'master_weights', 'framework', 'packing', 'chunked_loss',
      'tensor_parallel', 'pipeline_parallel', 'context_parallel', 'gpu_memory_measure']; // prettier-ignore
    const missing = (wanted: readonly string[], fields: readonly { readonly name: string }[]): string[] =>
      wanted.filter((name) => !fields.some((field) => field.name === name));
    assert.deepEqual(missing(inference, INFERENCE_FIELDS), []);
    assert.deepEqual(missing(finetuning, FINETUNING_FIELDS), []);
  });

  it('offers only choices that the engine takes', () => {
    for (const field of FINETUNING_FIELDS) {
      if (field.kind !== 'choice') continue;
      for (const { value } of field.choices) {
        const form = { ...FINETUNING_DEFAULTS, llm_key: 'x', gpu_key: 'rtx_4090', enable_offloading: true, [field.name]: value };
        const read = readFinetuningRequest(finetuningRequestOf(form));
        const problems: readonly unknown[] = read.ok ? [] : read.problems.filter((problem) => problem.field.endsWith(field.name));
        assert.deepEqual(problems, [], `${field.name}: ${value}`);
      }
    }
    for (const field of INFERENCE_FIELDS) {
      if (field.kind !== 'choice' || field.name === 'offload_by') continue;
      for (const { value } of field.choices) {
        const read = readInferenceRequest(
          inferenceRequestOf({ ...INFERENCE_DEFAULTS, llm_key: 'x', gpu_key: 'rtx_4090', [field.name]: value }),
        );
        const problems: readonly unknown[] = read.ok ? [] : read.problems.filter((problem) => problem.field === field.name);
        assert.deepEqual(problems, [], `${field.name}: ${value}`);
      }
    }
  });

  it('begins with values that its own fields allow', () => {
    for (const field of INFERENCE_FIELDS) {
      const value = INFERENCE_DEFAULTS[field.name as keyof typeof INFERENCE_DEFAULTS];
      if (field.kind === 'number' || field.kind === 'slider') assert.ok(isAllowed(field, Number(value)), field.name);
    }
    for (const field of FINETUNING_FIELDS) {
      const value = FINETUNING_DEFAULTS[field.name as keyof typeof FINETUNING_DEFAULTS];
      if (field.kind === 'number' || field.kind === 'slider') assert.ok(isAllowed(field, Number(value)), field.name);
    }
  });
});
