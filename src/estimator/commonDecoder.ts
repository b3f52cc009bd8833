import type { Architecture, LayerKind } from './architecture';
import { parameterCount } from './parameters';

/** Sizes of a dense decoder. */
export interface DecoderSizes {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly vocab: number;
}

/** A published decoder: total parameters in billions and the sizes of its config.json. */
interface Published extends DecoderSizes {
  readonly billions: number;
  readonly tied: boolean;
}

/** One common decoder per size class: GPT-2, Qwen2.5 0.5B to 3B, 14B and 32B, Llama-3.1 8B, 70B and 405B, Mistral-Large-2407; from their config.json. */
const PUBLISHED: readonly Published[] = [
  { billions: 0.124, layers: 12, hidden: 768, heads: 12, kvHeads: 12, vocab: 50_257, tied: true },
  { billions: 0.49, layers: 24, hidden: 896, heads: 14, kvHeads: 2, vocab: 151_936, tied: true },
  { billions: 1.54, layers: 28, hidden: 1536, heads: 12, kvHeads: 2, vocab: 151_936, tied: true },
  { billions: 3.09, layers: 36, hidden: 2048, heads: 16, kvHeads: 2, vocab: 151_936, tied: true },
  { billions: 8.03, layers: 32, hidden: 4096, heads: 32, kvHeads: 8, vocab: 128_256, tied: false },
  { billions: 14.77, layers: 48, hidden: 5120, heads: 40, kvHeads: 8, vocab: 152_064, tied: false },
  { billions: 32.76, layers: 64, hidden: 5120, heads: 40, kvHeads: 8, vocab: 152_064, tied: false },
  { billions: 70.55, layers: 80, hidden: 8192, heads: 64, kvHeads: 8, vocab: 128_256, tied: false },
  { billions: 122.61, layers: 88, hidden: 12_288, heads: 96, kvHeads: 8, vocab: 32_768, tied: false },
  { billions: 405.85, layers: 126, hidden: 16_384, heads: 128, kvHeads: 8, vocab: 128_256, tied: false },
];

/** Least width of the feed-forward, in hidden sizes: below it the nearest published decoder is too deep for the size. */
const NARROWEST = 0.25;

/**
 * A dense decoder of about `billions` of parameters: the published one nearest in size (by ratio), its feed-forward widened or narrowed
 * until the count is met, and its layers fewer where that is not enough.
 *
 * @param known sizes that take the place of the published ones.
 * @param context longest context, tokens; null when it is not known.
 * @returns the architecture, and the size in billions of the decoder it is like.
 */
export function decoderOfSize(
  billions: number,
  known: Partial<DecoderSizes>,
  context: number | null,
): { readonly architecture: Architecture; readonly like: number } {
  const distance = (published: Published): number => Math.abs(Math.log(published.billions / billions));
  const nearest = PUBLISHED.reduce((best, candidate) => (distance(candidate) < distance(best) ? candidate : best));
  const sizes = { ...nearest, ...fitting(nearest, known) };
  const build = (layers: number, width: number): Architecture => architectureOf({ ...sizes, layers }, width, context);
  // The count grows linearly with the width: two probes give the line.
  const widthFor = (layers: number): number => {
    const [at, twice] = [sizes.hidden, 2 * sizes.hidden].map((width) => parameterCount(build(layers, width))) as [number, number];
    return sizes.hidden * (1 + (billions * 1e9 - at) / (twice - at));
  };
  const least = NARROWEST * sizes.hidden;
  const tooDeep = known.layers === undefined && widthFor(sizes.layers) < least;
  const layers = tooDeep ? Math.max(1, Math.round((sizes.layers * billions) / nearest.billions)) : sizes.layers;
  return { architecture: build(layers, Math.round(Math.max(least, widthFor(layers)))), like: nearest.billions };
}

/** The known sizes, and those that follow from them: heads keep their dimension, and KV heads are no more than heads. */
function fitting(nearest: Published, known: Partial<DecoderSizes>): Partial<DecoderSizes> {
  const headDim = nearest.hidden / nearest.heads;
  const follows = known.hidden === undefined ? nearest.heads : Math.max(1, Math.round(known.hidden / headDim));
  const heads = known.heads ?? follows;
  return { ...known, heads, kvHeads: known.kvHeads ?? Math.min(nearest.kvHeads, heads) };
}

function architectureOf(sizes: Published, intermediateSize: number, context: number | null): Architecture {
  const { layers, hidden, heads, kvHeads, vocab, tied } = sizes;
  const headDim = Math.max(1, Math.round(hidden / heads));
  const layer: LayerKind = {
    mixers: [
      {
        kind: 'attention',
        scope: 'full',
        window: null,
        heads,
        kvHeads,
        headDim,
        valueHeadDim: headDim,
        qkvBias: false,
        outputBias: false,
        qkNorm: 'none',
        outputGate: false,
        keyIsValue: false,
        sinks: false,
        sharesKvCache: false,
      },
    ],
    feedForwards: [{ kind: 'dense', intermediateSize, gated: true, bias: false }],
    norms: 2,
    otherParameters: 0,
  };
  return {
    modelType: 'llama',
    architectures: ['LlamaForCausalLM'],
    task: 'generate',
    hiddenSize: hidden,
    vocabSize: vocab,
    layerKinds: [layer],
    layout: Array<number>(layers).fill(0),
    tieWordEmbeddings: tied,
    lmHead: true,
    lmHeadBias: false,
    normKind: 'rms',
    learnedPositions: 0,
    otherParameters: 0,
    towers: [],
    mtp: null,
    maxPositionEmbeddings: context,
    rope: context === null ? { lengths: [], dims: [] } : { lengths: [context], dims: [headDim] },
    dtype: 'bfloat16',
    recurrentStateDtype: 'model',
    softcap: false,
  };
}
