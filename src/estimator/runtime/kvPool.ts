import type { Gpu } from '../hardware/gpu';
import type { Engine } from '../speed/engines';
import { GIB, MIB } from '../units';

/** The run whose KV cache is to be placed. */
export interface PoolQuestion {
  readonly gpu: Gpu;
  readonly engine: Engine;
  readonly tensorParallel: number;
  readonly pipelineParallel: number;
}

/** Bytes per GPU beside weights and KV cache. */
export interface BesideCache {
  readonly activations: number;
  readonly graphs: number;
  readonly overhead: number;
}

/** One bound on the KV cache: at most `share` of what the weights leave of `bytes`. */
interface Bound {
  readonly share: number;
  readonly bytes: number;
}

/**
 * Share of the whole card that holds all an engine has: vLLM's `gpu_memory_utilization`, NIM's `NIM_KVCACHE_PERCENT` (which weights must fit
 * in too) and MLC's `gpu_memory_utilization` (0.85, mlc_llm/serve/config.py).
 */
const SHARE_OF_CARD: Partial<Record<Engine, number>> = { vllm: 0.9, nim: 0.9, mlc_llm: 0.85 };

/** TensorRT-LLM's `free_gpu_memory_fraction` (KvCacheConfig). */
const TENSORRT_SHARE = 0.9;
/** LMDeploy's `cache_max_entry_count`; of the whole card only before 0.2.2 (its turbomind_config.md: (80 - 26) GB x 0.8 = 43.2 GB for a 13B model on an A100). */
const LMDEPLOY_SHARE = 0.8;

/** Sentences about how engines other than vLLM size their KV cache, under the option that changes it. */
const SAID: Partial<Record<Engine, string>> = {
  tensorrt_llm: `the KV cache takes ${TENSORRT_SHARE} of the memory that model and longest step leave free (free_gpu_memory_fraction)`,
  lmdeploy: `the KV cache takes ${LMDEPLOY_SHARE} of the memory that the model leaves free (cache_max_entry_count)`,
};

/** What is assumed about the size of the KV cache; nothing for engines that take what there is. */
export function poolAssumptions(question: PoolQuestion): readonly string[] {
  const said = SAID[question.engine];
  if (question.engine !== 'sglang') return said === undefined ? [] : [said];
  return [`weights and KV cache take ${staticShare(question).toFixed(2)} of the card (SGLang's own choice of mem_fraction_static)`];
}

/** The option under which an engine other than vLLM bounds its KV cache, with its value; null for those that take what the card has. */
export function poolOption(question: PoolQuestion): string | null {
  switch (question.engine) {
    case 'sglang':
      return `mem_fraction_static ${staticShare(question).toFixed(2)}`;
    case 'tensorrt_llm':
      return `free_gpu_memory_fraction ${TENSORRT_SHARE}`;
    case 'lmdeploy':
      return `cache_max_entry_count ${LMDEPLOY_SHARE}`;
    case 'nim':
      return `NIM_KVCACHE_PERCENT ${SHARE_OF_CARD.nim}`;
    case 'mlc_llm':
      return `gpu_memory_utilization ${SHARE_OF_CARD.mlc_llm}`;
    default:
      return null;
  }
}

/** Bytes of KV cache per GPU beside these weights; negative where they do not fit. */
export function cacheRoom(question: PoolQuestion, weights: number, beside: BesideCache): number {
  return Math.min(...bounds(question, beside).map(({ share, bytes }) => share * (bytes - weights)));
}

/** Bytes of weights that must leave the GPU for a KV cache of this size; not positive where it has room. */
export function cacheExcess(question: PoolQuestion, weights: number, kvCache: number, beside: BesideCache): number {
  return Math.max(...bounds(question, beside).map(({ share, bytes }) => kvCache / share + weights - bytes));
}

/**
 * TensorRT-LLM runs its longest step first and gives the cache a share of what was free at that peak (`calc_max_tokens` of its PyTorch executor;
 * "will try to allocate 90% of free GPU memory for KV cache"). LMDeploy takes a share of what is free once the weights are there, SGLang
 * fills a share of what was free before them with weights and cache (`rest_memory` in `profile_max_num_token`); both run their steps in the rest.
 */
function bounds(question: PoolQuestion, { activations, graphs, overhead }: BesideCache): readonly Bound[] {
  const { engine } = question;
  const card = question.gpu.totalMemoryGib * GIB;
  const running = activations + graphs + overhead;
  const whole = { share: 1, bytes: (SHARE_OF_CARD[engine] ?? 1) * card - running };
  switch (engine) {
    case 'tensorrt_llm':
      return [{ share: TENSORRT_SHARE, bytes: card - running }];
    case 'lmdeploy':
      return [{ share: LMDEPLOY_SHARE, bytes: card - overhead }, whole];
    case 'sglang':
      return [{ share: 1, bytes: staticShare(question) * (card - overhead) }, whole];
    default:
      return [whole];
  }
}

/** What SGLang picks by the size of a card: tokens of a prefill chunk, and sequences of the largest CUDA graph on fewer than four tensor-parallel GPUs and on more. */
interface CardSizes {
  readonly belowGib: number;
  readonly chunk: number;
  readonly graph: number;
  readonly graphOfMany: number;
}

const LARGEST_CARDS: CardSizes = { belowGib: Infinity, chunk: 16384, graph: 512, graphOfMany: 512 };
const SMALLER_CARDS: readonly CardSizes[] = [
  { belowGib: 20, chunk: 2048, graph: 8, graphOfMany: 8 },
  { belowGib: 35, chunk: 2048, graph: 24, graphOfMany: 80 },
  { belowGib: 60, chunk: 4096, graph: 32, graphOfMany: 160 },
  { belowGib: 160, chunk: 8192, graph: 256, graphOfMany: 512 },
];

/** MiB that SGLang keeps free at least, on cards above 60 GiB. */
const LARGE_CARD = { aboveGib: 60, mib: 10 * 1024 };

/**
 * SGLang's `mem_fraction_static` where it is not given: what is left of the card once 512 MiB of metadata, 1.5 MiB per token of a chunk, 2 MiB per
 * sequence of the largest graph and 128 MiB per GPU are set aside (server_args.py, `_handle_gpu_memory_settings`, since 0.5.3).
 */
function staticShare({ gpu, tensorParallel, pipelineParallel }: PoolQuestion): number {
  const card = gpu.totalMemoryGib;
  const { chunk, graph, graphOfMany } = SMALLER_CARDS.find(({ belowGib }) => card < belowGib) ?? LARGEST_CARDS;
  const computed = 512 + 1.5 * chunk + 2 * (tensorParallel < 4 ? graph : graphOfMany) + 128 * tensorParallel * pipelineParallel;
  const reserved = card > LARGE_CARD.aboveGib ? Math.max(computed, LARGE_CARD.mib) : computed;
  return Math.max(0, 1 - (reserved * MIB) / (card * GIB));
}
