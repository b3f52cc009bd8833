import type { FinetuningRequest, FrameworkName, MemoryMeasure, OptimizerName } from '../src/estimator/contracts/finetuning';

/** One published measurement, as the measured files store it; null where the source does not say. */
export interface TrainingRow {
  readonly id: string;
  readonly source: string;
  readonly row_kind: string;
  readonly grade: string;
  readonly framework: string;
  readonly framework_version: string | null;
  readonly model: string;
  readonly params_b: number | null;
  readonly method: string;
  readonly method_class: string;
  readonly base_precision: string | null;
  readonly compute_dtype: string | null;
  readonly quantization: string | null;
  readonly lora_rank: number | null;
  readonly lora_targets: string | null;
  readonly trainable_params: number | null;
  readonly micro_batch_size: number | null;
  readonly gradient_accumulation: number | null;
  readonly seq_length: number | null;
  readonly seq_note: string | null;
  readonly packing: boolean | null;
  readonly optimizer: string | null;
  readonly master_weights: boolean | null;
  readonly gradient_checkpointing: string | null;
  readonly flash_attention: string | null;
  readonly fused_cross_entropy: string | null;
  readonly compile: string | null;
  readonly activation_offload: boolean | null;
  readonly zero_stage: string | null;
  readonly parallelism: string | null;
  readonly cpu_offload: string | boolean | null;
  readonly gpus: number | null;
  readonly gpu_name: string | null;
  readonly gpu_norm: string | null;
  readonly peak_memory_gib: number | null;
  readonly memory_kind: string | null;
  readonly memory_scope: string | null;
  readonly tokens_per_second: number | null;
  readonly tokens_per_second_scope: string | null;
  readonly extra: { readonly gbs?: number } | null;
  readonly fold5: number;
}

/** True for rows whose peak memory is a fair test: measured, not flagged, and fully specified. */
export function judgesMemory(row: TrainingRow): boolean {
  const specified =
    row.micro_batch_size !== null && row.seq_length !== null && row.gradient_checkpointing !== null && row.params_b !== null;
  return row.row_kind === 'measured' && 'AB'.includes(row.grade) && row.peak_memory_gib !== null && row.gpus !== null && specified;
}

/** True for runs that spread the model or its states over GPUs in a way the row names. */
export function isSharded(row: TrainingRow): boolean {
  return (row.gpus ?? 1) > 1 && (row.zero_stage !== null || row.parallelism !== null);
}

/** True for rows whose speed is a fair test. */
export function judgesSpeed(row: TrainingRow): boolean {
  const specified = row.micro_batch_size !== null && row.seq_length !== null && row.gpus !== null && row.gpu_norm !== null;
  return row.row_kind === 'measured' && 'AB'.includes(row.grade) && row.tokens_per_second !== null && specified;
}

/** Tokens per second over all GPUs, as the row's scope says it counts. */
export function measuredSpeed(row: TrainingRow): number {
  const scope = row.tokens_per_second_scope ?? '';
  const perGpu = /per GPU/i.test(scope) && !/all GPUs|not stated\)$/i.test(scope);
  return (row.tokens_per_second ?? 0) * (perGpu ? (row.gpus ?? 1) : 1);
}

