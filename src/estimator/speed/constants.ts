import type { EngineProfileId } from './engines';
import type { KernelFormat } from './work';

/** What one engine spends beside the memory traffic and arithmetic of the model. Times in milliseconds. */
export interface EngineConstants {
  /** Per step, outside the layers: scheduling, sampling, sending tokens back. */
  readonly hostMs: number;
  /** Per layer and step: kernel launches and kernels too small to fill the GPU. */
  readonly layerMs: number;
  /** Per layer with experts, on top: routing and grouped kernels. */
  readonly expertLayerMs: number;
  /** Per request in the batch and step: bookkeeping and detokenizing. */
  readonly perRequestMs: number;
  /** Achieved share of the peak rate in the matrix products of a decode batch. */
  readonly decodeRate: number;
  /** Achieved share of the peak rate in prefill. */
  readonly prefillRate: number;
  /** Fixed part of the time to first token of a lone request: HTTP, tokenizer, sampling. */
  readonly firstTokenMs: number;
  /** Per layer: launches of a step that mixes prefill and decode, which CUDA graphs do not cover, and the wait for the one before. */
  readonly waitLayerMs: number;
  /** The same on top for models with experts. */
  readonly waitExpertLayerMs: number;
  /** How much of the other requests' prefill a new request waits for: q in 1 + q x (n - 1)^g. */
  readonly queueShare: number;
  /** Milliseconds per (n - 1)^g of waiting for the running step. */
  readonly queueMs: number;
}

/** Unquantized weights: the reference of the format factors. */
export type PlainFormat = '16bit' | '32bit';

/** All fitted numbers of the speed model. `fit-speed` refits them; every one keeps the sign and meaning its name says. */
export interface SpeedConstants {
  readonly engines: Readonly<Record<EngineProfileId, EngineConstants>>;
  /** Time of streaming weights over the ideal of the data-sheet bandwidth, by memory class. */
  readonly memory: Readonly<Record<'gddr' | 'hbm' | 'unified', number>>;
  /** GB/s one streaming multiprocessor can load, by architecture: what limits cards with much bandwidth and few SMs (H20, H200). */
  readonly smGbS: Readonly<Record<'Volta' | 'Ampere' | 'Hopper' | 'Blackwell', number>>;
  /** The same for llama.cpp's kernels. */
  readonly smGbSLlamaCpp: number;
  /** Streaming time of a format over that of 16-bit weights of the same bytes, for engines with fused kernels. */
  readonly format: Readonly<Record<Exclude<KernelFormat, PlainFormat>, number>>;
  /** The same for engines whose kernels differ. */
  readonly formatLlamaCpp: Readonly<Record<'ggml' | 'int4' | 'int8', number>>;
  readonly formatTransformers: Readonly<Record<'fp8' | 'int8' | 'int4' | 'nf4', number>>;
  /** Milliseconds per layer that weight-only kernels add at small batch. */
  readonly weightOnlyLayerMs: Readonly<Record<'int4' | 'int8', number>>;
  /** Time of reading the KV cache over the ideal. */
  readonly kv: Readonly<Record<'fused' | 'llamaCpp' | 'llamaCppUnified' | 'transformers', number>>;
  /** Milliseconds of all-reduce latency per layer under tensor parallelism, by link. */
  readonly allReduceLayerMs: Readonly<Record<'nvlink' | 'fabric' | 'pcie', number>>;
  /** The same on top when the group spans nodes. */
  readonly crossNodeLayerMs: number;
  /** Streaming time over NVIDIA's for the same data sheet. */
  readonly vendor: Readonly<Record<'AMD' | 'Intel' | 'Huawei' | 'Moore Threads' | 'other', number>>;
  /** AMD and Intel cards under llama.cpp (Vulkan, ROCm, SYCL). */
  readonly vendorLlamaCpp: Readonly<Record<'AMD' | 'Intel', number>>;
  /** Prefill time over the 16-bit rate at the format's own peak. */
  readonly prefillFormat: Readonly<Record<Exclude<KernelFormat, PlainFormat>, number>>;
  /** TFLOP/s of peak at which llama.cpp's prefill reaches half of its share: its batches of 512 tokens do not fill large cards. */
  readonly llamaCppSaturationTflops: number;
  /** Time of attention in prefill without a fused kernel over that with one. */
  readonly plainAttention: number;
  /** Share of the ideal gain from passing chunks of a prompt through pipeline stages at once. */
  readonly stageOverlap: number;
  /** Prefill time of models with experts over dense ones of the same active parameters: grouped products of few rows each. */
  readonly prefillExperts: number;
  /** Distinct experts a batch reaches over those of even routing: real routers repeat themselves. */
  readonly routingSpread: number;
  /** Each generated token under load waits for this share of the other requests' prefill, spread over the output. */
  readonly interference: number;
  /** g in (n - 1)^g. */
  readonly queueExponent: number;
  /** Milliseconds per layer of eager launches where CUDA graphs do not reach. */
  readonly eagerLayerMs: number;
  /** Milliseconds per layer and expert of a loop over experts in Python (transformers). */
  readonly loopedExpertMs: number;
  /** Milliseconds per layer of GPTQ experts without a fused kernel (SGLang). */
  readonly unfusedExpertLayerMs: number;
}

