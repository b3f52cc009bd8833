import { layersOf, type Architecture, type LayerKind, type Mixer, type Model } from '../architecture';
import { isRecurrent, recurrentStateBytes } from '../recurrentState';
import { parameterBreakdown, activeParameterCount } from '../parameters';

/** How weights are stored, as far as kernels differ in speed. */
export type KernelFormat = '32bit' | '16bit' | 'fp8' | 'w8a8' | 'int8' | 'int4' | 'nf4' | 'fp4' | 'ggml';

/** Whether weights are stored unquantized. */
export function isPlain(format: KernelFormat): format is '32bit' | '16bit' {
  return format === '32bit' || format === '16bit';
}

/** Layers that keep the same amount of KV cache per token. */
export interface KvGroup {
  /** Bytes per token of all these layers and all their heads together. */
  readonly bytesPerToken: number;
  /** Only the latest tokens are kept and read; null for all. */
  readonly window: number | null;
}

/** What running a model reads and computes, in total over all GPUs. Plain numbers: nothing here depends on hardware. */
export interface ModelWork {
  readonly layers: number;
  /** Layers as kernels see them, a mixer with a feed-forward each: hybrids that have either in a layer have half as many. */
  readonly blocks: number;
  /** Layers with routed experts. */
  readonly expertLayers: number;
  readonly hiddenSize: number;
  readonly format: KernelFormat;
  /** Format of everything but the routed experts: 16 bit where only these are quantized. */
  readonly denseFormat: KernelFormat;
  /** Bytes every decode step reads whatever the batch: attention, dense feed-forward, shared experts, norms, head. No embedding table. */
  readonly denseBytes: number;
  /** Those of the language-model head among them. */
  readonly headBytes: number;
  /** Bytes of all routed experts; 0 for dense models. */
  readonly expertBytes: number;
  /** Bytes that lie in memory without being read every step: embedding tables that are no head, encoder towers. */
  readonly idleBytes: number;
  readonly experts: number;
  readonly expertsPerToken: number;
  /** Parameters one token is multiplied with, head included, embedding table not. */
  readonly activeParameters: number;
  /** Those of the language-model head, which prefill computes for one token only. */
  readonly headParameters: number;
  /** Those of the routed experts a token passes. */
  readonly activeExpertParameters: number;
  /** Bytes per element of the KV cache. */
  readonly kvElementBytes: number;
  readonly kv: readonly KvGroup[];
  /** Bytes of recurrent state that each request keeps whatever its length, all layers together; every step reads and writes them. */
  readonly stateBytes: number;
  /** Into how many parts tensor parallelism can cut the KV cache: the KV heads; 1 for latent attention. */
  readonly kvShards: number;
  /** Keys and values are kept as one latent vector that all heads share, and all of it is attended to (DeepSeek V3, Kimi K2). */
  readonly latentAttention: boolean;
  /** FLOPs of attention per pair of tokens: 4 x heads x head dimension, summed over layers with full attention. */
  readonly attentionFlopsPerPair: number;
}

/** Storage of a model as it runs. */
export interface WorkFormat {
  readonly format: KernelFormat;
  /** Bits per quantized weight, scales included. */
  readonly bits: number;
  /** Everything but the routed experts of a model that has them, where it is stored otherwise (gpt-oss, Kimi K2.5, NVFP4 of DeepSeek); null where it is not. */
  readonly besideExperts: { readonly format: KernelFormat; readonly bits: number } | null;
  /** Bits of the language-model head: 16 except for files that quantize it too. */
  readonly headBits: number;
  /** Bits of the embedding table. */
  readonly embeddingBits: number;
  /** Bytes per element of the KV cache. */
  readonly kvElementBytes: number;
}

/** Parameters by how a step treats them. */
interface Counts {
  readonly head: number;
  readonly experts: number;
  /** Everything a step reads whatever the batch, head aside. */
  readonly dense: number;
  /** Embedding tables that are no head. */
  readonly tables: number;
  readonly towers: number;
  /** Multiplied per token. */
  readonly active: number;
}

/** Counting walks every tensor of every layer; a page asks for the same model hundreds of times. */
const counted = new WeakMap<Architecture, Counts>();

function countsOf(architecture: Architecture): Counts {
  const known = counted.get(architecture);
  if (known) return known;
  const counts = count(architecture);
  counted.set(architecture, counts);
  return counts;
}

function count(architecture: Architecture): Counts {
  const groups = parameterBreakdown(architecture);
  const of = (name: Parameters<typeof groups.get>[0]): number => groups.get(name) ?? 0;
  const towers = architecture.towers.reduce((sum, tower) => sum + tower.parameters, 0);
  const tied = architecture.tieWordEmbeddings;
  const embedding = of('embed');
  const head = architecture.lmHead ? (tied ? architecture.vocabSize * architecture.hiddenSize : of('lm_head')) : 0;
  const all = [...groups.values()].reduce((sum, parameters) => sum + parameters, 0);
  return {
    head,
    experts: of('experts'),
    dense: all - of('experts') - embedding - of('lm_head') - of('per_layer_embed') - towers,
    tables: Math.max(0, embedding - (tied ? head : 0)) + of('per_layer_embed'),
    towers,
    active: Math.max(1, activeParameterCount(architecture) - embedding - of('per_layer_embed') + (tied ? head : 0)),
  };
}

