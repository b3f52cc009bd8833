import type { Model } from '../architecture';
import { findGpu, isCustomGpuKey, nearestGpus } from '../hardware/catalogue';
import type { Gpu } from '../hardware/gpu';
import type { RequestReader } from './validate';

/** Finds the models that requests name. The caller gives it, since the estimator knows no catalogue of models. */
export interface ModelResolver {
  /** The model of a catalogue key or Hub id; null when unknown. */
  find(key: string): Model | null;
  /** What was assumed to find the model of `key`, in plain sentences; none where its facts are its own. */
  said?(key: string): readonly string[];
  /** A known key that looks like `key`, or null. */
  nearest(key: string): string | null;
  /** The model a Hugging Face config describes, or why it describes none. */
  describe(config: unknown): Model | string;
}

/** A card of which only the memory is said: "48GB card". */
const ANY_CARD = /^(\d+(?:\.\d+)?)\s*gi?b(?:\s+(?:card|gpu))?$/i;

/** The card `gpu_key` names; otherwise reports the problem and gives null. A custom key without memory is reported where `custom_vram` is read. */
export function resolveGpu(reader: RequestReader, key: string, memoryGb: number | null): Gpu | null {
  if (key === '') return null;
  const size = ANY_CARD.exec(key.trim())?.[1];
  const gpu = size !== undefined ? findGpu('custom_discrete', Number(size)) : memoryGb === null ? findGpu(key) : findGpu(key, memoryGb);
  if (gpu !== null || isCustomGpuKey(key)) return gpu;
  const nearest = nearestGpus(key, 1)[0]?.key ?? null;
  reader.report('gpu_key', key, 'a key of the GPU catalogue (see gpus), custom_discrete or custom_apple_silicon', nearest);
  return null;
}

/** The model `llm_key` names or `custom_model` describes; otherwise reports the problem and gives null. */
export function resolveModel(reader: RequestReader, key: string, described: unknown, models: ModelResolver): Model | null {
  if (key === '') return null;
  if (key !== 'custom') {
    const model = models.find(key);
    if (model === null)
      reader.report('llm_key', key, 'a key of the model catalogue (see llms), a Hugging Face id, or custom', models.nearest(key));
    return model;
  }
  const model = described === null || described === undefined ? 'it is missing' : models.describe(described);
  if (typeof model !== 'string') return model;
  reader.report(
    'custom_model',
    described ?? undefined,
    `the architecture as a Hugging Face config, or its billions of parameters as {"params_b": 7}, since llm_key is custom (${model})`,
    null,
  );
  return null;
}
