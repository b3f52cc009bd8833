import {
  BASE_PRECISIONS,
  BASE_QUANTIZATIONS,
  CHECKPOINTING_MODES,
  COMPUTE_DTYPES,
  FINETUNING_METHODS,
  FRAMEWORKS,
  MEMORY_MEASURES,
  OFFLOAD_PARTS,
  OFFLOAD_TARGETS,
  OPTIMIZERS,
} from './finetuning';
import type { CheckpointingMode, FinetuningRequest, LoraTargets, OptimizationConfig, OptimizerName, ZeroStage } from './finetuning';
import type { Model } from '../architecture';
import type { Gpu } from '../hardware/gpu';
import { resolveGpu, resolveModel } from './resolve';
import type { ModelResolver } from './resolve';
import { RequestReader } from './validate';
import type { Validated } from './validate';

/** Largest values accepted: beyond any run that was ever reported, and small enough that products stay finite and exact. */
const LIMITS = { gpus: 131_072, tokens: 100_000_000, batch: 10_000_000, samples: 1e12, rank: 65_536, gib: 100_000 } as const;
const COUNT = { min: 1, max: LIMITS.gpus, integer: true } as const;

/** What the names of a request stand for. */
export interface FinetuningFacts {
  readonly model: Model;
  /** For a custom key: a card of `custom_vram`. */
  readonly gpu: Gpu;
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
  const model = resolveModel(reader, request.llm_key, request.custom_model, models);
  if (gpu !== null && model !== null) return reader.finish({ request, facts: { model, gpu } });
  return reader.fail();
}

function readFields(reader: RequestReader): FinetuningRequest {
  const method = reader.choice('finetuning_method', FINETUNING_METHODS, 'lora');
  const seqLength = reader.number('seq_length', { min: 1, max: LIMITS.tokens, integer: true }, 2048);
  const precision = reader.choice('fine_tuning_quantization', BASE_PRECISIONS, 'fp16');
  const framework = reader.choice('framework', FRAMEWORKS, 'trl');
  const gpus = reader.number('num_gpus', COUNT, 1);
  const config = readOptimizations(reader, defaultZeroStage(framework, gpus));
  return {
    gpu_key: reader.requiredText('gpu_key', 'a key of the GPU catalogue, custom_discrete or custom_apple_silicon'),
    llm_key: reader.requiredText('llm_key', 'a key of the model catalogue, a Hugging Face id, or custom'),
    finetuning_method: method,
    fine_tuning_quantization: precision,
    lora_rank: reader.number('lora_rank', { min: 1, max: LIMITS.rank, integer: true }, 16),
    gradient_accumulation_steps: reader.number('gradient_accumulation_steps', { min: 1, max: LIMITS.batch, integer: true }, 1),
    batch_size: reader.number('batch_size', { min: 1, max: LIMITS.batch, integer: true }, 1),
    seq_length: seqLength,
    num_samples: reader.number('num_samples', { min: 1, max: LIMITS.samples, integer: true }, null),
    tokens_per_sample: reader.number('tokens_per_sample', { min: 1, max: LIMITS.tokens }, seqLength),
    longest_sample: reader.number('longest_sample', { min: 1, max: LIMITS.tokens }, null),
    num_epochs: reader.number('num_epochs', { min: 0.001, max: 100_000 }, 3),
    optimization_config: config,
    custom_model: reader.raw('custom_model') ?? null,
    custom_vram: reader.number('custom_vram', { min: 0.1, max: LIMITS.gib }, null),
    num_gpus: gpus,
    enable_offloading: reader.flag('enable_offloading', false),
    offload_target: reader.choice('offload_target', OFFLOAD_TARGETS, 'cpu_ram'),
    offload_parts: reader.choice('offload_parts', OFFLOAD_PARTS, config.zero_stage === 3 ? 'all' : 'optimizer'),
    optimizer: readOptimizer(reader, config),
    trainable_parameters: reader.number('trainable_parameters', { min: 0, max: 100 }, null),
    lora_targets: readTargets(reader, ADAPTS_ATTENTION.includes(framework) ? 'attention' : 'all_linear'),
    lora_alpha: reader.number('lora_alpha', { min: 0 }, null),
    use_dora: reader.flag('use_dora', false),
    base_quantization: reader.choice('base_quantization', BASE_QUANTIZATIONS, method === 'qlora' ? 'nf4' : null),
    compute_dtype: reader.choice('compute_dtype', COMPUTE_DTYPES, precision),
    master_weights: reader.flag('master_weights', null),
    framework,
    framework_version: reader.text('framework_version', null),
    packing: reader.flag('packing', false),
    chunked_loss: reader.flag('chunked_loss', null),
    train_vision_tower: reader.flag('train_vision_tower', false),
    train_embeddings: reader.flag('train_embeddings', false),
    tensor_parallel: reader.number('tensor_parallel', COUNT, 1),
    pipeline_parallel: reader.number('pipeline_parallel', COUNT, 1),
    context_parallel: reader.number('context_parallel', COUNT, 1),
    expert_parallel: reader.number('expert_parallel', COUNT, 1),
    interconnect_type: reader.text('interconnect_type', null),
    gpu_memory_measure: reader.choice('gpu_memory_measure', MEMORY_MEASURES, 'nvidia_smi'),
  };
}

