import { between, exactly, sumOf, type Ranged } from '../../estimator/ranged';
import type { EngineSettings } from '../defaults/settings';
import type { Rank } from './rank';

/** What one rank holds when the engine warms up its sampler, the last step of the start-up. */
export interface ServingInput {
  readonly settings: EngineSettings;
  readonly rank: Rank;
  /** `ceil(total x gpu_memory_utilization)`. */
  readonly requested: number;
  readonly available: Ranged;
  readonly nonTorch: Ranged;
  /** Context, and the CUDA graphs where the version does not charge them. */
  readonly outside: Ranged;
}

/**
 * Bytes per logit of tensors made with the runner and its sampler (masks, sampling metadata, a bitmask), which no term counted before the
 * `consumed` accounting: 0.17 GiB beside the weights, the cache, the graphs and the sampling of gpt-oss-20b (1024 x 201,088 logits, v0.19.0,
 * H100). Llama-3.3-70B at TP2 started with 0.64 GiB left for these and for torn segments.
 */
const RUNNER_BYTES_PER_LOGIT: readonly [low: number, usual: number, high: number] = [0.3, 0.9, 3];

/**
 * Highest use once the KV cache is allocated. After capturing the graphs V1 warms its sampler up with `max_num_seqs` requests
 * (gpu_worker.py, compile_or_warm_up_model): where sampling decided the peak of the profile run, the whole budget is in use again beside the
 * pool, and what it does not count comes on top. V0 has no such warm-up.
 */
export function servingPeak({ settings, rank, requested, available, nonTorch, outside }: ServingInput): Ranged {
  const pool = exactly(Math.max(0, available.value));
  if (settings.engine === 'V0') return sumOf([rank.weights, nonTorch, pool, outside]);
  const { bytes, sampling } = rank.activation;
  const sized = settings.kvCacheMemoryBytes !== null || settings.numGpuBlocksOverride !== null;
  // The pool is what the parts leave of the budget: their errors cancel out of the sum.
  const returned = Math.max(0, bytes.value - sampling.value);
  const budget = sized ? sumOf([rank.weights, nonTorch, sampling, pool]) : exactly(requested - returned);
  if (settings.rules.accounting === 'consumed') return sumOf([budget, outside]);
  const logits = settings.maxNumSeqs * rank.vocabSize;
  const [low, usual, high] = RUNNER_BYTES_PER_LOGIT;
  return sumOf([budget, outside, between(low * logits, usual * logits, high * logits), exactly(rank.fragments)]);
}
