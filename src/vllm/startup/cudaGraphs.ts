import { between, type Ranged } from '../../estimator/ranged';
import { GIB } from '../../estimator/units';
import { ArgumentReader, toNumber, toNumbers } from '../argumentValues';
import type { VllmArguments } from '../arguments';
import { hasExperts, tokensPerDecode, type EngineSettings } from '../defaults';
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
}

const NONE: CapturePlan = { piecewise: 0, full: 0, largest: 0 };

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
  const decodeSizes = sizes.filter((size) => size <= decodeLimit).length;
  const full = settings.engine === 'V1' && (mode === null ? settings.rules.fullDecodeGraphs && level !== 1 : mode.includes('FULL'));
  const piecewise = settings.engine === 'V0' ? sizes.length : mode !== null && !mode.includes('PIECEWISE') ? 0 : sizes.length;
  return { piecewise, full: full ? (mode === 'FULL' ? sizes.length : decodeSizes) : 0, largest: Math.max(0, ...sizes) };
}

function severalSizes(sizes: readonly number[] | null): readonly number[] | null {
  return sizes !== null && sizes.length > 1 ? sizes : null;
}

function captureSizes(settings: EngineSettings, wanted: number | null, modelType: string): readonly number[] {
  const { engine, maxNumSeqs, maxNumBatchedTokens, version, rules } = settings;
  if (engine === 'V0') return range(maxNumSeqs <= 4 ? 4 : 8 * Math.ceil(maxNumSeqs / 8), 8, 8).filter((size) => size <= 256);
  const cap = modelType === 'gpt_oss' && isSince(version, '0.11.0') ? 1024 : 512;
  const bySeqs = rules.captureFollowsMaxSeqs ? Math.min(maxNumSeqs * tokensPerDecode(settings) * 2, cap) : 512;
  const largest = Math.min(wanted ?? bySeqs, Math.max(1, maxNumBatchedTokens));
  return isSince(version, '0.11.1') ? range(largest, 8, 16) : range(largest, 8, 8);
}

/** 1, 2, 4, then steps of `small` below 256 and of `large` from there, up to `largest`. */
function range(largest: number, small: number, large: number): readonly number[] {
  const sizes = [1, 2, 4].filter((size) => size <= largest);
  for (let size = 8; size <= largest; size += size < 256 ? small : large) sizes.push(size);
  return sizes;
}

/**
 * Fixed part and slope of the pool, fitted to H100 logs of v0.19.0 with 102 graphs: Llama-3.1-8B 0.91, Qwen3-8B 0.96, 70B TP2 1.79 GiB.
 * The fixed part is the largest graph's own pool and grows with its size.
 */
const FIXED_GIB_AT_512 = 0.38;
const GIB_PER_LAYER_AND_GRAPH = 1.64e-4;

/** MoE layers launch more kernels with larger parameters: Qwen3-30B-A3B 1.41, gpt-oss-20b 1.84, DeepSeek-V2-Lite 1.57 (v0.19.0, H100). */
const MOE_FACTOR = 1.5;

/** Memory of the captured graphs. Measured pools scatter by a factor of two around any formula. */
export function cudaGraphMemory(plan: CapturePlan, layers: number, architecture: Architecture): Ranged {
  const graphs = plan.piecewise + plan.full;
  if (graphs === 0) return { value: 0, low: 0, high: 0 };
  const fixed = FIXED_GIB_AT_512 * (plan.largest / 512);
  const value = (fixed + GIB_PER_LAYER_AND_GRAPH * layers * graphs) * (hasExperts(architecture) ? MOE_FACTOR : 1) * GIB;
  return between(value * 0.5, value, value * 1.9, 'CUDA graphs on this GPU class');
}

/**
 * What vLLM's own estimate charges to the budget: it extrapolates two captures linearly, so it is near the captured size for dense models
 * and below it for MoE (1.30 for 1.84, 0.82 for 1.10, 0.15 for 0.11 GiB).
 */
export function cudaGraphCharge(captured: Ranged, architecture: Architecture): Ranged {
  const share = hasExperts(architecture) ? 0.75 : 0.95;
  return between(captured.low * 0.5, captured.value * share, captured.high, captured.reason);
}
