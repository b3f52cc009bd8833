import type { FrameworkName } from '../contracts/finetuning';

/**
 * How the loss treats the logits; the bytes per logit of each are in {@link TrainingConstants}. Megatron's is compact: its fused cross-entropy
 * (`--cross-entropy-loss-fusion`) works in place on logits that are there in full, and there is no chunked one.
 */
export type LossKind = 'upcast' | 'upcast_outputs' | 'upcast_unknown' | 'compact' | 'compiled' | 'chunked' | 'fused';

/** Softmax of attention without flash attention: in fp32 step by step, or one 16-bit kernel with scale and mask (Megatron's masked softmax fusion). */
export type SoftmaxKind = 'upcast' | 'fused';

/** How many intermediate tensors the layers' kernels leave for the backward pass. */
export type KernelClass = 'eager' | 'compiled' | 'fused';

/** What a framework does where the request is silent. */
export interface FrameworkFacts {
  /** Unquantized tensors of a 4- or 8-bit base are cast to fp32 (PEFT `prepare_model_for_kbit_training`). */
  readonly castsToFp32: boolean;
  /** Bytes of an adapter's weights: 4 with PEFT's `autocast_adapter_dtype`, 2 where adapters follow the base. */
  readonly adapterBytes: 2 | 4;
  /** fp32 master weights in full fine-tuning: never, when the optimizer is sharded (DeepSpeed takes over), or always. */
  readonly masterWeights: 'never' | 'sharded' | 'always';
  /** Where fp32 weights live: beside 16-bit ones, or instead of them, cast while they are gathered (FSDP mixed precision). */
  readonly mastersReplaceWeights: boolean;
  /** Gradients accumulate in fp32 when there are master weights. */
  readonly fp32Gradients: boolean;
  readonly loss: LossKind;
  readonly kernels: KernelClass;
  readonly softmax: SoftmaxKind;
  /** Attention never holds its scores, whatever a request says: torchtune and LitGPT call torch's `scaled_dot_product_attention` and nothing else. */
  readonly alwaysFusesAttention: boolean;
  /** Gather and reduce buckets of a fixed size instead of layer by layer. */
  readonly fixedBuckets: boolean;
  /** FSDP gathers the model as one unit instead of layer by layer. */
  readonly gathersWholeModel: boolean;
  /** Embedding and head are one unit, FSDP's root, instead of one each (DeepSpeed's modules, torchtune's custom_sharded_layers). */
  readonly gathersTablesTogether: boolean;
  /** With a pipeline, FSDP keeps each stage's weights and gradients whole between micro batches instead of gathering them again. */
  readonly wholeStages: boolean;
  /** Gradients have buffers of their own from the start: Megatron's `main_grad`. */
  readonly persistentGradients: boolean;
  /** The head has a weight of its own even where the model ties it to the embedding (LitGPT's checkpoints store both). */
  readonly untiesHead: boolean;
  /** The update runs in one kernel without copies of the parameters. */
  readonly fusedUpdate: boolean;
}

const HUGGING_FACE: FrameworkFacts = {
  castsToFp32: true,
  adapterBytes: 4,
  masterWeights: 'sharded',
  mastersReplaceWeights: false,
  fp32Gradients: false,
  loss: 'upcast',
  kernels: 'eager',
  softmax: 'upcast',
  alwaysFusesAttention: false,
  fixedBuckets: true,
  gathersWholeModel: false,
  gathersTablesTogether: false,
  wholeStages: false,
  persistentGradients: false,
  untiesHead: false,
  fusedUpdate: false,
};

/** Own recipes of pure-PyTorch frameworks: 16-bit weights, gradients and states, chunked cross-entropy. */
const PURE_16_BIT: FrameworkFacts = {
  castsToFp32: false,
  adapterBytes: 2,
  masterWeights: 'never',
  mastersReplaceWeights: true,
  fp32Gradients: false,
  loss: 'chunked',
  kernels: 'eager',
  softmax: 'upcast',
  alwaysFusesAttention: false,
  fixedBuckets: false,
  gathersWholeModel: false,
  gathersTablesTogether: false,
  wholeStages: false,
  persistentGradients: false,
  untiesHead: false,
  fusedUpdate: true,
};

/** Read from the frameworks' documentation and recipes: PEFT 0.19, torchtune 0.4-0.6, litgpt of 2023-10 and 2024, torchtitan 2024-12, Megatron-Core, DeepSpeed 0.12. */
export const FRAMEWORK_FACTS: Readonly<Record<FrameworkName, FrameworkFacts>> = {
  peft: HUGGING_FACE,
  trl: HUGGING_FACE,
  llama_factory: HUGGING_FACE,
  axolotl: HUGGING_FACE,
  ms_swift: { ...HUGGING_FACE, loss: 'upcast_unknown' },
  deepspeed: { ...HUGGING_FACE, masterWeights: 'always', loss: 'upcast_unknown' },
  unsloth: { ...HUGGING_FACE, castsToFp32: false, loss: 'fused', kernels: 'fused' },
  torchtune: { ...PURE_16_BIT, alwaysFusesAttention: true },
  litgpt: { ...PURE_16_BIT, alwaysFusesAttention: true, gathersWholeModel: true, untiesHead: true, fusedUpdate: false },
  fsdp: { ...PURE_16_BIT, gathersTablesTogether: true, wholeStages: true, masterWeights: 'always', fp32Gradients: true, loss: 'upcast' },
  pytorch: { ...PURE_16_BIT, loss: 'upcast', fusedUpdate: false },
  megatron: {
    castsToFp32: false,
    adapterBytes: 2,
    masterWeights: 'always',
    mastersReplaceWeights: false,
    fp32Gradients: true,
    loss: 'compact',
    kernels: 'fused',
    softmax: 'fused',
    alwaysFusesAttention: false,
    fixedBuckets: false,
    gathersWholeModel: false,
    gathersTablesTogether: false,
    wholeStages: false,
    persistentGradients: true,
    untiesHead: false,
    fusedUpdate: true,
  },
};
