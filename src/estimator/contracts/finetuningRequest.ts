import {
  BASE_PRECISIONS,
  BASE_QUANTIZATIONS,
  CHECKPOINTING_MODES,
  COMPUTE_DTYPES,
  FINETUNING_METHODS,
  FRAMEWORKS,
  MEMORY_MEASURES,
  OBJECTIVES,
  OFFLOAD_PARTS,
  OFFLOAD_TARGETS,
  OPTIMIZATION_FIELDS,
  OPTIMIZERS,
} from './finetuning';
import type {
  BaseQuantization,
  CheckpointingMode,
  FinetuningMethod,
  FinetuningRequest,
  FrameworkName,
  LoraTargets,
  OffloadPart,
  OptimizationConfig,
  OptimizerName,
  ZeroStage,
} from './finetuning';
import {
  CHECKPOINTING_OF_FRAMEWORK,
  CHECKPOINTING_SPELLINGS,
  COMPILE_SPELLINGS,
  COMPUTE_SPELLINGS,
  FLASH_SPELLINGS,
  FRAMEWORK_SPELLINGS,
  FUSED_SPELLINGS,
  LOSS_SPELLINGS,
  MEASURE_SPELLINGS,
  METHOD_SPELLINGS,
  OBJECTIVE_SPELLINGS,
  OFFLOADING_SPELLINGS,
  OFFLOAD_PART_SPELLINGS,
  OPTIMIZER_SPELLINGS,
  PRECISION_SPELLINGS,
  QUANTIZATION_SPELLINGS,
  UNQUANTIZED,
  VECTOR_ADAPTERS,
  ZERO_SPELLINGS,
  targetsOf,
} from './finetuningSpellings';
import type { Model } from '../architecture';
import type { Gpu } from '../hardware/gpu';
import { countAssumptions, gpuAssumptions } from '../hardware/gpuRemarks';
import { moeMlpsOf } from '../modelShape';
import { imageTower } from '../training/images';
import { projectsToRank } from '../training/optimizers';
import { checkCustomGpu, readInterconnect, resolveGpu, resolveModel, unusedFields, unusedLinks, unusedSubjects } from './resolve';
import type { ModelResolver, Unused } from './resolve';
import { RequestReader, spelled } from './validate';
import type { Validated } from './validate';

/** Largest values accepted: beyond any run that was ever reported, and small enough that products stay finite and exact. */
const LIMITS = {
  gpus: 131_072,
  tokens: 100_000_000,
  batch: 10_000_000,
  samples: 1e12,
  rank: 65_536,
  gib: 100_000,
  images: 10_000,
  pixels: 100_000,
} as const;
const COUNT = { min: 1, max: LIMITS.gpus, integer: true } as const;

/** What the names of a request stand for. */
export interface FinetuningFacts {
  readonly model: Model;
  /** For a custom key: a card of `custom_vram`. */
  readonly gpu: Gpu;
  /** What was assumed about the model, in plain sentences. */
  readonly assumptions?: readonly string[];
}

/** A request whose names were found. */
export interface ResolvedFinetuning {
  readonly request: FinetuningRequest;
  readonly facts: FinetuningFacts;
}

/**
 * Reads a fine-tuning request of any shape.
 *
 * @returns the request with its defaults, or every problem in it. Whether `gpu_key` and `llm_key` exist is not checked here.
 */
export function readFinetuningRequest(input: unknown): Validated<FinetuningRequest> {
  const reader = new RequestReader(input);
  const request = readFields(reader);
  checkTogether(reader, request);
  return reader.finish(request);
}

/** Reads a request and finds its model and GPU; names that nothing answers to are problems like the others. */
export function resolveFinetuning(input: unknown, models: ModelResolver): Validated<ResolvedFinetuning> {
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
  const assumptions = [...said, ...found.assumptions, ...unusedFields(reader, unused(request, gpu, found.model))];
  return reader.finish({ request, facts: { gpu, model: found.model, assumptions } });
}

/** Adapters' rank in the contract; of GaLore and APOLLO transformers' default (`galore_optim_kwargs`, `apollo_optim_kwargs` of its Trainer). */
const USUAL_RANK = { adapters: 16, projections: 128 } as const;

