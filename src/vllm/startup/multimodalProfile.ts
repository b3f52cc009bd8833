import type { Architecture, EncoderTower } from '../../estimator/architecture';
import { ceilDiv, clamp } from '../../estimator/units';
import type { EngineSettings } from '../defaults/settings';
import { isSince } from '../release';
import type { PipelineStage } from './stages';

/** What the profile run allocates for multimodal items, bytes per GPU. */
export interface MultimodalProfile {
  /** Encoder outputs and pixel values that stay allocated during the text pass. */
  readonly held: number;
  /** Peak inside the encoder, outputs included. */
  readonly encoderPeak: number;
  /** The same with an image and with the longest video as the profiled item, where either may be. */
  readonly lowestPeak: number;
  readonly highestPeak: number;
}

const NO_PROFILE: MultimodalProfile = { held: 0, encoderPeak: 0, lowestPeak: 0, highestPeak: 0 };

/**
 * Tokens of the largest image where the processor's limit is not in the config: 16,384 for the native-resolution processors of the
 * Qwen-VL family (max_pixels 12,845,056 / 28^2).
 */
const NATIVE_RESOLUTION_TOKENS = 16384;

/** Tokens of the longest audio clip: 30 s of Whisper features (1500 frames). */
const AUDIO_TOKENS = 1500;

/**
 * Peak of one encoder layer per patch, in elements: residual, normed input and both linear inputs (4 hidden), and the MLP's intermediate
 * before and after its activation. With three it would exceed what gemma-3-12b printed (3.94 GiB, v0.19.0); Qwen3.5-27B leaves 1.1 GiB
 * for both this and non-torch memory at TP4 (v0.19.0).
 */
const ENCODER_HIDDEN_TENSORS = 4;
const ENCODER_INTERMEDIATE_TENSORS = 2;

/** The profile of the tower with the largest item (vllm/v1/worker/gpu_model_runner.py, profile_run; vllm/multimodal/profiling). */
export function multimodalProfile(architecture: Architecture, stage: PipelineStage, settings: EngineSettings): MultimodalProfile {
  if (!settings.multimodal.profiled || !stage.first) return NO_PROFILE;
  const { hiddenSize, towers } = architecture;
  const crossAttention = architecture.layerKinds.some((kind) =>
    kind.mixers.some((mixer) => mixer.kind === 'attention' && mixer.scope === 'cross'),
  );
  if (crossAttention && settings.engine === 'V0') return crossAttentionProfile(towers, settings);
  return towers
    .filter((tower) => settings.multimodal.limits[tower.modality] !== 0)
    .map((tower) => towerProfile(tower, hiddenSize, settings))
    .reduce((widest, profile) => (profile.encoderPeak > widest.encoderPeak ? profile : widest), NO_PROFILE);
}

/** Tiles an image of a cross-attention model is cut into at most (Llama 3.2 Vision, max_num_tiles). */
const MAX_TILES = 4;

/**
 * Hidden-size tensors alive when such an encoder joins its outputs: five kept intermediate states, their stack, the concatenation of six,
 * and the last state with its residual. 36.6 GiB of activations were measured for 128 sequences of Llama-3.2-11B-Vision (V0, January 2025).
 */
const JOINED_TENSORS = 5 + 5 + 6 + 2;

/** V0 profiles cross-attention models with one image per sequence (vllm/worker/enc_dec_model_runner.py, profile_run). */
function crossAttentionProfile(towers: readonly EncoderTower[], settings: EngineSettings): MultimodalProfile {
  const tower = towers.find((t) => t.modality === 'image' && t.imageSize !== null && t.patchSize !== null);
  if (!tower) return NO_PROFILE;
  const patches = ceilDiv(tower.imageSize ?? 1, tower.patchSize ?? 1) ** 2 + 1;
  const tiles = settings.maxNumSeqs * MAX_TILES;
  const pixels = tiles * 3 * (tower.imageSize ?? 0) ** 2 * settings.dtypeBytes;
  const encoderPeak = tiles * patches * tower.hiddenSize * JOINED_TENSORS * settings.dtypeBytes + pixels;
  return { held: pixels, encoderPeak, lowestPeak: encoderPeak, highestPeak: encoderPeak };
}

