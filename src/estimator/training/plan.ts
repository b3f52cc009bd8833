import type { FinetuningRequest } from '../contracts/finetuning';
import { ceilDiv } from '../units';
import type { AdapterShape } from './adapters';
import { adapterShape } from './adapters';
import { FRAMEWORK_FACTS } from './frameworks';
import type { FrameworkFacts, KernelClass, LossKind } from './frameworks';
import { imageTower, planImages } from './images';
import type { ImagePlan } from './images';
import { OBJECTIVE_FACTS } from './objectives';
import type { ObjectiveFacts } from './objectives';
import { OPTIMIZER_FACTS } from './optimizers';
import type { OptimizerFacts } from './optimizers';
import { trainingShape } from './shape';
import type { TrainingShape } from './shape';
import type { Architecture } from '../architecture';

/** How the GPUs share the work. `tensor × pipeline × context × data` is their number. */
export interface ParallelPlan {
  readonly gpus: number;
  readonly tensor: number;
  readonly pipeline: number;
  readonly context: number;
  readonly data: number;
  readonly expert: number;
  /** Ranks over which ZeRO spreads what it shards. */
  readonly shards: number;
  /** The same for routed experts, which are already spread over expert-parallel ranks. */
  readonly expertShards: number;
  readonly zeroStage: 0 | 1 | 2 | 3;
}

/** Bytes per element of each kind of base weight. */
export interface BasePrecisionPlan {
  /** Linear layers, scales included. */
  readonly linear: number;
  /** Embedding, head, norms and towers. */
  readonly rest: number;
  /** Linear layers and the rest while ZeRO 3 or FSDP has gathered them. */
  readonly gathered: number;
  readonly gatheredRest: number;
  /** Width in which the base enters a matrix product. */
  readonly compute: number;
  readonly quantized: boolean;
}

/** A request with every choice made and the model's shape beside it: all that memory and time are computed from. */
export interface TrainingPlan {
  readonly request: FinetuningRequest;
  readonly shape: TrainingShape;
  readonly framework: FrameworkFacts;
  readonly objective: ObjectiveFacts;
  readonly optimizer: OptimizerFacts;
  readonly adapters: AdapterShape | null;
  readonly base: BasePrecisionPlan;
  /** Bytes of one activation element. */
  readonly activationBytes: 2 | 4;
  /** Bytes per element of trained weights as stored, of their gradients, and of their master copy (0 for none). */
  readonly trainedBytes: number;
  readonly gradientBytes: number;
  readonly masterBytes: 0 | 4;
  /** Elements trained in the base weights: linear and expert layers, and embedding, head, norms. */
  readonly trainedShare: number;
  readonly trainsEmbeddings: boolean;
  readonly kernels: KernelClass;
  /** Attention keeps no matrix of scores. */
  readonly fusesAttention: boolean;
  readonly loss: LossKind;
  readonly parallel: ParallelPlan;
  /** Images of the samples; null where they have none, or nobody said so. */
  readonly images: ImagePlan | null;
  /** Tokens that the model's positions are made for; null when unknown. */
  readonly maxPositions: number | null;
  /** Whether the model has a tower for images. */
  readonly takesImages: boolean;
  /** Samples per GPU and forward pass. */
  readonly microBatch: number;
  /** Sequences that a sample puts into a forward pass: the two answers of a pair, which packed windows already hold together. */
  readonly sequences: 1 | 2;
  readonly accumulation: number;
  /** Micro batches that a pipeline is timed with: those of a step, or, where the request does not say how many, enough to keep it full. */
  readonly pipelineMicros: number;
  /** Samples of one optimizer step, after rounding the micro batch up. */
  readonly stepSequences: number;
}

/** Bits per weight of a quantized base, scales included. */
const QUANTIZED_BITS = {
  /** 4 bits and one fp32 scale per block of 64 (Dettmers 2023, arXiv 2305.14314). */
  nf4: 4 + 32 / 64,
  /** The scales in 8 bits, with fp32 scales of their own per 256 blocks (same paper). */
  nf4_double: 4 + 8 / 64 + 32 / (64 * 256),
  /** One byte, one fp16 scale per output row: negligible (LLM.int8, arXiv 2208.07339). */
  int8: 8,
  /** Groups of 128: an fp16 scale and a 4-bit zero point each. */
  gptq: 4 + 20 / 128,
  awq: 4 + 20 / 128,
  fp8: 8,
} as const;

const PRECISION_BYTES = { fp32: 4, fp16: 2, bf16: 2, fp8: 1 } as const;

