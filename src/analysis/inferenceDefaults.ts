import { ONLY_SIZE } from './customModel';
import type { InferenceForm } from './scenario';

/** One request alone, of a chat's usual length: what every speed is told for until a load is given. */
const ONE_REQUEST = { input_length: 1024, output_length: 256, concurrent_users: 1, batch_size: 1 } as const;

/** Where the form begins when no file says anything: one person asking a model of usual length on one GPU. */
export const INFERENCE_DEFAULTS: InferenceForm = {
  engine: 'vllm',
  engine_version: '',
  gpu_key: '',
  num_gpus: 1,
  custom_vram: 24,
  llm_key: '',
  custom_parameters: 8,
  ...ONLY_SIZE,
  quantization: 'checkpoint',
  kv_cache_quantization: 'auto',
  seq_length: 8192,
  ...ONE_REQUEST,
  enable_prefix_caching: true,
  shared_prefix_ratio: 0,
  enable_continuous_batching: true,
  inference_parallelism: 'tensor',
  tensor_parallel_size: 1,
  pipeline_parallel_size: 1,
  data_parallel_size: 1,
  enable_expert_parallel: false,
  interconnect_type: '',
  enable_offloading: false,
  offload_target: 'cpu_ram',
  offload_by: 'amount',
  cpu_offload_gb: 4,
  num_offload_layers: 0,
  percentage_offload: 0,
  offload_kv_cache: false,
  gpu_memory_utilization: 0.92,
  max_num_seqs: 0,
  max_num_batched_tokens: 0,
  enforce_eager: false,
  speculative_tokens: 0,
};
