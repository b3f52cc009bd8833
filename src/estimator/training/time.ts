import type { Gpu } from '../hardware/gpu';
import { hostBandwidth, linkBandwidth } from '../hardware/interconnects';
import type { TrainingPlan } from './plan';
import { peakRate } from './rates';
import { TIME_CONSTANTS } from './timeConstants';
import type { TimeConstants } from './timeConstants';
import type { LayerShape } from './shape';

/** Seconds of one optimizer step, by what they are spent on. */
export interface StepTime {
  readonly total: number;
  readonly compute: number;
  /** Reading, dequantizing and updating weights in the GPU's memory. */
  readonly memory: number;
  /** Communication that compute does not hide. */
  readonly communication: number;
  /** Transfers to host memory or NVMe that compute does not hide. */
  readonly offload: number;
  /** Model FLOPs of the step over all GPUs: what utilisation counts, recomputation excluded. */
  readonly modelFlops: number;
  /** Model FLOPs utilisation of the dense peak of the compute dtype. */
  readonly mfu: number;
  readonly low: number;
  readonly high: number;
}

/** Time of one optimizer step, or null when the card's rates are unknown. */
export function stepTime(plan: TrainingPlan, gpu: Gpu, constants: TimeConstants = TIME_CONSTANTS): StepTime | null {
  const peak = peakRate(gpu, plan.request.compute_dtype);
  if (peak === null) return null;
  const flops = microBatchFlops(plan);
  const compute = computeSeconds(plan, peak, flops, constants);
  const memory = memorySeconds(plan, gpu);
  const perMicro = compute + memory.perMicroBatch;
  const communication = communicationSeconds(plan, gpu, perMicro, constants);
  const offload = offloadSeconds(plan, gpu, perMicro);
  const bubble = plan.parallel.pipeline === 1 ? 1 : 1 + (plan.parallel.pipeline - 1) / plan.accumulation;
  const micros = plan.accumulation * bubble;
  const total =
    micros * (perMicro + communication.perMicroBatch + offload.perMicroBatch) + memory.perStep + communication.perStep + offload.perStep;
  const modelFlops = flops.model * plan.accumulation * plan.parallel.data;
  return {
    total,
    compute: micros * compute,
    memory: micros * memory.perMicroBatch + memory.perStep,
    communication: micros * communication.perMicroBatch + communication.perStep,
    offload: micros * offload.perMicroBatch + offload.perStep,
    modelFlops,
    mfu: modelFlops / (total * plan.parallel.gpus * peak),
    low: total / constants.spread,
    high: total * constants.spread,
  };
}

interface MicroBatchFlops {
  /** What the model needs: forward and backward, all GPUs of one data-parallel rank. */
  readonly model: number;
  /** With recomputation. */
  readonly done: number;
  readonly tokens: number;
}

/** Mean tokens of a micro batch that are computed; without packing each batch is padded, on average to about its mean. */
function computedTokens(plan: TrainingPlan): number {
  const { request, microBatch } = plan;
  return microBatch * (request.packing ? request.seq_length : Math.min(request.seq_length, request.tokens_per_sample));
}

/**
 * FLOPs of one micro batch: 2 per parameter and token forward, as many again for the gradients of activations, and as many for the
 * gradients of the weights that are trained (Kaplan 2020, arXiv 2001.08361; LoRA skips the last part), plus the attention scores, causal.
 */
function microBatchFlops(plan: TrainingPlan): MicroBatchFlops {
  const { shape, request } = plan;
  const tokens = computedTokens(plan);
  const length = tokens / plan.microBatch;
  const scores = shape.layers.reduce((sum, layer) => sum + layer.count * scoreFlops(layer, length), 0);
  const linear = 2 * shape.activeParameters;
  const weightGradients = plan.adapters ? 3 * 2 * plan.adapters.parameters : linear * plan.trainedShare;
  const forward = linear + scores;
  const model = forward + linear + 2 * scores + weightGradients;
  const mode = request.optimization_config.gradient_checkpointing;
  const recomputed = mode === 'none' ? 0 : mode === 'selective' ? scores : forward - 2 * shape.vocabSize * shape.hiddenSize;
  return { model: model * tokens, done: (model + Math.max(0, recomputed)) * tokens, tokens };
}

/** Q·K and P·V per token of one layer, half of them masked: 2 · width · length in all. */
function scoreFlops(layer: LayerShape, length: number): number {
  const { scoreWidth, window } = layer.widths;
  return 2 * scoreWidth * Math.min(length, 2 * (window ?? Infinity));
}

function computeSeconds(plan: TrainingPlan, peak: number, flops: MicroBatchFlops, constants: TimeConstants): number {
  const { tensor, pipeline, context } = plan.parallel;
  const efficiency = constants.efficiency[plan.kernels];
  const perGpu = flops.done / (tensor * pipeline * context);
  const passes = plan.request.optimization_config.gradient_checkpointing === 'none' ? 2 : 3;
  const launches = (plan.shape.layerCount / pipeline) * passes * constants.secondsPerLayer[plan.kernels];
  return Math.hypot(perGpu / (peak * efficiency), launches);
}

interface PerStep {
  readonly perMicroBatch: number;
  readonly perStep: number;
}

