import type { Architecture, LayerKind } from '../estimator/architecture';
import { parameterCount } from '../estimator/parameters';
import type { ModelFacts } from '../models/source';
import type { CustomModel } from './customModel';

/** Shape of a published dense decoder: layers, hidden size, heads, KV heads, head dimension, vocabulary, tied embeddings. */
type Shape = readonly [layers: number, hidden: number, heads: number, kvHeads: number, headDim: number, vocab: number, tied: boolean];

/** By billions of parameters: config.json of Qwen2.5-0.5B, Llama-3.2-1B and 3B, Llama-3.1-8B, Qwen2.5-14B and 32B, Llama-3.1-70B and 405B. */
const SHAPES: readonly (readonly [billions: number, shape: Shape])[] = [
  [0.49, [24, 896, 14, 2, 64, 151_936, true]],
  [1.24, [16, 2048, 32, 8, 64, 128_256, true]],
  [3.21, [28, 3072, 24, 8, 128, 128_256, true]],
  [8.03, [32, 4096, 32, 8, 128, 128_256, false]],
  [14.8, [48, 5120, 40, 8, 128, 152_064, false]],
  [32.8, [64, 5120, 40, 8, 128, 152_064, false]],
  [70.6, [80, 8192, 64, 8, 128, 128_256, false]],
  [405.9, [126, 16_384, 128, 8, 128, 128_256, false]],
];

/** Context of the Llama 3.1 family. */
const CONTEXT = 131_072;

/** Least width of the feed-forward, in hidden sizes: below it the smallest shape is larger than what was asked for. */
const NARROWEST = 0.25;

/**
 * A dense decoder of about `billions` of parameters: the published shape nearest in size (by ratio), its feed-forward widened or
 * narrowed until the count is met. Dimensions that are known take the place of that shape's.
 */
export function sizedModel(custom: CustomModel): ModelFacts {
  const billions = custom.custom_parameters;
  const distance = (size: number): number => Math.abs(Math.log(size / billions));
  const nearest = SHAPES.reduce((best, candidate) => (distance(candidate[0]) < distance(best[0]) ? candidate : best));
  const shape = shapeOf(nearest[1], custom);
  const wanted = billions * 1e9;
  // The count grows linearly with the width: two probes give the line.
  const [at, twice] = [architectureOf(shape, shape[1]), architectureOf(shape, 2 * shape[1])].map(parameterCount) as [number, number];
  const widths = 1 + (wanted - at) / (twice - at);
  const architecture = architectureOf(shape, Math.round(Math.max(NARROWEST, widths) * shape[1]));
  const parameters = parameterCount(architecture);
  return {
    id: 'custom',
    model: { architecture, quantization: null, exactBytes: null },
    parameters,
    source: 'name',
    origin: `dense decoder like one of ${nearest[0]} billion parameters`,
    confidence: 'guessed',
    assumptions: [`What was not given of the architecture is that of a published dense model of ${nearest[0]} billion parameters.`],
  };
}

function shapeOf([layers, hidden, heads, kvHeads, headDim, vocab, tied]: Shape, custom: CustomModel): Shape {
  const width = custom.custom_hidden_size || hidden;
  const count = custom.custom_heads || (custom.custom_hidden_size ? Math.max(1, Math.round(width / headDim)) : heads);
  const dim = custom.custom_hidden_size || custom.custom_heads ? Math.max(1, Math.round(width / count)) : headDim;
  return [
    custom.custom_layers || layers,
    width,
    count,
    custom.custom_kv_heads || Math.min(kvHeads, count),
    dim,
    custom.custom_vocab_size || vocab,
    tied,
  ];
}

function architectureOf([layers, hiddenSize, heads, kvHeads, headDim, vocabSize, tied]: Shape, intermediateSize: number): Architecture {
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
    hiddenSize,
    vocabSize,
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
    maxPositionEmbeddings: CONTEXT,
    rope: { lengths: [CONTEXT], dims: [headDim] },
    dtype: 'bfloat16',
    recurrentStateDtype: 'model',
    softcap: false,
  };
}
