import type { Architecture, Model } from '../estimator/architecture';
import type { Gpu, GpuSetup } from '../estimator/hardware/gpu';
import { ArgumentReader, toNumber } from './argumentValues';
import type { VllmArguments } from './arguments';
import { hasChunkedLayers, hasExperts, hasLatentAttention, hasStateLayers } from './modelShape';
import { isSince } from './release';
import type { EffectiveSettings, SpeculativeSettings } from './startup/report';
import { isStated, rulesOf, type VersionRules } from './versions';
import type { VersionBounds } from './versionBounds';
import { versionSpan, type VersionSpan } from './versionSpan';

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

/** Batch defaults of a model whose longest context is not known here are those of a context this long (vLLM's own fallback). */
const FALLBACK_MAX_MODEL_LEN = 2048;

/** V0 turns chunked prefill on above this context length (vllm/engine/arg_utils.py, 0.5.1 to 0.10). */
const V0_CHUNKED_PREFILL_FROM = 32768;

/**
 * The settings vLLM would run with: what the arguments say, and for the rest the defaults of the version, device and model.
 * `gpu` null: defaults of a device with less than 70 GiB. `bounds`: what the arguments say of a version that is not stated.
 */
export function effectiveSettings(
  model: Model,
  gpu: GpuSetup | null,
  args: VllmArguments,
  stated: string,
  bounds: VersionBounds = { oldest: null, newest: null },
): EngineSettings {
  const { architecture } = model;
  const read = new ArgumentReader(args);
  const span = isStated(stated) ? null : versionSpan(model, gpu?.gpu ?? null, bounds);
  const version = span?.likely ?? stated;
  const rules = rulesOf(version);
  const defaulted: string[] = [];
  const orDefault = <T>(key: string, given: T | null, fallback: T): T => {
    if (given !== null) return given;
    defaulted.push(key);
    return fallback;
  };

  const tensorParallelSize = orDefault('tensor-parallel-size', read.count('tensor-parallel-size'), 1);
  // A stage has at least one layer; vLLM refuses more.
  const stages = Math.min(read.count('pipeline-parallel-size') ?? 1, Math.max(1, architecture.layout.length));
  const pipelineParallelSize = orDefault('pipeline-parallel-size', read.has('pipeline-parallel-size') ? stages : null, 1);
  const dataParallelSize = orDefault('data-parallel-size', read.count('data-parallel-size'), 1);
  const engine = engineOf(model, gpu?.gpu ?? null, rules, version);
  const speculative = speculativeSettings(read, tensorParallelSize);
  const lengthGiven = read.number('max-model-len');
  const maxModelLenAuto = lengthGiven === -1 || read.text('max-model-len') === 'auto';
  const derived = derivedMaxModelLen(architecture, read);
  const maxModelLen = maxModelLenAuto
    ? derived
    : orDefault('max-model-len', lengthGiven !== null && lengthGiven > 0 ? lengthGiven : null, derived);
  const length = maxModelLen ?? FALLBACK_MAX_MODEL_LEN;
  const lora = loraSettings(read);
  const chunkedPrefill = orDefault(
    'enable-chunked-prefill',
    read.flag('enable-chunked-prefill'),
    chunksByDefault(model, engine, length, lora !== null, rules, version),
  );
  const batch = batchSettings({
    architecture,
    gpu: gpu?.gpu ?? null,
    totalGib: gpu?.totalMemoryGib ?? null,
    read,
    rules,
    engine,
    maxModelLen: length,
    chunkedPrefill,
  });
  if (batch.tokensDefaulted) defaulted.push('max-num-batched-tokens');
  if (batch.seqsDefaulted) defaulted.push('max-num-seqs');
  const dtype = dtypeOf(architecture, gpu?.gpu ?? null, orDefault('dtype', read.text('dtype'), 'auto'));
  const dtypeBytes = dtype === 'float32' ? 4 : 2;
  const stateful = hasStateLayers(model);
  const convDtype = read.text('mamba-cache-dtype') ?? 'auto';
  const convStateBytes = convDtype === 'float32' ? 4 : dtypeBytes;
  const stateDtype = read.text('mamba-ssm-cache-dtype') ?? 'auto';
  const stateBytes =
    stateDtype === 'float32' || (stateDtype === 'auto' && architecture.recurrentStateDtype === 'float32')
      ? 4
      : stateDtype === 'auto'
        ? convStateBytes
        : 2;
  const offload = offloadSettings(read);
  const requestedQuantization = read.text('quantization') ?? (read.text('load-format') === 'bitsandbytes' ? 'bitsandbytes' : null);

  return {
    rules,
    version,
    span,
    engine,
    runner: engine === 'V0' ? 'v0' : usesV2Runner(model, rules, speculative, read) ? 'v2' : 'v1',
    tensorParallelSize,
    pipelineParallelSize,
    dataParallelSize,
    decodeContextParallelSize: read.count('decode-context-parallel-size') ?? 1,
    prefillContextParallelSize: read.count('prefill-context-parallel-size') ?? 1,
    expertParallel: read.flag('enable-expert-parallel') ?? false,
    redundantExperts: redundantExperts(read),
    gpuMemoryUtilization: orDefault('gpu-memory-utilization', read.positive('gpu-memory-utilization'), rules.defaultGpuMemoryUtilization),
    maxModelLen,
    maxModelLenAuto,
    maxNumSeqs: batch.seqs,
    maxNumBatchedTokens: batch.tokens,
    blockSize: orDefault('block-size', read.count('block-size'), defaultBlockSize(architecture, gpu?.gpu ?? null, version)),
    enforceEager: read.flag('enforce-eager') ?? false,
    dtype,
    dtypeBytes,
    absorbsLatentProjections: isSince(version, '0.7.0'),
    convStateBytes,
    stateBytes,
    quantization: model.quantization?.method ?? requestedQuantization,
    requestedQuantization,
    kvCacheDtype: kvCacheDtype(model, read, dtype),
    cpuOffloadGib: offload.cpuOffloadGib,
    offload,
    chunkedPrefill,
    prefixCaching: read.flag('enable-prefix-caching') ?? (engine === 'V1' && !stateful),
    hybridKvCache: rules.hybridKvCache && engine === 'V1' && keepsHybridManager(model, read),
    kvCacheMemoryBytes: read.positive('kv-cache-memory-bytes') ?? read.positive('kv-cache-memory'),
    numGpuBlocksOverride: read.count('num-gpu-blocks-override'),
    speculative,
    lora,
    multimodal: multimodalSettings(architecture, read),
    defaulted,
  };
}

