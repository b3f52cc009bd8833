import type { SpeedConstants } from '../src/estimator/speed/constants';
import { estimateOf, type SpeedCase } from './speedRows';

/** Error that counts as good, by quantity: TTFT is noisier than decode. */
const SCALE: Readonly<Record<string, number>> = {
  'single-stream decode': 0.1,
  'TPOT under load': 0.12,
  'TTFT and prefill': 0.3,
};
/** How far, in logarithm, a constant may move at one standard deviation; bandwidth shares are known better than launch costs. */
const PRIORS: readonly (readonly [RegExp, number])[] = [
  [/^memory\.|transformers.*prefillRate|decodeRate$|^prefillFormat\.fp4/, 0.03],
  [/^vendor/, 0.15],
  [/^smGbS|^routing|Rate$|^format|^prefillFormat|^kv/, 0.25],
  [/./, 0.6],
];

function priorOf(path: readonly string[]): number {
  return PRIORS.find(([pattern]) => pattern.test(path.join('.')))?.[1] ?? 0.6;
}

/** Nested numbers. */
export type Tree = { readonly [name: string]: number | Tree };

/** Leaves of a nested record of numbers, in order. */
export function leavesOf(
  tree: Tree,
  path: readonly string[] = [],
): readonly { readonly path: readonly string[]; readonly value: number }[] {
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
 * What is squared: the logarithm of the ratio, which treats twice and half alike; for the first token, whose waits under load are
 * published over four decades, the relative error that is judged.
 */
function residuals(cases: readonly SpeedCase[], constants: SpeedConstants): readonly number[] {
  return cases.map((c) => {
    const ratio = estimateOf(c, constants).value / c.row.value;
    const error = c.row.metric === 'ttft_ms' ? ratio - 1 : Math.log(ratio);
    return error / (SCALE[c.quantity] ?? 0.3);
  });
}

/** Solves the symmetric positive definite system by Cholesky decomposition. */
function solve(matrix: readonly Float64Array[], right: Float64Array): Float64Array {
  const n = right.length;
  const lower = matrix.map((row) => Float64Array.from(row));
  const at = (rows: readonly Float64Array[], i: number, j: number): number => rows[i]?.[j] ?? 0;
  const set = (rows: readonly Float64Array[], i: number, j: number, value: number): void => {
    const row = rows[i];
    if (row) row[j] = value;
  };
  for (let j = 0; j < n; j++) {
    let diagonal = at(lower, j, j);
    for (let k = 0; k < j; k++) diagonal -= at(lower, j, k) ** 2;
    const pivot = Math.sqrt(Math.max(diagonal, 1e-12));
    set(lower, j, j, pivot);
    for (let i = j + 1; i < n; i++) {
      let value = at(lower, i, j);
      for (let k = 0; k < j; k++) value -= at(lower, i, k) * at(lower, j, k);
      set(lower, i, j, value / pivot);
    }
  }
  const x = Float64Array.from(right);
  for (let i = 0; i < n; i++) {
    let value = x[i] ?? 0;
    for (let k = 0; k < i; k++) value -= at(lower, i, k) * (x[k] ?? 0);
    x[i] = value / at(lower, i, i);
  }
  for (let i = n - 1; i >= 0; i--) {
    let value = x[i] ?? 0;
    for (let k = i + 1; k < n; k++) value -= at(lower, k, i) * (x[k] ?? 0);
    x[i] = value / at(lower, i, i);
  }
  return x;
}

/** Residual, in good errors, from which a row counts less and less: some published rows ran with a fault that no setting tells. */
const OUTLIER = 2;

/** Cauchy weight of a residual: rows far off move nothing. */
function softWeight(residual: number): number {
  return 1 / (1 + (residual / OUTLIER) ** 2);
}

function cost(
  cases: readonly SpeedCase[],
  constants: SpeedConstants,
  logs: readonly number[],
  start: readonly number[],
  priors: readonly number[],
): number {
  const data = residuals(cases, constants).reduce((sum, r) => sum + OUTLIER ** 2 * Math.log(1 + (r / OUTLIER) ** 2), 0);
  return data + logs.reduce((sum, log, i) => sum + ((log - (start[i] ?? log)) / (priors[i] ?? 1)) ** 2, 0);
}

/**
 * The constants that fit the cases best, near the ones given: damped Gauss-Newton on the relative errors, outliers damped
 * (Cauchy).
 */
export function fitConstants(cases: readonly SpeedCase[], from: SpeedConstants, rounds: number): SpeedConstants {
  const tree = from as unknown as Tree;
  const start = leavesOf(tree).map((leaf) => Math.log(Math.max(leaf.value, 1e-6)));
  const priors = leavesOf(tree).map((leaf) => priorOf(leaf.path));
  const build = (logs: readonly number[]): SpeedConstants => withLeaves(tree, logs.map(Math.exp)) as unknown as SpeedConstants;
  let logs: readonly number[] = start;
  let best = cost(cases, build(logs), logs, start, priors);
  let damping = 1;
  for (let round = 0; round < rounds; round++) {
    const base = residuals(cases, build(logs));
    const step = 0.01;
    const columns = logs.map((log, i) => {
      const moved = residuals(cases, build(logs.map((other, j) => (j === i ? log + step : other))));
      return moved.map((r, row) => (r - (base[row] ?? 0)) / step);
    });
    const n = logs.length;
    const active = columns.map((column) => column.some((value) => value !== 0));
    const normal = Array.from({ length: n }, () => new Float64Array(n));
    const gradient = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        if (!active[i] || !active[j]) continue;
        let sum = 0;
        for (let row = 0; row < base.length; row++) sum += softWeight(base[row] ?? 0) * (columns[i]?.[row] ?? 0) * (columns[j]?.[row] ?? 0);
        const rowI = normal[i];
        const rowJ = normal[j];
        if (rowI) rowI[j] = sum;
        if (rowJ) rowJ[i] = sum;
      }
      let sum = 0;
      for (let row = 0; row < base.length; row++) sum += softWeight(base[row] ?? 0) * (columns[i]?.[row] ?? 0) * (base[row] ?? 0);
      gradient[i] = -sum - ((logs[i] ?? 0) - (start[i] ?? 0)) / (priors[i] ?? 1) ** 2;
    }
    for (let attempt = 0; attempt < 6; attempt++) {
      const damped = normal.map((row, i) => {
        const copy = Float64Array.from(row);
        copy[i] = (copy[i] ?? 0) * (1 + 0.01 * damping) + 1 / (priors[i] ?? 1) ** 2 + damping;
        return copy;
      });
      const move = solve(damped, gradient);
      const next = logs.map((log, i) => log + Math.max(-0.5, Math.min(0.5, move[i] ?? 0)));
      const value = cost(cases, build(next), next, start, priors);
      if (value < best) {
        logs = next;
        best = value;
        damping = Math.max(damping / 5, 1e-3);
        break;
      }
      damping *= 5;
    }
  }
  return build(logs);
}

/** Cases the constants are fitted to: judged quantities of single graded rows, power and throughput aside. */
export function fittedCases(cases: readonly SpeedCase[]): readonly SpeedCase[] {
  return cases.filter((c) => SCALE[c.quantity] !== undefined);
}
