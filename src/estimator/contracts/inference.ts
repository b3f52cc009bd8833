import type { ENGINES } from '../speed/engines';
import type { MemoryStatus } from './finetuning';
import type { Problems } from './problem';

/**
 * The inference request and response of the public calculators, with the fields this engine adds. GB and GiB both mean 2^30 bytes here,
 * as cards are counted; lengths are tokens.
 */

export const KV_CACHE_CHOICES = ['fp16', 'bf16', 'fp8', 'int8', 'int4', 'auto'] as const;
export const PARALLELISM_CHOICES = ['pipeline', 'tensor'] as const;
export const OFFLOAD_TARGET_CHOICES = ['cpu_ram', 'nvme'] as const;

export type KvCacheChoice = (typeof KV_CACHE_CHOICES)[number];

/** What the element types of engines and tables are among the choices. */
const KV_CACHE_WORDS: readonly (readonly [RegExp, KvCacheChoice])[] = [
  [/\b(fp8|float8|e4m3|e5m2)/, 'fp8'],
  [/\b(int8|q8)/, 'int8'],
  [/\b(int4|q4|nvfp4|fp4)/, 'int4'],
  [/\b(bf16|bfloat16)/, 'bf16'],
  [/\b(fp16|f16|float16|half)/, 'fp16'],
];

/** The choice a name means ("f16", "fp8_e4m3", "q8_0", "bf16/fp16"); null when unknown. */
export function kvCacheChoice(name: string): KvCacheChoice | null {
  const words = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim();
  return KV_CACHE_CHOICES.find((choice) => choice === words) ?? KV_CACHE_WORDS.find(([pattern]) => pattern.test(words))?.[1] ?? null;
}
export type ParallelismChoice = (typeof PARALLELISM_CHOICES)[number];
export type OffloadTargetChoice = (typeof OFFLOAD_TARGET_CHOICES)[number];

/** An inference request with every default that needs no model filled in. null: not given. */
export interface InferenceRequest {
  readonly gpu_key: string;
  readonly llm_key: string;
  /** Canonical choice of `WEIGHT_CHOICES`; null: fp16, or the checkpoint's own format where it has one. */
  readonly quantization: string | null;
  readonly kv_cache_quantization: KvCacheChoice;
  /** GB of a custom card. */
  readonly custom_vram: number | null;
  readonly num_gpus: number;
  /** Sequences each user has in flight. */
  readonly batch_size: number;
  /** Context of one sequence, prompt and output together. */
  readonly seq_length: number;
  readonly concurrent_users: number;
  readonly enable_prefix_caching: boolean;
  /** Share of the prompt that all requests have in common. */
  readonly shared_prefix_ratio: number;
  readonly enable_continuous_batching: boolean;
  readonly inference_parallelism: ParallelismChoice;
  /** Key of the interconnect catalogue; null for the card's own. */
  readonly interconnect_type: string | null;
  readonly enable_offloading: boolean;
  readonly offload_target: OffloadTargetChoice;
  readonly num_offload_layers: number | null;
  /** 0 to 100, of the layers. */
  readonly percentage_offload: number | null;
  readonly offload_kv_cache: boolean;
  /** Name of an engine; null for vllm, or llama_cpp for GGUF files and Apple silicon. */
  readonly engine: (typeof ENGINES)[number] | null | string;
  readonly engine_version: string | null;
  /** Tokens generated per request; null: a short answer beside a prompt of `seq_length`. */
  readonly output_length: number | null;
  /** Tokens of the prompt; null: `seq_length` less `output_length`, or all of it where the output is longer. */
  readonly input_length: number | null;
  readonly tensor_parallel_size: number | null;
  readonly pipeline_parallel_size: number | null;
  readonly data_parallel_size: number | null;
  readonly expert_parallel_size: number | null;
  readonly max_num_batched_tokens: number | null;
  readonly speculative_tokens: number;
  readonly enforce_eager: boolean;
  /** The architecture when `llm_key` is `custom`, unread: a config.json, or sizes. */
  readonly custom_model: unknown;
}

/** Names of the memory components, in the order they are shown. */
export const INFERENCE_COMPONENTS = ['Base Model Weights', 'KV Cache', 'Activations', 'CUDA Graphs', 'Framework Overhead'] as const;
export type InferenceComponent = (typeof INFERENCE_COMPONENTS)[number];

/** Figures that have a low and a high end under `range`. */
export type InferenceFigure =
  | 'vram_usage'
  | 'weights'
  | 'activations'
  | 'ttft_ms'
  | 'tpot_ms'
  | 'ms_per_token'
  | 'prefill_tps'
  | 'decode_tps_single_stream'
  | 'per_user_tps'
  | 'estimated_latency_tps'
  | 'estimated_throughput_tps'
  | 'estimated_power_draw'
  | 'energy_wh_per_1k_tokens';

export interface InferenceResponse {
  readonly unit: 'GiB';
  /** GiB per GPU with all sequences at full length. */
  readonly vram_usage: number;
  /** Percent of the memory a process can use, capped at 100. */
  readonly vram_percentage: number;
  readonly actual_vram_percentage: number;
  readonly memory_status: MemoryStatus;
  /** GiB per GPU paid once whatever the users: weights, overhead, the shared prefix. */
  readonly static_shared_memory: number;
  /** GiB per GPU each further sequence takes. */
  readonly per_user_memory: number;
  /** Output tokens per second one request sees under the load. */
  readonly estimated_latency_tps: number;
  /** Output tokens per second over all requests, the wait for the first token included. */
  readonly estimated_throughput_tps: number;
  readonly per_user_tps: number;
  readonly ms_per_token: number;
  /** Time to first token under the load, ms; the calculators' spelling. */
  readonly tftt: number;
  readonly ttft_ms: number;
  readonly tpot_ms: number;
  /** Prompt tokens per second of one request alone. */
  readonly prefill_tps: number;
  readonly decode_tps_single_stream: number;
  /** GiB of host memory. */
  readonly estimated_system_ram_required: number;
  /** GiB over all GPUs kept outside them. */
  readonly offloaded_memory: number;
  /** W at the wall: all GPUs, host and power supply. */
  readonly estimated_power_draw: number;
  readonly energy_wh_per_1k_tokens: number;
  /** Tokens of KV cache all replicas have room for. */
  readonly kv_cache_tokens: number;
  /** Sequences of full length that fit at once, over all replicas. */
  readonly max_concurrency: number;
  readonly memory_details: Readonly<Record<InferenceComponent, number>>;
  readonly memory_breakdown: readonly { readonly label: InferenceComponent; readonly value: number; readonly size_gb: number }[];
  readonly range: Readonly<Record<InferenceFigure, readonly [number, number]>>;
  readonly assumptions: readonly string[];
  /**
   * What makes the engine refuse these sizes; there only where `memory_status` is error. The figures are then what it would come to if the
   * model could be cut like this.
   */
  readonly problems?: Problems;
}