/** Time to read the weights once per pass, dequantized where they are quantized, and to update what is trained once per step. */
function memorySeconds(plan: TrainingPlan, gpu: Gpu): PerStep {
  if (gpu.bandwidthGbS === null) return { perMicroBatch: 0, perStep: 0 };
  const bandwidth = gpu.bandwidthGbS * 1e9;
  const { tensor, pipeline, shards, zeroStage } = plan.parallel;
  const held = plan.shape.parameters / (tensor * pipeline);
  const passes = plan.request.optimization_config.gradient_checkpointing === 'none' ? 2 : 3;
  // Dequantizing reads the packed weight and writes and reads the 16-bit one.
  const dequantized = plan.base.quantized ? held * (plan.base.linear + 2 * plan.base.compute) * passes : 0;
  const trained = plan.adapters ? plan.adapters.parameters / pipeline : held * plan.trainedShare;
  const state = plan.optimizer.statesOfWeightWidth * (plan.masterBytes || plan.trainedBytes) + plan.optimizer.fixedBytes + plan.masterBytes;
  const updated = (trained / (zeroStage >= 1 ? shards : 1)) * (2 * state + 2 * plan.trainedBytes + plan.gradientBytes);
  return { perMicroBatch: dequantized / bandwidth, perStep: updated / bandwidth };
}

function communicationSeconds(plan: TrainingPlan, gpu: Gpu, computing: number, constants: TimeConstants): PerStep {
  const { gpus, tensor, pipeline, context, shards, zeroStage } = plan.parallel;
  if (gpus === 1) return { perMicroBatch: 0, perStep: 0 };
  const link = linkBandwidth(gpu, plan.request.interconnect_type) ?? constants.unknownLinkGbS;
  const inside = link * 1e9;
  const across = gpus > GPUS_PER_NODE ? Math.min(inside, constants.networkGbS * 1e9) : inside;
  const { shape } = plan;
  const held = shape.parameters / (tensor * pipeline);
  const share = shards > 1 ? (shards - 1) / shards : 0;
  const trained = plan.adapters ? plan.adapters.parameters / pipeline : held * plan.trainedShare;
  const weightBytes = held * (plan.base.quantized ? plan.base.linear : plan.base.compute);
  const passes = plan.request.optimization_config.gradient_checkpointing === 'none' ? 2 : 3;
  const gathers = zeroStage >= 3 ? passes * weightBytes * share : 0;
  const gradients = trained * plan.gradientBytes * share;
  const hidden = computing * constants.overlap;
  const tokens = computedTokens(plan) / context;
  // Two all-reduces per layer and pass, each twice the tensor's size around a ring (Megatron-LM, arXiv 1909.08053).
  const reduced =
    tensor > 1 ? ((2 * passes * 2 * (tensor - 1)) / tensor) * (shape.layerCount / pipeline) * tokens * shape.hiddenSize * 2 : 0;
  const perMicro = gathers / across + (zeroStage >= 2 ? gradients / across : 0);
  const perStep = zeroStage >= 2 ? 0 : (gradients * 2) / across;
  return { perMicroBatch: Math.max(0, perMicro - hidden) + reduced / inside, perStep: Math.max(0, perStep - hidden) };
}

function offloadSeconds(plan: TrainingPlan, gpu: Gpu, computing: number): PerStep {
  const { enable_offloading: enabled, offload_parts: parts, offload_target: target } = plan.request;
  const host = hostBandwidth(gpu);
  if (!enabled || host === null) return { perMicroBatch: 0, perStep: 0 };
  const bandwidth = Math.min(host, target === 'nvme' ? NVME_GB_S : Infinity) * 1e9;
  const { tensor, pipeline, shards, zeroStage } = plan.parallel;
  const held = plan.shape.parameters / (tensor * pipeline);
  const passes = plan.request.optimization_config.gradient_checkpointing === 'none' ? 2 : 3;
  const weights = parts === 'optimizer' ? 0 : (held * plan.base.linear * passes) / (zeroStage >= 3 ? shards : 1);
  const trained = (plan.adapters ? plan.adapters.parameters / pipeline : held * plan.trainedShare) / (zeroStage >= 1 ? shards : 1);
  // Gradients go down and updated weights come up; the CPU meanwhile reads and writes fp32 states at its memory's speed.
  const moved = parts === 'parameters' ? 0 : trained * (plan.gradientBytes + plan.trainedBytes);
  const updated = parts === 'parameters' ? 0 : (trained * CPU_ADAM_BYTES) / (HOST_MEMORY_GB_S * 1e9);
  return { perMicroBatch: Math.max(0, weights / bandwidth - computing), perStep: moved / bandwidth + updated };
}

/** GPUs of one NVLink or PCIe domain in the usual server (DGX and HGX boards, p4d, ND96). */
const GPUS_PER_NODE = 8;
/** Sequential rate of a PCIe 4 NVMe drive, GB/s (data sheets of common drives: 5 to 7). */
const NVME_GB_S = 5;
/** Host memory bandwidth one rank gets, GB/s: a quarter of an eight-channel DDR4-3200 socket (205 GB/s nominal). */
const HOST_MEMORY_GB_S = 50;
/** Bytes CPU Adam reads and writes per parameter: master and two moments in fp32, both ways, and the gradient. */
const CPU_ADAM_BYTES = 28;
