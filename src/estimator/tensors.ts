import type { Architecture, LayerKind } from './architecture';

/** Parameter groups of the catalogue's breakdown. */
export type ParameterGroup =
  | 'embed'
  | 'lm_head'
  | 'attention'
  | 'mlp'
  | 'experts'
  | 'shared_experts'
  | 'router'
  | 'norm'
  | 'ssm'
  | 'per_layer_embed'
  | 'vision'
  | 'audio'
  | 'mtp'
  | 'other';

/**
 * How tensor parallelism cuts a matrix:
 * column - output rows divided; row - input columns divided; vocab - rows padded to 64, then divided;
 * kv - output rows divided by min(tp, kvHeads), heads replicated beyond; expert - as column/row inside each expert, or whole experts under EP;
 * replicated - full copy on every rank.
 */
export type Sharding = 'column' | 'row' | 'vocab' | 'kv' | 'expert' | 'replicated';

/**
 * One stored tensor (or `copies` equal ones) as the checkpoint names it, unfused and unsharded.
 * A matrix is `[outFeatures, inFeatures]`; a vector has `inFeatures` 1.
 */
export interface TensorSpec {
  /** Last part of the module name: q_proj, gate_proj, embed_tokens … */
  readonly name: string;
  readonly group: ParameterGroup;
  readonly outFeatures: number;
  readonly inFeatures: number;
  readonly copies: number;
  readonly sharding: Sharding;
  /** For `expert`: which dimension is cut without EP. A vector with `row` (a bias of the down projection) stays whole. */
  readonly expertCut?: 'column' | 'row';
  /** For `kv`: how many heads (or Mamba-2 groups) the rows hold; a rank stores `rows / min(tp, heads)`. */
  readonly heads?: number;
  /** Name of the merged parameter a server allocates (qkv_proj, gate_up_proj …), unique within its layer; absent when it stands alone. */
  readonly fusedInto?: string;
  /** A linear layer's weight that quantization methods may quantize by default. Embedding and lm_head are not: their method must say so. */
  readonly quantizable: boolean;
  /** Experts that stand beside the layer's dense MLP (Gemma 4) and not in its place. */
  readonly besideMlp?: boolean;
  /** Stored in fp32 whatever the model's dtype. */
  readonly fp32?: boolean;
}

/** Total elements of tensors. */
export function countElements(tensors: readonly TensorSpec[]): number {
  return tensors.reduce((sum, t) => sum + t.outFeatures * t.inFeatures * t.copies, 0);
}

export type { Architecture, LayerKind };