/** Fields that count for nothing in this request, and why. */
function unused(request: FinetuningRequest, gpu: Gpu, { architecture }: Model): readonly Unused[] {
  const noTower = { why: 'the model has no vision tower' };
  const noImages = { why: 'images_per_sample is not given' };
  const images =
    imageTower(architecture) === null
      ? ['images_per_sample', 'image_size', 'image_tokens'].map((field) => ({ field, ...noTower }))
      : request.images_per_sample === null
        ? ['image_size', 'image_tokens'].map((field) => ({ field, ...noImages }))
        : [];
  const full = request.finetuning_method === 'full';
  const rank = projectsToRank(request.optimizer) ? [] : ['lora_rank'];
  const byMethod = full
    ? ['lora_alpha', 'lora_targets', 'use_dora', 'train_embeddings', ...rank]
    : ['trainable_parameters', 'train_vision_tower', 'master_weights'];
  return [
    ...images,
    ...byMethod.map((field) => ({ field, why: `finetuning_method is ${request.finetuning_method}` })),
    ...(full ? [] : [{ field: 'lora_alpha', why: 'it scales what the adapters add, which costs nothing' }]),
    ...(full && architecture.towers.length === 0 ? [{ field: 'train_vision_tower', why: 'the model has no tower' }] : []),
    ...(request.framework === 'ms_swift' ? [] : [{ field: 'framework_version', why: 'only of ms_swift are versions told apart' }]),
    ...(request.enable_offloading ? [] : [{ field: 'offload_parts', why: 'enable_offloading is false' }]),
    ...(request.expert_parallel > 1 && moeMlpsOf({ architecture }).length === 0
      ? [{ field: 'expert_parallel', why: 'the model has no experts' }]
      : []),
    ...unusedLinks(request),
    ...unusedSubjects(request, gpu),
  ];
}