/** FSDP shards everything, Megatron its optimizer, unless the request says otherwise. */
function defaultZeroStage(framework: FinetuningRequest['framework'], gpus: number): ZeroStage {
  if (gpus === 1) return 0;
  return framework === 'fsdp' ? 3 : framework === 'megatron' ? 1 : 0;
}

function readOptimizations(reader: RequestReader, zeroStage: ZeroStage): OptimizationConfig {
  const config = reader.nested('optimization_config');
  const optimizations = {
    flash_attention: config.flag('flash_attention', true),
    gradient_checkpointing: readCheckpointing(config, readCheckpointing(reader, 'full')),
    use_8bit_optimizer: config.flag('use_8bit_optimizer', false),
    use_paged_optimizer: config.flag('use_paged_optimizer', false),
    use_fused_kernels: config.flag('use_fused_kernels', false),
    activation_offloading: config.flag('activation_offloading', false),
    zero_stage: readZeroStage(config, zeroStage),
    torch_compile: config.flag('torch_compile', false),
    optimizer_in_backward: config.flag('optimizer_in_backward', false),
  };
  config.reportUnknown();
  return optimizations;
}

function readCheckpointing(reader: RequestReader, fallback: CheckpointingMode): CheckpointingMode {
  const value = reader.raw('gradient_checkpointing');
  if (typeof value === 'boolean') return value ? 'full' : 'none';
  return reader.choice('gradient_checkpointing', CHECKPOINTING_MODES, fallback);
}

function readZeroStage(config: RequestReader, fallback: ZeroStage): ZeroStage {
  const stage = config.number('zero_stage', { min: 0, max: 3, integer: true }, fallback);
  return stage === 1 || stage === 2 || stage === 3 ? stage : 0;
}

/** The optimizer with `use_8bit_optimizer` and `use_paged_optimizer` applied where such a variant exists. */
function readOptimizer(reader: RequestReader, config: OptimizationConfig): OptimizerName {
  const name = reader.choice('optimizer', OPTIMIZERS, 'adamw');
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
  if (value === undefined || typeof value === 'string') {
    const all = value === 'all-linear' ? 'all_linear' : value;
    if (all === undefined || all === 'all_linear' || all === 'attention') return all ?? fallback;
  }
  return reader.textList('lora_targets', 'attention, all_linear, or a list of module names such as ["q_proj", "v_proj"]') ?? fallback;
}

/** Problems between fields that are fine one by one. */
function checkTogether(reader: RequestReader, request: FinetuningRequest): void {
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
  if (request.gpu_key.startsWith('custom_') && request.custom_vram === null) {
    reader.report('custom_vram', undefined, `the card's memory in GB, which ${request.gpu_key} needs`, null);
  }
  if (request.finetuning_method === 'full' && request.base_quantization !== null && request.base_quantization !== 'fp8') {
    reader.report('base_quantization', request.base_quantization, 'with finetuning_method full: fp8, or none', 'fp8');
  }
}

function largestDivisor(of: number, atMost: number): number {
  for (let candidate = Math.min(atMost, of); candidate > 1; candidate--) if (of % candidate === 0) return candidate;
  return 1;
}
