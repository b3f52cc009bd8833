import { SPEED_CONSTANTS, type SpeedConstants } from './constants';
import type { Gpu } from '../hardware/gpu';
import { hasBlackwellUltraKernels, isLibrary } from './engines';
import { bytesPerMs, halfRate, peakRate } from './hardwareRates';
import { communicationMs, constantsOf, either, launchMs, offloadMs, streamMs, transferMs, vendorFactor, type SpeedSetup } from './step';
import { isPlain, touchedExperts, type KernelFormat, type ModelWork } from './work';

/** Milliseconds of the forward pass over a prompt, alone on the replica. */
export interface PrefillTime {
  readonly total: number;
  /** Matrix products, attention, and the memory traffic beside them. */
  readonly arithmetic: number;
  /** What grows with every further prompt: arithmetic, and activations over the link. */
  readonly marginal: number;
  readonly weights: number;
  readonly communication: number;
  readonly launches: number;
  readonly offload: number;
}

/**
 * The forward pass over `tokens` new tokens of each of `prompts` prompts, after `cached` tokens that the prefix cache holds.
 *
 * Arithmetic is 2 FLOPs per active parameter and token, plus attention over all earlier tokens; small prompts are bound by reading the
 * weights instead. The head is computed for the last token only. Prompts that wait together share the reading of the weights and the launches,
 * chunk by chunk.
 */
export function prefill(
  setup: SpeedSetup,
  work: ModelWork,
  tokens: number,
  cached = 0,
  constants: SpeedConstants = SPEED_CONSTANTS,
  prompts = 1,
): PrefillTime {
  const own = constantsOf(setup, constants);
  const { gpu, tensorParallel: tp } = setup;
  const share = prefillShare(setup, own.prefillRate, constants);
  const rateOf = (format: KernelFormat): number =>
    (prefillPeak(setup, format) * share) / (isPlain(format) ? 1 : constants.prefillFormat[format]);
  const attentionRate = (peakRate(gpu, '16bit') * share) / attentionFactor(setup, constants);
  const expertFactor =
    work.experts > 0
      ? 1 + (constants.prefillExperts - 1) * Math.min(1, widenedRate(setup, work.format) / (bytesPerMs(gpu) * 1e3) / BOUND_FLOPS_PER_BYTE)
      : 1;
  const dense = Math.max(0, work.activeParameters - work.headParameters - work.activeExpertParameters) * tokens + work.headParameters;
  const products =
    (2 * dense) / rateOf(runFormat(gpu, work.denseFormat)) +
    (2 * work.activeExpertParameters * tokens * expertFactor) / rateOf(work.format);
  const attention = work.attentionFlopsPerPair * tokens * (cached + tokens / 2);
  // Tensor parallelism cuts experts across, so that every GPU handles all routed rows; whole experts get their own rows only.
  const routed = (work.expertLayers * work.expertsPerToken * ROUTED_BYTES) / (setup.expertParallel ? tp : 1);
  const moved = tokens * work.hiddenSize * (work.blocks * constants.prefillTraffic + routed);
  const traffic = setup.engine === 'llama_cpp' ? 0 : moved / bytesPerMs(gpu);
  const kernels = vendorFactor(gpu, setup.engine, constants) * (lacksLatentKernels(setup, work) ? constants.untunedLatentPrefill : 1);
  const arithmetic = prompts * (((products + attention / attentionRate) / tp) * 1e3 * kernels + traffic);
  const passes =
    setup.engine === 'llama_cpp' ? prompts * Math.ceil(tokens / LLAMA_CPP_BATCH) : Math.max(1, (prompts * tokens) / CHUNK_TOKENS);
  const bytes = work.denseBytes / tp + (work.expertBytes * touchedExperts(work, (prompts * tokens) / passes)) / tp;
  const weights = passes * streamMs(setup, work, bytes, constants);
  const communication = communicationMs(setup, work, prompts * tokens, constants);
  const offload = offloadMs(setup, work, setup.offloadBytes, constants) * setup.pipelineParallel;
  const first = isLibrary(setup.engine) ? own.firstTokenMs : 0;
  const launches = first + passes * (own.hostMs + launchMs(setup, work, cached + tokens, constants));
  const overlap = stageOverlap(setup, passes, constants);
  const total = either(arithmetic, weights, 2) / overlap + communication + launches + offload;
  const marginal = arithmetic / overlap + transferMs(setup, work, prompts * tokens);
  return { total, arithmetic, marginal, weights, communication, launches, offload };
}

/**
 * Format that dense products run in: 4-bit floats on a card without units for them are weights alone, widened as 4-bit integers are (vLLM's Marlin
 * kernel for NVFP4). The constant of 4-bit floats has units behind it, except in experts, which gpt-oss was measured with on Hopper as well.
 */
