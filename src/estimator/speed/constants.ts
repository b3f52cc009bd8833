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
    vllm_v0: engine(1.83, 0.0417, 0.0146, 0.00501, 0.541, 0.422, 16.2, 0.15, 0.5, 0.1, 1),
    vllm_v1: engine(0.57, 0.0286, 0.0262, 0.00694, 0.585, 0.657, 8.4, 0.29, 0.196, 0.158, 0.793),
    vllm_plugin: engine(0.549, 0.653, 0.0886, 0.005, 0.5, 1.02, 19.7, 0.15, 0.5, 0.1, 1),
    sglang: engine(0.54, 0.0357, 0.0221, 0.0391, 0.914, 0.718, 14.3, 0.303, 2.63, 0.319, 4.94),
    tensorrt_llm: engine(1.21, 0.018, 0.0433, 0.00198, 0.767, 0.607, 2.82, 0.749, 1.51, 0.165, 1.92),
    nim: engine(1.15, 0.0427, 0.03, 0.0501, 0.589, 0.588, 4.56, 0.0732, 1, 0.449, 0.218),
    llama_cpp: engine(0.509, 0.0665, 0.0367, 0.0461, 0.0887, 0.722, 10, 0.15, 0.5, 0.5, 1),
    transformers_old: engine(1.67, 0.877, 0, 0.01, 0.4, 0.347, 25, 0.15, 0.5, 0.5, 1),
    transformers_new: engine(0.378, 0.621, 0, 0.01, 0.4, 0.45, 25, 0.15, 0.5, 0.5, 1),
    mlx: engine(0.572, 0.0807, 0.0367, 0.01, 0.373, 1, 10, 0.15, 0.5, 0.5, 1),
    exllama: engine(0.336, 0.0117, 0.03, 0.0099, 0.424, 0.45, 10, 0.15, 0.5, 0.5, 1),
    lmdeploy: engine(0.449, 0.0293, 0.03, 0.01, 0.55, 0.5, 10, 0.15, 0.5, 0.2, 1),
    gpt_fast: engine(0.251, 0.0224, 0.00488, 0.00989, 0.497, 0.5, 10, 0.15, 0.5, 0.5, 1),
    mlc_llm: engine(0.374, 0.0693, 0.03, 0.00993, 0.497, 0.5, 10, 0.15, 0.5, 0.5, 1),
    autoawq: engine(0.231, 0.025, 0.03, 0.00968, 0.393, 0.117, 10, 0.15, 0.5, 0.5, 1),
    litgpt: engine(0.506, 1.61, 0.1, 0.01, 0.4, 0.45, 25, 0.15, 0.5, 0.5, 1),
    ctranslate2: engine(0.56, 0.313, 0.03, 0.01, 0.4, 0.45, 10, 0.15, 0.5, 0.5, 1),
  },
  memory: { gddr: 1.09, hbm: 1.04, unified: 1.16 },
  smGbS: { Volta: 7.78, Ampere: 15.8, Hopper: 20.4, Blackwell: 30.2 },
  smGbSLlamaCpp: 9.2,
  format: { fp8: 0.98, w8a8: 1.05, int8: 1, int4: 1.15, nf4: 1.9, fp4: 0.742, ggml: 0.674 },
  formatLlamaCpp: { ggml: 1.03, int4: 1.1, int8: 1 },
  formatTransformers: { fp8: 6.42, int8: 2.62, int4: 3.33, nf4: 1.74 },
  weightOnlyLayerMs: { int4: 0.0314, int8: 0.0332 },
  kv: { fused: 1.07, llamaCpp: 2.69, llamaCppUnified: 1.62, transformers: 36.2 },
  allReduceLayerMs: { nvlink: 0.0297, fabric: 0.0407, pcie: 0.121 },
  crossNodeLayerMs: 0.097,
  vendor: { AMD: 1.41, Intel: 2, Huawei: 0.835, 'Moore Threads': 1.06, other: 1.5 },
  vendorLlamaCpp: { AMD: 2.77, Intel: 3.18 },
  prefillFormat: { fp8: 1.07, w8a8: 1.12, int8: 0.717, int4: 0.905, nf4: 1.3, fp4: 0.64, ggml: 1.41 },
  llamaCppSaturationTflops: 375,
  plainAttention: 3.51,
  stageOverlap: 0.48,
  prefillExperts: 3.67,
  routingSpread: 0.786,
  interference: 1.21,
  queueExponent: 0.792,
  eagerLayerMs: 0.36,
  loopedExpertMs: 0.0939,
  unfusedExpertLayerMs: 0.534,
};
