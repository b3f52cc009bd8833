import { between, type Ranged } from '../ranged';

/** Quantities with a spread of their own. */
export type SpeedQuantity = 'step' | 'tpot' | 'ttft' | 'prefill' | 'throughput' | 'power';

/**
 * Factors by which the truth may exceed the estimate or stay below it: the 5th and 95th percentile of measured over estimated times
 * when the constants are fitted without the source (`benchmark/accuracySpeed.ts` prints them).
 */
export const SPREAD: Readonly<Record<SpeedQuantity, { readonly below: number; readonly above: number }>> = {
  step: { below: 1.5, above: 1.6 },
  tpot: { below: 1.6, above: 2 },
  ttft: { below: 2.5, above: 3.5 },
  prefill: { below: 2, above: 2.5 },
  throughput: { below: 2, above: 1.8 },
  power: { below: 1.6, above: 1.6 },
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
