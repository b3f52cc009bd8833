import type { Outcome } from '../src/vllm/startup/report';

const integer = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** `1,234` */
export function whole(value: number): string {
  return integer.format(value);
}

/** Three significant digits, at most one behind the point from ten up: `0.52`, `7.6`, `141`. */
export function short(value: number): string {
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return new Intl.NumberFormat('en', { maximumFractionDigits: digits }).format(value);
}

/** Tokens on an axis: `32K` is 32,768. */
export function tokens(value: number): string {
  if (value >= 2 ** 20 && value % 2 ** 20 === 0) return `${value / 2 ** 20}M`;
  if (value >= 1024 && value % 512 === 0) return `${short(value / 1024)}K`;
  return whole(value);
}

/** A duration given in hours, in the unit that reads best: `42 s`, `12 min`, `3.5 h`, `2.1 days`. */
export function hours(value: number): string {
  if (value < 1 / 60) return `${short(value * 3600)} s`;
  if (value < 1) return `${short(value * 60)} min`;
  return value < 48 ? `${short(value)} h` : `${short(value / 24)} days`;
}

/** Milliseconds, in seconds from one second up: `120 ms`, `2.4 s`. */
export function milliseconds(value: number): string {
  return value < 1000 ? `${short(value)} ms` : `${short(value / 1000)} s`;
}

export const OUTCOME_WORDS: Readonly<Record<Outcome, string>> = {
  ok: 'Starts',
  oom_load: 'Out of memory while loading the weights',
  oom_profile: 'Out of memory in the profile run',
  no_kv_blocks: 'No memory left for the KV cache',
  kv_too_small_for_max_len: 'KV cache too small for one request',
  startup_free_memory: 'Less memory is free than vLLM asks for',
  invalid: 'vLLM refuses these arguments',
};
