import type { Model } from '../../estimator/architecture';
import type { GpuSetup } from '../../estimator/hardware/gpu';
import type { Ranged } from '../../estimator/ranged';
import type { VllmArguments } from '../arguments';
import type { VersionBounds } from '../versionBounds';
import type { Environment } from './stages';

/** Everything a simulated start-up depends on. Pure data: no file, no clock. */
export interface StartupInput {
  readonly model: Model;
  /** null when no GPU is known: the figures that need none are still computed. */
  readonly gpu: GpuSetup | null;
  readonly args: VllmArguments;
  /** vLLM version, "0.27.1"; see `versions.ts` for the ones covered. */
  readonly version: string;
  /** The draft model named by `speculative-config`, where its architecture is known. */
  readonly draft?: Model | null;
  /** Where no version is stated, the releases that the arguments allow. */
  readonly versionBounds?: VersionBounds;
  /** Variables of the environment that vLLM reads: `VLLM_PP_LAYER_PARTITION`. */
  readonly environment?: Environment;
}

export type Outcome = 'ok' | 'oom_load' | 'oom_profile' | 'no_kv_blocks' | 'kv_too_small_for_max_len' | 'startup_free_memory' | 'invalid';

/** How sure the outcome is: `certain` when both ends of the range agree, `likely` when only the central estimate says so. */
export type OutcomeCertainty = 'certain' | 'likely';

/** One named part of a memory figure, bytes per GPU. */
export interface MemoryPart {
  readonly name: string;
  readonly bytes: number;
}

/** Speculative decoding as configured. */
export interface SpeculativeSettings {
  /** `ngram`, `mtp`, `eagle`, `eagle3`, `draft_model` …; lower case. */
  readonly method: string;
  /** Tokens proposed per step. */
  readonly tokens: number;
  /** Draft model id or path; null when the method needs none. */
  readonly model: string | null;
  readonly draftTensorParallelSize: number;
}

/** vLLM's effective settings after defaults for the version, device and model. */
export interface EffectiveSettings {
  readonly tensorParallelSize: number;
  readonly pipelineParallelSize: number;
  readonly dataParallelSize: number;
  readonly expertParallel: boolean;
  readonly gpuMemoryUtilization: number;
  readonly maxModelLen: number | null;
  readonly maxNumSeqs: number;
  readonly maxNumBatchedTokens: number;
  readonly blockSize: number;
  readonly enforceEager: boolean;
  readonly dtype: string;
  readonly quantization: string | null;
  readonly kvCacheDtype: string;
  readonly cpuOffloadGib: number;
  readonly speculative: SpeculativeSettings | null;
  readonly engine: 'V0' | 'V1';
  readonly runner: 'v0' | 'v1' | 'v2';
  /** Settings that were not given but computed, by canonical key. */
  readonly defaulted: readonly string[];
}

/** Bytes per GPU, of the fullest rank. Null where no GPU is known. */
export interface PerGpuMemory {
  readonly total: number | null;
  readonly budget: number | null;
  readonly weights: Ranged;
  readonly weightParts: readonly MemoryPart[];
  readonly activationPeak: Ranged | null;
  readonly activationParts: readonly MemoryPart[];
  /** The first rank's, whose log comes first; that of the fullest where there is one rank. Only the last rank of a pipeline samples. */
  readonly firstRankActivation: number | null;
  readonly nonTorch: Ranged | null;
  /** CUDA graph memory actually captured. */
  readonly cudaGraphs: Ranged | null;
  /** Whether this version charges the graphs to the budget. */
  readonly cudaGraphsInBudget: boolean;
  /** Allocated outside the budget: context, graphs of some versions, workspaces. */
  readonly outsideBudget: Ranged | null;
  /** "Available KV cache memory"; negative when the rest does not fit. */
  readonly kvCache: Ranged | null;
  /** Peak of everything on the device, for nvidia-smi. */
  readonly peakUsed: Ranged | null;
  /** Memory neither used nor reserved at this utilization. */
  readonly free: Ranged | null;
}

export interface KvCacheReport {
  /** Bytes one more token of a long request costs on one GPU (full-attention layers only grow without limit). */
  readonly bytesPerTokenPerGpu: number;
  readonly blockSize: number;
  /** Tokens as this version's log reports them. */
  readonly tokens: Ranged | null;
  readonly maxConcurrency: Ranged | null;
  /** Bytes per GPU one request of max_model_len needs. */
  readonly neededForMaxModelLen: number | null;
  /** Largest max_model_len that fits one request, at the value, favourable end in `high`. */
  readonly maxModelLenThatFits: Ranged | null;
  /** Blocks of the pool that all groups of layers share; absent where no GPU is known. */
  readonly blocks?: Ranged;
}

export interface HostMemory {
  /** Pinned by cpu-offload-gb or prefetch offloading, bytes in total over ranks. */
  readonly cpuOffloadBytes: number;
  /** Bytes the GPU reads over PCIe for each decode step, per GPU. */
  readonly bytesPerStepOverPcie: number;
  /** Rough host memory needed in total, bytes; null when unknown. */
  readonly required: Ranged | null;
  /** Names of modules that left the GPU, summarised ("layers 0-26, qkv_proj … of layer 27"). */
  readonly offloaded: string | null;
}

/** The simulated start-up. Immutable; every feature renders this one object. */
export interface StartupReport {
  readonly input: StartupInput;
  /** The version whose rules were applied (nearest covered one). */
  readonly rulesVersion: string;
  readonly settings: EffectiveSettings;
  readonly perGpu: PerGpuMemory;
  readonly kvCache: KvCacheReport;
  readonly host: HostMemory;
  /** null when no GPU is known. */
  readonly outcome: Outcome | null;
  readonly certainty: OutcomeCertainty;
  /** Where the card's memory is not known: the start-up on a size of it that decides otherwise whether the engine starts. */
  readonly onOtherSize?: StartupReport;
  /** The two or three assumptions that matter most, most important first, in plain words. */
  readonly assumptions: readonly string[];
}