/** Makes every choice the request leaves open. */
export function planTraining(asked: FinetuningRequest, architecture: Architecture): TrainingPlan {
  const images = planImages(asked, architecture);
  const request = images === null ? asked : withImageTokens(asked, images);
  const framework = FRAMEWORK_FACTS[request.framework];
  const objective = OBJECTIVE_FACTS[request.objective];
  const shape = planShape(trainingShape(architecture), framework, objective);
  const full = request.finetuning_method === 'full';
  const parallel = planParallel(request);
  const masterBytes = full && usesMasters(request, framework) ? 4 : 0;
  const base = planBase(request, framework, masterBytes > 0);
  const adapters = full ? null : adapterShape(shape, request.lora_targets, request.lora_rank, request.use_dora, architecture.modelType);
  const { microBatch, accumulation } = planBatches(request, parallel);
  const trainedBytes = full
    ? PRECISION_BYTES[request.fine_tuning_quantization === 'fp8' ? 'bf16' : request.fine_tuning_quantization]
    : framework.adapterBytes;
  return {
    request,
    shape,
    framework,
    objective,
    optimizer: OPTIMIZER_FACTS[request.optimizer],
    adapters,
    base,
    activationBytes: isSinglePrecision(request) ? 4 : 2,
    trainedBytes,
    gradientBytes: masterBytes > 0 && framework.fp32Gradients ? 4 : trainedBytes,
    masterBytes,
    trainedShare: full ? (request.trainable_parameters ?? 100) / 100 : 0,
    trainsEmbeddings: !full && request.train_embeddings,
    kernels: planKernels(request, framework),
    fusesAttention: framework.alwaysFusesAttention || request.optimization_config.flash_attention,
    loss: planLoss(request, framework, architecture),
    parallel,
    images,
    maxPositions: architecture.maxPositionEmbeddings,
    takesImages: imageTower(architecture) !== null,
    microBatch,
    sequences: request.packing ? 1 : objective.sequences,
    accumulation,
    pipelineMicros: Math.max(accumulation, fillsPipeline(request) ? FULL_PIPELINE * parallel.pipeline : 0),
    stepSequences: microBatch * parallel.data * accumulation,
  };
}

/** Micro batches per stage from which a pipeline's idle time is negligible (Huang et al. 2019, arXiv 1811.06965). */
const FULL_PIPELINE = 4;

/** Nobody starts a pipeline for one micro batch: where their number is not said, it is taken to be enough. Layers spread by `device_map` have none. */
function fillsPipeline(request: FinetuningRequest): boolean {
  return request.pipeline_parallel > 1 && !request.accumulation_stated && request.framework !== 'ms_swift';
}

/**
 * Samples per GPU and forward pass, and how many such passes make a step. PyTorch's pipelines (torchtitan, AutoModel) cut what a rank has
 * of the batch into as many micro batches as there are stages (torchtitan's `pipeline_parallel_microbatches`).
 */
function planBatches(request: FinetuningRequest, parallel: ParallelPlan): { readonly microBatch: number; readonly accumulation: number } {
  const accumulation = request.gradient_accumulation_steps;
  const share = ceilDiv(request.batch_size, parallel.data * accumulation);
  if (request.framework !== 'fsdp' || parallel.pipeline === 1 || accumulation > 1) return { microBatch: share, accumulation };
  const microBatch = ceilDiv(share, parallel.pipeline);
  return { microBatch, accumulation: ceilDiv(share, microBatch) };
}

/** A sample is at least as long as its images: their tokens are among its own. */
function withImageTokens(request: FinetuningRequest, { tokens }: ImagePlan): FinetuningRequest {
  const least = Math.min(request.seq_length, (request.images_per_sample ?? 0) * tokens);
  return { ...request, tokens_per_sample: Math.max(request.tokens_per_sample, least) };
}

/** The model with the head that this run gives it. */
function planShape(shape: TrainingShape, framework: FrameworkFacts, objective: ObjectiveFacts): TrainingShape {
  if (objective.logits === 0) return { ...shape, hasHead: false, headParameters: 0, parameters: shape.parameters - shape.headParameters };
  return framework.untiesHead ? withOwnHead(shape) : shape;
}

/** The shape with a head that no longer shares the embedding's weight. */
function withOwnHead(shape: TrainingShape): TrainingShape {
  if (!shape.hasHead || shape.headParameters > 0) return shape;
  const headParameters = shape.vocabSize * shape.hiddenSize;
  return { ...shape, headParameters, parameters: shape.parameters + headParameters };
}

function planParallel(request: FinetuningRequest): ParallelPlan {
  const { num_gpus: gpus, tensor_parallel: tensor, pipeline_parallel: pipeline, context_parallel: context } = request;
  const perStage = Math.max(1, Math.floor(gpus / pipeline));
  const expert = Math.min(request.expert_parallel, perStage);
  return {
    gpus,
    tensor,
    pipeline,
    context,
    data: Math.max(1, Math.floor(gpus / (tensor * pipeline * context))),
    expert,
    shards: Math.max(1, Math.floor(perStage / tensor)),
    expertShards: Math.max(1, Math.floor(perStage / (expert > 1 ? expert : tensor))),
    zeroStage: request.optimization_config.zero_stage,
  };
}

