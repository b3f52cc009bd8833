/** Constants as nested records of numbers. */
export type Constants = object;

/** The numbers of `constants` by dotted path. */
export function numbersOf(constants: Constants, prefix = ''): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const [key, value] of Object.entries(constants) as [string, unknown][]) {
    const path = prefix + key;
    if (typeof value === 'number') found.set(path, value);
    else if (typeof value === 'object' && value !== null)
      for (const [inner, number] of numbersOf(value, `${path}.`)) found.set(inner, number);
  }
  return found;
}

/** `constants` with other numbers at some paths. */
export function withNumbers<T extends Constants>(constants: T, numbers: ReadonlyMap<string, number>, prefix = ''): T {
  const changed = Object.entries(constants).map(([key, value]: [string, unknown]) => {
    const path = prefix + key;
    if (typeof value === 'number') return [key, numbers.get(path) ?? value] as const;
    return [key, typeof value === 'object' && value !== null ? withNumbers(value, numbers, `${path}.`) : value] as const;
  });
  return Object.fromEntries(changed) as T;
}

/** Errors beyond this factor count alike, so that a few rows that describe another run do not bend the fit. */
const LARGEST_LOG_ERROR = 0.7;
/** How strongly a constant is held at its start, per squared log. */
const HOLD = 0.004;
const ROUNDS = 5;

/**
 * Fits constants by coordinate descent on the mean absolute log error, each held near where it starts.
 *
 * @param errors log of estimated over measured for every row, and the row's weight.
 */
export function fitConstants<T extends Constants>(
  start: T,
  paths: readonly string[],
  errors: (constants: T) => readonly { readonly error: number; readonly weight: number }[],
): T {
  const origin = numbersOf(start);
  const numbers = new Map(origin);
  const loss = (): number => {
    const rows = errors(withNumbers(start, numbers));
    const total = rows.reduce((sum, row) => sum + row.weight, 0);
    const sum = rows.reduce((all, row) => all + row.weight * Math.min(LARGEST_LOG_ERROR, Math.abs(row.error)), 0);
    const held = paths.reduce((all, path) => all + Math.log((numbers.get(path) ?? 1) / (origin.get(path) ?? 1)) ** 2, 0);
    return sum / Math.max(total, 1e-9) + HOLD * held;
  };
  let best = loss();
  let step = 0.3;
  for (let round = 0; round < ROUNDS; round++) {
    for (const path of paths) {
      for (const factor of [1 + step, 1 / (1 + step)]) {
        const before = numbers.get(path) ?? 1;
        numbers.set(path, before * factor);
        const now = loss();
        if (now < best) best = now;
        else numbers.set(path, before);
      }
    }
    step *= 0.65;
  }
  return withNumbers(start, numbers);
}
