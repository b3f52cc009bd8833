import type { Architecture, Mixer, Model } from '../../estimator/architecture';
import type { GpuSetup } from '../../estimator/hardware/gpu';
import { between, exactly, stretched, type Ranged } from '../../estimator/ranged';
import type { EngineSettings } from '../defaults/settings';
import { hasExperts, hasStateLayers } from '../../estimator/modelShape';
import { activationPeak, type ActivationPeak } from './activationPeak';
import { kvCacheLayout, type CountedCache, type KvCacheLayout, type KvCacheSettings } from './kvCacheGroups';
import { cachesOf, type KvCacheFormat } from './kvCacheSpecs';
import { loraBytesOfLayer } from './lora';
import { headerRatios } from './exactWeights';
import { offloadOf, type Offload } from './offload';
import { quantizationScheme, type QuantizationScheme, type QuantizationTarget } from './quantization';
import type { MemoryPart } from './report';
import { drafterOf, type Drafter } from './speculative';
import { pipelineStages, type PipelineStage } from './stages';
import { bytesOf, layerParameters, outerParameters, type StoredParameter, type WeightLayout } from './weightsPerGpu';

/** What one start-up shares over its ranks; layer kinds are worked out once. */
export interface Engine {
  readonly model: Model;
  readonly settings: EngineSettings;
  readonly gpu: GpuSetup | null;
  readonly draft: Model | null;
  readonly target: QuantizationTarget;
  readonly scheme: QuantizationScheme;
  readonly layout: WeightLayout;
  readonly parametersByKind: readonly (readonly StoredParameter[])[];
  readonly cacheFormat: KvCacheFormat;
  readonly cacheSettings: KvCacheSettings;
}

/** What one pipeline rank holds. */
export interface Rank {
  readonly stage: PipelineStage;
  readonly weights: Ranged;
  readonly weightParts: readonly MemoryPart[];
  readonly offload: Offload;
  readonly activation: ActivationPeak;
  readonly cache: KvCacheLayout | null;
  readonly drafter: Drafter;
  /** Width of a row of logits; 0 where no head is on this rank. */
  readonly vocabSize: number;
  /** Bytes of segments that repacking the weights left torn: reserved by torch, of no use to larger tensors. */
  readonly fragments: number;
}

/** Tokens whose K and V cross-attention layers keep when no tower says so (Whisper: 1500 frames). */
const ENCODER_TOKENS = 1500;

export function engineOf(model: Model, gpu: GpuSetup | null, draft: Model | null, settings: EngineSettings): Engine {
  const { architecture } = model;
  const target: QuantizationTarget = {
    requested: settings.requestedQuantization,
    version: settings.version,
    computeCapability: gpu?.gpu.computeCapability ?? null,
    vendor: gpu?.gpu.vendor ?? null,
  };
  const scheme = quantizationScheme(model, target);
  const rules: WeightLayout = {
    architecture,
    scheme,
    tensorParallel: settings.tensorParallelSize,
    expertRanks: settings.tensorParallelSize * settings.dataParallelSize * settings.prefillContextParallelSize,
    expertParallel: settings.expertParallel,
    redundantExperts: settings.redundantExperts,
    dtypeBytes: settings.dtypeBytes,
    loadTowers: settings.multimodal.enabled,
    replicateTowers: settings.multimodal.replicatedTowers,
    absorbedCopies: settings.absorbsLatentProjections,
    wholeSegmentsAbove20Mib: settings.rules.wholeSegmentsAbove20Mib,
    headerRatios: null,
  };
  const layout = { ...rules, headerRatios: headerRatios(model, target) };
  return {
    model,
    settings,
    gpu,
    draft,
    target,
    scheme,
    layout,
    parametersByKind: architecture.layerKinds.map((_, kind) => layerParameters(layout, kind)),
    cacheFormat: {
      tensorParallel: settings.tensorParallelSize,
      dtype: settings.kvCacheDtype,
      modelBytes: settings.dtypeBytes,
      convBytes: settings.convStateBytes,
      stateBytes: settings.stateBytes,
      speculativeTokens: settings.speculative?.tokens ?? 0,
    },
    cacheSettings: cacheSettings(architecture, settings),
  };
}

