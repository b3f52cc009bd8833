import type { Gpu } from '../hardware/gpu';
import { countAssumptions, gpuAssumptions } from '../hardware/gpuRemarks';
import { weightChoice, WEIGHT_CHOICES } from '../runtime/weightChoices';
import { ENGINES, findEngine } from '../speed/engines';
import { KV_CACHE_CHOICES, kvCacheChoice, OFFLOAD_TARGET_CHOICES, PARALLELISM_CHOICES, type InferenceRequest } from './inference';
import type { InferenceFacts } from './inferenceEstimate';
import {
  checkCustomGpu,
  readInterconnect,
  resolveGpu,
  resolveModel,
  unusedFields,
  unusedLinks,
  unusedSubjects,
  type ModelResolver,
  type Unused,
} from './resolve';
import { RequestReader, type Validated } from './validate';

/** Largest values accepted: beyond any run that was ever reported, and small enough that products stay finite and exact. */
const LIMITS = { gpus: 131_072, tokens: 100_000_000, sequences: 10_000_000, gib: 100_000, drafts: 64 } as const;
const GPUS = { min: 1, max: LIMITS.gpus, integer: true } as const;
const TOKENS = { min: 1, max: LIMITS.tokens, integer: true } as const;
const SEQUENCES = { min: 1, max: LIMITS.sequences, integer: true } as const;

/**
 * Reads an inference request of any shape.
 *
 * @returns the request with its defaults, or every problem in it. Whether `gpu_key` and `llm_key` exist is not checked here.
 */
export function readInferenceRequest(input: unknown): Validated<InferenceRequest> {
  const reader = new RequestReader(input);
  const request = readFields(reader);
  checkTogether(reader, request);
  return reader.finish(request);
}

/** A request with the card and the model its keys name. */
export interface ResolvedInference {
  readonly request: InferenceRequest;
  readonly facts: Pick<InferenceFacts, 'gpu' | 'model' | 'assumptions'>;
}

/**
 * Reads an inference request of any shape and looks up its GPU and its model.
 *
 * @returns the request with its facts, or every problem in it at once, unknown keys included.
 */
export function resolveInference(input: unknown, models: ModelResolver): Validated<ResolvedInference> {
  const reader = new RequestReader(input);
  const request = readFields(reader);
  checkTogether(reader, request);
  const gpu = resolveGpu(reader, request.gpu_key, request.custom_vram);
  const found = resolveModel(reader, request.llm_key, request.custom_model, models);
  if (gpu === null || found === null) return reader.fail();
  const said = [
    ...gpuAssumptions(request.gpu_key, gpu, request.custom_vram !== null),
    ...countAssumptions(request.gpu_key, request.num_gpus),
  ];
  const assumptions = [...said, ...found.assumptions, ...longerContext(reader, request), ...unusedFields(reader, unused(request, gpu))];
  return reader.finish({ request, facts: { gpu, model: found.model, assumptions } });
}

