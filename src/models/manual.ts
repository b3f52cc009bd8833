import type { JsonObject } from './config/fields';
import { factsOf } from './facts';
import { FileProblem } from './files';
import { architectureFromConfig } from './hfConfig';
import type { ModelFacts } from './source';

/**
 * A model described by hand: a parsed config.json, or the few fields of one that matter (data/model-config.schema.json).
 * `origin` says where it was written. Throws a FileProblem when the description lacks what every model needs.
 */
export function factsFromConfig(config: unknown, id: string, origin: string): ModelFacts {
  const answer = architectureFromConfig(config);
  if ('problem' in answer) throw new FileProblem(`${origin}: ${answer.problem}`);
  return factsOf({ id, origin, source: 'manual', read: answer, assumptions: answer.assumptions, weights: null });
}

/** The entry for an id in a table of models described by hand, whatever its case; null without one. */
export function manualEntry(models: JsonObject, id: string): unknown {
  const wanted = id.toLowerCase();
  const key = Object.keys(models).find((name) => name.toLowerCase() === wanted);
  return key === undefined ? null : models[key];
}
