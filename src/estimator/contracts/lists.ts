import type { Gpu } from '../hardware/gpu';

/** One GPU as the calculators list it, with the facts behind it. */
export interface GpuListEntry {
  readonly key: string;
  readonly label: string;
  /** Marketing size, GB. */
  readonly memory: number;
  readonly facts: Gpu;
}

/** One model as the calculators list it. */
export interface ModelListEntry {
  readonly key: string;
  readonly name: string;
}

/** Keys that stand for what the catalogue does not hold; they need `custom_vram`. */
const CUSTOM_GPUS = [
  { key: 'custom_discrete', label: 'Custom discrete GPU', memory: null },
  { key: 'custom_apple_silicon', label: 'Custom Apple silicon', memory: null },
] as const;

/** The GPU list: catalogue first, then the two custom keys (without facts). */
export function listGpus(gpus: readonly Gpu[]): readonly (GpuListEntry | (typeof CUSTOM_GPUS)[number])[] {
  return [...gpus.map((gpu) => ({ key: gpu.key, label: gpu.label, memory: gpu.memoryGb, facts: gpu })), ...CUSTOM_GPUS];
}

/** The model list: keys are Hub ids, names their last part in words. */
export function listModels(ids: readonly string[]): readonly ModelListEntry[] {
  return ids.map((id) => ({ key: id, name: (id.split('/').pop() ?? id).replace(/[-_]+/g, ' ') }));
}
