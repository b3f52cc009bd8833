/**
 * Changes that make a refused start-up start. Each is tried: the start-up is simulated again with the change, and only what then
 * starts without a new refusal is offered, the smallest change first.
 */
import { finish } from '../deployments/steps';
import type { GpuSetup } from '../estimator/hardware/gpu';
import { formatFactor, formatGib, formatRequests } from '../estimator/figures';
import type { ArgumentValue } from '../vllm/arguments';
import type { Fix } from '../vllm/findings';
import { checkRules } from '../vllm/rules/check';
import type { StartupInput, StartupReport } from '../vllm/startup/report';
import { families, fittingLength, HOST_GPUS } from './attempts';
import type { Attempt, Question, RemedyKind } from './attempts';
import type { Simulate } from './plan';
import { withEdits } from './scenario';

/** A change that was tried and starts. */
export interface Remedy {
  readonly kinds: readonly RemedyKind[];
  /** What to write, with its effect in the title. */
  readonly fix: Fix;
  /** The start-up after the change; its `input` has the arguments and GPUs that it assumes. */
  readonly report: StartupReport;
}

/** Alternatives shown at once: more are no help in choosing. */
const SHOWN = 6;
/** A length below this part of what was asked for serves another purpose. */
const SAME_PURPOSE = 0.5;
/** Combined changes tried at most: half a millisecond each. */
const COMBINATIONS = 60;
const COMBINED_SHOWN = 3;

/** Codes of what the arguments, model and GPU already refuse, whatever the memory. */
export function errorsOf(report: StartupReport): ReadonlySet<string> {
  const { args, gpu, model, version } = report.input;
  const findings = checkRules({ args, gpu, model, version, settings: report.settings, report });
  return new Set(findings.filter(({ severity }) => severity === 'error').map(({ code }) => code));
}

/** Work that pauses before each simulation. */
type Steps<T> = Generator<void, T>;

