import type { Gpu } from '../hardware/gpu';
import { GIB } from '../units';

/** Bits per weight of the simple calculator's four choices. */
const SIMPLE_BITS = { fp16: 16, int8: 8, q5: 5, q4: 4 } as const;
export type SimpleWeights = keyof typeof SIMPLE_BITS;

/** GB it adds for the framework. */
const FRAMEWORK_GB = 1.5;
/** GB of KV cache per 4k tokens and 7 B parameters: a 7B model without grouped queries in 16 bit needs 2 GiB, with them 0.25 to 0.5. */
const KV_GB = 1.5;

/** The three sliders of the simple calculator. */
export interface SimpleQuestion {
  readonly billions: number;
  readonly weights: SimpleWeights;
  /** Thousands (1024) of tokens. */
  readonly contextK: number;
}

/** GB (2^30 bytes), and which of the given GPUs hold it. */
export interface SimpleAnswer {
  readonly weights: number;
  readonly kvCache: number;
  readonly framework: number;
  readonly total: number;
  readonly fits: readonly { readonly key: string; readonly label: string; readonly memory: number; readonly fits: boolean }[];
}

/**
 * Memory of a model of which only the size is known: weights, (context / 4k) x (parameters / 7 B) x 1.5 GB of KV cache, and 1.5 GB for the
 * framework. For known models the exact formula always wins.
 */
export function simpleMemory(question: SimpleQuestion, gpus: readonly Gpu[]): SimpleAnswer {
  const weights = (question.billions * 1e9 * SIMPLE_BITS[question.weights]) / 8 / GIB;
  const kvCache = (question.contextK / 4) * (question.billions / 7) * KV_GB;
  const total = weights + kvCache + FRAMEWORK_GB;
  const fits = gpus.map((gpu) => ({ key: gpu.key, label: gpu.label, memory: gpu.memoryGb, fits: total <= gpu.totalMemoryGib }));
  return { weights, kvCache, framework: FRAMEWORK_GB, total, fits };
}
