import type { Gpu } from '../hardware/gpu';
import { keptBytesPerToken } from './activations';
import { encoderWork } from './encoder';
import { TRAINING_CONSTANTS } from './constants';
import type { TrainingPlan } from './plan';
import { peakRate } from './rates';
import type { LayerShape } from './shape';
import type { RateClass, TimeConstants } from './timeConstants';

/** What one micro batch computes, over all GPUs of one data-parallel rank. */
export interface MicroBatchWork {
  /** FLOPs the model needs, recomputation not counted: what utilisation is measured by. */
  readonly modelFlops: number;
  /** FLOPs done in dense products, in routed experts' products and in attention scores. */
  readonly productFlops: number;
  readonly expertFlops: number;
  readonly attentionFlops: number;
  /** Bytes of activations that cross the GPU's memory. */
  readonly trafficBytes: number;
}

/** Forward FLOPs of attention again in its backward pass: flash attention recomputes the scores (Dao 2022, arXiv 2205.14135). */
const ATTENTION_BACKWARD = 2.5;
/** Share of a layer's products that selective checkpointing computes twice. */
const SELECTIVE_RECOMPUTE = 0.25;

/** Tokens of a micro batch that are computed, padding included. */
export function computedTokens(plan: TrainingPlan, constants: TimeConstants): number {
  const { request } = plan;
  const sequences = plan.microBatch * plan.sequences;
  if (request.packing) return sequences * request.seq_length;
  const mean = Math.min(request.seq_length, request.tokens_per_sample);
  const padding = request.padding_free || request.group_by_length ? 0 : constants.paddingPerDoubling * Math.log2(sequences);
  const padded = mean * (1 + padding);
  return sequences * Math.min(request.seq_length, padded);
}

/** Forward and backward passes over the layers: one more where activations are recomputed. */
export function passesOf(plan: TrainingPlan): 2 | 3 {
  const mode = plan.request.optimization_config.gradient_checkpointing;
  return mode === 'full' || mode === 'offloaded' ? 3 : 2;
}

/**
 * FLOPs of one micro batch: 2 per parameter and token forward, as many again for the gradients of activations, and as many for the
 * gradients of the weights that are trained (Kaplan 2020, arXiv 2001.08361; adapters skip the last part), plus the attention scores.
 */
export function microBatchWork(plan: TrainingPlan, constants: TimeConstants): MicroBatchWork {
  const { shape, request, adapters } = plan;
  const tokens = computedTokens(plan, constants);
  const length = request.packing ? Math.min(request.seq_length, request.tokens_per_sample) : tokens / (plan.microBatch * plan.sequences);
  const experts = 2 * shape.layers.reduce((sum, layer) => sum + layer.count * layer.activeExpertParameters, 0);
  const dense = 2 * shape.activeParameters - experts;
  const scores = shape.layers.reduce((sum, layer) => sum + layer.count * scoreFlops(layer, length), 0);
  const head = shape.hasHead ? 2 * shape.vocabSize * shape.hiddenSize : 0;
  const full = passesOf(plan) === 3;
  const again = full ? 1 : request.optimization_config.gradient_checkpointing === 'selective' ? SELECTIVE_RECOMPUTE : 0;
  const trained = plan.trainedShare;
  const { critics, extraForwards: extra } = plan.objective;
  const adapterFlops = adapters ? 6 * adapters.parameters * adapterUse(plan) : 0;
  const models = 1 + critics;
  const product = models * (dense * (2 + trained) + (dense - head) * again + adapterFlops) + dense * extra;
  const modelFlops = models * ((dense + experts) * (2 + trained) + 3 * scores + adapterFlops) + (dense + experts + scores) * extra;
  return {
    modelFlops: modelFlops * tokens,
    productFlops: product * tokens,
    expertFlops: experts * (models * (2 + trained + again) + extra) * tokens,
    attentionFlops: scores * (models * (1 + ATTENTION_BACKWARD + (full ? 1 : 0)) + extra) * tokens,
    trafficBytes:
      keptBytesPerToken(plan, TRAINING_CONSTANTS) * constants.traffic[plan.kernels] * (models * (full ? 1.5 : 1) + extra / 2) * tokens,
  };
}