function usesMasters(request: FinetuningRequest, framework: FrameworkFacts): boolean {
  if (request.fine_tuning_quantization === 'fp32') return false;
  if (request.master_weights !== null) return request.master_weights;
  const sharded = request.optimization_config.zero_stage > 0;
  return framework.masterWeights === 'always' || (framework.masterWeights === 'sharded' && sharded);
}

function planBase(request: FinetuningRequest, framework: FrameworkFacts, masters: boolean): BasePrecisionPlan {
  const compute = isSinglePrecision(request) ? 4 : 2;
  const format = request.base_quantization ?? (request.fine_tuning_quantization === 'fp8' ? 'fp8' : null);
  if (format === null) {
    const replaced = masters && framework.mastersReplaceWeights && request.optimization_config.zero_stage === 3;
    const bytes = replaced ? 0 : PRECISION_BYTES[request.fine_tuning_quantization];
    // Autocast keeps a 16-bit copy of each fp32 weight from the forward to the end of the backward pass.
    const copies = !replaced && bytes > compute ? compute : 0;
    const gathered = replaced ? compute : Math.min(compute, bytes);
    return { linear: bytes + copies, rest: bytes, gathered, gatheredRest: gathered, compute, quantized: false };
  }
  // PEFT leaves GPTQ and AWQ models as they are and casts only what bitsandbytes left in 16 bits.
  const cast = framework.castsToFp32 && (format === 'nf4' || format === 'nf4_double' || format === 'int8');
  const linear = QUANTIZED_BITS[format] / 8;
  const rest = cast ? 4 : 2;
  return { linear, rest, gathered: linear, gatheredRest: rest, compute, quantized: true };
}

/** Activations in 4 bytes; TF32 only shortens what the matrix units read. */
function isSinglePrecision(request: FinetuningRequest): boolean {
  return request.compute_dtype === 'fp32' || request.compute_dtype === 'tf32';
}

function planKernels(request: FinetuningRequest, framework: FrameworkFacts): KernelClass {
  if (request.optimization_config.use_fused_kernels) return 'fused';
  return request.optimization_config.torch_compile && framework.kernels === 'eager' ? 'compiled' : framework.kernels;
}

function planLoss(request: FinetuningRequest, framework: FrameworkFacts, architecture: Architecture): LossKind {
  if (request.optimization_config.use_fused_kernels) return 'fused';
  if (request.chunked_loss === true) return framework.loss === 'compact' ? 'compact' : 'chunked';
  const economical = framework.loss === 'chunked' || framework.loss === 'fused';
  if (economical && request.chunked_loss === null) return framework.loss;
  const plain = economical ? 'upcast' : versionLoss(request, framework.loss, architecture);
  const compiles = request.optimization_config.torch_compile && request.chunked_loss === null;
  return plain === 'upcast' && compiles ? 'compiled' : plain;
}

/** First major version of ms-swift that needs a transformers which upcasts the logits in the loss (2025-01). */
const COMPACT_LOSS_VERSION = 3;
/** Longest context, tokens, of models from before that version: Qwen, Llama 2 and 3, Yi, ChatGLM3, Baichuan 2 (their configs); later ones have 32k or more. */
const OLDER_CONTEXT = 8192;
/** Families of 2023 whatever the context their configs allow; transformers has no code of its own for them, and theirs does not upcast. */
const OLDER_TYPES: ReadonlySet<string> = new Set(['qwen', 'chatglm', 'baichuan']);

/**
 * Since 4.45 (2024-09) transformers upcasts the logits in the loss; before, models returned them in fp32 and shifted copies. Where the
 * version is not given it is taken to be of the model's time. Scripts around DeepSpeed come with a model and pin the transformers of its
 * time, unless somebody moved on: what they cost lies between.
 */
function versionLoss(request: FinetuningRequest, loss: LossKind, { modelType, maxPositionEmbeddings: context }: Architecture): LossKind {
  if (loss !== 'upcast_unknown') return loss;
  const older = context === null ? null : context <= OLDER_CONTEXT;
  if (request.framework === 'deepspeed') return older === true && !OLDER_TYPES.has(modelType) ? loss : 'upcast';
  const major = /(\d+)/.exec(request.framework_version ?? '')?.[1];
  if (major !== undefined) return Number(major) < COMPACT_LOSS_VERSION ? 'upcast_outputs' : 'upcast';
  if (OLDER_TYPES.has(modelType)) return 'upcast_outputs';
  if (older === null) return loss;
  return older ? 'upcast_outputs' : 'upcast';
}
