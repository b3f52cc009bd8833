import type { Gpu } from '../hardware/gpu';
import { hostBandwidth, linkBandwidth, USUAL_FRACTION } from '../hardware/interconnects';
import { SPEED_CONSTANTS, type EngineConstants, type SpeedConstants } from './constants';
import { engineProfile, hasHopperKernels, outsideGraphs, type Engine } from './engines';
import { bytesPerMs, domainSize, linkClass, memoryClass, peakRate, smArchitecture, type SmArchitecture } from './hardwareRates';
import { isPlain, kvBytes, touchedExperts, type ModelWork } from './work';

/** The machine and software one model runs on. */
export interface SpeedSetup {
  readonly gpu: Gpu;
  readonly engine: Engine;
  /** null for the newest. */
  readonly engineVersion: string | null;
  readonly tensorParallel: number;
  readonly pipelineParallel: number;
  readonly dataParallel: number;
  /** Experts as wholes on each GPU of the tensor- and data-parallel group. */
  readonly expertParallel: boolean;
  /** Interconnect key between the GPUs; null for the card's own. */
  readonly link: string | null;
  /** CUDA graphs switched off (`enforce-eager`). */
  readonly eager: boolean;
  /** Bytes of weights each GPU does not hold and every step needs. */
  readonly offloadBytes: number;
  /** The KV cache lies outside the GPUs too. */
  readonly offloadKvCache?: boolean;
  readonly offloadTarget: OffloadTarget;
}

/** Where offloaded bytes lie: in host memory or on disk, copied or read over the link; or in host memory and computed there. */
export type OffloadTarget = 'cpu_ram' | 'nvme' | 'cpu_compute';

/** Milliseconds of one decode step, by cause. They add up, except under launch-bound engines: see `total`. */
export interface StepTime {
  readonly total: number;
  /** Reading weights, or computing with them where that takes longer. */
  readonly weights: number;
  readonly kvCache: number;
  readonly communication: number;
  readonly launches: number;
  readonly host: number;
  readonly offload: number;
}

/** Exponents of the smooth maximum of two times that overlap: 2 for memory traffic and arithmetic of one kernel, 4 for two limits of one stream. */
const OVERLAP = 2;
const LIMITS = 4;

/** Smooth maximum: the p-norm. */
export function either(a: number, b: number, p: number): number {
  const most = Math.max(a, b);
  return most === 0 ? 0 : most * ((a / most) ** p + (b / most) ** p) ** (1 / p);
}

/**
 * GB/s at which GPUs read weights in place over the host link during a step, whatever the link: vLLM 0.8.5 with 60 GiB offload decoded a
 * 4-bit 70B model at 0.4 tokens/s, about 37 GB per step.
 */
const IN_PLACE_READ_GB_S = 15;
/** GB/s of an NVMe drive reading large blocks: PCIe 4 x4 drives are sold with 5 to 7. */
const NVME_GB_S = 5;
/** GB/s a desktop's host memory gives the CPU: a 42 GB model split between an RTX 4090 and DDR5 decoded at 3.1 tokens/s. */
const CPU_COMPUTE_GB_S = 65;

export function constantsOf(setup: SpeedSetup, constants: SpeedConstants): EngineConstants {
  return constants.engines[engineProfile(setup.engine, setup.engineVersion, setup.gpu.vendor)];
}

/** Engines in which the CPU launches every kernel, so that a step takes the launches or the kernels, whichever is longer. */
export function isLaunchBound(engine: Engine): boolean {
  return engine === 'transformers' || engine === 'litgpt';
}

/** Milliseconds to stream `bytes` of weights from one GPU's memory. */
export function streamMs(setup: SpeedSetup, work: ModelWork, bytes: number, constants: SpeedConstants = SPEED_CONSTANTS): number {
  const { gpu, engine } = setup;
  const dram = (bytes / bytesPerMs(gpu)) * constants.memory[memoryClass(gpu)];
  const architecture = smArchitecture(gpu);
  const perSm = architecture === null ? null : loadedPerSm(setup, architecture, constants);
  const limited = memoryClass(gpu) === 'hbm' && perSm !== null && gpu.smCount !== null && gpu.vendor === 'NVIDIA';
  const time = limited ? either(dram, bytes / (perSm * gpu.smCount * 1e6), LIMITS) : dram;
  return time * formatFactor(engine, work, constants) * vendorFactor(gpu, engine, constants);
}

function loadedPerSm(setup: SpeedSetup, architecture: SmArchitecture, constants: SpeedConstants): number {
  if (setup.engine === 'llama_cpp') return constants.smGbSLlamaCpp;
  return architecture === 'Hopper' && hasHopperKernels(setup.engine, setup.engineVersion)
    ? constants.smGbSHopperKernels
    : constants.smGbS[architecture];
}

