import { matrix, vector, withBias } from '../../estimator/parameters/specs';
import type { TensorSpec } from '../../estimator/tensors';

/** Sizes every vision tower is built from. */
export interface VisionSizes {
  /** Width of the tower's blocks. */
  readonly width: number;
  readonly layers: number;
  readonly intermediateSize: number;
  readonly heads: number;
  /** Pixels per patch side. */
  readonly patch: number;
  /** Frames per patch (2 in the Qwen-VL towers, 1 elsewhere). */
  readonly temporalPatch: number;
  /** Patches merged per side. */
  readonly merge: number;
  /** Rows of a learned position table; 0 without. */
  readonly positions: number;
  /** Width handed to the language model. */
  readonly outputWidth: number;
}

const COLUMN = { group: 'vision', sharding: 'column' } as const;
const ROW = { group: 'vision', sharding: 'row' } as const;
const WHOLE = { group: 'vision', sharding: 'replicated' } as const;

function whole(name: string, elements: number, copies = 1): TensorSpec {
  return vector(name, elements, { ...WHOLE, copies });
}

function linear(name: string, out: number, input: number, bias: boolean, options: Parameters<typeof matrix>[3]): readonly TensorSpec[] {
  return withBias(matrix(name, out, input, options), bias);
}

/** Self-attention of a tower's blocks: q, k, v and the output projection, all of the tower's width. */
export function visionAttention(sizes: VisionSizes, bias: boolean): readonly TensorSpec[] {
  const { width, layers } = sizes;
  return [
    ...linear('blocks.qkv', 3 * width, width, bias, { ...COLUMN, copies: layers }),
    ...linear('blocks.proj', width, width, bias, { ...ROW, copies: layers }),
  ];
}

/** MLP of a tower's blocks. */
export function visionMlp(sizes: VisionSizes, gated: boolean, bias: boolean): readonly TensorSpec[] {
  const { width, layers, intermediateSize } = sizes;
  return [
    ...(gated ? linear('blocks.gate_proj', intermediateSize, width, bias, { ...COLUMN, copies: layers }) : []),
    ...linear('blocks.fc1', intermediateSize, width, bias, { ...COLUMN, copies: layers }),
    ...linear('blocks.fc2', width, intermediateSize, bias, { ...ROW, copies: layers }),
  ];
}

/** `norms` vectors of the tower's width in each block (2 for RMSNorm, 4 for LayerNorm with biases). */
export function visionNorms(sizes: VisionSizes, norms: number): TensorSpec {
  return whole('blocks.norms', norms * sizes.width, sizes.layers);
}

/** Patch embedding: one convolution over the pixels of a patch. */
function patchEmbedding(sizes: VisionSizes, bias: boolean): readonly TensorSpec[] {
  const pixels = 3 * sizes.temporalPatch * sizes.patch * sizes.patch;
  return linear('patch_embed', sizes.width, pixels, bias, { ...WHOLE, quantizable: false });
}

/** Two-layer merger of the Qwen-VL towers over `merge²` patches. */
function qwenMerger(sizes: VisionSizes, name: string, norm: number, copies: number): readonly TensorSpec[] {
  const merged = sizes.merge * sizes.merge * sizes.width;
  return [
    whole(`${name}.norm`, norm, copies),
    ...linear(`${name}.fc1`, merged, merged, true, { ...COLUMN, copies }),
    ...linear(`${name}.fc2`, sizes.outputWidth, merged, true, { ...ROW, copies }),
  ];
}

/** Qwen2-VL (plain MLP, LayerNorm) and Qwen2.5-VL (gated MLP, RMSNorm). */
export function qwen2VisionTensors(sizes: VisionSizes, gated: boolean): readonly TensorSpec[] {
  return [
    ...patchEmbedding(sizes, false),
    ...visionAttention(sizes, true),
    ...visionMlp(sizes, gated, true),
    visionNorms(sizes, gated ? 2 : 4),
    ...qwenMerger(sizes, 'merger', gated ? sizes.width : 2 * sizes.width, 1),
  ];
}

/** Qwen3-VL and Qwen3.5: learned positions, LayerNorm, and a merger per deepstack level. */
export function qwen3VisionTensors(sizes: VisionSizes, deepstackLevels: number): readonly TensorSpec[] {
  const merged = sizes.merge * sizes.merge * sizes.width;
  return [
    ...patchEmbedding(sizes, true),
    whole('pos_embed', sizes.positions * sizes.width),
    ...visionAttention(sizes, true),
    ...visionMlp(sizes, false, true),
    visionNorms(sizes, 4),
    ...qwenMerger(sizes, 'merger', 2 * sizes.width, 1),
    ...(deepstackLevels > 0 ? qwenMerger(sizes, 'deepstack', 2 * merged, deepstackLevels) : []),
  ];
}

