/** One thing wrong with a request. */
export interface RequestProblem {
  /** Path of the field (`lora_rank`, `optimization_config.zero_stage`); empty for the request as a whole. */
  readonly field: string;
  /** What was given; undefined when a required field is missing. */
  readonly value: unknown;
  /** What would be accepted, in words. */
  readonly allowed: string;
  /** The closest valid choice, number or field name, or null when none is near. */
  readonly nearest: string | number | boolean | null;
  /** The whole of it as one sentence. */
  readonly message: string;
}

/** All that is wrong with a request; at least one thing. */
export type Problems = readonly [RequestProblem, ...RequestProblem[]];

/** A problem of one of several `configurations`, with its place among them. */
export function placedProblem(problem: RequestProblem, index: number): RequestProblem {
  const place = `configurations[${index}]`;
  return { ...problem, field: problem.field === '' ? place : `${place}.${problem.field}`, message: `${place}: ${problem.message}` };
}

/** A problem with its sentence. */
export function requestProblem(field: string, value: unknown, allowed: string, nearest: string | number | boolean | null): RequestProblem {
  const parts = { field, value, allowed, nearest };
  return { ...parts, message: problemSentence(parts, field === '' ? 'The request' : field, shown) };
}

/**
 * A problem as one sentence.
 *
 * @param what the field, as the reader knows it.
 * @param say a value of the field, as the reader knows it.
 */
export function problemSentence(
  { value, allowed, nearest }: Omit<RequestProblem, 'message'>,
  what: string,
  say: (value: unknown) => string,
): string {
  const given = value === undefined ? 'is missing' : `is ${say(value)}`;
  const hint = nearest === null ? '' : `; did you mean ${say(nearest)}?`;
  return `${what} ${given}; allowed: ${allowed}${hint}`;
}

/** Longest value quoted in a message, in characters. */
const LONGEST_SHOWN = 80;

/** A value as JSON writes it. */
export function shown(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}
