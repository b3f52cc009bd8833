import { memoryBreakdown } from '../analysis/memoryBreakdown';
import type { MemoryRow } from '../analysis/memoryBreakdown';
import { formatGib, formatGibRange, formatPercent } from '../estimator/figures';
import type { StartupReport } from '../vllm/startup/report';
import { PART_LABELS } from './words';

/** Columns of a breakdown line: label, GiB with range, share. */
type Line = readonly [label: string, figure: string, share: string];

function lineOf({ part, figure, share }: MemoryRow): Line {
  return [`  ${PART_LABELS[part]}`, formatGibRange(figure), formatPercent(share)];
}

function aligned(lines: readonly Line[]): readonly string[] {
  const width = (column: 0 | 1 | 2): number => Math.max(...lines.map((line) => line[column].length));
  const [labels, figures, shares] = [width(0), width(1), width(2)];
  return lines.map(([label, figure, share]) => `${label.padEnd(labels)}  ${figure.padEnd(figures)}  ${share.padStart(shares)}`.trimEnd());
}

/**
 * Who spends one GPU's memory, one line each, for monospace: name, GiB with its range, share. Only words and numbers, no drawn bars,
 * so that it reads aloud as it reads on the page. Empty without a GPU.
 */
export function breakdownLines(report: StartupReport): readonly string[] {
  const breakdown = memoryBreakdown(report);
  if (!breakdown) return [];
  const { total, budget, inside, outside } = breakdown;
  const utilization = report.settings.gpuMemoryUtilization;
  return aligned([
    ['budget', `${formatGib(budget)}, ${utilization} of ${formatGib(total)}`, ''],
    ...inside.map(lineOf),
    ['outside', formatGib(total - budget), ''],
    ...outside.map(lineOf),
  ]);
}