/** The request that describes a row's run. */
export function requestOf(row: TrainingRow, gpuKey: string): Readonly<Record<string, unknown>> {
  const gpus = row.gpus ?? 1;
  const parallel = parallelOf(row);
  // torchtitan's pipeline cuts its batch into as many micro batches as it has stages (pipeline_parallel_microbatches of 2024-12).
  const cut = /torchtitan/.test(row.framework) && parallel.pipeline > 1;
  const accumulation = cut ? parallel.pipeline : accumulationOf(row, parallel);
  const data = Math.max(1, Math.floor(gpus / (parallel.tensor * parallel.pipeline * parallel.context)));
  const method = methodOf(row);
  return {
    gpu_key: gpuKey,
    llm_key: row.model,
    finetuning_method: method,
    fine_tuning_quantization: row.base_precision === 'fp32' ? 'fp32' : 'bf16',
    ...(method === 'qlora' ? { base_quantization: baseQuantization(row) } : {}),
    compute_dtype: computeDtype(row),
    ...adaptersOf(row),
    gradient_accumulation_steps: accumulation,
    batch_size: (row.micro_batch_size ?? 1) * data * (cut ? 1 : accumulation),
    seq_length: row.seq_length ?? 2048,
    ...tokensPerSample(row),
    num_gpus: gpus,
    optimizer: optimizerOf(row.optimizer ?? ''),
    ...(row.master_weights === null ? {} : { master_weights: row.master_weights }),
    framework: frameworkOf(row),
    ...versionOf(row),
    packing: row.packing ?? false,
    ...(lossOf(row) === null ? {} : { chunked_loss: lossOf(row) }),
    train_embeddings: row.method.includes('emb'),
    tensor_parallel: parallel.tensor,
    pipeline_parallel: parallel.pipeline,
    context_parallel: parallel.context,
    expert_parallel: parallel.expert,
    gpu_memory_measure: measureOf(row.memory_kind ?? ''),
    ...(offloads(row) === null ? {} : { enable_offloading: true, offload_parts: offloads(row) }),
    optimization_config: {
      flash_attention: !/none|eager|unfused/.test(row.flash_attention ?? (row.framework === 'plain PyTorch' ? 'eager' : '')),
      gradient_checkpointing: checkpointingOf(row),
      use_fused_kernels: /liger|cut_cross/.test(row.fused_cross_entropy ?? ''),
      activation_offloading: row.activation_offload === true,
      zero_stage: zeroStage(row),
      torch_compile: row.compile !== null && row.compile !== 'False' && !/^eager/i.test(row.compile),
      optimizer_in_backward: /in_bwd|per layer/.test(row.optimizer ?? ''),
    } as FinetuningRequest['optimization_config'],
  };
}

/** Micro batches of a step: stated, or from the global batch. */
function accumulationOf(row: TrainingRow, parallel: RowParallel): number {
  const global = row.extra?.gbs;
  if (row.gradient_accumulation !== null || global === undefined) return row.gradient_accumulation ?? 1;
  const data = (row.gpus ?? 1) / (parallel.tensor * parallel.pipeline * parallel.context);
  return Math.max(1, Math.round(global / (data * (row.micro_batch_size ?? 1))));
}

function methodOf(row: TrainingRow): FinetuningRequest['finetuning_method'] {
  if (row.method_class === 'qlora' || row.quantization !== null) return 'qlora';
  if (/full|pretrain|sft|galore|osf/.test(row.method)) return 'full';
  return 'lora';
}

function baseQuantization(row: TrainingRow): FinetuningRequest['base_quantization'] {
  const named = `${row.quantization ?? ''} ${row.base_precision ?? ''}`;
  if (/dq|double/.test(named)) return 'nf4_double';
  if (/gptq-int8|int8|8-bit/.test(named)) return 'int8';
  if (/gptq|hqq|int4/.test(named)) return /bnb/.test(named) ? 'nf4' : 'gptq';
  return /awq/.test(named) ? 'awq' : 'nf4';
}

function computeDtype(row: TrainingRow): FinetuningRequest['compute_dtype'] {
  const named = (row.compute_dtype ?? '').toLowerCase();
  if (/nvfp4/.test(named)) return 'fp4';
  if (/fp8|float8/.test(named) && !/^none/.test(named)) return 'fp8';
  if (named === 'tf32') return 'tf32';
  if (/fp16/.test(named)) return 'fp16';
  if (named === 'fp32') return 'fp32';
  return named === '' && row.base_precision === 'fp32' ? 'fp32' : 'bf16';
}

