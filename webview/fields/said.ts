import { problemSentence, shown, type RequestProblem } from '../../src/estimator/contracts/problem';
import type { Field } from './field';

/** Controls that are no fields of the form. */
const OTHERS: Readonly<Record<string, string>> = { llm_key: 'Model', gpu_key: 'GPU' };

/** A name of the request's: words joined by underscores. */
const REQUEST_NAME = /\b[a-z0-9]+(?:_[a-z0-9]+)+\b/g;

/** A sentence of the engine's with the labels of controls in place of the names that the request has for them. */
export function inLabels<F extends object>(sentence: string, fields: readonly Field<F>[]): string {
  return sentence.replace(REQUEST_NAME, (name) => quoted(labelOf(name, fields)) ?? name);
}

/** What is wrong with a request, in the words of the form that it came from. */
export function problemInLabels<F extends object>(problem: RequestProblem, fields: readonly Field<F>[]): string {
  const name = problem.field.replace('optimization_config.', '');
  const field = fields.find((candidate) => candidate.name === name);
  const say = (value: unknown): string => {
    const choice = field?.kind === 'choice' ? field.choices.find((candidate) => candidate.value === value) : undefined;
    return choice?.label ?? shown(value);
  };
  return problemSentence({ ...problem, allowed: inLabels(problem.allowed, fields) }, quoted(labelOf(name, fields)) ?? problem.field, say);
}

/** Problems by the field that they are about, in the words of the form. */
export function problemsInLabels<F extends object>(
  problems: readonly RequestProblem[],
  fields: readonly Field<F>[],
): ReadonlyMap<string, string> {
  return new Map(problems.map((problem) => [problem.field.replace('optimization_config.', ''), problemInLabels(problem, fields)]));
}

function labelOf<F extends object>(name: string, fields: readonly Field<F>[]): string | null {
  return fields.find((field) => field.name === name)?.label ?? OTHERS[name] ?? null;
}

function quoted(label: string | null): string | null {
  return label === null ? null : `“${label}”`;
}
