import type { ArgumentValue } from '../src/vllm/arguments';

/** One recorded start-up: the configuration and what vLLM printed. Null where the source does not say. */
export interface StartupRow {
  readonly id: string;
  readonly source_url: string;
  readonly source_group: string;
  readonly model: string | null;
  readonly model_family: string;
  readonly vllm_version: string | null;
  readonly gpu_name: string | null;
  readonly gpu_count_total: number | null;
  readonly gpu_memory_total_gib: number | null;
  readonly total_gpu_memory_gib: number | null;
  readonly tensor_parallel_size: number | null;
  readonly pipeline_parallel_size: number | null;
  readonly data_parallel_size: number | null;
  readonly enable_expert_parallel: boolean | null;
  readonly dtype: string | null;
  readonly quantization: string | null;
  readonly checkpoint_quantized: boolean | null;
  readonly kv_cache_dtype: string | null;
  readonly max_model_len: number | null;
  readonly max_num_seqs: number | null;
  readonly max_num_batched_tokens: number | null;
  readonly gpu_memory_utilization: number | null;
  readonly effective_gpu_memory_utilization: number | null;
  readonly cpu_offload_gb: number | null;
  readonly swap_space: number | null;
  readonly block_size: number | null;
  readonly enforce_eager: boolean | null;
  readonly enable_prefix_caching: boolean | null;
  readonly enable_chunked_prefill: boolean | null;
  readonly enable_lora: boolean | null;
  readonly max_loras: number | null;
  readonly max_lora_rank: number | null;
  readonly speculative_config: unknown;
  readonly limit_mm_per_prompt: unknown;
  readonly other_args: string | null;
  readonly model_load_gib: number | null;
  readonly available_kv_gib: number | null;
  readonly kv_cache_tokens: number | null;
  readonly gpu_blocks: number | null;
  readonly max_concurrency: number | null;
  readonly graph_capture_gib: number | null;
  readonly non_torch_gib: number | null;
  readonly activation_peak_gib: number | null;
  readonly outcome: string;
  readonly failure_needed_kv_gib: number | null;
  readonly failure_available_kv_gib: number | null;
  readonly failure_estimated_max_len: number | null;
}

/** A row in which nothing is stated. */
const NOTHING_STATED: Omit<StartupRow, 'id' | 'source_url' | 'source_group' | 'model_family' | 'outcome'> = {
  model: null,
  vllm_version: null,
  gpu_name: null,
  gpu_count_total: null,
  gpu_memory_total_gib: null,
  total_gpu_memory_gib: null,
  tensor_parallel_size: null,
  pipeline_parallel_size: null,
  data_parallel_size: null,
  enable_expert_parallel: null,
  dtype: null,
  quantization: null,
  checkpoint_quantized: null,
  kv_cache_dtype: null,
  max_model_len: null,
  max_num_seqs: null,
  max_num_batched_tokens: null,
  gpu_memory_utilization: null,
  effective_gpu_memory_utilization: null,
  cpu_offload_gb: null,
  swap_space: null,
  block_size: null,
  enforce_eager: null,
  enable_prefix_caching: null,
  enable_chunked_prefill: null,
  enable_lora: null,
  max_loras: null,
  max_lora_rank: null,
  speculative_config: null,
  limit_mm_per_prompt: null,
  other_args: null,
  model_load_gib: null,
  available_kv_gib: null,
  kv_cache_tokens: null,
  gpu_blocks: null,
  max_concurrency: null,
  graph_capture_gib: null,
  non_torch_gib: null,
  activation_peak_gib: null,
  failure_needed_kv_gib: null,
  failure_available_kv_gib: null,
  failure_estimated_max_len: null,
};

/** The rows of a JSON Lines text; fields a row leaves out are null. */
export function parseStartupRows(text: string): readonly StartupRow[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => ({ ...NOTHING_STATED, ...(JSON.parse(line) as StartupRow) }));
}