/** SigLIP without its pooling head. */
export function siglipTensors(sizes: VisionSizes): readonly TensorSpec[] {
  return [
    ...patchEmbedding(sizes, true),
    whole('pos_embed', sizes.positions * sizes.width),
    ...visionAttention(sizes, true),
    ...visionMlp(sizes, false, true),
    visionNorms(sizes, 4),
    whole('post_layernorm', 2 * sizes.width),
  ];
}

/** CLIP: class embedding, positions, LayerNorm before and after the blocks. */
export function clipTensors(sizes: VisionSizes): readonly TensorSpec[] {
  return [
    whole('class_embedding', sizes.width),
    ...patchEmbedding(sizes, false),
    whole('pos_embed', sizes.positions * sizes.width),
    whole('pre_and_post_layernorm', 4 * sizes.width),
    ...visionAttention(sizes, true),
    ...visionMlp(sizes, false, true),
    visionNorms(sizes, 4),
  ];
}

/** Gemma 4: two-dimensional position table, gated MLP, four RMSNorms and query-key norms per block, one projection. */
export function gemma4VisionTensors(sizes: VisionSizes): readonly TensorSpec[] {
  return [
    whole('position_embedding_table', 2 * sizes.positions * sizes.width),
    ...patchEmbedding(sizes, false),
    ...visionAttention(sizes, false),
    whole('blocks.qk_norm', (2 * sizes.width) / sizes.heads, sizes.layers),
    ...visionMlp(sizes, true, false),
    visionNorms(sizes, 4),
    ...linear('embedding_projection', sizes.outputWidth, sizes.width, false, WHOLE),
  ];
}

/** GLM-4.1V and GLM-4.5V: gated blocks whose MLP has the output width, a downsampling convolution and a gated merger. */
export function glm4VisionTensors(sizes: VisionSizes): readonly TensorSpec[] {
  const { outputWidth, width } = sizes;
  return [
    whole('pos_embed', sizes.positions * width),
    ...patchEmbedding(sizes, true),
    whole('post_conv_and_post_layernorm', 2 * width),
    ...visionAttention(sizes, false),
    ...visionMlp({ ...sizes, intermediateSize: outputWidth }, true, false),
    visionNorms(sizes, 2),
    ...linear('downsample', outputWidth, sizes.merge * sizes.merge * width, true, { ...WHOLE, quantizable: false }),
    ...linear('merger.proj', outputWidth, outputWidth, false, WHOLE),
    whole('merger.norm', 2 * outputWidth),
    ...linear('merger.gate_proj', sizes.intermediateSize, outputWidth, false, COLUMN),
    ...linear('merger.up_proj', sizes.intermediateSize, outputWidth, false, COLUMN),
    ...linear('merger.down_proj', outputWidth, sizes.intermediateSize, false, ROW),
  ];
}

/** Pixtral: RMSNorm, gated MLP, no biases, two-dimensional rope. */
export function pixtralTensors(sizes: VisionSizes): readonly TensorSpec[] {
  return [
    ...patchEmbedding(sizes, false),
    whole('ln_pre', sizes.width),
    ...visionAttention(sizes, false),
    ...visionMlp(sizes, true, false),
    visionNorms(sizes, 2),
  ];
}

/** Two linear layers between tower and language model (LLaVA-style projector). */
export function twoLayerProjector(input: number, output: number, bias: boolean): readonly TensorSpec[] {
  return [...linear('projector.linear_1', output, input, bias, COLUMN), ...linear('projector.linear_2', output, output, bias, ROW)];
}

/** LLaVA-NeXT and OneVision put one learned vector at the end of each row of image tiles (`image_newline`). */
export function imageNewline(width: number): TensorSpec {
  return whole('image_newline', width);
}

/** Mistral 3's projector: a norm, a merge of 2 x 2 patches, two linear layers without bias. */
export function mistral3Projector(sizes: VisionSizes): readonly TensorSpec[] {
  const { width, merge, outputWidth } = sizes;
  return [
    whole('projector.norm', width),
    ...linear('projector.patch_merger', width, merge * merge * width, false, WHOLE),
    ...twoLayerProjector(width, outputWidth, false),
  ];
}

/** Gemma 3's projector: one matrix and a norm. */
export function gemma3Projector(sizes: VisionSizes): readonly TensorSpec[] {
  return [
    ...linear('mm_input_projection', sizes.width, sizes.outputWidth, false, { ...WHOLE, quantizable: false }),
    whole('mm_soft_emb_norm', sizes.width),
  ];
}

/** Llama 4: CLIP-like blocks with biases, a pixel-shuffle adapter and one projection. */
export function llama4VisionTensors(sizes: VisionSizes, adapterInput: number, adapterOutput: number): readonly TensorSpec[] {
  return [
    ...clipTensors(sizes),
    ...linear('vision_adapter.fc1', adapterInput, sizes.intermediateSize, false, COLUMN),
    ...linear('vision_adapter.fc2', adapterOutput, adapterOutput, false, ROW),
    ...linear('multi_modal_projector', sizes.outputWidth, adapterOutput, false, WHOLE),
  ];
}

