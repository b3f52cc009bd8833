import type { Architecture } from '../architecture';
import type { Gpu } from '../hardware/gpu';
import { between, exactly, within, type Ranged } from '../ranged';
import type { Engine } from '../speed/engines';
import { kvBytes, ownKvShare, type ModelWork } from '../speed/work';
import { GIB, MIB } from '../units';
import { cacheRoom, poolAssumptions } from './kvPool';

/** How one model is spread and what it serves; sizes as in the request contract. */
export interface MemoryQuestion {
  readonly architecture: Architecture;
  readonly work: ModelWork;
  readonly gpu: Gpu;
  readonly engine: Engine;
  readonly tensorParallel: number;
  readonly pipelineParallel: number;
  readonly dataParallel: number;
  readonly expertParallel: boolean;
  /** Sequences in flight over all replicas. */
  readonly sequences: number;
  /** Tokens of one sequence, prompt and output. */
  readonly context: number;
  /** Leading tokens that all sequences share and a prefix cache stores once. */
  readonly sharedTokens: number;
  /** Tokens of one prefill step. */
  readonly batchedTokens: number;
  /** Share of the decoder layers whose weights leave the GPUs, 0 to 1. */
  readonly offloadedShare: number;
  readonly offloadKvCache: boolean;
}

/** Bytes per GPU of the fullest stage. */
export interface RuntimeMemory {
  readonly weights: Ranged;
  /** For all sequences at full length. */
  readonly kvCache: Ranged;
  /** What each sequence but the first adds to `kvCache`: its tokens past the shared prefix. */
  readonly kvCachePerSequence: number;
  readonly activations: Ranged;
  readonly cudaGraphs: Ranged;
  readonly overhead: Ranged;
  /** Tokens of KV cache one replica has room for; 0 when the rest fills the card. */
  readonly kvCacheTokens: number;
  /** The same with what requests of this length leave unfilled in their last blocks, so that it does not depend on their length; absent where there are no blocks. */
  readonly kvCacheTokensInBlocks?: number | undefined;
  /** Weights and KV cache outside the GPUs, per GPU. */
  readonly offloadedWeights: number;
  readonly offloadedKvCache: number;
  /** What was assumed beyond the question. */
  readonly assumptions?: readonly string[];
}

/**
 * Bytes of a process beside weights, KV cache and activations: CUDA context, libraries, allocator slack. Context alone is about 0.3 GB since
 * CUDA loads kernels lazily (PyTorch issue 107667); vLLM's logs of single cards add up to 0.3 to 0.7 GiB outside torch.
 */
const PROCESS_GIB: Readonly<Record<'server' | 'library' | 'file', readonly [number, number, number]>> = {
  server: [0.4, 0.7, 1.3],
  library: [0.5, 0.9, 1.6],
  file: [0.2, 0.4, 0.8],
};

/** GiB that captured CUDA graphs take: 0.4 to 0.7 piecewise, 0.5 to 1.9 with full graphs on start-ups of vLLM 0.19. */
const GRAPHS_GIB: readonly [number, number, number] = [0.2, 0.6, 1.9];

/** Bytes per token of a prefill step: residual, norms, attention and feed-forward buffers of one layer, in 16 bit, and their inputs. */
export function bytesPerBatchedToken(architecture: Architecture): number {
  const widths = architecture.layerKinds.flatMap((kind) =>
    kind.feedForwards.map((ff) => (ff.kind === 'dense' ? ff.intermediateSize : ff.expertIntermediateSize * ff.expertsPerToken)),
  );
  const widest = Math.max(architecture.hiddenSize, ...widths);
  return 2 * (6 * architecture.hiddenSize + 2 * widest);
}

/** Bytes per logit of sampling: fp32 logits, probabilities, sorted copy and index, as vLLM's warm-up allocates (15 to 16 in its logs since 0.17). */
const BYTES_PER_LOGIT = 16;
/** llama.cpp and single-stream libraries keep fp32 logits only. */
const BYTES_PER_PLAIN_LOGIT = 4;

