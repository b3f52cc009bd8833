import { between, type Ranged } from '../../estimator/ranged';
import { GIB } from '../../estimator/units';
import { ArgumentReader, toNumber, toNumbers } from '../argumentValues';
import type { VllmArguments } from '../arguments';
import { tokensPerDecode, type EngineSettings } from '../defaults/settings';
import { hasExperts } from '../../estimator/modelShape';
import { isSince } from '../release';
import type { Architecture } from '../../estimator/architecture';

/** Which graphs are captured. */
export interface CapturePlan {
  /** Sizes of the piecewise graphs, tokens. */
  readonly piecewise: number;
  /** Sizes of the full decode graphs. */
  readonly full: number;
  /** The largest captured size, tokens. */
  readonly largest: number;
  /** The largest size of a full graph, tokens. */
  readonly largestFull: number;
}

const NONE: CapturePlan = { piecewise: 0, full: 0, largest: 0, largestFull: 0 };

/** The graphs vLLM captures (vllm/config/vllm.py, _set_cudagraph_sizes; compilation.py). */
export function capturePlan(settings: EngineSettings, args: VllmArguments, architecture: Architecture): CapturePlan {
  const read = new ArgumentReader(args);
  const compilation = read.object('compilation-config') ?? {};
  const mode = typeof compilation['cudagraph_mode'] === 'string' ? compilation['cudagraph_mode'].toUpperCase() : null;
  const level =
    toNumber(compilation['level'] ?? compilation['mode']) ?? read.number('optimization-level') ?? read.number('compilation-config');
  if (settings.enforceEager || mode === 'NONE' || level === 0 || architecture.task === 'pooling') return NONE;

  const explicit =
    read.numbers('cudagraph-capture-sizes') ??
    toNumbers(compilation['cudagraph_capture_sizes']) ??
    severalSizes(read.numbers('cuda-graph-sizes'));
  const wanted =
    read.positive('max-cudagraph-capture-size') ??
    toNumber(compilation['max_cudagraph_capture_size']) ??
    read.numbers('cuda-graph-sizes')?.[0] ??
    null;
  const sizes = explicit ?? captureSizes(settings, wanted, architecture.modelType);
  const decodeLimit = settings.maxNumSeqs * tokensPerDecode(settings);
  const decodeSizes = sizes.filter((size) => size <= decodeLimit);
  const full = settings.engine === 'V1' && (mode === null ? settings.rules.fullDecodeGraphs && level !== 1 : mode.includes('FULL'));
  const piecewise = settings.engine === 'V0' ? sizes.length : mode !== null && !mode.includes('PIECEWISE') ? 0 : sizes.length;
  const fullSizes = !full ? [] : mode === 'FULL' ? sizes : decodeSizes;
  return { piecewise, full: fullSizes.length, largest: Math.max(0, ...sizes), largestFull: Math.max(0, ...fullSizes) };
}

function severalSizes(sizes: readonly number[] | null): readonly number[] | null {
  return sizes !== null && sizes.length > 1 ? sizes : null;
}

/** V0 captures decode batches up to this size (_BATCH_SIZES_TO_CAPTURE, model_runner.py). */
const V0_LARGEST = 256;

/** Nobody captures more; a mistyped size must not make the list endless. */
const LARGEST_COUNTED = 2 ** 16;

function captureSizes(settings: EngineSettings, wanted: number | null, modelType: string): readonly number[] {
  const { engine, maxNumSeqs, maxNumBatchedTokens, version, rules } = settings;
  if (engine === 'V0') return range(Math.min(V0_LARGEST, maxNumSeqs <= 4 ? 4 : 8 * Math.ceil(maxNumSeqs / 8)), 8, 8);
  const cap = modelType === 'gpt_oss' && isSince(version, '0.11.0') ? 1024 : 512;
  const bySeqs = rules.captureFollowsMaxSeqs ? Math.min(maxNumSeqs * tokensPerDecode(settings) * 2, cap) : 512;
  const largest = Math.min(wanted ?? bySeqs, Math.max(1, maxNumBatchedTokens), LARGEST_COUNTED);
  return isSince(version, '0.11.1') ? range(largest, 8, 16) : range(largest, 8, 8);
}

