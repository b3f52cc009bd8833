import type { JsonObject } from './config/fields';
import { factsOf } from './facts';
import { architectureFromConfig } from './hfConfig';
import type { ModelFacts } from './source';

/**
 * A model described by hand: a config.json, or the few fields of one that matter (see `data/model-config.schema.json`).
 * `origin` says where it was written, for the page of model facts.
 */
export function factsFromConfig(
  config: unknown,
  id: string,
  origin: string,
): { readonly facts: ModelFacts } | { readonly problem: string } {
  const answer = architectureFromConfig(config);
  if ('problem' in answer) return { problem: `${origin}: ${answer.problem}` };
  const facts = factsOf({ id, origin, source: 'manual', read: answer, assumptions: answer.assumptions, weights: null });
  return { facts };
}

/** The entry of a table of models described by hand that an id means: its own, or the one for all ids ending in its last part. */
export function manualEntry(models: JsonObject, id: string): unknown {
  const wanted = id.toLowerCase();
  const key = Object.keys(models).find((name) => name.toLowerCase() === wanted);
  return key === undefined ? null : models[key];
}
