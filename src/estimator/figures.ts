/** How figures read everywhere: GiB with two decimals as in vLLM's log, counts with thousands separators, ranges in brackets. */
import type { Ranged } from './ranged';
import { GIB } from './units';

/** What stands for a figure that is not known. */
export const UNKNOWN = 'unknown';

/** A whole number with thousands separators. */
function grouped(whole: string): string {
  return whole.replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Two decimals below 100, one up to 1000, none beyond: three to five digits that matter. */
function digits(value: number): string {
  const size = Math.abs(value);
  const text = value.toFixed(size < 99.995 ? 2 : size < 999.95 ? 1 : 0);
  return Number(text) === 0 ? text.replace('-', '') : text;
}

/** A whole number with thousands separators: 131072 -> "131,072". */
export function formatCount(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return UNKNOWN;
  return grouped(String(Math.trunc(value)));
}

/** What is no count, to the nearest whole number: 1234.6 -> "1,235". */
export function formatWhole(value: number): string {
  return formatCount(Math.round(value));
}

/** Three digits, at most one behind the point from ten up, without zeros at the end: "0.52", "7.6", "141". */
export function formatShort(value: number): string {
  const size = Math.abs(value);
  if (size >= 99.95) return formatWhole(value);
  return String(Number(value.toFixed(size >= 9.995 ? 1 : 2)));
}

/** One digit behind the point, whatever the size, for figures that stand one below the other: "1,234.5". */
export function formatTenths(value: number): string {
  const [whole = '', tenth = '0'] = value.toFixed(1).split('.');
  return `${grouped(whole)}.${tenth}`;
}

/** A share of one that binary fractions may fall short of what they stand for; far below any digit shown. */
const BINARY_ERROR = 1e-9;

/** How many requests fit at once, to three digits and never rounded up: 185.96 -> "185", 19.297 -> "19.2", 0.996 -> "0.99". */
export function formatRequests(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return UNKNOWN;
  const places = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  const scale = 10 ** places;
  const held = Math.max(0, Math.floor(value * scale * (1 + BINARY_ERROR)) / scale);
  return places === 0 ? formatCount(held) : held.toFixed(places);
}

/** Bytes in GiB where the unit stands elsewhere: "5.41". */
export function gibNumber(bytes: number): string {
  return digits(bytes / GIB);
}

/** Bytes in GiB: "5.41 GiB". */
export function formatGib(bytes: number | null): string {
  return bytes === null || !Number.isFinite(bytes) ? UNKNOWN : `${gibNumber(bytes)} GiB`;
}

/** Part of a whole, the unit once: "21.98 of 23.53 GiB". */
export function formatGibOf(bytes: number, whole: number): string {
  return `${gibNumber(bytes)} of ${formatGib(whole)}`;
}

/** Bytes in GiB with their range: "5.41 GiB (4.60 to 6.00)"; an exact figure alone. */
export function formatGibRange(figure: Ranged | null): string {
  return withRange(figure, formatGib);
}

/** A count with its range: "79,040 (76,000 to 81,500)"; an exact figure alone. */
export function formatCountRange(figure: Ranged | null): string {
  return withRange(figure, formatCount);
}

/** A value with its range in brackets. */
function withRange(figure: Ranged | null, format: (value: number) => string): string {
  if (!figure) return UNKNOWN;
  const { value, ends } = formatFigure(figure, format);
  return ends === '' ? value : `${value} (${ends})`;
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

/** How many times as much: 1.9412 -> "1.9". */
export function formatFactor(ratio: number): string {
  return ratio.toFixed(1);
}

/** Parameters of a model: 8190735360 -> "8.19 B". */
export function formatParameters(count: number | null): string {
  if (count === null || !Number.isFinite(count)) return UNKNOWN;
  if (count >= 1e12) return `${(count / 1e12).toPrecision(3)} T`;
  return count >= 1e9 ? `${(count / 1e9).toPrecision(3)} B` : `${(count / 1e6).toPrecision(3)} M`;
}

/** Hours in the unit that reads best: "42 s", "12 min", "3.5 h", "2.1 days". */
export function formatHours(hours: number): string {
  if (hours < 1 / 60) return `${formatShort(hours * 3600)} s`;
  if (hours < 1) return `${formatShort(hours * 60)} min`;
  return hours < 48 ? `${formatShort(hours)} h` : `${formatShort(hours / 24)} days`;
}

/** Milliseconds, in seconds from one second up: "120 ms", "2.4 s". */
export function formatMilliseconds(milliseconds: number): string {
  return milliseconds < 1000 ? `${formatShort(milliseconds)} ms` : `${formatShort(milliseconds / 1000)} s`;
}

/** Ends nearer to the value than this say nothing a person would plan on, so the value stands alone. */
const NEGLIGIBLE = 0.02;

/** With an end farther off than this, digits of the value beyond the second are noise: it is rounded and called "about". */
const ROUGH = 0.2;

/** A figure with its uncertainty as people read it. */
export interface FigureWords {
  /** The value: "95,840 tokens", "about 8.4 s". */
  readonly value: string;
  /** Its range for brackets behind the value, with units only where they are not the value's; empty when there is none to see. */
  readonly ends: string;
  /** The same for where room is scarce: empty also when the ends are too near to matter. */
  readonly range: string;
  /** Its range as part of a sentence, units included: "4.9 to 42 s". Empty when there is none to see. */
  readonly spelledRange: string;
}

/**
 * What vLLM prints at its start-up, the same way on every face: as precise as its log, whatever the range.
 * @param format of one number, a unit behind it.
 */
export function formatFigure(figure: Ranged, format: (value: number) => string): FigureWords {
  return wordsOf(figure, format(figure.value), format(figure.low), format(figure.high));
}

/** A figure that nothing prints so exactly, speed or time: as precise as its range allows, which is rounded outward and so holds what is meant. */
export function formatRough(figure: Ranged, format: (value: number) => string): FigureWords {
  const { value, low, high } = figure;
  if (low === high) return wordsOf(figure, format(value), '', '');
  const rough = spread(figure) > ROUGH;
  const places = rough ? 2 : 3;
  const said = rough ? toFigures(format(value), places, Math.round) : format(value);
  const words = wordsOf(figure, said, toFigures(format(low), places, Math.floor), toFigures(format(high), places, Math.ceil));
  return rough ? { ...words, value: `about ${said}` } : words;
}

/** How far the farther end is off, as a share of the value. */
function spread({ value, low, high }: Ranged): number {
  return value === 0 ? Infinity : Math.max(value - low, high - value) / Math.abs(value);
}

function wordsOf(figure: Ranged, value: string, from: string, to: string): FigureWords {
  if (from === to) return { value, ends: '', range: '', spelledRange: '' };
  const start = unitOf(from) === unitOf(to) ? numberOf(from) : from;
  const ends = `${start} to ${[from, value].every((text) => unitOf(text) === unitOf(to)) ? numberOf(to) : to}`;
  return { value, ends, range: spread(figure) < NEGLIGIBLE ? '' : ends, spelledRange: `${start} to ${to}` };
}

/** "8.37 s" to two figures is "8.4 s"; a text that begins with no number stays. */
function toFigures(text: string, figures: number, round: (value: number) => number): string {
  const value = Number(numberOf(text).replaceAll(',', ''));
  if (value === 0 || !Number.isFinite(value)) return text;
  const places = figures - 1 - Math.floor(Math.log10(Math.abs(value)));
  // A text already written to that many places stays, whatever the last bit of its number.
  const scaled = Number((value * 10 ** places).toPrecision(12));
  const [whole = '', decimals] = String(Number((round(scaled) / 10 ** places).toFixed(Math.max(0, places)))).split('.');
  return `${grouped(whole)}${decimals === undefined ? '' : `.${decimals}`}${unitOf(text)}`;
}

function numberOf(text: string): string {
  return /^-?[\d.,]*/.exec(text)?.[0] ?? '';
}

function unitOf(text: string): string {
  return text.slice(numberOf(text).length);
}
