import type { AttentionMixer, CompressedLatentMixer, MlaMixer } from '../architecture';
import type { TensorSpec } from '../tensors';
import { matrix, norm, vector, withBias } from './specs';

const REPLICATED = { group: 'attention', sharding: 'replicated' } as const;
const COLUMN = { group: 'attention', sharding: 'column' } as const;
const ROW = { group: 'attention', sharding: 'row' } as const;

/**
 * Grouped-query attention: q `[A·D(·2 with an output gate), H]`, k `[K·D, H]`, v `[K·Dv, H]`, o `[H, A·Dv]`
 * (Ainslie et al. 2023, arXiv 2305.13245; biases, norms, sinks and gates as the released modelling code stores them).
 */
export function attentionTensors(mixer: AttentionMixer, hiddenSize: number): readonly TensorSpec[] {
  const { heads, kvHeads, headDim, valueHeadDim } = mixer;
  const kv = { group: 'attention', sharding: 'kv', heads: kvHeads, fusedInto: 'qkv_proj' } as const;
  const q = matrix('q_proj', heads * headDim * (mixer.outputGate ? 2 : 1), hiddenSize, { ...COLUMN, fusedInto: 'qkv_proj' });
  const k = matrix('k_proj', kvHeads * headDim, hiddenSize, kv);
  const v = matrix('v_proj', kvHeads * valueHeadDim, hiddenSize, kv);
  const projections = mixer.sharesKvCache ? [q] : mixer.keyIsValue ? [q, k] : [q, k, v];
  const tensors = projections.flatMap((weight) => withBias(weight, mixer.qkvBias));
  tensors.push(...withBias(matrix('o_proj', hiddenSize, heads * valueHeadDim, ROW), mixer.outputBias));
  if (mixer.headGate === true) tensors.push(matrix('g_proj', heads, hiddenSize, COLUMN));
  if (mixer.qkNorm !== 'none') {
    const full = mixer.qkNorm === 'full_width';
    tensors.push(norm('q_norm', full ? heads * headDim : headDim));
    if (!mixer.sharesKvCache) tensors.push(norm('k_norm', full ? kvHeads * headDim : headDim));
  }
  if (mixer.sinks) tensors.push(vector('sinks', heads, COLUMN));
  if (mixer.scope === 'cross') tensors.push(vector('cross_attn_gates', 2, REPLICATED));
  if (mixer.indexer) {
    const { heads: indexHeads, keyHeads, headDim: indexDim } = mixer.indexer;
    tensors.push(
      matrix('indexer.q_proj', indexHeads * indexDim, hiddenSize, REPLICATED),
      matrix('indexer.k_proj', keyHeads * indexDim, hiddenSize, REPLICATED),
      norm('indexer.q_norm', indexDim),
      norm('indexer.k_norm', indexDim),
    );
  }
  return tensors;
}

/**
 * Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434, section 2.1). The down projections and their norms are
 * whole on every rank; the up projections are cut by heads. The sparse indexer (DeepSeek-V3.2) is replicated, its
 * key and head-weight projections stay in 16 bit.
 */
export function mlaTensors(mixer: MlaMixer, hiddenSize: number): readonly TensorSpec[] {
  const { heads, qLoraRank, kvLoraRank, qkNopeHeadDim, qkRopeHeadDim, vHeadDim, indexer } = mixer;
  const qWidth = heads * (qkNopeHeadDim + qkRopeHeadDim);
  const kvA = kvLoraRank + qkRopeHeadDim;
  const tensors: TensorSpec[] = [];
  if (qLoraRank === null) {
    tensors.push(matrix('q_proj', qWidth, hiddenSize, COLUMN), matrix('kv_a_proj_with_mqa', kvA, hiddenSize, REPLICATED));
  } else {
    const fused = { ...REPLICATED, fusedInto: 'fused_qkv_a_proj' } as const;
    tensors.push(
      matrix('q_a_proj', qLoraRank, hiddenSize, fused),
      matrix('kv_a_proj_with_mqa', kvA, hiddenSize, fused),
      norm('q_a_layernorm', qLoraRank),
      matrix('q_b_proj', qWidth, qLoraRank, COLUMN),
    );
  }
  tensors.push(
    norm('kv_a_layernorm', kvLoraRank),
    matrix('kv_b_proj', heads * (qkNopeHeadDim + vHeadDim), kvLoraRank, COLUMN),
    matrix('o_proj', hiddenSize, heads * vHeadDim, ROW),
  );
  if (mixer.outputGate === true) tensors.push(matrix('g_proj', heads * vHeadDim, hiddenSize, COLUMN));
  if (indexer) tensors.push(...latentIndexerTensors(indexer, hiddenSize, qLoraRank ?? hiddenSize));
  return tensors;
}

function latentIndexerTensors(
  indexer: { readonly heads: number; readonly headDim: number },
  hiddenSize: number,
  queryWidth: number,
): readonly TensorSpec[] {
  const sixteenBit = { ...REPLICATED, quantizable: false } as const;
  return [
    matrix('indexer.wq_b', indexer.heads * indexer.headDim, queryWidth, REPLICATED),
    matrix('indexer.wk', indexer.headDim, hiddenSize, sixteenBit),
    norm('indexer.k_norm', indexer.headDim),
    norm('indexer.k_norm.bias', indexer.headDim),
    matrix('indexer.weights_proj', indexer.heads, hiddenSize, sixteenBit),
  ];
}

/**
 * DeepSeek-V4 attention. A compressor with an indexer sees two overlapping windows, so its projections and position bias
 * are twice as wide (counts confirmed by the published totals of DeepSeek-V4-Flash and -Pro).
 */
export function compressedLatentTensors(mixer: CompressedLatentMixer, hiddenSize: number): readonly TensorSpec[] {
  const { heads, headDim, qLoraRank, outputGroups, outputLoraRank, compressRatio, indexer } = mixer;
  const fused = { ...REPLICATED, fusedInto: 'fused_wqa_wkv' } as const;
  const tensors: TensorSpec[] = [
    vector('sinks', heads, COLUMN),
    matrix('wq_a', qLoraRank, hiddenSize, fused),
    matrix('wkv', headDim, hiddenSize, fused),
    norm('q_norm', qLoraRank),
    matrix('wq_b', heads * headDim, qLoraRank, COLUMN),
    norm('kv_norm', headDim),
    matrix('wo_a', outputGroups * outputLoraRank, (heads * headDim) / outputGroups, COLUMN),
    matrix('wo_b', hiddenSize, outputGroups * outputLoraRank, ROW),
  ];
  if (compressRatio > 0) tensors.push(...compressorTensors('compressor', compressRatio, headDim, indexer !== null, hiddenSize));
  if (indexer) {
    tensors.push(
      ...compressorTensors('indexer.compressor', compressRatio, indexer.headDim, true, hiddenSize),
      matrix('indexer.wq_b', indexer.heads * indexer.headDim, qLoraRank, REPLICATED),
      matrix('indexer.weights_proj', indexer.heads, hiddenSize, { ...REPLICATED, quantizable: false }),
    );
  }
  return tensors;
}

function compressorTensors(prefix: string, ratio: number, width: number, overlapped: boolean, hiddenSize: number): readonly TensorSpec[] {
  const rows = width * (overlapped ? 2 : 1);
  return [
    vector(`${prefix}.position_bias`, ratio * rows, REPLICATED),
    matrix(`${prefix}.wkv_wgate`, 2 * rows, hiddenSize, { ...REPLICATED, quantizable: false }),
    norm(`${prefix}.norm`, width),
  ];
}