/** Arguments that may hide in the free text of `other_args`, with the type they have there. */
const FREE_TEXT_KEYS = [
  'load_format',
  'kv_cache_dtype',
  'max_num_seqs',
  'max_num_batched_tokens',
  'max_model_len',
  'gpu_memory_utilization',
  'enforce_eager',
  'enable_expert_parallel',
  'disable_hybrid_kv_cache_manager',
  'kv_cache_memory_bytes',
  'num_gpu_blocks_override',
  'max_cudagraph_capture_size',
  'kv_transfer_config',
  'speculative_config',
  'compilation_config',
  'hf_overrides',
  'limit_mm_per_prompt',
  'mm_encoder_tp_mode',
  'language_model_only',
  'skip_mm_profiling',
  'cpu_offload_gb',
  'mamba_ssm_cache_dtype',
  'decode_context_parallel_size',
  'data_parallel_size',
  'enable_lora',
  'max_loras',
  'max_lora_rank',
];

/** Fields of a row that are arguments of vLLM under their own names. */
const ARGUMENT_FIELDS = [
  'model',
  'tensor_parallel_size',
  'pipeline_parallel_size',
  'data_parallel_size',
  'enable_expert_parallel',
  'dtype',
  'quantization',
  'kv_cache_dtype',
  'max_model_len',
  'max_num_seqs',
  'max_num_batched_tokens',
  'gpu_memory_utilization',
  'cpu_offload_gb',
  'swap_space',
  'block_size',
  'enforce_eager',
  'enable_prefix_caching',
  'enable_chunked_prefill',
  'enable_lora',
  'max_loras',
  'max_lora_rank',
  'speculative_config',
  'limit_mm_per_prompt',
] as const satisfies readonly (keyof StartupRow)[];

/** A row as `estimate --jsonl` reads it. */
export interface EstimateRow {
  readonly id: string;
  readonly args: Readonly<Record<string, ArgumentValue>>;
  readonly gpu: { readonly name: string | null; readonly count: number | null; readonly total_memory_gib: number | null };
  readonly vllm_version: string | null;
}

/**
 * What a row states of the configuration, as it states it; nothing that vLLM measured.
 * @param withFreeText whether arguments found only in the free text of `other_args` count too.
 */
export function estimateRow(row: StartupRow, withFreeText: boolean): EstimateRow {
  const args: Record<string, ArgumentValue> = {};
  const set = (key: string, value: ArgumentValue | null): void => {
    if (value !== null) args[key] = value;
  };
  if (withFreeText) for (const key of FREE_TEXT_KEYS) set(key, freeText(row.other_args ?? '', key));
  for (const key of ARGUMENT_FIELDS) set(key, row[key] as ArgumentValue);
  set('gpu_memory_utilization', row.gpu_memory_utilization ?? row.effective_gpu_memory_utilization);
  // A source that names several cards and no parallelism runs them tensor-parallel.
  if (row.tensor_parallel_size === null && row.pipeline_parallel_size === null) set('tensor_parallel_size', row.gpu_count_total);
  return {
    id: row.id,
    args,
    gpu: { name: row.gpu_name, count: row.gpu_count_total, total_memory_gib: row.total_gpu_memory_gib ?? row.gpu_memory_total_gib },
    vllm_version: row.vllm_version,
  };
}

/** A value from a Python dictionary's text (`'dtype': 'half'`) or a command line (`--dtype half`). */
function freeText(text: string, key: string): ArgumentValue {
  const dashed = key.replaceAll('_', '-');
  const inDictionary = new RegExp(`'${key}': ('[^']*'|\\{[^}]*\\}|[^,}]+)`).exec(text)?.[1];
  const onCommandLine = new RegExp(`--(?:${key}|${dashed})(?:[ =]+('\\{.*?\\}'|[^\\s-][^\\s]*))?(?:\\s|$)`).exec(text);
  const written = inDictionary ?? (onCommandLine ? (onCommandLine[1] ?? 'True') : undefined);
  return written === undefined ? null : literal(written.trim());
}

function literal(written: string): ArgumentValue {
  if (written === 'True' || written === 'False') return written === 'True';
  if (written === 'None') return null;
  const number = Number(written);
  if (!Number.isNaN(number)) return number;
  const bare = written.replace(/^'|'$/g, '');
  if (!bare.startsWith('{')) return bare;
  try {
    return JSON.parse(
      bare.replaceAll("'", '"').replaceAll('None', 'null').replaceAll('True', 'true').replaceAll('False', 'false'),
    ) as ArgumentValue;
  } catch {
    return null;
  }
}
