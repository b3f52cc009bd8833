import type { Model } from '../estimator/architecture';

export type ModelSourceId = 'weights' | 'folder' | 'hf-cache' | 'hub' | 'gguf' | 'catalogue' | 'name' | 'manual';
export type Confidence = 'exact' | 'derived' | 'guessed';

/** A resolved model and how it is known. */
export interface ModelFacts {
  /** As the config names it. */
  readonly id: string;
  readonly model: Model;
  /** All parameters vLLM loads for the main model (no MTP). */
  readonly parameters: number;
  readonly source: ModelSourceId;
  /** Where exactly: a path, a URL with revision, or the catalogue id it was derived from. */
  readonly origin: string;
  readonly confidence: Confidence;
  /** What was assumed, in plain words. */
  readonly assumptions: readonly string[];
}

/** Why a source has no answer: not its business, or a problem to tell the person. */
export interface ModelProblem {
  readonly message: string;
}

/** What was read to come to an answer. A change of any of these paths may change the answer. */
export interface AnswerBasis {
  /** Absolute paths of files and folders, those that were looked for and not found included. Absent where nothing was read. */
  readonly dependsOn?: readonly string[];
}

/** The facts, a problem to tell, or null where no source knows the model. */
export type ModelAnswer = ({ readonly facts: ModelFacts } & AnswerBasis) | ({ readonly problem: ModelProblem } & AnswerBasis) | null;

/** `ModelFacts` as plain JSON, for files. */
export type ModelFactsJson = Omit<ModelFacts, 'model'> & {
  readonly model: Omit<Model, 'exactBytes'> & { readonly exactBytes: Readonly<Record<string, number>> | null };
};

/** Facts as plain JSON. */
export function factsToJson(facts: ModelFacts): ModelFactsJson {
  const { exactBytes, ...model } = facts.model;
  return { ...facts, model: { ...model, exactBytes: exactBytes ? Object.fromEntries(exactBytes) : null } };
}

/** The facts behind `factsToJson`. */
export function factsFromJson(json: ModelFactsJson): ModelFacts {
  const { exactBytes, ...model } = json.model;
  return { ...json, model: { ...model, exactBytes: exactBytes ? new Map(Object.entries(exactBytes)) : null } };
}
