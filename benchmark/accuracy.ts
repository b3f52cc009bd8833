// npm run benchmark:accuracy -- startups [FILE]: estimated against recorded start-ups of vLLM, by what `estimate --jsonl` answers for
// each row. The row's GPU, version and arguments are the only input.
import { existsSync, readFileSync } from 'node:fs';
import { answerRow } from '../src/cli/bulk';
import { CommandLineModels } from '../src/cli/models';
import type { EstimateJson } from '../src/report/estimateJson';
import { estimateRow, parseStartupRows, type StartupRow } from './startupRows';
import { groupBy, percent, quantile, shareOf, table, weightedQuantile } from './statistics';

const SHARED_ROWS = '../shared/measurements/vllm-startups.jsonl';
const OWN_ROWS = 'test/fixtures/measured/vllm-startups.jsonl';

/** A figure with its range, in the unit the log prints. */
interface Figure {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** A compared quantity: what was printed and what is predicted, in the same unit. */
interface Quantity {
  readonly name: string;
  /** Needs the budget, which a row without a stated or default utilization does not give. */
  readonly ofBudget: boolean;
  measured(row: StartupRow): number | null;
  predicted(answer: EstimateJson): Figure | null;
}

function figure(value: number | null, range: readonly [number, number] | null): Figure | null {
  return value === null ? null : { value, low: range?.[0] ?? value, high: range?.[1] ?? value };
}

const QUANTITIES: readonly Quantity[] = [
  {
    name: 'weights per GPU',
    ofBudget: false,
    measured: (r) => r.model_load_gib,
    predicted: ({ per_gpu, range }) => figure(per_gpu.weights_gib, range.weights_gib),
  },
  {
    name: 'activation peak',
    ofBudget: false,
    measured: (r) => r.activation_peak_gib,
    predicted: ({ per_gpu, range }) => figure(per_gpu.activation_peak_gib, range.activation_peak_gib),
  },
  {
    name: 'non-torch memory',
    ofBudget: false,
    measured: (r) => r.non_torch_gib,
    predicted: ({ per_gpu, range }) => figure(per_gpu.non_torch_gib, range.non_torch_gib),
  },
  {
    name: 'CUDA graph memory',
    ofBudget: false,
    // Some versions print differences of free memory, which can be negative: noise, not a size.
    measured: (r) => (r.graph_capture_gib !== null && r.graph_capture_gib > 0 ? r.graph_capture_gib : null),
    predicted: ({ per_gpu, range }) => figure(per_gpu.cuda_graph_gib, range.cuda_graph_gib),
  },
  {
    name: 'available KV cache',
    ofBudget: true,
    measured: (r) => r.available_kv_gib,
    predicted: ({ per_gpu, range }) => figure(per_gpu.kv_cache_gib, range.kv_cache_gib),
  },
  {
    name: 'KV cache tokens',
    ofBudget: true,
    measured: (r) => r.kv_cache_tokens,
    predicted: ({ kv_cache, range }) => figure(kv_cache.tokens, range.kv_cache_tokens),
  },
  {
    name: 'maximum concurrency',
    ofBudget: true,
    measured: (r) => r.max_concurrency,
    predicted: ({ kv_cache, range }) => figure(kv_cache.max_concurrency, range.max_concurrency),
  },
  {
    name: 'needed for max_model_len',
    ofBudget: false,
    measured: (r) => r.failure_needed_kv_gib,
    predicted: ({ kv_cache }) => figure(kv_cache.needed_for_max_model_len_gib, null),
  },
  {
    name: 'largest max_model_len',
    ofBudget: true,
    measured: (r) => r.failure_estimated_max_len,
    predicted: ({ kv_cache, range }) => figure(kv_cache.max_model_len_that_fits, range.max_model_len_that_fits),
  },
];

interface Judged {
  readonly row: StartupRow;
  readonly answer: EstimateJson;
}

interface Comparison extends Judged {
  readonly quantity: Quantity;
  readonly measured: number;
  readonly range: Figure;
  /** Signed relative error. */
  readonly error: number;
  readonly inside: boolean;
  /** Width of the range relative to the measured value. */
  readonly width: number;
}

/** Rounding of the printed figure. */
const PRINTED_PRECISION = 0.006;

function compare({ row, answer }: Judged): readonly Comparison[] {
  return QUANTITIES.flatMap((quantity): readonly Comparison[] => {
    const measured = quantity.measured(row);
    const range = quantity.predicted(answer);
    if (measured === null || measured === 0 || range === null) return [];
    if (quantity.ofBudget && !statesUtilization(row)) return [];
    const inside = measured >= range.low - PRINTED_PRECISION && measured <= range.high + PRINTED_PRECISION;
    return [
      {
        row,
        answer,
        quantity,
        measured,
        range,
        error: range.value / measured - 1,
        inside,
        width: (range.high - range.low) / Math.abs(measured),
      },
    ];
  });
}

function statesUtilization(row: StartupRow): boolean {
  return row.effective_gpu_memory_utilization !== null || row.gpu_memory_utilization !== null;
}

function summary(comparisons: readonly Comparison[]): string {
  const rows = QUANTITIES.map((quantity) => {
    const own = comparisons.filter((c) => c.quantity === quantity);
    const errors = own.map((c) => Math.abs(c.error));
    const groups = groupBy(own, (c) => c.row.source_group);
    const weighted = own.map((c) => ({ value: Math.abs(c.error), weight: 1 / (groups.get(c.row.source_group)?.length ?? 1) }));
    return [
      quantity.name,
      String(own.length),
      percent(quantile(errors, 0.5)),
      percent(quantile(errors, 0.9)),
      percent(weightedQuantile(weighted, 0.5)),
      percent(weightedQuantile(weighted, 0.9)),
      percent(
        shareOf(own, (c) => c.inside),
        0,
      ),
      percent(
        quantile(
          own.map((c) => c.width),
          0.5,
        ),
      ),
    ];
  });
  return table([
    ['quantity', 'n', 'median', 'p90', 'median by source', 'p90 by source', 'in range', 'median width'],
    ...rows.filter((row) => row[1] !== '0'),
  ]);
}

function breakdown(title: string, comparisons: readonly Comparison[], judged: readonly Judged[], key: (row: StartupRow) => string): string {
  const rows = [...groupBy(judged, (j) => key(j.row))].map(([name, group]) => {
    const own = comparisons.filter((c) => key(c.row) === name);
    const cell = (quantity: string): string => {
      const errors = own.filter((c) => c.quantity.name === quantity).map((c) => Math.abs(c.error));
      return errors.length === 0 ? '-' : `${percent(quantile(errors, 0.5))} / ${percent(quantile(errors, 0.9))}`;
    };
    const right = group.filter((j) => j.answer.outcome === j.row.outcome).length;
    return [
      name,
      String(group.length),
      ...['weights per GPU', 'activation peak', 'available KV cache', 'KV cache tokens', 'maximum concurrency'].map(cell),
      percent(
        shareOf(own, (c) => c.inside),
        0,
      ),
      `${right}/${group.length}`,
    ];
  });
  const header = [title, 'rows', 'weights', 'activation', 'available KV', 'tokens', 'concurrency', 'in range', 'outcome'];
  return table([header, ...rows.sort((a, b) => Number(b[1]) - Number(a[1]))]);
}

/** The component whose error moves the KV cache most, GiB. */
function worstComponent(judged: Judged, comparisons: readonly Comparison[]): string {
  const own = comparisons.filter((c) => c.row === judged.row && !c.quantity.ofBudget && c.measured < 1000);
  const named = own
    .map((c) => ({ name: c.quantity.name, off: c.range.value - c.measured }))
    .filter((c) => c.name !== 'needed for max_model_len' && c.name !== 'CUDA graph memory')
    .sort((a, b) => Math.abs(b.off) - Math.abs(a.off));
  const first = named[0];
  if (!first || Math.abs(first.off) < 0.05) {
    const { activation_peak_gib: activation, non_torch_gib: nonTorch } = judged.answer.per_gpu;
    const unexplained = [activation, nonTorch].map((part) => (part ?? 0).toFixed(2)).join(' + ');
    return `not printed (activation + non-torch ${unexplained} GiB here)`;
  }
  return `${first.name} ${first.off > 0 ? '+' : ''}${first.off.toFixed(2)} GiB`;
}

function worst(comparisons: readonly Comparison[], count: number): string {
  const limits: Readonly<Record<string, number>> = { 'weights per GPU': 0.04, 'activation peak': 0.2, 'CUDA graph memory': 0.8 };
  const score = (c: Comparison): number => Math.abs(c.error) / (limits[c.quantity.name] ?? 0.12);
  const byRow = groupBy(
    comparisons.filter((c) => c.quantity.name !== 'non-torch memory'),
    (c) => c.row.id,
  );
  const ranked = [...byRow.values()]
    .map((own) => own.reduce((a, b) => (score(b) > score(a) ? b : a)))
    .sort((a, b) => score(b) - score(a))
    .slice(0, count);
  return table([
    ['row', 'vLLM', 'GPU', 'quantity', 'measured', 'predicted', 'range', 'off'],
    ...ranked.map((c) => [
      c.row.id,
      c.row.vllm_version ?? '?',
      c.row.gpu_name ?? '?',
      c.quantity.name,
      c.measured.toFixed(2),
      c.range.value.toFixed(2),
      `${c.range.low.toFixed(2)} … ${c.range.high.toFixed(2)}`,
      worstComponent(c, comparisons),
    ]),
  ]);
}

function gpuClass(row: StartupRow): string {
  const name = row.gpu_name ?? `${row.total_gpu_memory_gib ?? row.gpu_memory_total_gib ?? '?'} GiB, unnamed`;
  return name.replace(/^NVIDIA (GeForce )?/, '').replace(/\s*\(.*$/, '');
}

function judge(row: StartupRow, models: CommandLineModels, withFreeText: boolean): Judged | string {
  const options = { gpu: null, version: null, set: {} };
  const answer = answerRow(JSON.stringify(estimateRow(row, withFreeText)), options, models);
  if ('error' in answer) return answer.error;
  return answer.outcome === null ? 'no outcome' : { row, answer };
}

/** The rows that got an answer; the others are named. */
function judgeAll(rows: readonly StartupRow[], models: CommandLineModels, withFreeText: boolean): readonly Judged[] {
  return rows.flatMap((row) => {
    const result = judge(row, models, withFreeText);
    if (typeof result !== 'string') return [result];
    console.log(`left out: ${row.id}: ${result}`);
    return [];
  });
}

function printSummary(judged: readonly Judged[]): readonly Comparison[] {
  const comparisons = judged.flatMap(compare);
  const right = judged.filter((j) => j.answer.outcome === j.row.outcome);
  console.log(summary(comparisons));
  console.log(`\noutcome right: ${right.length} of ${judged.length} (${percent(right.length / judged.length)})`);
  const judgedQuantities = comparisons.filter((c) => c.quantity.name !== 'needed for max_model_len');
  const width = quantile(
    judgedQuantities.map((c) => c.width),
    0.5,
  );
  console.log(
    `ranges contain ${percent(shareOf(judgedQuantities, (c) => c.inside))} of ${judgedQuantities.length}, median width ${percent(width)}`,
  );
  for (const { row, answer } of judged) {
    if (answer.outcome !== row.outcome) console.log(`  outcome of ${row.id}: ${row.outcome}, predicted ${answer.outcome}`);
  }
  return comparisons;
}

async function main(): Promise<void> {
  const file = process.argv[2] ?? (existsSync(SHARED_ROWS) ? SHARED_ROWS : OWN_ROWS);
  const rows = parseStartupRows(readFileSync(file, 'utf8'));
  const models = await CommandLineModels.open(undefined, process.cwd());
  console.log(`\n${file}: ${rows.length} rows\n\nfields only, without the arguments in free text`);
  printSummary(judgeAll(rows, models, false));
  console.log('\nall arguments');
  const judged = judgeAll(rows, models, true);
  const comparisons = printSummary(judged);
  console.log(`\n${breakdown('family', comparisons, judged, (r) => r.model_family)}`);
  console.log(`\n${breakdown('quantization', comparisons, judged, (r) => r.quantization ?? 'none')}`);
  console.log(`\n${breakdown('GPU', comparisons, judged, gpuClass)}`);
  console.log(`\n${breakdown('version', comparisons, judged, (r) => r.vllm_version?.split('.').slice(0, 2).join('.') ?? 'not stated')}`);
  console.log(`\n${breakdown('outcome', comparisons, judged, (r) => r.outcome)}`);
  console.log(`\nworst rows\n${worst(comparisons, 10)}`);
}

void main();
