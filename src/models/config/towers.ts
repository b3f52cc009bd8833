import type { EncoderTower } from '../../estimator/architecture';
import { countElements } from '../../estimator/tensors';
import type { TensorSpec } from '../../estimator/tensors';
import { audioParameters } from './audioParameters';
import { Fields } from './fields';
import type { JsonObject } from './fields';
import type { TextConfig } from './textConfig';
import {
  clipTensors,
  cohereProjector,
  dotsVisionTensors,
  gemma3Projector,
  gemma4VisionTensors,
  glm4VisionTensors,
  idefics3Projector,
  imageNewline,
  internVisionTensors,
  llama4VisionTensors,
  mistral3Projector,
  mllamaVisionTensors,
  opaqueTower,
  pixtralTensors,
  qwen2VisionTensors,
  qwen3VisionTensors,
  siglipTensors,
  twoLayerProjector,
  visionAttention,
  visionMlp,
  visionNorms,
} from './visionTensors';
import type { VisionSizes } from './visionTensors';

/** Vision and audio towers of a multimodal config. */
export function towersOf(text: TextConfig): readonly EncoderTower[] {
  const towers: EncoderTower[] = [];
  const vision = visionTower(text);
  if (vision) towers.push(vision);
  const audio = audioTower(text);
  if (audio) towers.push(audio);
  return towers;
}

/** A tower's stated total of parameters, which may be more than any dimension may be (InternViT-6B). */
function towerTotal(outer: Fields, name: string): number | null {
  const total = outer.number(name);
  return total !== null && Number.isSafeInteger(total) && total >= 0 ? total : null;
}

function visionTower(text: TextConfig): EncoderTower | null {
  const { outer } = text;
  const config = withClassDefaults(outer.object('vision_config') ?? outer.object('thinker_config')?.object('vision_config') ?? null);
  const stated = towerTotal(outer, 'vision_parameters');
  if (!config) return stated === null ? null : opaqueVision(stated);
  const type = config.string('model_type') ?? '';
  const sizes = visionSizes(text, config);
  const tensors = stated === null ? knownTower(text, config, type, sizes) : opaqueTower('vision', stated);
  if (!tensors) {
    text.approximations.push(`vision tower "${type || 'unnamed'}" has no rule of its own: counted as a plain vision transformer`);
  }
  const all = tensors ?? plainTower(sizes);
  return {
    modality: 'image',
    modelType: type || (outer.string('model_type') ?? 'vision'),
    parameters: countElements(all),
    tensors: all,
    layers: sizes.layers,
    hiddenSize: sizes.width,
    intermediateSize: sizes.intermediateSize,
    heads: sizes.heads,
    patchSize: sizes.patch,
    spatialMerge: config.has('spatial_merge_size') || outer.has('spatial_merge_size') ? sizes.merge : null,
    patchesPerToken: patchesPerToken(outer, config, sizes),
    imageSize: config.integer('image_size'),
    maxTokensPerItem: outer.integer('mm_tokens_per_image', 'vision_soft_tokens_per_image'),
  };
}

/** Patches merged per side where a config does not say: Qwen-VL's. */
const USUAL_MERGE = 2;

/**
 * What a pixel shuffle or a merger joins into one token, as families name it: sides merged (Qwen-VL, GLM, Mistral 3), a factor of the sides
 * (Idefics 3, Cohere), or the share that is left of a side (InternVL, Llama 4). Towers of native resolution that say nothing merge 2 x 2.
 */
function patchesPerToken(outer: Fields, config: Fields, sizes: VisionSizes): number {
  // Llama 4's ratio of 0.5 is a class default that configs omit.
  const left =
    outer.number('downsample_ratio') ?? config.number('pixel_shuffle_ratio') ?? (outer.string('model_type') === 'llama4' ? 0.5 : null);
  if (left !== null && left > 0 && left <= 1) return Math.round(1 / left ** 2);
  const factor = outer.integer('scale_factor', 'downsample_factor');
  if (factor !== null && factor > 0) return factor ** 2;
  const merges = config.has('spatial_merge_size') || outer.has('spatial_merge_size') || config.integer('image_size') === null;
  return merges ? Math.max(1, sizes.merge) ** 2 : 1;
}

/** Sizes that SmolVLM's and Idefics 3's vision configs omit where they equal the class default (configuration_smolvlm.py, configuration_idefics3.py). */
const IDEFICS3_VISION: JsonObject = {
  hidden_size: 1152,
  intermediate_size: 3072,
  num_hidden_layers: 12,
  num_attention_heads: 16,
  image_size: 224,
  patch_size: 32,
};

function withClassDefaults(config: Fields | null): Fields | null {
  const omits = config !== null && /^(smolvlm|idefics3)/.test(config.string('model_type') ?? '');
  return omits ? new Fields({ ...IDEFICS3_VISION, ...config.json }, config.problems) : config;
}

