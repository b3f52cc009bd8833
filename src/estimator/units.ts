/** Bytes in one KiB (2^10). */
export const KIB = 1024;
/** Bytes in one MiB (2^20). */
export const MIB = 1024 * KIB;
/** Bytes in one GiB (2^30), the unit of vLLM's start-up log. */
export const GIB = 1024 * MIB;

/** `ceil(a / b)` for non-negative integers. */
export function ceilDiv(a: number, b: number): number {
  return Math.ceil(a / b);
}

/** `a` rounded up to a multiple of `b`. */
export function roundUp(a: number, b: number): number {
  return Math.ceil(a / b) * b;
}

/** `value` limited to `[low, high]`. */
export function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
