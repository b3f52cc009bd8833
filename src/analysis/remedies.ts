/**
 * Changes that make a refused start-up start. Each is tried: the start-up is simulated again with the change, and only what then
 * starts without a new refusal is offered, the smallest change first.
 */
import type { GpuSetup } from '../estimator/hardware/gpu';
import { formatGib } from '../estimator/figures';
import { GIB } from '../estimator/units';
import type { ArgumentValue } from '../vllm/arguments';
import type { Fix } from '../vllm/findings';
import { checkRules } from '../vllm/rules/check';
import { FP8_KV_COMMON_CAPABILITY } from '../vllm/rules/kvCache';
import { tensorParallelSizes } from '../vllm/rules/parallelism';
import { findQuantizationMethod, methodAvailability, minCapabilityOf } from '../vllm/quantizationMethods';
import type { StartupInput, StartupReport } from '../vllm/startup/report';
import type { Simulate } from './plan';
import { withEdits } from './scenario';

/** What a remedy changes, from the least to the most. */
export type RemedyKind =
  'length' | 'kv-cache-format' | 'utilization' | 'requests' | 'batch' | 'eager' | 'more-gpus' | 'stages' | 'weights-format' | 'offload';

/** A change that was tried and starts. */
export interface Remedy {
  readonly kinds: readonly RemedyKind[];
  /** What to write, with its effect in the title. */
  readonly fix: Fix;
  /** The start-up after the change; its `input` has the arguments and GPUs that it assumes. */
  readonly report: StartupReport;
}

/** A change before it is tried. */
interface Attempt {
  readonly kinds: readonly RemedyKind[];
  readonly set: Readonly<Record<string, ArgumentValue>>;
  readonly remove: readonly string[];
  /** GPUs it needs when those are more than there are. */
  readonly gpus: number | null;
}

interface Question {
  readonly before: StartupReport;
  readonly gpu: GpuSetup;
  readonly simulate: Simulate;
  /** Errors that the configuration has already, for other reasons. */
  readonly errors: ReadonlySet<string>;
}

/** Alternatives shown at once: more are no help in choosing. */
const SHOWN = 6;
/** Shares tried above the present one; beyond 0.97 nothing is left for CUDA context and graphs. */
const SHARES: readonly number[] = [0.9, 0.92, 0.95, 0.97];
/** Steps below what is free at start: CUDA context and graphs come on top of the share. */
const LOWER_STEPS: readonly number[] = [0, 0.02, 0.05, 0.1];
const REQUESTS: readonly number[] = [512, 256, 128, 64, 32, 16, 8];
const BATCHES: readonly number[] = [8192, 4096, 2048, 1024];
/** Numbers of GPUs that hosts are built with, and pairs of hosts. */
const GPU_COUNTS: readonly number[] = [2, 4, 8, 16];
/** GPUs of the largest usual host, and numbers of such hosts beyond the two above. */
const HOST_GPUS = 8;
const HOSTS: readonly number[] = [4, 8];
/** A length below this part of what was asked for serves another purpose. */
const SAME_PURPOSE = 0.5;
/** Shortest context worth offering, tokens. */
const SHORTEST = 2048;
/** Largest part of the weights worth reading over PCIe in every step. */
const OFFLOADED_PART = 0.5;
/** Combined changes tried at most: half a millisecond each. */
const COMBINATIONS = 60;
const COMBINED_SHOWN = 3;

const attempt = (kind: RemedyKind, set: Attempt['set'], extra: Partial<Attempt> = {}): Attempt => ({
  kinds: [kind],
  set,
  remove: [],
  gpus: null,
  ...extra,
});

/** Codes of what the arguments, model and GPU already refuse, whatever the memory. */
export function errorsOf(report: StartupReport): ReadonlySet<string> {
  const { args, gpu, model, version } = report.input;
  const findings = checkRules({ args, gpu, model, version, settings: report.settings, report });
  return new Set(findings.filter(({ severity }) => severity === 'error').map(({ code }) => code));
}

function tried({ before, gpu, simulate }: Question, { set, remove, gpus }: Attempt): StartupReport {
  const input: StartupInput = {
    ...before.input,
    args: withEdits(before.input.args, { set, remove }),
    gpu: { ...gpu, count: Math.max(gpu.count, gpus ?? 0) },
  };
  return simulate(input);
}

/** Whether it starts, and adds no refusal of its own. What surely fails may be mended by what likely starts; what likely starts must become sure. */
function starts(question: Question, report: StartupReport): boolean {
  const isEnough = report.certainty === 'certain' || question.before.outcome !== 'ok';
  return report.outcome === 'ok' && isEnough && [...errorsOf(report)].every((code) => question.errors.has(code));
}

/** The longest context that surely fits, in whole blocks; null when none worth offering does. */
function fittingLength(report: StartupReport): number | null {
  const { maxModelLenThatFits, blockSize } = report.kvCache;
  if (!maxModelLenThatFits) return null;
  const step = Math.max(1, blockSize);
  const fits = Math.floor(maxModelLenThatFits.low / step) * step;
  return fits >= SHORTEST ? fits : null;
}