/** 1, 2, 4, then steps of `small` below 256 and of `large` from there, up to `largest`. */
function range(largest: number, small: number, large: number): readonly number[] {
  const sizes = [1, 2, 4].filter((size) => size <= largest);
  for (let size = 8; size <= largest; size += size < 256 ? small : large) sizes.push(size);
  return sizes;
}

/**
 * Memory per layer and captured graph, and of the pool that all graphs of one kind share, which grows with the largest one. Fitted to logs:
 * on Ampere and Ada 0.46-0.79 GiB for 32-48 layers and 86 graphs (v0.11-v0.19), 0.5 for 28 layers and 67 piecewise graphs (v0.10.1).
 */
const GIB_PER_LAYER_AND_GRAPH = 1.62e-4;
const PIECEWISE_POOL_GIB = 0.1;

/**
 * FULL decode graphs on Hopper hold more: Llama-3.1-8B 0.91, 0.76 (TP2), 0.67 GiB (TP4), 0.65 and 0.51 (PP2, PP4), 70B 1.79 (TP2) and 1.66 (TP4),
 * Qwen2.5-7B 0.86, 0.71, 0.64 (v0.19.0, 102 graphs): about the square root of the hidden size per rank.
 */
const FULL_POOL_GIB_HOPPER = 0.28;
const FULL_POOL_HIDDEN = 4096;

/** Experts and their streams add to FULL graphs: Qwen3-30B-A3B 1.41, Qwen1.5-MoE 1.10, DeepSeek-V2-Lite 1.57, Mixtral TP2 0.93 (v0.19.0, H100). */
const MOE_POOL_GIB = 0.45;

/** What the pools depend on beside the plan. */
export interface GraphInput {
  readonly architecture: Architecture;
  /** Decoder layers of the rank. */
  readonly layers: number;
  readonly tensorParallel: number;
  readonly computeCapability: number | null;
}

/** Memory of the captured graphs. Measured pools scatter by a factor of two around any formula. */
export function cudaGraphMemory(plan: CapturePlan, { architecture, layers, tensorParallel, computeCapability }: GraphInput): Ranged {
  const graphs = plan.piecewise + plan.full;
  if (graphs === 0) return { value: 0, low: 0, high: 0 };
  const hopper = computeCapability !== null && computeCapability >= 90 && computeCapability < 100;
  const perRank = Math.sqrt(architecture.hiddenSize / FULL_POOL_HIDDEN / tensorParallel);
  const fullPool = (hopper ? FULL_POOL_GIB_HOPPER * perRank : 0) + (hasExperts({ architecture }) ? MOE_POOL_GIB : 0);
  const pools = (PIECEWISE_POOL_GIB * plan.largest + fullPool * plan.largestFull) / 512;
  const value = (pools + GIB_PER_LAYER_AND_GRAPH * layers * graphs) * GIB;
  return between(value * 0.55, value, value * 1.9 + LOADED_WITH_GRAPHS_GIB * GIB, 'CUDA graphs on this GPU class');
}

/**
 * What is printed as graph memory is the free memory that went while capturing: kernels and workspaces that are first used there count too, up
 * to 0.3 GiB whatever the graphs (0.64 GiB of Llama-3.1-8B under V0 0.6.6, 0.38 of a few sizes on GB10).
 */
const LOADED_WITH_GRAPHS_GIB = 0.3;

/**
 * What vLLM's own estimate charges to the budget: it extrapolates two captures linearly. Estimates were 0.57 to 1.02 of the captured size
 * for most models (v0.19.0, H100), but 0.14 for 0.38, 0.10 for 0.49 and 0.15 for 0.11 GiB elsewhere.
 */
export function cudaGraphCharge(captured: Ranged): Ranged {
  return between(captured.value * 0.2, captured.value * 0.8, captured.value * 1.4, captured.reason);
}