/** Memory of a model under an engine, from the estimator's own arithmetic. vLLM's exact start-up is computed elsewhere and may replace it. */
export function runtimeMemory(question: MemoryQuestion): RuntimeMemory {
  const { work, gpu, engine, tensorParallel: tp, dataParallel } = question;
  const stage = fullestStage(question);
  const experts = work.expertBytes / (tp * (question.expertParallel ? dataParallel : 1));
  const layers = ((work.denseBytes - work.headBytes) / tp + experts) * stage;
  const outer = outerBytes(question, 0) / tp;
  const outerOnGpu = outerBytes(question, question.offloadedShare) / tp;
  const offloadedWeights = layers * question.offloadedShare + outer - outerOnGpu;
  const weights = layers * (1 - question.offloadedShare) + outerOnGpu;
  const perReplica = Math.ceil(question.sequences / dataParallel);
  const shards = Math.min(tp, work.kvShards);
  const stored = (tokens: number): number => (kvBytes(work, tokens) / shards) * stage;
  const states = (work.stateBytes / tp) * stage;
  const tokens = stored(question.context);
  const longest = tokens + states;
  const own = tokens * ownKvShare(work.kv, question.context, question.sharedTokens) + states;
  const kvTotal = longest + (perReplica - 1) * own;
  const onGpu = question.offloadKvCache ? 0 : 1;
  const activations = activationBytes(question, perReplica, Math.min(question.batchedTokens, question.context * perReplica));
  const graphs = usesGraphs(engine, gpu) ? toRange(GRAPHS_GIB, 'captured CUDA graphs') : exactly(0);
  const overhead = processMemory(question);
  const room = cacheRoom(question, weights, {
    activations: fullStepBytes(question),
    graphs: engine === 'vllm' ? 0 : graphs.value,
    overhead: overhead.value,
  });
  const perToken = longest / Math.max(1, question.context);
  return {
    weights: within(weights, WEIGHTS_DOUBT, 'scales, padding and tensors left in 16 bit'),
    kvCache: exactly(kvTotal * onGpu),
    kvCachePerSequence: own * onGpu,
    activations,
    cudaGraphs: graphs,
    overhead,
    kvCacheTokens: perToken > 0 ? Math.max(0, Math.floor(room / perToken + ROUNDING)) : question.context * perReplica,
    offloadedWeights,
    offloadedKvCache: question.offloadKvCache ? kvTotal : 0,
    assumptions: poolAssumptions(question),
  };
}

/** Loaded weights lie within 3 % of the computed bytes on start-ups of vLLM with dense and quantized checkpoints. */
const WEIGHTS_DOUBT = 0.03;

/**
 * Bytes outside the layers on the fullest stage: of several stages the first has the embedding and the towers, the last the head, for which a
 * tied embedding is there twice. The head leaves the GPUs with the layers.
 */
function outerBytes({ architecture, pipelineParallel, work }: MemoryQuestion, offloadedShare: number): number {
  const head = work.headBytes * (1 - offloadedShare);
  if (pipelineParallel === 1) return work.idleBytes + head;
  return Math.max(work.idleBytes + (architecture.tieWordEmbeddings ? head : 0), head);
}

/** Share of the layers on the fullest pipeline stage. */
function fullestStage({ pipelineParallel, work }: MemoryQuestion): number {
  return Math.min(1, Math.ceil(work.layers / pipelineParallel) / work.layers);
}

/** Of a token: offloading makes room for a whole number of tokens, up to the rounding of bytes in floating point. */
const ROUNDING = 1e-3;

/** Bytes of activations an engine keeps free for the longest step it may run, before it gives the rest to the KV cache. */
export function fullStepBytes(question: MemoryQuestion): number {
  return activationBytes(question, 1, question.batchedTokens).value;
}

/** @param tokens of one step. */
function activationBytes(question: MemoryQuestion, sequences: number, tokens: number): Ranged {
  const { architecture, engine, tensorParallel: tp } = question;
  const server = isServer(engine);
  const perLogit = server ? BYTES_PER_LOGIT : BYTES_PER_PLAIN_LOGIT;
  const sampled = server ? SAMPLER_SEQUENCES : sequences;
  const step = tokens * bytesPerBatchedToken(architecture);
  const logits = sampled * architecture.vocabSize * perLogit;
  const value = Math.max(step / Math.max(1, tp ** 0.5), logits) + MIB * 64;
  return between(value * 0.6, value, value * 1.8, 'kernels and buffers of the engine');
}

/** Sequences that serving engines warm their sampler up with on cards below 80 GB, the most they run in one step (`max_num_seqs`). */
const SAMPLER_SEQUENCES = 256;

function isServer(engine: Engine): boolean {
  return engine === 'vllm' || engine === 'sglang' || engine === 'tensorrt_llm' || engine === 'nim' || engine === 'lmdeploy';
}

function usesGraphs(engine: Engine, gpu: Gpu): boolean {
  return gpu.vendor === 'NVIDIA' && isServer(engine);
}

function processMemory({ engine, gpu, tensorParallel }: MemoryQuestion): Ranged {
  const kind = isServer(engine) ? 'server' : engine === 'llama_cpp' || engine === 'exllama' || engine === 'mlx' ? 'file' : 'library';
  const base = toRange(PROCESS_GIB[kind], 'context, libraries and allocator');
  if (tensorParallel === 1 || gpu.unifiedMemory) return base;
  // NCCL and custom all-reduce take 2 GiB on NVLink start-ups of vLLM 0.19 with TP 2 and 4, but 0.1 to 0.25 over PCIe: a matter of the range.
  return between(base.low, base.value, base.high + 2 * GIB, 'context, libraries, allocator and communication buffers');
}

function toRange([low, value, high]: readonly [number, number, number], reason: string): Ranged {
  return between(low * GIB, value * GIB, high * GIB, reason);
}
