import type { JsonObject } from '../../src/models/config/fields';

/** Width, feed-forward, layers, heads and KV heads of a decoder. */
export type DecoderSizes = readonly [hidden: number, intermediate: number, layers: number, heads: number, kvHeads: number];

/** A decoder in 16 bit whose embedding and head are not tied unless `more` says so. */
export const decoder = (
  type: string,
  [hidden, intermediate, layers, heads, kvHeads]: DecoderSizes,
  [vocab, positions]: readonly [vocab: number, positions: number],
  more: JsonObject = {},
): JsonObject => ({
  model_type: type,
  hidden_size: hidden,
  intermediate_size: intermediate,
  num_hidden_layers: layers,
  num_attention_heads: heads,
  num_key_value_heads: kvHeads,
  vocab_size: vocab,
  max_position_embeddings: positions,
  tie_word_embeddings: false,
  torch_dtype: 'bfloat16',
  ...more,
});

export const withClass = (architecture: string, config: JsonObject): JsonObject => ({ architectures: [architecture], ...config });

/** Routed experts of `width`, after `firstDense` dense layers, beside shared ones of the total width `shared`. */
export const experts = (count: number, perToken: number, width: number, firstDense: number, shared: number): JsonObject => ({
  num_experts: count,
  num_experts_per_tok: perToken,
  moe_intermediate_size: width,
  first_k_dense_replace: firstDense,
  ...(shared > 0 ? { shared_expert_intermediate_size: shared } : {}),
});

/** A language model behind towers. */
export const behind = (architecture: string, type: string, text: JsonObject, more: JsonObject): JsonObject =>
  withClass(architecture, { model_type: type, text_config: text, torch_dtype: 'bfloat16', ...more });

export const qwen25 = (sizes: DecoderSizes, vocab: number): JsonObject => decoder('qwen2', sizes, [vocab, 32768]);
export const qwen3 = (sizes: DecoderSizes, vocab: number): JsonObject => decoder('qwen3', sizes, [vocab, 40960], { head_dim: 128 });

/** Ling 2.0 and Ring 2.0. */
export const bailing = (sizes: DecoderSizes, mixture: JsonObject, positions: number): JsonObject =>
  withClass('BailingMoeV2ForCausalLM', decoder('bailing_moe', sizes, [157184, positions], { head_dim: 128, ...mixture }));

/** Command A and its smaller kin: three layers with a window to one without. */
export const cohere2 = (sizes: DecoderSizes, positions: number): JsonObject =>
  decoder('cohere2', sizes, [256000, positions], {
    head_dim: 128,
    sliding_window: 4096,
    sliding_window_pattern: 4,
    tie_word_embeddings: true,
  });

/** SigLIP so400m, at a patch size and a resolution. */
export const siglipSo400m = (patch: number, image: number): JsonObject => ({
  model_type: 'siglip_vision_model',
  hidden_size: 1152,
  intermediate_size: 4304,
  num_attention_heads: 16,
  num_hidden_layers: 27,
  patch_size: patch,
  image_size: image,
});

/** InternViT-6B-448px: RMSNorm, also of queries and keys, no biases on them. */
export const INTERN_VIT_6B: JsonObject = {
  model_type: 'intern_vit_6b',
  hidden_size: 3200,
  image_size: 448,
  intermediate_size: 12800,
  norm_type: 'rms_norm',
  num_attention_heads: 25,
  num_hidden_layers: 45,
  patch_size: 14,
  qk_normalization: true,
  qkv_bias: false,
};

/** Parameters of SigLIP so400m at 980 pixels without its pooling head: patches, 70 x 70 positions, 27 layers, the last norm. */
const SIGLIP_980 = 1152 * (3 * 14 * 14 + 1) + 1152 * 70 * 70 + 27 * 15_239_504 + 2 * 1152;

/**
 * MiniCPM-V's tower and its resampler: 64 queries that attend to the patches, brought to `hidden` (resampler.py of MiniCPM-V-2.6, of which
 * tower and language model are the 8,099,175,152 parameters that its checkpoint holds).
 */
export const miniCpmTower = (hidden: number): number =>
  SIGLIP_980 + (64 + 1152) * hidden + 4 * (hidden * hidden + hidden) + 6 * hidden + hidden * hidden;

/**
 * DeepSeek-VL2's tower, SigLIP at 384 pixels with its attention pool, which vLLM's timm model keeps, and the projector from four patches
 * with its two separators; of the tiny model these are the 435,767,360 that its checkpoint holds beside the language model.
 */
export const deepseekVl2Tower = (hidden: number): number => 428_225_600 + (4 * 1152 + 1) * hidden + (hidden + 1) * hidden + 2 * hidden;
