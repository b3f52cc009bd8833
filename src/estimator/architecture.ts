import type { TensorSpec } from './tensors';

/**
 * What the estimator must know of a transformer: its layers by kind, never its name.
 * Sizes are element counts, lengths are tokens. Field names follow the Hugging Face configs they come from.
 */

/** Which earlier tokens a layer attends to, and so how much KV cache it keeps. */
export type AttentionScope = 'full' | 'sliding' | 'chunked' | 'encoder' | 'cross';

/** Multi-head, grouped-query or multi-query attention with separate K and V. */
export interface AttentionMixer {
  readonly kind: 'attention';
  readonly scope: AttentionScope;
  /** Tokens of the window (`sliding`) or chunk (`chunked`); null otherwise. */
  readonly window: number | null;
  readonly heads: number;
  readonly kvHeads: number;
  /** Head dimension of Q and K. */
  readonly headDim: number;
  readonly valueHeadDim: number;
  readonly qkvBias: boolean;
  readonly outputBias: boolean;
  /** Normalisation of Q and K: none, one weight per head dimension, or over the full projected width. */
  readonly qkNorm: 'none' | 'per_head' | 'full_width';
  /** Q projection doubled by an output gate (Qwen3-Next, Qwen3.5). */
  readonly outputGate: boolean;
  /** V is taken from K: no V projection stored (Gemma 4 global layers). */
  readonly keyIsValue: boolean;
  /** One learned sink per head (gpt-oss). */
  readonly sinks: boolean;
  /**
   * Reuses the KV cache of an earlier layer and stores none (Gemma 3n, Gemma 4 E-models, YOCO).
   * Checkpoints may still hold K and V projections for such a layer; they are not counted.
   */
  readonly sharesKvCache: boolean;
  /** One gate per head from the hidden state (Laguna). Absent means none. */
  readonly headGate?: boolean;
  /** Sparse-attention indexer beside grouped-query attention (MiniMax-M3, Qwen3.8-Flash-Next). Absent means none. */
  readonly indexer?: { readonly heads: number; readonly keyHeads: number; readonly headDim: number } | null;
}

/** Multi-head latent attention (DeepSeek V2 and later, Kimi K2, GLM-5). */
export interface MlaMixer {
  readonly kind: 'mla';
  readonly heads: number;
  /** null when Q has no low-rank projection (DeepSeek-V2-Lite). */
  readonly qLoraRank: number | null;
  readonly kvLoraRank: number;
  readonly qkNopeHeadDim: number;
  readonly qkRopeHeadDim: number;
  readonly vHeadDim: number;
  /** Sparse-attention indexer with its own K cache (DeepSeek V3.2, GLM-5). */
  readonly indexer: { readonly heads: number; readonly headDim: number; readonly topK: number } | null;
  /** The attention output is gated by a full-width projection (Kimi-K3). Absent means no gate. */
  readonly outputGate?: boolean;
}

/**
 * DeepSeek-V4 attention: one shared key-value latent of `headDim` per token, a low-rank Q, a grouped low-rank output, and a
 * compressor that keeps one latent per `compressRatio` tokens beside a sliding window of uncompressed ones.
 */
export interface CompressedLatentMixer {
  readonly kind: 'compressed_latent';
  readonly heads: number;
  readonly headDim: number;
  readonly qLoraRank: number;
  readonly outputGroups: number;
  readonly outputLoraRank: number;
  /** Tokens per compressed latent; 0 for layers with the sliding window only. */
  readonly compressRatio: number;
  /** Tokens of the uncompressed window. */
  readonly window: number;
  /** Indexer of the layers whose compressor is overlapped (ratio 4); null elsewhere. */
  readonly indexer: { readonly heads: number; readonly headDim: number; readonly topK: number } | null;
}

/** Gated delta net (Qwen3-Next, Qwen3.5) or Kimi delta attention: a constant-size state per request. */
export interface DeltaNetMixer {
  readonly kind: 'gated_delta_net' | 'kimi_delta_attention';
  readonly keyHeads: number;
  readonly valueHeads: number;
  readonly keyHeadDim: number;
  readonly valueHeadDim: number;
  readonly convKernel: number;
  /** Kimi delta attention only: the output gate has a full-rank projection (Kimi-K3) instead of a low-rank one. */
  readonly fullRankGate?: boolean;
}

/** Mamba-1 or Mamba-2 state-space mixer. */
export interface MambaMixer {
  readonly kind: 'mamba1' | 'mamba2';
  readonly intermediateSize: number;
  readonly stateSize: number;
  readonly convKernel: number;
  /** Mamba-2 only (0 for Mamba-1). */
  readonly heads: number;
  readonly headDim: number;
  readonly groups: number;
  /** Mamba-1 only: rank of the time-step projection. */
  readonly timeStepRank: number | null;
  readonly convBias: boolean;
  readonly projectionBias: boolean;
  /** Norms inside the mixer: on dt, B and C (Jamba), gated over the inner width (Mamba-2), or none. */
  readonly innerNorm: 'none' | 'dt_b_c' | 'gated';
}

