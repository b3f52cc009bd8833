/** What the memory keys mean here: each gives paragraphs of Markdown from one report. */
import type { Analysis } from '../analysis/analysis';
import { offloadCost, prefillSteps, tokensPerRequest } from '../analysis/derived';
import { formatBytes, formatCount, formatCountRange, formatGib, formatGibRange, formatRequests, formatWhole } from '../estimator/figures';
import type { StartupReport } from '../vllm/startup/report';
import { shortBreakdownLines } from './breakdown';
import { escapeMarkdown } from './escape';
import { checkpointFormat } from './hoverSubjects';

type Paragraphs = (report: StartupReport, analysis: Analysis) => readonly string[];

const NEEDS_GPU = 'How much is left for it depends on the GPU.';

function graphsLine({ perGpu, settings }: StartupReport): string {
  if (settings.enforceEager) return 'No CUDA graphs are captured, so they take no memory; small batches decode slower.';
  const where = perGpu.cudaGraphsInBudget
    ? 'from the budget, so the KV cache gets less'
    : 'outside the budget, beside gpu-memory-utilization';
  return `CUDA graphs take ${formatGibRange(perGpu.cudaGraphs)} per GPU, ${where}.`;
}

function weightsLine({ perGpu }: StartupReport): string {
  return `Weights: ${formatGibRange(perGpu.weights)} per GPU.`;
}

function poolLine({ kvCache, perGpu, settings }: StartupReport): string {
  if (!kvCache.tokens) return NEEDS_GPU;
  if (perGpu.kvCache && perGpu.kvCache.value <= 0) {
    const best = perGpu.kvCache.high > 0 ? `; at best ${formatGib(perGpu.kvCache.high)} are left` : '';
    return `No memory is left for the KV cache: ${formatGib(-perGpu.kvCache.value)} are missing per GPU${best}.`;
  }
  const length = settings.maxModelLen;
  const times =
    kvCache.maxConcurrency && length !== null
      ? `: ${formatRequests(kvCache.maxConcurrency.value)} requests of ${formatCount(length)} tokens`
      : '';
  return `KV cache: ${formatGibRange(perGpu.kvCache)} per GPU, ${formatCountRange(kvCache.tokens)} tokens${times}.`;
}

const maxModelLen: Paragraphs = (report) => {
  const { kvCache, settings } = report;
  const length = settings.maxModelLen;
  const cost =
    length === null || kvCache.neededForMaxModelLen === null
      ? []
      : [
          `One request of ${formatCount(length)} tokens holds **${formatGib(kvCache.neededForMaxModelLen)}** of KV cache per GPU ` +
            `(${formatBytes(kvCache.bytesPerTokenPerGpu)} per token).`,
        ];
  const fits = kvCache.maxModelLenThatFits;
  const limit = report.input.model.architecture.maxPositionEmbeddings;
  const why = fits && limit !== null && fits.low >= limit ? ', as long as the model goes' : '';
  const largest = fits ? [`Largest length that fits: **${formatCountRange(fits)}** tokens${why}.`] : [];
  return [...cost, poolLine(report), ...largest];
};

const gpuMemoryUtilization: Paragraphs = (report) => {
  const lines = shortBreakdownLines(report);
  if (lines.length === 0) return [`${weightsLine(report)} How much the share leaves for the KV cache depends on the GPU.`];
  return [`\`\`\`text\n${lines.join('\n')}\n\`\`\``];
};

const cpuOffload: Paragraphs = (report) => {
  const { host, settings } = report;
  if (host.cpuOffloadBytes <= 0) return ['Nothing is offloaded.', weightsLine(report)];
  const cost = offloadCost(report);
  const what = host.offloaded === null ? '' : `: ${escapeMarkdown(host.offloaded)}`;
  const price = cost
    ? `Every decode step reads ${formatGib(cost.bytes)} per GPU over PCIe: about ${formatWhole(cost.milliseconds)} ms at ` +
      `${formatWhole(cost.bandwidthGbS)} GB/s, however few tokens it makes.`
    : `Every decode step reads ${formatGib(host.bytesPerStepOverPcie)} per GPU over PCIe.`;
  return [
    `Weights leave each GPU for the host, up to ${settings.cpuOffloadGib} GiB${what}. Only weights: the KV cache stays on the GPU.`,
    `Left on the GPU: ${formatGibRange(report.perGpu.weights)}. Pinned on the host: ${formatGib(host.cpuOffloadBytes)} over all GPUs` +
      `${host.required ? `; the host needs ${formatGibRange(host.required)} in all` : ''}.`,
    price,
  ];
};

