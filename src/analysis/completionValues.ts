/** Values that make sense for an argument of this deployment, each with what it would do. */
import { formatCount, formatGib, formatRequests } from '../estimator/figures';
import { defaultOf, isOnByDefault } from '../vllm/argumentTable';
import type { Argument, ArgumentField } from '../vllm/argumentTable';
import type { ArgumentValue } from '../vllm/arguments';
import { isSince } from '../vllm/release';
import { usableMethods } from '../vllm/quantizationMethods';
import { tensorParallelSizes } from '../vllm/rules/parallelism';
import type { StartupReport } from '../vllm/startup/report';
import { computedDefault } from './derived';
import { effectOf, isRefused, withArgument } from './effects';
import type { Simulate } from './plan';

/** One value that completion offers. */
export interface ProposedValue {
  /** As YAML is to hold it. */
  readonly text: string;
  /** What is to know about it, short; empty for nothing. */
  readonly detail: string;
  /** What it does here; null when nothing or not known. */
  readonly effect: string | null;
}

export interface ValueQuestion {
  readonly argument: Argument;
  readonly report: StartupReport | null;
  readonly version: string;
  readonly simulate: Simulate;
  /** Ids of models that begin like what is typed. */
  readonly modelIds: (typed: string) => readonly string[];
  readonly typed: string;
}

/** Context lengths people choose, tokens. */
const LENGTHS: readonly number[] = [2048, 4096, 8192, 16384, 32768, 65536, 131072, 262144];
/** First release with `max-model-len: auto`. */
const AUTO_SINCE = '0.14.0';
/** Usual values of numbers that size memory. */
const USUAL: Readonly<Record<string, readonly number[]>> = {
  'gpu-memory-utilization': [0.8, 0.85, 0.9, 0.92, 0.95],
  'max-num-seqs': [8, 16, 32, 64, 128, 256, 512, 1024],
  'max-num-batched-tokens': [2048, 4096, 8192, 16384, 32768],
  'cpu-offload-gb': [2, 4, 8, 16],
  'pipeline-parallel-size': [1, 2, 4, 8],
  'data-parallel-size': [1, 2, 4, 8],
  'block-size': [16, 32, 64, 128],
  'max-loras': [1, 2, 4, 8],
  'max-cudagraph-capture-size': [64, 128, 256, 512],
  port: [8000],
};
/** Largest tensor-parallel size proposed. */
const LARGEST_TP = 16;

function proposal(text: string | number, detail = '', effect: string | null = null): ProposedValue {
  return { text: String(text), detail, effect };
}

function withEffect({ argument, report, simulate }: ValueQuestion, value: string | number, detail = ''): ProposedValue {
  return proposal(value, detail, report ? effectOf(report, argument.name, value, simulate) : null);
}

function lengths(question: ValueQuestion): readonly ProposedValue[] {
  const { report, version, simulate } = question;
  const auto = isSince(version, AUTO_SINCE) ? [proposal('auto', 'the longest that fits')] : [];
  const limit = report?.input.model.architecture.maxPositionEmbeddings ?? null;
  const within = LENGTHS.filter((length) => limit === null || length <= limit);
  const candidates = limit !== null && !within.includes(limit) ? [...within, limit] : within;
  if (!report?.input.gpu) return [...candidates.map((length) => proposal(length, length === limit ? 'all the model takes' : '')), ...auto];
  const fits = report.kvCache.maxModelLenThatFits;
  const longest = fits ? Math.floor(fits.low / report.kvCache.blockSize) * report.kvCache.blockSize : 0;
  const useful =
    longest > 0 && limit !== null && longest < limit ? [...candidates.filter((length) => length < longest), longest] : candidates;
  return [
    ...useful.flatMap((length) => {
      const after = withArgument(report, 'max-model-len', length, simulate);
      if (after.outcome !== 'ok') return [];
      const requests = after.kvCache.maxConcurrency;
      const detail = length === longest ? 'the longest that surely fits' : length === limit ? 'all the model takes' : '';
      return [proposal(length, detail, requests ? `fits, ${formatRequests(requests.value)} requests` : 'fits')];
    }),
    ...auto,
  ];
}

function tensorSizes(question: ValueQuestion): readonly ProposedValue[] {
  const { report } = question;
  if (!report) return [1, 2, 4, 8].map((size) => proposal(size));
  const { dataParallelSize, expertParallel, pipelineParallelSize } = report.settings;
  const gpus = report.input.gpu?.count ?? null;
  const sizes = tensorParallelSizes(report.input.model, LARGEST_TP, { replicas: dataParallelSize, expertParallel });
  return sizes.map((size) => {
    const needed = size * pipelineParallelSize * dataParallelSize;
    return withEffect(question, size, gpus !== null && needed > gpus ? `needs ${needed} GPUs` : '');
  });
}

