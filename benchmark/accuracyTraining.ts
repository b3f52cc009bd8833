// Estimated against measured fine-tuning, each row asked of the calculator as its source writes it.
//   accuracyTraining [ROWS.jsonl] [--bare] [--leave-out]: --bare leaves out what people rarely state; --leave-out refits without each source, then without each fifth of the runs, in turn.
import { GIB } from '../src/estimator/units';
import { TRAINING_CONSTANTS } from '../src/estimator/training/constants';
import type { TrainingConstants } from '../src/estimator/training/constants';
import { hasUnknownLengths } from '../src/estimator/training/activations';
import { trainingMemory } from '../src/estimator/training/memory';
import { peakRate } from '../src/estimator/training/rates';
import { stepTime } from '../src/estimator/training/time';
import { TIME_CONSTANTS } from '../src/estimator/training/timeConstants';
import type { TimeConstants } from '../src/estimator/training/timeConstants';
import { fitConstants, numbersOf } from './fitting';
import { groupBy, hashOf, percent, quantile, shareOf, table } from './statistics';
import { defaultTrainingRows, readTrainingRows, stepTokens, trainingCase } from './trainingCases';
import type { TrainingCase } from './trainingCases';
import { isSharded, judgesMemory, judgesSpeed, measuredSpeed } from './trainingRows';
import type { TrainingRow } from './trainingRows';

/** One estimate beside its measurement. */
interface Judged {
  readonly testCase: TrainingCase;
  readonly measured: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Errors of the simple rules people use, by name. */
  readonly rules: Readonly<Record<string, number>>;
}

/** A quantity of the goals: which rows judge it, and the median and 90th percentile asked for. */
interface Goal {
  readonly name: string;
  readonly median: number;
  readonly p90: number;
  readonly judged: readonly Judged[];
}

/** GPUs that the memory a row states is of. */
function memoryGpus({ row, plan }: TrainingCase): number {
  return /total|sum/.test(row.memory_scope ?? '') ? plan.parallel.gpus : 1;
}

/** Memory and range as the calculator answers, and the simple rules. */
function judgeMemory(testCase: TrainingCase): Judged {
  const { row, plan, response } = testCase;
  const gpus = memoryGpus(testCase);
  const measured = row.peak_memory_gib ?? Number.NaN;
  const spread = plan.parallel.zeroStage >= 3 ? plan.parallel.shards : plan.parallel.tensor * plan.parallel.pipeline;
  const weights = (plan.shape.parameters * (plan.base.quantized ? plan.base.linear : 2)) / spread;
  const [low, high] = response.range['vram_usage'] ?? [Number.NaN, Number.NaN];
  return {
    testCase,
    measured,
    value: response.vram_usage * gpus,
    low: low * gpus,
    high: high * gpus,
    rules: {
      'weights × 1.2': Math.abs((weights * 1.2) / GIB / measured - 1),
      '16 bytes per parameter': Math.abs((plan.shape.parameters * 16) / spread / GIB / measured - 1),
    },
  };
}

/** Memory with other constants; its range is that of the calculator's, in proportion. */
function refitMemory(testCase: TrainingCase, constants: TrainingConstants): Judged {
  const judged = judgeMemory(testCase);
  const memory = trainingMemory(testCase.plan, testCase.gpu.totalMemoryGib * GIB, constants);
  return moved(judged, (memory.peak.total / GIB) * memoryGpus(testCase));
}

/** The one utilisation people assume for every card. */
const USUAL_MFU = 0.4;

/** Speed and range as the calculator answers, and the simple rule; null for a card of unknown speed. */
function judgeSpeed(testCase: TrainingCase): Judged | null {
  const { row, plan, gpu, response } = testCase;
  const peak = peakRate(gpu, plan.request.compute_dtype);
  const range = response.range['training_tps'];
  if (response.training_tps === null || range === undefined || peak === null) return null;
  const measured = measuredSpeed(row);
  const sixPerParameter = (USUAL_MFU * peak * plan.parallel.gpus) / (6 * plan.shape.activeParameters);
  return {
    testCase,
    measured,
    value: response.training_tps,
    low: range[0],
    high: range[1],
    rules: { '6 FLOPs per parameter at 40 %': Math.abs(sixPerParameter / measured - 1) },
  };
}

/** Speed with other constants. */
function refitSpeed(testCase: TrainingCase, constants: TimeConstants): Judged | null {
  const judged = judgeSpeed(testCase);
  const time = stepTime(testCase.plan, testCase.gpu, constants);
  return judged === null || time === null ? null : moved(judged, stepTokens(testCase.plan) / time.total);
}