function opaqueVision(parameters: number): EncoderTower {
  return {
    modality: 'image',
    modelType: 'vision',
    parameters,
    tensors: opaqueTower('vision', parameters),
    layers: 0,
    hiddenSize: 0,
    intermediateSize: 0,
    heads: 0,
    patchSize: null,
    spatialMerge: null,
    patchesPerToken: USUAL_MERGE ** 2,
    imageSize: null,
    maxTokensPerItem: null,
  };
}

function visionSizes(text: TextConfig, config: Fields): VisionSizes {
  const { outer, hiddenSize } = text;
  const qwen2 = outer.string('model_type') === 'qwen2_vl';
  const width = config.integer(...(qwen2 ? ['embed_dim'] : []), 'hidden_size', 'embed_dim', 'width', 'vt_hidden_size') ?? 0;
  const patch = config.integer('patch_size') ?? 14;
  const image = config.integer('image_size');
  const grid = image === null ? 0 : Math.floor(image / patch) ** 2;
  return {
    width,
    layers: config.integer('num_hidden_layers', 'depth', 'layers', 'vt_num_hidden_layers') ?? 0,
    intermediateSize: config.integer('intermediate_size', 'vt_intermediate_size') ?? Math.round((config.number('mlp_ratio') ?? 4) * width),
    heads: config.integer('num_attention_heads', 'num_heads', 'heads', 'attention_heads', 'vt_num_attention_heads') ?? 0,
    patch,
    temporalPatch: config.integer('temporal_patch_size') ?? (/^qwen|^glm4v/.test(outer.string('model_type') ?? '') ? 2 : 1),
    merge: config.integer('spatial_merge_size') ?? outer.integer('spatial_merge_size') ?? USUAL_MERGE,
    positions: config.integer('num_position_embeddings', 'position_embedding_size') ?? grid,
    outputWidth: config.integer('out_hidden_size') ?? (qwen2 ? config.integer('hidden_size') : null) ?? hiddenSize,
  };
}

/** How many layers' states LLaVA-Next's projector takes side by side: one, or those that `vision_feature_layer` lists (Granite Vision). */
function joinedLayers(outer: Fields): number {
  const listed = outer.raw('vision_feature_layer');
  return Array.isArray(listed) && listed.length > 0 ? listed.length : 1;
}

/** The tensors of a tower whose layout is known; null otherwise. */
function knownTower(text: TextConfig, config: Fields, type: string, sizes: VisionSizes): readonly TensorSpec[] | null {
  const outerType = text.outer.string('model_type') ?? '';
  if (outerType === 'gemma3n') return opaqueTower('vision', GEMMA3N_TOWERS);
  const toText = { ...sizes, outputWidth: text.hiddenSize };
  if (sizes.width === 0 || sizes.layers === 0) return null;
  if (outerType === 'qwen2_vl') return qwen2VisionTensors(sizes, false);
  if (outerType === 'qwen2_5_vl' || outerType === 'qwen2_5_omni') return qwen2VisionTensors(sizes, true);
  if (/^qwen3_(vl|5|omni)/.test(outerType)) return qwen3VisionTensors(sizes, deepstackLevels(config));
  if (outerType === 'gemma3') return [...siglipTensors(sizes), ...gemma3Projector(toText)];
  if (outerType === 'gemma4') return gemma4VisionTensors({ ...toText, positions: sizes.positions || GEMMA4_POSITIONS });
  if (outerType === 'glm4v' || outerType === 'glm4v_moe') return glm4VisionTensors(sizes);
  if (outerType === 'dots_ocr') return dotsVisionTensors(toText);
  if (type === 'pixtral') {
    const projector =
      outerType === 'mistral3'
        ? mistral3Projector(toText)
        : twoLayerProjector(sizes.width, text.hiddenSize, text.outer.boolean('multimodal_projector_bias') ?? true);
    return [...pixtralTensors(sizes), ...projector];
  }
  if (outerType === 'llama4') return llama4Tower(config, toText);
  if (outerType === 'mllama') return mllamaTower(config, toText);
  if (/^intern(vl|s1)/.test(outerType)) return internTower(config, { ...toText, positions: sizes.positions + 1 });
  if (/^(smolvlm|idefics3)$/.test(outerType))
    return [...siglipTensors(sizes), ...idefics3Projector(toText, text.outer.integer('scale_factor') ?? 2)];
  if (outerType === 'aya_vision' || outerType === 'cohere2_vision') return cohereTower(text.outer, outerType, toText);
  const projector = twoLayerProjector(sizes.width * joinedLayers(text.outer), text.hiddenSize, true);
  const newline = /^llava_(next|onevision)/.test(outerType) ? [imageNewline(text.hiddenSize)] : [];
  if (type === 'clip_vision_model') return [...clipTensors({ ...sizes, positions: sizes.positions + 1 }), ...projector, ...newline];
  if (type === 'siglip_vision_model') return [...siglipTensors(sizes), ...projector, ...newline];
  return null;
}