function readFields(reader: RequestReader): FinetuningRequest {
  const method = reader.choice('finetuning_method', FINETUNING_METHODS, 'lora', METHOD_SPELLINGS);
  const methodWords = reader.words('finetuning_method');
  const vectors = spelled(methodWords, VECTOR_ADAPTERS);
  const seqLength = reader.number('seq_length', { min: 1, max: LIMITS.tokens, integer: true }, 2048);
  const precision = reader.choice('fine_tuning_quantization', BASE_PRECISIONS, 'fp16', PRECISION_SPELLINGS);
  const framework = reader.choice('framework', FRAMEWORKS, 'trl', FRAMEWORK_SPELLINGS);
  const gpus = reader.number('num_gpus', COUNT, gpusOfSizes(reader));
  const settings = reader.nested('optimization_config', OPTIMIZATION_FIELDS);
  const config = readOptimizations(reader, settings, framework, gpus);
  const optimizer = readOptimizer(reader, config, methodWords);
  const usualRank = method === 'full' && projectsToRank(optimizer) ? USUAL_RANK.projections : USUAL_RANK.adapters;
  const offloads = reader.flag('enable_offloading', null, OFFLOADING_SPELLINGS) ?? impliesOffloading(reader, settings);
  return {
    gpu_key: reader.requiredText('gpu_key', 'a key of the GPU catalogue, custom_discrete or custom_apple_silicon'),
    llm_key: reader.requiredText('llm_key', 'a key of the model catalogue, a Hugging Face id, or custom'),
    finetuning_method: method,
    objective: reader.choice('objective', OBJECTIVES, spelled(methodWords, OBJECTIVE_SPELLINGS) ?? 'sft', OBJECTIVE_SPELLINGS),
    fine_tuning_quantization: precision,
    lora_rank: reader.number('lora_rank', { min: 1, max: LIMITS.rank, integer: true }, vectors === null ? usualRank : 1),
    gradient_accumulation_steps: reader.number('gradient_accumulation_steps', { min: 1, max: LIMITS.batch, integer: true }, 1),
    accumulation_stated: reader.has('gradient_accumulation_steps'),
    batch_size: reader.number('batch_size', { min: 1, max: LIMITS.batch, integer: true }, 1),
    seq_length: seqLength,
    num_samples: reader.number('num_samples', { min: 1, max: LIMITS.samples, integer: true }, null),
    tokens_per_sample: reader.number('tokens_per_sample', { min: 1, max: LIMITS.tokens }, seqLength),
    lengths_stated: reader.has('tokens_per_sample') || reader.has('longest_sample'),
    longest_sample: reader.number('longest_sample', { min: 1, max: LIMITS.tokens }, null),
    num_epochs: reader.number('num_epochs', { min: 0.001, max: 100_000 }, 3),
    optimization_config: config,
    custom_model: reader.raw('custom_model') ?? null,
    custom_vram: reader.number('custom_vram', { min: 0.1, max: LIMITS.gib }, null),
    num_gpus: gpus,
    enable_offloading: offloads,
    offload_target: reader.choice('offload_target', OFFLOAD_TARGETS, 'cpu_ram'),
    offload_parts: readOffloadParts(reader, config.zero_stage),
    optimizer,
    trainable_parameters: reader.number('trainable_parameters', { min: 0, max: 100 }, null),
    lora_targets: readTargets(reader, vectors ?? (ADAPTS_ATTENTION.includes(framework) ? 'attention' : 'all_linear')),
    lora_alpha: reader.number('lora_alpha', { min: 0 }, null),
    use_dora: reader.flag('use_dora', /dora/.test(methodWords)),
    base_quantization: readQuantization(reader, method),
    compute_dtype: reader.choice('compute_dtype', COMPUTE_DTYPES, precision, COMPUTE_SPELLINGS),
    master_weights: reader.flag('master_weights', null),
    framework,
    framework_version: reader.text('framework_version', null),
    packing: reader.flag('packing', false),
    // Megatron-SWIFT's default (its command-line parameters); Megatron's own data sets are packed.
    padding_free: reader.flag('padding_free', framework === 'megatron'),
    group_by_length: reader.flag('group_by_length', false),
    chunked_loss: readChunkedLoss(reader),
    train_vision_tower: reader.flag('train_vision_tower', false),
    images_per_sample: reader.number('images_per_sample', { min: 0, max: LIMITS.images, integer: true }, null),
    image_size: reader.number('image_size', { min: 1, max: LIMITS.pixels, integer: true }, null),
    image_tokens: reader.number('image_tokens', { min: 1, max: LIMITS.tokens, integer: true }, null),
    train_embeddings: reader.flag('train_embeddings', /emb|lm_head/.test(methodWords)),
    tensor_parallel: reader.number('tensor_parallel', COUNT, 1),
    pipeline_parallel: reader.number('pipeline_parallel', COUNT, spreadsLayers(reader, settings, framework) ? gpus : 1),
    context_parallel: reader.number('context_parallel', COUNT, 1),
    expert_parallel: reader.number('expert_parallel', COUNT, 1),
    interconnect_type: readInterconnect(reader),
    gpu_memory_measure: reader.choice('gpu_memory_measure', MEMORY_MEASURES, 'nvidia_smi', MEASURE_SPELLINGS),
  };
}

/** The fewest GPUs that the parallel sizes need; sizes that are no counts are reported where they are read. */
function gpusOfSizes(reader: RequestReader): number {
  const size = (field: string): number => {
    const value = reader.raw(field);
    return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= LIMITS.gpus ? value : 1;
  };
  const [stage, experts] = [size('tensor_parallel') * size('context_parallel'), size('expert_parallel')];
  return Math.min(LIMITS.gpus, size('pipeline_parallel') * ((stage * experts) / commonDivisor(stage, experts)));
}

/** "params" as the flag of offloading tells what is offloaded, and "DeepSpeed CPU offload" as the parts only that something is. */
function readOffloadParts(reader: RequestReader, zeroStage: ZeroStage): OffloadPart {
  const byStage = zeroStage === 3 ? 'all' : 'optimizer';
  const usual = spelled(reader.words('enable_offloading'), OFFLOAD_PART_SPELLINGS) ?? byStage;
  const words = reader.words('offload_parts');
  const namesNone = spelled(words, OFFLOAD_PART_SPELLINGS) === null && spelled(words, OFFLOADING_SPELLINGS) === true;
  return namesNone ? usual : reader.choice('offload_parts', OFFLOAD_PARTS, usual, OFFLOAD_PART_SPELLINGS);
}

/** The loss by its name: a kernel of its own is {@link OptimizationConfig.use_fused_kernels}, so it says nothing of chunks. */
function readChunkedLoss(reader: RequestReader): boolean | null {
  const named = spelled(reader.words('chunked_loss'), LOSS_SPELLINGS);
  return named === null ? reader.flag('chunked_loss', null) : named === 'fused' ? null : named === 'chunked';
}

