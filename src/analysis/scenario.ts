import { plainQuantization, type CheckpointQuantization, type Model } from '../estimator/architecture';
import {
  KV_CACHE_CHOICES,
  OFFLOAD_TARGET_CHOICES,
  PARALLELISM_CHOICES,
  type InferenceRequest,
  type KvCacheChoice,
} from '../estimator/contracts/inference';
import { isGgufChoice } from '../estimator/runtime/weightChoices';
import { SIZED, type CustomModel } from './customModel';
import type { ArgumentValue, VllmArguments } from '../vllm/arguments';
import type { StartupReport } from '../vllm/startup/report';

/**
 * A what-if question about serving, as a person states it. Field names are those of the public calculators' requests
 * (snake_case), so that a saved scenario is also a request. Memory is in GiB, lengths in tokens, ratios run from 0 to 1.
 */
export interface InferenceForm extends CustomModel {
  readonly engine: string;
  readonly engine_version: string;
  /** Key of the GPU catalogue, or one of its custom keys; empty when none is chosen. */
  readonly gpu_key: string;
  readonly num_gpus: number;
  /** Memory per GPU for a custom key. */
  readonly custom_vram: number;
  /** Model id; `custom` for a model of which only the size is known; empty when none is chosen. */
  readonly llm_key: string;
  /** `checkpoint` keeps the format that the checkpoint has. */
  readonly quantization: string;
  readonly kv_cache_quantization: string;
  /** Tokens that one request may have; 0 for as many as the model says it takes, which need not be known. */
  readonly seq_length: number;
  /** Tokens of a request's prompt; 0 for what the answer leaves of the context. */
  readonly input_length: number;
  readonly output_length: number;
  readonly concurrent_users: number;
  readonly batch_size: number;
  readonly enable_prefix_caching: boolean;
  readonly shared_prefix_ratio: number;
  readonly enable_continuous_batching: boolean;
  /** How `num_gpus` is spent: `tensor`, `pipeline`, or `custom` for the sizes below. */
  readonly inference_parallelism: string;
  readonly tensor_parallel_size: number;
  readonly pipeline_parallel_size: number;
  readonly data_parallel_size: number;
  readonly enable_expert_parallel: boolean;
  /** Key of the interconnect catalogue; empty for the GPU's own. */
  readonly interconnect_type: string;
  readonly enable_offloading: boolean;
  readonly offload_target: string;
  /** Which of the three next fields counts: `amount`, `layers` or `percentage`. */
  readonly offload_by: string;
  /** GiB per GPU. */
  readonly cpu_offload_gb: number;
  readonly num_offload_layers: number;
  readonly percentage_offload: number;
  readonly offload_kv_cache: boolean;
  readonly gpu_memory_utilization: number;
  /** 0 for vLLM's own default. */
  readonly max_num_seqs: number;
  /** 0 for vLLM's own default. */
  readonly max_num_batched_tokens: number;
  readonly enforce_eager: boolean;
  readonly speculative_tokens: number;
}

/** Changes to vLLM arguments: canonical keys to set, and keys to take out. */
export interface ArgumentEdits {
  readonly set: Readonly<Record<string, ArgumentValue>>;
  readonly remove: readonly string[];
}

/** `base` after `edits`. */
export function withEdits(base: VllmArguments, edits: ArgumentEdits): VllmArguments {
  const result = new Map(base);
  for (const [key, value] of Object.entries(edits.set)) result.set(key, value);
  for (const key of edits.remove) result.delete(key);
  return result;
}

/** True when the edits change nothing. */
export function isEmptyEdit(edits: ArgumentEdits): boolean {
  return edits.remove.length === 0 && Object.keys(edits.set).length === 0;
}

/** The parallel sizes that a form asks for. */
export interface ParallelSizes {
  readonly tensor: number;
  readonly pipeline: number;
  readonly data: number;
}

/** Tokens of a request's prompt: no more than the answer leaves of the context, as far as that is known. */
export function promptTokens({ seq_length: context, input_length: prompt, output_length: output }: InferenceForm): number {
  if (context === 0) return Math.max(1, prompt);
  const room = Math.max(1, context - output);
  return prompt === 0 ? room : Math.min(prompt, room);
}

