import type { DeltaNetMixer, LightningMixer, MambaMixer, Mixer, ShortConvMixer } from './architecture';
import { ceilDiv } from './units';

/** How a rank stores the states of recurrent layers. */
export interface RecurrentStateFormat {
  readonly tensorParallel: number;
  /** Bytes of one element of recurrent state. */
  readonly stateBytes: number;
  /** Bytes of one element of convolution state. */
  readonly convBytes: number;
  /** Speculative tokens per step, which lengthen convolution states. */
  readonly speculativeTokens: number;
}

/** Mixers that keep a state of constant size in place of a KV cache. */
export type RecurrentMixer = DeltaNetMixer | MambaMixer | ShortConvMixer | LightningMixer;

export function isRecurrent(mixer: Mixer): mixer is RecurrentMixer {
  return mixer.kind !== 'attention' && mixer.kind !== 'mla' && mixer.kind !== 'compressed_latent';
}

/**
 * Bytes of one request's recurrent state in one layer on one GPU: convolution part plus temporal part
 * (vllm/model_executor/layers/mamba/mamba_utils.py, MambaStateShapeCalculator).
 */
export function recurrentStateBytes(mixer: RecurrentMixer, format: RecurrentStateFormat): number {
  const tp = format.tensorParallel;
  const conv = (width: number, kernel: number): number => (width / tp) * (kernel - 1 + format.speculativeTokens) * format.convBytes;
  switch (mixer.kind) {
    case 'gated_delta_net': {
      const width = 2 * mixer.keyHeads * mixer.keyHeadDim + mixer.valueHeads * mixer.valueHeadDim;
      return conv(width, mixer.convKernel) + (mixer.valueHeads / tp) * mixer.valueHeadDim * mixer.keyHeadDim * format.stateBytes;
    }
    case 'kimi_delta_attention': {
      const width = mixer.valueHeads * mixer.valueHeadDim;
      // Kimi delta attention keeps its state in fp32.
      return conv(3 * width, mixer.convKernel) + (mixer.valueHeads / tp) * mixer.valueHeadDim * mixer.keyHeadDim * 4;
    }
    case 'mamba1':
      return (
        (mixer.intermediateSize / tp) * (mixer.convKernel - 1) * format.convBytes +
        (mixer.intermediateSize / tp) * mixer.stateSize * format.stateBytes
      );
    case 'mamba2': {
      // Groups that do not divide by the ranks are replicated up to one per rank.
      const groups = mixer.groups % tp === 0 ? mixer.groups : ceilDiv(mixer.groups, tp) * tp;
      const width = mixer.intermediateSize + 2 * groups * mixer.stateSize;
      return conv(width, mixer.convKernel) + (mixer.heads / tp) * mixer.headDim * mixer.stateSize * format.stateBytes;
    }
    case 'short_conv':
      return (mixer.width / tp) * (mixer.convKernel - 1) * format.convBytes;
    case 'lightning_attention':
      return (mixer.heads / tp) * mixer.headDim * mixer.headDim * 4;
  }
}