/** The attempt with a context that then fits, where that is all that is missing. */
function withFittingLength(question: Question, base: Attempt, report: StartupReport): Attempt | null {
  const fits = fittingLength(report);
  const wanted = report.settings.maxModelLen;
  if (fits === null || wanted === null || fits >= wanted) return null;
  const kinds: readonly RemedyKind[] = [...base.kinds, 'length'];
  const shortened: Attempt = { ...base, kinds, set: { ...base.set, 'max-model-len': fits } };
  return starts(question, tried(question, shortened)) ? shortened : null;
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
  const cut = GPU_COUNTS.filter((size) => size > tp && sizes.includes(size)).map((size) =>
    attempt('more-gpus', { 'tensor-parallel-size': size }, { gpus: needs(size * pp * dp) }),
  );
  const staged = GPU_COUNTS.filter((size) => size > pp && size <= before.input.model.architecture.layout.length).map((size) =>
    attempt('stages', { 'pipeline-parallel-size': size }, { gpus: needs(size * tp * dp) }),
  );
  return [...cut, ...spread(question, sizes, needs), ...staged];
}

/** Several hosts of eight: layers cut within a host, stages between hosts. */
function spread({ before }: Question, sizes: readonly number[], needs: (count: number) => number | null): readonly Attempt[] {
  const { dataParallelSize: dp } = before.settings;
  if (!sizes.includes(HOST_GPUS)) return [];
  return HOSTS.map((hosts) =>
    attempt(
      'more-gpus',
      { 'tensor-parallel-size': HOST_GPUS, 'pipeline-parallel-size': hosts, 'distributed-executor-backend': 'ray' },
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
function families(question: Question): readonly (readonly Attempt[])[] {
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

function together(a: Attempt, b: Attempt): Attempt {
  return {
    kinds: [...a.kinds, ...b.kinds],
    set: { ...a.set, ...b.set },
    remove: [...a.remove, ...b.remove],
    gpus: Math.max(a.gpus ?? 0, b.gpus ?? 0) || null,
  };
}

/** The changes of one concept worth combining: all numbers of GPUs and shares, of the others the strongest. */
function representatives(family: readonly Attempt[]): readonly Attempt[] {
  const kind = family[0]?.kinds[0];
  return kind === 'more-gpus' || kind === 'utilization' ? family : family.slice(-1);
}

/** Changes of two or three concepts together, where no single one is enough: fewer GPUs first. */
function combined(question: Question, singles: readonly (readonly Attempt[])[]): readonly Remedy[] {
  const concepts = singles
    .filter((family) => !family.some(({ kinds }) => kinds.includes('length') || kinds.includes('stages')))
    .map(representatives);
  const pairs = concepts.flatMap((one, index) =>
    concepts.slice(index + 1).flatMap((other) => one.flatMap((a) => other.map((b) => together(a, b)))),
  );
  const lasts = concepts.flatMap((family) => family.slice(-1));
  const triples = pairs.flatMap((pair) =>
    lasts.filter(({ kinds }) => !pair.kinds.includes(kinds[0] ?? 'length')).map((third) => together(pair, third)),
  );
  const candidates = [...lasts, ...pairs, ...triples].sort((a, b) => (a.gpus ?? 0) - (b.gpus ?? 0) || a.kinds.length - b.kinds.length);
  const found: Remedy[] = [];
  for (const candidate of candidates.slice(0, COMBINATIONS)) {
    const answer = remedyOf(question, candidate);
    if (answer && !found.some(({ kinds }) => kinds.every((kind) => answer.kinds.includes(kind)))) found.push(answer);
    if (found.length >= COMBINED_SHOWN) break;
  }
  return found;
}

/** The remedy an attempt amounts to, with a shorter context where that is what it still lacks; null when it does not start. */
function remedyOf(question: Question, candidate: Attempt): Remedy | null {
  const report = tried(question, candidate);
  if (starts(question, report)) return remedy(question, candidate, report);
  const isShort = report.outcome === 'kv_too_small_for_max_len';
  if (!isShort || candidate.kinds.includes('length')) return null;
  const shortened = withFittingLength(question, candidate, report);
  return shortened && remedy(question, shortened, tried(question, shortened));
}

function effectOf(question: Question, { kinds, gpus }: Attempt, after: StartupReport): string {
  const { before } = question;
  const notes: string[] = [];
  if (gpus !== null) notes.push(`needs ${gpus} GPUs`);
  if (kinds.includes('kv-cache-format')) {
    const ratio = before.kvCache.bytesPerTokenPerGpu / Math.max(1, after.kvCache.bytesPerTokenPerGpu);
    notes.push(`${ratio.toFixed(1)}×`);
  }
  if (kinds.includes('weights-format')) notes.push(`weights ${formatGib(after.perGpu.weights.value)} per GPU`);
  if (kinds.includes('offload')) notes.push(`${formatGib(after.host.bytesPerStepOverPcie)} over PCIe in every step`);
  if (kinds.includes('eager')) notes.push('slower decoding');
  const concurrency = after.kvCache.maxConcurrency;
  const fits = after.certainty === 'certain' ? 'fits' : 'likely fits';
  notes.push(concurrency ? `${fits}, ${concurrency.value.toFixed(1)} requests` : fits);
  return notes.join(', ');
}

function shownValue(value: ArgumentValue): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function remedy(question: Question, tryout: Attempt, report: StartupReport): Remedy {
  const changes = Object.entries(tryout.set).map(([key, value]) => `${key}: ${shownValue(value)}`);
  const title = `${changes.join(', ')} — ${effectOf(question, tryout, report)}`;
  return {
    kinds: tryout.kinds,
    fix: { title, edits: tryout.set, remove: tryout.remove, preferred: isClearlyRight(question, tryout) },
    report,
  };
}

/** A shorter context is the obvious answer when nobody asked for the longer one, or most of it remains; a lower share when the GPU is not free. */
function isClearlyRight({ before }: Question, { kinds, set }: Attempt): boolean {
  if (kinds.length !== 1) return false;
  if (before.outcome === 'startup_free_memory') return kinds[0] === 'utilization';
  const length = set['max-model-len'];
  const wanted = before.settings.maxModelLen ?? 0;
  return (
    kinds[0] === 'length' &&
    typeof length === 'number' &&
    (before.settings.defaulted.includes('max-model-len') || length >= wanted * SAME_PURPOSE)
  );
}

/**
 * Alternatives that make the start-up certain, at most six and the smallest change first; none when it already is or no GPU is known.
 * Where no single change is enough, pairs and triples of them. Every one was simulated.
 */
export function findRemedies(report: StartupReport, simulate: Simulate): readonly Remedy[] {
  const { gpu } = report.input;
  if (!gpu || report.outcome === null || report.outcome === 'invalid') return [];
  if (report.outcome === 'ok' && report.certainty === 'certain') return [];
  const question: Question = { before: report, gpu, simulate, errors: errorsOf(report) };
  const singles = families(question);
  const found = singles.flatMap((family) => (isScale(family) ? leastOf(question, family) : bestOf(question, family)));
  const useful = withoutRepeats(found);
  return (useful.length > 0 ? useful : combined(question, singles)).slice(0, SHOWN);
}

/** Whether each attempt of a concept does more of the same, so that none starts when the last does not. */
function isScale(family: readonly Attempt[]): boolean {
  const kind = family[0]?.kinds[0];
  return kind === 'requests' || kind === 'batch' || kind === 'eager' || kind === 'offload';
}

/** The smallest change of a scale that starts for sure, otherwise the smallest that likely does. */
function leastOf(question: Question, family: readonly Attempt[]): readonly Remedy[] {
  const [strongest] = family.slice(-1);
  if (!strongest || !starts(question, tried(question, strongest))) return [];
  let likely: Remedy | null = null;
  for (const candidate of family) {
    const report = tried(question, candidate);
    if (!starts(question, report)) continue;
    const answer = remedy(question, candidate, report);
    if (report.certainty === 'certain') return [answer];
    likely ??= answer;
  }
  return likely ? [likely] : [];
}

/** The first attempt that starts alone, and one that needs fewer GPUs with a shorter context. */
function bestOf(question: Question, family: readonly Attempt[]): readonly Remedy[] {
  const answers = family.map((candidate) => remedyOf(question, candidate)).filter((answer) => answer !== null);
  const single = answers.filter(({ kinds }) => kinds.length === 1);
  // A lower share is worth certainty; more GPUs are not.
  const certain = single[0]?.kinds[0] === 'more-gpus' ? undefined : single.find(({ report }) => report.certainty === 'certain');
  const alone = certain ?? single[0];
  const shortened = answers.find((answer) => answer.kinds.length > 1 && (!alone || gpusOf(answer) < gpusOf(alone)));
  return [shortened, alone].filter((answer) => answer !== undefined);
}

function gpusOf({ report }: Remedy): number {
  return report.input.gpu?.count ?? 0;
}

/**
 * Stages only where cutting layers needs more GPUs, and a shorter context on top only for changes that touch nothing but numbers'
 * formats or the share, or where nothing else is left.
 */
function withoutRepeats(found: readonly Remedy[]): readonly Remedy[] {
  const cuts = found.filter(({ kinds }) => kinds[0] === 'more-gpus');
  const single = found.filter(({ kinds }) => kinds.length === 1);
  return found.filter((candidate) => {
    const [first, second] = candidate.kinds;
    const isCutInstead = cuts.some((cut) => gpusOf(cut) <= gpusOf(candidate) && cut.kinds.length <= candidate.kinds.length);
    if (first === 'stages' && isCutInstead) return false;
    if (second !== 'length' || single.length === 0) return true;
    return (
      first === 'kv-cache-format' ||
      first === 'weights-format' ||
      first === 'more-gpus' ||
      single.every(({ kinds }) => kinds[0] === 'offload')
    );
  });
}