/**
 * Vision and audio towers of Gemma 3n with their embedders: the Hub's totals of gemma-3n-E2B-it (5,439,438,272) and
 * gemma-3n-E4B-it (7,849,978,192; both from the Hub's safetensors totals: huggingface.co/api/models/google/gemma-3n-E4B-it) minus
 * their text parameters both leave this number. How it divides between image and audio is not known.
 */
const GEMMA3N_TOWERS = 983_281_504;

/** Rows per axis of Gemma 4's position table: class default of its vision config. */
const GEMMA4_POSITIONS = 10240;

function deepstackLevels(config: Fields): number {
  return config.integers('deepstack_visual_indexes')?.length ?? 0;
}

/** InternViT-300M has biases and LayerNorm; InternViT-6B has RMSNorm, also of queries and keys, and no biases on them. */
function internTower(config: Fields, sizes: VisionSizes): readonly TensorSpec[] {
  return internVisionTensors(sizes, {
    qkvBias: config.boolean('qkv_bias', 'attention_bias') ?? true,
    qkNorm: config.boolean('qk_normalization', 'use_qk_norm') ?? false,
    rmsNorm: config.string('norm_type') === 'rms_norm',
  });
}

/** Cohere's SigLIP towers; a config without the projector's width has none to count. */
function cohereTower(outer: Fields, outerType: string, sizes: VisionSizes): readonly TensorSpec[] | null {
  const width = outer.integer('alignment_intermediate_size');
  if (width === null) return null;
  const merged = (outer.integer('downsample_factor') ?? 2) ** 2 * sizes.width;
  return [...siglipTensors(sizes), ...cohereProjector(merged, width, sizes.outputWidth, outerType === 'aya_vision')];
}

function llama4Tower(config: Fields, sizes: VisionSizes): readonly TensorSpec[] {
  const output = config.integer('vision_output_dim') ?? 4096;
  const adapterInput = config.integer('projector_input_dim') ?? output;
  return llama4VisionTensors({ ...sizes, positions: sizes.positions + 1 }, adapterInput, output);
}

/** Sizes not in the config are class defaults of `MllamaVisionConfig`. */
function mllamaTower(config: Fields, sizes: VisionSizes): readonly TensorSpec[] {
  const ratios: unknown = config.raw('supported_aspect_ratios');
  return mllamaVisionTensors(
    { ...sizes, positions: sizes.positions + 1 },
    {
      globalLayers: config.integer('num_global_layers') ?? 8,
      tiles: config.integer('max_num_tiles') ?? 4,
      aspectRatios: Array.isArray(ratios) ? ratios.length : 8,
      projectorInput: config.integer('vision_output_dim') ?? 7680,
    },
  );
}

function plainTower(sizes: VisionSizes): readonly TensorSpec[] {
  return [...visionAttention(sizes, true), ...visionMlp(sizes, false, true), visionNorms(sizes, 4)];
}

/** Audio towers are counted by their modules or where the config states their total; others are named as an assumption. */
function audioTower(text: TextConfig): EncoderTower | null {
  const { outer } = text;
  const config = outer.object('audio_config') ?? outer.object('thinker_config')?.object('audio_config') ?? null;
  const stated = towerTotal(outer, 'audio_parameters');
  if (!config && stated === null) return null;
  // Gemma 3n's audio tower is counted with its vision tower.
  if (outer.string('model_type') === 'gemma3n' && stated === null) return null;
  const width = config?.integer('hidden_size', 'd_model', 'conf_hidden_size') ?? 0;
  const layers = config?.integer('num_hidden_layers', 'encoder_layers', 'conf_num_hidden_layers') ?? 0;
  const intermediate = config?.integer('intermediate_size', 'encoder_ffn_dim') ?? 4 * width;
  const counted = stated ?? (config ? audioParameters(outer.string('model_type') ?? '', config, text.hiddenSize) : null);
  const tensors = opaqueTower('audio', counted ?? layers * (4 * width * width + 2 * width * intermediate));
  if (counted === null) text.approximations.push('audio tower counted as a plain transformer');
  return {
    modality: 'audio',
    modelType: config?.string('model_type') ?? 'audio',
    parameters: countElements(tensors),
    tensors,
    layers,
    hiddenSize: width,
    intermediateSize: intermediate,
    heads: config?.integer('num_attention_heads', 'encoder_attention_heads') ?? 0,
    patchSize: null,
    spatialMerge: null,
    patchesPerToken: 1,
    imageSize: null,
    maxTokensPerItem: null,
  };
}
