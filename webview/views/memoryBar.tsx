import type { VNode } from 'preact';
import { memoryBreakdown, type MemoryRow } from '../../src/analysis/memoryBreakdown';
import { formatFigure, formatGib, formatGibOf, gibNumber } from '../../src/estimator/figures';
import type { InferenceComponent } from '../../src/estimator/contracts/inference';
import { exactly, type Ranged } from '../../src/estimator/ranged';
import type { ServingAnswer } from '../../src/analysis/plan';
import { GIB } from '../../src/estimator/units';
import { PART_LABELS } from '../../src/report/words';
import type { StartupReport } from '../../src/vllm/startup/report';
import { Swatch } from '../plots/swatch';

/** One stretch of the memory bar, bytes. */
export interface Stretch {
  readonly id: string;
  readonly name: string;
  readonly bytes: Ranged;
}

export interface BarProps {
  readonly stretches: readonly Stretch[];
  /** Bytes of the card; null when no GPU is known. */
  readonly capacity: number | null;
  /** Bytes in use once requests are served, where some parts are set aside for a while only. */
  readonly inUse?: number | null;
  /** What may be used of it; drawn as a tick. */
  readonly budget: number | null;
  /** The engine starts: what sticks out by the central figures is within their error, and no shortage. */
  readonly starts?: boolean;
}

/** The parts of a report as stretches, those that take nothing left out. */
function reportStretches(report: StartupReport): readonly Stretch[] {
  const breakdown = memoryBreakdown(report);
  const rows: readonly Pick<MemoryRow, 'part' | 'figure'>[] = breakdown
    ? [...breakdown.inside, ...breakdown.outside.filter(({ part }) => part !== 'unused')]
    : [{ part: 'weights', figure: report.perGpu.weights }];
  return rows.filter(({ figure }) => figure.value > 0).map(({ part, figure }) => ({ id: part, name: PART_LABELS[part], bytes: figure }));
}

const COMPONENT_PARTS: Readonly<Record<InferenceComponent, MemoryRow['part']>> = {
  'Base Model Weights': 'weights',
  'KV Cache': 'kv_cache',
  Activations: 'activations',
  'CUDA Graphs': 'cuda_graphs',
  'Framework Overhead': 'runtime',
};

/** The parts of an answer: of the start-up under vLLM, of the contract's response under other engines. */
export function stretchesOf({ report, response }: ServingAnswer, engine: string): readonly Stretch[] {
  if (engine === 'vllm' || !response) return reportStretches(report);
  return response.memory_breakdown
    .filter(({ size_gb }) => size_gb > 0)
    .map(({ label, size_gb }) => ({
      id: COMPONENT_PARTS[label],
      name: PART_LABELS[COMPONENT_PARTS[label]],
      bytes: exactly(size_gb * GIB),
    }));
}

/** The bar of one GPU of a serving answer. */
export function AnswerBar({ answer, engine }: { readonly answer: ServingAnswer; readonly engine: string }): VNode {
  const { total, budget } = answer.report.perGpu;
  return (
    <MemoryBarView
      stretches={stretchesOf(answer, engine)}
      capacity={total}
      budget={engine === 'vllm' ? budget : null}
      inUse={engine === 'vllm' ? (answer.report.perGpu.peakUsed?.value ?? null) : null}
      starts={engine === 'vllm' && answer.report.outcome === 'ok'}
    />
  );
}

/** One GPU's memory as a stacked bar with the budget as a tick, and the same as a list. What sticks out over the card is marked. */
export function MemoryBarView({ stretches, capacity: card, budget, inUse = null, starts = false }: BarProps): VNode {
  const used = stretches.reduce((sum, { bytes }) => sum + bytes.value, 0);
  const capacity = card ?? used;
  const scale = Math.max(capacity, used, 1);
  const percent = (bytes: number): string => `${(bytes / scale) * 100}%`;
  let end = 0;
  const placed = stretches.map((stretch) => {
    const from = end;
    end += stretch.bytes.value;
    return { ...stretch, from };
  });
  const tight = starts && used > capacity;
  const total =
    card === null
      ? formatGib(used)
      : inUse !== null && (tight || used <= card)
        ? `${formatGibOf(inUse, card)}${starts ? ' in use' : ''}`
        : formatGibOf(used, card);
  const said = stretches.map(({ name, bytes }) => `${name} ${formatGib(bytes.value)}`).join(', ');
  const limit = Math.min(budget ?? Infinity, capacity);
  return (
    <div class="memory">
      <svg class="bar" width="100%" height="30" role="img" aria-label={`Memory of each GPU: ${total}. ${said}.`}>
        <rect class="bar-empty" x="0" y="6" width={percent(capacity)} height="18" />
        {placed.map(({ id, bytes, from }) => (
          <g key={id}>
            <rect class={`fill ${id}`} x={percent(from)} y="6" width={percent(bytes.value)} height="18" />
            <rect fill={`url(#pattern-${id})`} x={percent(from)} y="6" width={percent(bytes.value)} height="18" />
            <line class="bar-edge" x1={percent(from + bytes.value)} x2={percent(from + bytes.value)} y1="6" y2="24" />
          </g>
        ))}
        {budget === null ? null : <line class="bar-budget" x1={percent(budget)} x2={percent(budget)} y1="0" y2="30" />}
        {card !== null && used > card ? <line class="bar-capacity" x1={percent(card)} x2={percent(card)} y1="0" y2="30" /> : null}
      </svg>
      <p class="bar-total">
        <strong>{total}</strong>
        {budget === null ? null : <span class="quiet"> · budget {formatGib(budget)}</span>}
        {card !== null && used > card && !tight ? <strong> · {formatGib(used - limit)} too much</strong> : null}
      </p>
      <ul class="legend" aria-label="Parts of the memory">
        {stretches.map(({ id, name, bytes }) => (
          <li key={id} title={[formatFigure(bytes, formatGib).spelledRange, bytes.reason].filter(Boolean).join(': ')}>
            <Swatch look={id} />
            {name} {gibNumber(bytes.value)}
          </li>
        ))}
        {capacity > used ? (
          <li>
            <Swatch look="free" />
            free {gibNumber(capacity - used)}
          </li>
        ) : null}
      </ul>
    </div>
  );
}