/** What tells the generations of InternViT apart. */
export interface InternVariant {
  readonly qkvBias: boolean;
  /** RMSNorm of the whole query and key. */
  readonly qkNorm: boolean;
  /** RMSNorm instead of LayerNorm in the blocks. */
  readonly rmsNorm: boolean;
}

/** InternViT: CLIP-like blocks with two layer scales each and a LayerNorm-two-linear projector over shuffled pixels. */
export function internVisionTensors(sizes: VisionSizes, { qkvBias, qkNorm, rmsNorm }: InternVariant): readonly TensorSpec[] {
  const { width, layers } = sizes;
  const merged = sizes.merge * sizes.merge * width;
  return [
    whole('class_embedding', width),
    ...patchEmbedding(sizes, true),
    whole('pos_embed', sizes.positions * width),
    ...linear('blocks.qkv', 3 * width, width, qkvBias, { ...COLUMN, copies: layers }),
    ...linear('blocks.proj', width, width, true, { ...ROW, copies: layers }),
    ...(qkNorm ? [whole('blocks.qk_norm', 2 * width, layers)] : []),
    ...visionMlp(sizes, false, true),
    visionNorms(sizes, rmsNorm ? 4 : 6),
    whole('projector.norm', 2 * merged),
    ...twoLayerProjector(merged, sizes.outputWidth, true),
  ];
}

/** Idefics 3 and SmolVLM: one matrix over the pixels of `factor` x `factor` patches. */
export function idefics3Projector(sizes: VisionSizes, factor: number): readonly TensorSpec[] {
  return linear('connector.proj', sizes.outputWidth, factor * factor * sizes.width, false, WHOLE);
}

/** Aya Vision and Command A Vision: a gated projector over shuffled pixels, Aya's with a LayerNorm before it (`Cohere2VisionMultiModalProjector`). */
export function cohereProjector(merged: number, width: number, output: number, norm: boolean): readonly TensorSpec[] {
  return [
    ...(norm ? [whole('projector.layernorm', 2 * merged)] : []),
    ...linear('projector.linear_1', width, merged, true, COLUMN),
    ...linear('projector.linear_2', output, width / 2, true, ROW),
  ];
}

/**
 * dots.ocr: RMSNorm, gated MLP, no biases but in the patch embedding and the merger, which has a LayerNorm
 * (`DotsVisionTransformer` of vLLM's `dots_ocr.py`; sums to the 3,039,179,264 parameters of the checkpoint).
 */
export function dotsVisionTensors(sizes: VisionSizes): readonly TensorSpec[] {
  return [
    ...patchEmbedding(sizes, true),
    whole('patchifier_norm_and_post_trunk_norm', 2 * sizes.width),
    ...visionAttention(sizes, false),
    ...visionMlp(sizes, true, false),
    visionNorms(sizes, 2),
    ...qwenMerger(sizes, 'merger', 2 * sizes.width, 1),
  ];
}

/** What Llama 3.2 Vision's tower has beyond the common sizes. */
export interface MllamaSizes {
  readonly globalLayers: number;
  readonly tiles: number;
  readonly aspectRatios: number;
  /** Width handed to the projector: the last layer's output and those of five intermediate ones. */
  readonly projectorInput: number;
}

/**
 * Llama 3.2 Vision: local and gated global blocks without attention biases, a position table per tile and aspect ratio
 * (one more than the supported ratios), tile embeddings before and after the blocks (`MllamaVisionModel`).
 */
export function mllamaVisionTensors(sizes: VisionSizes, more: MllamaSizes): readonly TensorSpec[] {
  const { width } = sizes;
  const ratios = more.aspectRatios + 1;
  const blocks = { ...sizes, layers: sizes.layers + more.globalLayers };
  return [
    whole('class_embedding', width),
    ...patchEmbedding(sizes, false),
    whole('gated_positional_embedding', sizes.positions * width * (1 + ratios * more.tiles) + 1),
    whole('tile_positional_embedding', ratios * more.tiles * width + 1, 2),
    whole('pre_and_post_layernorm', 4 * width),
    ...visionAttention(blocks, false),
    ...visionMlp(blocks, false, true),
    visionNorms(blocks, 4),
    whole('global_blocks.gates', 2, more.globalLayers),
    ...linear('multi_modal_projector', sizes.outputWidth, more.projectorInput, true, WHOLE),
  ];
}

/** A tower of which only the total is known. */
export function opaqueTower(modality: 'vision' | 'audio', parameters: number): readonly TensorSpec[] {
  return [vector('tower', parameters, { group: modality, sharding: 'replicated' })];
}