function formatFactor(engine: Engine, work: ModelWork, constants: SpeedConstants): number {
  const { format } = work;
  if (engine === 'llama_cpp') return format === 'ggml' || format === 'int4' || format === 'int8' ? constants.formatLlamaCpp[format] : 1;
  if (engine === 'transformers' || engine === 'litgpt') {
    return isPlain(format) ? 1 : constants.formatTransformers[format === 'fp4' || format === 'ggml' || format === 'w8a8' ? 'int4' : format];
  }
  return isPlain(format) ? 1 : constants.format[format];
}

export function vendorFactor(gpu: Gpu, engine: Engine, constants: SpeedConstants): number {
  const { vendor } = gpu;
  if (vendor === 'NVIDIA' || vendor === 'Apple') return 1;
  if (gpu.unifiedMemory) return 1;
  if (engine === 'llama_cpp' && (vendor === 'AMD' || vendor === 'Intel')) return constants.vendorLlamaCpp[vendor];
  return vendor === 'AMD' || vendor === 'Intel' || vendor === 'Huawei' || vendor === 'Moore Threads'
    ? constants.vendor[vendor]
    : constants.vendor.other;
}

/** GPUs that share one copy of the weights. */
export function gpusPerReplica(setup: SpeedSetup): number {
  return setup.tensorParallel * setup.pipelineParallel;
}

/** GPUs over which the experts are spread: with expert parallelism also those of other data-parallel replicas. */
function expertGpus(setup: SpeedSetup): number {
  return setup.tensorParallel * (setup.expertParallel ? setup.dataParallel : 1);
}

/**
 * One decode step of a replica.
 *
 * @param batch requests decoded together in the replica.
 * @param context tokens each of them has in the KV cache.
 * @param tokensPerRequest new tokens per request in the step: more than 1 when drafts are verified.
 */
export function decodeStep(
  setup: SpeedSetup,
  work: ModelWork,
  batch: number,
  context: number,
  tokensPerRequest = 1,
  constants: SpeedConstants = SPEED_CONSTANTS,
): StepTime {
  const own = constantsOf(setup, constants);
  const { gpu, tensorParallel: tp, pipelineParallel: pp, engine } = setup;
  // Stages work one after another on a micro-batch each: every layer's weights are read once per micro-batch.
  const stageBatch = Math.max(1, batch / pp);
  const tokens = stageBatch * tokensPerRequest;
  const expertTokens = tokens * (setup.expertParallel ? setup.dataParallel : 1);
  const bytes = work.denseBytes / tp + (work.expertBytes * touchedExperts(work, expertTokens)) / expertGpus(setup);
  const held = Math.max(0, bytes - setup.offloadBytes * pp);
  const dense = (work.activeParameters - work.activeExpertParameters) / peakRate(gpu, work.denseFormat);
  const experts = work.activeExpertParameters / peakRate(gpu, work.format);
  const arithmetic = ((2 * (dense + experts) * tokens) / tp / own.decodeRate) * 1e3;
  const weights = either(streamMs(setup, work, held, constants), arithmetic * vendorFactor(gpu, engine, constants), OVERLAP);
  const kvRead = (stageBatch * kvBytes(work, context)) / Math.min(tp, work.kvShards);
  // Recurrent states are read and written once each.
  const states = (2 * stageBatch * work.stateBytes) / tp / bytesPerMs(gpu);
  const kvCache = (kvRead / bytesPerMs(gpu)) * kvFactor(setup, work, constants) + states;
  const communication = communicationMs(setup, work, tokens, constants);
  const launches = launchMs(setup, work, context, constants);
  const host = own.hostMs + own.perRequestMs * batch;
  const offloaded = setup.offloadBytes + (setup.offloadKvCache === true ? kvRead / pp : 0);
  const offload = offloadMs(setup, work, offloaded, constants) * pp;
  // Small kernels leave the GPU waiting between them, whether a graph launches them or the CPU, which may take longer than all of them.
  const gaps = isLaunchBound(engine) ? 0 : launchMs({ ...setup, eager: false }, work, 0, constants);
  const kernels = weights + kvCache + communication + gaps;
  const device = launches > gaps ? either(launches, kernels, LIMITS) : kernels;
  return { total: device + host + offload, weights, kvCache, communication, launches, host, offload };
}

