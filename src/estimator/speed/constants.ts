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
  /**
   * The same on top when the group spans nodes: two all-reduces of 30 to 40 microseconds, what NCCL's small ones take over InfiniBand. No judged
   * row spans nodes, so nothing measured stands behind it.
   */
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
  /**
   * Prefill time of models with latent attention over what it would take elsewhere, where SGLang lacks kernels tuned for the card: compute
   * capability 10.3 (B300, GB300), for which its recipes were those of B200. Three sweeps of DeepSeek-V3 under 0.5.10 on B300 (speed.jsonl) show
   * it twice each, in first tokens and in what every prompt adds to the time per token of the others.
   */
  readonly untunedLatentPrefill: number;
  /** Bytes per token, layer and element of the hidden state that prefill moves through memory beside the products: norms, residuals, conversions. */
  readonly prefillTraffic: number;
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
    vllm_v0: engine(2.03, 0.0328, 0.00989, 0.00503, 0.525, 0.476, 14.3, 3, 0.1, 1000000),
    vllm_v1: engine(0.49, 0.0261, 0.0316, 0.00596, 0.713, 0.732, 9.95, 4.19, 0.0547, 10200000),
    vllm_plugin: engine(0.233, 0.597, 0.144, 0.00498, 0.5, 0.9, 10.8, 3, 0.1, 1000000),
    sglang: engine(1.17, 0.0109, 0.0437, 0.0236, 0.913, 0.727, 14.6, 22.1, 0.089, 1840000),
    tensorrt_llm: engine(1.39, 0.00242, 0.0415, 0.00102, 0.808, 0.871, 2.91, 13.9, 0.0717, 1640000),
    nim: engine(0.886, 0.0558, 0.03, 0.0327, 0.441, 0.747, 4.49, 0.763, 0.686, 196000),
    llama_cpp: engine(0.0687, 0.0922, 0.038, 0.0361, 0.0922, 0.71, 10, 3, 0.1, 1000000),
    transformers_old: engine(12.4, 0.496, 0, 0.0101, 0.399, 0.308, 27.9, 3, 0.1, 1000000),
    transformers_new: engine(0.76, 0.583, 0, 0.0101, 0.4, 0.45, 24.6, 3, 0.1, 1000000),
    mlx: engine(0.617, 0.0925, 0.0267, 0.01, 0.361, 1, 10, 3, 0.1, 1000000),
    exllama: engine(0.16, 0.00212, 0.03, 0.0097, 0.458, 0.45, 10, 3, 0.1, 1000000),
    lmdeploy: engine(0.444, 0.0285, 0.03, 0.00998, 0.55, 0.5, 10, 3, 0.1, 1000000),
    gpt_fast: engine(0.0893, 0.0213, 0.000708, 0.00928, 0.493, 0.5, 10, 3, 0.1, 1000000),
    mlc_llm: engine(0.0855, 0.0411, 0.03, 0.00922, 0.487, 0.5, 10, 3, 0.1, 1000000),
    autoawq: engine(0.0612, 0.0286, 0.03, 0.0086, 0.384, 0.305, 48.6, 3, 0.1, 1000000),
    litgpt: engine(0.707, 1.56, 0.1, 0.01, 0.4, 0.45, 25, 3, 0.1, 1000000),
    ctranslate2: engine(0.574, 0.446, 0.03, 0.01, 0.4, 0.45, 10, 3, 0.1, 1000000),
  },
  memory: { gddr: 1.09, hbm: 1, unified: 1.16 },
  smGbS: { Volta: 7.25, Ampere: 15.3, Hopper: 18.7, Blackwell: 49.2 },
  smGbSHopperKernels: 29.2,
  smGbSLlamaCpp: 9.31,
  format: { fp8: 1.06, w8a8: 1.05, int8: 0.963, int4: 1.09, nf4: 1.9, fp4: 0.731, ggml: 0.607 },
  formatLlamaCpp: { ggml: 1.01, int4: 1.81, int8: 1.09 },
  formatTransformers: { fp8: 5.88, int8: 2.4, int4: 3.23, nf4: 1 },
  weightOnlyLayerMs: { int4: 0.034, int8: 0.0317 },
  kv: { fused: 1.27, fusedNarrow: 2.13, llamaCpp: 1.27, llamaCppUnified: 1.17, transformers: 27.9 },
  allReduceLayerMs: { nvlink: 0.0345, fabric: 0.0396, pcie: 0.142 },
  crossNodeLayerMs: 0.07,
  vendor: { AMD: 1.47, Intel: 2, Huawei: 0.72, 'Moore Threads': 0.931, other: 1.5 },
  vendorLlamaCpp: { AMD: 2.35, Intel: 3.75 },
  prefillFormat: { fp8: 0.923, w8a8: 1.12, int8: 0.79, int4: 0.773, nf4: 1.3, fp4: 0.522, ggml: 1.38 },
  llamaCppSaturationTflops: 386,
  plainAttention: 3.4,
  stageOverlap: 0.525,
  prefillExperts: 5.99,
  untunedLatentPrefill: 13.4,
  prefillTraffic: 87.9,
  interference: 0.942,
  eagerLayerMs: 0.334,
  loopedExpertMs: 0.094,
  unfusedExpertLayerMs: 0.541,
};
