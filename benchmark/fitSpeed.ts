import type { SpeedConstants } from '../src/estimator/speed/constants';
import { estimateOf, type SpeedCase } from './speedRows';

/** Error that counts as good, by quantity: TTFT is noisier than decode. */
const SCALE: Readonly<Record<string, number>> = {
  'single-stream decode': 0.1,
  'TPOT under load': 0.12,
  'TTFT and prefill': 0.3,
};

/**
 * How far, in logarithm, a constant may move at one standard deviation; bandwidth shares are known better than launch costs. Shares that
 * few rows would push beyond the whole are held.
 */
const PRIORS: readonly (readonly [RegExp, number])[] = [
  [/^memory\.hbm|(vllm_plugin|mlx).*prefillRate/, 0.003],
  [/^memory\.|transformers.*prefillRate|decodeRate$|^prefillFormat\.(fp4|int4|int8)/, 0.03],
  [/^vendor/, 0.15],
  [/^smGbS|Rate$|perRequestMs$|^format|^prefillFormat|^kv/, 0.25],
  [/./, 0.6],
];

function priorOf(path: readonly string[]): number {
  return PRIORS.find(([pattern]) => pattern.test(path.join('.')))?.[1] ?? 0.6;
}

/** Nested numbers. */
export type Tree = { readonly [name: string]: number | Tree };

export interface Leaf {
  readonly path: readonly string[];
  readonly value: number;
}

/** Leaves of a nested record of numbers, in order. */
export function leavesOf(tree: Tree, path: readonly string[] = []): readonly Leaf[] {
  return Object.entries(tree).flatMap(([name, node]) =>
    typeof node === 'number' ? [{ path: [...path, name], value: node }] : leavesOf(node, [...path, name]),
  );
}

function withLeaves(tree: Tree, values: readonly number[], next = { index: 0 }): Tree {
  return Object.fromEntries(
    Object.entries(tree).map(([name, node]) => [
      name,
      typeof node === 'number' ? (values[next.index++] ?? node) : withLeaves(node, values, next),
    ]),
  );
}

/**
 * What is squared, over the error that counts as good: the logarithm of the ratio, which treats twice and half alike; for first tokens the
 * relative error that is judged. Their waits are published over four decades, far from any estimate on either side, so that the two differ.
 */
function residual(c: SpeedCase, constants: SpeedConstants): number {
  const ratio = estimateOf(c, constants).value / c.row.value;
  return (c.row.metric === 'ttft_ms' ? ratio - 1 : Math.log(ratio)) / (SCALE[c.quantity] ?? 0.3);
}

/** Residual, in good errors, from which a row counts less and less: some published rows ran with a fault that no setting tells. */
const OUTLIER = 1;

/** Cauchy weight of a residual: rows far off move nothing. */
function softWeight(r: number): number {
  return 1 / (1 + (r / OUTLIER) ** 2);
}

function softCost(r: number): number {
  return OUTLIER ** 2 * Math.log(1 + (r / OUTLIER) ** 2);
}

/** Solves the symmetric positive definite system by Cholesky decomposition. */
function solve(matrix: readonly Float64Array[], right: Float64Array): Float64Array {
  const n = right.length;
  const lower = matrix.map((row) => Float64Array.from(row));
  const at = (i: number, j: number): number => lower[i]?.[j] ?? 0;
  const set = (i: number, j: number, value: number): void => {
    const row = lower[i];
    if (row) row[j] = value;
  };
  for (let j = 0; j < n; j++) {
    let diagonal = at(j, j);
    for (let k = 0; k < j; k++) diagonal -= at(j, k) ** 2;
    const pivot = Math.sqrt(Math.max(diagonal, 1e-12));
    set(j, j, pivot);
    for (let i = j + 1; i < n; i++) {
      let value = at(i, j);
      for (let k = 0; k < j; k++) value -= at(i, k) * at(j, k);
      set(i, j, value / pivot);
    }
  }
  const x = Float64Array.from(right);
  for (let i = 0; i < n; i++) {
    let value = x[i] ?? 0;
    for (let k = 0; k < i; k++) value -= at(i, k) * (x[k] ?? 0);
    x[i] = value / at(i, i);
  }
  for (let i = n - 1; i >= 0; i--) {
    let value = x[i] ?? 0;
    for (let k = i + 1; k < n; k++) value -= at(k, i) * (x[k] ?? 0);
    x[i] = value / at(i, i);
  }
  return x;
}

/** Which rows each constant moves: most belong to one engine, so that few rows need to be computed again for them. */
export type Influence = readonly (readonly number[])[];

const DERIVATIVE_STEP = 0.01;

/** Fits the constants of the speed model to cases. */
export class SpeedFit {
  private readonly tree: Tree;
  private readonly leaves: readonly Leaf[];
  private readonly priors: readonly number[];
  readonly influence: Influence;

  constructor(
    private readonly cases: readonly SpeedCase[],
    from: SpeedConstants,
  ) {
    this.tree = from as unknown as Tree;
    this.leaves = leavesOf(this.tree);
    this.priors = this.leaves.map((leaf) => priorOf(leaf.path));
    const start = this.startLogs();
    const base = this.cases.map((c) => residual(c, this.build(start)));
    this.influence = start.map((_, i) => {
      const constants = this.build(moved(start, i, 0.05));
      return this.cases.flatMap((c, row) => (Math.abs(residual(c, constants) - (base[row] ?? 0)) > 1e-9 ? [row] : []));
    });
  }

