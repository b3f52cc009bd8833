import { SPEED_CONSTANTS, type SpeedConstants } from './constants';
import { peakRate } from './hardwareRates';
import { communicationMs, constantsOf, either, launchMs, offloadMs, streamMs, vendorFactor, type SpeedSetup } from './step';
import { touchedExperts, type ModelWork } from './work';

/** Milliseconds of the forward pass over a prompt, alone on the replica. */
export interface PrefillTime {
  readonly total: number;
  /** Matrix products and attention. */
  readonly arithmetic: number;
  readonly weights: number;
  readonly communication: number;
  readonly launches: number;
  readonly offload: number;
}

/**
 * The forward pass over `tokens` new tokens of a prompt, after `cached` tokens that the prefix cache holds.
 *
 * Arithmetic is 2 FLOPs per active parameter and token, plus attention over all earlier tokens; small prompts are bound by reading the
 * weights instead. The head is computed for the last token only.
 */
export function prefill(
  setup: SpeedSetup,
  work: ModelWork,
  tokens: number,
  cached = 0,
  constants: SpeedConstants = SPEED_CONSTANTS,
): PrefillTime {
  const own = constantsOf(setup, constants);
  const { gpu, tensorParallel: tp } = setup;
  const rate = (peakRate(gpu, work.format) * own.prefillRate) / constants.prefillFormat[work.format];
  const attentionRate = peakRate(gpu, '16bit') * own.prefillRate;
  const expertFactor = work.experts > 0 ? constants.prefillExperts : 1;
  const products = 2 * (work.activeParameters - work.headParameters) * tokens * expertFactor + 2 * work.headParameters;
  const attention = work.attentionFlopsPerPair * tokens * (cached + tokens / 2);
  const arithmetic = ((products / rate + attention / attentionRate) / tp) * 1e3 * vendorFactor(gpu, setup.engine, constants);
  const bytes = work.denseBytes / tp + (work.expertBytes * touchedExperts(work, tokens)) / tp;
  const weights = streamMs(setup, work, bytes, constants);
  const communication = communicationMs(setup, work, tokens, constants);
  const offload = offloadMs(setup) * setup.pipelineParallel;
  const launches = own.hostMs + launchMs(setup, work, cached + tokens, constants);
  const total = either(arithmetic, weights, 2) + communication + launches + offload;
  return { total, arithmetic, weights, communication, launches, offload };
}
