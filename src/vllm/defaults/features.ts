import type { Architecture } from '../../estimator/architecture';
import { positiveNumber, toNumber, type ArgumentReader } from '../argumentValues';
import type { SpeculativeSettings } from '../startup/report';
import type { LoraSettings, MultimodalSettings, OffloadSettings } from './settings';

export function speculativeSettings(read: ArgumentReader, tensorParallel: number): SpeculativeSettings | null {
  const config = read.object('speculative-config') ?? {};
  const textOf = (key: string): string | null => (typeof config[key] === 'string' ? config[key] : null);
  const numberOf = (key: string): number | null => positiveNumber(config[key]);
  const model = textOf('model') ?? read.text('spec-model') ?? read.text('speculative-model');
  const given = textOf('method') ?? read.text('spec-method');
  if (model === null && given === null) return null;
  const ngram = model === '[ngram]' || model === 'ngram';
  const method = (given ?? (ngram ? 'ngram' : guessMethod(model ?? ''))).toLowerCase();
  return {
    method,
    tokens: numberOf('num_speculative_tokens') ?? read.count('spec-tokens') ?? read.count('num-speculative-tokens') ?? 1,
    model: ngram ? null : model,
    draftTensorParallelSize: numberOf('draft_tensor_parallel_size') ?? tensorParallel,
  };
}

/** vLLM reads the method from the draft's config; its name says the same in practice. */
function guessMethod(model: string): string {
  const name = model.toLowerCase();
  if (name.includes('eagle3')) return 'eagle3';
  if (name.includes('eagle')) return 'eagle';
  if (name.includes('medusa')) return 'medusa';
  return name.includes('mtp') ? 'mtp' : 'draft_model';
}

export function loraSettings(read: ArgumentReader): LoraSettings | null {
  if (read.flag('enable-lora') !== true) return null;
  const modules = read.text('lora-target-modules');
  return {
    maxLoras: read.count('max-loras') ?? 1,
    maxRank: read.count('max-lora-rank') ?? 16,
    fullySharded: read.flag('fully-sharded-loras') ?? false,
    targetModules: modules === null ? null : modules.split(/[\s,]+/),
  };
}

export function multimodalSettings(architecture: Architecture, read: ArgumentReader): MultimodalSettings {
  const limits: Record<string, number> = {};
  for (const [modality, limit] of Object.entries(read.object('limit-mm-per-prompt') ?? {})) {
    const count =
      typeof limit === 'object' && limit !== null && !Array.isArray(limit) ? (limit as Readonly<Record<string, unknown>>)['count'] : limit;
    const number = typeof count === 'number' || typeof count === 'string' ? toNumber(count) : null;
    if (number !== null) limits[modality] = number;
  }
  const modalities = new Set(architecture.towers.map((tower) => tower.modality));
  const allZero =
    modalities.size > 0 && [...modalities].every((modality) => limits[modality] === 0) && limits['video'] !== undefined
      ? limits['video'] === 0
      : false;
  const enabled = modalities.size > 0 && read.flag('language-model-only') !== true && !allZero;
  return {
    enabled,
    profiled: enabled && read.flag('skip-mm-profiling') !== true,
    replicatedTowers: read.text('mm-encoder-tp-mode') === 'data' || read.flag('enable-multimodal-encoder-data-parallel') === true,
    limits,
    ipcGib: read.positive('mm-ipc-gpu-memory-gb') ?? 0,
  };
}

export function offloadSettings(read: ArgumentReader): OffloadSettings {
  const groupSize = read.count('offload-group-size') ?? 0;
  const backend = read.text('offload-backend');
  const prefetch = groupSize > 0 && backend !== 'uva';
  return {
    cpuOffloadGib: prefetch ? 0 : (read.positive('cpu-offload-gb') ?? 0),
    backend: prefetch ? 'prefetch' : 'uva',
    groupSize,
    numInGroup: read.count('offload-num-in-group') ?? 1,
    prefetchStep: read.count('offload-prefetch-step') ?? 1,
  };
}
