import * as fc from 'fast-check';

/**
 * Random inputs of `npm test` are the same in every run, so that a failure is about the change that caused it. `npm run fuzz` sets both
 * variables, to look for what these inputs miss.
 */
const SEED = Number(process.env['PROPERTY_SEED'] ?? 1);
const TIMES = Number(process.env['PROPERTY_TIMES'] ?? 1);

/** Further inputs tried after one that fails, to find a smaller one. */
const SHRINKING = 500;

/** fast-check's own default. */
const USUAL_RUNS = 100;

/** Longest counterexample and longest error shown, in characters. */
const LONGEST = 2000;

/**
 * Checks that `predicate` throws for no input.
 *
 * @param runs inputs tried in `npm test`; `npm run fuzz` tries a multiple.
 * @throws with the smallest failing input found, and the seed that gives it again.
 */
export function forAll<T extends readonly unknown[]>(
  arbitraries: { readonly [K in keyof T]: fc.Arbitrary<T[K]> },
  predicate: (...input: T) => void,
  runs = USUAL_RUNS,
): void {
  let shrunk = 0;
  let failed = false;
  const property = fc.property(fc.tuple(...arbitraries), (input) => {
    // What is left untried counts as good, which ends the search.
    if (failed && ++shrunk > SHRINKING) return;
    try {
      predicate(...(input as unknown as T));
    } catch (error) {
      failed = true;
      throw error;
    }
  });
  const { counterexample, errorInstance, failed: found, seed } = fc.check(property, { seed: SEED, numRuns: runs * TIMES });
  if (!found) return;
  const why = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  const input = counterexample?.[0] ?? [];
  throw new Error(
    `${cut(why)}\n  for ${input.map((part) => cut(fc.stringify(part))).join('\n  and ')}\n  (PROPERTY_SEED=${seed} PROPERTY_TIMES=${TIMES})`,
    {
      cause: errorInstance,
    },
  );
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