function towerProfile(tower: EncoderTower, hiddenSize: number, settings: EngineSettings): MultimodalProfile {
  const { maxNumBatchedTokens, maxNumSeqs, maxModelLen, multimodal, tensorParallelSize, dtypeBytes } = settings;
  const patchesPerToken = (tower.spatialMerge ?? 1) ** 2;
  const patchesPerImage = tower.imageSize !== null && tower.patchSize !== null ? ceilDiv(tower.imageSize, tower.patchSize) ** 2 : null;
  const tokensPerItem = tower.maxTokensPerItem ?? tokensOfItem(tower, patchesPerImage, patchesPerToken);
  const budgetTokens = Math.max(maxNumBatchedTokens, tokensPerItem);
  const limit = multimodal.limits[tower.modality] ?? Infinity;
  const perPrompt = Math.max(1, Math.min(limit, Math.floor((maxModelLen ?? tokensPerItem) / tokensPerItem)));
  const items = Math.max(1, Math.min(Math.floor(budgetTokens / tokensPerItem), maxNumSeqs * perPrompt));
  const patches = items * (patchesPerImage ?? tokensPerItem * patchesPerToken);
  const pixels = tower.modality === 'image' && tower.patchSize !== null ? patches * 3 * tower.patchSize ** 2 * dtypeBytes : 0;
  const outputs = budgetTokens * hiddenSize * dtypeBytes;
  const cut = multimodal.replicatedTowers ? 1 : tensorParallelSize;
  const perPatch = ENCODER_HIDDEN_TENSORS * tower.hiddenSize + (ENCODER_INTERMEDIATE_TENSORS * tower.intermediateSize) / cut;
  const imagePeak = patches * dtypeBytes * perPatch + outputs + pixels;
  const native = tower.maxTokensPerItem === null && patchesPerImage === null && tower.modality === 'image';
  const videoPeak = imagePeak * (native ? videoImages(tower, settings) : 1);
  const profilesVideo = settings.engine === 'V1' && !isSince(settings.version, FRAMES_LIMITED_SINCE);
  const encoderPeak = profilesVideo ? videoPeak : imagePeak;
  // The outputs of a long video stay in the encoder cache during the text pass.
  return { held: (outputs + pixels) * (encoderPeak / imagePeak), encoderPeak, lowestPeak: imagePeak, highestPeak: videoPeak };
}

/**
 * Qwen2-VL style models were profiled with the longest video that fits the context beside one image: "a budget of 98304 tokens, and profiled
 * with 1 video items" at 128,000 (0.8, after #11895). From 0.11 a video has at most 32 frames, two of which make one image of tokens.
 */
const FRAMES_LIMITED_SINCE = '0.11.0';
const IMAGES_OF_LIMITED_VIDEO = 32 / 2;

/** Towers whose processor takes videos without a limit of its own: Qwen3-VL's keeps all pixels of a video to about one image. */
const UNLIMITED_VIDEO_TOWERS: readonly string[] = ['qwen2_vl', 'qwen2_5_vl'];

/** How many images' worth of tokens the longest profiled video has. */
function videoImages(tower: EncoderTower, { maxModelLen, multimodal, version }: EngineSettings): number {
  if (!UNLIMITED_VIDEO_TOWERS.includes(tower.modelType) || multimodal.limits['video'] === 0) return 1;
  const fitting = Math.floor(((maxModelLen ?? 0) - NATIVE_RESOLUTION_TOKENS) / NATIVE_RESOLUTION_TOKENS);
  return clamp(fitting, 1, isSince(version, FRAMES_LIMITED_SINCE) ? IMAGES_OF_LIMITED_VIDEO : Infinity);
}

/** Tokens of the largest item where the model's facts do not say: those of a fixed image, or the usual limit. */
function tokensOfItem(tower: EncoderTower, patchesPerImage: number | null, patchesPerToken: number): number {
  if (tower.modality === 'audio') return AUDIO_TOKENS;
  return patchesPerImage === null ? NATIVE_RESOLUTION_TOKENS : Math.floor(patchesPerImage / patchesPerToken);
}