function* tried({ before, gpu, simulate }: Question, { set, remove, gpus }: Attempt): Steps<StartupReport> {
  yield;
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

/** The attempt with a context that then fits, where that is all that is missing. */
function* withFittingLength(question: Question, base: Attempt, report: StartupReport): Steps<Attempt | null> {
  const fits = fittingLength(report);
  const wanted = report.settings.maxModelLen;
  if (fits === null || wanted === null || fits >= wanted) return null;
  const kinds: readonly RemedyKind[] = [...base.kinds, 'length'];
  const shortened: Attempt = { ...base, kinds, set: { ...base.set, 'max-model-len': fits } };
  return starts(question, yield* tried(question, shortened)) ? shortened : null;
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
function* combined(question: Question, singles: readonly (readonly Attempt[])[]): Steps<readonly Remedy[]> {
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
    const answer = yield* remedyOf(question, candidate);
    if (answer && !found.some(({ kinds }) => kinds.every((kind) => answer.kinds.includes(kind)))) found.push(answer);
    if (found.length >= COMBINED_SHOWN) break;
  }
  return found;
}

/** The remedy an attempt amounts to, with a shorter context where that is what it still lacks; null when it does not start. */
function* remedyOf(question: Question, candidate: Attempt): Steps<Remedy | null> {
  const report = yield* tried(question, candidate);
  if (starts(question, report)) return remedy(question, candidate, report);
  const isShort = report.outcome === 'kv_too_small_for_max_len';
  if (!isShort || candidate.kinds.includes('length')) return null;
  const shortened = yield* withFittingLength(question, candidate, report);
  return shortened && remedy(question, shortened, yield* tried(question, shortened));
}

function effectOf(question: Question, { kinds, gpus }: Attempt, after: StartupReport): string {
  const { before } = question;
  const notes: string[] = [];
  if (gpus !== null) notes.push(`needs ${gpus} GPUs`);
  if (kinds.includes('kv-cache-format')) {
    const ratio = before.kvCache.bytesPerTokenPerGpu / Math.max(1, after.kvCache.bytesPerTokenPerGpu);
    notes.push(`${formatFactor(ratio)}×`);
  }
  if (kinds.includes('weights-format')) notes.push(`weights ${formatGib(after.perGpu.weights.value)} per GPU`);
  if (kinds.includes('offload')) notes.push(`${formatGib(after.host.bytesPerStepOverPcie)} over PCIe in every step`);
  if (kinds.includes('eager')) notes.push('slower decoding');
  const concurrency = after.kvCache.maxConcurrency;
  const fits = after.certainty === 'certain' ? 'fits' : 'likely fits';
  notes.push(concurrency ? `${fits}, ${formatRequests(concurrency.value)} requests` : fits);
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
 * Where no single change is enough, pairs and triples of them. Every one was simulated. Pauses before
 * each simulation: together they take longer than anything else that is known of a file.
 */
export function* findRemediesSteps(report: StartupReport, simulate: Simulate): Steps<readonly Remedy[]> {
  const { gpu } = report.input;
  if (!gpu || report.outcome === null || report.outcome === 'invalid') return [];
  if (report.outcome === 'ok' && report.certainty === 'certain') return [];
  const question: Question = { before: report, gpu, simulate, errors: errorsOf(report) };
  const singles = families(question);
  const found: Remedy[] = [];
  for (const family of singles) found.push(...(yield* isScale(family) ? leastOf(question, family) : bestOf(question, family)));
  const useful = [...withoutRepeats(found)].sort((a, b) => costOf(question, a) - costOf(question, b));
  const near = useful.filter((answer) => gpusOf(answer) <= mostGpus(gpu));
  if (near.length > 0) return unpreferredBeside(near, (answer) => costOf(question, answer) === 0).slice(0, SHOWN);
  // Who probably starts as it is does not buy hosts for certainty.
  if (report.outcome === 'ok') return [];
  const pairs = (yield* combined(question, singles)).filter((answer) => useful.length === 0 || gpusOf(answer) <= mostGpus(gpu));
  return [...pairs, ...useful].slice(0, SHOWN);
}

/** As `findRemediesSteps`, at once. */
export function findRemedies(report: StartupReport, simulate: Simulate): readonly Remedy[] {
  return finish(findRemediesSteps(report, simulate));
}

/** Where GPUs idle that would do, nothing else is clearly right. */
function unpreferredBeside(answers: readonly Remedy[], isFree: (answer: Remedy) => boolean): readonly Remedy[] {
  if (!answers.some(isFree)) return answers;
  return answers.map((answer) => ({ ...answer, fix: { ...answer.fix, preferred: false } }));
}

/** What taking an answer costs, in ranks: nothing but a GPU that idles, a changed argument, more GPUs, a transfer in every step. */
function costOf({ gpu }: Question, answer: Remedy): number {
  if (answer.kinds.includes('offload')) return 3;
  if (gpusOf(answer) > gpu.count) return 2;
  return answer.kinds[0] === 'more-gpus' || answer.kinds[0] === 'stages' ? 0 : 1;
}

/** GPUs that a person may well have beside those stated: a host of eight, or as many again. */
function mostGpus({ count }: GpuSetup): number {
  return Math.max(HOST_GPUS, 2 * count);
}

/** Whether each attempt of a concept does more of the same, so that none starts when the last does not. */
function isScale(family: readonly Attempt[]): boolean {
  const kind = family[0]?.kinds[0];
  return kind === 'requests' || kind === 'batch' || kind === 'eager' || kind === 'offload';
}

/** The smallest change of a scale that starts for sure, otherwise the smallest that likely does. */
function* leastOf(question: Question, family: readonly Attempt[]): Steps<readonly Remedy[]> {
  const [strongest] = family.slice(-1);
  if (!strongest || !starts(question, yield* tried(question, strongest))) return [];
  let likely: Remedy | null = null;
  for (const candidate of family) {
    const report = yield* tried(question, candidate);
    if (!starts(question, report)) continue;
    const answer = remedy(question, candidate, report);
    if (report.certainty === 'certain') return [answer];
    likely ??= answer;
  }
  return likely ? [likely] : [];
}

/** The first attempt that starts alone, and one that needs fewer GPUs with a shorter context. */
function* bestOf(question: Question, family: readonly Attempt[]): Steps<readonly Remedy[]> {
  const answers: Remedy[] = [];
  for (const candidate of family) {
    const answer = yield* remedyOf(question, candidate);
    if (answer) answers.push(answer);
  }
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
