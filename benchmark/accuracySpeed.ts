// Estimated against measured inference speed: every row as a request of the public contract, answered as `inference` answers it.
// Usage: accuracySpeed [ROWS.jsonl] [--leave-out]; the latter refits without each source, then without each fifth of the sweeps, in turn.
import { readFileSync } from 'node:fs';
import { bytesPerMs } from '../src/estimator/speed/hardwareRates';
import { SPEED_CONSTANTS, type SpeedConstants } from '../src/estimator/speed/constants';
import { Catalogue } from '../src/models/catalogue';
import { fittedCases, SpeedFit } from './fitSpeed';
import {
  askSpeed,
  defaultSpeedRows,
  estimateOf,
  readSpeedRows,
  VARIANTS,
  type RefusedRow,
  type SpeedCase,
  type SpeedRow,
} from './speedRows';
import { groupBy, hashOf, percent, quantile, shareOf, table } from './statistics';

/** What the table of goals asks for: median and 90th percentile of the absolute error. */
const GOALS: Readonly<Record<string, readonly [number, number]>> = {
  'single-stream decode': [0.12, 0.35],
  'TPOT under load': [0.15, 0.45],
  'TTFT and prefill': [0.2, 0.6],
  power: [0.2, 0.5],
};

interface Judged {
  readonly testCase: SpeedCase;
  readonly estimate: number;
  readonly error: number;
  readonly inRange: boolean;
  /** Error of bandwidth or peak rate times one efficiency. */
  readonly rooflineError: number;
}

function judge(testCase: SpeedCase, constants: SpeedConstants): Judged {
  const { value } = testCase.row;
  const range = estimateOf(testCase, constants);
  return {
    testCase,
    estimate: range.value,
    error: Math.abs(range.value / value - 1),
    inRange: value >= range.low && value <= range.high,
    rooflineError: Math.abs(roofline(testCase) / value - 1),
  };
}

/** The one efficiency people use for everything. */
const ROOFLINE_EFFICIENCY = 0.7;
const ROOFLINE_PREFILL_EFFICIENCY = 0.5;

/** Weights over bandwidth, or FLOPs over peak, with one efficiency: the rule of thumb to beat. */
function roofline({ input, row }: SpeedCase): number {
  const { work, setup, load } = input;
  const { gpu } = setup;
  const active = work.denseBytes + (work.experts === 0 ? 0 : (work.expertBytes * work.expertsPerToken) / work.experts);
  const tokenMs = active / bytesPerMs(gpu) / setup.tensorParallel / ROOFLINE_EFFICIENCY;
  const rate = (gpu.tflops.bf16 ?? gpu.tflops.fp16 ?? gpu.tflops.fp32 ?? 1) * 1e12 * setup.tensorParallel * ROOFLINE_PREFILL_EFFICIENCY;
  const prefillMs = ((2 * work.activeParameters * load.promptTokens) / rate) * 1e3;
  switch (row.metric) {
    case 'tpot_ms':
      return tokenMs;
    case 'ttft_ms':
      return prefillMs;
    case 'prefill_tps':
      return (load.promptTokens * 1e3) / prefillMs;
    case 'power_w':
      return (gpu.tdpW ?? 0) * (row.gpu_count ?? 1);
    case 'decode_tps_total':
      return (load.concurrency * 1e3) / tokenMs;
    default:
      return 1e3 / tokenMs;
  }
}

const FIGURES = ['rows', 'median', 'p90', 'in range', 'roofline median', 'p90'];

const header = (first: string): readonly string[] => [first, ...FIGURES];

function line(name: string, judged: readonly Judged[]): readonly string[] {
  const errors = judged.map((j) => j.error);
  const simple = judged.map((j) => j.rooflineError);
  return [
    name,
    String(judged.length),
    percent(quantile(errors, 0.5)),
    percent(quantile(errors, 0.9)),
    percent(shareOf(judged, (j) => j.inRange)),
    percent(quantile(simple, 0.5)),
    percent(quantile(simple, 0.9)),
  ];
}

const SPLITS: readonly (readonly [string, (j: Judged) => string])[] = [
  ['source', (j) => j.testCase.row.source],
  ['engine', (j) => j.testCase.row.engine_norm],
  ['GPU', (j) => j.testCase.input.setup.gpu.key],
  ['quantization', (j) => j.testCase.row.weight_format ?? 'unstated'],
];