function engine(
  hostMs: number,
  layerMs: number,
  expertLayerMs: number,
  perRequestMs: number,
  decodeRate: number,
  prefillRate: number,
  firstTokenMs: number,
  waitLayerMs: number,
  waitExpertLayerMs: number,
  queueShare: number,
  queueMs: number,
): EngineConstants {
  return {
    hostMs,
    layerMs,
    expertLayerMs,
    perRequestMs,
    decodeRate,
    prefillRate,
    firstTokenMs,
    waitLayerMs,
    waitExpertLayerMs,
    queueShare,
    queueMs,
  };
}

/**
 * Fitted by `scripts/fit-speed.ts` on published measurements (least squares on the logarithm of the ratio, with soft outliers):
 * Qwen speed documents, llama.cpp benchmark tables, AccelMark, NVIDIA NIM and TensorRT-LLM tables, aiconfigurator's silicon data,
 * gpt-fast, MLC, AutoAWQ, litgpt and MLX tables. `benchmark/accuracySpeed.ts` prints how well they do, also on sources left out.
 */
export const SPEED_CONSTANTS: SpeedConstants = {
  engines: {
    vllm_v0: engine(1.73, 0.0448, 0.0155, 0.00501, 0.542, 0.432, 20.9, 0.15, 0.5, 0.1, 1),
    vllm_v1: engine(0.622, 0.0267, 0.0256, 0.0113, 0.583, 0.619, 8.53, 0.268, 0.227, 0.177, 0.981),
    vllm_plugin: engine(0.536, 0.691, 0.073, 0.005, 0.5, 0.86, 19.8, 0.15, 0.5, 0.1, 1),
    sglang: engine(0.542, 0.0369, 0.0246, 0.0319, 0.877, 0.653, 14.2, 0.302, 2.37, 0.606, 3.73),
    tensorrt_llm: engine(1.03, 0.019, 0.0439, 0.00227, 0.74, 0.515, 3.1, 1.11, 2.14, 0.302, 1.46),
    nim: engine(0.939, 0.0473, 0.03, 0.0431, 0.567, 0.525, 4.1, 0.0678, 1, 0.704, 0.24),
    llama_cpp: engine(0.638, 0.0622, 0.0318, 0.0469, 0.0897, 0.721, 10, 0.15, 0.5, 0.5, 1),
    transformers_old: engine(0.781, 0.903, 0, 0.01, 0.4, 0.348, 25, 0.15, 0.5, 0.5, 1),
    transformers_new: engine(0.369, 0.621, 0, 0.01, 0.4, 0.45, 25, 0.15, 0.5, 0.5, 1),
    mlx: engine(0.56, 0.0752, 0.0394, 0.01, 0.375, 1.02, 10, 0.15, 0.5, 0.5, 1),
    exllama: engine(0.357, 0.0145, 0.03, 0.00992, 0.421, 0.45, 10, 0.15, 0.5, 0.5, 1),
    lmdeploy: engine(0.421, 0.0256, 0.03, 0.00999, 0.55, 0.5, 10, 0.15, 0.5, 0.2, 1),
    gpt_fast: engine(0.275, 0.0232, 0.00578, 0.00993, 0.497, 0.5, 10, 0.15, 0.5, 0.5, 1),
    mlc_llm: engine(0.401, 0.0661, 0.03, 0.00995, 0.498, 0.5, 10, 0.15, 0.5, 0.5, 1),
    autoawq: engine(0.254, 0.0248, 0.03, 0.00974, 0.394, 0.116, 10, 0.15, 0.5, 0.5, 1),
    litgpt: engine(0.505, 1.61, 0.1, 0.01, 0.4, 0.45, 25, 0.15, 0.5, 0.5, 1),
    ctranslate2: engine(0.56, 0.314, 0.03, 0.01, 0.4, 0.45, 10, 0.15, 0.5, 0.5, 1),
  },
  memory: { gddr: 1.09, hbm: 1.01, unified: 1.17 },
  smGbS: { Volta: 7.97, Ampere: 15.7, Hopper: 20.9, Blackwell: 28.1 },
  smGbSLlamaCpp: 9.18,
  format: { fp8: 1.01, w8a8: 1.05, int8: 0.997, int4: 1.13, nf4: 1.9, fp4: 0.695, ggml: 0.675 },
  formatLlamaCpp: { ggml: 1.03, int4: 1.1, int8: 1 },
  formatTransformers: { fp8: 6.56, int8: 2.65, int4: 3.35, nf4: 1.79 },
  weightOnlyLayerMs: { int4: 0.0308, int8: 0.0328 },
  kv: { fused: 1.34, llamaCpp: 2.69, llamaCppUnified: 1.62, transformers: 36.6 },
  allReduceLayerMs: { nvlink: 0.0292, fabric: 0.0406, pcie: 0.125 },
  crossNodeLayerMs: 0.097,
  vendor: { AMD: 1.43, Intel: 2, Huawei: 0.588, 'Moore Threads': 1.08, other: 1.5 },
  vendorLlamaCpp: { AMD: 2.76, Intel: 3.18 },
  prefillFormat: { fp8: 1.05, w8a8: 1.12, int8: 0.692, int4: 0.867, nf4: 1.3, fp4: 0.717, ggml: 1.42 },
  llamaCppSaturationTflops: 379,
  plainAttention: 3.6,
  stageOverlap: 0.489,
  prefillExperts: 3.78,
  routingSpread: 0.799,
  interference: 1.1,
  queueExponent: 0.797,
  eagerLayerMs: 0.364,
  loopedExpertMs: 0.0939,
  unfusedExpertLayerMs: 0.533,
};
