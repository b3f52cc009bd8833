import type { Architecture, FeedForward, LayerKind, Mixer } from '../architecture';
import { layerTensors, outerTensors } from '../parameters';
import { countElements } from '../tensors';
import type { TensorSpec } from '../tensors';

/** A linear layer that can carry an adapter or be quantized; `copies` equal ones (experts). */
export interface LinearShape {
  readonly name: string;
  readonly group: TensorSpec['group'];
  readonly outFeatures: number;
  readonly inFeatures: number;
  readonly copies: number;
  /** The module that checkpoints of some families store it in, with others: qkv_proj, gate_up_proj; null when it stands alone. */
  readonly fusedInto: string | null;
}

/** Elements that one token leaves behind in one layer's forward pass, by where they arise. */
export interface LayerWidths {
  /** Norm outputs, residual stream included: norms × hidden size. */
  readonly norms: number;
  /** Q, K, V, the mixer's inner tensors and its output before the output projection. */
  readonly mixer: number;
  /** Attention heads that would materialise scores; 0 for mixers without a score matrix. */
  readonly scoreHeads: number;
  /** Width of the score product, heads × head dimension, for the attention's compute. */
  readonly scoreWidth: number;
  /** Sliding window or chunk in tokens; null for all. */
  readonly window: number | null;
  /** Width × tokens whose scores take as long as the scan of a recurrent mixer; 0 for attention. */
  readonly scan: number;
  /** Elements inside the feed-forward per matrix of its input side: gate and up count one each. */
  readonly feedForward: number;
  /** The same, of the routed and shared experts that one token uses. */
  readonly experts: number;
}

/** One kind of decoder layer, as training sees it. */
export interface LayerShape {
  readonly count: number;
  readonly linears: readonly LinearShape[];
  /** Elements of linear layers outside the routed experts. */
  readonly linearParameters: number;
  /** Elements of the routed experts, all of them. */
  readonly expertParameters: number;
  /** Elements of the routed experts that one token uses. */
  readonly activeExpertParameters: number;
  /** Experts one token is routed to, and elements that travel to them: the hidden state, or the latent that experts work in, once per expert. */
  readonly routedPerToken: number;
  readonly routedElements: number;
  /** Norms, biases and whatever else quantization leaves alone. */
  readonly otherParameters: number;
  readonly widths: LayerWidths;
}

/** A model as training sees it: parameters by what happens to them, and the widths its activations have. */
export interface TrainingShape {
  readonly hiddenSize: number;
  readonly vocabSize: number;
  /** RMSNorm, whose eager implementation upcasts to fp32; LayerNorm is one kernel. */
  readonly rmsNorm: boolean;
  readonly layers: readonly LayerShape[];
  readonly layerCount: number;
  /** Embedding tables, positions included. */
  readonly embeddingParameters: number;
  /** A head of its own; 0 when tied. */
  readonly headParameters: number;
  /** Whether logits over the vocabulary are computed at all. */
  readonly hasHead: boolean;
  /** Encoder towers and their projectors. */
  readonly towerParameters: number;
  readonly otherParameters: number;
  readonly parameters: number;
  /** Parameters that multiply every token: linear layers, used experts and the head; no embedding look-up, no towers. */
  readonly activeParameters: number;
}

const known = new WeakMap<Architecture, TrainingShape>();

/** The shape of an architecture; computed once per architecture object. */
export function trainingShape(architecture: Architecture): TrainingShape {
  const cached = known.get(architecture);
  if (cached) return cached;
  const shape = computeShape(architecture);
  known.set(architecture, shape);
  return shape;
}

function computeShape(architecture: Architecture): TrainingShape {
  const layers = architecture.layerKinds.map((kind, index) =>
    layerShape(architecture, kind, architecture.layout.filter((entry) => entry === index).length),
  );
  const outer = outerTensors(architecture);
  const elements = (wanted: (tensor: TensorSpec) => boolean): number => countElements(outer.filter(wanted));
  const isTower = (tensor: TensorSpec): boolean => tensor.group === 'vision' || tensor.group === 'audio';
  const embeddingParameters = elements((t) => t.group === 'embed' || t.group === 'per_layer_embed');
  const headParameters = elements((t) => t.group === 'lm_head');
  const towerParameters = Math.max(
    elements(isTower),
    architecture.towers.reduce((sum, tower) => sum + countElements(tower.tensors), 0),
  );
  const outerParameters = countElements(outer);
  const inLayers = layers.reduce((sum, layer) => sum + layer.count * layerParameters(layer), 0);
  const active = layers.reduce((sum, layer) => sum + layer.count * (layer.linearParameters + layer.activeExpertParameters), 0);
  return {
    hiddenSize: architecture.hiddenSize,
    vocabSize: architecture.vocabSize,
    rmsNorm: architecture.normKind === 'rms',
    layers,
    layerCount: architecture.layout.length,
    embeddingParameters,
    headParameters,
    hasHead: architecture.lmHead,
    towerParameters,
    otherParameters: outerParameters - embeddingParameters - headParameters - towerParameters,
    parameters: outerParameters + inLayers,
    activeParameters: active + (architecture.lmHead ? architecture.vocabSize * architecture.hiddenSize : 0),
  };
}

/** All parameters of one layer. */
export function layerParameters(layer: LayerShape): number {
  return layer.linearParameters + layer.expertParameters + layer.otherParameters;
}

