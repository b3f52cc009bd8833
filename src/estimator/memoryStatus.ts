import type { MemoryStatus } from './contracts/finetuning';

/** The bands of the calculators' `memory_status`, by the share of the card that is used; `error` when there is no share. */
export function memoryStatus(share: number): MemoryStatus {
  if (!Number.isFinite(share)) return 'error';
  if (share > 1) return 'insufficient';
  if (share > 0.9) return 'very_high';
  if (share > 0.75) return 'high';
  return share > 0.5 ? 'moderate' : 'okay';
}
