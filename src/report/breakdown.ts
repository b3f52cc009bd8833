import { memoryBreakdown } from '../analysis/memoryBreakdown';
import type { MemoryRow } from '../analysis/memoryBreakdown';
import { formatGib, formatGibRange, formatPercent } from '../estimator/figures';
import { GIB } from '../estimator/units';
import type { StartupReport } from '../vllm/startup/report';
import { PART_LABELS } from './words';

/** Columns of a breakdown line: label, indented below its heading; GiB with range; share. */
export type BreakdownLine = readonly [label: string, figure: string, share: string];

function lineOf({ part, figure, share }: MemoryRow): BreakdownLine {
  return [`  ${PART_LABELS[part]}`, formatGibRange(figure), formatPercent(share)];
}

function aligned(lines: readonly BreakdownLine[]): readonly string[] {
  const width = (column: 0 | 1 | 2): number => Math.max(...lines.map((line) => line[column].length));
  const [labels, figures, shares] = [width(0), width(1), width(2)];
  return lines.map(([label, figure, share]) => `${label.padEnd(labels)}  ${figure.padEnd(figures)}  ${share.padStart(shares)}`.trimEnd());
}

/** What rounds to nothing is not worth a line. */
function isShown({ figure }: MemoryRow): boolean {
  return Math.max(figure.high, -figure.low) >= GIB / 200;
}

/** Who spends one GPU's memory, within the budget and outside it. Empty without a GPU. */
export function breakdown(report: StartupReport): readonly BreakdownLine[] {
  const memory = memoryBreakdown(report);
  if (!memory) return [];
  const { total, budget, inside, outside } = memory;
  return [
    ['budget per GPU', `${formatGib(budget)}, ${report.settings.gpuMemoryUtilization} of ${formatGib(total)}`, ''],
    ...inside.filter(isShown).map(lineOf),
    ['outside', formatGib(total - budget), ''],
    ...outside.filter(isShown).map(lineOf),
  ];
}

/**
 * The breakdown for monospace, one line each: name, GiB with its range, share. Only words and numbers, no drawn bars, so that it reads
 * aloud as it reads on the page. Empty without a GPU.
 */
export function breakdownLines(report: StartupReport): readonly string[] {
  return aligned(breakdown(report));
}

/** As `breakdownLines`, with what lies outside the budget in one line: a hover shows a dozen lines without scrolling. */
export function shortBreakdownLines(report: StartupReport): readonly string[] {
  const memory = memoryBreakdown(report);
  if (!memory) return [];
  const inside = breakdown(report).slice(0, 1 + memory.inside.filter(isShown).length);
  const width = Math.max(...inside.map(([label]) => label.length));
  const used = memory.outside.filter((row) => row.part !== 'unused' && isShown(row));
  const parts = [
    formatGib(memory.total - memory.budget),
    ...used.map(({ part, figure }) => `${PART_LABELS[part]} ${formatGib(figure.value)}`),
  ];
  return [...aligned(inside), `${'outside'.padEnd(width)}  ${parts.join(', ')}`];
}
