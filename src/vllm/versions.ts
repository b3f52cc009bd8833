import { compareReleases, isSince, parseRelease } from './release';

/**
 * What changed when in how vLLM spends and checks GPU memory: one table, folded up to the wanted version.
 * Versions and commits are those of the vllm-project/vllm repository; where only a date is known, the first release after it.
 */

/** Newest version whose rules are known. */
export const NEWEST_VERSION = '0.27.1';
/** Stands for "no version is known"; its ranges span the versions in use. */
export const UNKNOWN_VERSION = 'unknown';

/**
 * The rules of an unknown version: the last release that sorts the logits, which all did from 0.6 on. Of six logs without a version,
 * five fit it.
 */
export const USUAL_VERSION = '0.16.0';

/** Oldest version whose rules are known. */
export const OLDEST_VERSION = '0.4.0';

/** How the sampler of the profile run spends memory on `max_num_seqs` rows of logits. */
export type SamplerKernel =
  /** Full sort of fp32 logits with int64 indices, softmax and cumulative sum. */
  | 'sort'
  /** `sort`, or FlashInfer's rejection sampler where a usable version of the package is installed, as in some container images. */
  | 'sort_or_flashinfer'
  /** Triton top-k / top-p kernel (#33538). */
  | 'triton';

/** How non-KV memory is measured. */
export type ProfileAccounting =
  /** Everything on the device that is not free counts, including CUDA context and other processes. */
  | 'device_total'
  /** Weights + torch peak increase + non-torch increase between two snapshots. */
  | 'increase'
  /** Free memory before minus after, plus the transient torch peak (58b2012aa2). */
  | 'consumed';

/** Which model classes the V2 model runner serves by default. */
export type V2RunnerScope = 'none' | 'llama_mistral_qwen3' | 'some_dense' | 'dense';

/** `max_num_batched_tokens` and `max_num_seqs` of `vllm serve` by device class. */
export type BatchDefaults = 'v0' | 'v1_tiered' | 'v1_tiered_not_a100' | 'v1_three_tiers';

export interface VersionRules {
  /** First release that behaves like this. */
  readonly since: string;
  readonly defaultEngine: 'V0' | 'V1';
  readonly defaultGpuMemoryUtilization: number;
  readonly batchDefaults: BatchDefaults;
  readonly sampler: SamplerKernel;
  readonly accounting: ProfileAccounting;
  /** Start fails when less than the requested memory is free. */
  readonly checksFreeMemory: boolean;
  /** The CUDA graph estimate is subtracted from the KV cache. */
  readonly chargesCudaGraphs: boolean;
  /** FULL decode graphs are captured beside the PIECEWISE ones by default. */
  readonly fullDecodeGraphs: boolean;
  /** Capture sizes are limited by `max_num_seqs`. */
  readonly captureFollowsMaxSeqs: boolean;
  readonly v2Runner: V2RunnerScope;
  /** Sliding-window and state layers get their own KV cache groups. */
  readonly hybridKvCache: boolean;
  /** `pool`: blocks of one group times block size; `concurrency`: int(max concurrency x max_model_len). */
  readonly reportedTokens: 'pool' | 'concurrency';
  /** Batches in flight that a sliding-window layer reserves for. */
  readonly batchesInFlight: number;
  /** MoE work buffers stay allocated while the sampler runs. */
  readonly persistentMoeWorkspace: boolean;
  /** V0 chunks the prefill of MLA models by default above 32,768 tokens. */
  readonly chunksLatentPrefill: boolean;
  /** Fused-MoE kernels work through at most this many tokens at once (VLLM_FUSED_MOE_CHUNK_SIZE); Infinity when not chunked. */
  readonly moeChunkTokens: number;
  /** Under pipeline parallelism the cache of all layers must fit into one stage's memory. */
  readonly checksWholeModelPerStage: boolean;
  /** Blocks above 20 MiB are counted as whole 2 MiB segments while loading (#41268). */
  readonly wholeSegmentsAbove20Mib: boolean;
  /** Offloaded weights stay offloaded when a quantized layer is repacked after loading. */
  readonly reoffloadsRepackedWeights: boolean;
  /** Online quantization materialises one layer at a time instead of the whole 16-bit model. */
  readonly onlineQuantizationByLayer: boolean;
}

interface Change extends Partial<Omit<VersionRules, 'since'>> {
  readonly since: string;
}