/** V1 is the default from 0.8; until 0.10 unsupported devices and models fell back to V0 (arg_utils.py, _is_v1_supported_oracle). */
function engineOf(model: Model, gpu: Gpu | null, rules: VersionRules, version: string): 'V0' | 'V1' {
  const { architecture } = model;
  if (rules.defaultEngine === 'V0') return 'V0';
  const crossAttention = architecture.layerKinds.some((kind) =>
    kind.mixers.some((mixer) => mixer.kind === 'attention' && mixer.scope === 'cross'),
  );
  // Llama 3.2 Vision was never brought to V1.
  if (crossAttention && architecture.towers.some((tower) => tower.modality === 'image')) return 'V0';
  if (isSince(version, '0.11.0')) return 'V1';
  const preAmpere = (gpu?.computeCapability ?? 80) < 80;
  if (preAmpere && !isSince(version, '0.10.0')) return 'V0';
  if ((architecture.task === 'pooling' || hasStateLayers(model)) && !isSince(version, '0.9.2')) return 'V0';
  return crossAttention ? 'V0' : 'V1';
}

/** Llama, Mistral and Qwen3 are the dense families the V2 runner served first; MoE families it serves by default later. */
const V2_FIRST_DENSE: ReadonlySet<string> = new Set(['llama', 'mistral', 'qwen3']);
const V2_MOE: ReadonlySet<string> = new Set(['deepseek_v2', 'deepseek_v4', 'granitemoe', 'kimi_k3', 'longcat_flash', 'qwen2_moe']);

function usesV2Runner(model: Model, rules: VersionRules, speculative: SpeculativeSettings | null, read: ArgumentReader): boolean {
  const { architecture } = model;
  if (rules.v2Runner === 'none' || architecture.task === 'pooling' || hasStateLayers(model)) return false;
  if (speculative && ['ngram', 'medusa', 'draft_model', 'suffix'].includes(speculative.method)) return false;
  if (read.has('logits-processors') || read.flag('enable-prompt-embeds') === true || read.flag('enable-dbo') === true) return false;
  const first = V2_FIRST_DENSE.has(architecture.modelType) && model.quantization === null && !read.has('quantization');
  if (rules.v2Runner === 'llama_mistral_qwen3') return first;
  if (V2_MOE.has(architecture.modelType)) return true;
  return rules.v2Runner === 'some_dense' ? first : !hasExperts(model);
}

