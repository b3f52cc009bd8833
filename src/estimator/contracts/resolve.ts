import type { Model } from '../architecture';
import { findGpu, nearestGpus } from '../hardware/catalogue';
import { isCustomGpuKey } from '../hardware/gpu';
import type { Gpu } from '../hardware/gpu';
import { whyNoGpu } from '../hardware/gpuRemarks';
import { findInterconnect, INTERCONNECTS } from '../hardware/interconnects';
import type { RequestReader } from './validate';

/** A model, and what was assumed to find it or read it, in plain sentences; none where its facts are its own. */
export interface FoundModel {
  readonly model: Model;
  readonly assumptions: readonly string[];
  /** Whether only its size is known, and its shape that of a common model of the size. */
  readonly isGuess: boolean;
}

/** What is wrong with a description of a model. */
export interface DescriptionProblem {
  /** Path of the field within the description; empty for the description as a whole. */
  readonly field: string;
  /** What it says; undefined where it is missing. */
  readonly value: unknown;
  readonly allowed: string;
  readonly nearest: string | number | boolean | null;
}

/** All that is wrong with a description; at least one thing. */
export type DescriptionProblems = readonly [DescriptionProblem, ...DescriptionProblem[]];

/** Finds the models that requests name. The caller gives it, since the estimator knows no catalogue of models. */
export interface ModelResolver {
  /** The model of a catalogue key or Hub id; null when unknown. */
  find(key: string): FoundModel | null;
  /** A known key that looks like `key`, or null. */
  nearest(key: string): string | null;
  /** The model a Hugging Face config or a size describes, or all that is wrong with it. */
  describe(config: unknown): FoundModel | DescriptionProblems;
}

/** A field that is fine by itself, but counts for nothing beside the others. */
export interface Unused {
  readonly field: string;
  /** What makes it count for nothing. */
  readonly why: string;
}

/** Sentences about those of the fields that were given, so that nobody takes them for considered. */
export function unusedFields(reader: RequestReader, fields: readonly Unused[]): readonly string[] {
  return fields.filter(({ field }) => reader.sets(field)).map(({ field, why }) => `${field} is left out: ${why}.`);
}

/** What describes a card or a model beside the key of another one. */
export function unusedSubjects(
  { gpu_key, custom_vram, llm_key }: { readonly gpu_key: string; readonly custom_vram: number | null; readonly llm_key: string },
  gpu: Gpu,
): readonly Unused[] {
  const otherSize = custom_vram !== null && !isCustomGpuKey(gpu_key) && Math.abs(gpu.memoryGb - custom_vram) >= 1;
  return [
    ...(otherSize ? [{ field: 'custom_vram', why: `${gpu.label} has ${gpu.memoryGb} GB` }] : []),
    ...(llm_key === 'custom' ? [] : [{ field: 'custom_model', why: `llm_key is ${llm_key}` }]),
  ];
}

/** Where copies between GPUs or to a host have nothing to copy. */
export function unusedLinks(request: {
  readonly num_gpus: number;
  readonly enable_offloading: boolean;
  readonly offload_target: string;
}): readonly Unused[] {
  return [
    ...(request.num_gpus === 1 ? [{ field: 'interconnect_type', why: 'there is one GPU' }] : []),
    // The default asks for nothing.
    ...(request.enable_offloading || request.offload_target === 'cpu_ram'
      ? []
      : [{ field: 'offload_target', why: 'enable_offloading is false' }]),
  ];
}

/** The key of the interconnect that a request names; null where it names none. */
export function readInterconnect(reader: RequestReader): string | null {
  const keys = INTERCONNECTS.map(({ key }) => key);
  return reader.named('interconnect_type', keys, (name) => findInterconnect(name)?.key ?? null, null);
}

/** A card of which only the memory is said: "48GB card". */
const ANY_CARD = /^(\d+(?:\.\d+)?)\s*gi?b(?:\s+(?:card|gpu))?$/i;

/** Reports a custom card without memory. What was given but cannot be is reported already. */
export function checkCustomGpu(reader: RequestReader, key: string): void {
  if (isCustomGpuKey(key) && !reader.has('custom_vram'))
    reader.report('custom_vram', undefined, `the memory of the ${key} card in GB`, null);
}

/** The card `gpu_key` names; otherwise reports the problem and gives null. A custom key without memory is reported by `checkCustomGpu`. */
export function resolveGpu(reader: RequestReader, key: string, memoryGb: number | null): Gpu | null {
  if (key === '') return null;
  const size = ANY_CARD.exec(key.trim())?.[1];
  const gpu = size !== undefined ? findGpu('custom_discrete', Number(size)) : memoryGb === null ? findGpu(key) : findGpu(key, memoryGb);
  if (gpu !== null || isCustomGpuKey(key)) return gpu;
  const why = whyNoGpu(key);
  const allowed = `a key of the GPU catalogue (see gpus), custom_discrete or custom_apple_silicon${why === null ? '' : `; ${why}`}`;
  reader.report('gpu_key', key, allowed, nearestGpus(key, 1)[0]?.key ?? null);
  return null;
}

/** The model `llm_key` names or `custom_model` describes; otherwise reports the problem and gives null. */
export function resolveModel(reader: RequestReader, key: string, described: unknown, models: ModelResolver): FoundModel | null {
  if (key === '') return null;
  if (key !== 'custom') {
    const found = models.find(key);
    if (found === null)
      reader.report('llm_key', key, 'a key of the model catalogue (see llms), a Hugging Face id, or custom', models.nearest(key));
    return found;
  }
  if (described === null || described === undefined) {
    reader.report('custom_model', undefined, `${DESCRIPTION}, since llm_key is custom`, null);
    return null;
  }
  const answer = models.describe(described);
  if (!isProblems(answer)) return answer;
  for (const { field, value, allowed, nearest } of answer)
    reader.report(
      field === '' ? 'custom_model' : `custom_model.${field}`,
      value,
      field === '' ? `${DESCRIPTION} (${allowed})` : allowed,
      nearest,
    );
  return null;
}

/** What `custom_model` may be. */
const DESCRIPTION = 'the architecture as a Hugging Face config, or its billions of parameters as {"params_b": 7}';

function isProblems(answer: FoundModel | DescriptionProblems): answer is DescriptionProblems {
  return Array.isArray(answer);
}
