import { readFileSync } from 'node:fs';
import type { Model } from '../src/estimator/architecture';
import { Catalogue } from '../src/models/catalogue';

/** The models that ship with the product. */
export const recordedModels = Catalogue.parse(readFileSync('data/models.json', 'utf8'));

/** The architecture of a recorded model, by id or by the base model a copy or local folder is named after; null when unknown. */
export function recordedModel(name: string): Model | null {
  return (recordedModels.find(name) ?? recordedModels.findByName(name))?.model ?? null;
}
