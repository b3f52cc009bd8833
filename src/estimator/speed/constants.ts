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
  /** Decode steps that a new request waits for while others run: the running one, and those the scheduler admits nobody in. */
  readonly waitSteps: number;
  /** Share of each other request's prefill that a new request waits for: 0.5 where all come at once. */
  readonly queueShare: number;
  /** Prompt tokens of the other requests at which half of them have drifted apart and no longer come at once. */
  readonly queueTokens: number;
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
  /** The same for engines with kernels of Hopper's own. */
  readonly smGbSHopperKernels: number;
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
  /** Bytes per token, layer and element of the hidden state that prefill moves through memory beside the products: norms, residuals, conversions. */
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

/** The constants of an engine in the order of {@link EngineConstants}. */
function engine(...values: readonly [number, number, number, number, number, number, number, number, number, number]): EngineConstants {
  const [hostMs, layerMs, expertLayerMs, perRequestMs, decodeRate, prefillRate, firstTokenMs, waitSteps, queueShare, queueTokens] = values;
  return {
    hostMs,
    layerMs,
    expertLayerMs,
    perRequestMs,
    decodeRate,
    prefillRate,
    firstTokenMs,
    waitSteps,
    queueShare,
    queueTokens,
  };
}

/**
 * Fitted by `scripts/fit-speed.ts` on published measurements (least squares on the logarithm of the ratio, outliers damped):
 * Qwen speed documents, llama.cpp benchmark tables, AccelMark, NVIDIA NIM and TensorRT-LLM tables, aiconfigurator's silicon data,
 * gpt-fast, MLC, AutoAWQ, litgpt and MLX tables. `benchmark/accuracySpeed.ts` prints how well they do, also on sources left out.
 */
export const SPEED_CONSTANTS: SpeedConstants = {
  engines: {
    vllm_v0: engine(2.33, 0.019, 0.0101, 0.00503, 0.525, 0.48, 17.3, 3, 0.1, 1000000),
    vllm_v1: engine(0.426, 0.0295, 0.0288, 0.0045, 0.713, 0.633, 10.4, 4.48, 0.0485, 7830000),
    vllm_plugin: engine(0.262, 0.585, 0.13, 0.00498, 0.5, 0.9, 10.8, 3, 0.1, 1000000),
    sglang: engine(1.06, 0.0108, 0.044, 0.0316, 0.913, 0.805, 16.2, 20.4, 0.232, 608000),
    tensorrt_llm: engine(1.43, 0.00295, 0.0519, 0.00102, 0.807, 0.831, 3.25, 15, 0.088, 1440000),
    nim: engine(1.05, 0.0549, 0.03, 0.029, 0.441, 0.855, 4.49, 0.907, 0.631, 228000),
    llama_cpp: engine(0.0735, 0.0925, 0.0374, 0.0361, 0.0911, 0.712, 10, 3, 0.1, 1000000),
    transformers_old: engine(9.73, 0.571, 0, 0.0101, 0.399, 0.312, 27.5, 3, 0.1, 1000000),
    transformers_new: engine(0.745, 0.59, 0, 0.0101, 0.4, 0.45, 24.6, 3, 0.1, 1000000),
    mlx: engine(0.616, 0.0927, 0.027, 0.01, 0.361, 1, 10, 3, 0.1, 1000000),
    exllama: engine(0.184, 0.00223, 0.03, 0.0097, 0.458, 0.45, 10, 3, 0.1, 1000000),
    lmdeploy: engine(0.445, 0.0287, 0.03, 0.00998, 0.55, 0.5, 10, 3, 0.1, 1000000),
    gpt_fast: engine(0.0916, 0.0227, 0.000758, 0.00928, 0.493, 0.5, 10, 3, 0.1, 1000000),
    mlc_llm: engine(0.0912, 0.0423, 0.03, 0.00922, 0.487, 0.5, 10, 3, 0.1, 1000000),
    autoawq: engine(0.062, 0.0211, 0.03, 0.0086, 0.384, 0.296, 51.4, 3, 0.1, 1000000),
    litgpt: engine(0.651, 1.59, 0.1, 0.01, 0.4, 0.45, 25, 3, 0.1, 1000000),
    ctranslate2: engine(0.571, 0.392, 0.03, 0.01, 0.4, 0.45, 10, 3, 0.1, 1000000),
  },
  memory: { gddr: 1.09, hbm: 1, unified: 1.16 },
  smGbS: { Volta: 7.93, Ampere: 15.1, Hopper: 18.4, Blackwell: 40.3 },
  smGbSHopperKernels: 29,
  smGbSLlamaCpp: 9.47,
  format: { fp8: 1.05, w8a8: 1.05, int8: 0.984, int4: 1.13, nf4: 1.9, fp4: 0.759, ggml: 0.588 },
  formatLlamaCpp: { ggml: 1.02, int4: 1.85, int8: 1.11 },
  formatTransformers: { fp8: 5.78, int8: 2.4, int4: 3.23, nf4: 1.04 },
  weightOnlyLayerMs: { int4: 0.0368, int8: 0.0347 },
  kv: { fused: 1.37, fusedNarrow: 2.62, llamaCpp: 1.08, llamaCppUnified: 1.18, transformers: 29.8 },
  allReduceLayerMs: { nvlink: 0.0318, fabric: 0.0378, pcie: 0.149 },
  crossNodeLayerMs: 0.0694,
  vendor: { AMD: 1.46, Intel: 2, Huawei: 0.764, 'Moore Threads': 0.965, other: 1.5 },
  vendorLlamaCpp: { AMD: 2.51, Intel: 3.38 },
  prefillFormat: { fp8: 0.69, w8a8: 1.12, int8: 0.791, int4: 0.796, nf4: 1.3, fp4: 0.515, ggml: 1.4 },
  llamaCppSaturationTflops: 390,
  plainAttention: 3.36,
  stageOverlap: 0.503,
  prefillExperts: 5,
  prefillTraffic: 139,
  routingSpread: 0.998,
  interference: 0.801,
  eagerLayerMs: 0.332,
  loopedExpertMs: 0.0942,
  unfusedExpertLayerMs: 0.539,
};
