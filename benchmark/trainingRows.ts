/** One published measurement, as the measured files store it; null where the source does not say. */
export interface TrainingRow {
  readonly id: string;
  readonly source: string;
  readonly source_url: string | null;
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
  readonly memory_raw: string | null;
  readonly notes: string | null;
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

/** True for runs that spread the model or its states over GPUs in a way the row names, and whose source does not say one GPU elsewhere. */
export function isSharded(row: TrainingRow): boolean {
  if (/config lists devices: 1/.test(row.notes ?? '')) return false;
  return gpusOf(row) > 1 && (row.zero_stage !== null || row.parallelism !== null);
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

/** How much of what a row states goes into its request. */
export type RequestKind = 'stated' | 'bare';

/**
 * The request that describes a row's run: fields of the contract, each as the row writes it.
 *
 * @param kind `bare` leaves out what people rarely state: versions, losses, compilation, lengths of real samples.
 */
export function requestOf(row: TrainingRow, kind: RequestKind = 'stated'): Readonly<Record<string, unknown>> {
  const gpus = gpusOf(row);
  const parallel = parallelOf(row);
  const accumulation = accumulationOf(row, parallel);
  const data = Math.max(1, Math.floor(gpus / (parallel.tensor * parallel.pipeline * parallel.context)));
  return {
    gpu_key: /card/.test(row.gpu_norm ?? '') ? UNNAMED_GPU : (row.gpu_norm ?? row.gpu_name ?? UNNAMED_GPU),
    llm_key: row.model,
    finetuning_method: isOfFullRun(row) ? 'full' : row.method,
    fine_tuning_quantization: row.base_precision,
    base_quantization: row.quantization,
    compute_dtype: row.compute_dtype,
    lora_rank: row.lora_rank,
    lora_targets: row.lora_targets,
    gradient_accumulation_steps: accumulation,
    batch_size: (row.micro_batch_size ?? 1) * data * accumulation,
    seq_length: row.seq_length,
    num_gpus: gpus,
    optimizer: row.optimizer,
    framework: row.framework,
    packing: row.packing,
    ...saidElsewhere(row),
    ...(parallel.tensor > 1 ? { tensor_parallel: parallel.tensor } : {}),
    ...(parallel.pipeline > 1 ? { pipeline_parallel: parallel.pipeline } : {}),
    ...(parallel.context > 1 ? { context_parallel: parallel.context } : {}),
    ...(parallel.expert > 1 ? { expert_parallel: parallel.expert } : {}),
    gpu_memory_measure: measureOf(row),
    ...offloading(row),
    optimization_config: {
      flash_attention: row.flash_attention,
      gradient_checkpointing: row.gradient_checkpointing,
      activation_offloading: row.activation_offload,
      zero_stage: zeroStage(row),
      ...(kind === 'bare' ? {} : { torch_compile: row.compile }),
    },
    ...(kind === 'bare'
      ? {}
      : { ...tokensPerSample(row), ...lossOf(row), framework_version: row.framework_version, master_weights: row.master_weights }),
  };
}

/** Settings that a source states in the name of a script or beside its figure: ms-swift's examples are named after what they show. */
function saidElsewhere(row: TrainingRow): Readonly<Record<string, unknown>> {
  return {
    ...(/with padding_free/.test(row.memory_raw ?? '') ? { padding_free: true } : {}),
    ...(/\/group_by_length\./.test(row.source_url ?? '') ? { group_by_length: true } : {}),
  };
}

/** An example of LoRA whose comment gives the figure of the full fine-tune beside it. */
function isOfFullRun(row: TrainingRow): boolean {
  return /^# full:/.test(row.memory_raw ?? '');
}

/** GPUs of a run: experts that are spread over more than the row counts need as many. */
function gpusOf(row: TrainingRow): number {
  return Math.max(row.gpus ?? 1, statedDegree(row, 'EP'));
}

/** The size of one kind of parallelism in a row's notation; 1 where it states none. */
function statedDegree(row: TrainingRow, label: string): number {
  return Number(new RegExp(`(?<![A-Z])${label}\\s?(\\d+)`).exec(row.parallelism ?? '')?.[1] ?? 1);
}

/** The card that stands for those a source does not name; only paged optimizers depend on it in memory. */
const UNNAMED_GPU = 'a100_80';

/** Micro batches of a step: stated, or from the global batch. */
function accumulationOf(row: TrainingRow, parallel: RowParallel): number {
  const global = row.extra?.gbs;
  if (row.gradient_accumulation !== null || global === undefined) return row.gradient_accumulation ?? 1;
  const data = gpusOf(row) / (parallel.tensor * parallel.pipeline * parallel.context);
  return Math.max(1, Math.round(global / (data * (row.micro_batch_size ?? 1))));
}

/** Lengths of real samples where the source states them. */
function tokensPerSample(row: TrainingRow): { readonly tokens_per_sample?: number; readonly longest_sample?: number } {
  const note = row.seq_note ?? '';
  const mean = /mean ~(\d+)/.exec(note);
  if (mean?.[1] !== undefined) return { tokens_per_sample: Number(mean[1]) };
  return /dataset Alpaca$/.test(note) ? { longest_sample: ALPACA_LONGEST } : {};
}

/** Tokens of Alpaca's longest sample with Llama's tokenizer (litgpt's resource tables). */
const ALPACA_LONGEST = 1304;

/** torchtune's table names the loss only where it is not the ordinary one. */
function lossOf(row: TrainingRow): { readonly chunked_loss: string | boolean | null } {
  return { chunked_loss: row.fused_cross_entropy ?? (/torchtune/.test(row.framework) ? false : null) };
}

/** The counter a row's figure is of, where the row names one. */
function measureOf(row: TrainingRow): string | null {
  const kind = row.memory_kind ?? '';
  return /allocated|active|reserved|nvml|nvidia-smi/i.test(kind) ? kind : /^not stated$|card/.test(kind) ? null : 'reserved';
}

function offloading(row: TrainingRow): Readonly<Record<string, unknown>> {
  // Megatron's optimizer on the host, in a script named after it.
  const named = row.cpu_offload ?? (/_offload\.sh$/.test(row.source_url ?? '') ? 'optimizer' : null);
  if (named === null || named === false) return {};
  return { enable_offloading: named };
}

/** The stage where the row names one; torchtitan states it among its parallel sizes. */
function zeroStage(row: TrainingRow): string | null {
  return row.zero_stage ?? (/FSDP/.test(row.parallelism ?? '') ? 'fsdp' : null);
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
  const gpus = gpusOf(row);
  const degree = (label: string): number => {
    const size = statedDegree(row, label);
    return size >= 1 && gpus % size === 0 ? size : 1;
  };
  // Processes that each spread the layers over two cards.
  if (/\/ddp_device_map\//.test(row.source_url ?? '')) return { tensor: 1, pipeline: 2, context: 1, expert: 1 };
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