/** Rank and targets; methods that add a few vectors count as the smallest adapter on the layers they touch. */
function adaptersOf(row: TrainingRow): Readonly<Record<string, unknown>> {
  if (row.method === 'adapter') return { lora_rank: 1, lora_targets: ['q_proj'] };
  if (row.method === 'adapter_v2') return { lora_rank: 1, lora_targets: 'all_linear' };
  return {
    ...(row.lora_rank === null ? {} : { lora_rank: row.lora_rank }),
    ...(row.lora_targets === null ? {} : { lora_targets: targetsOf(row.lora_targets, /Qwen\/Qwen-/.test(row.model)) }),
  };
}

const QUERY_VALUE = {
  query: 'q_proj',
  value: 'v_proj',
  key: 'k_proj',
  projection: 'o_proj',
  q: 'q_proj',
  k: 'k_proj',
  v: 'v_proj',
  o: 'o_proj',
};

function targetsOf(named: string, fused: boolean): FinetuningRequest['lora_targets'] {
  // Qwen's first generation stores Q, K and V in one module.
  const attention = fused ? ['qkv_proj'] : ['q_proj', 'k_proj', 'v_proj'];
  if (/all|mlp|w1,w2|linear_qkv/i.test(named)) return fused ? [...attention, 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] : 'all_linear';
  if (/DEFAULT|c_attn|self_attn/.test(named)) return attention;
  const short = new Map(Object.entries(QUERY_VALUE));
  return named.split(',').map((target) => short.get(target.trim()) ?? target.trim());
}

/** Tokens of Alpaca's longest sample with Llama's tokenizer (litgpt's resource tables). */
const ALPACA_LONGEST = 1304;

/** Lengths of real samples where the source states them. */
function tokensPerSample(row: TrainingRow): { readonly tokens_per_sample?: number; readonly longest_sample?: number } {
  const note = row.seq_note ?? '';
  const mean = /mean ~(\d+)/.exec(note);
  if (mean?.[1] !== undefined) return { tokens_per_sample: Number(mean[1]) };
  return /dataset Alpaca$/.test(note) ? { longest_sample: ALPACA_LONGEST } : {};
}

function optimizerOf(named: string): OptimizerName {
  const eight = /8bit|8-bit/i.test(named);
  if (/galore/i.test(named)) return eight ? 'galore_8bit' : 'galore';
  if (/paged/i.test(named)) return eight ? 'paged_adamw_8bit' : 'paged_adamw';
  if (/adafactor/i.test(named)) return 'adafactor';
  if (/muon/i.test(named)) return 'muon';
  if (/^lion/i.test(named)) return 'lion';
  return eight ? 'adamw_8bit' : 'adamw';
}

const FRAMEWORKS: readonly (readonly [RegExp, FrameworkName])[] = [
  [/megatron/i, 'megatron'],
  [/ms-swift/i, 'ms_swift'],
  [/unsloth/i, 'unsloth'],
  [/torchtune/i, 'torchtune'],
  [/litgpt/i, 'litgpt'],
  [/torchtitan|llm-foundry|automodel|accelerate FSDP|fsdp_qlora/i, 'fsdp'],
  [/axolotl/i, 'axolotl'],
  [/llama-factory/i, 'llama_factory'],
  [/deepspeed|xtuner|easycontext/i, 'deepspeed'],
  [/plain PyTorch|galore/i, 'litgpt'],
  [/trl/i, 'trl'],
];

function frameworkOf(row: TrainingRow): FrameworkName {
  if (/finetune\.py/.test(row.framework)) return row.method_class === 'full' ? 'deepspeed' : 'peft';
  return FRAMEWORKS.find(([pattern]) => pattern.test(row.framework))?.[1] ?? 'peft';
}