/** Gated short convolution (LFM2). */
export interface ShortConvMixer {
  readonly kind: 'short_conv';
  readonly width: number;
  readonly convKernel: number;
  readonly bias: boolean;
}

/** Linear ("lightning") attention with a d x d state per head (MiniMax-01). */
export interface LightningMixer {
  readonly kind: 'lightning_attention';
  readonly heads: number;
  readonly headDim: number;
}

export type Mixer = AttentionMixer | MlaMixer | CompressedLatentMixer | DeltaNetMixer | MambaMixer | ShortConvMixer | LightningMixer;

/** Feed-forward block without experts. `gated` has gate, up and down matrices; otherwise up and down. */
export interface DenseMlp {
  readonly kind: 'dense';
  readonly intermediateSize: number;
  readonly gated: boolean;
  readonly bias: boolean;
}

/** Mixture of experts. */
export interface MoeMlp {
  readonly kind: 'moe';
  readonly experts: number;
  readonly expertsPerToken: number;
  readonly expertIntermediateSize: number;
  readonly gated: boolean;
  /** Width the experts work in when it is not the hidden size (latent MoE); null otherwise. */
  readonly expertHiddenSize: number | null;
  /** Total width of the shared experts; 0 when there are none. */
  readonly sharedIntermediateSize: number;
  readonly sharedExpertGate: boolean;
  readonly routerBias: boolean;
  /** Selection-bias buffer of one value per expert (DeepSeek-V3 and followers). */
  readonly correctionBias: boolean;
  readonly expertBias: boolean;
  /** Scale vectors of the router: one per hidden channel and one per expert (Gemma 4). Absent means none. */
  readonly routerScales?: boolean;
}

export type FeedForward = DenseMlp | MoeMlp;

/** One decoder layer. Parallel hybrids (Falcon-H1) have two mixers; Nemotron-H layers have a mixer or a feed-forward. */
export interface LayerKind {
  readonly mixers: readonly Mixer[];
  readonly feedForwards: readonly FeedForward[];
  /** Norm vectors of the hidden size in this layer (2 in Llama, 4 in Gemma 2/3). */
  readonly norms: number;
  /** Parameters of this layer that no other field counts (per-layer embeddings, hyper-connections …), replicated over TP. */
  readonly otherParameters: number;
}

/** Vision or audio encoder of a multimodal model. */
export interface EncoderTower {
  readonly modality: 'image' | 'audio';
  readonly modelType: string;
  /** All parameters of the tower and its projector. */
  readonly parameters: number;
  /** The tensors of tower and projector; they add up to `parameters`. One replicated vector where only the total is known. */
  readonly tensors: readonly TensorSpec[];
  readonly layers: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly heads: number;
  /** Pixels per patch side; null for audio. */
  readonly patchSize: number | null;
  /** Patches merged per side before the language model (2 for Qwen-VL); null when unknown. */
  readonly spatialMerge: number | null;
  /** Patches behind one token of the language model: what a pixel shuffle or a merger joins; 1 where nothing does. */
  readonly patchesPerToken: number;
  /** Fixed input side in pixels; null for native resolution. */
  readonly imageSize: number | null;
  /** Language-model tokens of the largest single item; null when it depends on limits we do not know. */
  readonly maxTokensPerItem: number | null;
}

/** Multi-token-prediction heads stored in the checkpoint. */
export interface MtpHeads {
  readonly layers: number;
  /** All MTP modules together, with their own embedding and head where they store them; null when the rule is unknown. */
  readonly parameters: number | null;
  readonly sharesEmbedding: boolean;
  /** The decoder layer inside one MTP module; null when it is not known. */
  readonly kind: LayerKind | null;
}

/** Per-layer token embeddings mixed into every layer (Gemma 3n, Gemma 4 E-models). */
export interface PerLayerInputs {
  /** Rows of the per-layer table. */
  readonly vocabSize: number;
  /** Width per layer. */
  readonly width: number;
}

export interface RopeTables {
  /** Rows of the cos/sin table of each distinct rope in the model (max_position_embeddings x factor where scaled). */
  readonly lengths: readonly number[];
  /** Rotary dimensions of each table, as `lengths`. */
  readonly dims: readonly number[];
}

