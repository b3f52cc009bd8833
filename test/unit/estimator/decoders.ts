import type { Architecture, AttentionMixer, LayerKind, MlaMixer } from '../../../src/estimator/architecture';

/** Attention of Llama's kind. */
export function attention(heads: number, kvHeads: number, headDim: number, more: Partial<AttentionMixer> = {}): AttentionMixer {
  return {
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
    ...more,
  };
}

/** Latent attention of DeepSeek-V3. */
export const DEEPSEEK_V3_MLA: MlaMixer = {
  kind: 'mla',
  heads: 128,
  qLoraRank: 1536,
  kvLoraRank: 512,
  qkNopeHeadDim: 128,
  qkRopeHeadDim: 64,
  vHeadDim: 128,
  indexer: null,
};

/** A layer of Llama's kind. */
export function denseLayer(mixer: AttentionMixer, intermediateSize: number): LayerKind {
  return {
    mixers: [mixer],
    feedForwards: [{ kind: 'dense', intermediateSize, gated: true, bias: false }],
    norms: 2,
    otherParameters: 0,
  };
}

/** A decoder of equal layers, with the sizes of Llama-3.1-8B where `more` names no others. */
export function decoderOf(kind: LayerKind, layers: number, more: Partial<Architecture> = {}): Architecture {
  return {
    modelType: 'llama',
    architectures: [],
    task: 'generate',
    hiddenSize: 4096,
    vocabSize: 128256,
    layerKinds: [kind],
    layout: new Array<number>(layers).fill(0),
    tieWordEmbeddings: false,
    lmHead: true,
    lmHeadBias: false,
    normKind: 'rms',
    learnedPositions: 0,
    otherParameters: 0,
    towers: [],
    mtp: null,
    maxPositionEmbeddings: null,
    rope: { lengths: [], dims: [] },
    dtype: 'bfloat16',
    recurrentStateDtype: 'model',
    softcap: false,
    ...more,
  };
}
