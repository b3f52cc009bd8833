import type { DeltaNetMixer, LightningMixer, MambaMixer, ShortConvMixer } from '../architecture';
import type { TensorSpec } from '../tensors';
import { matrix, norm, vector, withBias } from './specs';

const REPLICATED = { group: 'ssm', sharding: 'replicated' } as const;
const COLUMN = { group: 'ssm', sharding: 'column' } as const;
const ROW = { group: 'ssm', sharding: 'row' } as const;

/** A depthwise convolution's weight: one kernel per channel, cut by channels, never quantized. */
function convolution(name: string, channels: number, kernel: number): TensorSpec {
  return matrix(name, channels, kernel, { ...COLUMN, quantizable: false });
}

/** Gated delta net (Yang et al. 2024, arXiv 2412.06464) as Qwen3-Next stores it, or Kimi delta attention (Kimi Linear, arXiv 2510.26692). */
export function deltaNetTensors(mixer: DeltaNetMixer, hiddenSize: number): readonly TensorSpec[] {
  return mixer.kind === 'gated_delta_net' ? gatedDeltaNetTensors(mixer, hiddenSize) : kimiDeltaTensors(mixer, hiddenSize);
}

function gatedDeltaNetTensors(mixer: DeltaNetMixer, hiddenSize: number): readonly TensorSpec[] {
  const keyWidth = mixer.keyHeads * mixer.keyHeadDim;
  const valueWidth = mixer.valueHeads * mixer.valueHeadDim;
  const qkvz = { ...COLUMN, fusedInto: 'in_proj_qkvz' } as const;
  return [
    matrix('in_proj_qkv', 2 * keyWidth + valueWidth, hiddenSize, qkvz),
    matrix('in_proj_z', valueWidth, hiddenSize, qkvz),
    matrix('in_proj_ba', 2 * mixer.valueHeads, hiddenSize, COLUMN),
    convolution('conv1d', 2 * keyWidth + valueWidth, mixer.convKernel),
    vector('dt_bias', mixer.valueHeads, COLUMN),
    vector('A_log', mixer.valueHeads, { ...COLUMN, fp32: true }),
    norm('norm', mixer.valueHeadDim),
    matrix('out_proj', hiddenSize, valueWidth, ROW),
  ];
}

function kimiDeltaTensors(mixer: DeltaNetMixer, hiddenSize: number): readonly TensorSpec[] {
  const { valueHeads: heads, valueHeadDim: headDim, convKernel } = mixer;
  const width = heads * headDim;
  const fullRank = mixer.fullRankGate === true;
  const parts = ['q', 'k', 'v'];
  return [
    ...parts.map((part) => matrix(`${part}_proj`, width, hiddenSize, COLUMN)),
    matrix('f_a_proj', headDim, hiddenSize, REPLICATED),
    matrix('f_b_proj', width, headDim, COLUMN),
    vector('dt_bias', width, { ...COLUMN, fp32: true }),
    matrix('b_proj', heads, hiddenSize, COLUMN),
    ...parts.map((part) => convolution(`${part}_conv1d`, width, convKernel)),
    // Kimi-K3, the model with the full-rank gate, stores one A_log entry per head channel, not per head: its published F32 element count says so.
    vector('A_log', fullRank ? headDim : heads, { ...COLUMN, fp32: true }),
    ...(fullRank
      ? [matrix('g_proj', width, hiddenSize, COLUMN)]
      : [matrix('g_a_proj', headDim, hiddenSize, REPLICATED), matrix('g_b_proj', width, headDim, COLUMN)]),
    norm('o_norm', headDim),
    matrix('o_proj', hiddenSize, width, ROW),
  ];
}

/** Mamba-1 (arXiv 2312.00752) or Mamba-2 (arXiv 2405.21060) mixer. */
export function mambaTensors(mixer: MambaMixer, hiddenSize: number): readonly TensorSpec[] {
  return mixer.kind === 'mamba1' ? mamba1Tensors(mixer, hiddenSize) : mamba2Tensors(mixer, hiddenSize);
}