function runFormat(gpu: Gpu, format: KernelFormat): KernelFormat {
  return format === 'fp4' && gpu.tflops.fp4 === null ? 'int4' : format;
}

/** Whether the engine reads prompts of a model with latent attention by kernels that are not tuned for the card. */
export function lacksLatentKernels({ engine, engineVersion, gpu }: SpeedSetup, work: ModelWork): boolean {
  return work.latentAttention && gpu.computeCapability === UNTUNED_CAPABILITY && !hasBlackwellUltraKernels(engine, engineVersion);
}

/** B300 and GB300 (Blackwell Ultra). */
const UNTUNED_CAPABILITY = 103;

/**
 * Bytes per element of the hidden state that routing a token to one expert moves beside the products: read and written once more to gather an
 * expert's rows, written after its products and read again for the weighted sum, 16 bit each.
 */
const ROUTED_BYTES = 8;

/** FLOPs per byte of bandwidth above which the small products of experts leave the matrix units idle; data-center cards have 150 to 300. */
const BOUND_FLOPS_PER_BYTE = 200;

/** Tokens llama.cpp processes at once (`--ubatch-size`, default 512), reading all weights each time. */
const LLAMA_CPP_BATCH = 512;

/**
 * TFLOP/s per multiprocessor that Ampere's matrix instructions reach on newer cards: about 63 % of a Hopper card's peak, 989.4 TFLOP/s over the 132
 * multiprocessors of an H100. The share is ascribed to Luo et al. 2024 (arXiv 2402.13499), whose text was not at hand; what is measured agrees:
 * Kimi-K2.5 in int4 prefills 1.13 to 1.16 times faster on B200 than on H200 (speed.jsonl). Weight-only kernels (Marlin) are written for these
 * instructions, so that Blackwell's units give them nothing.
 */
const AMPERE_TFLOPS_PER_SM = (0.63 * 989.4) / 132;

/** FLOP/s of products in 16 bit, by the instructions that an engine's kernels for the weights' format use. */
function widenedRate(setup: SpeedSetup, format: KernelFormat): number {
  const { gpu } = setup;
  const limited = isWeightOnly(setup, format) && gpu.vendor === 'NVIDIA' && gpu.smCount !== null;
  return limited ? Math.min(halfRate(gpu), AMPERE_TFLOPS_PER_SM * gpu.smCount * 1e12) : halfRate(gpu);
}

/** Whether an engine widens weights of a format inside kernels written for Ampere. */
function isWeightOnly({ engine }: SpeedSetup, format: KernelFormat): boolean {
  return (engine === 'vllm' || engine === 'sglang') && (format === 'int4' || format === 'int8');
}

/** llama.cpp accumulates in 16 bit, which tensor cores of GeForce cards do at twice their data sheet's rate with 32-bit accumulation. */
function prefillPeak(setup: SpeedSetup, format: KernelFormat): number {
  const { gpu, engine } = setup;
  if (engine !== 'llama_cpp') return isWeightOnly(setup, format) ? widenedRate(setup, format) : peakRate(gpu, format);
  const integer = gpu.tflops.fp16 === null ? gpu.tflops.int8 : null;
  if (integer !== null) return (integer * 1e12) / 2;
  return peakRate(gpu, '16bit') * (/GeForce RTX|modded/.test(gpu.label) ? 2 : 1);
}

function prefillShare(setup: SpeedSetup, rate: number, constants: SpeedConstants): number {
  if (setup.engine !== 'llama_cpp') return rate;
  return rate / (1 + prefillPeak(setup, '16bit') / (constants.llamaCppSaturationTflops * 1e12));
}

/** llama.cpp's tables are of its plain attention, which writes the scores to memory; shared memory hides that on cards with few FLOPs per byte. */
function attentionFactor(setup: SpeedSetup, constants: SpeedConstants): number {
  return setup.engine === 'llama_cpp' && !setup.gpu.unifiedMemory ? constants.plainAttention : 1;
}

/** Tokens per chunk of a long prompt, between which pipeline stages overlap: vLLM's and SGLang's defaults on data-center cards. */
const CHUNK_TOKENS = 8192;

/** How much faster `m` chunks pass `p` stages than one after another, m p / (m + p - 1), as far as it is reached. */
function stageOverlap(setup: SpeedSetup, chunks: number, constants: SpeedConstants): number {
  const stages = setup.pipelineParallel;
  if (stages <= 1) return 1;
  return 1 + constants.stageOverlap * ((chunks * stages) / (chunks + stages - 1) - 1);
}