function layerShape(architecture: Architecture, kind: LayerKind, count: number): LayerShape {
  const tensors = layerTensors(architecture, kind);
  const linears = tensors.filter((tensor) => tensor.quantizable && tensor.inFeatures > 1);
  const expertParameters = countElements(linears.filter((tensor) => tensor.group === 'experts'));
  return {
    count,
    linears: linears.map(({ name, group, outFeatures, inFeatures, copies, fusedInto = null }) => ({
      name,
      group,
      outFeatures,
      inFeatures,
      copies,
      fusedInto,
    })),
    linearParameters: countElements(linears) - expertParameters,
    expertParameters,
    activeExpertParameters: expertParameters * routedShare(kind.feedForwards),
    routedPerToken: kind.feedForwards.reduce((sum, block) => sum + (block.kind === 'moe' ? block.expertsPerToken : 0), 0),
    routedElements: kind.feedForwards.reduce(
      (sum, block) => sum + (block.kind === 'moe' ? block.expertsPerToken * (block.expertHiddenSize ?? architecture.hiddenSize) : 0),
      0,
    ),
    otherParameters: countElements(tensors) - countElements(linears),
    widths: layerWidths(architecture, kind, tensors),
  };
}

function routedShare(feedForwards: readonly FeedForward[]): number {
  for (const feedForward of feedForwards) if (feedForward.kind === 'moe') return feedForward.expertsPerToken / feedForward.experts;
  return 0;
}

function layerWidths(architecture: Architecture, kind: LayerKind, tensors: readonly TensorSpec[]): LayerWidths {
  const mixers = kind.mixers.map((mixer) => mixerWidths(mixer, tensors));
  const sum = (of: (widths: MixerWidths) => number): number => mixers.reduce((total, mixer) => total + of(mixer), 0);
  const sides = (gated: boolean): number => (gated ? 2 : 1);
  let feedForward = 0;
  let experts = 0;
  for (const block of kind.feedForwards) {
    if (block.kind === 'dense') feedForward += block.intermediateSize * sides(block.gated);
    else experts += (block.expertsPerToken * block.expertIntermediateSize + block.sharedIntermediateSize) * sides(block.gated);
  }
  return {
    norms: Math.max(1, kind.norms) * architecture.hiddenSize,
    mixer: sum((m) => m.elements),
    scoreHeads: sum((m) => m.scoreHeads),
    scoreWidth: sum((m) => m.scoreWidth),
    window: mixers.find((mixer) => mixer.scoreHeads > 0)?.window ?? null,
    scan: kind.mixers.reduce((total, mixer) => total + scanWork(mixer), 0),
    feedForward,
    experts,
  };
}

/** A scan over a state of 64 per channel takes as long as flash attention over 2,048 tokens (Mamba-2, arXiv 2405.21060, figure 10); wider states in proportion. */
const SCAN_TOKENS = 2048;
const SCAN_STATE = 64;

function scanWork(mixer: Mixer): number {
  const work = (width: number, state: number): number => width * SCAN_TOKENS * (state / SCAN_STATE);
  switch (mixer.kind) {
    case 'mamba1':
    case 'mamba2':
      return work(mixer.intermediateSize, mixer.stateSize);
    case 'gated_delta_net':
    case 'kimi_delta_attention':
      return work(mixer.valueHeads * mixer.valueHeadDim, mixer.keyHeadDim);
    case 'lightning_attention':
      return work(mixer.heads * mixer.headDim, mixer.headDim);
    default:
      return 0;
  }
}

interface MixerWidths {
  readonly elements: number;
  readonly scoreHeads: number;
  readonly scoreWidth: number;
  readonly window: number | null;
}

function mixerWidths(mixer: Mixer, tensors: readonly TensorSpec[]): MixerWidths {
  switch (mixer.kind) {
    case 'attention': {
      const q = mixer.heads * mixer.headDim * (mixer.outputGate ? 2 : 1);
      const keysAndValues = mixer.kvHeads * (mixer.headDim + mixer.valueHeadDim);
      const output = mixer.heads * mixer.valueHeadDim;
      return {
        elements: q + keysAndValues + output,
        scoreHeads: mixer.heads,
        scoreWidth: mixer.heads * mixer.headDim,
        window: mixer.window,
      };
    }
    case 'mla': {
      // Training attends with the expanded heads; the latent is kept as well.
      const qk = mixer.heads * (mixer.qkNopeHeadDim + mixer.qkRopeHeadDim);
      const latents = (mixer.qLoraRank ?? 0) + mixer.kvLoraRank + mixer.qkRopeHeadDim;
      return { elements: 2 * qk + 2 * mixer.heads * mixer.vHeadDim + latents, scoreHeads: mixer.heads, scoreWidth: qk, window: null };
    }
    case 'compressed_latent': {
      const q = mixer.heads * mixer.headDim;
      const elements = 2 * q + mixer.qLoraRank + mixer.headDim + mixer.outputGroups * mixer.outputLoraRank;
      return { elements, scoreHeads: mixer.heads, scoreWidth: q, window: mixer.window };
    }
    default: {
      // Recurrent mixers keep the outputs of their projections, twice: before and after the convolution or the scan.
      const outputs = tensors.filter((tensor) => (tensor.group === 'ssm' || tensor.group === 'attention') && tensor.quantizable);
      return {
        elements: outputs.reduce((sum, tensor) => sum + 2 * tensor.outFeatures * tensor.copies, 0),
        scoreHeads: 0,
        scoreWidth: 0,
        window: null,
      };
    }
  }
}
