import type { InferenceForm } from '../../src/analysis/scenario';
import { WEIGHT_CHOICES } from '../../src/estimator/runtime/weightChoices';
import { ENGINES, ENGINE_NAMES } from '../../src/estimator/speed/engines';
import { customModelFields } from './customModel';
import { options, section, type Choice, type Field } from './field';

export { INFERENCE_DEFAULTS } from '../../src/analysis/inferenceDefaults';

const ENGINE_CHOICES: readonly Choice[] = ENGINES.map((value) => ({ value, label: ENGINE_NAMES[value] }));

const GGUF_TYPE = /^i?q\d/;

const NAMED_FORMATS: readonly Choice[] = options(
  ['checkpoint', 'As the checkpoint stores them'],
  ['bf16', 'BF16 (16 bit)'],
  ['fp16', 'FP16 (16 bit)'],
  ['fp32', 'FP32 (32 bit)'],
  ['fp8', 'FP8 (8 bit)'],
  ['int8', 'INT8 (8 bit)'],
  ['awq', 'AWQ (4 bit)'],
  ['gptq', 'GPTQ (4 bit)'],
  ['int4', 'INT4 (4 bit)'],
  ['nf4', 'NF4, bitsandbytes (4 bit)'],
  ['nvfp4', 'NVFP4 (4 bit)'],
  ['mxfp4', 'MXFP4 (4 bit)'],
  ['q8_0', 'GGUF Q8_0'],
  ['q6_k', 'GGUF Q6_K'],
  ['q5_k_m', 'GGUF Q5_K_M'],
  ['q4_k_m', 'GGUF Q4_K_M'],
  ['q3_k_m', 'GGUF Q3_K_M'],
  ['q2_k', 'GGUF Q2_K'],
);

/** All weight formats that the engine knows; those without a name of their own are file types of GGUF. */
export const WEIGHT_FORMATS: readonly Choice[] = [
  ...NAMED_FORMATS,
  ...WEIGHT_CHOICES.filter((value) => NAMED_FORMATS.every((named) => named.value !== value)).map((value) => ({
    value,
    label: GGUF_TYPE.test(value) ? `GGUF ${value.toUpperCase()}` : value.replaceAll('_', ' '),
  })),
];

/** Powers of two from 2^low to 2^high. */
function powers(low: number, high: number): number[] {
  return Array.from({ length: high - low + 1 }, (_, step) => 2 ** (low + step));
}

/** Powers of two and the values half way between. */
function halfSteps(low: number, high: number): number[] {
  return powers(low, high).flatMap((value, index, all) => (index + 1 < all.length && value > 1 ? [value, value * 1.5] : [value]));
}

const vllm = (form: InferenceForm): boolean => form.engine === 'vllm';
const offloads = (form: InferenceForm): boolean => form.enable_offloading;
const several = (form: InferenceForm): boolean => form.num_gpus > 1;
const bySize = (form: InferenceForm): boolean => form.inference_parallelism === 'custom';

const basics = section<InferenceForm>('Basics');
const runtime = section<InferenceForm>('Runtime');
const load = section<InferenceForm>('Load');
const parallelism = section<InferenceForm>('Parallelism');
const offloading = section<InferenceForm>('Offloading');

