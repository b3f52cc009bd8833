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
  /** g in (n - 1)^g: 1 where all requests come at once, less the more they spread. */
  readonly queueExponent: number;
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
  /** Time of reading the KV cache over the ideal; narrow: elements below 16 bit, whose conversion takes the time that their size saves. */
  readonly kv: Readonly<Record<'fused' | 'fusedNarrow' | 'llamaCpp' | 'llamaCppUnified' | 'transformers', number>>;
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
  /** Bytes per token, layer and element of the hidden state that prefill moves through memory beside the products: norms, residuals, conversions, routing. */
  readonly prefillTraffic: number;
  /** Distinct experts a batch reaches over those of even routing: real routers repeat themselves. */
  readonly routingSpread: number;
  /** Each generated token under load waits for this share of the other requests' prefill, spread over the output. */
  readonly interference: number;
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
  queueExponent: number,
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
    queueExponent,
  };
}

/**
 * Fitted by `scripts/fit-speed.ts` on published measurements (least squares on the logarithm of the ratio, outliers damped):
 * Qwen speed documents, llama.cpp benchmark tables, AccelMark, NVIDIA NIM and TensorRT-LLM tables, aiconfigurator's silicon data,
 * gpt-fast, MLC, AutoAWQ, litgpt and MLX tables. `benchmark/accuracySpeed.ts` prints how well they do, also on sources left out.
 */
export const SPEED_CONSTANTS: SpeedConstants = {
  engines: {
    vllm_v0: engine(2.01, 0.0341, 0.0144, 0.00502, 0.525, 0.474, 15.2, 0.15, 0.5, 0.1, 1, 0.811),
    vllm_v1: engine(0.604, 0.0232, 0.0293, 0.00196, 0.712, 0.605, 6.26, 0.17, 0.514, 0.0729, 0.919, 0.913),
    vllm_plugin: engine(0.549, 0.653, 0.0886, 0.005, 0.5, 1.02, 19.7, 0.15, 0.5, 0.1, 1, 0.811),
    sglang: engine(0.692, 0.0315, 0.0294, 0.0281, 0.904, 0.688, 14, 0.216, 2.52, 0.285, 12.4, 0.725),
    tensorrt_llm: engine(1.29, 0.00525, 0.0466, 0.00102, 0.804, 0.871, 2.97, 0.395, 1.62, 0.162, 5.18, 0.748),
    nim: engine(1.44, 0.036, 0.03, 0.0269, 0.438, 0.827, 4.11, 0.31, 1, 0.402, 1.14, 0.85),
    llama_cpp: engine(0.105, 0.0815, 0.0414, 0.0383, 0.0892, 0.714, 10, 0.15, 0.5, 0.5, 1, 0.811),
    transformers_old: engine(11.1, 0.524, 0, 0.0101, 0.399, 0.326, 26.2, 0.15, 0.5, 0.5, 1, 0.811),
    transformers_new: engine(0.566, 0.597, 0, 0.0101, 0.4, 0.45, 24.7, 0.15, 0.5, 0.5, 1, 0.811),
    mlx: engine(0.583, 0.0837, 0.0334, 0.01, 0.361, 1.04, 10, 0.15, 0.5, 0.5, 1, 0.811),
    exllama: engine(0.393, 0.00352, 0.03, 0.00994, 0.458, 0.45, 10, 0.15, 0.5, 0.5, 1, 0.811),
    lmdeploy: engine(0.489, 0.0352, 0.03, 0.01, 0.55, 0.5, 10, 0.15, 0.5, 0.2, 1, 0.811),
    gpt_fast: engine(0.111, 0.0253, 0.00115, 0.00943, 0.493, 0.5, 10, 0.15, 0.5, 0.5, 1, 0.811),
    mlc_llm: engine(0.144, 0.0863, 0.03, 0.00953, 0.487, 0.5, 10, 0.15, 0.5, 0.5, 1, 0.811),
    autoawq: engine(0.0828, 0.0274, 0.03, 0.00887, 0.384, 0.291, 51.4, 0.15, 0.5, 0.5, 1, 0.811),
    litgpt: engine(0.586, 1.63, 0.1, 0.01, 0.4, 0.45, 25, 0.15, 0.5, 0.5, 1, 0.811),
    ctranslate2: engine(0.57, 0.399, 0.03, 0.01, 0.4, 0.45, 10, 0.15, 0.5, 0.5, 1, 0.811),
  },
  memory: { gddr: 1.08, hbm: 1, unified: 1.17 },
  smGbS: { Volta: 8.02, Ampere: 15.1, Hopper: 21.5, Blackwell: 36.2 },
  smGbSLlamaCpp: 9.21,
  format: { fp8: 1.03, w8a8: 1.05, int8: 1.01, int4: 1.14, nf4: 1.9, fp4: 0.757, ggml: 0.625 },
  formatLlamaCpp: { ggml: 1.01, int4: 1.1, int8: 1 },
  formatTransformers: { fp8: 6.74, int8: 2.5, int4: 3.34, nf4: 1.27 },
  weightOnlyLayerMs: { int4: 0.0329, int8: 0.031 },
  kv: { fused: 1.43, fusedNarrow: 2.8, llamaCpp: 2.75, llamaCppUnified: 1.49, transformers: 30.2 },
  allReduceLayerMs: { nvlink: 0.0309, fabric: 0.044, pcie: 0.11 },
  crossNodeLayerMs: 0.0782,
  vendor: { AMD: 1.51, Intel: 2, Huawei: 0.835, 'Moore Threads': 1.06, other: 1.5 },
  vendorLlamaCpp: { AMD: 2.63, Intel: 3.28 },
  prefillFormat: { fp8: 0.821, w8a8: 1.12, int8: 0.698, int4: 0.79, nf4: 1.3, fp4: 0.576, ggml: 1.42 },
  llamaCppSaturationTflops: 392,
  plainAttention: 3.37,
  stageOverlap: 0.5,
  prefillExperts: 5.25,
  prefillTraffic: 123,
  routingSpread: 0.873,
  interference: 0.758,
  eagerLayerMs: 0.349,
  loopedExpertMs: 0.0944,
  unfusedExpertLayerMs: 0.529,
};
