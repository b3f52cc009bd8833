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
