/** The report on one deployment for a terminal: plain text, no colour, columns aligned. */
import type { Analysis, PlacedFinding } from '../analysis/analysis';
import { formatBytes, formatCount, formatCountRange, formatGib, formatGibRange, formatParameters } from '../estimator/figures';
import { breakdownLines } from './breakdown';
import { weightFormat } from './hoverSubjects';
import { verdict } from './verdict';
import { gpuMemory, gpuName, gpuSource, modelSource } from './words';

const MARKS = { ok: 'OK', warning: 'DOUBTFUL', error: 'NO', unknown: 'UNKNOWN' } as const;

/** Text from files without the control characters that a terminal would obey. */
function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}

function findingLines(finding: PlacedFinding, line: number | null): readonly string[] {
  const { severity, code, message, vllmMessage, fixes } = finding;
  const place = line === null ? '' : `line ${line}: `;
  return [
    `${severity}: ${place}${message} [${code}]`,
    ...(vllmMessage === null ? [] : [`  vLLM: ${vllmMessage}`]),
    ...fixes.map(({ title }) => `  fix: ${title}`),
  ];
}

/**
 * @param file name for the heading.
 * @param lineOf 1-based line of an offset; null where the deployment is in no file.
 */
export function reportText(analysis: Analysis, file: string, lineOf: ((offset: number) => number) | null): string {
  const { report, facts, gpu, version, findings, gpuAssumptions, deployment } = analysis;
  const { level, line } = verdict(analysis);
  const model = deployment.args.get('model');
  const assumptions = [...gpuAssumptions, ...(facts?.assumptions ?? []), ...(report?.assumptions ?? [])];
  const lines = [
    `${file}: ${MARKS[level]}`,
    line,
    '',
    `model    ${typeof model === 'string' ? model : 'not named'}`,
    ...(facts
      ? [
          `         ${formatParameters(facts.parameters)} parameters, ${weightFormat(analysis)}`,
          `         facts from ${modelSource(facts.source)}: ${facts.origin} (${facts.confidence})`,
        ]
      : []),
    `GPU      ${gpu ? [gpuName(gpu), gpuMemory(gpu), gpuSource(gpu.source)].filter(Boolean).join(', ') : (analysis.gpuProblem ?? 'not chosen (--gpu KEY, or a "# vram: gpu=KEY" comment in the file)')}`,
    `vLLM     ${version}`,
  ];
  if (report) {
    const { kvCache, settings, host, perGpu } = report;
    const breakdown = breakdownLines(report);
    lines.push('', ...(breakdown.length > 0 ? breakdown : [`weights  ${formatGibRange(perGpu.weights)} per GPU`]));
    lines.push('', `KV cache ${formatBytes(kvCache.bytesPerTokenPerGpu)} per token and GPU, ${formatCountRange(kvCache.tokens)} tokens`);
    if (settings.maxModelLen !== null && kvCache.neededForMaxModelLen !== null) {
      const fits = kvCache.maxModelLenThatFits ? `; longest that fits ${formatCountRange(kvCache.maxModelLenThatFits)}` : '';
      lines.push(
        `         one request of ${formatCount(settings.maxModelLen)} tokens needs ${formatGib(kvCache.neededForMaxModelLen)}${fits}`,
      );
    }
    if (host.cpuOffloadBytes > 0) {
      lines.push(
        `host     ${formatGib(host.cpuOffloadBytes)} of weights offloaded, ${formatGib(host.bytesPerStepOverPcie)} read per GPU and decode step`,
      );
    }
  }
  if (findings.length > 0) lines.push('', ...findings.flatMap((finding) => findingLines(finding, lineOf?.(finding.start) ?? null)));
  if (assumptions.length > 0) lines.push('', ...assumptions.map((assumption) => `assumed: ${assumption}`));
  return lines.map(printable).join('\n');
}
