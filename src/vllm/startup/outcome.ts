import type { Ranged } from '../../estimator/ranged';
import { GIB } from '../../estimator/units';
import type { Outcome, OutcomeCertainty } from './report';

/** The figures that decide whether the engine starts, bytes per GPU of the fullest rank. */
export interface OutcomeInput {
  readonly requested: number;
  /** Memory free before the engine allocates anything, its CUDA context aside. */
  readonly free: Ranged;
  /** Memory free when the start check looks: the context is there already. */
  readonly freeAtCheck: Ranged;
  readonly checksFreeMemory: boolean;
  /** Highest use while loading. */
  readonly loading: Ranged;
  /** Weights, activations and runtime of the profile run. */
  readonly profiling: Ranged;
  /** Everything allocated once the KV cache is in place and graphs are captured. */
  readonly serving: Ranged;
  readonly available: Ranged;
  /** Bytes one request of the longest length needs; null when nothing grows with length. */
  readonly needed: number | null;
}

type End = 'favourable' | 'central' | 'unfavourable';

/** What happens at one end of the range. Memory use is favourable when low, free and available memory when high. */
function outcomeAt(input: OutcomeInput, end: End): Outcome {
  const use = (range: Ranged): number => (end === 'central' ? range.value : end === 'favourable' ? range.low : range.high);
  const room = (range: Ranged): number => (end === 'central' ? range.value : end === 'favourable' ? range.high : range.low);
  const free = room(input.free);
  if (input.checksFreeMemory && input.requested > room(input.freeAtCheck)) return 'startup_free_memory';
  if (use(input.loading) > free) return 'oom_load';
  if (use(input.profiling) > free) return 'oom_profile';
  const available = room(input.available);
  if (available <= 0) return 'no_kv_blocks';
  if (input.needed !== null && input.needed > available) return 'kv_too_small_for_max_len';
  return use(input.serving) > free + (end === 'central' ? LEAST_SHORTAGE : 0) ? 'oom_profile' : 'ok';
}

/**
 * A start-up that got its KV cache is only called a failure when more than this is missing, bytes: the captured graphs differ from any estimate
 * by as much, and most start-ups do start.
 */
const LEAST_SHORTAGE = 0.3 * GIB;

/** The outcome at the central estimate, and whether the ends of the range agree on starting or not. */
export function outcomeOf(input: OutcomeInput): { readonly outcome: Outcome; readonly certainty: OutcomeCertainty } {
  const outcome = outcomeAt(input, 'central');
  const other = outcomeAt(input, outcome === 'ok' ? 'unfavourable' : 'favourable');
  return { outcome, certainty: (outcome === 'ok') === (other === 'ok') ? 'certain' : 'likely' };
}