function kvFactor(setup: SpeedSetup, work: ModelWork, constants: SpeedConstants): number {
  switch (setup.engine) {
    case 'transformers':
    case 'litgpt':
      return constants.kv.transformers;
    case 'llama_cpp':
      return setup.gpu.unifiedMemory ? constants.kv.llamaCppUnified : constants.kv.llamaCpp;
    default:
      return work.kvElementBytes < PLAIN_KV_BYTES ? constants.kv.fusedNarrow : constants.kv.fused;
  }
}

/** Bytes per element of a KV cache that attention reads without converting. */
const PLAIN_KV_BYTES = 2;

/** Milliseconds of launching the kernels of all layers once. */
export function launchMs(setup: SpeedSetup, work: ModelWork, context: number, constants: SpeedConstants = SPEED_CONSTANTS): number {
  const own = constantsOf(setup, constants);
  const { engine } = setup;
  const eager = !isLaunchBound(engine) && (setup.eager || outsideGraphs(engine, setup.engineVersion, context));
  let perLayer = eager ? Math.max(own.layerMs, constants.eagerLayerMs) : own.layerMs;
  if ((work.format === 'int4' || work.format === 'int8') && engine !== 'llama_cpp') perLayer += constants.weightOnlyLayerMs[work.format];
  let perExpertLayer = work.experts > 0 ? own.expertLayerMs : 0;
  if (isLaunchBound(engine)) perExpertLayer += constants.loopedExpertMs * work.experts;
  if (engine === 'sglang' && work.format === 'int4') perExpertLayer += constants.unfusedExpertLayerMs;
  return perLayer * work.blocks + perExpertLayer * work.expertLayers;
}

/** Two all-reduces per layer: a fixed latency, and the bytes of the activations over the link. */
export function communicationMs(setup: SpeedSetup, work: ModelWork, tokens: number, constants: SpeedConstants = SPEED_CONSTANTS): number {
  const { gpu, tensorParallel: tp, pipelineParallel: pp } = setup;
  const hopMs = pp > 1 ? (pp - 1) * PIPELINE_HOP_MS : 0;
  if (tp <= 1) return hopMs;
  const latency = constants.allReduceLayerMs[linkClass(gpu, setup.link)] + (tp > domainSize(gpu) ? constants.crossNodeLayerMs : 0);
  return work.blocks * latency + transferMs(setup, work, tokens) + hopMs;
}

/**
 * Milliseconds of sending the activations of all layers' all-reduces over the link, latency aside. Between nodes the all-reduce is
 * hierarchical: each GPU sends its share of the node's sum over its own network adapter.
 */
export function transferMs(setup: SpeedSetup, work: ModelWork, tokens: number): number {
  const { gpu, tensorParallel: tp } = setup;
  const bandwidth = linkBandwidth(gpu, setup.link) ?? DEFAULT_LINK_GB_S;
  const bytes = work.blocks * 2 * tokens * work.hiddenSize * ACTIVATION_BYTES;
  const ring = (n: number): number => (2 * (n - 1)) / n;
  const local = Math.min(tp, domainSize(gpu));
  const nodes = tp / local;
  return (bytes * ring(local)) / (bandwidth * 1e6) + (nodes > 1 ? ((bytes / local) * ring(nodes)) / (NODE_LINK_GB_S * 1e6) : 0);
}

/** Sending the hidden state of a micro-batch to the next stage and waking it: about one all-reduce over PCIe. */
const PIPELINE_HOP_MS = 0.1;
const ACTIVATION_BYTES = 2;
/** GB/s per GPU between nodes: one 400 Gb/s adapter per GPU (DGX H100 and B200 data sheets) at the usual share of a link's nominal rate. */
const NODE_LINK_GB_S = 50 * USUAL_FRACTION;
/** PCIe 4 x16 at the usual share of its nominal rate, for cards of which no link is known. */
const DEFAULT_LINK_GB_S = 25;

/** Milliseconds per stage and step for the `bytes` that the GPU does not hold: never less than reading it from the GPU's own memory. */
export function offloadMs(setup: SpeedSetup, work: ModelWork, bytes: number, constants: SpeedConstants = SPEED_CONSTANTS): number {
  if (bytes <= 0) return 0;
  const link = hostBandwidth(setup.gpu) ?? CPU_COMPUTE_GB_S;
  const rates: Readonly<Record<OffloadTarget, number>> = {
    cpu_ram: Math.min(link, IN_PLACE_READ_GB_S),
    nvme: Math.min(link, NVME_GB_S),
    cpu_compute: CPU_COMPUTE_GB_S,
  };
  return Math.max(bytes / (rates[setup.offloadTarget] * 1e6), streamMs(setup, work, bytes, constants));
}
