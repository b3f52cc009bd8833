import type { FinetuningRequest } from '../contracts/finetuning';
import type { TrainingConstants } from './constants';
import type { TrainingPlan } from './plan';
import type { LayerShape } from './shape';

/** Bytes per GPU that depend on the batch and the sequence. */
export interface DynamicBytes {
  /** Kept from the forward to the backward pass by the layers. */
  readonly stored: number;
  /** Extra that the layer in its backward pass needs. */
  readonly working: number;
  /** Logits and loss. */
  readonly logits: number;
  /** Bytes that wait in host memory. */
  readonly offloaded: number;
}

/** Layers whose activations are on the GPU while the others wait on the host: the one in work and the one in flight. */
const RESIDENT_LAYERS = 2;
/** Copies of a routed token's hidden state: before and after the permutation to its experts. */
const PERMUTED_COPIES = 2;

/** Bytes per output element that DoRA keeps to learn its magnitudes: the adapted layer's output before it is scaled, in 16 bits. */
const DORA_OUTPUT_BYTES = 2;

/** Whether samples may leave the window unfilled by an unknown amount. */
export function hasUnknownLengths(request: FinetuningRequest): boolean {
  return !request.packing && !request.lengths_stated && request.objective !== 'pretrain';
}

/** Tokens of the longest micro batch on one GPU, padding included, after context parallelism. */
export function peakTokens(plan: TrainingPlan, constants: TrainingConstants): number {
  const { request, parallel } = plan;
  const sequences = plan.microBatch * plan.sequences;
  const longest = longestSequence(request, constants);
  if (request.packing || request.group_by_length || !request.padding_free) return (sequences * longest) / parallel.context;
  const mean = request.lengths_stated ? Math.min(longest, request.tokens_per_sample) : longest / constants.longestOverMean;
  return (longest + (sequences - 1) * mean) / parallel.context;
}

/** Tokens of the longest sequence that the layers see, without padding beyond the longest sample. */
function longestSequence(request: FinetuningRequest, constants: TrainingConstants): number {
  if (request.packing) return request.seq_length;
  return Math.min(request.seq_length, request.longest_sample ?? constants.longestOverMean * request.tokens_per_sample);
}

/** Activations, logits and loss of one GPU, in bytes. */
export function dynamicBytes(plan: TrainingPlan, constants: TrainingConstants): DynamicBytes {
  const tokens = peakTokens(plan, constants);
  const { shape, parallel } = plan;
  const mode = plan.request.optimization_config.gradient_checkpointing;
  const checkpoint = (tokens * shape.hiddenSize * plan.activationBytes) / parallel.tensor;
  // 1F1B keeps as many micro batches in flight on the first stage as there are stages.
  const inFlight = Math.min(parallel.pipeline, plan.accumulation) / parallel.pipeline;
  let kept = 0;
  let checkpoints = 0;
  let largest = 0;
  let largestKept = 0;
  let scores = 0;
  shape.layers.forEach((layer, index) => {
    const bytes = tokens * layerBytesPerToken(plan, constants, layer, index);
    const products = tokens * productBytesPerToken(plan, layer);
    const keeps = mode === 'selective' ? Math.min(bytes, checkpoint + constants.selectiveShare * products) : bytes;
    largest = Math.max(largest, bytes);
    largestKept = Math.max(largestKept, keeps);
    scores = Math.max(
      scores,
      tokens * scoreElements(plan, layer, constants) * constants.scoreWorking[plan.framework.softmax] * (plan.activationBytes / 2),
    );
    checkpoints += layer.count * checkpoint;
    kept += layer.count * keeps;
  });
  const keepsLayers = mode === 'none' || mode === 'selective';
  const residual = keepsLayers ? kept : checkpoints;
  const offloads = mode === 'offloaded' || plan.request.optimization_config.activation_offloading;
  const resident = offloads ? Math.min(residual, RESIDENT_LAYERS * (keepsLayers ? largestKept : checkpoint)) : residual * inFlight;
  const recomputed = mode === 'none' ? 0 : mode === 'selective' ? largest - largestKept : largest;
  return {
    stored: Math.min(resident, residual * inFlight),
    working: recomputed + constants.backwardWork * largest + scores,
    logits: shape.hasHead ? logitBytes(plan, constants, tokens) : 0,
    offloaded: offloads ? Math.max(0, residual * inFlight - resident) : 0,
  };
}

