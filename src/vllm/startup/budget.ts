import type { GpuSetup } from '../../estimator/hardware/gpu';
import { between, exactly, type Ranged } from '../../estimator/ranged';
import { GIB } from '../../estimator/units';
import type { EngineSettings } from '../defaults/settings';
import { rulesOf } from '../versions';
import { contextMemory } from './nonTorch';

/** The memory one engine may use on one GPU, bytes. */
export interface Budget {
  readonly total: number;
  /** How far torch's total may be from the card's usual one, where none was stated. */
  readonly totalRange: Ranged;
  /** `ceil(total x gpu_memory_utilization)`. */
  readonly requested: number;
}

/** The requested share of the device's total memory (vllm/v1/worker/utils.py, request_memory). */
export function budgetOf(gpu: GpuSetup, settings: EngineSettings): Budget {
  const total = Math.round(gpu.totalMemoryGib * GIB);
  return { total, totalRange: totalRange(gpu, total), requested: Math.ceil(total * settings.gpuMemoryUtilization) };
}

/** Totals of one card differ by driver and ECC: 79.10-79.25 GiB on H100 and A100, 22.05-22.5 on A10G and L4. */
const USUAL_SPREAD = 0.003;

/** GeForce under Windows and WSL shows its whole memory (24.0 instead of 23.57 GiB), GB10 119.6 to 121.6 GiB. */
const OPEN_SPREAD = 0.018;

function totalRange({ gpu, totalMemoryGib }: GpuSetup, total: number): Ranged {
  if (totalMemoryGib !== gpu.totalMemoryGib) return between(total, total, total);
  const up = gpu.unifiedMemory || gpu.label.includes('GeForce') ? OPEN_SPREAD : USUAL_SPREAD;
  return between(total * (1 - USUAL_SPREAD), total, total * (1 + up), "the card's total memory");
}

/** What one rank spends inside the budget, bytes. */
export interface Spending {
  readonly weights: Ranged;
  readonly activationPeak: Ranged;
  readonly nonTorch: Ranged;
  /** CUDA graph estimate where the version charges it; null otherwise. */
  readonly graphCharge: Ranged | null;
}

/**
 * "Available KV cache memory" of one rank: the budget less what is spent, or `kv-cache-memory-bytes` as given; less the memory reserved for
 * passing multimodal tensors between processes. The widths of the parts are independent and add up in quadrature.
 */
export function availableKvCache(budget: Budget, spending: Spending, settings: EngineSettings): Ranged {
  const reserved = settings.multimodal.ipcGib * GIB;
  if (settings.kvCacheMemoryBytes !== null) {
    const value = settings.kvCacheMemoryBytes - reserved;
    return { value, low: value, high: value };
  }
  const parts = [spending.weights, spending.activationPeak, spending.nonTorch, ...(spending.graphCharge ? [spending.graphCharge] : [])];
  parts.push(otherDefault(budget, settings));
  const value = budget.requested - reserved - parts.reduce((sum, part) => sum + part.value, 0);
  // A driver that reports more or less does so throughout: this error is no noise that the others could cancel.
  const { totalRange: totals, total } = budget;
  const [less, more] = [total - totals.low, totals.high - total].map((difference) => difference * settings.gpuMemoryUtilization);
  const down = Math.hypot(...parts.map((part) => part.high - part.value)) + (less ?? 0);
  const up = Math.hypot(...parts.map((part) => part.value - part.low)) + (more ?? 0);
  const widest = [...parts, totals].sort((a, b) => b.high - b.low - (a.high - a.low))[0];
  return between(value - down, value, value + up, widest?.reason);
}

/** The default utilization rose from 0.9 to 0.92 in 0.21: an unknown version may have more to spend, or less. */
function otherDefault({ total }: Budget, { span, defaulted, gpuMemoryUtilization: used }: EngineSettings): Ranged {
  if (span === null || !defaulted.includes('gpu-memory-utilization')) return exactly(0);
  const [oldest, newest] = [rulesOf(span.oldest), rulesOf(span.newest)].map((rules) => rules.defaultGpuMemoryUtilization);
  return between((used - (newest ?? used)) * total, 0, (used - (oldest ?? used)) * total, 'the default utilization of the version');
}

/** What the start check compares the request with: the free memory as stated, otherwise all but this process' own context. */
export function freeAtCheck(gpu: GpuSetup, budget: Budget, settings: EngineSettings): Ranged {
  if (gpu.freeMemoryGib !== null) return exactly(gpu.freeMemoryGib * GIB);
  const context = contextMemory(gpu, settings);
  return between(budget.total - context.high, budget.total - context.value, budget.total - context.low, context.reason);
}