/** The config's longest context with `hf-overrides` applied, tokens; null when it is not known. */
function derivedMaxModelLen(architecture: Architecture, read: ArgumentReader): number | null {
  const overrides = read.object('hf-overrides');
  const text = overrides?.['text_config'];
  const nested = typeof text === 'object' && text !== null && !Array.isArray(text) ? (text as Readonly<Record<string, unknown>>) : {};
  const positions = overrides?.['max_position_embeddings'] ?? nested['max_position_embeddings'];
  const stated = positiveOf(positions);
  const base = stated ?? architecture.maxPositionEmbeddings;
  const scaling = overrides?.['rope_scaling'] ?? overrides?.['rope_parameters'] ?? nested['rope_scaling'];
  if (typeof scaling !== 'object' || scaling === null || Array.isArray(scaling)) return base;
  const { factor, original_max_position_embeddings: original } = scaling as Readonly<Record<string, unknown>>;
  const scale = positiveOf(factor);
  const scaled = positiveOf(original) ?? base;
  return scale === null || scaled === null ? base : Math.round(scaled * scale);
}

function positiveOf(value: unknown): number | null {
  const number = typeof value === 'number' || typeof value === 'string' ? toNumber(value) : null;
  return number !== null && number > 0 ? number : null;
}

function chunksByDefault(
  model: Model,
  engine: 'V0' | 'V1',
  maxModelLen: number,
  lora: boolean,
  rules: VersionRules,
  version: string,
): boolean {
  const { architecture } = model;
  if (engine === 'V1') return architecture.task === 'generate';
  if (hasLatentAttention(model) && !rules.chunksLatentPrefill) return false;
  return (
    isSince(version, '0.5.1') &&
    maxModelLen > V0_CHUNKED_PREFILL_FROM &&
    architecture.towers.length === 0 &&
    !lora &&
    architecture.task === 'generate'
  );
}

interface BatchInput {
  readonly architecture: Architecture;
  readonly gpu: Gpu | null;
  readonly totalGib: number | null;
  readonly read: ArgumentReader;
  readonly rules: VersionRules;
  readonly engine: 'V0' | 'V1';
  readonly maxModelLen: number;
  readonly chunkedPrefill: boolean;
}

/** `max_num_batched_tokens` and `max_num_seqs` (arg_utils.py, _set_default_args and get_batch_defaults). */
function batchSettings(input: BatchInput): {
  readonly tokens: number;
  readonly seqs: number;
  readonly tokensDefaulted: boolean;
  readonly seqsDefaulted: boolean;
} {
  const { read, maxModelLen } = input;
  const defaults = batchDefaults(input);
  const factor = read.text('performance-mode') === 'throughput' ? 2 : 1;
  const seqsGiven = read.count('max-num-seqs');
  const tokensGiven = read.count('max-num-batched-tokens');
  const seqs = seqsGiven ?? defaults.seqs * factor;
  const unchunked = input.chunkedPrefill ? 0 : maxModelLen;
  const wanted = Math.max(defaults.tokens * factor, unchunked);
  const cap = input.engine === 'V1' ? seqs * maxModelLen : Infinity;
  const tokens = tokensGiven ?? Math.min(Math.max(wanted, seqsGiven === null ? 0 : Math.min(seqs, cap)), cap);
  return {
    tokens,
    seqs: seqsGiven === null ? Math.min(seqs, tokens) : seqs,
    tokensDefaulted: tokensGiven === null,
    seqsDefaulted: seqsGiven === null,
  };
}

/** Token budgets of V0 (vllm/config.py, SchedulerConfig): 512 with early chunked prefill, more for pooling and multimodal models. */
function v0Tokens(architecture: Architecture, chunkedPrefill: boolean, rules: VersionRules): number {
  if (chunkedPrefill) return isSince(rules.since, '0.6.4') ? 2048 : 512;
  if (architecture.task === 'pooling') return 32768;
  return architecture.towers.length > 0 ? 5120 : 2048;
}

