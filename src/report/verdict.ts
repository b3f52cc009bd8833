import type { Analysis } from '../analysis/analysis';
import { formatCount, formatGib, formatGibOf, formatRequests } from '../estimator/figures';
import type { StartupReport } from '../vllm/startup/report';
import { capitalized, gpuName, startWords } from './words';

/** `ok`: starts; `warning`: the ends of the estimate's range disagree; `error`: vLLM would not start; `unknown`: no GPU or no model. */
export type VerdictLevel = 'ok' | 'warning' | 'error' | 'unknown';

/** The verdict on one deployment in one line, plain text. */
export interface Verdict {
  readonly level: VerdictLevel;
  readonly line: string;
  /** The same for where the GPU stands beside it and room is scarce: without the GPU, without ranges. */
  readonly brief: string;
  /** A few words for the status bar. */
  readonly short: string;
}

function concurrency(report: StartupReport): string {
  const { maxConcurrency } = report.kvCache;
  const { maxModelLen } = report.settings;
  if (!maxConcurrency || maxModelLen === null) return '';
  return `${formatRequests(maxConcurrency.value)} requests of ${formatCount(maxModelLen)}`;
}

/** "17.92 of 20.00 GiB", both per GPU: what is in use once requests are served. Empty without a GPU. */
function usage({ perGpu }: StartupReport): string {
  const used = perGpu.peakUsed;
  return used && perGpu.total !== null ? formatGibOf(used.value, perGpu.total) : '';
}

/** The first sentence: the rest stands in the diagnostic. */
function firstSentence(message: string): string {
  return message.split(/(?<=[.!?]) (?=\p{Lu})/u, 1)[0] ?? message;
}

/** Why vLLM would refuse, and how many reasons more there are; null when it would not. */
function refusal(analysis: Analysis): string | null {
  const errors = analysis.findings.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  if (!first) return null;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return firstSentence(first.message) + more;
}

/** That a start is not sure, and why where no finding says it; null when it is. */
function reservation({ facts }: Analysis, report: StartupReport): string | null {
  const probably = startWords(true, false);
  if (facts?.confidence === 'guessed') return `${probably}: the model is guessed from its name`;
  return report.certainty === 'certain' ? null : probably;
}

function starting(analysis: Analysis, report: StartupReport): Verdict {
  const { gpu } = analysis;
  const card = gpu ? gpuName(gpu) : 'GPU';
  const tokens = report.kvCache.tokens;
  const cache = tokens ? `KV cache ${formatCount(tokens.value)} tokens` : 'no KV cache';
  const requests = concurrency(report);
  const several = gpu !== null && gpu.count > 1;
  const doubt = reservation(analysis, report);
  const said = doubt === null ? '' : ` (${doubt})`;
  const line = `${card}: ${usage(report)}${several ? ' each' : ''}; ${cache}${requests === '' ? '' : `, ${requests} tokens at once`}${said}`;
  // A doubt comes first: what a narrow editor cuts off is the end.
  const parts = [
    ...(doubt === null ? [] : [capitalized(doubt)]),
    `${usage(report)}${several ? ' per GPU' : ''}`,
    cache,
    ...(requests === '' ? [] : [`${requests} at once`]),
  ];
  const brief = parts.join(' · ');
  if (doubt === null) return { level: 'ok', line, brief, short: usage(report) };
  return { level: 'warning', line, brief, short: `${usage(report)} · ${startWords(true, false)}` };
}

/** Ranges cost room; the diagnostic and the hover have them. */
function withoutRanges(text: string): string {
  return text.replace(/ \([\d.,]+ to [\d.,]+\)/g, '');
}

function isLanguageError({ code }: Analysis['findings'][number]): boolean {
  return code === 'yaml-syntax';
}

/** The verdict on a deployment. Before vLLM judges anything, it reads the file: where it cannot, the rest is what could still be read. */
export function verdict(analysis: Analysis): Verdict {
  const broken = analysis.findings.find(isLanguageError);
  if (!broken) return verdictOnRead(analysis);
  const { line, brief } = verdictOnRead({ ...analysis, findings: analysis.findings.filter((finding) => !isLanguageError(finding)) });
  const said = broken.message.replace(/^YAML cannot be read here: /, '');
  return {
    level: 'error',
    line: `YAML error, so vLLM would not start: ${said} As far as the file can be read: ${line}`,
    brief: `YAML error: ${firstSentence(said)} As far as it can be read: ${brief}`,
    short: 'YAML error',
  };
}

function verdictOnRead(analysis: Analysis): Verdict {
  const { report, gpu, gpuProblem, modelProblem } = analysis;
  const refused = refusal(analysis);
  if (refused !== null) {
    const where = gpu ? ` on ${gpuName(gpu)}` : '';
    const words = startWords(false, true);
    const brief = `vLLM ${words}: ${withoutRanges(refused)}`;
    return { level: 'error', line: `vLLM ${words}${where}: ${refused}`, brief, short: words };
  }
  if (!report) {
    const line = modelProblem?.message ?? 'The model is not known yet.';
    return { level: 'unknown', line, brief: line, short: 'model unknown' };
  }
  if (!gpu || report.outcome === null) {
    const weights = `weights ${formatGib(report.perGpu.weights.value)} per GPU`;
    const line = `${gpuProblem ?? 'No GPU chosen'}; ${weights}`;
    return { level: 'unknown', line, brief: line, short: 'no GPU chosen' };
  }
  if (report.outcome === 'ok') return starting(analysis, report);
  const doubt = analysis.findings.find(({ severity, code }) => severity === 'warning' && OUTCOME_CODES.has(code));
  const guessed = analysis.facts?.confidence === 'guessed' ? ' (model guessed)' : '';
  const why = doubt ? firstSentence(doubt.message) : 'the memory does not suffice.';
  const words = startWords(false, false);
  return {
    level: 'warning',
    line: `vLLM ${words} on ${gpuName(gpu)}${guessed}: ${why}`,
    brief: `vLLM ${words}${guessed}: ${withoutRanges(why)}`,
    short: words,
  };
}

/** Codes of the findings that the outcome of the start-up brings. */
const OUTCOME_CODES: ReadonlySet<string> = new Set(['kv-too-small', 'kv-none', 'load-oom', 'sampler-oom', 'capture-oom', 'free-mem-start']);
