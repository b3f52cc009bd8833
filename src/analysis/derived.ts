/** Small figures that follow from a report and that people ask for; the report layer only words them. */
import { hostBandwidth } from '../estimator/hardware/interconnects';
import type { Ranged } from '../estimator/ranged';
import { exactly } from '../estimator/ranged';
import type { StartupReport } from '../vllm/startup/report';

/** One line of a memory breakdown, bytes per GPU. */
export interface MemoryRow {
  readonly part: 'weights' | 'activations' | 'runtime' | 'cuda_graphs' | 'kv_cache' | 'outside' | 'unused';
  readonly figure: Ranged;
  /** Of the budget for what it pays, of the whole card for the rest. */
  readonly share: number;
}

/** Who spends one GPU's memory. */
export interface MemoryBreakdown {
  readonly total: number;
  readonly budget: number;
  /** Paid from the budget; the KV cache takes what the others leave and is negative when they take too much. */
  readonly inside: readonly MemoryRow[];
  /** The rest of the card. */
  readonly outside: readonly MemoryRow[];
}

/** Where the budget goes; null without a GPU. */
export function memoryBreakdown({ perGpu }: StartupReport): MemoryBreakdown | null {
  const { total, budget, activationPeak, nonTorch, cudaGraphs, kvCache, outsideBudget } = perGpu;
  if (total === null || budget === null || !kvCache) return null;
  const row = (part: MemoryRow['part'], figure: Ranged | null, whole: number): MemoryRow[] =>
    figure ? [{ part, figure, share: figure.value / whole }] : [];
  const beyond = outsideBudget?.value ?? 0;
  return {
    total,
    budget,
    inside: [
      ...row('weights', perGpu.weights, budget),
      ...row('activations', activationPeak, budget),
      ...row('runtime', nonTorch, budget),
      ...row('cuda_graphs', perGpu.cudaGraphsInBudget ? cudaGraphs : null, budget),
      ...row('kv_cache', kvCache, budget),
    ],
    outside: [...row('outside', outsideBudget, total), ...row('unused', exactly(total - budget - beyond), total)],
  };
}

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
