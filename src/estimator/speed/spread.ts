import { between, type Ranged } from '../ranged';

/** Quantities with a spread of their own. */
export type SpeedQuantity = 'step' | 'tpot' | 'ttft' | 'prefill' | 'throughput' | 'power';

/**
 * Factors by which the truth may stay below the estimate or exceed it. Below and above: the 3rd to 5th and the 95th to 97th percentile of
 * measured over estimated times on the rows the constants are fitted to (`benchmark/accuracySpeed.ts` prints how many rows lie inside, also
 * for sources left out). Waits under load have the longest tail: requests queue behind bursts that no average shows.
 */
export const SPREAD: Readonly<Record<SpeedQuantity, { readonly below: number; readonly above: number }>> = {
  step: { below: 1.5, above: 1.6 },
  tpot: { below: 1.55, above: 2.4 },
  ttft: { below: 1.7, above: 5 },
  prefill: { below: 1.6, above: 1.9 },
  throughput: { below: 1.5, above: 3.1 },
  power: { below: 1.45, above: 1.75 },
};

/** Why the range of a quantity is as wide as it is. */
const REASONS: Readonly<Record<SpeedQuantity, string>> = {
  step: 'engine version, host and clocks',
  tpot: 'engine version, scheduling and request lengths',
  ttft: 'queueing, host and scheduling',
  prefill: 'kernels and clocks',
  throughput: 'scheduling and request lengths',
  power: 'host, power limit and clocks',
};

/**
 * A time with its range.
 *
 * @param widen factor on the spread for cards or engines nothing was measured on; at least 1.
 */
export function spreadTime(value: number, quantity: SpeedQuantity, widen: number): Ranged {
  const { below, above } = SPREAD[quantity];
  return between(value / (below * widen), value, value * above * widen, REASONS[quantity]);
}

/** A rate with its range: the inverse of a time. */
export function spreadRate(value: number, quantity: SpeedQuantity, widen: number): Ranged {
  const { below, above } = SPREAD[quantity];
  return between(value / (above * widen), value, value * below * widen, REASONS[quantity]);
}