/** "zero3 offload" and "AdamW + fsdp_cpu_offload" say in another field that states wait on the host. */
function impliesOffloading(reader: RequestReader, settings: RequestReader): boolean {
  return /offload/.test(settings.words('zero_stage')) || /offload/.test(reader.words('optimizer'));
}

/**
 * Without torchrun ms-swift loads the model over all cards it sees (`device_map: auto`), which then compute one after the other: a pipeline
 * without micro batches. Naming a ZeRO stage or a parallel size tells that a process runs on each card.
 */
function spreadsLayers(reader: RequestReader, settings: RequestReader, framework: FrameworkName): boolean {
  const named = ['tensor_parallel', 'context_parallel', 'expert_parallel'].some((field) => reader.has(field));
  return framework === 'ms_swift' && !named && !settings.has('zero_stage');
}

/** The format of the base; "nf4" as its precision means the same as `base_quantization`. */
function readQuantization(reader: RequestReader, method: FinetuningMethod): BaseQuantization | null {
  const stated = reader.words('fine_tuning_quantization');
  const narrow = method === 'full' || /^(fp|float|bf|bfloat)_?\d+/.test(stated) ? null : spelled(stated, QUANTIZATION_SPELLINGS);
  if (method !== 'qlora' && UNQUANTIZED.test(reader.words('base_quantization'))) return null;
  const byMethod = method !== 'qlora' ? null : /8_?bit/.test(reader.words('finetuning_method')) ? 'int8' : 'nf4';
  return reader.choice('base_quantization', BASE_QUANTIZATIONS, narrow ?? byMethod, QUANTIZATION_SPELLINGS);
}

/** Frameworks whose recipes for several GPUs shard everything (FSDP: torchtune, LitGPT), and Megatron, whose optimizer is sharded. */
function defaultZeroStage(framework: FrameworkName, gpus: number): ZeroStage {
  if (gpus === 1) return 0;
  if (framework === 'fsdp' || framework === 'torchtune' || framework === 'litgpt') return 3;
  return framework === 'megatron' ? 1 : framework === 'deepspeed' ? 2 : 0;
}

/** LitGPT recomputes only where it shards; Megatron and AutoModel where they are told to; Unsloth offloads its checkpoints; fine-tuning scripts turn it on. */
function defaultCheckpointing(reader: RequestReader, framework: FrameworkName, gpus: number): CheckpointingMode {
  const named = spelled(reader.words('framework'), CHECKPOINTING_OF_FRAMEWORK);
  if (named !== null) return named;
  return (framework === 'litgpt' || framework === 'pytorch') && gpus === 1 ? 'none' : 'full';
}

function readOptimizations(reader: RequestReader, config: RequestReader, framework: FrameworkName, gpus: number): OptimizationConfig {
  const optimizations = {
    flash_attention: config.flag('flash_attention', framework !== 'pytorch', FLASH_SPELLINGS),
    gradient_checkpointing: readCheckpointing(config, defaultCheckpointing(reader, framework, gpus)),
    use_8bit_optimizer: config.flag('use_8bit_optimizer', false),
    use_paged_optimizer: config.flag('use_paged_optimizer', false),
    use_fused_kernels: config.flag('use_fused_kernels', spelled(reader.words('chunked_loss'), LOSS_SPELLINGS) === 'fused', FUSED_SPELLINGS),
    activation_offloading: config.flag('activation_offloading', false),
    zero_stage: readZeroStage(config, zeroOfOptimizer(reader) ?? defaultZeroStage(framework, gpus)),
    torch_compile: config.flag('torch_compile', false, COMPILE_SPELLINGS),
    optimizer_in_backward: config.flag('optimizer_in_backward', /in_(bwd|backward)|per_layer|layerwise/.test(reader.words('optimizer'))),
  };
  config.reportUnknown();
  return optimizations;
}

function readCheckpointing(reader: RequestReader, fallback: CheckpointingMode): CheckpointingMode {
  const value = reader.raw('gradient_checkpointing');
  if (typeof value === 'boolean') return value ? 'full' : 'none';
  return reader.choice('gradient_checkpointing', CHECKPOINTING_MODES, fallback, CHECKPOINTING_SPELLINGS);
}

