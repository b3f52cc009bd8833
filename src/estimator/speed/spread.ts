import { between, type Ranged } from '../ranged';
import { tokensPerStep, USUAL_DRAFTING } from './drafting';
import { ENGINES, hasGenerations, type Engine } from './engines';
import type { Load } from './serving';
import { gpusPerReplica, type SpeedSetup } from './step';

/** Quantities with a spread of their own. */
export type SpeedQuantity = 'step' | 'tpot' | 'ttft' | 'prefill' | 'throughput' | 'power';

/** Factors by which the truth may stay below the estimate of a time or exceed it; at least 1. */
export interface Spread {
  readonly below: number;
  readonly above: number;
}

/**
 * The spread of the usual case: a measured engine of a known version on an NVIDIA card. Below and above: about the 5th and the 95th percentile
 * of measured over estimated times on sweeps that took no part in the fit (`benchmark/accuracySpeed.ts --leave-out` prints how many lie inside).
 */
const USUAL: Readonly<Record<SpeedQuantity, Spread>> = {
  step: { below: 1.4, above: 1.45 },
  tpot: { below: 1.45, above: 1.6 },
  ttft: { below: 1.6, above: 1.9 },
  prefill: { below: 1.45, above: 1.55 },
  throughput: { below: 1.4, above: 2.5 },
  power: { below: 1.45, above: 1.7 },
};

/** What is known about a case, as far as it bears on doubt. */
export interface Circumstances {
  readonly setup: SpeedSetup;
  readonly load: Load;
  /** The KV cache does not hold all requests at once. */
  readonly queued: boolean;
  /** Prompts are read by kernels that are not tuned for the card, which a later version of the engine may have. */
  readonly untuned: boolean;
}

/** One reason why a case is less certain than the usual one. */
interface Doubt extends Spread {
  readonly applies: (circumstances: Circumstances) => boolean;
  /** null: all but power. */
  readonly quantities: readonly SpeedQuantity[] | null;
}

const WAITS: readonly SpeedQuantity[] = ['ttft', 'throughput'];
const LOADED: readonly SpeedQuantity[] = ['tpot', 'ttft', 'throughput'];
/** Requests in flight per replica from which bursts queue behind each other in ways no average shows. */
const MANY_REQUESTS = 32;
/**
 * Engines whose first tokens under load were measured; the others are given the waits of a usual one. As far as that may be off were SGLang,
 * TensorRT-LLM and NIM while none of their sources took part in the fit: measured over estimated 2 to 3 in the middle, 4 to 9 at the 95th percentile.
 */
const MEASURED_UNDER_LOAD: readonly Engine[] = ['vllm', 'sglang', 'tensorrt_llm', 'nim'];
/** GPUs of one replica beyond which few deployments were measured, and those in notations that leave the split open. */
const USUAL_GPUS = 8;

const isEngine =
  (...engines: readonly Engine[]): Doubt['applies'] =>
  (c) =>
    engines.includes(c.setup.engine);