/** The same row with another estimate, whose range keeps its distance in proportion. */
function moved(judged: Judged, value: number): Judged {
  return { ...judged, value, low: (judged.low / judged.value) * value, high: (judged.high / judged.value) * value };
}

const errorOf = (judged: Judged): number => Math.abs(judged.value / judged.measured - 1);
const insideOf = (judged: Judged): boolean => judged.measured >= judged.low && judged.measured <= judged.high;
const widthOf = (judged: Judged): number => (judged.high - judged.low) / 2 / judged.value;

function errorCells(judged: readonly Judged[]): readonly string[] {
  const errors = judged.map(errorOf);
  return [String(judged.length), percent(quantile(errors, 0.5)), percent(quantile(errors, 0.9)), percent(shareOf(judged, insideOf), 0)];
}

function summary(goals: readonly Goal[]): string {
  const rows = goals.map((goal) => [
    goal.name,
    ...errorCells(goal.judged),
    percent(quantile(goal.judged.map(widthOf), 0.5), 0),
    `${percent(goal.median, 0)} / ${percent(goal.p90, 0)}`,
    Object.keys(goal.judged[0]?.rules ?? {})
      .map((rule) => {
        const errors = goal.judged.map((judged) => judged.rules[rule] ?? Number.NaN);
        return `${rule}: ${percent(quantile(errors, 0.5), 0)} / ${percent(quantile(errors, 0.9), 0)}`;
      })
      .join('; '),
  ]);
  return table([['quantity', 'n', 'median', 'p90', 'in range', 'half-width', 'goal', 'simple rules'], ...rows]);
}

function breakdown(title: string, goal: Goal, key: (row: TrainingRow, testCase: TrainingCase) => string): string {
  const groups = [...groupBy(goal.judged, (judged) => key(judged.testCase.row, judged.testCase))].sort((a, b) => b[1].length - a[1].length);
  const rows = groups.map(([name, judged]) => {
    const bias = quantile(
      judged.map((j) => j.value / j.measured - 1),
      0.5,
    );
    return [name, ...errorCells(judged), percent(bias, 0)];
  });
  return table([[`${goal.name} by ${title}`, 'n', 'median', 'p90', 'in range', 'bias'], ...rows]);
}

function worst(goal: Goal, count: number): string {
  const sorted = [...goal.judged].sort((a, b) => Math.abs(Math.log(b.value / b.measured)) - Math.abs(Math.log(a.value / a.measured)));
  const rows = sorted
    .slice(0, count)
    .map(({ testCase: { row, plan }, measured, value, low, high }) => [
      row.id,
      `${row.model} ${row.method}`,
      `${row.gpus}×${row.gpu_norm ?? '?'} ${row.zero_stage ?? row.parallelism ?? ''}`,
      `${plan.microBatch}×${plan.request.seq_length}`,
      measured.toPrecision(3),
      `${value.toPrecision(3)} (${low.toPrecision(3)}-${high.toPrecision(3)})`,
    ]);
  return table([['row', 'model, method', 'GPUs', 'batch × tokens', 'measured', 'estimated'], ...rows]);
}

/** Constants that are fitted: all but the widths of the ranges. */
function fittedPaths(constants: object): readonly string[] {
  return [...numbersOf(constants).keys()].filter((path) => !path.startsWith('spread'));
}

const FOLDS = 5;
/** Ways to divide the runs: which of them are left out together moves the 90th percentile by a few points. */
const DIVISIONS = 5;

/** One of five folds for a run and those that differ from it in little: the same model, method, micro batch, length and checkpointing. */
function foldOfRun({ row }: TrainingCase, division: number): string {
  const run = [division, row.source, row.model, row.method_class, row.micro_batch_size, row.seq_length, row.gradient_checkpointing].join(
    '|',
  );
  return String(hashOf(run) % FOLDS);
}

/** Every row estimated with constants fitted on the other groups. */
function leaveOut<C extends object>(
  cases: readonly TrainingCase[],
  start: C,
  judge: (testCase: TrainingCase, constants: C) => Judged | null,
  groupOf: (testCase: TrainingCase) => string,
): readonly Judged[] {
  const sources = groupBy(cases, (testCase) => testCase.row.source);
  const judged = (group: readonly TrainingCase[], constants: C): readonly Judged[] =>
    group.map((testCase) => judge(testCase, constants)).filter((j) => j !== null);
  return [...groupBy(cases, groupOf)].flatMap(([group, own]) => {
    const others = cases.filter((testCase) => groupOf(testCase) !== group);
    const constants = fitConstants(start, fittedPaths(start), (candidate) =>
      judged(others, candidate).map((j) => ({
        error: Math.log(j.value / j.measured),
        weight: 1 / Math.sqrt(sources.get(j.testCase.row.source)?.length ?? 1),
      })),
    );
    return judged(own, constants);
  });
}