function worst(judged: readonly Judged[], n: number): string {
  const rows = [...judged]
    .sort((a, b) => Math.abs(Math.log(b.estimate / b.testCase.row.value)) - Math.abs(Math.log(a.estimate / a.testCase.row.value)))
    .slice(0, n)
    .map(({ testCase: { row, input }, estimate }) => [
      String(row.value),
      estimate.toPrecision(4),
      row.metric,
      row.source,
      `${row.engine_norm} ${row.engine_version ?? ''}`,
      `${row.model} ${row.quantization ?? ''}`,
      `${row.gpu_count ?? 1} x ${input.setup.gpu.key} tp ${row.tp ?? '-'}`,
      `${row.input_len ?? '-'} + ${row.output_len ?? '-'} x ${row.concurrency ?? '-'}`,
    ]);
  return table([['measured', 'estimated', 'metric', 'source', 'engine', 'model', 'GPUs', 'tokens x requests'], ...rows]);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function printQuantity(name: string, judged: readonly Judged[]): void {
  print(`\n## ${name}\n`);
  for (const [split, key] of SPLITS) {
    const groups = [...groupBy(judged, key)].sort((a, b) => b[1].length - a[1].length);
    print(table([header(split), ...groups.map(([value, group]) => line(value, group))]));
    print('');
  }
  print(worst(judged, 10));
}

/** How the answers change with what a caller leaves out or says otherwise. */
function printVariants(rows: readonly SpeedRow[], catalogue: Catalogue): void {
  const lines = Object.entries(VARIANTS).flatMap(([name, variant]) => {
    const byQuantity = groupBy(
      askSpeed(rows, catalogue, variant).cases.map((c) => judge(c, SPEED_CONSTANTS)),
      (j) => j.testCase.quantity,
    );
    return [...byQuantity].map(([quantity, judged]) => [name, ...line(quantity, judged).slice(0, 5)]);
  });
  print('\nThe same rows asked in other ways:\n');
  print(table([['request', ...header('quantity').slice(0, 5)], ...lines]));
}

function printRefused(refused: readonly RefusedRow[]): void {
  print(`\n${refused.length} rows are refused${refused.length === 0 ? '.' : ':'}`);
  for (const [why, rows] of groupBy(refused, (r) => r.problems.join('; '))) print(`- ${rows.length} x ${why}`);
}

/** Errors of rows whose group took no part in the fit. */
function leaveGroupsOut(fit: SpeedFit, cases: readonly SpeedCase[], groupOf: (c: SpeedCase) => string): readonly Judged[] {
  return [...groupBy(cases, groupOf)].flatMap(([group, own]) => {
    const constants = fit.fit((c) => groupOf(c) !== group, LEAVE_OUT_ROUNDS);
    return own.map((c) => judge(c, constants));
  });
}

const LEAVE_OUT_ROUNDS = 3;
const SWEEP_FOLDS = 5;
/** Ways to divide the sweeps: which of them are left out together moves the 90th percentile by a few points. */
const SWEEP_DIVISIONS = 5;

/** One of five folds for a whole sweep: a model on a card under an engine in a format, every length and load of it. */
function foldOfSweep({ row, input }: SpeedCase, division: number): string {
  const sweep = [division, row.model, input.setup.gpu.key, input.setup.tensorParallel, row.quantization, row.engine_norm].join('|');
  return String(hashOf(sweep) % SWEEP_FOLDS);
}

function printLeftOut(cases: readonly SpeedCase[]): void {
  const fit = new SpeedFit(fittedCases(cases), SPEED_CONSTANTS);
  const divisions = Array.from({ length: SWEEP_DIVISIONS }, (_, division) => leaveGroupsOut(fit, cases, (c) => foldOfSweep(c, division)));
  const ways: readonly (readonly [string, readonly Judged[]])[] = [
    ['Each source with the constants fitted to all other sources', leaveGroupsOut(fit, cases, (c) => c.row.source)],
    [
      `Each fifth of the sweeps with the constants fitted to the others, all rows once for each of ${SWEEP_DIVISIONS} ways to divide the sweeps`,
      divisions.flat(),
    ],
  ];
  for (const [title, judged] of ways) {
    print(`\n${title}:\n`);
    print(table([header('quantity'), ...[...groupBy(judged, (j) => j.testCase.quantity)].map(([name, group]) => line(name, group))]));
  }
}

function main(args: readonly string[]): void {
  const path = args.find((arg) => arg.endsWith('.jsonl')) ?? defaultSpeedRows();
  const rows = readSpeedRows(path);
  const catalogue = Catalogue.parse(readFileSync('data/models.json', 'utf8'));
  const { cases, refused } = askSpeed(rows, catalogue);
  const judged = cases.map((c) => judge(c, SPEED_CONSTANTS));
  const byQuantity = groupBy(judged, (j) => j.testCase.quantity);
  print(`# Inference speed, ${cases.length} rows of ${path}\n`);
  const goal = (name: string): string => (GOALS[name] ? ` (goal ${percent(GOALS[name][0], 0)} / ${percent(GOALS[name][1], 0)})` : '');
  print(table([header('quantity'), ...[...byQuantity].map(([name, group]) => line(name + goal(name), group))]));
  printRefused(refused);
  printVariants(rows, catalogue);
  if (args.includes('--leave-out')) printLeftOut(cases);
  for (const [name, group] of byQuantity) printQuantity(name, group);
}

main(process.argv.slice(2));