/** Factors from the same residuals as {@link USUAL}, by group; those of things nobody measured are of the sources left out. */
const DOUBTS: readonly Doubt[] = [
  { applies: isEngine('sglang'), quantities: ['ttft'], below: 1.1, above: 1.9 },
  { applies: isEngine('sglang'), quantities: ['tpot', 'throughput'], below: 1, above: 1.2 },
  { applies: isEngine('tensorrt_llm'), quantities: LOADED, below: 1.25, above: 2 },
  { applies: isEngine('transformers', 'autoawq'), quantities: ['step', 'prefill'], below: 1.1, above: 1.25 },
  {
    applies: ({ setup }) => !(ENGINES as readonly string[]).includes(setup.engine) && setup.engine !== 'nim',
    quantities: null,
    below: 1.15,
    above: 1.15,
  },
  { applies: ({ setup }) => setup.engineVersion === null && hasGenerations(setup.engine), quantities: null, below: 1.1, above: 1.25 },
  { applies: ({ setup }) => setup.gpu.vendor === 'AMD' && !setup.gpu.unifiedMemory, quantities: null, below: 1.15, above: 1.3 },
  { applies: ({ setup }) => !['NVIDIA', 'AMD', 'Apple'].includes(setup.gpu.vendor), quantities: null, below: 1.3, above: 1.5 },
  { applies: ({ setup }) => setup.gpu.confidence === 'low', quantities: null, below: 1.15, above: 1.15 },
  { applies: ({ setup }) => gpusPerReplica(setup) > USUAL_GPUS, quantities: null, below: 1.5, above: 1.4 },
  { applies: ({ setup }) => setup.dataParallel > 1 && setup.expertParallel, quantities: LOADED, below: 1.2, above: 1.6 },
  { applies: ({ setup, load }) => load.concurrency / setup.dataParallel > MANY_REQUESTS, quantities: WAITS, below: 1.2, above: 1.4 },
  {
    applies: ({ setup, load }) =>
      load.together !== true && load.concurrency > setup.dataParallel && !MEASURED_UNDER_LOAD.includes(setup.engine),
    quantities: ['ttft'],
    below: 1,
    above: 3,
  },
  // The other end is what the same engine takes on B200, where it has the kernels.
  { applies: ({ untuned }) => untuned, quantities: ['ttft', 'tpot', 'prefill', 'throughput'], below: 3, above: 1 },
  { applies: ({ queued }) => queued, quantities: WAITS, below: 1.5, above: 1.5 },
  { applies: ({ setup }) => setup.offloadBytes > 0 || setup.offloadKvCache === true, quantities: null, below: 1.5, above: 1.5 },
];

/** Doubt in the share of drafted tokens that is accepted: what a step yields at either end of its range. */
function acceptanceDoubt({ draftTokens, drafting = USUAL_DRAFTING }: Load): Omit<Doubt, 'applies'> {
  const { low, value, high } = drafting.acceptance;
  const yielded = (acceptance: number): number => tokensPerStep(draftTokens, acceptance);
  return {
    quantities: ['step', 'tpot', 'throughput'],
    below: yielded(high) / yielded(value),
    above: yielded(value) / yielded(low),
  };
}

/** The spread of every quantity under the circumstances: each doubt widens it. */
export function spreadUnder(circumstances: Circumstances): Readonly<Record<SpeedQuantity, Spread>> {
  const applying = [...DOUBTS.filter((doubt) => doubt.applies(circumstances)), acceptanceDoubt(circumstances.load)];
  const widened = (quantity: SpeedQuantity): Spread => {
    const own = applying.filter(({ quantities }) => (quantities === null ? quantity !== 'power' : quantities.includes(quantity)));
    return {
      below: own.reduce((spread, doubt) => spread * doubt.below, USUAL[quantity].below),
      above: own.reduce((spread, doubt) => spread * doubt.above, USUAL[quantity].above),
    };
  };
  return {
    step: widened('step'),
    tpot: widened('tpot'),
    ttft: widened('ttft'),
    prefill: widened('prefill'),
    throughput: widened('throughput'),
    power: widened('power'),
  };
}

/** Why the range of a quantity is as wide as it is. */
const REASONS: Readonly<Record<SpeedQuantity, string>> = {
  step: 'engine version, host and clocks',
  tpot: 'engine version, scheduling and request lengths',
  ttft: 'queueing, host and scheduling',
  prefill: 'kernels and clocks',
  throughput: 'scheduling and request lengths',
  power: 'host, power limit and clocks',
};

/** A time with its range. */
export function spreadTime(value: number, quantity: SpeedQuantity, spread: Readonly<Record<SpeedQuantity, Spread>>): Ranged {
  const { below, above } = spread[quantity];
  return between(value / below, value, value * above, REASONS[quantity]);
}

/** A rate with its range: the inverse of a time. */
export function spreadRate(value: number, quantity: SpeedQuantity, spread: Readonly<Record<SpeedQuantity, Spread>>): Ranged {
  const { below, above } = spread[quantity];
  return between(value / above, value, value * below, REASONS[quantity]);
}
