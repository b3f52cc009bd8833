import type { EffectiveSettings } from '../startup/report';
import type { VersionRules } from '../versions';
import type { VersionSpan } from '../versionSpan';

export interface LoraSettings {
  readonly maxLoras: number;
  readonly maxRank: number;
  readonly fullySharded: boolean;
  /** Last module names that get adapters; null for all. */
  readonly targetModules: readonly string[] | null;
}

export interface MultimodalSettings {
  /** False when the towers are neither loaded nor profiled. */
  readonly enabled: boolean;
  readonly profiled: boolean;
  readonly replicatedTowers: boolean;
  /** Items of one prompt by modality, where limited. */
  readonly limits: Readonly<Record<string, number>>;
  readonly ipcGib: number;
}

export interface OffloadSettings {
  readonly cpuOffloadGib: number;
  readonly backend: 'uva' | 'prefetch';
  readonly groupSize: number;
  readonly numInGroup: number;
  readonly prefetchStep: number;
}

/** Everything the simulated start-up needs to know of the configuration, defaults filled in. */
export interface EngineSettings extends EffectiveSettings {
  readonly rules: VersionRules;
  /** The version whose behaviour is simulated. */
  readonly version: string;
  /** The releases it may be when none is named: figures that changed between them span them. Null when the version is known. */
  readonly span: VersionSpan | null;
  readonly decodeContextParallelSize: number;
  readonly prefillContextParallelSize: number;
  readonly redundantExperts: number;
  readonly dtypeBytes: number;
  /** `quantization` as given; `quantization` of the settings is the checkpoint's own where it has one. */
  readonly requestedQuantization: string | null;
  /** MLA weights are kept in absorbed form beside the stored one (since 0.7). */
  readonly absorbsLatentProjections: boolean;
  readonly convStateBytes: number;
  readonly stateBytes: number;
  readonly chunkedPrefill: boolean;
  readonly prefixCaching: boolean;
  readonly hybridKvCache: boolean;
  readonly maxModelLenAuto: boolean;
  readonly kvCacheMemoryBytes: number | null;
  readonly numGpuBlocksOverride: number | null;
  readonly lora: LoraSettings | null;
  readonly multimodal: MultimodalSettings;
  readonly offload: OffloadSettings;
}

/** Speculative and plain decode tokens of one step per request. */
export function tokensPerDecode(settings: EngineSettings): number {
  return 1 + (settings.speculative?.tokens ?? 0);
}
