import { formatCount, formatShort } from '../src/estimator/figures';
import type { Outcome } from '../src/vllm/startup/report';

/** Tokens on an axis: `32K` is 32,768. */
export function tokens(value: number): string {
  if (value >= 2 ** 20 && value % 2 ** 20 === 0) return `${value / 2 ** 20}M`;
  if (value >= 1024 && value % 512 === 0) return `${formatShort(value / 1024)}K`;
  return formatCount(value);
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

export type Mood = 'good' | 'unsure' | 'bad' | 'unknown';

/** The answer in one line: a sign, a colour and words that say the same. */
export interface Verdict {
  readonly mood: Mood;
  readonly headline: string;
  readonly detail: string;
}
