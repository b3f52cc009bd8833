import assert from 'node:assert/strict';
import fc from 'fast-check';
import { vllmMemory } from '../../../src/analysis/inferenceMemory';
import { requestModels } from '../../../src/cli/requests';
import type { InferenceResponse } from '../../../src/estimator/contracts/inference';
import { estimateInference } from '../../../src/estimator/contracts/inferenceEstimate';
import { resolveInference, type ResolvedInference } from '../../../src/estimator/contracts/inferenceRequest';
import { GPUS } from '../../../src/estimator/hardware/catalogue';
import type { Gpu } from '../../../src/estimator/hardware/gpu';
import { INTERCONNECTS } from '../../../src/estimator/hardware/interconnects';
import { WEIGHT_CHOICES } from '../../../src/estimator/runtime/weightChoices';
import { ENGINES } from '../../../src/estimator/speed/engines';
import { simulateStartup } from '../../../src/vllm/startup/simulate';
import { catalogue } from '../speed/setups';

export const models = requestModels(catalogue);

/** A request as callers send it, with every default filled in and its names looked up; a problem fails the test. */
export function resolved(request: object): ResolvedInference {
  const read = resolveInference(request, models);
  assert.ok(read.ok, read.ok ? '' : read.problems.map((problem) => problem.message).join('\n'));
  return read.request;
}

/** The command line's answer, under vLLM with the memory of a simulated start-up; on `gpu` instead of the card named, if given. */
export function answer(request: object, gpu?: Gpu): InferenceResponse {
  const { request: read, facts } = resolved(request);
  return estimateInference(read, { ...facts, gpu: gpu ?? facts.gpu, memory: vllmMemory(simulateStartup) });
}

/** The answer of the estimator alone. */
export function plainAnswer(request: object): InferenceResponse {
  const { request: read, facts } = resolved(request);
  return estimateInference(read, facts);
}

/** Fields of valid requests. GPUs are the product of the parallel sizes. */
export interface RandomRequest {
  readonly gpu_key: string;
  readonly llm_key: string;
  readonly quantization: string | null;
  readonly kv_cache_quantization: string;
  readonly num_gpus: number;
  readonly tensor_parallel_size: number | null;
  readonly pipeline_parallel_size: number | null;
  readonly data_parallel_size: number | null;
  readonly seq_length: number;
  readonly batch_size: number;
  readonly concurrent_users: number;
  readonly [field: string]: unknown;
}

const powerOfTwo = (highest: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: highest }).map((exponent) => 2 ** exponent);

/** Numbers from 1 whose order of magnitude is even. */
const anyLength = (most: number): fc.Arbitrary<number> =>
  fc.double({ min: 0, max: Math.log2(most), noNaN: true }).map((exponent) => Math.round(2 ** exponent));

/** Models by kind: dense with and without grouped queries, windows, latent attention, experts, hybrids, towers, quantized. */
const FAMILIES = [
  'meta-llama/Llama-2-7b-hf',
  'Qwen/Qwen2.5-0.5B-Instruct',
  'meta-llama/Llama-3.1-70B-Instruct',
  'google/gemma-3-27b-it',
  'openai/gpt-oss-20b',
  'deepseek-ai/DeepSeek-V3',
  'Qwen/Qwen3-30B-A3B',
  'Qwen/Qwen2.5-VL-7B-Instruct',
  'Qwen/Qwen3-8B-AWQ',
];

const sizes = fc.oneof(
  powerOfTwo(6).map((num_gpus) => ({ num_gpus, tensor_parallel_size: null, pipeline_parallel_size: null, data_parallel_size: null })),
  fc.tuple(powerOfTwo(3), powerOfTwo(2), powerOfTwo(2)).map(([tensor_parallel_size, pipeline_parallel_size, data_parallel_size]) => ({
    num_gpus: tensor_parallel_size * pipeline_parallel_size * data_parallel_size,
    tensor_parallel_size,
    pipeline_parallel_size,
    data_parallel_size,
  })),
);

const offloading = fc.oneof(
  fc.constant({}),
  fc.record({
    enable_offloading: fc.constant(true),
    offload_target: fc.constantFrom('cpu_ram', 'nvme'),
    num_offload_layers: fc.integer({ min: 0, max: 100 }),
    offload_kv_cache: fc.boolean(),
  }),
  fc.record({
    enable_offloading: fc.constant(true),
    offload_target: fc.constantFrom('cpu_ram', 'nvme'),
    percentage_offload: fc.double({ min: 0, max: 100, noNaN: true }),
    offload_kv_cache: fc.boolean(),
  }),
  fc.record({ enable_offloading: fc.constant(true), offload_target: fc.constantFrom('cpu_ram', 'nvme'), offload_kv_cache: fc.boolean() }),
);

const load = fc.record({
  seq_length: anyLength(2_000_000),
  batch_size: anyLength(64),
  concurrent_users: anyLength(10_000),
  output_length: fc.option(anyLength(50_000)),
  enable_prefix_caching: fc.boolean(),
  shared_prefix_ratio: fc.double({ min: 0, max: 1, noNaN: true }),
  enable_continuous_batching: fc.boolean(),
  speculative_tokens: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 8 })),
});

const deployment = fc.record({
  gpu_key: fc.constantFrom(...GPUS.map((gpu) => gpu.key), 'custom_discrete', 'custom_apple_silicon'),
  custom_vram: fc.double({ min: 4, max: 300, noNaN: true }),
  llm_key: fc.oneof(fc.constantFrom(...FAMILIES), fc.constantFrom(...catalogue.ids())),
  quantization: fc.option(fc.constantFrom(...WEIGHT_CHOICES)),
  kv_cache_quantization: fc.constantFrom('auto', 'fp16', 'bf16', 'fp8', 'int8', 'int4'),
  inference_parallelism: fc.constantFrom('pipeline', 'tensor'),
  interconnect_type: fc.option(fc.constantFrom(...INTERCONNECTS.map((link) => link.key))),
  engine: fc.option(fc.constantFrom(...ENGINES)),
  engine_version: fc.constantFrom(null, '0.6.6', '0.8.5', '0.11.0', '0.19.0'),
  expert_parallel_size: fc.constantFrom(null, 1, 8),
  max_num_batched_tokens: fc.option(anyLength(65_536)),
  enforce_eager: fc.boolean(),
});

/** Any valid request: every field, every engine, GPU, family and format. */
export const anyRequest: fc.Arbitrary<RandomRequest> = fc
  .tuple(deployment, sizes, offloading, load)
  .map(([a, b, c, d]) => ({ ...a, ...b, ...c, ...d, custom_vram: a.gpu_key.startsWith('custom') ? a.custom_vram : null }));
