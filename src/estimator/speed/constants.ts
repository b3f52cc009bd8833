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
  /** Fixed part of the time to first token: HTTP, tokenizer, first step. */
  readonly firstTokenMs: number;
  /** The same on top for models with experts, whose first step compiles and routes. */
  readonly firstTokenExpertsMs: number;
  /** How much of the other requests' prefill a new request waits for: q in 1 + q x (n - 1)^g. */
  readonly queueShare: number;
  /** Milliseconds per (n - 1)^g of waiting for the running step. */
  readonly queueMs: number;
}

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
  readonly format: Readonly<Record<KernelFormat, number>>;
  /** The same for engines whose kernels differ. */
  readonly formatLlamaCpp: Readonly<Record<'ggml' | 'int4' | 'int8', number>>;
  readonly formatTransformers: Readonly<Record<'32bit' | 'fp8' | 'int8' | 'int4' | 'nf4', number>>;
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
  readonly prefillFormat: Readonly<Record<KernelFormat, number>>;
  /** Prefill time of models with experts over dense ones of the same active parameters: grouped products of few rows each. */
  readonly prefillExperts: number;
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
  firstTokenExpertsMs: number,
  queueShare: number,
  queueMs: number,
): EngineConstants {
  return { hostMs, layerMs, expertLayerMs, perRequestMs, decodeRate, prefillRate, firstTokenMs, firstTokenExpertsMs, queueShare, queueMs };
}

/**
 * Fitted by `scripts/fit-speed.ts` on published measurements (least squares on the logarithm of the ratio, with soft outliers):
 * Qwen speed documents, llama.cpp benchmark tables, AccelMark, NVIDIA NIM and TensorRT-LLM tables, aiconfigurator's silicon data,
 * gpt-fast, MLC, AutoAWQ, litgpt and MLX tables. `benchmark/accuracySpeed.ts` prints how well they do, also on sources left out.
 */
export const SPEED_CONSTANTS: SpeedConstants = {
  engines: {
    vllm_v0: engine(0.9, 0.075, 0.022, 0.005, 0.55, 0.48, 22, 7, 0.1, 1),
    vllm_v1: engine(0.45, 0.032, 0.021, 0.008, 0.55, 0.66, 10, 14, 0.1, 1.1),
    vllm_plugin: engine(0.5, 0.5, 0.05, 0.005, 0.5, 0.4, 20, 10, 0.1, 1),
    sglang: engine(0.5, 0.032, 0.028, 0.037, 0.66, 0.71, 14, 140, 0.27, 5),
    tensorrt_llm: engine(0.7, 0.024, 0.031, 0.0033, 0.6, 0.52, 30, 60, 0.13, 3),
    nim: engine(0.9, 0.053, 0.03, 0.026, 0.46, 0.61, 5.3, 20, 0.63, 0.46),
    llama_cpp: engine(1.7, 0.035, 0.016, 0.05, 0.4, 0.4, 10, 5, 0.5, 1),
    transformers_old: engine(0.35, 0.83, 0, 0.01, 0.4, 0.45, 25, 5, 0.5, 1),
    transformers_new: engine(0.35, 0.61, 0, 0.01, 0.4, 0.45, 25, 5, 0.5, 1),
    mlx: engine(0.48, 0.041, 0.046, 0.01, 0.4, 0.4, 10, 5, 0.5, 1),
    exllama: engine(0.47, 0.043, 0.03, 0.01, 0.4, 0.45, 10, 5, 0.5, 1),
    lmdeploy: engine(0.44, 0.028, 0.03, 0.01, 0.55, 0.5, 10, 10, 0.2, 1),
    gpt_fast: engine(0.33, 0.0156, 0.011, 0.01, 0.5, 0.5, 10, 5, 0.5, 1),
    mlc_llm: engine(0.48, 0.053, 0.03, 0.01, 0.5, 0.5, 10, 5, 0.5, 1),
    autoawq: engine(0.45, 0.036, 0.03, 0.01, 0.4, 0.45, 10, 5, 0.5, 1),
    litgpt: engine(0.5, 1.6, 0.1, 0.01, 0.4, 0.45, 25, 5, 0.5, 1),
    ctranslate2: engine(0.52, 0.089, 0.03, 0.01, 0.4, 0.45, 10, 5, 0.5, 1),
  },
  memory: { gddr: 1.1, hbm: 1.1, unified: 1.12 },
  smGbS: { Volta: 8.3, Ampere: 16.2, Hopper: 23, Blackwell: 35 },
  smGbSLlamaCpp: 9.5,
  format: { '32bit': 1, '16bit': 1, fp8: 1, w8a8: 1.05, int8: 0.82, int4: 1.05, nf4: 1.9, fp4: 0.82, ggml: 1.05 },
  formatLlamaCpp: { ggml: 1.08, int4: 1.1, int8: 1 },
  formatTransformers: { '32bit': 0.94, fp8: 5.7, int8: 2.3, int4: 3.2, nf4: 3.2 },
  weightOnlyLayerMs: { int4: 0.032, int8: 0.034 },
  kv: { fused: 1.3, llamaCpp: 2, llamaCppUnified: 1.84, transformers: 38 },
  allReduceLayerMs: { nvlink: 0.033, fabric: 0.021, pcie: 0.1 },
  crossNodeLayerMs: 0.093,
  vendor: { AMD: 1.29, Intel: 2, Huawei: 1.2, 'Moore Threads': 1.45, other: 1.5 },
  vendorLlamaCpp: { AMD: 1.3, Intel: 3.1 },
  prefillFormat: { '32bit': 1, '16bit': 1, fp8: 1.12, w8a8: 1.12, int8: 1.2, int4: 0.8, nf4: 1.3, fp4: 0.6, ggml: 1 },
  prefillExperts: 4.4,
  interference: 1.18,
  queueExponent: 0.87,
  eagerLayerMs: 0.39,
  loopedExpertMs: 0.097,
  unfusedExpertLayerMs: 0.54,
};
