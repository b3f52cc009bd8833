import type { Model } from '../estimator/architecture';
import type { ModelFacts } from '../models/source';

/** A model's facts as JSON: `exactBytes` is an object instead of a map. */
export type FactsMessage = Omit<ModelFacts, 'model'> & {
  readonly model: Omit<Model, 'exactBytes'> & { readonly exactBytes: Readonly<Record<string, number>> | null };
};

/** A model's facts for a message. */
export function encodeFacts(facts: ModelFacts): FactsMessage {
  const { exactBytes } = facts.model;
  return { ...facts, model: { ...facts.model, exactBytes: exactBytes && Object.fromEntries(exactBytes) } };
}

/** What only has to be an object or a list is checked by these; the estimator reads the rest. */
type Json = Readonly<Record<string, unknown>>;

/** A model's facts from a message; null when the parts that every estimate walks through are not there. */
export function decodeFacts(value: unknown): ModelFacts | null {
  if (!isObject(value) || typeof value['id'] !== 'string' || !isCount(value['parameters']) || !isTexts(value['assumptions'])) return null;
  const model = value['model'];
  if (!isObject(model) || !isArchitecture(model['architecture'])) return null;
  const quantization = model['quantization'];
  if (quantization !== null && !(isObject(quantization) && typeof quantization['method'] === 'string')) return null;
  const bytes = model['exactBytes'];
  if (bytes !== null && !(isObject(bytes) && Object.values(bytes).every(isCount))) return null;
  const checked: unknown = value;
  const facts = checked as FactsMessage;
  const { exactBytes } = facts.model;
  return { ...facts, model: { ...facts.model, exactBytes: exactBytes && new Map(Object.entries(exactBytes)) } };
}

function isArchitecture(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { layerKinds, layout, towers, hiddenSize, vocabSize } = value;
  if (!isCount(hiddenSize) || !isCount(vocabSize) || !Array.isArray(towers) || !towers.every(isObject)) return false;
  if (!Array.isArray(layerKinds) || !layerKinds.every(isLayerKind)) return false;
  return Array.isArray(layout) && layout.every((index) => Number.isInteger(index) && index >= 0 && index < layerKinds.length);
}

function isLayerKind(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { mixers, feedForwards } = value;
  return Array.isArray(mixers) && mixers.every(isObject) && Array.isArray(feedForwards) && feedForwards.every(isObject);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}