function logitBytes(plan: TrainingPlan, constants: TrainingConstants, tokens: number): number {
  const { shape, parallel } = plan;
  const logits = (tokens * shape.vocabSize * constants.logit[plan.loss] * plan.objective.logits) / parallel.tensor;
  // A fused or chunked head keeps one gradient copy of the head's weight (Liger's own benchmark: about one more copy of lm_head).
  const headCopy =
    plan.loss === 'fused' && !plan.adapters ? (shape.vocabSize * shape.hiddenSize * plan.activationBytes) / parallel.tensor : 0;
  return logits + headCopy;
}

/** Bytes per token that all layers would keep without checkpointing, and the logits beside them: what crosses the GPU's memory. */
export function keptBytesPerToken(plan: TrainingPlan, constants: TrainingConstants): number {
  const layers = plan.shape.layers.reduce((sum, layer, index) => sum + layer.count * layerBytesPerToken(plan, constants, layer, index), 0);
  return layers * plan.parallel.tensor + (plan.shape.hasHead ? plan.shape.vocabSize * constants.logit[plan.loss] : 0);
}

/** Bytes per token that one layer keeps without checkpointing, on one tensor-parallel rank with sequence parallelism. */
function layerBytesPerToken(plan: TrainingPlan, constants: TrainingConstants, layer: LayerShape, index: number): number {
  const { widths } = layer;
  const { shape, parallel, adapters } = plan;
  const kernel = constants.kernels[plan.kernels];
  const elements =
    widths.norms * (shape.rmsNorm ? kernel.norm : kernel.layerNorm) +
    widths.mixer * kernel.mixer +
    (widths.feedForward + widths.experts) * kernel.feedForward +
    layer.routedElements * PERMUTED_COPIES * 2 +
    (adapters?.inputElements[index] ?? 0) * constants.adapterInput +
    (plan.request.use_dora ? (adapters?.outputElements[index] ?? 0) * DORA_OUTPUT_BYTES : 0) +
    (plan.base.quantized ? linearElements(layer) * constants.quantizedLinear : 0);
  const scores = scoreElements(plan, layer, constants) * parallel.tensor * constants.score[plan.framework.softmax];
  return ((elements + scores) * (plan.activationBytes / 2)) / parallel.tensor;
}

/** Bytes per token of the outputs of one layer's matrix products and attention. */
function productBytesPerToken(plan: TrainingPlan, layer: LayerShape): number {
  const { mixer, feedForward, experts } = layer.widths;
  return ((mixer + feedForward + experts) * plan.activationBytes) / plan.parallel.tensor;
}

/** Attention scores per token of one rank when they are materialised. */
function scoreElements(plan: TrainingPlan, layer: LayerShape, constants: TrainingConstants): number {
  if (plan.fusesAttention) return 0;
  const { scoreHeads, window } = layer.widths;
  return (scoreHeads * Math.min(longestSequence(plan.request, constants), window ?? Infinity)) / plan.parallel.tensor;
}

/** Input and output elements per token of the layer's linear layers, of routed experts those used. */
function linearElements(layer: LayerShape): number {
  const share = layer.expertParameters > 0 ? layer.activeExpertParameters / layer.expertParameters : 1;
  return layer.linears.reduce((sum, linear) => {
    const used = linear.group === 'experts' ? linear.copies * share : linear.copies;
    return sum + (linear.inFeatures + linear.outFeatures) * used;
  }, 0);
}
