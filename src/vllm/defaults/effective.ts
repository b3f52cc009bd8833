import type { Architecture, Model } from '../../estimator/architecture';
import type { Gpu, GpuSetup } from '../../estimator/hardware/gpu';
import { ArgumentReader, positiveNumber } from '../argumentValues';
import type { VllmArguments } from '../arguments';
import { hasChunkedLayers, hasStateLayers } from '../../estimator/modelShape';
import { isSince } from '../release';
import type { VersionBounds } from '../versionBounds';
import { isStated, rulesOf } from '../versions';
import { versionSpan } from '../versionSpan';
import { batchSettings, chunksByDefault } from './batch';
import { engineOf, usesV2Runner } from './engine';
import { loraSettings, multimodalSettings, offloadSettings, speculativeSettings } from './features';
import type { EngineSettings } from './settings';

/** Batch defaults of a model whose longest context is not known here are those of a context this long (vLLM's own fallback). */
const FALLBACK_MAX_MODEL_LEN = 2048;

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

/** The config's longest context with `hf-overrides` applied, tokens; null when it is not known. */
function derivedMaxModelLen(architecture: Architecture, read: ArgumentReader): number | null {
  const overrides = read.object('hf-overrides');
  const text = overrides?.['text_config'];
  const nested = typeof text === 'object' && text !== null && !Array.isArray(text) ? (text as Readonly<Record<string, unknown>>) : {};
  const positions = overrides?.['max_position_embeddings'] ?? nested['max_position_embeddings'];
  const stated = positiveNumber(positions);
  const base = stated ?? architecture.maxPositionEmbeddings;
  const scaling = overrides?.['rope_scaling'] ?? overrides?.['rope_parameters'] ?? nested['rope_scaling'];
  if (typeof scaling !== 'object' || scaling === null || Array.isArray(scaling)) return base;
  const { factor, original_max_position_embeddings: original } = scaling as Readonly<Record<string, unknown>>;
  const scale = positiveNumber(factor);
  const scaled = positiveNumber(original) ?? base;
  return scale === null || scaled === null ? base : Math.round(scaled * scale);
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
