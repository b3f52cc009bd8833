import * as fc from 'fast-check';
import type { FinetuningRequest, FinetuningResponse } from '../../../src/estimator/contracts/finetuning';
import * as choices from '../../../src/estimator/contracts/finetuning';
import { readFinetuningRequest } from '../../../src/estimator/contracts/finetuningRequest';
import type { FinetuningFacts } from '../../../src/estimator/contracts/finetuningRequest';
import { findGpu } from '../../../src/estimator/hardware/catalogue';
import type { Gpu } from '../../../src/estimator/hardware/gpu';
import { estimateFinetuning } from '../../../src/estimator/training/estimate';
import { DEEPSEEK, GPT_OSS, LLAMA_3B, LLAMA_7B, QWEN3_MOE, QWEN_7B, QWEN_VL } from './models';

export function gpu(key: string): Gpu {
  const found = findGpu(key);
  if (!found) throw new Error(`the catalogue lacks ${key}`);
  return found;
}

export const FACTS: FinetuningFacts = { model: LLAMA_7B, gpu: gpu('a100_80') };

/** A request as callers send it, read with its defaults; a problem fails the test. */
export function request(fields: object): FinetuningRequest {
  const read = readFinetuningRequest({ gpu_key: 'a100_80', llm_key: 'llama', ...fields });
  if (!read.ok) throw new Error(read.problems.map((problem) => problem.message).join('; '));
  return read.request;
}

export function estimate(fields: object, facts: FinetuningFacts = FACTS): FinetuningResponse {
  return estimateFinetuning(request(fields), facts);
}

const powerOfTwo = (highest: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: highest }).map((exponent) => 2 ** exponent);

/** Facts of dense, MoE, latent-attention and multimodal models on old, new, consumer and other vendors' cards. */
export const facts: fc.Arbitrary<FinetuningFacts> = fc.record({
  model: fc.constantFrom(LLAMA_7B, LLAMA_3B, QWEN_7B, QWEN3_MOE, GPT_OSS, QWEN_VL, DEEPSEEK),
  gpu: fc.constantFrom('a100_80', 'h100_80', 'rtx_4090', 't4', 'b200', 'mi300x').map(gpu),
});

/** Fields of valid requests over all choices. GPUs are the product of the parallel sizes and `data`. */
export interface RandomFields {
  readonly data: number;
  readonly tensor_parallel: number;
  readonly pipeline_parallel: number;
  readonly context_parallel: number;
  readonly optimization_config: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

export const fields: fc.Arbitrary<RandomFields> = fc.record({
  data: powerOfTwo(5),
  tensor_parallel: powerOfTwo(3),
  pipeline_parallel: powerOfTwo(2),
  context_parallel: powerOfTwo(2),
  finetuning_method: fc.constantFrom(...choices.FINETUNING_METHODS),
  fine_tuning_quantization: fc.constantFrom(...choices.BASE_PRECISIONS),
  compute_dtype: fc.constantFrom(...choices.COMPUTE_DTYPES),
  optimizer: fc.constantFrom(...choices.OPTIMIZERS),
  framework: fc.constantFrom(...choices.FRAMEWORKS),
  lora_rank: fc.integer({ min: 1, max: 512 }),
  lora_targets: fc.constantFrom('attention', 'all_linear', ['q_proj', 'v_proj'], ['nothing']),
  use_dora: fc.boolean(),
  train_embeddings: fc.boolean(),
  train_vision_tower: fc.boolean(),
  batch_size: fc.integer({ min: 1, max: 512 }),
  gradient_accumulation_steps: fc.integer({ min: 1, max: 64 }),
  seq_length: fc.integer({ min: 1, max: 262_144 }),
  num_samples: fc.integer({ min: 1, max: 1_000_000 }),
  tokens_per_sample: fc.integer({ min: 1, max: 300_000 }),
  packing: fc.boolean(),
  padding_free: fc.boolean(),
  group_by_length: fc.boolean(),
  objective: fc.constantFrom(...choices.OBJECTIVES),
  enable_offloading: fc.boolean(),
  offload_target: fc.constantFrom(...choices.OFFLOAD_TARGETS),
  offload_parts: fc.option(fc.constantFrom(...choices.OFFLOAD_PARTS)),
  gpu_memory_measure: fc.constantFrom(...choices.MEMORY_MEASURES),
  optimization_config: fc.record({
    flash_attention: fc.boolean(),
    gradient_checkpointing: fc.constantFrom(...choices.CHECKPOINTING_MODES),
    use_8bit_optimizer: fc.boolean(),
    use_paged_optimizer: fc.boolean(),
    use_fused_kernels: fc.boolean(),
    activation_offloading: fc.boolean(),
    zero_stage: fc.constantFrom(...choices.ZERO_STAGES),
    torch_compile: fc.boolean(),
    optimizer_in_backward: fc.boolean(),
  }),
});

/** The request of random fields, some of them changed. */
export function randomRequest(random: RandomFields, change: Partial<RandomFields> = {}): FinetuningRequest {
  const { data, ...rest } = { ...random, ...change } as RandomFields;
  return request({ ...rest, num_gpus: data * rest.tensor_parallel * rest.pipeline_parallel * rest.context_parallel });
}
