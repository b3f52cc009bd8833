/** How figures read everywhere: GiB with two decimals as in vLLM's log, counts with thousands separators, ranges in brackets. */
import type { Ranged } from './ranged';
import { GIB } from './units';

/** What stands for a figure that is not known. */
export const UNKNOWN = 'unknown';

/** Two decimals below 100, one up to 1000, none beyond: three to five digits that matter. */
function digits(value: number): string {
  const size = Math.abs(value);
  const text = value.toFixed(size < 99.995 ? 2 : size < 999.95 ? 1 : 0);
  return Number(text) === 0 ? text.replace('-', '') : text;
}

/** A whole number with thousands separators: 131072 -> "131,072". */
export function formatCount(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return UNKNOWN;
  return String(Math.trunc(value)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Bytes in GiB: "5.41 GiB". */
export function formatGib(bytes: number | null): string {
  return bytes === null || !Number.isFinite(bytes) ? UNKNOWN : `${digits(bytes / GIB)} GiB`;
}

/** Bytes in GiB with their range: "5.41 GiB (4.60 to 6.00)"; an exact figure alone. */
export function formatGibRange(figure: Ranged | null): string {
  if (!figure) return UNKNOWN;
  const [value, low, high] = [figure.value, figure.low, figure.high].map((bytes) => digits(bytes / GIB));
  return low === high ? `${value} GiB` : `${value} GiB (${low} to ${high})`;
}

/** A count with its range: "79,040 (76,000 to 81,500)"; an exact figure alone. */
export function formatCountRange(figure: Ranged | null): string {
  if (!figure) return UNKNOWN;
  const [value, low, high] = [figure.value, figure.low, figure.high].map(formatCount);
  return low === high ? `${value}` : `${value} (${low} to ${high})`;
}

/** Small memory in the unit that reads best: "72.0 KiB", "184 MiB", "5.03 GiB". */
export function formatBytes(bytes: number | null): string {
  if (bytes === null || !Number.isFinite(bytes)) return UNKNOWN;
  const units = ['B', 'KiB', 'MiB'];
  let value = bytes;
  for (const unit of units) {
    if (Math.abs(value) < 999.5) return `${unit === 'B' ? Math.round(value) : value.toPrecision(3)} ${unit}`;
    value /= 1024;
  }
  return `${digits(value)} GiB`;
}

/** A share as percent: 0.125 -> "13 %"; below ten percent with one decimal. */
export function formatPercent(share: number | null): string {
  if (share === null || !Number.isFinite(share)) return UNKNOWN;
  return `${(share * 100).toFixed(Math.abs(share) < 0.0995 ? 1 : 0)} %`;
}

/** A ratio as vLLM's log writes concurrency: "19.30x". */
export function formatTimes(value: number | null): string {
  return value === null || !Number.isFinite(value) ? UNKNOWN : `${value.toFixed(2)}x`;
}

/** Parameters of a model: 8190735360 -> "8.19 B". */
export function formatParameters(count: number | null): string {
  if (count === null || !Number.isFinite(count)) return UNKNOWN;
  if (count >= 1e12) return `${(count / 1e12).toPrecision(3)} T`;
  return count >= 1e9 ? `${(count / 1e9).toPrecision(3)} B` : `${(count / 1e6).toPrecision(3)} M`;
}

/** Ends nearer to the value than this say nothing a person would plan on, so the value stands alone. */
const NEGLIGIBLE = 0.02;

/** With an end farther off than this, digits of the value beyond the second are noise: it is rounded and called "about". */
const ROUGH = 0.2;

/** A figure with its uncertainty as people read it. */
export interface FigureWords {
  /** The value, as precise as its range allows: "95,840 tokens", "about 8.4 s". */
  readonly value: string;
  /** Its range for beside or below the value, "4.9 to 42": with units only where they are not the value's. Empty when negligible. */
  readonly range: string;
  /** Its range as part of a sentence, units included: "4.9 to 42 s". Empty for an exact figure. */
  readonly spelledRange: string;
}

/**
 * A figure in words, the same way on every face. Ends are rounded outward, so that the range shown holds the range meant.
 * @param format of one number, a unit behind it.
 */
export function formatFigure({ value, low, high }: Ranged, format: (value: number) => string): FigureWords {
  if (low === high) return { value: format(value), range: '', spelledRange: '' };
  const off = value === 0 ? Infinity : Math.max(value - low, high - value) / Math.abs(value);
  const rough = off > ROUGH;
  const figures = rough ? 2 : 3;
  const said = rough ? toFigures(format(value), figures, Math.round) : format(value);
  const from = toFigures(format(low), figures, Math.floor);
  const to = toFigures(format(high), figures, Math.ceil);
  const start = unitOf(from) === unitOf(to) ? numberOf(from) : from;
  return {
    value: rough ? `about ${said}` : said,
    range: off < NEGLIGIBLE ? '' : `${start} to ${[from, said].every((text) => unitOf(text) === unitOf(to)) ? numberOf(to) : to}`,
    spelledRange: `${start} to ${to}`,
  };
}

/** "8.37 s" to two figures is "8.4 s"; a text that begins with no number stays. */
function toFigures(text: string, figures: number, round: (value: number) => number): string {
  const value = Number(numberOf(text).replaceAll(',', ''));
  if (value === 0 || !Number.isFinite(value)) return text;
  const places = figures - 1 - Math.floor(Math.log10(value));
  // A text already written to that many places stays, whatever the last bit of its number.
  const scaled = Number((value * 10 ** places).toPrecision(12));
  const [whole = '', decimals] = String(Number((round(scaled) / 10 ** places).toFixed(Math.max(0, places)))).split('.');
  return `${whole.replace(/\B(?=(\d{3})+$)/g, ',')}${decimals === undefined ? '' : `.${decimals}`}${unitOf(text)}`;
}

function numberOf(text: string): string {
  return /^[\d.,]*/.exec(text)?.[0] ?? '';
}

function unitOf(text: string): string {
  return text.slice(numberOf(text).length);
}