/** Share of the adapters one token passes: all but those of idle experts. */
function adapterUse(plan: TrainingPlan): number {
  const { shape } = plan;
  const total = shape.layers.reduce((sum, layer) => sum + layer.count * (layer.linearParameters + layer.expertParameters), 0);
  const used = shape.layers.reduce((sum, layer) => sum + layer.count * (layer.linearParameters + layer.activeExpertParameters), 0);
  return total === 0 ? 1 : used / total;
}

/** Q·K and P·V per token of one layer, half of them masked: 2 · width · length in all; and what a recurrent mixer's scan takes. */
function scoreFlops(layer: LayerShape, length: number): number {
  const { scoreWidth, window, scan } = layer.widths;
  return 2 * scoreWidth * Math.min(length, 2 * (window ?? Infinity)) + 2 * scan;
}

/** Seconds one GPU computes a micro batch; null when the card's rates are unknown. */
export function computeSeconds(plan: TrainingPlan, gpu: Gpu, work: MicroBatchWork, constants: TimeConstants): number | null {
  const { compute_dtype: dtype } = plan.request;
  const peak = peakRate(gpu, dtype);
  const half = peakRate(gpu, dtype === 'fp8' || dtype === 'fp4' ? 'bf16' : dtype);
  if (peak === null || half === null) return null;
  const kind = rateClass(gpu);
  const narrow = peak > half;
  const perFlop = narrow ? 1 / (peak * constants.narrowProduct) + constants.casts / half : 1 / (peak * constants.product[kind]);
  const gpus = plan.parallel.tensor * plan.parallel.pipeline * plan.parallel.context;
  const busy = ({ productFlops, expertFlops, attentionFlops, trafficBytes }: MicroBatchWork): number => {
    const math = (productFlops + expertFlops / constants.expertFactor) * perFlop;
    const scores = attentionFlops / (half * constants.attention[kind]);
    return math + scores + (gpu.bandwidthGbS === null ? 0 : trafficBytes / (gpu.bandwidthGbS * 1e9));
  };
  const launch = launchSeconds(plan, constants);
  const launches = (plan.shape.layerCount / plan.parallel.pipeline) * passesOf(plan) * launch;
  const layers = Math.hypot(busy(work) / gpus, launches);
  const encoder = encoderWork(plan, constants);
  if (encoder === null || plan.images === null) return layers;
  // The tower is computed before the layers, by each rank for itself.
  return layers + Math.hypot(busy(encoder), plan.images.tower.layers * (plan.images.trained ? passesOf(plan) : 1) * launch);
}

/** Newton-Schulz iterations of Muon (Jordan 2024), and FLOPs of one per element and row: X·Xᵀ, its square, and their product with X. */
const MUON_ITERATIONS = 5;
const MUON_FLOPS = 6;

/** Seconds per step that one GPU orthogonalises the updates of `trained` parameters; 0 for other optimizers. */
export function orthogonalisationSeconds(plan: TrainingPlan, gpu: Gpu, trained: number, constants: TimeConstants): number {
  const peak = peakRate(gpu, 'bf16');
  if (!plan.optimizer.orthogonalises || peak === null) return 0;
  const rows = plan.adapters ? Math.min(plan.request.lora_rank, plan.shape.hiddenSize) : plan.shape.hiddenSize;
  return (MUON_ITERATIONS * MUON_FLOPS * rows * trained) / (peak * constants.product[rateClass(gpu)]);
}

function launchSeconds(plan: TrainingPlan, constants: TimeConstants): number {
  const hooked = plan.framework.fixedBuckets && plan.parallel.zeroStage >= 3 ? constants.hooked : 1;
  return constants.secondsPerLayer[plan.kernels] * hooked * (plan.adapters ? constants.adapted : 1);
}

function rateClass(gpu: Gpu): RateClass {
  const capability = gpu.computeCapability;
  if (capability === null) return 'other';
  if (capability < 80) return 'older';
  if (capability < 89) return 'ampere';
  // Consumer Blackwell (12.x) has Ada's matrix units with more formats, not the data-centre part's.
  if (capability === 89 || capability >= 120) return 'ada';
  return capability < 100 ? 'hopper' : 'blackwell';
}