function methods(question: ValueQuestion): readonly ProposedValue[] {
  const { report, version, simulate } = question;
  const stored = report?.input.model.quantization ?? null;
  const capability = report?.input.gpu?.gpu.computeCapability ?? null;
  const usable = usableMethods(version, stored, capability).map((method) => ({
    ...method,
    after: report && stored === null ? withArgument(report, 'quantization', method.name, simulate) : null,
  }));
  // What makes nothing of this checkpoint smaller comes last.
  const isSmaller = ({ after }: (typeof usable)[number]): boolean =>
    after !== null && report !== null && after.perGpu.weights.value < 0.99 * report.perGpu.weights.value;
  const ordered = [...usable.filter(isSmaller), ...usable.filter((method) => !isSmaller(method))];
  return ordered.map(({ name, plugin, after }) => {
    const isStored = stored?.method === name;
    const detail = isStored ? 'as the checkpoint has it' : plugin ? 'plugin' : stored === null ? '' : 'kernels for the same checkpoint';
    return proposal(name, detail, after ? `weights ${formatGib(after.perGpu.weights.value)} per GPU` : null);
  });
}

/** `true`, and a `false` that says what becomes of it. */
function booleans(question: ValueQuestion): readonly ProposedValue[] {
  const { argument, version } = question;
  const dropped = isOnByDefault(argument, version) ? `dropped; write no-${argument.name}: true` : 'dropped, as without the line';
  const { report, simulate } = question;
  return [proposal('true', '', report ? effectOf(report, argument.name, true, simulate) : null), proposal('false', dropped)];
}

function listed(question: ValueQuestion, values: readonly (string | number)[]): readonly ProposedValue[] {
  const { argument, report, version } = question;
  const isTold = argument.memory.includes('kv') || argument.memory.includes('weights') || argument.memory.includes('lora');
  return values
    .filter((value) => report === null || !isRefused(report, argument.name, value))
    .map((value) => {
      const detail = value === argument.default ? `default in vLLM ${version}` : '';
      return isTold ? withEffect(question, value, detail) : proposal(value, detail);
    });
}

/** Values for an argument, the likeliest first; none where only the person can know. */
export function proposedValues(question: ValueQuestion): readonly ProposedValue[] {
  const { argument, typed, modelIds } = question;
  switch (argument.name) {
    case 'model':
    case 'tokenizer':
    case 'spec-model':
      return modelIds(typed).map((id) => proposal(id));
    case 'max-model-len':
      return lengths(question);
    case 'tensor-parallel-size':
      return tensorSizes(question);
    case 'quantization':
      return methods(question);
    default:
      break;
  }
  if (argument.type === 'boolean' || argument.type === 'flag') return booleans(question);
  const usual = USUAL[argument.name];
  if (usual) {
    const { report, version } = question;
    const unset = (report && computedDefault(report, argument.name)) ?? defaultOf(argument, version);
    return usual.map((value) => withEffect(question, value, value === unset ? 'default' : ''));
  }
  if (argument.choices) return listed(question, argument.choices);
  return listed(question, argument.suggestions);
}

/** Values for a field inside a JSON-valued argument. */
export function proposedFieldValues(argument: Argument, field: ArgumentField, question: ValueQuestion): readonly ProposedValue[] {
  if (field.type === 'boolean' || field.type === 'flag')
    return ['true', 'false'].map((value) => proposal(value, value === String(field.default) ? 'default' : ''));
  if (field.name === 'model' && argument.name === 'speculative-config') return question.modelIds(question.typed).map((id) => proposal(id));
  return (field.choices ?? field.suggestions ?? []).map((value) => proposal(value, value === field.default ? 'default' : ''));
}

/** "default 0.92", "default true where the model allows it"; empty when unset means nothing special. */
export function defaultText(argument: Argument, value: ArgumentValue, version: string): string {
  if (value === null) return isOnByDefault(argument, version) ? 'on by default' : '';
  if (Array.isArray(value) && value.length === 0) return '';
  if (typeof value === 'object') return '';
  return `default ${typeof value === 'number' && Number.isInteger(value) ? formatCount(value) : value === '' ? 'empty' : String(value)}`;
}