function readFields(reader: RequestReader): InferenceRequest {
  const sizes = {
    tensor_parallel_size: reader.number('tensor_parallel_size', GPUS, null),
    pipeline_parallel_size: reader.number('pipeline_parallel_size', GPUS, null),
    data_parallel_size: reader.number('data_parallel_size', GPUS, null),
    expert_parallel_size: reader.number('expert_parallel_size', GPUS, null),
  };
  const product = (sizes.tensor_parallel_size ?? 1) * (sizes.pipeline_parallel_size ?? 1) * (sizes.data_parallel_size ?? 1);
  const output = reader.number('output_length', { ...TOKENS, min: 0 }, null);
  // Nothing before the answer: llama-bench's generation tests.
  const empty = (output ?? 0) > 0 && reader.raw('seq_length') === 0;
  const prompt = reader.number('input_length', { ...TOKENS, min: 0 }, empty ? 0 : null);
  const context = prompt === null ? DEFAULT_CONTEXT : Math.max(1, prompt + (output ?? 0));
  return {
    gpu_key: reader.requiredText('gpu_key', 'a key of the GPU catalogue, custom_discrete or custom_apple_silicon'),
    llm_key: reader.requiredText('llm_key', 'a key of the model catalogue, a Hugging Face id, or custom'),
    quantization: reader.named('quantization', WEIGHT_CHOICES, weightChoice, null),
    kv_cache_quantization: reader.named('kv_cache_quantization', KV_CACHE_CHOICES, kvCacheChoice, 'auto' as const),
    custom_vram: reader.number('custom_vram', { min: 0.1, max: LIMITS.gib }, null),
    num_gpus: reader.number('num_gpus', GPUS, Math.min(product, LIMITS.gpus)),
    batch_size: reader.number('batch_size', SEQUENCES, 1),
    seq_length: empty ? context : reader.number('seq_length', TOKENS, context),
    concurrent_users: reader.number('concurrent_users', SEQUENCES, 1),
    enable_prefix_caching: reader.flag('enable_prefix_caching', false),
    shared_prefix_ratio: reader.number('shared_prefix_ratio', { min: 0, max: 1 }, 0),
    enable_continuous_batching: reader.flag('enable_continuous_batching', false),
    inference_parallelism: reader.choice('inference_parallelism', PARALLELISM_CHOICES, 'pipeline'),
    interconnect_type: readInterconnect(reader),
    enable_offloading: reader.flag('enable_offloading', false),
    offload_target: reader.choice('offload_target', OFFLOAD_TARGET_CHOICES, 'cpu_ram'),
    num_offload_layers: reader.number('num_offload_layers', { min: 0, max: LIMITS.gpus, integer: true }, null),
    percentage_offload: reader.number('percentage_offload', { min: 0, max: 100 }, null),
    offload_kv_cache: reader.flag('offload_kv_cache', false),
    engine: reader.named('engine', ENGINES, findEngine, null),
    engine_version: reader.text('engine_version', null, 'a version such as "0.19.0"'),
    output_length: output,
    input_length: prompt,
    ...sizes,
    max_num_batched_tokens: reader.number('max_num_batched_tokens', TOKENS, null),
    speculative_tokens: reader.number('speculative_tokens', { min: 0, max: LIMITS.drafts, integer: true }, 0),
    enforce_eager: reader.flag('enforce_eager', false),
    custom_model: reader.raw('custom_model') ?? null,
  };
}

const DEFAULT_CONTEXT = 2048;

/** What is said where prompt and answer together are longer than the context that was asked for: memory and speed count them whole. */
function longerContext(reader: RequestReader, { input_length: input, output_length, seq_length }: InferenceRequest): readonly string[] {
  if (input === null || !reader.has('seq_length')) return [];
  // An answer has a token at least.
  const output = output_length ?? 1;
  if (input + output <= seq_length) return [];
  return [`seq_length ${seq_length} is raised to ${input + output}: a prompt of ${input} tokens and ${output} of the answer.`];
}

/** Fields that count for nothing in this request, and why. */
function unused(request: InferenceRequest, gpu: Gpu): readonly Unused[] {
  const offloads = request.enable_offloading ? [] : ['num_offload_layers', 'percentage_offload', 'offload_kv_cache'];
  return [
    ...offloads.map((field) => ({ field, why: 'enable_offloading is false' })),
    ...(request.enable_prefix_caching ? [] : [{ field: 'shared_prefix_ratio', why: 'enable_prefix_caching is false' }]),
    ...(request.shared_prefix_ratio > 0 ? [] : [{ field: 'enable_prefix_caching', why: 'shared_prefix_ratio is 0' }]),
    ...(request.num_gpus === 1 && request.inference_parallelism === 'tensor'
      ? [{ field: 'inference_parallelism', why: 'there is one GPU' }]
      : []),
    ...unusedLinks(request),
    ...unusedSubjects(request, gpu),
  ];
}

/** Problems between fields that are fine one by one. */
function checkTogether(reader: RequestReader, request: InferenceRequest): void {
  checkCustomGpu(reader, request.gpu_key);
  const { num_gpus: gpus, tensor_parallel_size: tp, pipeline_parallel_size: pp, data_parallel_size: dp } = request;
  const product = (tp ?? 1) * (pp ?? 1) * (dp ?? 1);
  const all = tp !== null && pp !== null && dp !== null;
  if (gpus % product !== 0 || (all && gpus !== product)) {
    const allowed = `${all ? '' : 'a multiple of '}tensor_parallel_size × pipeline_parallel_size × data_parallel_size = ${product}`;
    reader.report('num_gpus', gpus, allowed, all ? product : Math.max(1, Math.round(gpus / product)) * product);
  }
  if (request.enable_offloading && request.num_offload_layers !== null && request.percentage_offload !== null) {
    reader.report('percentage_offload', request.percentage_offload, 'left out when num_offload_layers is given', null);
  }
}
