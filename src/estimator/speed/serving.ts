import { SPEED_CONSTANTS, type SpeedConstants } from './constants';
import { tokensPerStep, USUAL_DRAFTING, type Drafting } from './drafting';
import { isLibrary, reservesOutput, type Engine } from './engines';
import { prefill } from './prefill';
import { constantsOf, decodeStep, type SpeedSetup, type StepTime } from './step';
import type { ModelWork } from './work';

/** Requests of one size in a closed loop: as soon as one is answered, its user sends the next. */
export interface Load {
  /** Requests in flight over all replicas. */
  readonly concurrency: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** KV cache of one replica, tokens; null when not known (no limit). */
  readonly kvCacheTokens: number | null;
  /** Share of the prompt that a prefix cache already holds, 0 to 1. */
  readonly cachedShare: number;
  /** Tokens drafted per step; 0 without speculative decoding. */
  readonly draftTokens: number;
  /** How they are drafted; a small drafter when not said. */
  readonly drafting?: Drafting;
  /** All requests start and end together (static batching) instead of coming and going. */
  readonly together?: boolean;
}

/** Milliseconds and rates under a load. */
export interface ServingTime {
  readonly ttftMs: number;
  readonly tpotMs: number;
  /** Forward pass over one prompt, alone. */
  readonly prefillMs: number;
  readonly step: StepTime;
  /** Requests decoded together in one replica; less than asked for when the KV cache holds fewer. */
  readonly running: number;
  /** Output tokens per second over all replicas. */
  readonly throughputTps: number;
}

/** Times and rates of a load. */
export function serve(setup: SpeedSetup, work: ModelWork, load: Load, constants: SpeedConstants = SPEED_CONSTANTS): ServingTime {
  const own = constantsOf(setup, constants);
  const { promptTokens, outputTokens, together = false } = load;
  const perReplica = Math.max(1, load.concurrency / setup.dataParallel);
  const running = Math.min(perReplica, heldAtOnce(setup.engine, load));
  const stepOf = (requests: number): StepTime =>
    decodeStep(setup, work, requests, promptTokens + outputTokens / 2, 1 + load.draftTokens, constants);
  const step = stepOf(running);
  const cached = promptTokens * load.cachedShare;
  const fresh = Math.max(1, promptTokens - cached);
  const alone = prefill(setup, work, fresh, cached, constants);
  const drafting = load.drafting ?? USUAL_DRAFTING;
  const yielded = tokensPerStep(load.draftTokens, drafting.acceptance.value);
  const stepMs = (step.total * (1 + drafting.costPerToken * load.draftTokens)) / yielded;
  // Replicas that share experts take every step together, so that each waits for the prompts of all.
  const inStep = setup.expertParallel ? setup.dataParallel : 1;
  const others = together ? 0 : running * inStep - 1;
  const interference = (constants.interference * others * alone.marginal) / Math.max(1, outputTokens);
  const tpotMs = stepMs + interference;
  const growth = others / (1 + (others * fresh) / own.queueTokens);
  // A static batch is prefilled as one; the prompts of others that a new request waits for pass in the same steps as its own.
  const first = together
    ? prefill(setup, work, fresh, cached, constants, running).total
    : alone.total + own.queueShare * growth * alone.marginal;
  const started = (isLibrary(setup.engine) ? 0 : own.firstTokenMs) + first;
  // Waiting for others before and after the first token is the same work of theirs: together no more than their prefills one after another.
  const theirs = (running * inStep - 1) * alone.total;
  const delayed = first - alone.total + interference * outputTokens;
  const admission = ({ total }: StepTime, requests: number): number => (together ? 0 : own.waitSteps * total * (1 - 1 / requests));
  const ownShare = (running - 1) / Math.max(1, running * inStep - 1);
  const loop = closedLoop({
    perReplica,
    running,
    heldMs: started + outputTokens * tpotMs - Math.max(0, delayed - theirs),
    admissionMs: Math.min(admission(step, running), Math.max(0, theirs - delayed) * ownShare),
  });
  // A request is admitted between the steps of all that are in flight, whether the KV cache holds them at once or in turn.
  const admitted = admission(running < perReplica ? stepOf(perReplica) : step, perReplica);
  return {
    ttftMs: started + admitted + loop.waitingMs,
    tpotMs,
    prefillMs: alone.total,
    step,
    running,
    throughputTps: loop.requestsPerMs * setup.dataParallel * outputTokens * 1e3,
  };
}

/** Requests that the KV cache of one replica holds at once. */
function heldAtOnce(engine: Engine, { promptTokens, outputTokens, kvCacheTokens, cachedShare }: Load): number {
  if (kvCacheTokens === null) return Infinity;
  // Blocks are taken as a request grows, so that a running request holds half of its output on average, unless all of it is set aside.
  const grown = reservesOutput(engine) ? outputTokens : outputTokens / 2;
  const held = Math.max(1, promptTokens * (1 - cachedShare) + grown);
  return Math.max(1, (kvCacheTokens - promptTokens * cachedShare) / held);
}

/** Requests in flight of one replica, of which as many run as its KV cache holds. */
interface ClosedLoop {
  readonly perReplica: number;
  readonly running: number;
  /** Milliseconds a request keeps its place in the KV cache. */
  readonly heldMs: number;
  /** Milliseconds a request waits to be admitted where there is a place, as far as the replica does nothing else meanwhile. */
  readonly admissionMs: number;
}

/** What does not fit in the KV cache waits until a running request ends, at the rate at which they do; the next is there as soon as one ends. */
function closedLoop({ perReplica, running, heldMs, admissionMs }: ClosedLoop): {
  readonly waitingMs: number;
  readonly requestsPerMs: number;
} {
  return {
    waitingMs: ((perReplica - running) / running) * heldMs,
    requestsPerMs: running / (heldMs + admissionMs * (running / perReplica)),
  };
}