/** ms-swift's major version; its examples at HEAD are version 3 or later. */
function versionOf(row: TrainingRow): { readonly framework_version?: string } {
  const version = row.framework_version ?? '';
  if (!/ms-swift/.test(row.framework) || version === '') return {};
  return { framework_version: /^v?\d/.test(version) ? version : '3' };
}

function lossOf(row: TrainingRow): boolean | null {
  const named = row.fused_cross_entropy ?? '';
  if (/chunked/.test(named)) return true;
  // torchtune's table and plain PyTorch name the loss only where it is not the ordinary one.
  return named === '' && /torchtune|plain PyTorch/.test(row.framework) ? false : null;
}

function checkpointingOf(row: TrainingRow): FinetuningRequest['optimization_config']['gradient_checkpointing'] {
  // Pre-training recipes that do not name recomputation do without; fine-tuning scripts turn it on.
  const mode = row.gradient_checkpointing ?? (/Megatron|AutoModel/.test(row.framework) ? 'none' : 'full');
  if (/offload/.test(mode)) return 'offloaded';
  if (/selective/.test(mode)) return 'selective';
  return mode.startsWith('none') ? 'none' : 'full';
}

function measureOf(kind: string): MemoryMeasure {
  if (/allocated|active/.test(kind)) return 'allocated';
  if (/nvml|nvidia-smi|card|^not stated$/i.test(kind)) return 'nvidia_smi';
  return 'reserved';
}

function offloads(row: TrainingRow): FinetuningRequest['offload_parts'] | null {
  const named = row.cpu_offload;
  if (named === null || named === false) return null;
  const text = String(named);
  if (/optimizer/.test(text) && /param/.test(text)) return 'all';
  return /param/.test(text) ? 'parameters' : 'optimizer';
}

function zeroStage(row: TrainingRow): 0 | 1 | 2 | 3 {
  const named = row.zero_stage ?? '';
  if (/zero3|fsdp-full|fsdp2|^fsdp$/.test(named)) return 3;
  if (/zero2|grad-op/.test(named)) return 2;
  if (/ZeRO-1/.test(row.optimizer ?? '') || /Megatron/.test(row.framework)) return 1;
  return /FSDP/.test(row.parallelism ?? '') ? 3 : 0;
}

interface RowParallel {
  readonly tensor: number;
  readonly pipeline: number;
  readonly context: number;
  readonly expert: number;
}

/** "TP2,PP4,CP1,VP5,EP8" and its variants; a naive split over devices is a pipeline without micro batches. */
function parallelOf(row: TrainingRow): RowParallel {
  const named = row.parallelism ?? '';
  const gpus = row.gpus ?? 1;
  const degree = (label: string): number => {
    const found = new RegExp(`(?<![A-Z])${label}\\s?(\\d+)`).exec(named);
    const size = found?.[1] === undefined ? 1 : Number(found[1]);
    return size >= 1 && gpus % size === 0 ? size : 1;
  };
  // ms-swift without torchrun spreads the layers over the devices it sees.
  const spread = /device_map/.test(named) || (row.framework === 'ms-swift' && named === '' && row.zero_stage === null && gpus > 1);
  if (spread) return { tensor: 1, pipeline: gpus, context: 1, expert: 1 };
  // torchtitan names what it shards; what is left of the GPUs is tensor parallel inside a machine and pipeline parallel across.
  const left = gpus / (degree('FSDP') * degree('CP'));
  if (/torchtitan/.test(row.framework) && gpus >= 512) {
    const tensor = Math.min(8, left);
    return { tensor, pipeline: Math.min(8, Math.max(1, Math.floor(left / tensor))), context: degree('CP'), expert: 1 };
  }
  const parallel = { tensor: degree('TP'), pipeline: degree('PP'), context: Math.max(degree('CP'), degree('SP')), expert: degree('EP') };
  return gpus % (parallel.tensor * parallel.pipeline * parallel.context) === 0 ? parallel : { ...parallel, pipeline: 1, context: 1 };
}