/** The request of the public contract that a form stands for: what is a default of the form's own is left to the engine. */
export function inferenceRequestOf(form: InferenceForm): InferenceRequest {
  const sizes = form.inference_parallelism === 'custom' ? parallelSizes(form) : null;
  const offloads = form.enable_offloading;
  return {
    gpu_key: form.gpu_key,
    llm_key: form.llm_key,
    quantization: form.quantization === 'checkpoint' ? null : form.quantization,
    kv_cache_quantization: kvChoice(form),
    custom_vram: form.gpu_key.startsWith('custom') ? form.custom_vram : null,
    num_gpus: form.num_gpus,
    batch_size: form.batch_size,
    // Of an unknown context, what the load takes of it.
    seq_length: form.seq_length === 0 ? promptTokens(form) + form.output_length : form.seq_length,
    concurrent_users: form.concurrent_users,
    enable_prefix_caching: form.enable_prefix_caching,
    shared_prefix_ratio: form.shared_prefix_ratio,
    enable_continuous_batching: form.enable_continuous_batching,
    inference_parallelism: oneOf(form.inference_parallelism, PARALLELISM_CHOICES, 'tensor'),
    interconnect_type: form.interconnect_type === '' ? null : form.interconnect_type,
    enable_offloading: offloads,
    offload_target: oneOf(form.offload_target, OFFLOAD_TARGET_CHOICES, 'cpu_ram'),
    num_offload_layers: offloads && form.offload_by === 'layers' ? form.num_offload_layers : null,
    percentage_offload: offloads && form.offload_by === 'percentage' ? form.percentage_offload : null,
    offload_kv_cache: form.offload_kv_cache,
    engine: form.engine,
    engine_version: form.engine === 'vllm' && form.engine_version !== '' ? form.engine_version : null,
    output_length: form.output_length,
    input_length: promptTokens(form),
    tensor_parallel_size: sizes?.tensor ?? null,
    pipeline_parallel_size: sizes?.pipeline ?? null,
    data_parallel_size: sizes?.data ?? null,
    expert_parallel_size: form.enable_expert_parallel ? form.num_gpus : null,
    max_num_batched_tokens: form.max_num_batched_tokens === 0 ? null : form.max_num_batched_tokens,
    speculative_tokens: form.speculative_tokens,
    enforce_eager: form.enforce_eager,
    custom_model: null,
  };
}

function kvChoice(form: InferenceForm): KvCacheChoice {
  return oneOf(form.kv_cache_quantization, KV_CACHE_CHOICES, 'auto');
}

function oneOf<T extends string>(value: string, choices: readonly T[], otherwise: T): T {
  return choices.find((choice) => choice === value) ?? otherwise;
}

/** How the form spends its GPUs. */
export function parallelSizes(form: InferenceForm): ParallelSizes {
  if (form.inference_parallelism === 'tensor') return { tensor: form.num_gpus, pipeline: 1, data: 1 };
  if (form.inference_parallelism === 'pipeline') return { tensor: 1, pipeline: form.num_gpus, data: 1 };
  return { tensor: form.tensor_parallel_size, pipeline: form.pipeline_parallel_size, data: form.data_parallel_size };
}

/**
 * The form that says what a file's deployment does: `defaults` overlaid with what `report` found effective.
 * Fields that a file cannot state (load, prefix sharing) keep their defaults.
 */