/** Every input of the calculator for serving, besides model and GPU, which have search boxes of their own. */
export const INFERENCE_FIELDS: readonly Field<InferenceForm>[] = [
  ...customModelFields<InferenceForm>(),
  basics.slider(
    'custom_vram',
    'Memory per GPU',
    'GiB',
    [1, 1024],
    [4, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 128, 141, 192, 288],
    { integer: false, when: (form) => form.gpu_key.startsWith('custom') },
  ),
  basics.number('num_gpus', 'GPUs', '', [1, 1024]),
  basics.choice('quantization', 'Weights', WEIGHT_FORMATS),
  basics.choice(
    'kv_cache_quantization',
    'KV cache',
    options(
      ['auto', 'As the model (16 bit)'],
      ['fp16', 'FP16 (16 bit)'],
      ['bf16', 'BF16 (16 bit)'],
      ['fp8', 'FP8 (8 bit)'],
      ['int8', 'INT8 (8 bit)'],
      ['int4', 'INT4 (4 bit)'],
    ),
  ),
  basics.slider('seq_length', 'Context', 'tokens', [0, 16_777_216], halfSteps(9, 20), {
    automatic: 'as long as the model goes, if it says so',
    help: 'Prompt and answer together; max-model-len.',
  }),
  basics.slider('concurrent_users', 'Users at once', '', [1, 100_000], halfSteps(0, 10)),
  runtime.choice('engine', 'Engine', ENGINE_CHOICES),
  runtime.slider(
    'gpu_memory_utilization',
    'Share of GPU memory',
    '',
    [0.01, 1],
    [0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.92, 0.95, 0.98, 1],
    { integer: false, help: 'gpu-memory-utilization: what vLLM may use of the whole card.', when: vllm },
  ),
  runtime.number('max_num_seqs', 'Requests per step', '', [0, 65_536], { automatic: 'vLLM decides', help: 'max-num-seqs.', when: vllm }),
  runtime.number('max_num_batched_tokens', 'Tokens per step', 'tokens', [0, 4_194_304], {
    automatic: 'vLLM decides',
    help: 'max-num-batched-tokens.',
    when: vllm,
  }),
  runtime.check('enforce_eager', 'No CUDA graphs (enforce-eager)', { when: vllm }),
  load.slider('input_length', 'Prompt length', 'tokens', [0, 16_777_216], [0, ...halfSteps(6, 20)], {
    automatic: 'what the answer leaves of the context',
    help: 'What speed is told for; memory is told for full contexts.',
  }),
  load.slider('output_length', 'Answer length', 'tokens', [1, 1_048_576], halfSteps(4, 15)),
  load.number('batch_size', 'Requests per user', '', [1, 4096], { help: 'Batch size: how many sequences each user sends together.' }),
  load.check('enable_continuous_batching', 'Continuous batching'),
  load.check('enable_prefix_caching', 'Prefix caching'),
  load.slider('shared_prefix_ratio', 'Prompt shared by all', '', [0, 1], [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1], {
    integer: false,
    help: 'Share of the prompt that all requests have in common, 0 to 1.',
    when: (form) => form.enable_prefix_caching,
  }),
  load.number('speculative_tokens', 'Speculative tokens', 'tokens', [0, 64], { automatic: 'none' }),
  parallelism.choice(
    'inference_parallelism',
    'Split over GPUs',
    options(['tensor', 'Tensor parallel'], ['pipeline', 'Pipeline parallel'], ['custom', 'Several ways']),
    { when: several },
  ),
  parallelism.number('tensor_parallel_size', 'Tensor parallel', 'GPUs', [1, 1024], { when: bySize }),
  parallelism.number('pipeline_parallel_size', 'Pipeline parallel', 'stages', [1, 256], { when: bySize }),
  parallelism.number('data_parallel_size', 'Data parallel', 'replicas', [1, 1024], { when: bySize }),
  parallelism.check('enable_expert_parallel', 'Expert parallel', { when: several }),
  offloading.check('enable_offloading', 'Offload weights', {
    help: 'Keeps part of the weights in host memory; each step then reads them over PCIe.',
  }),
  offloading.choice('offload_target', 'To', options(['cpu_ram', 'Host memory'], ['nvme', 'NVMe']), { when: offloads }),
  offloading.choice(
    'offload_by',
    'How much',
    options(['amount', 'GiB per GPU'], ['layers', 'Layers'], ['percentage', 'Percent of the layers']),
    { when: offloads },
  ),
  offloading.number('cpu_offload_gb', 'Offloaded', 'GiB per GPU', [0, 4096], {
    integer: false,
    when: (form) => offloads(form) && form.offload_by === 'amount',
  }),
  offloading.number('num_offload_layers', 'Offloaded', 'layers', [0, 512], {
    when: (form) => offloads(form) && form.offload_by === 'layers',
  }),
  offloading.slider('percentage_offload', 'Offloaded', '%', [0, 100], [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100], {
    integer: false,
    when: (form) => offloads(form) && form.offload_by === 'percentage',
  }),
  offloading.check('offload_kv_cache', 'KV cache too', { when: offloads }),
];