const FIRST: VersionRules = {
  since: OLDEST_VERSION,
  defaultEngine: 'V0',
  defaultGpuMemoryUtilization: 0.9,
  batchDefaults: 'v0',
  sampler: 'sort',
  accounting: 'device_total',
  checksFreeMemory: false,
  chargesCudaGraphs: false,
  fullDecodeGraphs: false,
  captureFollowsMaxSeqs: false,
  v2Runner: 'none',
  hybridKvCache: false,
  reportedTokens: 'pool',
  batchesInFlight: 1,
  persistentMoeWorkspace: false,
  chunksLatentPrefill: false,
  moeChunkTokens: 32768,
  checksWholeModelPerStage: false,
  wholeSegmentsAbove20Mib: false,
  reoffloadsRepackedWeights: false,
  onlineQuantizationByLayer: false,
};

const CHANGES: readonly Change[] = [
  // V0 reports weights, torch peak and non-torch separately since 0.6.4.
  { since: '0.6.4', accounting: 'increase' },
  // Chunked prefill with MLA (#12639).
  { since: '0.7.3', chunksLatentPrefill: true },
  // V1 becomes the default engine; its first profile counts the CUDA context and other processes.
  { since: '0.8.0', defaultEngine: 'V1', batchDefaults: 'v1_tiered', accounting: 'device_total' },
  // The sampler takes FlashInfer 0.2.3 and newer where installed (#15777); from 0.11.1 only on request (#26859).
  { since: '0.9.0', sampler: 'sort_or_flashinfer' },
  // Memory snapshots and the start check; hybrid KV cache manager (#17996).
  { since: '0.9.1', accounting: 'increase', checksFreeMemory: true, hybridKvCache: true },
  { since: '0.9.2', batchDefaults: 'v1_tiered_not_a100' },
  { since: '0.10.0', captureFollowsMaxSeqs: true },
  { since: '0.11.0', fullDecodeGraphs: true },
  { since: '0.11.1', sampler: 'sort' },
  { since: '0.13.0', persistentMoeWorkspace: true },
  // The check compares the cache of all layers with the memory of one pipeline stage (#29431), until #33698.
  { since: '0.14.0', checksWholeModelPerStage: true },
  { since: '0.16.0', onlineQuantizationByLayer: true, checksWholeModelPerStage: false },
  { since: '0.17.0', sampler: 'triton', reoffloadsRepackedWeights: true },
  // VLLM_FUSED_MOE_CHUNK_SIZE is gone (2026-03-12).
  { since: '0.18.0', moeChunkTokens: Infinity },
  // 0.92 (#38284); VLLM_MEMORY_PROFILER_ESTIMATE_CUDAGRAPHS defaults to 1; load with max_split_size 20 MB (#41268).
  { since: '0.21.0', defaultGpuMemoryUtilization: 0.92, chargesCudaGraphs: true, wholeSegmentsAbove20Mib: true },
  { since: '0.22.0', v2Runner: 'llama_mistral_qwen3', reportedTokens: 'concurrency' },
  { since: '0.24.0', v2Runner: 'some_dense' },
  // V2 for every non-hybrid dense generate model (#44443); 16384 tokens from 160 GiB.
  { since: '0.25.0', v2Runner: 'dense', batchDefaults: 'v1_three_tiers' },
  // Windows reserve for the batches of async scheduling too (2026-07-08; 0.25.1 still printed 14.78x for gemma-4-26B-A4B, which is one batch).
  { since: '0.26.0', batchesInFlight: 2 },
  // total_consumed accounting (58b2012aa2, 2026-07-20: in 0.26 or 0.27).
  { since: '0.27.0', accounting: 'consumed' },
];

/** The newest covered version and those that changed how memory is spent, newest first: the ones worth choosing between. */
export function turningPoints(): readonly string[] {
  return [...new Set([NEWEST_VERSION, ...CHANGES.map(({ since }) => since).reverse()])];
}

/** False for an empty or unknown version. */
export function isStated(version: string): boolean {
  return version.trim() !== '' && version.trim() !== UNKNOWN_VERSION;
}

/** The covered version nearest to `version`: itself inside the covered span, otherwise the nearer end. */
export function coveredVersion(version: string): string {
  if (!isStated(version)) return USUAL_VERSION;
  const release = parseRelease(version);
  if (!release || compareReleases(version, NEWEST_VERSION) > 0) return NEWEST_VERSION;
  return compareReleases(version, OLDEST_VERSION) < 0 ? OLDEST_VERSION : version.trim().replace(/^v/, '');
}

const cache = new Map<string, VersionRules>();

/** The rules in force at `version`. */
export function rulesOf(version: string): VersionRules {
  const covered = coveredVersion(version);
  const known = cache.get(covered);
  if (known) return known;
  const rules = CHANGES.filter((change) => isSince(covered, change.since)).reduce<VersionRules>(
    (current, change) => ({ ...current, ...change }),
    FIRST,
  );
  cache.set(covered, rules);
  return rules;
}