function cacheSettings(architecture: Architecture, settings: EngineSettings): KvCacheSettings {
  const speculative = settings.speculative?.tokens ?? 0;
  return {
    blockSize: settings.blockSize,
    maxNumBatchedTokens: settings.maxNumBatchedTokens,
    decodeContextParallel: settings.decodeContextParallelSize,
    hybrid: settings.hybridKvCache,
    batchesInFlight: settings.rules.batchesInFlight,
    stateBlocksPerRequest: (settings.prefixCaching ? 2 : 1) + speculative,
    encoderTokens: architecture.towers[0]?.maxTokensPerItem ?? ENCODER_TOKENS,
    reportedTokens: settings.rules.reportedTokens,
    numGpuBlocksOverride: settings.numGpuBlocksOverride,
  };
}

/** One rank of the engine. */
export function rankOf(engine: Engine, stage: PipelineStage): Rank {
  const { model, settings, layout, parametersByKind } = engine;
  const { architecture } = model;
  const drafter = stage.last
    ? drafterOf(architecture, layout, engine.cacheFormat, settings, engine.draft, engine.target)
    : { weights: { value: 0, low: 0, high: 0 }, caches: [], assumption: null };
  const offload = offloadOf(architecture, stage, parametersByKind, settings, engine.scheme.method);
  const outer = outerParameters(layout, stage);
  const { lora } = settings;
  const loraBytes = lora
    ? stage.layersByKind.reduce(
        (sum, layers, kind) => sum + (layers > 0 ? layers * loraBytesOfLayer(layout, kind, lora, settings.version) : 0),
        0,
      )
    : 0;
  const layers = stage.layersByKind.reduce((sum, count, kind) => sum + count * bytesOf(parametersByKind[kind] ?? []), 0);
  const unquantized = bytesLeftUnquantized(engine, stage);
  const own = layers + bytesOf(outer) + unquantized.value;
  const value = own - offload.saved + loraBytes + drafter.weights.value;
  const exact = EXACT_RELATIVE + (settings.multimodal.enabled ? TOWER_RELATIVE : 0);
  const { uncertainty } = engine.scheme;
  const slackOf = (open: number | undefined): number =>
    (own - offload.saved) * (layout.headerRatios ? EXACT_RELATIVE : (open ?? exact)) + loraBytes * LORA_RELATIVE;
  const weights = between(
    // What is left unquantized may have gone to the host.
    Math.max(0, value - slackOf(uncertainty?.below) - (drafter.weights.value - drafter.weights.low) - unquantized.value),
    value,
    value + slackOf(uncertainty?.above) + (drafter.weights.high - drafter.weights.value) + (unquantized.high - unquantized.value),
    uncertainty?.reason ?? 'rounding of the allocator',
  );
  const { doubt } = model;
  return {
    stage,
    weights: doubt ? stretched(weights, ...doubt.parameters, GUESSED) : weights,
    weightParts: weightParts(engine, stage, outer, offload, loraBytes, drafter, unquantized.value),
    offload,
    activation: activationOf(engine, stage),
    cache: kvCacheLayout([...stageCaches(engine, stage), ...drafter.caches], engine.cacheSettings),
    drafter,
    vocabSize: stage.last && architecture.lmHead ? architecture.vocabSize : 0,
    fragments: engine.scheme.repackWaste * expertBytes(engine, stage),
  };
}

/** Reason of the ranges of a model that is only known by its name. */
const GUESSED = 'sizes guessed from the name';

/** The profile run of one rank; of a guessed model the vocabulary may be another, and with it what the sampler takes. */
function activationOf({ model, settings, gpu, scheme }: Engine, stage: PipelineStage): ActivationPeak {
  const peak = activationPeak({
    architecture: model.architecture,
    settings,
    stage,
    smCount: gpu?.gpu.smCount ?? null,
    computeCapability: gpu?.gpu.computeCapability ?? null,
    quantization: scheme.method,
  });
  if (!model.doubt) return peak;
  const widened = (range: Ranged): Ranged => stretched(range, ...(model.doubt?.vocabulary ?? [1, 1]), GUESSED);
  return { ...peak, bytes: widened(peak.bytes), sampling: widened(peak.sampling) };
}

function expertBytes({ parametersByKind }: Engine, stage: PipelineStage): number {
  return stage.layersByKind.reduce(
    (sum, layers, kind) => sum + layers * bytesOf((parametersByKind[kind] ?? []).filter(({ group }) => group === 'experts')),
    0,
  );
}