export interface Architecture {
  /** `model_type` of the text config. */
  readonly modelType: string;
  /** `architectures` of the checkpoint's config. */
  readonly architectures: readonly string[];
  /** `pooling` for embedding, reranking and reward models. */
  readonly task: 'generate' | 'pooling';
  readonly hiddenSize: number;
  readonly vocabSize: number;
  /** The distinct kinds of layer. */
  readonly layerKinds: readonly LayerKind[];
  /** For each layer in order, its index into `layerKinds`. */
  readonly layout: readonly number[];
  readonly tieWordEmbeddings: boolean;
  /** False for pooling models without a language-model head. */
  readonly lmHead: boolean;
  readonly lmHeadBias: boolean;
  readonly normKind: 'rms' | 'layer' | 'layer_no_bias' | 'none';
  /** False where nothing normalises the last hidden state (encoders, hyper-connection mixers). Absent means there is a final norm. */
  readonly finalNorm?: boolean;
  /** Learned position table: number of rows; 0 for rope models. */
  readonly learnedPositions: number;
  /** Per-layer embeddings; absent or null for models without. */
  readonly perLayerInputs?: PerLayerInputs | null;
  /** Parameters outside the layers that no other field counts (n-gram tables, embedding norms …). */
  readonly otherParameters: number;
  readonly towers: readonly EncoderTower[];
  readonly mtp: MtpHeads | null;
  /** Longest context by the config, before any override; null when no field says so. */
  readonly maxPositionEmbeddings: number | null;
  readonly rope: RopeTables;
  /** 16- or 32-bit type in which the checkpoint stores unquantized weights. */
  readonly dtype: 'bfloat16' | 'float16' | 'float32';
  /** The model config asks for fp32 recurrent state (Qwen3.5, Nemotron-H). */
  readonly recurrentStateDtype: 'model' | 'float32';
  /** True when attention logits are soft-capped (Gemma 2), which limits the usable attention back ends. */
  readonly softcap: boolean;
}

/** What the checkpoint's own `quantization_config` says; the rest is the method's rule. */
export interface CheckpointQuantization {
  /** `quant_method` as vLLM names it (gptq, awq, fp8, compressed-tensors, modelopt_fp4, mxfp4, bitsandbytes, gguf …). */
  readonly method: string;
  /** Bits per quantized weight. */
  readonly bits: number;
  /** Elements per scale along the input dimension; -1 for per channel, 0 for per tensor, null for unknown. */
  readonly groupSize: number | null;
  /** `[n, k]` of block-wise fp8; null otherwise. */
  readonly blockSize: readonly [number, number] | null;
  readonly symmetric: boolean;
  readonly actOrder: boolean;
  /** int | float: number kind of the quantized weight. */
  readonly type: 'int' | 'float';
  /** Module names or patterns the checkpoint leaves in 16 bit. */
  readonly ignored: readonly string[];
  /** Only expert matrices are quantized (gpt-oss mxfp4). */
  readonly expertsOnly: boolean;
  readonly lmHeadQuantized: boolean;
  /** KV-cache algorithm stored in the checkpoint (`fp8`), or null. */
  readonly kvCacheScheme: string | null;
  /** GGUF file type (`Q4_K_M`), or null. */
  readonly ggufType: string | null;
  /** Double quantization of bitsandbytes nf4. */
  readonly doubleQuant: boolean;
  /** Where this comes from: the config itself, or only the repository's name. */
  readonly basis: 'config' | 'name';
}

/** A checkpoint format of which nothing but method and bits is known; callers replace what they know. */
export function plainQuantization(method: string, bits: number, basis: CheckpointQuantization['basis']): CheckpointQuantization {
  return {
    method,
    bits,
    groupSize: null,
    blockSize: null,
    symmetric: true,
    actOrder: false,
    type: 'int',
    ignored: [],
    expertsOnly: false,
    lmHeadQuantized: false,
    kvCacheScheme: null,
    ggufType: null,
    doubleQuant: false,
    basis,
  };
}

/**
 * DeepSeek V4 states fp8 for checkpoints whose experts are MXFP4 (vLLM's `deepseek_v4_fp8`): 805.34 GiB for 1,573 billion parameters, 155.43 for
 * 284 billion.
 */
export function storesExpertsInFourBit({ architecture, quantization }: Pick<Model, 'architecture' | 'quantization'>): boolean {
  return architecture.modelType === 'deepseek_v4' && quantization?.method === 'fp8';
}

/** How far a guessed size may be from the truth, as factors of the guess. */
export type Factors = readonly [low: number, high: number];

/** What is not known of a model whose sizes are guessed from its name. */
export interface SizeDoubt {
  readonly parameters: Factors;
  readonly kvBytesPerToken: Factors;
  readonly vocabulary: Factors;
}

/** One model as the estimator sees it: architecture, checkpoint format and what is known exactly. */
export interface Model {
  readonly architecture: Architecture;
  readonly quantization: CheckpointQuantization | null;
  /** Exact bytes by tensor group from weight headers; null when only computed. */
  readonly exactBytes: ReadonlyMap<string, number> | null;
  /** Absent where the architecture is known. */
  readonly doubt?: SizeDoubt;
}

/** The layer kinds in order, one entry per layer. */
export function layersOf(architecture: Architecture): readonly LayerKind[] {
  return architecture.layout.map((index) => {
    const kind = architecture.layerKinds[index];
    if (!kind) throw new RangeError(`layout names layer kind ${index}, of ${architecture.layerKinds.length}`);
    return kind;
  });
}
