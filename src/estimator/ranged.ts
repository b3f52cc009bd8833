/**
 * A figure with the interval that should contain the truth, and why it is not exact.
 * `low <= value <= high`. An exact figure has `low === value === high` and no reason.
 */
export interface Ranged {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** What the width comes from, in a few words ("CUDA graphs on this GPU class"). */
  readonly reason?: string;
}

/** A figure without uncertainty. */
export function exactly(value: number): Ranged {
  return { value, low: value, high: value };
}

/** A figure with an asymmetric interval; the interval is widened to contain the value. */
export function between(low: number, value: number, high: number, reason?: string): Ranged {
  const [least, most] = [Math.min(low, value), Math.max(high, value)];
  return reason === undefined ? { value, low: least, high: most } : { value, low: least, high: most, reason };
}

/** A figure with a relative half-width, e.g. `0.02` for ±2 %. */
export function within(value: number, relative: number, reason?: string): Ranged {
  const half = Math.abs(value) * relative;
  return between(value - half, value, value + half, reason);
}

/** Adds ranges whose errors are independent: their widths add up in quadrature. */
export function sumOf(parts: readonly Ranged[]): Ranged {
  const value = parts.reduce((total, part) => total + part.value, 0);
  const down = Math.hypot(...parts.map((part) => part.value - part.low));
  const up = Math.hypot(...parts.map((part) => part.high - part.value));
  return between(value - down, value, value + up);
}

/** The range of a figure that grows with something known only to within factors. */
export function stretched(range: Ranged, low: number, high: number, reason: string): Ranged {
  return between(range.low * low, range.value, range.high * high, reason);
}
