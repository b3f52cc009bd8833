// npm run benchmark:accuracy -- startups [FILE]: simulated against recorded start-ups of vLLM. The row's GPU, version and arguments are the only input.
import { existsSync, readFileSync } from 'node:fs';
import type { Model } from '../src/estimator/architecture';
import type { Ranged } from '../src/estimator/ranged';
import { GIB } from '../src/estimator/units';
import { simulateStartup } from '../src/vllm/startup/simulate';
import type { StartupReport } from '../src/vllm/startup/report';
import { UNKNOWN_VERSION } from '../src/vllm/versions';
import { recordedModel } from './recordedModels';
import { argumentsOf, gpuOf, modelName, parseStartupRows, type StartupRow } from './startupRows';
import { groupBy, percent, quantile, shareOf, table, weightedQuantile } from './statistics';

const SHARED_ROWS = '../shared/measurements/vllm-startups.jsonl';
const OWN_ROWS = 'test/fixtures/measured/vllm-startups.jsonl';

/** A compared quantity: what was printed and what is predicted, in the same unit. */
interface Quantity {
  readonly name: string;
  /** Needs the budget, which a row without a stated or default utilization does not give. */
  readonly ofBudget: boolean;
  measured(row: StartupRow): number | null;
  predicted(report: StartupReport): Ranged | null;
}

const inGib = (range: Ranged | null): Ranged | null => range && { value: range.value / GIB, low: range.low / GIB, high: range.high / GIB };

const QUANTITIES: readonly Quantity[] = [
  { name: 'weights per GPU', ofBudget: false, measured: (r) => r.model_load_gib, predicted: (r) => inGib(r.perGpu.weights) },
  { name: 'activation peak', ofBudget: false, measured: (r) => r.activation_peak_gib, predicted: (r) => inGib(r.perGpu.activationPeak) },
  { name: 'non-torch memory', ofBudget: false, measured: (r) => r.non_torch_gib, predicted: (r) => inGib(r.perGpu.nonTorch) },
  {
    name: 'CUDA graph memory',
    ofBudget: false,
    // Some versions print differences of free memory, which can be negative: noise, not a size.
    measured: (r) => (r.graph_capture_gib !== null && r.graph_capture_gib > 0 ? r.graph_capture_gib : null),
    predicted: (r) => inGib(r.perGpu.cudaGraphs),
  },
  { name: 'available KV cache', ofBudget: true, measured: (r) => r.available_kv_gib, predicted: (r) => inGib(r.perGpu.kvCache) },
  { name: 'KV cache tokens', ofBudget: true, measured: (r) => r.kv_cache_tokens, predicted: (r) => r.kvCache.tokens },
  { name: 'maximum concurrency', ofBudget: true, measured: (r) => r.max_concurrency, predicted: (r) => r.kvCache.maxConcurrency },
  {
    name: 'needed for max_model_len',
    ofBudget: false,
    measured: (r) => r.failure_needed_kv_gib,
    predicted: (r) =>
      inGib(
        r.kvCache.neededForMaxModelLen === null
          ? null
          : { value: r.kvCache.neededForMaxModelLen, low: r.kvCache.neededForMaxModelLen, high: r.kvCache.neededForMaxModelLen },
      ),
  },
  {
    name: 'largest max_model_len',
    ofBudget: true,
    measured: (r) => r.failure_estimated_max_len,
    predicted: (r) => r.kvCache.maxModelLenThatFits,
  },
];

interface Judged {
  readonly row: StartupRow;
  readonly report: StartupReport;
}

interface Comparison extends Judged {
  readonly quantity: Quantity;
  readonly measured: number;
  readonly range: Ranged;
  /** Signed relative error. */
  readonly error: number;
  readonly inside: boolean;
  /** Width of the range relative to the measured value. */
  readonly width: number;
}

/** Rounding of the printed figure. */
const PRINTED_PRECISION = 0.006;

function compare({ row, report }: Judged): readonly Comparison[] {
  return QUANTITIES.flatMap((quantity): readonly Comparison[] => {
    const measured = quantity.measured(row);
    const range = quantity.predicted(report);
    if (measured === null || measured === 0 || range === null) return [];
    if (quantity.ofBudget && !statesUtilization(row)) return [];
    const inside = measured >= range.low - PRINTED_PRECISION && measured <= range.high + PRINTED_PRECISION;
    return [
      {
        row,
        report,
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
    const right = group.filter((j) => j.report.outcome === j.row.outcome).length;
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
    .filter((c) => c.name !== 'needed for max_model_len' && (c.name !== 'CUDA graph memory' || judged.report.perGpu.cudaGraphsInBudget))
    .sort((a, b) => Math.abs(b.off) - Math.abs(a.off));
  const first = named[0];
  if (!first || Math.abs(first.off) < 0.05) {
    const { activationPeak, nonTorch } = judged.report.perGpu;
    const unexplained = [activationPeak, nonTorch].map((part) => ((part?.value ?? 0) / GIB).toFixed(2)).join(' + ');
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

function judge(row: StartupRow): Judged | string {
  const name = modelName(row);
  if (name === null) return 'no model named';
  const model: Model | null = recordedModel(name);
  if (!model) return `no architecture known for ${name}`;
  const gpu = gpuOf(row);
  if (!gpu) return `no GPU known for ${row.gpu_name}`;
  return { row, report: simulateStartup({ model, gpu, args: argumentsOf(row), version: row.vllm_version ?? UNKNOWN_VERSION }) };
}

function main(): void {
  const file = process.argv[2] ?? (existsSync(SHARED_ROWS) ? SHARED_ROWS : OWN_ROWS);
  const rows = parseStartupRows(readFileSync(file, 'utf8'));
  const judged: Judged[] = [];
  for (const row of rows) {
    const result = judge(row);
    if (typeof result === 'string') console.log(`left out: ${row.id}: ${result}`);
    else judged.push(result);
  }
  const comparisons = judged.flatMap(compare);
  const right = judged.filter((j) => j.report.outcome === j.row.outcome);
  console.log(`\n${file}: ${rows.length} rows, ${judged.length} simulated\n`);
  console.log(summary(comparisons));
  console.log(`\noutcome right: ${right.length} of ${judged.length} (${percent(right.length / judged.length)})`);
  const judgedQuantities = comparisons.filter((c) => c.quantity.name !== 'needed for max_model_len');
  console.log(
    `ranges contain ${percent(shareOf(judgedQuantities, (c) => c.inside))}, median width ${percent(
      quantile(
        judgedQuantities.map((c) => c.width),
        0.5,
      ),
    )}`,
  );
  for (const j of judged) {
    if (j.report.outcome !== j.row.outcome)
      console.log(`  outcome of ${j.row.id}: ${j.row.outcome}, predicted ${j.report.outcome} (${j.report.certainty})`);
  }
  console.log(`\n${breakdown('family', comparisons, judged, (r) => r.model_family)}`);
  console.log(`\n${breakdown('quantization', comparisons, judged, (r) => r.quantization ?? 'none')}`);
  console.log(`\n${breakdown('GPU', comparisons, judged, gpuClass)}`);
  console.log(`\n${breakdown('version', comparisons, judged, (r) => r.vllm_version?.split('.').slice(0, 2).join('.') ?? 'not stated')}`);
  console.log(`\n${breakdown('outcome', comparisons, judged, (r) => r.outcome)}`);
  console.log(`\nworst rows\n${worst(comparisons, 10)}`);
}

main();