/** A sharded optimizer's name says so: Megatron's distributed optimizer is ZeRO 1. */
function zeroOfOptimizer(reader: RequestReader): ZeroStage | null {
  return /distributed|zero_?1|^dist_/.test(reader.words('optimizer')) ? 1 : null;
}

function readZeroStage(config: RequestReader, fallback: ZeroStage): ZeroStage {
  const value = config.raw('zero_stage');
  const named = typeof value === 'string' ? spelled(value, ZERO_SPELLINGS) : null;
  if (named !== null) return named;
  const stage = config.number('zero_stage', { min: 0, max: 3, integer: true }, fallback);
  return stage === 1 || stage === 2 || stage === 3 ? stage : 0;
}

/** The optimizer with `use_8bit_optimizer` and `use_paged_optimizer` applied where such a variant exists. */
function readOptimizer(reader: RequestReader, config: OptimizationConfig, methodWords: string): OptimizerName {
  // "galore" and "apollo" as a method name the optimizer of a full fine-tune.
  const byMethod = /galore|apollo/.test(methodWords) ? spelled(methodWords, OPTIMIZER_SPELLINGS) : null;
  const name = reader.choice('optimizer', OPTIMIZERS, byMethod ?? 'adamw', OPTIMIZER_SPELLINGS);
  const narrow: Partial<Record<OptimizerName, OptimizerName>> = {
    adamw: 'adamw_8bit',
    paged_adamw: 'paged_adamw_8bit',
    lion: 'lion_8bit',
    galore: 'galore_8bit',
  };
  const paged: Partial<Record<OptimizerName, OptimizerName>> = {
    adamw: 'paged_adamw',
    adamw_8bit: 'paged_adamw_8bit',
    lion_8bit: 'paged_lion_8bit',
  };
  const sized = config.use_8bit_optimizer ? (narrow[name] ?? name) : name;
  return config.use_paged_optimizer ? (paged[sized] ?? sized) : sized;
}

/** Frameworks whose own defaults leave the feed-forward alone: PEFT adapts query and value (its mapping per model type), litgpt as well. */
const ADAPTS_ATTENTION: readonly FinetuningRequest['framework'][] = ['peft', 'litgpt'];

function readTargets(reader: RequestReader, fallback: LoraTargets): LoraTargets {
  const value = reader.raw('lora_targets');
  if (value === undefined) return fallback;
  const read = typeof value === 'string' ? targetsOf(value) : null;
  if (read !== null) return read;
  return reader.textList('lora_targets', 'attention, all_linear, or a list of module names such as ["q_proj", "v_proj"]') ?? fallback;
}

/** Problems between fields that are fine one by one. */
function checkTogether(reader: RequestReader, request: FinetuningRequest): void {
  checkCustomGpu(reader, request.gpu_key);
  const { tensor_parallel: tp, pipeline_parallel: pp, context_parallel: cp, num_gpus: gpus, expert_parallel: ep } = request;
  if (gpus % (tp * pp * cp) !== 0) {
    const needed = tp * pp * cp;
    const nearest = Math.max(1, Math.round(gpus / needed)) * needed;
    const allowed = `a multiple of tensor_parallel × pipeline_parallel × context_parallel = ${needed}`;
    reader.report('num_gpus', gpus, allowed, nearest);
  } else if ((gpus / pp) % ep !== 0) {
    const allowed = `a divisor of num_gpus / pipeline_parallel = ${gpus / pp}`;
    reader.report('expert_parallel', ep, allowed, largestDivisor(gpus / pp, ep));
  }
  const { longest_sample: longest, tokens_per_sample: mean } = request;
  if (longest !== null && reader.has('tokens_per_sample') && longest < mean)
    reader.report('longest_sample', longest, `at least tokens_per_sample, the mean, which is ${mean}`, mean);
  if (request.finetuning_method === 'full' && request.base_quantization !== null && request.base_quantization !== 'fp8') {
    reader.report('base_quantization', request.base_quantization, 'with finetuning_method full: fp8, or none', 'fp8');
  }
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

function largestDivisor(of: number, atMost: number): number {
  for (let candidate = Math.min(atMost, of); candidate > 1; candidate--) if (of % candidate === 0) return candidate;
  return 1;
}