export function formOfReport(report: StartupReport, modelId: string, defaults: InferenceForm): InferenceForm {
  const { settings, input } = report;
  const { args, gpu } = input;
  const used = settings.tensorParallelSize * settings.pipelineParallelSize * settings.dataParallelSize;
  const gpus = gpu?.count ?? used;
  return {
    ...defaults,
    engine: 'vllm',
    engine_version: input.version,
    gpu_key: gpu?.gpu.key ?? '',
    num_gpus: gpus,
    custom_vram: gpu?.totalMemoryGib ?? defaults.custom_vram,
    llm_key: modelId,
    quantization: weightsChoice(report),
    kv_cache_quantization: kvChoiceOf(settings),
    seq_length: settings.maxModelLen ?? 0,
    enable_prefix_caching: args.get('enable-prefix-caching') !== false,
    inference_parallelism: gpus === used ? parallelismOf(settings) : 'custom',
    tensor_parallel_size: settings.tensorParallelSize,
    pipeline_parallel_size: settings.pipelineParallelSize,
    data_parallel_size: settings.dataParallelSize,
    enable_expert_parallel: settings.expertParallel,
    enable_offloading: settings.cpuOffloadGib > 0,
    offload_target: 'cpu_ram',
    offload_by: 'amount',
    cpu_offload_gb: settings.cpuOffloadGib,
    gpu_memory_utilization: settings.gpuMemoryUtilization,
    max_num_seqs: args.has('max-num-seqs') ? settings.maxNumSeqs : 0,
    max_num_batched_tokens: args.has('max-num-batched-tokens') ? settings.maxNumBatchedTokens : 0,
    enforce_eager: settings.enforceEager,
    speculative_tokens: settings.speculative?.tokens ?? 0,
  };
}

/** What vLLM makes of the checkpoint while loading it. */
function weightsChoice({ settings, input }: StartupReport): string {
  if (input.model.quantization !== null) return 'checkpoint';
  if (settings.quantization === 'fp8') return 'fp8';
  if (settings.quantization === 'bitsandbytes') return 'nf4';
  return settings.dtype === 'float32' ? 'fp32' : 'checkpoint';
}

function parallelismOf(settings: StartupReport['settings']): string {
  if (settings.dataParallelSize > 1) return 'custom';
  if (settings.pipelineParallelSize > 1) return settings.tensorParallelSize > 1 ? 'custom' : 'pipeline';
  return 'tensor';
}

/**
 * The vLLM arguments that turn the deployment described by `from` into the one described by `to`; only what differs.
 *
 * @param weightsBytes weights of one GPU without offloading, to turn layers or a percentage into `cpu-offload-gb`
 * @param layers decoder layers of the model
 */
export function editsBetween(from: InferenceForm, to: InferenceForm, weightsBytes: number, layers: number): ArgumentEdits {
  const set: Record<string, ArgumentValue> = {};
  const remove: string[] = [];
  const put = (key: string, before: ArgumentValue, after: ArgumentValue, whenDefault?: ArgumentValue): void => {
    if (before === after) return;
    if (after === whenDefault) remove.push(key);
    else set[key] = after;
  };
  const [before, after] = [parallelSizes(from), parallelSizes(to)];
  if (to.llm_key !== from.llm_key && to.llm_key !== '' && to.llm_key !== SIZED) set['model'] = to.llm_key;
  put('max-model-len', from.seq_length, to.seq_length, 0);
  put('max-num-seqs', from.max_num_seqs, to.max_num_seqs, 0);
  put('max-num-batched-tokens', from.max_num_batched_tokens, to.max_num_batched_tokens, 0);
  put('gpu-memory-utilization', from.gpu_memory_utilization, to.gpu_memory_utilization);
  put('tensor-parallel-size', before.tensor, after.tensor);
  put('pipeline-parallel-size', before.pipeline, after.pipeline);
  put('data-parallel-size', before.data, after.data);
  put('enable-expert-parallel', from.enable_expert_parallel, to.enable_expert_parallel, false);
  put('enforce-eager', from.enforce_eager, to.enforce_eager, false);
  put('kv-cache-dtype', kvCacheDtype(kvChoice(from)), kvCacheDtype(kvChoice(to)), 'auto');
  put('cpu-offload-gb', offloadGib(from, weightsBytes, layers), offloadGib(to, weightsBytes, layers), 0);
  if (to.enable_prefix_caching !== from.enable_prefix_caching) {
    // vLLM's YAML reader drops `key: false`, so switching off needs the negated flag.
    if (to.enable_prefix_caching) remove.push('no-enable-prefix-caching');
    set[to.enable_prefix_caching ? 'enable-prefix-caching' : 'no-enable-prefix-caching'] = true;
    if (!to.enable_prefix_caching) remove.push('enable-prefix-caching');
  }
  if (to.quantization !== from.quantization) Object.assign(set, weightArguments(to.quantization));
  if (to.quantization === 'checkpoint') remove.push(...Object.keys(weightArguments(from.quantization)));
  return { set, remove };
}

