import type { Gpu } from '../hardware/gpu';
import { linkBandwidth } from '../hardware/interconnects';
import { computedTokens, passesOf } from './compute';
import type { TrainingPlan } from './plan';
import type { TimeConstants } from './timeConstants';

/** Seconds spent per micro batch and per optimizer step. */
export interface StepSeconds {
  readonly perMicroBatch: number;
  readonly perStep: number;
}

/** Communication by whether compute can go on meanwhile. */
export interface CommunicationSeconds {
  /** Gathering weights and reducing gradients, which runs beside compute. */
  readonly background: StepSeconds;
  /** Tensor- and expert-parallel exchanges that layers wait for, per micro batch. */
  readonly blocking: number;
}

/** Parameters one GPU works with before ZeRO shards them. */
export function heldParameters(plan: TrainingPlan): number {
  const { shape, parallel } = plan;
  const experts = shape.layers.reduce((sum, layer) => sum + layer.count * layer.expertParameters, 0);
  const spread = parallel.expert > 1 ? parallel.expert : parallel.tensor;
  return ((shape.parameters - experts) / parallel.tensor + experts / spread) / parallel.pipeline;
}

/** Parameters one GPU trains, before ZeRO. */
export function trainedHere(plan: TrainingPlan): number {
  return plan.adapters ? plan.adapters.parameters / plan.parallel.pipeline : heldParameters(plan) * plan.trainedShare;
}

/** Communication of one micro batch and one step. */
export function communicationSeconds(plan: TrainingPlan, gpu: Gpu, constants: TimeConstants): CommunicationSeconds {
  if (plan.parallel.gpus === 1) return { background: { perMicroBatch: 0, perStep: 0 }, blocking: 0 };
  const inside = (linkBandwidth(gpu, plan.request.interconnect_type) ?? constants.unknownLinkGbS) * 1e9;
  const blocking = tensorSeconds(plan, inside, constants) + expertSeconds(plan, gpu, inside, constants);
  return { background: shardedSeconds(plan, gpu, inside), blocking: constants.exposed * blocking };
}

/** Gathering weights and reducing gradients over the data-parallel ranks. */
function shardedSeconds(plan: TrainingPlan, gpu: Gpu, inside: number): StepSeconds {
  const { shards, zeroStage, gpus } = plan.parallel;
  const share = shards > 1 ? (shards - 1) / shards : 0;
  const domain = domainSize(gpu);
  // A ring over machines crosses each network card once, and a machine has one per GPU: together they carry what one GPU receives.
  const bandwidth = gpus > domain ? Math.min(inside, networkBandwidth(gpu) * domain) : inside;
  const weights = heldParameters(plan) * (plan.base.quantized ? plan.base.linear : plan.base.compute) * share;
  const gradients = trainedHere(plan) * Math.min(plan.gradientBytes, GRADIENT_WIRE_BYTES) * share;
  const gathers = zeroStage >= 3 ? 2 * weights : 0;
  return {
    perMicroBatch: (gathers + (zeroStage >= 2 ? gradients : 0)) / bandwidth,
    perStep: zeroStage >= 2 ? 0 : (2 * gradients) / bandwidth,
  };
}

/** Two all-reduces per layer and pass over the hidden states, each twice the tensor's size around a ring (Megatron-LM, arXiv 1909.08053). */
function tensorSeconds(plan: TrainingPlan, inside: number, constants: TimeConstants): number {
  const { tensor, pipeline, context } = plan.parallel;
  if (tensor === 1) return 0;
  const layers = plan.shape.layerCount / pipeline;
  const bytes = (computedTokens(plan, constants) / context) * plan.shape.hiddenSize * 2;
  return ((2 * passesOf(plan) * layers * 2 * (tensor - 1)) / tensor) * (bytes / inside);
}

/**
 * Tokens go to their experts and back, forward and backward: four all-to-alls per layer. Between machines a token travels once to each
 * machine that has one of its experts and is copied there (DeepEP, and Megatron's hybrid expert parallel).
 */
function expertSeconds(plan: TrainingPlan, gpu: Gpu, inside: number, constants: TimeConstants): number {
  const { expert, pipeline, context } = plan.parallel;
  if (expert === 1) return 0;
  const domain = domainSize(gpu);
  const machines = Math.max(1, expert / domain);
  const near = Math.min(expert, domain);
  const tokens = computedTokens(plan, constants) / context;
  const seconds = plan.shape.layers.reduce((sum, layer) => {
    if (layer.routedPerToken === 0) return sum;
    const width = layer.routedElements / layer.routedPerToken;
    const far = (machines - 1) * (1 - (1 - 1 / machines) ** layer.routedPerToken);
    const within = layer.routedPerToken * ((near - 1) / near);
    return sum + layer.count * width * (within / inside + far / networkBandwidth(gpu));
  }, 0);
  return (4 * tokens * 2 * seconds) / pipeline;
}

/** Gradients travel in at most this many bytes per element. */
const GRADIENT_WIRE_BYTES = 4;

/** GPUs joined by NVLink or one PCIe root: eight in the usual server (DGX and HGX boards), 72 in the racks of Grace Blackwell. */
function domainSize(gpu: Gpu): number {
  return /^gb[23]00/.test(gpu.key) ? 72 : 8;
}

/** Bytes per second of the network card beside each GPU: 200 Gb/s InfiniBand up to Ampere, 400 Gb/s since Hopper (DGX data sheets). */
function networkBandwidth(gpu: Gpu): number {
  const old = gpu.computeCapability !== null && gpu.computeCapability < 90;
  return (old ? 25 : 50) * 1e9;
}