/** What is added when a checkpoint known by name only leaves all layers but the experts (or, in hybrids, but the MLP) unquantized. */
function bytesLeftUnquantized({ model, scheme, layout, parametersByKind }: Engine, stage: PipelineStage): Ranged {
  const share = scheme.attentionLeftOut;
  if (share === null || layout.headerRatios || !(hasExperts(model) || hasStateLayers(model))) return exactly(0);
  const plain: WeightLayout = { ...layout, scheme: { ...scheme, linear: null } };
  const added = stage.layersByKind.reduce((sum, layers, kind) => {
    if (layers === 0) return sum;
    const whole = layerParameters(plain, kind);
    const difference = (parametersByKind[kind] ?? []).reduce(
      (total, parameter, index) => total + (parameter.group === 'mlp' ? 0 : (whole[index]?.bytes ?? parameter.bytes) - parameter.bytes),
      0,
    );
    return sum + layers * difference;
  }, 0);
  return between(0, share * added, added, 'what the checkpoint leaves in 16 bit');
}

/** The KV cache of all layers on one rank, as if there were one pipeline stage. */
export function wholeModelCache(engine: Engine): KvCacheLayout | null {
  const [stage] = pipelineStages(engine.model.architecture, 1);
  return stage ? kvCacheLayout(stageCaches(engine, stage), engine.cacheSettings) : null;
}

/** Half-width where every tensor is known: two decimals of the log and what back ends pad. */
const EXACT_RELATIVE = 0.006;

/**
 * More where there is a tower: which of its layers are loaded and how its projector is cut differs by model class (Kimi-VL at TP2 15.53 GiB of
 * 15.39, Cosmos-Reason2-2B 4.74 of 4.79, Gemma-4-31B in NVFP4 31.18 of 30.89).
 */
const TOWER_RELATIVE = 0.006;

/** Which modules get adapters differs by model class. */
const LORA_RELATIVE = 0.3;

function stageCaches(engine: Engine, stage: PipelineStage): readonly CountedCache[] {
  const { layerKinds } = engine.model.architecture;
  const indexer = layerKinds.flatMap((kind) => kind.mixers).find((mixer) => mixer.kind === 'mla' && mixer.indexer !== null);
  return layerKinds.flatMap((kind, index) => {
    const layers = stage.layersByKind[index] ?? 0;
    return layers === 0
      ? []
      : kind.mixers.flatMap((mixer) => cachesOf(withIndexer(mixer, indexer), engine.cacheFormat).map((cache) => ({ cache, layers })));
  });
}

/** Layers that reuse another layer's top-k selection still get an index cache (GLM-5.2-FP8: 62,249 B per token over all its layers). */
function withIndexer(mixer: Mixer, indexed: Mixer | undefined): Mixer {
  return mixer.kind === 'mla' && mixer.indexer === null && indexed?.kind === 'mla' ? { ...mixer, indexer: indexed.indexer } : mixer;
}

const PART_NAMES: Readonly<Record<StoredParameter['group'], string>> = {
  embed: 'embedding',
  lm_head: 'lm_head',
  attention: 'attention',
  mlp: 'MLP',
  experts: 'experts',
  shared_experts: 'shared experts',
  router: 'router',
  norm: 'norms',
  ssm: 'state-space and linear attention',
  per_layer_embed: 'per-layer embedding',
  vision: 'vision tower',
  audio: 'audio tower',
  mtp: 'MTP',
  other: 'other',
  absorbed: 'MLA absorbed copies',
};

function weightParts(
  engine: Engine,
  stage: PipelineStage,
  outer: readonly StoredParameter[],
  offload: Offload,
  loraBytes: number,
  drafter: Drafter,
  unquantized: number,
): readonly MemoryPart[] {
  const byName = new Map<string, number>();
  const add = (name: string, bytes: number): void => {
    if (bytes !== 0) byName.set(name, (byName.get(name) ?? 0) + bytes);
  };
  for (const parameter of outer) add(PART_NAMES[parameter.group], parameter.bytes);
  engine.parametersByKind.forEach((parameters, kind) => {
    for (const parameter of parameters) add(PART_NAMES[parameter.group], parameter.bytes * (stage.layersByKind[kind] ?? 0));
  });
  add('layers that may be in 16 bit', unquantized);
  add('LoRA buffers', loraBytes);
  add('draft model', drafter.weights.value);
  add('offloaded to the host', -offload.saved);
  return [...byName].map(([name, bytes]) => ({ name, bytes })).sort((a, b) => b.bytes - a.bytes);
}