const KV_CACHE_DTYPES: Readonly<Record<KvCacheChoice, string>> = {
  auto: 'auto',
  fp16: 'float16',
  bf16: 'bfloat16',
  fp8: 'fp8',
  int8: 'int8_per_token_head',
  int4: 'int4_per_token_head',
};

/** The value of `kv-cache-dtype` for a choice of KV cache. */
export function kvCacheDtype(choice: KvCacheChoice): string {
  return KV_CACHE_DTYPES[choice];
}

/** The choice of KV cache that a deployment's comes to; 16-bit ones are the model's own. */
function kvChoiceOf({ kvCacheDtype: dtype }: StartupReport['settings']): KvCacheChoice {
  return (['fp8', 'int8', 'int4'] as const).find((choice) => dtype.startsWith(choice)) ?? 'auto';
}

/** GiB of weights per GPU that the form moves to the host. */
function offloadGib(form: InferenceForm, weightsBytes: number, layers: number): number {
  if (!form.enable_offloading) return 0;
  if (form.offload_by === 'amount') return form.cpu_offload_gb;
  const share = form.offload_by === 'layers' ? form.num_offload_layers / Math.max(layers, 1) : form.percentage_offload / 100;
  // Tenths of a GiB: the argument is a float, but nobody writes more digits.
  return Math.round(((Math.min(share, 1) * weightsBytes) / 2 ** 30) * 10) / 10;
}

/** What vLLM itself can do to a 16-bit checkpoint while loading it; other formats need another checkpoint. */
function weightArguments(choice: string): Record<string, ArgumentValue> {
  switch (choice) {
    case 'fp8':
      return { quantization: 'fp8' };
    case 'nf4':
      return { quantization: 'bitsandbytes' };
    case 'fp32':
      return { dtype: 'float32' };
    case 'fp16':
      return { dtype: 'float16' };
    case 'bf16':
      return { dtype: 'bfloat16' };
    default:
      return {};
  }
}

/** Weight formats that exist only as a checkpoint of their own. */
const CHECKPOINT_FORMATS: Readonly<Record<string, Partial<CheckpointQuantization> & { readonly method: string; readonly bits: number }>> = {
  awq: { method: 'awq', bits: 4, groupSize: 128, symmetric: false },
  gptq: { method: 'gptq', bits: 4, groupSize: 128 },
  gptq_int8: { method: 'gptq', bits: 8, groupSize: 128 },
  w8a8: { method: 'compressed-tensors', bits: 8, groupSize: -1 },
  int8: { method: 'compressed-tensors', bits: 8, groupSize: -1 },
  int4: { method: 'compressed-tensors', bits: 4, groupSize: 128 },
  nvfp4: { method: 'modelopt_fp4', bits: 4, groupSize: 16, type: 'float', kvCacheScheme: 'fp8' },
  mxfp4: { method: 'mxfp4', bits: 4, groupSize: 32, type: 'float' },
};

/** True when choosing `choice` means deploying another checkpoint, which no argument can express. */
export function needsAnotherCheckpoint(choice: string): boolean {
  return choice in CHECKPOINT_FORMATS || isGgufChoice(choice);
}

/**
 * The model as if its checkpoint had been stored in the chosen format. Group sizes are those that the formats' usual
 * converters write (AWQ and GPTQ 128, NVFP4 16, MXFP4 32), and NVFP4's carry scales for an fp8 KV cache as ModelOpt writes them.
 */
export function withWeightFormat(model: Model, choice: string): Model {
  if (choice === 'checkpoint') return model;
  const format = CHECKPOINT_FORMATS[choice];
  const isFile = isGgufChoice(choice);
  if (format === undefined && !isFile) return { ...model, quantization: null, exactBytes: null };
  const gguf = { ...plainQuantization('gguf', 4, 'name'), ggufType: isFile ? choice.toUpperCase() : null };
  return { ...model, quantization: { ...gguf, ...format }, exactBytes: null };
}
