import type { EncoderTower } from '../../estimator/architecture';
import { ceilDiv } from '../../estimator/units';
import type { EngineSettings } from '../defaults';

/** What the profile run allocates for multimodal items, bytes per GPU. */
export interface MultimodalProfile {
  /** Encoder outputs and pixel values that stay allocated during the text pass. */
  readonly held: number;
  /** Peak inside the encoder, outputs included. */
  readonly encoderPeak: number;
  /** The size of the largest item is not known from the model's config. */
  readonly assumedItemSize: boolean;
}

const NO_PROFILE: MultimodalProfile = { held: 0, encoderPeak: 0, assumedItemSize: false };

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
export function multimodalProfile(towers: readonly EncoderTower[], hiddenSize: number, settings: EngineSettings): MultimodalProfile {
  if (!settings.multimodal.profiled) return NO_PROFILE;
  return towers
    .filter((tower) => settings.multimodal.limits[tower.modality] !== 0)
    .map((tower) => towerProfile(tower, hiddenSize, settings))
    .reduce((widest, profile) => (profile.encoderPeak > widest.encoderPeak ? profile : widest), NO_PROFILE);
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
  return {
    held: outputs + pixels,
    encoderPeak: patches * dtypeBytes * perPatch + outputs + pixels,
    assumedItemSize: tower.maxTokensPerItem === null,
  };
}

/** Tokens of the largest item where the model's facts do not say: those of a fixed image, or the usual limit. */
function tokensOfItem(tower: EncoderTower, patchesPerImage: number | null, patchesPerToken: number): number {
  if (tower.modality === 'audio') return AUDIO_TOKENS;
  return patchesPerImage === null ? NATIVE_RESOLUTION_TOKENS : Math.floor(patchesPerImage / patchesPerToken);
}
