/** Small figures that follow from a report and that people ask for; the report layer only words them. */
import { hostBandwidth } from '../estimator/hardware/interconnects';
import type { StartupReport } from '../vllm/startup/report';

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