const quantization: Paragraphs = (report, { facts, findings }) => {
  const complaints = findings.filter(({ key, severity }) => key === 'quantization' && (severity === 'error' || severity === 'warning'));
  const accepted =
    report.input.gpu === null
      ? 'Whether the GPU has kernels for it depends on the GPU.'
      : complaints.length === 0
        ? 'Nothing known speaks against it on this checkpoint and GPU.'
        : complaints.map(({ message }) => escapeMarkdown(message)).join(' ');
  const method = report.settings.quantization;
  return [
    `${facts ? `Checkpoint: ${escapeMarkdown(checkpointFormat(facts.model))}. ` : ''}Loaded as ${escapeMarkdown(method ?? report.settings.dtype)}.`,
    weightsLine(report),
    accepted,
  ];
};

const parallelSize: Paragraphs = (report) => {
  const { settings, kvCache } = report;
  const gpus = settings.tensorParallelSize * settings.pipelineParallelSize * settings.dataParallelSize;
  return [
    `${gpus === 1 ? 'One GPU holds' : `${gpus} GPUs share`} the model (TP ${settings.tensorParallelSize}, PP ${settings.pipelineParallelSize}, ` +
      `DP ${settings.dataParallelSize}). ${weightsLine(report)}`,
    `A token costs ${formatBytes(kvCache.bytesPerTokenPerGpu)} of KV cache on each GPU.`,
    poolLine(report),
  ];
};

const maxNumSeqs: Paragraphs = (report) => {
  const { settings, perGpu, kvCache } = report;
  const each = tokensPerRequest(report);
  const share =
    each === null || each < 1
      ? []
      : [`If all ${formatCount(settings.maxNumSeqs)} run at once, each has room for ${formatCount(each)} tokens.`];
  const peak = perGpu.activationPeak
    ? [`The profile run samples for as many requests; activation peak: ${formatGibRange(perGpu.activationPeak)} per GPU.`]
    : [];
  const full = kvCache.maxConcurrency ? [poolLine(report)] : [];
  return [`At most ${formatCount(settings.maxNumSeqs)} requests run in one step.`, ...peak, ...full, ...share];
};

const maxNumBatchedTokens: Paragraphs = (report) => {
  const { settings, perGpu } = report;
  const steps = prefillSteps(report);
  const parts = perGpu.activationParts.map(({ name, bytes }) => `${escapeMarkdown(name)} ${formatGib(bytes)}`).join(', ');
  const peak = perGpu.activationPeak
    ? [`Activation peak of that many tokens: ${formatGibRange(perGpu.activationPeak)} per GPU${parts === '' ? '' : ` (${parts})`}.`]
    : [];
  const prefill =
    steps === null ? [] : [`The prompt of a longest request takes at least ${formatCount(steps)} ${steps === 1 ? 'step' : 'steps'}.`];
  return [`A step processes up to ${formatCount(settings.maxNumBatchedTokens)} tokens.`, ...peak, ...prefill];
};

const kvCacheDtype: Paragraphs = (report) => [
  `KV cache stored as ${escapeMarkdown(report.settings.kvCacheDtype)}: ${formatBytes(report.kvCache.bytesPerTokenPerGpu)} per token and GPU.`,
  poolLine(report),
];

const blockSize: Paragraphs = (report) => {
  const { blockSize: size, bytesPerTokenPerGpu, tokens } = report.kvCache;
  const blocks = tokens ? [`The pool has about ${formatCount(tokens.value / size)} blocks.`] : [];
  return [
    `Blocks of ${formatCount(size)} tokens, ${formatBytes(size * bytesPerTokenPerGpu)} each per GPU; a request wastes less than one block.`,
    ...blocks,
  ];
};

const dtype: Paragraphs = (report) => [
  `Weights and activations in ${escapeMarkdown(report.settings.dtype)}. ${weightsLine(report)}`,
  `KV cache as ${escapeMarkdown(report.settings.kvCacheDtype)}: ${formatBytes(report.kvCache.bytesPerTokenPerGpu)} per token and GPU.`,
];

/** Paragraphs by canonical argument name; other arguments have only their meaning. */
export const KEY_PARAGRAPHS: Readonly<Record<string, Paragraphs>> = {
  'max-model-len': maxModelLen,
  'gpu-memory-utilization': gpuMemoryUtilization,
  'kv-cache-memory-bytes': gpuMemoryUtilization,
  'cpu-offload-gb': cpuOffload,
  quantization,
  'tensor-parallel-size': parallelSize,
  'pipeline-parallel-size': parallelSize,
  'data-parallel-size': parallelSize,
  'enable-expert-parallel': parallelSize,
  'max-num-seqs': maxNumSeqs,
  'max-num-batched-tokens': maxNumBatchedTokens,
  'kv-cache-dtype': kvCacheDtype,
  'enforce-eager': (report) => [graphsLine(report)],
  'cudagraph-capture-sizes': (report) => [graphsLine(report)],
  'max-cudagraph-capture-size': (report) => [graphsLine(report)],
  'compilation-config': (report) => [graphsLine(report)],
  'block-size': blockSize,
  dtype,
};
