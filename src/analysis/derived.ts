/** Small figures that follow from a report and that people ask for; the report layer only words them. */
import { hostBandwidth } from '../estimator/hardware/interconnects';
import type { EffectiveSettings, StartupReport } from '../vllm/startup/report';
import { simulateStartup } from '../vllm/startup/simulate';

/** What reading offloaded weights over PCIe costs each decode step. */
export interface OffloadCost {
  /** Per GPU and step. */
  readonly bytes: number;
  /** GB/s that large copies reach. */
  readonly bandwidthGbS: number;
  readonly milliseconds: number;
}

/** The PCIe price of `cpu-offload-gb`; null when nothing is offloaded or the link is unknown. */
export function offloadCost(report: StartupReport): OffloadCost | null {
  const bytes = report.host.bytesPerStepOverPcie;
  const bandwidthGbS = report.input.gpu ? hostBandwidth(report.input.gpu.gpu) : null;
  if (bytes <= 0 || bandwidthGbS === null) return null;
  return { bytes, bandwidthGbS, milliseconds: bytes / (bandwidthGbS * 1e6) };
}

/** Tokens each of `max-num-seqs` requests can hold when all of them run at once; null when unknown. */
export function tokensPerRequest({ kvCache, settings }: StartupReport): number | null {
  return kvCache.tokens ? Math.floor(kvCache.tokens.value / Math.max(1, settings.maxNumSeqs)) : null;
}

/** Scheduler steps that the prefill of one longest request takes at least. */
export function prefillSteps({ settings }: StartupReport): number | null {
  return settings.maxModelLen === null ? null : Math.ceil(settings.maxModelLen / Math.max(1, settings.maxNumBatchedTokens));
}

/** Share of the card in use at the peak; null without a GPU. */
export function usedShare({ perGpu }: StartupReport): number | null {
  return perGpu.total === null || !perGpu.peakUsed ? null : perGpu.peakUsed.value / perGpu.total;
}

/** Settings whose default vLLM computes from the model, the GPU and other arguments, by canonical key. */
const COMPUTED: Readonly<Record<string, (settings: EffectiveSettings) => number | string | null>> = {
  'block-size': (settings) => settings.blockSize,
  dtype: (settings) => settings.dtype,
  'max-model-len': (settings) => settings.maxModelLen,
  'max-num-batched-tokens': (settings) => settings.maxNumBatchedTokens,
  'max-num-seqs': (settings) => settings.maxNumSeqs,
};

/** Whether vLLM computes what it uses without the argument. */
export function isComputed(key: string): boolean {
  return key in COMPUTED;
}

/** What vLLM would use without the argument, for this model, GPU and version; null where nothing is computed. */
export function computedDefault({ input }: StartupReport, key: string): number | string | null {
  const settingOf = COMPUTED[key];
  if (!settingOf || !input.gpu) return null;
  return settingOf(simulateStartup({ ...input, args: new Map([...input.args].filter(([name]) => name !== key)) }).settings);
}