function memoryGoals(judged: readonly Judged[], suffix = ''): readonly Goal[] {
  const single = judged.filter((j) => j.testCase.plan.parallel.gpus === 1);
  const sharded = judged.filter((j) => isSharded(j.testCase.row));
  return [
    { name: `peak memory, one GPU${suffix}`, median: 0.1, p90: 0.3, judged: single },
    { name: `peak memory, sharded${suffix}`, median: 0.12, p90: 0.35, judged: sharded },
  ];
}

function speedGoal(judged: readonly Judged[], suffix = ''): Goal {
  return { name: `training tokens/s${suffix}`, median: 0.2, p90: 0.5, judged };
}

function casesOf(rows: readonly TrainingRow[]): readonly TrainingCase[] {
  return rows.flatMap((row) => {
    const testCase = trainingCase(row, process.argv.includes('--bare') ? 'bare' : 'stated');
    if (typeof testCase !== 'string') return [testCase];
    console.log(`left out: ${row.id}: ${testCase}`);
    return [];
  });
}

function main(): void {
  const file = process.argv.slice(2).find((argument) => !argument.startsWith('--')) ?? defaultTrainingRows();
  const rows = readTrainingRows(file);
  const memoryCases = casesOf(rows.filter(judgesMemory)).filter(({ plan, row }) => plan.parallel.gpus === 1 || isSharded(row));
  const speedCases = casesOf(rows.filter(judgesSpeed));
  const memory = memoryCases.map(judgeMemory);
  const speed = speedCases.map(judgeSpeed).filter((j) => j !== null);
  const goals = [...memoryGoals(memory), speedGoal(speed)];
  console.log(`\n${file}: ${rows.length} rows\n\n${summary(goals)}`);
  if (process.argv.includes('--leave-out')) {
    const divisions = Array.from({ length: DIVISIONS }, (_, division) => (testCase: TrainingCase) => foldOfRun(testCase, division));
    const ways = [
      ["fitted without the row's own source", [({ row }: TrainingCase) => row.source]],
      [`fitted without the row's own fifth of the runs, all rows once for each of ${DIVISIONS} ways to divide the runs`, divisions],
    ] as const;
    for (const [title, groupings] of ways) {
      const leftMemory = groupings.flatMap((groupOf) => leaveOut(memoryCases, TRAINING_CONSTANTS, refitMemory, groupOf));
      const leftSpeed = groupings.flatMap((groupOf) => leaveOut(speedCases, TIME_CONSTANTS, refitSpeed, groupOf));
      const left = [...memoryGoals(leftMemory), speedGoal(leftSpeed)];
      console.log(`\n${title}\n\n${summary(left)}`);
      for (const goal of left.filter(({ name }) => name.startsWith('peak')))
        console.log(`\n${breakdown('sample lengths', goal, lengthsKnown)}`);
    }
  }
  for (const goal of goals) {
    console.log(`\n${breakdown('source', goal, (row) => row.source)}`);
    console.log(`\n${breakdown('method', goal, (row) => row.method_class)}`);
    if (goal.name.startsWith('peak')) {
      console.log(`\n${breakdown('memory kind', goal, memoryKind)}`);
      console.log(`\n${breakdown('sample lengths', goal, lengthsKnown)}`);
    }
    console.log(`\n${breakdown('GPU class', goal, (row) => row.gpu_norm ?? 'not named')}`);
    console.log(`\nworst rows of ${goal.name}\n\n${worst(goal, 10)}`);
  }
}

function lengthsKnown(_: TrainingRow, { plan }: TrainingCase): string {
  return hasUnknownLengths(plan.request) ? 'not stated' : 'stated or packed';
}

function memoryKind(row: TrainingRow): string {
  const kind = row.memory_kind ?? 'not stated';
  if (/allocated|active/.test(kind)) return 'allocated';
  if (/reserved/.test(kind)) return 'reserved';
  return /NVML|nvidia-smi/.test(kind) ? 'nvidia-smi' : 'not stated or rounded';
}

main();