function mamba1Tensors(mixer: MambaMixer, hiddenSize: number): readonly TensorSpec[] {
  const { intermediateSize: inner, stateSize, convKernel } = mixer;
  const rank = mixer.timeStepRank ?? 0;
  return [
    ...withBias(convolution('conv1d', inner, convKernel), mixer.convBias),
    ...withBias(matrix('in_proj', 2 * inner, hiddenSize, COLUMN), mixer.projectionBias),
    matrix('x_proj', rank + 2 * stateSize, inner, ROW),
    ...withBias(matrix('dt_proj', inner, rank, COLUMN), true),
    matrix('A_log', inner, stateSize, { ...COLUMN, quantizable: false }),
    vector('D', inner, COLUMN),
    ...withBias(matrix('out_proj', hiddenSize, inner, ROW), mixer.projectionBias),
    ...(mixer.innerNorm === 'dt_b_c' ? [norm('dt_layernorm', rank), norm('b_layernorm', stateSize), norm('c_layernorm', stateSize)] : []),
  ].map((tensor) => (tensor.name === 'A_log' ? { ...tensor, fp32: true } : tensor));
}

/** B and C are shared by the heads of a group: beyond one group per rank the groups are repeated. */
function mamba2Tensors(mixer: MambaMixer, hiddenSize: number): readonly TensorSpec[] {
  const { intermediateSize: inner, stateSize, convKernel, heads, groups } = mixer;
  const states = 2 * groups * stateSize;
  const grouped = { group: 'ssm', sharding: 'kv', heads: groups } as const;
  const conv = { quantizable: false, fusedInto: 'conv1d' } as const;
  const projection = { fusedInto: 'in_proj' } as const;
  return [
    ...withBias(matrix('conv1d.x', inner, convKernel, { ...COLUMN, ...conv }), mixer.convBias),
    ...withBias(matrix('conv1d.bc', states, convKernel, { ...grouped, ...conv }), mixer.convBias),
    ...withBias(matrix('in_proj.zx', 2 * inner, hiddenSize, { ...COLUMN, ...projection }), mixer.projectionBias),
    ...withBias(matrix('in_proj.bc', states, hiddenSize, { ...grouped, ...projection }), mixer.projectionBias),
    ...withBias(matrix('in_proj.dt', heads, hiddenSize, { ...COLUMN, ...projection }), mixer.projectionBias),
    vector('A_log', heads, { ...COLUMN, fp32: true }),
    vector('D', heads, COLUMN),
    vector('dt_bias', heads, COLUMN),
    ...withBias(matrix('out_proj', hiddenSize, inner, ROW), mixer.projectionBias),
    ...(mixer.innerNorm === 'gated' ? [vector('norm', inner, COLUMN)] : []),
  ];
}

/** Gated short convolution of LFM2: in_proj `[3W, H]`, a depthwise kernel, out_proj `[H, W]`. */
export function shortConvTensors(mixer: ShortConvMixer, hiddenSize: number): readonly TensorSpec[] {
  return [
    ...withBias(convolution('conv', mixer.width, mixer.convKernel), mixer.bias),
    ...withBias(matrix('in_proj', 3 * mixer.width, hiddenSize, COLUMN), mixer.bias),
    ...withBias(matrix('out_proj', hiddenSize, mixer.width, ROW), mixer.bias),
  ];
}

/** Lightning attention of MiniMax-01 (arXiv 2501.08313): q, k, v, an output gate and an output projection of the full inner width. */
export function lightningTensors(mixer: LightningMixer, hiddenSize: number): readonly TensorSpec[] {
  const width = mixer.heads * mixer.headDim;
  return [
    matrix('qkv_proj', 3 * width, hiddenSize, COLUMN),
    matrix('output_gate', width, hiddenSize, COLUMN),
    matrix('out_proj', hiddenSize, width, ROW),
    vector('norm', width, COLUMN),
  ];
}