/** Counts the work of a model. */
export function modelWork(model: Model, stored: WorkFormat): ModelWork {
  const { architecture } = model;
  const { head, experts, dense, tables, towers, active } = countsOf(architecture);
  const beside = (experts > 0 ? stored.besideExperts : null) ?? stored;
  const expertBytes = (experts * stored.bits) / 8;
  const headBytes = (head * stored.headBits) / 8;
  const denseBytes = (dense * beside.bits) / 8 + headBytes;
  const idleBytes = (tables * stored.embeddingBits + towers * 16) / 8;
  const kinds = layersOf(architecture);
  const moe = architecture.layerKinds.flatMap((kind) => kind.feedForwards).find((ff) => ff.kind === 'moe');
  return {
    layers: architecture.layout.length,
    blocks: kinds.reduce((sum, kind) => sum + kind.mixers.length + kind.feedForwards.length, 0) / 2,
    expertLayers: kinds.filter((kind) => kind.feedForwards.some((ff) => ff.kind === 'moe')).length,
    hiddenSize: architecture.hiddenSize,
    format: stored.format,
    denseFormat: beside.format,
    denseBytes,
    headBytes,
    expertBytes,
    idleBytes,
    experts: moe?.kind === 'moe' ? moe.experts : 0,
    expertsPerToken: moe?.kind === 'moe' ? moe.expertsPerToken : 0,
    activeParameters: active,
    headParameters: head,
    activeExpertParameters: moe?.kind === 'moe' ? Math.min(active, (experts * moe.expertsPerToken) / moe.experts) : 0,
    kvElementBytes: stored.kvElementBytes,
    kv: kvGroups(architecture, stored.kvElementBytes),
    stateBytes: statesOf(architecture),
    kvShards: kvShards(architecture),
    latentAttention: kinds.some((kind) => kind.mixers.some((mixer) => mixer.kind === 'mla' && mixer.indexer === null)),
    attentionFlopsPerPair: kinds.reduce((sum, kind) => sum + pairFlops(kind), 0),
  };
}

/** Bytes of KV cache one request of `context` tokens holds, all layers and heads. */
export function kvBytes(work: ModelWork, context: number): number {
  return bytesIn(work.kv, context);
}

function bytesIn(groups: readonly KvGroup[], context: number): number {
  return groups.reduce((sum, group) => sum + group.bytesPerToken * Math.min(context, group.window ?? Infinity), 0);
}

/**
 * Share of its KV cache that a request keeps for itself, 0 to 1, when its first `shared` of `context` tokens lie in a prefix cache that all
 * requests use: layers with a window that has moved past the prefix share nothing.
 */
export function ownKvShare(groups: readonly KvGroup[], context: number, shared: number): number {
  const all = bytesIn(groups, context);
  return all > 0 ? bytesIn(groups, Math.max(0, context - shared)) / all : 1;
}

/** Share of the routed experts that `tokens` independent tokens touch when routing is even: 1 - (1 - k/E)^tokens. */
export function touchedExperts(work: ModelWork, tokens: number): number {
  if (work.experts === 0) return 0;
  return 1 - (1 - work.expertsPerToken / work.experts) ** Math.max(1, tokens);
}

/** The layers of a model by how much of their KV cache they keep. */
export function kvGroups(architecture: Architecture, elementBytes: number): readonly KvGroup[] {
  const byWindow = new Map<number | null, number>();
  for (const kind of layersOf(architecture)) {
    for (const mixer of kind.mixers) {
      for (const cached of cachedElements(mixer)) {
        byWindow.set(cached.window, (byWindow.get(cached.window) ?? 0) + cached.elements * elementBytes);
      }
    }
  }
  return [...byWindow].map(([window, bytesPerToken]) => ({ window, bytesPerToken }));
}

/** Recurrent states of a request, convolutions in 16 bit. */
function statesOf(architecture: Architecture): number {
  const stateBytes = architecture.recurrentStateDtype === 'float32' ? 4 : 2;
  const format = { tensorParallel: 1, stateBytes, convBytes: 2, speculativeTokens: 0 };
  const mixers = layersOf(architecture).flatMap((kind) => kind.mixers.filter(isRecurrent));
  return mixers.reduce((sum, mixer) => sum + recurrentStateBytes(mixer, format), 0);
}

interface CachedElements {
  readonly elements: number;
  readonly window: number | null;
}

/** Elements one token adds to the cache of one layer; recurrent mixers keep a state of constant size and add none. */
function cachedElements(mixer: Mixer): readonly CachedElements[] {
  switch (mixer.kind) {
    case 'attention':
      if (mixer.sharesKvCache || mixer.scope === 'encoder' || mixer.scope === 'cross') return [];
      return [{ elements: mixer.kvHeads * (mixer.headDim + mixer.valueHeadDim), window: mixer.window }];
    case 'mla':
      return [{ elements: mixer.kvLoraRank + mixer.qkRopeHeadDim + (mixer.indexer?.headDim ?? 0), window: null }];
    case 'compressed_latent': {
      const recent = { elements: mixer.headDim, window: mixer.window };
      return mixer.compressRatio === 0 ? [recent] : [recent, { elements: mixer.headDim / mixer.compressRatio, window: null }];
    }
    default:
      return [];
  }
}

function kvShards(architecture: Architecture): number {
  const heads = architecture.layerKinds
    .flatMap((kind) => kind.mixers)
    .flatMap((mixer) => (mixer.kind === 'attention' ? [mixer.kvHeads] : []));
  return heads.length === 0 ? 1 : Math.max(...heads);
}

function pairFlops(kind: LayerKind): number {
  return kind.mixers.reduce((sum, mixer) => {
    if (mixer.kind === 'attention' && mixer.window === null) return sum + 2 * mixer.heads * (mixer.headDim + mixer.valueHeadDim);
    if (mixer.kind === 'mla') return sum + 2 * mixer.heads * (mixer.qkNopeHeadDim + mixer.qkRopeHeadDim + mixer.vHeadDim);
    return sum;
  }, 0);
}
