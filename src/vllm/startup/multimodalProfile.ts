import type { EncoderTower } from '../../estimator/architecture';
import { ceilDiv } from '../../estimator/units';
import type { EngineSettings } from '../defaults';

/** What the profile run allocates for multimodal items, bytes per GPU. */
export interface MultimodalProfile {
  /** Encoder outputs and pixel values that stay allocated during the text pass. */
  readonly held: number;
  /** Peak inside the encoder, outputs included. */
  readonly encoderPeak: number;
  /** Tokens of the encoder's compute budget. */
  readonly budgetTokens: number;
  /** The size of the largest item is not known from the model's config. */
  readonly assumedItemSize: boolean;
}

const NO_PROFILE: MultimodalProfile = { held: 0, encoderPeak: 0, budgetTokens: 0, assumedItemSize: false };

/**
 * Tokens of the largest image where the processor's limit is not in the config: 16,384 for the native-resolution processors of the
 * Qwen-VL family (max_pixels 12,845,056 / 28^2).
 */
const NATIVE_RESOLUTION_TOKENS = 16384;

/**
 * Peak of one encoder layer per patch, in elements: residual, normed input and both linear inputs (4 hidden), and the widest MLP stage
 * (3 intermediate) - the decoder's own formula.
 */
const ENCODER_HIDDEN_TENSORS = 4;
const ENCODER_INTERMEDIATE_TENSORS = 3;

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
  const native = tower.modality === 'image' && tower.imageSize === null;
  const tokensPerItem = tower.maxTokensPerItem ?? (native ? NATIVE_RESOLUTION_TOKENS : 256);
  const budgetTokens = Math.max(maxNumBatchedTokens, Math.min(tokensPerItem, maxModelLen ?? tokensPerItem));
  const limit = multimodal.limits[tower.modality] ?? 999;
  const perPrompt = Math.max(1, Math.min(limit, Math.floor((maxModelLen ?? tokensPerItem) / tokensPerItem)));
  const items = Math.max(1, Math.min(Math.floor(budgetTokens / tokensPerItem), maxNumSeqs * perPrompt));
  const outputTokens = items * tokensPerItem;
  const patchesPerToken = (tower.spatialMerge ?? 1) ** 2;
  const patchesOfFixedImage = tower.imageSize !== null && tower.patchSize !== null ? ceilDiv(tower.imageSize, tower.patchSize) ** 2 : null;
  const patches = patchesOfFixedImage === null ? outputTokens * patchesPerToken : items * patchesOfFixedImage;
  const pixels = tower.modality === 'image' && tower.patchSize !== null ? patches * 3 * tower.patchSize ** 2 * dtypeBytes : 0;
  const outputs = budgetTokens * hiddenSize * dtypeBytes;
  const cut = multimodal.replicatedTowers ? 1 : tensorParallelSize;
  const perPatch = ENCODER_HIDDEN_TENSORS * tower.hiddenSize + (ENCODER_INTERMEDIATE_TENSORS * tower.intermediateSize) / cut;
  return {
    held: outputs + pixels,
    encoderPeak: patches * dtypeBytes * perPatch + outputs + pixels,
    budgetTokens,
    assumedItemSize: tower.maxTokensPerItem === null,
  };
}
