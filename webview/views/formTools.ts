import type { InferenceForm } from '../../src/analysis/scenario';
import type { Planner } from '../planner';
import type { Serving } from '../serving';

/** The fields in which `form` differs from `from`. */
export function departures<F extends object>(from: F, form: F): Partial<F> {
  return Object.fromEntries(Object.entries(form).filter(([name, value]) => from[name as keyof F] !== value)) as Partial<F>;
}

/** Puts changes into the serving form; what then equals the file is not remembered. */
export function changeInference(planner: Planner, { form, fileForm }: Serving, changes: Partial<InferenceForm>): void {
  planner.change({ inference: departures(fileForm, { ...form, ...changes }) });
}

/** Points of a curve: enough for a straight-looking line, few enough to stay within a frame. */
const CURVE_POINTS = 25;

/** Whole numbers in equal ratios from `low` to `high`. */
export function geometric(low: number, high: number): number[] {
  const ratio = Math.max(high, low * 2) / low;
  return [...new Set(Array.from({ length: CURVE_POINTS }, (_, step) => Math.round(low * ratio ** (step / (CURVE_POINTS - 1)))))];
}

/** A name that no pinned scenario has yet. */
export function numbered(name: string, planner: Planner): string {
  const taken = new Set(planner.state.pins.map((pin) => pin.name));
  let number = 2;
  let candidate = name;
  while (taken.has(candidate)) candidate = `${name} (${number++})`;
  return candidate;
}
