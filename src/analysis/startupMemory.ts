import { exactly } from '../estimator/ranged';
import type { RuntimeMemory } from '../estimator/runtime/memory';
import { kvGroups, ownKvShare } from '../estimator/speed/work';
import { roundUp } from '../estimator/units';
import type { StartupReport } from '../vllm/startup/report';

/** What a simulated start-up is asked to hold. */
export interface HeldLoad {
  /** Requests of the full context in flight in one replica. */
  readonly sequences: number;
  /** Share of its KV cache that each request keeps for itself. */
  readonly ownShare: number;
  readonly offloadKvCache?: boolean;
}

const NOTHING = exactly(0);

/** Share of its KV cache that each request of `context` tokens keeps for itself where all have `shared` tokens in common: they share whole blocks. */
export function ownShareOf({ input, kvCache: { blockSize } }: StartupReport, context: number, shared: number): number {
  const inBlocks = Math.floor(shared / blockSize) * blockSize;
  return ownKvShare(kvGroups(input.model.architecture, 1), roundUp(context, blockSize), inBlocks);
}

/** The memory of a simulated start-up under a load, as the estimator's contracts take it. */
export function startupMemory({ perGpu, kvCache, host, settings }: StartupReport, load: HeldLoad): RuntimeMemory {
  const perSequence = kvCache.neededForMaxModelLen ?? 0;
  const own = perSequence * load.ownShare;
  const needed = perSequence + (load.sequences - 1) * own;
  const longest = roundUp(settings.maxModelLen ?? 0, kvCache.blockSize);
  const onGpu = load.offloadKvCache === true ? 0 : 1;
  return {
    weights: perGpu.weights,
    kvCache: exactly(needed * onGpu),
    kvCachePerSequence: own * onGpu,
    activations: perGpu.activationPeak ?? NOTHING,
    cudaGraphs: perGpu.cudaGraphs ?? NOTHING,
    overhead: perGpu.nonTorch ?? NOTHING,
    kvCacheTokens: Math.max(0, kvCache.tokens?.value ?? 0),
    kvCacheTokensInBlocks: kvCache.maxConcurrency === null ? undefined : Math.max(0, kvCache.maxConcurrency.value * longest),
    offloadedWeights: host.bytesPerStepOverPcie,
    offloadedKvCache: needed * (1 - onGpu),
  };
}
