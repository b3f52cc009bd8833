/** Maps data to pixels and back along one axis. */
export interface Scale {
  readonly toPixel: (value: number) => number;
  readonly ticks: readonly number[];
}

/** A linear axis from 0 to at least `max`, ending on a round tick. */
export function linearScale(max: number, start: number, end: number, wantedTicks: number): Scale {
  const step = roundStep(max / Math.max(wantedTicks, 1));
  const top = Math.max(step, Math.ceil(max / step - 1e-9) * step);
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step);
  return { toPixel: (value) => start + (value / top) * (end - start), ticks };
}

/** A linear axis with what is too far off for it behind a break. */
export interface BrokenScale extends Scale {
  /** Value above which the axis is compressed; null when nothing is. */
  readonly brokenAt: number | null;
}

/** Part of an axis that lies behind its break. */
const STRIP = 0.18;

/**
 * A linear axis from 0 that gives `detail` most of its room, so that it stays readable, and shows what goes beyond, up to `max`, in a
 * compressed strip at its end. Without need of one there is no break.
 */
export function brokenScale(max: number, detail: number, start: number, end: number, wantedTicks: number): BrokenScale {
  const whole = linearScale(Math.min(max, detail), start, end, wantedTicks);
  const top = whole.ticks.at(-1) ?? 0;
  if (max <= top) return { ...whole, brokenAt: null };
  const strip = (end - start) * STRIP;
  const { toPixel, ticks } = linearScale(detail, start, end - strip, wantedTicks);
  const compressed = (value: number): number => end - ((max - value) / (max - top)) * strip;
  return { toPixel: (value) => (value <= top ? toPixel(value) : compressed(value)), ticks: [...ticks, max], brokenAt: top };
}

/** A logarithmic axis to base 2 between positive ends; ticks are powers of two, thinned to `wantedTicks`. */
export function logScale(min: number, max: number, start: number, end: number, wantedTicks: number): Scale {
  const [low, high] = [Math.log2(min), Math.max(Math.log2(max), Math.log2(min) + 1e-9)];
  const first = Math.ceil(low - 1e-9);
  const count = Math.max(1, Math.floor(high + 1e-9) - first + 1);
  const stride = Math.max(1, Math.ceil(count / Math.max(wantedTicks, 1)));
  const ticks = Array.from({ length: Math.ceil(count / stride) }, (_, index) => 2 ** (first + index * stride));
  return { toPixel: (value) => start + ((Math.log2(Math.max(value, min)) - low) / (high - low)) * (end - start), ticks };
}

/** The smallest of 1, 2, 5 times a power of ten that is not below `raw`. */
function roundStep(raw: number): number {
  if (!(raw > 0)) return 1;
  const magnitude = 10 ** Math.floor(Math.log10(raw));
  return ([1, 2, 5, 10].find((factor) => factor * magnitude >= raw * (1 - 1e-9)) ?? 10) * magnitude;
}

/** The index of the value whose pixel is nearest to `pixel`. */
export function nearestIndex(values: readonly number[], toPixel: (value: number) => number, pixel: number): number {
  return values.reduce(
    (best, value, index) => (Math.abs(toPixel(value) - pixel) < Math.abs(toPixel(values[best] ?? 0) - pixel) ? index : best),
    0,
  );
}