function batchDefaults({ gpu, totalGib, rules, engine, architecture, chunkedPrefill }: BatchInput): {
  readonly tokens: number;
  readonly seqs: number;
} {
  if (engine === 'V0') return { tokens: v0Tokens(architecture, chunkedPrefill, rules), seqs: 256 };
  if (gpu?.vendor === 'Google') return { tokens: 1024, seqs: 256 };
  // NVML reports no memory for integrated GPUs, which makes them small devices.
  const memory = gpu?.unifiedMemory === true ? 0 : (totalGib ?? 0);
  const a100 = /a100/i.test(`${gpu?.key ?? ''} ${gpu?.label ?? ''}`);
  const small = { tokens: 2048, seqs: 256 };
  if (rules.batchDefaults === 'v1_three_tiers' && memory >= 160) return { tokens: 16384, seqs: 1024 };
  const large = memory >= 70 && (rules.batchDefaults === 'v1_tiered' || !a100);
  if (architecture.task === 'pooling' && !large) return small;
  return large ? { tokens: 8192, seqs: 1024 } : small;
}

function dtypeOf(architecture: Architecture, gpu: Gpu | null, given: string): string {
  if (given === 'half' || given === 'float16') return 'float16';
  if (given === 'float' || given === 'float32') return 'float32';
  if (given === 'bfloat16') return 'bfloat16';
  const sixteenBit = architecture.dtype === 'float32' ? 'float16' : architecture.dtype;
  return sixteenBit === 'bfloat16' && (gpu?.computeCapability ?? 80) < 80 ? 'float16' : sixteenBit;
}

/**
 * The attention back end's preferred block (SPEC of the back ends in vllm/v1/attention/backends): 16, for MLA FlashMLA 64 on Hopper up to 0.11
 * and FlashInfer-MLA 32 on SM100; the sparse MLA back ends take 64.
 */
function defaultBlockSize(architecture: Architecture, gpu: Gpu | null, version: string): number {
  const latent = architecture.layerKinds.flatMap((kind) => kind.mixers).find((mixer) => mixer.kind === 'mla');
  if (latent?.kind !== 'mla') return 16;
  if (latent.indexer) return 64;
  const capability = gpu?.computeCapability ?? 90;
  if (capability >= 100 && capability < 120) return isSince(version, '0.11.0') ? 32 : 128;
  return capability >= 90 && capability < 100 && isSince(version, '0.8.5') && !isSince(version, '0.12.0') ? 64 : 16;
}

function kvCacheDtype(model: Model, read: ArgumentReader, dtype: string): string {
  const given = read.text('kv-cache-dtype') ?? 'auto';
  const sparse = model.architecture.layerKinds.some((kind) => kind.mixers.some((mixer) => mixer.kind === 'mla' && mixer.indexer !== null));
  if (sparse && (given === 'auto' || given.startsWith('fp8'))) return 'fp8_ds_mla';
  if (given !== 'auto') return given;
  return model.quantization?.kvCacheScheme?.startsWith('fp8') === true ? 'fp8' : dtype;
}

/** Llama 4's chunked attention and KV connectors without support switch the hybrid manager off (vllm/config, 0.9.1 to main). */
function keepsHybridManager(model: Model, read: ArgumentReader): boolean {
  if (hasStateLayers(model)) return true;
  if (read.flag('disable-hybrid-kv-cache-manager') === true || read.has('kv-transfer-config')) return false;
  return !hasChunkedLayers(model);
}

function redundantExperts(read: ArgumentReader): number {
  const config = read.object('eplb-config')?.['num_redundant_experts'];
  return typeof config === 'number' ? config : (read.count('num-redundant-experts') ?? 0);
}

function speculativeSettings(read: ArgumentReader, tensorParallel: number): SpeculativeSettings | null {
  const config = read.object('speculative-config') ?? {};
  const textOf = (key: string): string | null => (typeof config[key] === 'string' ? config[key] : null);
  const numberOf = (key: string): number | null => positiveOf(config[key]);
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

function loraSettings(read: ArgumentReader): LoraSettings | null {
  if (read.flag('enable-lora') !== true) return null;
  const modules = read.text('lora-target-modules');
  return {
    maxLoras: read.count('max-loras') ?? 1,
    maxRank: read.count('max-lora-rank') ?? 16,
    fullySharded: read.flag('fully-sharded-loras') ?? false,
    targetModules: modules === null ? null : modules.split(/[\s,]+/),
  };
}

function multimodalSettings(architecture: Architecture, read: ArgumentReader): MultimodalSettings {
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

function offloadSettings(read: ArgumentReader): OffloadSettings {
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

/** Speculative and plain decode tokens of one step per request. */
export function tokensPerDecode(settings: EngineSettings): number {
  return 1 + (settings.speculative?.tokens ?? 0);
}
