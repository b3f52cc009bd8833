/** The full report on one deployment as a Markdown document. */
import type { Analysis, PlacedFinding } from '../analysis/analysis';
import { offloadCost } from '../analysis/derived';
import {
  formatBytes,
  formatCount,
  formatCountRange,
  formatGib,
  formatGibRange,
  formatParameters,
  formatRequests,
  formatWhole,
} from '../estimator/figures';
import type { StartupReport } from '../vllm/startup/report';
import { breakdown } from './breakdown';
import type { BreakdownLine } from './breakdown';
import { escapeMarkdown, inlineCode } from './escape';
import { weightFormat } from './hoverSubjects';
import { verdict } from './verdict';
import { gpuMemory, gpuName, gpuSource, modelSource, parallelism } from './words';

type Row = readonly [label: string, value: string];

function table(rows: readonly Row[]): string {
  return ['| | |', '|---|---|', ...rows.map(([label, value]) => `| ${label} | ${value} |`)].join('\n');
}

function subjectRows(analysis: Analysis): readonly Row[] {
  const { deployment, facts, gpu, gpuProblem, version, report } = analysis;
  const model = deployment.args.get('model');
  const card = gpu
    ? `${[escapeMarkdown(gpuName(gpu)), gpuMemory(gpu)].filter(Boolean).join(', ')} (${gpuSource(gpu.source)})`
    : escapeMarkdown(gpuProblem ?? 'not chosen');
  return [
    ['Model', typeof model === 'string' ? inlineCode(model) : 'not named in the file'],
    ...(facts
      ? ([
          ['Parameters', `${formatParameters(facts.parameters)}, ${escapeMarkdown(weightFormat(analysis))}`],
          ['Facts from', `${modelSource(facts.source)} (${facts.confidence})`],
        ] as const)
      : []),
    ['GPU', card],
    ...(report ? ([['Parallelism', parallelism(report.settings)]] as const) : []),
    ['vLLM', escapeMarkdown(version)],
  ];
}

function kvCacheRows({ kvCache, perGpu, settings }: StartupReport): readonly Row[] {
  const length = settings.maxModelLen;
  return [
    ['Per token and GPU', formatBytes(kvCache.bytesPerTokenPerGpu)],
    ['Available per GPU', formatGibRange(perGpu.kvCache)],
    ['Tokens', formatCountRange(kvCache.tokens)],
    ...(length === null
      ? []
      : ([
          [`One request of ${formatCount(length)} tokens`, formatGib(kvCache.neededForMaxModelLen)],
          ['Such requests at once', formatRequests(kvCache.maxConcurrency?.value ?? null)],
        ] as const)),
    ['Longest request that fits', formatCountRange(kvCache.maxModelLenThatFits)],
  ];
}

function offloadSection(report: StartupReport): readonly string[] {
  const { host } = report;
  if (host.cpuOffloadBytes <= 0) return [];
  const cost = offloadCost(report);
  const rows: readonly Row[] = [
    ['Weights on the host', `${formatGib(host.cpuOffloadBytes)}${host.offloaded === null ? '' : ` (${escapeMarkdown(host.offloaded)})`}`],
    ['Host memory needed', formatGibRange(host.required)],
    ['Read over PCIe per decode step', formatGib(host.bytesPerStepOverPcie)],
    ...(cost ? ([['Time of that', `about ${formatWhole(cost.milliseconds)} ms at ${formatWhole(cost.bandwidthGbS)} GB/s`]] as const) : []),
  ];
  return ['## Offloading', table(rows)];
}

const SEVERITY_WORDS: Readonly<Record<PlacedFinding['severity'], string>> = {
  error: 'Error',
  warning: 'Warning',
  information: 'Note',
  hint: 'Hint',
};

function findingLines({ severity, message, vllmMessage, key, code, fixes }: PlacedFinding): string {
  const place = key === null ? '' : ` ${inlineCode(key)}:`;
  const own = vllmMessage === null ? '' : `\n  - vLLM: ${escapeMarkdown(vllmMessage)}`;
  const ways = fixes.map(({ title }) => `\n  - Way out: ${escapeMarkdown(title)}`).join('');
  return `- **${SEVERITY_WORDS[severity]}**${place} ${escapeMarkdown(message)} (${inlineCode(code)})${own}${ways}`;
}

/** The breakdown as a table, which wraps where a code block would break its columns; parts stand apart from their headings by weight. */
function breakdownTable(lines: readonly BreakdownLine[]): string {
  const rows = lines.map(([label, figure, share]) =>
    label.startsWith(' ') ? `| ${label.trim()} | ${figure} | ${share} |` : `| **${label}** | **${figure}** | |`,
  );
  return ['| | GiB per GPU | share |', '|---|---|---:|', ...rows].join('\n');
}

function memorySection(report: StartupReport): readonly string[] {
  const lines = breakdown(report);
  if (lines.length === 0) return ['## Memory', `Weights: ${formatGibRange(report.perGpu.weights)} per GPU. The rest depends on the GPU.`];
  const parts = report.perGpu.weightParts.map(({ name, bytes }) => `${escapeMarkdown(name)} ${formatGib(bytes)}`).join(', ');
  return [
    '## Memory of the fullest GPU',
    breakdownTable(lines),
    ...(parts === '' ? [] : [`Weights: ${parts}.`]),
    `Peak on the device: ${formatGibRange(report.perGpu.peakUsed)} of ${formatGib(report.perGpu.total)}.`,
  ];
}

/**
 * The report on one deployment of a file.
 * @param name of the file, for the title.
 */
export function reportMarkdown(analysis: Analysis, name: string): string {
  const { report, findings, gpuAssumptions, facts } = analysis;
  const assumptions = [...gpuAssumptions, ...(facts?.assumptions ?? []), ...(report?.assumptions ?? [])];
  const sections = [
    `# VRAM of ${escapeMarkdown(name)}`,
    `**${escapeMarkdown(verdict(analysis).line)}**`,
    table(subjectRows(analysis)),
    ...(report ? [...memorySection(report), '## KV cache', table(kvCacheRows(report)), ...offloadSection(report)] : []),
    ...(findings.length > 0 ? ['## What vLLM would say', findings.map(findingLines).join('\n')] : []),
    ...(facts ? ['## Where the model facts come from', inlineCode(facts.origin)] : []),
    ...(assumptions.length > 0 ? ['## Assumed', assumptions.map((assumption) => `- ${escapeMarkdown(assumption)}`).join('\n')] : []),
  ];
  return `${sections.join('\n\n')}\n`;
}
