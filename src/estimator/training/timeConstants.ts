import type { KernelClass } from './frameworks';

/** The figures of the time model that are measured rather than derived. */
export interface TimeConstants {
  /** Share of the dense peak that matrix products reach in training, by card generation. */
  readonly product: Readonly<Record<RateClass, number>>;
  /** The same of narrow formats (fp8, fp4), and the casts and scales the products wait for: seconds per second at the 16-bit peak. */
  readonly narrowProduct: number;
  readonly casts: number;
  /** Routed experts' products over dense ones: many small matrices. */
  readonly expertFactor: number;
  /** Share of the 16-bit peak that flash attention reaches, masked half not counted. */
  readonly attention: Readonly<Record<RateClass, number>>;
  /** Times the kept activations' bytes cross the GPU's memory in one forward and backward pass. */
  readonly traffic: Readonly<Record<KernelClass, number>>;
  /** Seconds that launching one layer's kernels takes per pass: what small batches wait for. */
  readonly secondsPerLayer: Readonly<Record<KernelClass, number>>;
  /** Times longer launches take where DeepSpeed's ZeRO 3 hooks every module, and where each linear layer has an adapter beside it. */
  readonly hooked: number;
  readonly adapted: number;
  /** Bytes that dequantizing one GPTQ or AWQ weight moves where no fused kernel does it, per pass. */
  readonly unfusedDequantization: number;
  /** Seconds of one optimizer step whatever its size: data loading, gradient clipping, logging. */
  readonly secondsPerStep: number;
  /** Share of the compute time that can hide communication. */
  readonly overlap: number;
  /** Share of tensor- and expert-parallel communication that is not hidden. */
  readonly exposed: number;
  /** GB/s per direction where nothing is known of the link. */
  readonly unknownLinkGbS: number;
  /** Pipeline chunks per GPU where the framework interleaves its schedule. */
  readonly interleaved: number;
  /** Extra tokens computed as padding per doubling of a micro batch of samples of different lengths. */
  readonly paddingPerDoubling: number;
  /** Range of the step time, as a factor either way. */
  readonly spread: number;
}

/** Card generations whose matrix units keep up with their peak to different degrees. */
export type RateClass = 'older' | 'ampere' | 'ada' | 'hopper' | 'blackwell' | 'other';

/**
 * Fitted to the recorded speeds of test/fixtures/measured/finetune.jsonl (benchmark/accuracyTraining.ts). What they show: the faster a
 * card's matrix units, the smaller the share of their peak that training reaches (llm-foundry: 0.5 to 0.6 on A100, 0.4 on H100), because
 * element-wise kernels and attention wait for memory; long sequences lower it further (0.2 to 0.3 at 32,768 tokens); DeepSeek-like and
 * Qwen3 experts halve it; runs of a few hundred tokens wait for launches, about a millisecond per layer and pass.
 */
export const TIME_CONSTANTS: TimeConstants = {
  product: { older: 0.66, ampere: 0.62, ada: 0.75, hopper: 0.54, blackwell: 0.42, other: 0.33 },
  narrowProduct: 0.63,
  casts: 0.134,
  expertFactor: 0.58,
  attention: { older: 0.2, ampere: 0.42, ada: 0.33, hopper: 0.165, blackwell: 0.265, other: 0.1 },
  traffic: { eager: 5, compiled: 3.4, fused: 6.5 },
  secondsPerLayer: { eager: 1.2e-3, compiled: 4e-4, fused: 7.5e-4 },
  hooked: 3,
  adapted: 1.35,
  unfusedDequantization: 22,
  secondsPerStep: 0.02,
  overlap: 0.8,
  exposed: 0.85,
  unknownLinkGbS: 20,
  interleaved: 4,
  paddingPerDoubling: 0.13,
  spread: 1.6,
};