  /**
   * The constants that fit the chosen rows best, near the ones given: damped Gauss-Newton, outliers damped (Cauchy). A constant none of
   * them says anything about takes the middle of the same constant of the other engines, so that rows left out leave no trace.
   */
  fit(chosen: (c: SpeedCase) => boolean, rounds: number): SpeedConstants {
    const used = this.cases.map(chosen);
    const start = this.neutralStart(used);
    let logs: readonly number[] = start;
    let base = this.residuals(logs, used);
    let best = this.cost(base, logs, start);
    let damping = 1;
    for (let round = 0; round < rounds; round++) {
      const move = this.step(logs, base, start, used);
      for (let attempt = 0; attempt < 6; attempt++) {
        const shift = move(damping);
        const next = logs.map((log, i) => log + Math.max(-0.5, Math.min(0.5, shift[i] ?? 0)));
        const residuals = this.residuals(next, used);
        const value = this.cost(residuals, next, start);
        if (value < best) {
          [logs, base, best] = [next, residuals, value];
          damping = Math.max(damping / 5, 1e-3);
          break;
        }
        damping *= 5;
      }
    }
    return this.build(logs);
  }

  private startLogs(): readonly number[] {
    return this.leaves.map((leaf) => Math.log(Math.max(leaf.value, 1e-6)));
  }

  private neutralStart(used: readonly boolean[]): readonly number[] {
    const logs = this.startLogs();
    const informed = this.influence.map((rows) => rows.some((row) => used[row]));
    return logs.map((log, i) => {
      const leaf = this.leaves[i];
      if (leaf === undefined || leaf.path[0] !== 'engines' || informed[i] || (this.influence[i]?.length ?? 0) === 0) return log;
      const field = leaf.path[2];
      const others = logs.filter((_, j) => j !== i && this.leaves[j]?.path[0] === 'engines' && this.leaves[j]?.path[2] === field);
      return others.sort((a, b) => a - b)[Math.floor(others.length / 2)] ?? log;
    });
  }

  private build(logs: readonly number[]): SpeedConstants {
    return withLeaves(
      this.tree,
      logs.map((log) => Math.exp(log)),
    ) as unknown as SpeedConstants;
  }

  /** Residuals of the used rows; NaN for the others. */
  private residuals(logs: readonly number[], used: readonly boolean[]): Float64Array {
    const constants = this.build(logs);
    return Float64Array.from(this.cases, (c, row) => (used[row] ? residual(c, constants) : Number.NaN));
  }

  private cost(residuals: Float64Array, logs: readonly number[], start: readonly number[]): number {
    const data = residuals.reduce((sum, r) => sum + (Number.isNaN(r) ? 0 : softCost(r)), 0);
    return data + logs.reduce((sum, log, i) => sum + ((log - (start[i] ?? log)) / (this.priors[i] ?? 1)) ** 2, 0);
  }

  /** The Gauss-Newton move as a function of the damping. */
  private step(
    logs: readonly number[],
    base: Float64Array,
    start: readonly number[],
    used: readonly boolean[],
  ): (damping: number) => Float64Array {
    const n = logs.length;
    const columns = logs.map((_, i) => {
      const rows = (this.influence[i] ?? []).filter((row) => used[row]);
      const column = new Float64Array(base.length);
      if (rows.length === 0) return column;
      const constants = this.build(moved(logs, i, DERIVATIVE_STEP));
      for (const row of rows) {
        const c = this.cases[row];
        if (c) column[row] = (residual(c, constants) - (base[row] ?? 0)) / DERIVATIVE_STEP;
      }
      return column;
    });
    const weights = base.map((r) => (Number.isNaN(r) ? 0 : softWeight(r)));
    const normal = Array.from({ length: n }, () => new Float64Array(n));
    const gradient = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      const own = columns[i] ?? new Float64Array();
      const rows = (this.influence[i] ?? []).filter((row) => used[row]);
      const at = normal[i];
      for (let j = 0; j <= i && at; j++) {
        const other = columns[j] ?? new Float64Array();
        let sum = 0;
        for (const row of rows) sum += (weights[row] ?? 0) * (own[row] ?? 0) * (other[row] ?? 0);
        at[j] = sum;
        const mirrored = normal[j];
        if (mirrored) mirrored[i] = sum;
      }
      let sum = 0;
      for (const row of rows) sum += (weights[row] ?? 0) * (own[row] ?? 0) * (base[row] ?? 0);
      gradient[i] = -sum - ((logs[i] ?? 0) - (start[i] ?? 0)) / (this.priors[i] ?? 1) ** 2;
    }
    return (damping) => {
      const damped = normal.map((row, i) => {
        const copy = Float64Array.from(row);
        copy[i] = (copy[i] ?? 0) * (1 + 0.01 * damping) + 1 / (this.priors[i] ?? 1) ** 2 + damping;
        return copy;
      });
      return solve(damped, gradient);
    };
  }
}

function moved(logs: readonly number[], index: number, by: number): readonly number[] {
  return logs.map((log, i) => (i === index ? log + by : log));
}

/** Cases the constants are fitted to: judged quantities of single graded rows, power and throughput aside. */
export function fittedCases(cases: readonly SpeedCase[]): readonly SpeedCase[] {
  return cases.filter((c) => SCALE[c.quantity] !== undefined);
}
