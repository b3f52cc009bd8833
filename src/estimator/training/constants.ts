import type { KernelClass, LossKind, SoftmaxKind } from './frameworks';

/** Bytes that one kernel class keeps for the backward pass, per element of each kind of tensor, with 2-byte activations. */
export interface KernelBytes {
  /** RMSNorm. */
  readonly norm: number;
  readonly layerNorm: number;
  readonly mixer: number;
  readonly feedForward: number;
}

/** The figures of the memory model that are measured rather than derived. */
export interface TrainingConstants {
  readonly kernels: Readonly<Record<KernelClass, KernelBytes>>;
  /** Bytes of one attention score per head and pair of tokens that a layer keeps without flash attention, and that its backward pass needs. */
  readonly score: Readonly<Record<SoftmaxKind, number>>;
  readonly scoreWorking: Readonly<Record<SoftmaxKind, number>>;
  /** Bytes that a quantized linear layer keeps per element of its input and output. */
  readonly quantizedLinear: number;
  /** Bytes per adapted input element that an adapter keeps. */
  readonly adapterInput: number;
  /** Bytes per logit at the peak of the loss. */
  readonly logit: Readonly<Record<LossKind, number>>;
  /** Share of the matrix products' outputs that selective checkpointing keeps. */
  readonly selectiveShare: number;
  /** Extra of a layer's activations that its backward pass holds as gradients. */
  readonly backwardWork: number;
  /** GiB of library workspaces inside torch's allocated memory. */
  readonly workspaceGib: number;
  /** Reserved over allocated: cached blocks, as a share of activations and logits. */
  readonly slackOfDynamic: number;
  /** The same, as a share of weights and states. */
  readonly slackOfStatic: number;
  /** GiB of CUDA context and libraries that only nvidia-smi sees. */
  readonly contextGib: number;
  /** Longest sample of a run over its mean. */
  readonly longestOverMean: number;
  /** Half-width of the range before it is scaled: shares of the states, of activations and logits, and of buffers, and GiB of the rest. */
  readonly spreadOfStates: number;
  readonly spreadOfDynamic: number;
  readonly spreadGib: number;
  readonly spreadOfBuffers: number;
  /** Scale of the half-width above the value: recorded runs exceed an estimate further than they undercut it. */
  readonly spreadAbove: number;
  /** Scale of both half-widths for several GPUs, where the lengths of the samples are known and where they are not. */
  readonly spreadOfSeveral: number;
  readonly spreadOfSeveralUnknown: number;
}

/**
 * Fitted to the recorded runs of test/fixtures/measured/finetune.jsonl (benchmark/accuracyTraining.ts), starting from what the tensors of a
 * layer and of the loss come to when they are counted:
 *
 * - an eager RMSNorm keeps its input in fp32 and its output in 16 bits (6 bytes), a fused one its input and output; Q, K, V and the
 *   attention's output are kept once (2); a gated MLP keeps gate, up, the activation and the product of both (4 per input-side element),
 *   a fused one recomputes the last two;
 * - a score costs 5 bytes (Qwen-7B, eager, 2048 tokens) when kept, and the softmax's backward pass in fp32 about 20 more; a softmax fused
 *   with its mask in 16 bits keeps its output before and after dropout (2 + 2) and needs the gradients of both (2 + 2);
 * - a logit costs 2 + 4 + 4 + 2 bytes upcast once, about 30 with the shifted copies of transformers before 4.45, 4 in chunks, and 0.44
 *   fused (Liger's own benchmark on an A100);
 * - reserved memory exceeds allocated by 1.10 (PEFT's method comparison), and the CUDA context takes 0.3 GB (lazy loading, since
 *   CUDA 11.7) to 1.3 GiB (V100, CUDA 11.2).
 */
export const TRAINING_CONSTANTS: TrainingConstants = {
  kernels: {
    eager: { norm: 5.2, layerNorm: 3, mixer: 2.1, feedForward: 4 },
    compiled: { norm: 4.2, layerNorm: 3, mixer: 2, feedForward: 2.8 },
    fused: { norm: 3.8, layerNorm: 3, mixer: 2, feedForward: 2.8 },
  },
  score: { upcast: 5, fused: 4 },
  scoreWorking: { upcast: 23, fused: 4 },
  quantizedLinear: 1.1,
  adapterInput: 2,
  logit: { upcast: 12, upcast_outputs: 33, upcast_unknown: 23, compact: 12, compiled: 11, chunked: 4, fused: 0.5 },
  selectiveShare: 0.65,
  backwardWork: 0.8,
  workspaceGib: 0.17,
  slackOfDynamic: 0.11,
  slackOfStatic: 0.023,
  contextGib: 1.2,
  longestOverMean: 3,
  spreadOfStates: 0.15,
  spreadOfDynamic: 0.5,
  spreadGib: 1,
  spreadOfBuffers: 0.3,
  spreadAbove: 1.7,
  spreadOfSeveral: 1.1,
  spreadOfSeveralUnknown: 1.9,
};
