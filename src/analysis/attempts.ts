/** Changes worth trying where vLLM does not start: which arguments, in which steps. Whether one helps, `remedies.ts` finds out. */
import type { GpuSetup } from '../estimator/hardware/gpu';
import { GIB } from '../estimator/units';
import type { ArgumentValue } from '../vllm/arguments';
import { FP8_KV_COMMON_CAPABILITY } from '../vllm/rules/kvCache';
import { tensorParallelSizes } from '../vllm/rules/parallelism';
import { findQuantizationMethod, methodAvailability, minCapabilityOf } from '../vllm/quantizationMethods';
import type { StartupReport } from '../vllm/startup/report';
import type { Simulate } from './plan';

/** What a remedy changes, from the least to the most. */
export type RemedyKind =
  'length' | 'kv-cache-format' | 'utilization' | 'requests' | 'batch' | 'eager' | 'more-gpus' | 'stages' | 'weights-format' | 'offload';

/** A change before it is tried. */
export interface Attempt {
  readonly kinds: readonly RemedyKind[];
  readonly set: Readonly<Record<string, ArgumentValue>>;
  readonly remove: readonly string[];
  /** GPUs it needs when those are more than there are. */
  readonly gpus: number | null;
}

export interface Question {
  readonly before: StartupReport;
  readonly gpu: GpuSetup;
  readonly simulate: Simulate;
  /** Errors that the configuration has already, for other reasons. */
  readonly errors: ReadonlySet<string>;
}

/** Shares tried above the present one; beyond 0.97 nothing is left for CUDA context and graphs. */
const SHARES: readonly number[] = [0.9, 0.92, 0.95, 0.97];
/** Steps below what is free at start: CUDA context and graphs come on top of the share. */
const LOWER_STEPS: readonly number[] = [0, 0.02, 0.05, 0.1];
const REQUESTS: readonly number[] = [512, 256, 128, 64, 32, 16, 8];
const BATCHES: readonly number[] = [8192, 4096, 2048, 1024];
/** Numbers of GPUs that hosts are built with, and pairs of hosts. */
const GPU_COUNTS: readonly number[] = [2, 4, 8, 16];
/** GPUs of the largest usual host, and numbers of such hosts. */
export const HOST_GPUS = 8;
const HOSTS: readonly number[] = [2, 4, 8];
/** Shortest context worth offering, tokens. */
const SHORTEST = 2048;
/** Largest part of the weights worth reading over PCIe in every step. */
const OFFLOADED_PART = 0.5;
const attempt = (kind: RemedyKind, set: Attempt['set'], extra: Partial<Attempt> = {}): Attempt => ({
  kinds: [kind],
  set,
  remove: [],
  gpus: null,
  ...extra,
});

/** The longest context that surely fits, in whole blocks; null when none worth offering does. */
export function fittingLength(report: StartupReport): number | null {
  const { maxModelLenThatFits, blockSize } = report.kvCache;
  if (!maxModelLenThatFits) return null;
  const step = Math.max(1, blockSize);
  const fits = Math.floor(maxModelLenThatFits.low / step) * step;
  return fits >= SHORTEST ? fits : null;
}

function smaller(values: readonly number[], than: number): readonly number[] {
  return values.filter((value) => value < than);
}

function lengthAttempts({ before }: Question): readonly Attempt[] {
  const fits = fittingLength(before);
  const wanted = before.settings.maxModelLen;
  return fits !== null && wanted !== null && fits < wanted ? [attempt('length', { 'max-model-len': fits })] : [];
}

function kvFormatAttempts({ before, gpu }: Question): readonly Attempt[] {
  const { capability, isFp8 } = { capability: gpu.gpu.computeCapability, isFp8: before.settings.kvCacheDtype.includes('fp8') };
  if (isFp8 || capability === null || capability < FP8_KV_COMMON_CAPABILITY) return [];
  return [attempt('kv-cache-format', { 'kv-cache-dtype': 'fp8' })];
}

function shareAttempts({ before, gpu }: Question): readonly Attempt[] {
  const share = before.settings.gpuMemoryUtilization;
  const free = gpu.freeMemoryGib;
  // vLLM wants the whole share free at start; two digits are what people write.
  const most = free === null ? 1 : Math.floor((free / gpu.totalMemoryGib) * 100) / 100;
  const raised = SHARES.filter((candidate) => candidate > share && candidate <= most);
  const lowered =
    before.outcome === 'startup_free_memory'
      ? LOWER_STEPS.map((step) => Math.round((most - step) * 100) / 100).filter((candidate) => candidate > 0)
      : [];
  return [...lowered, ...raised].map((candidate) => attempt('utilization', { 'gpu-memory-utilization': candidate }));
}

function batchAttempts({ before }: Question): readonly Attempt[] {
  const { maxNumSeqs, maxNumBatchedTokens, enforceEager } = before.settings;
  const limited = (tokens: number): Record<string, ArgumentValue> => ({
    'max-num-batched-tokens': tokens,
    ...(maxNumSeqs > tokens ? { 'max-num-seqs': tokens } : {}),
  });
  return [
    ...smaller(REQUESTS, maxNumSeqs).map((requests) => attempt('requests', { 'max-num-seqs': requests })),
    ...smaller(BATCHES, maxNumBatchedTokens).map((tokens) => attempt('batch', limited(tokens))),
    ...(enforceEager ? [] : [attempt('eager', { 'enforce-eager': true })]),
  ];
}

function gpuAttempts(question: Question): readonly Attempt[] {
  const { before, gpu } = question;
  const { tensorParallelSize: tp, pipelineParallelSize: pp, dataParallelSize: dp, expertParallel } = before.settings;
  const largest = GPU_COUNTS.at(-1) ?? 1;
  const sizes = tensorParallelSizes(before.input.model, largest, { replicas: dp, expertParallel });
  const needs = (count: number): number | null => (count > gpu.count ? count : null);
  const canFillHost = sizes.includes(HOST_GPUS);
  const cut = GPU_COUNTS.filter((size) => size > tp && sizes.includes(size) && (size <= HOST_GPUS || !canFillHost)).map((size) =>
    attempt('more-gpus', { 'tensor-parallel-size': size }, { gpus: needs(size * pp * dp) }),
  );
  const staged = GPU_COUNTS.filter((size) => size > pp && size <= before.input.model.architecture.layout.length).map((size) =>
    attempt('stages', { 'pipeline-parallel-size': size }, { gpus: needs(size * tp * dp) }),
  );
  return [...cut, ...(canFillHost ? spread(question, needs) : []), ...staged];
}

/**
 * Several hosts of eight: layers cut within a host, stages between hosts, as vLLM advises (docs/serving/distributed_serving.html of 0.8.2).
 * Only what is not written already is set.
 */
function spread({ before }: Question, needs: (count: number) => number | null): readonly Attempt[] {
  const { tensorParallelSize: tp, pipelineParallelSize: pp, dataParallelSize: dp } = before.settings;
  return HOSTS.filter((hosts) => hosts > pp).map((hosts) =>
    attempt(
      'more-gpus',
      {
        ...(tp === HOST_GPUS ? {} : { 'tensor-parallel-size': HOST_GPUS }),
        'pipeline-parallel-size': hosts,
        ...(before.input.args.get('distributed-executor-backend') === 'ray' ? {} : { 'distributed-executor-backend': 'ray' }),
      },
      { gpus: needs(HOST_GPUS * hosts * dp) },
    ),
  );
}

/** Methods that quantize a 16-bit checkpoint while loading, the ones that lose least first. */
const ONLINE_METHODS: readonly string[] = ['fp8', 'bitsandbytes'];

function weightAttempts({ before, gpu }: Question): readonly Attempt[] {
  const { model, version } = before.input;
  if (model.quantization || before.settings.quantization !== null) return [];
  const capability = gpu.gpu.computeCapability;
  return ONLINE_METHODS.flatMap((name) => {
    const method = findQuantizationMethod(name);
    const least = method ? minCapabilityOf(method, version) : null;
    if (!method || methodAvailability(method, version) !== 'present' || capability === null || (least ?? 0) > capability) return [];
    return [attempt('weights-format', { quantization: name })];
  });
}

/** Whole GiB to offload so that the budget has room again: the deficit, and some steps beyond it. */
function offloadAttempts({ before }: Question): readonly Attempt[] {
  const { perGpu, kvCache, settings } = before;
  if (perGpu.kvCache === null || settings.engine === 'V0' || before.outcome === 'startup_free_memory') return [];
  const missing = (kvCache.neededForMaxModelLen ?? 0) - perGpu.kvCache.low;
  const least = Math.ceil(settings.cpuOffloadGib + Math.max(missing, 0) / GIB);
  const weights = perGpu.weights.high / GIB + settings.cpuOffloadGib;
  return [0, 1, 2, 4]
    .map((more) => least + more)
    .filter((amount) => amount > 0 && amount < weights * OFFLOADED_PART)
    .map((amount) => attempt('offload', { 'cpu-offload-gb': amount }));
}

/** The attempts of one concept, the smallest change first. */
export function families(question: Question): readonly (readonly Attempt[])[] {
  const gpus = gpuAttempts(question);
  return [
    lengthAttempts(question),
    kvFormatAttempts(question),
    shareAttempts(question),
    ...(['requests', 'batch', 'eager'] as const).map((kind) => batchAttempts(question).filter(({ kinds }) => kinds.includes(kind))),
    gpus.filter(({ kinds }) => kinds.includes('more-gpus')),
    gpus.filter(({ kinds }) => kinds.includes('stages')),
    ...weightAttempts(question).map((one) => [one]),
    offloadAttempts(question),
  ];
}
