import type { Model } from '../architecture';
import { layersOf } from '../architecture';
import type { Gpu } from '../hardware/gpu';
import { memoryStatus } from '../memoryStatus';
import type { Ranged } from '../ranged';
import { cacheExcess, cacheRoom, poolOption, type BesideCache } from '../runtime/kvPool';
import { fullStepBytes, runtimeMemory, type MemoryQuestion, type RuntimeMemory } from '../runtime/memory';
import { isGgufChoice, runWeights, storedWeights } from '../runtime/weightChoices';
import type { Drafting } from '../speed/drafting';
import { ENGINE_NAMES, findEngine, isLibrary, type Engine } from '../speed/engines';
import { estimateSpeed, type SpeedEstimate, type SpeedInput } from '../speed/estimate';
import type { OffloadTarget } from '../speed/step';
import { modelWork, type ModelWork } from '../speed/work';
import { clamp, GIB } from '../units';
import { INFERENCE_COMPONENTS, type InferenceRequest, type InferenceResponse, type KvCacheChoice } from './inference';
import { engineProblems } from './inferenceProblems';

/** What the request's keys stand for. */
export interface InferenceFacts {
  readonly model: Model;
  /** For a custom key: a card of `custom_vram`. */
  readonly gpu: Gpu;
  /** What was assumed about the model. */
  readonly assumptions?: readonly string[];
  /** How `speculative_tokens` are drafted, where it is known. */
  readonly drafting?: Drafting | undefined;
  /** Replaces the estimator's own memory, with the figures of a simulated start-up of vLLM; null where it has none. */
  readonly memory?: ((plan: InferencePlan) => RuntimeMemory | null) | undefined;
}

/** A request with everything settled: sizes, formats, lengths. */
export interface InferencePlan {
  readonly request: InferenceRequest;
  readonly model: Model;
  readonly question: MemoryQuestion;
  readonly work: ModelWork;
  readonly engine: Engine;
  /** Canonical weight format (`fp16`, `q4_k_m`, `checkpoint`). */
  readonly quantization: string;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly cachedShare: number;
}

/** Tokens of an answer when `output_length` is not given: the median of chat traces lies between 150 and 300 (AccelMark, ShareGPT). */
const USUAL_OUTPUT = 256;
/** Tokens of one prefill step where the request is silent: vLLM's default on cards below 80 GB. */
const USUAL_BATCHED_TOKENS = 2048;

const KV_BYTES: Readonly<Record<Exclude<KvCacheChoice, 'auto'>, number>> = { fp16: 2, bf16: 2, fp8: 1, int8: 1.0625, int4: 0.5625 };

/** Engines whose versions differ in what is computed: constants of their own, kernels for Hopper, a start-up. */
const VERSIONED: ReadonlySet<Engine> = new Set<Engine>(['vllm', 'sglang', 'transformers', 'nim']);

/** Engines that admit and finish requests step by step whatever the request says. */
const CONTINUOUS: ReadonlySet<Engine> = new Set<Engine>(['vllm', 'sglang', 'tensorrt_llm', 'nim', 'lmdeploy', 'llama_cpp']);

/** Memory, speed and power of serving a model. Pure arithmetic: the same request always gives the same response. */
export function estimateInference(request: InferenceRequest, facts: InferenceFacts): InferenceResponse {
  const { plan, memory, serving, spills } = settle(request, facts);
  const speed = estimateSpeed(serving);
  const [problem, ...more] = engineProblems(request, facts.model, plan.question);
  const figures = memoryFigures(plan, memory, facts.gpu);
  return {
    ...figures,
    memory_status: problem ? 'error' : figures.memory_status,
    ...speedFigures(speed),
    range: ranges(memory, speed),
    assumptions: [...assumptions(plan, facts, memory, speed), ...(spills ? ['the CPU computes the layers that do not fit the GPUs'] : [])],
    ...(problem && { problems: [problem, ...more] }),
  };
}

/** Up to where the KV cache of an engine may fill each card, bytes of all that is on it, and the engine's option for it; null for the card itself. */
export interface PoolEnd {
  readonly bytes: number;
  readonly option: string | null;
}

/** Where the pool of the KV cache ends for engines whose memory is the estimator's own, that is all but vLLM. */
export function poolEnd(request: InferenceRequest, facts: InferenceFacts): PoolEnd {
  const { plan, memory } = settle(request, facts);
  const { question } = plan;
  const room = cacheRoom(question, memory.weights.value, besideCache(plan, memory));
  const card = question.gpu.totalMemoryGib * GIB;
  const option = poolOption(question);
  const bytes = option === null ? card : Math.min(card, totalBytes(memory) - memory.kvCache.value + Math.max(0, room));
  return { bytes, option };
}

/** What the speed of a request is computed from: for those who ask for it again under other constants. */
export function servingOf(request: InferenceRequest, facts: InferenceFacts): SpeedInput {
  return settle(request, facts).serving;
}

function settle(request: InferenceRequest, facts: InferenceFacts) {
  const plan = planInference(request, facts);
  const memory = memoryOf(plan, facts);
  const spilled = spilledPlan(plan);
  const serving = spilled === null ? speedInput(plan, memory, facts) : speedInput(spilled, memoryOf(spilled, facts), facts);
  return { plan, memory, serving, spills: spilled !== null };
}

/**
 * llama.cpp and what is built on it leave to the CPU, unasked, the layers whose weights the GPUs cannot hold: the speed is that of the split,
 * while the memory stays what the request would need. null where the weights fit, or nothing else can run them.
 */
function spilledPlan(plan: InferencePlan): InferencePlan | null {
  const { engine, question, work } = plan;
  if (engine !== 'llama_cpp' || question.gpu.unifiedMemory) return null;
  const weights = work.denseBytes + work.expertBytes;
  const room = question.gpu.totalMemoryGib * GIB * question.tensorParallel * question.pipelineParallel;
  const share = clamp(1 - room / weights, 0, 1);
  return share > question.offloadedShare ? { ...plan, question: { ...question, offloadedShare: share } } : null;
}

/** Settles what the request leaves open. */
function planInference(request: InferenceRequest, facts: InferenceFacts): InferencePlan {
  const { model, gpu } = facts;
  const asked = weightFormat(request.quantization, model);
  const gguf = isGgufChoice(asked) || (asked === 'checkpoint' && model.quantization?.method === 'gguf');
  const usual: Engine = gguf || (gpu.unifiedMemory && gpu.vendor === 'Apple') ? 'llama_cpp' : 'vllm';
  const engine = (request.engine === null ? null : findEngine(request.engine)) ?? usual;
  const quantization = engine === 'vllm' && keepsOwn(asked, model) ? 'checkpoint' : asked;
  const stored = runWeights(storedWeights(quantization, model), engine);
  const scaled =
    quantization === 'nvfp4' || (quantization === 'checkpoint' && model.quantization?.kvCacheScheme?.startsWith('fp8') === true);
  const kvElementBytes = kvBytesPerElement(request.kv_cache_quantization, engine, stored.format, scaled);
  const work = modelWork(model, { ...stored, kvElementBytes });
  const { promptTokens, outputTokens, context } = lengths(request);
  // Prompts have whole tokens in common.
  const sharedTokens = request.enable_prefix_caching ? Math.floor(promptTokens * request.shared_prefix_ratio) : 0;
  const cachedShare = sharedTokens / promptTokens;
  const sizes = splitting(engine, parallelSizes(request));
  const question: MemoryQuestion = {
    architecture: model.architecture,
    work,
    gpu,
    engine,
    ...sizes,
    expertParallel: (request.expert_parallel_size ?? 1) > 1,
    sequences: request.concurrent_users * request.batch_size,
    context,
    sharedTokens,
    batchedTokens: request.max_num_batched_tokens ?? USUAL_BATCHED_TOKENS,
    offloadedShare: 0,
    offloadKvCache: request.enable_offloading && request.offload_kv_cache,
  };
  const plan = { request, model, question, work, engine, quantization, promptTokens, outputTokens, cachedShare };
  const offloadedShare = request.enable_offloading ? shareToOffload(plan, facts) : 0;
  return { ...plan, question: { ...question, offloadedShare } };
}

function memoryOf(plan: InferencePlan, facts: InferenceFacts): RuntimeMemory {
  return facts.memory?.(plan) ?? runtimeMemory(plan.question);
}

/** The format asked for; 4-bit floats of a model that comes in MXFP4 are its own. */
function weightFormat(choice: string | null, model: Model): string {
  const native = model.quantization;
  if (choice === null) return native ? 'checkpoint' : 'fp16';
  return choice === 'nvfp4' && native?.method === 'mxfp4' ? 'checkpoint' : choice;
}

/** Formats that vLLM makes of an unquantized checkpoint while loading it. */
const MADE_WHILE_LOADING: ReadonlySet<string> = new Set(['fp8', 'nf4', 'nf4_double']);

/**
 * Whether a format is asked for of a quantized checkpoint that vLLM makes of unquantized ones alone: it loads what the files hold, takes an
 * unquantized format for the type to compute in (`dtype`), and refuses a `quantization` that is not the checkpoint's (`_verify_quantization`).
 * GGUF repositories hold files of several formats.
 */
function keepsOwn(asked: string, model: Model): boolean {
  if (model.quantization === null || model.quantization.method === 'gguf') return false;
  if (PLAIN.has(asked)) return true;
  return MADE_WHILE_LOADING.has(asked) && storedWeights(asked, model).format !== storedWeights('checkpoint', model).format;
}

const PLAIN: ReadonlySet<string> = new Set(['fp16', 'bf16', 'fp32']);

/** What is said of a format that is asked for of a checkpoint in another. */
function convertedWords(asked: string, method: string, engine: Engine): string {
  if (engine !== 'vllm') return `weights as if converted to ${asked}; the checkpoint has ${method}`;
  const own = `weights as the checkpoint has them (${method})`;
  if (PLAIN.has(asked)) return `${own}: vLLM computes in ${asked}, but converts none`;
  return `${own}: vLLM makes ${asked} of unquantized weights only`;
}

/**
 * ModelOpt's checkpoints carry scales for an fp8 KV cache: those in NVFP4 under every engine (22 of 23 published configs state
 * `kv_cache_scheme`), those in fp8 that TensorRT-LLM runs. Everything else keeps 16 bit.
 */
function kvBytesPerElement(choice: KvCacheChoice, engine: Engine, format: ModelWork['format'], scaled: boolean): number {
  if (choice !== 'auto') return KV_BYTES[choice];
  const modelOpt = (engine === 'tensorrt_llm' || engine === 'nim') && (format === 'fp8' || format === 'fp4');
  return scaled || modelOpt ? 1 : 2;
}

function lengths(request: InferenceRequest): { readonly promptTokens: number; readonly outputTokens: number; readonly context: number } {
  const { seq_length: context, output_length: output, input_length: input } = request;
  if (input !== null) {
    const outputTokens = output ?? Math.max(1, context - input);
    return { promptTokens: Math.max(1, input), outputTokens: Math.max(1, outputTokens), context: Math.max(context, input + outputTokens) };
  }
  if (output === null) return { promptTokens: context, outputTokens: USUAL_OUTPUT, context };
  // An output that leaves no room for a prompt is not part of the context: then `seq_length` is the prompt. Memory still counts what was asked for.
  if (output >= context) return { promptTokens: context, outputTokens: output, context };
  return { promptTokens: Math.max(1, context - output), outputTokens: Math.max(1, output), context };
}

/** How `num_gpus` is spent: sizes that are given, the rest by `inference_parallelism`, or as replicas where a size of the model is given. */
function parallelSizes(request: InferenceRequest): Pick<MemoryQuestion, 'tensorParallel' | 'pipelineParallel' | 'dataParallel'> {
  const given = {
    tensorParallel: request.tensor_parallel_size,
    pipelineParallel: request.pipeline_parallel_size,
    dataParallel: request.data_parallel_size,
  };
  const { tensorParallel: tp, pipelineParallel: pp, dataParallel: dp } = given;
  const rest = Math.max(1, Math.floor(request.num_gpus / ((tp ?? 1) * (pp ?? 1) * (dp ?? 1))));
  const byChoice = request.inference_parallelism === 'tensor' ? 'tensorParallel' : 'pipelineParallel';
  const splits = (tp === null && byChoice === 'tensorParallel') || (tp === null && pp === null);
  const order: readonly (keyof typeof given)[] = splits ? [byChoice] : ['dataParallel', 'pipelineParallel', 'tensorParallel'];
  const spent = order.find((size) => given[size] === null);
  const sizes = { tensorParallel: tp ?? 1, pipelineParallel: pp ?? 1, dataParallel: dp ?? 1 };
  return spent === undefined ? sizes : { ...sizes, [spent]: rest };
}

/** Engines that give each GPU whole layers: llama.cpp's split by rows is no faster, ExLlama and MLX have none. */
const BY_LAYERS: ReadonlySet<Engine> = new Set<Engine>(['llama_cpp', 'exllama', 'mlx']);

function splitting(engine: Engine, sizes: ReturnType<typeof parallelSizes>): ReturnType<typeof parallelSizes> {
  if (!BY_LAYERS.has(engine)) return sizes;
  return { ...sizes, tensorParallel: 1, pipelineParallel: sizes.tensorParallel * sizes.pipelineParallel };
}

/** Share of the decoder layers that leave the GPUs: as asked for, otherwise as many as it takes for the KV cache to fit what the engine gives it. */
function shareToOffload(plan: InferencePlan, facts: InferenceFacts): number {
  const { request, question } = plan;
  const layers = layersOf(question.architecture).length;
  if (request.num_offload_layers !== null) return clamp(request.num_offload_layers / layers, 0, 1);
  if (request.percentage_offload !== null) return clamp(request.percentage_offload / 100, 0, 1);
  if (request.offload_kv_cache) return 0;
  const memory = memoryOf(plan, facts);
  const excess = cacheExcess(question, memory.weights.value, memory.kvCache.value, besideCache(plan, memory));
  const movable = runtimeMemory({ ...question, offloadedShare: 1 }).offloadedWeights;
  // A byte more, lest what is left exceed the card by the rounding of floating point.
  return movable <= 0 || excess <= 0 ? 0 : Math.min(1, (excess + 1) / movable);
}

/** vLLM's figures are of a start-up, which has run the longest step; others keep room for it however short the requests are. */
function besideCache({ engine, question }: InferencePlan, memory: RuntimeMemory): BesideCache {
  const longest = engine === 'vllm' ? 0 : fullStepBytes(question);
  return {
    activations: Math.max(memory.activations.value, longest),
    graphs: memory.cudaGraphs.value,
    overhead: memory.overhead.value,
  };
}

function totalBytes(memory: RuntimeMemory): number {
  return memory.weights.value + memory.kvCache.value + memory.activations.value + memory.cudaGraphs.value + memory.overhead.value;
}

function speedInput(plan: InferencePlan, memory: RuntimeMemory, { gpu, drafting }: InferenceFacts): SpeedInput {
  const { request, question, work, engine } = plan;
  const onCpu = engine === 'llama_cpp' && request.offload_target === 'cpu_ram';
  const offloadTarget: OffloadTarget = onCpu ? 'cpu_compute' : request.offload_target;
  return {
    work,
    setup: {
      gpu,
      engine,
      engineVersion: request.engine_version,
      tensorParallel: question.tensorParallel,
      pipelineParallel: question.pipelineParallel,
      dataParallel: question.dataParallel,
      expertParallel: question.expertParallel,
      link: request.interconnect_type,
      eager: request.enforce_eager,
      offloadBytes: memory.offloadedWeights,
      offloadKvCache: question.offloadKvCache,
      offloadTarget,
    },
    load: {
      concurrency: question.sequences,
      promptTokens: plan.promptTokens,
      outputTokens: plan.outputTokens,
      // A KV cache that holds not even one request is no speed limit but a refusal, which `memory_status` tells.
      kvCacheTokens:
        question.offloadKvCache || memory.kvCacheTokens < question.context ? null : (memory.kvCacheTokensInBlocks ?? memory.kvCacheTokens),
      cachedShare: plan.cachedShare,
      draftTokens: request.speculative_tokens,
      ...(drafting && { drafting }),
      together: !CONTINUOUS.has(engine) && !request.enable_continuous_batching,
    },
  };
}

type MemoryFigures = Omit<InferenceResponse, keyof ReturnType<typeof speedFigures> | 'range' | 'assumptions' | 'problems'>;

function memoryFigures(plan: InferencePlan, memory: RuntimeMemory, gpu: Gpu): MemoryFigures {
  const { question } = plan;
  const total = totalBytes(memory);
  const capacity = gpu.totalMemoryGib * GIB;
  const percentage = (total / capacity) * 100;
  const sizes = {
    'Base Model Weights': memory.weights.value / GIB,
    'KV Cache': memory.kvCache.value / GIB,
    Activations: memory.activations.value / GIB,
    'CUDA Graphs': memory.cudaGraphs.value / GIB,
    'Framework Overhead': memory.overhead.value / GIB,
  };
  const perReplica = Math.ceil(question.sequences / question.dataParallel);
  const shared = memory.kvCache.value - perReplica * memory.kvCachePerSequence;
  const gpus = question.tensorParallel * question.pipelineParallel * question.dataParallel;
  const offloaded = (memory.offloadedWeights + memory.offloadedKvCache) * gpus;
  return {
    unit: 'GiB',
    vram_usage: total / GIB,
    vram_percentage: Math.min(100, percentage),
    actual_vram_percentage: percentage,
    memory_status: memoryStatus(percentage / 100),
    static_shared_memory: (total - memory.kvCache.value + shared) / GIB,
    per_user_memory: memory.kvCachePerSequence / GIB,
    estimated_system_ram_required: (hostBytes(plan, offloaded) + gpus * HOST_GIB_PER_PROCESS * GIB) / GIB,
    offloaded_memory: offloaded / GIB,
    kv_cache_tokens: memory.kvCacheTokens * question.dataParallel,
    max_concurrency: (memory.kvCacheTokens * question.dataParallel) / question.context,
    memory_details: sizes,
    memory_breakdown: INFERENCE_COMPONENTS.map((label) => ({
      label,
      value: total > 0 ? (sizes[label] * GIB * 100) / total : 0,
      size_gb: sizes[label],
    })),
  };
}

/** GiB of host memory of one engine process: Python, torch and pinned buffers. */
const HOST_GIB_PER_PROCESS = 4;

/** Offloaded bytes stay in host memory unless they lie on disk; while loading, one shard of the weights passes through it. */
function hostBytes(plan: InferencePlan, offloaded: number): number {
  const { work, request } = plan;
  const loading = Math.min(work.denseBytes + work.expertBytes + work.idleBytes, LOADING_SHARD_GIB * GIB);
  return loading + (request.offload_target === 'nvme' ? 0 : offloaded);
}

/** Size to which checkpoints are sharded (`max_shard_size` of transformers, 5 GB). */
const LOADING_SHARD_GIB = 5;

function speedFigures(speed: SpeedEstimate) {
  return {
    estimated_latency_tps: speed.perUserTps.value,
    estimated_throughput_tps: speed.throughputTps.value,
    per_user_tps: speed.perUserTps.value,
    ms_per_token: speed.tpotMs.value,
    tftt: speed.ttftMs.value,
    ttft_ms: speed.ttftMs.value,
    tpot_ms: speed.tpotMs.value,
    prefill_tps: speed.prefillTps.value,
    decode_tps_single_stream: speed.decodeTpsSingleStream.value,
    estimated_power_draw: speed.powerW.value,
    energy_wh_per_1k_tokens: speed.energyWhPer1kTokens.value,
  };
}

function ranges(memory: RuntimeMemory, speed: SpeedEstimate): InferenceResponse['range'] {
  const ends = (figure: Ranged, unit = 1): readonly [number, number] => [figure.low / unit, figure.high / unit];
  const parts = [memory.weights, memory.kvCache, memory.activations, memory.cudaGraphs, memory.overhead];
  const total = (end: 'low' | 'high'): number => parts.reduce((sum, part) => sum + part[end], 0) / GIB;
  return {
    vram_usage: [total('low'), total('high')],
    weights: ends(memory.weights, GIB),
    activations: ends(memory.activations, GIB),
    ttft_ms: ends(speed.ttftMs),
    tpot_ms: ends(speed.tpotMs),
    ms_per_token: ends(speed.tpotMs),
    prefill_tps: ends(speed.prefillTps),
    decode_tps_single_stream: ends(speed.decodeTpsSingleStream),
    per_user_tps: ends(speed.perUserTps),
    estimated_latency_tps: ends(speed.perUserTps),
    estimated_throughput_tps: ends(speed.throughputTps),
    estimated_power_draw: ends(speed.powerW),
    energy_wh_per_1k_tokens: ends(speed.energyWhPer1kTokens),
  };
}

/**
 * Engines on cards that none of the measured rows has them on: servers for CUDA and ROCm reach Apple's GPUs through plugins at most
 * (vLLM's through vllm-metal), and MLX was made for those alone.
 */
const UNMEASURED: Readonly<Record<'apple' | 'others', ReadonlySet<Engine>>> = {
  apple: new Set<Engine>(['vllm', 'sglang', 'lmdeploy', 'gpt_fast', 'autoawq', 'litgpt', 'ctranslate2']),
  others: new Set<Engine>(['mlx']),
};

function assumptions(plan: InferencePlan, facts: InferenceFacts, memory: RuntimeMemory, speed: SpeedEstimate): readonly string[] {
  const { request, engine, quantization } = plan;
  const said: string[] = [];
  if (request.engine === null) said.push(`engine ${ENGINE_NAMES[engine]}`);
  if (request.quantization === null)
    said.push(quantization === 'checkpoint' ? "weights in the checkpoint's own format" : 'weights in fp16');
  const { quantization: native } = facts.model;
  if (native && request.quantization !== null && keepsOwn(request.quantization, facts.model))
    said.push(convertedWords(request.quantization, native.method, engine));
  if (request.input_length === null || request.output_length === null)
    said.push(`a prompt of ${plan.promptTokens} tokens, answers of ${plan.outputTokens} tokens`);
  if (request.input_length === null && plan.outputTokens >= request.seq_length && request.output_length !== null)
    said.push(`a KV cache of ${request.seq_length} tokens per request (seq_length), fewer than prompt and answer together`);
  if (CONTINUOUS.has(engine) && !request.enable_continuous_batching && plan.question.sequences > 1)
    said.push(`${ENGINE_NAMES[engine]} batches continuously`);
  if (
    request.enable_offloading &&
    request.num_offload_layers === null &&
    request.percentage_offload === null &&
    !request.offload_kv_cache
  ) {
    const layers = Math.round(plan.question.offloadedShare * plan.work.layers);
    said.push(`${layers} of ${plan.work.layers} layers leave the GPUs, as many as it takes to fit`);
  }
  const { pipelineParallel, tensorParallel, expertParallel } = plan.question;
  if (
    BY_LAYERS.has(engine) &&
    pipelineParallel > 1 &&
    (request.inference_parallelism === 'tensor' || request.tensor_parallel_size !== null)
  )
    said.push(`${ENGINE_NAMES[engine]} gives each GPU whole layers`);
  if (expertParallel && plan.work.expertBytes === 0) said.push('no experts to spread: expert_parallel_size counts for nothing');
  if (request.num_gpus > 1 && request.interconnect_type !== null && tensorParallel === 1 && !expertParallel)
    said.push('whole layers or replicas send too little for interconnect_type to count');
  if (request.enforce_eager && isLibrary(engine)) said.push(`${ENGINE_NAMES[engine]} captures no CUDA graphs anyway`);
  if (request.engine_version !== null && !VERSIONED.has(engine)) said.push(`versions of ${ENGINE_NAMES[engine]} are not told apart`);
  if (pipelineParallel > plan.work.layers) said.push(`${pipelineParallel - plan.work.layers} of ${pipelineParallel} stages have no layer`);
  if (pipelineParallel > 1 && request.pipeline_parallel_size === null) said.push(`${pipelineParallel} GPUs take turns as pipeline stages`);
  if (UNMEASURED[facts.gpu.vendor === 'Apple' ? 'apple' : 'others'].has(engine))
    said.push(`${ENGINE_NAMES[engine]} on ${facts.gpu.label}: nothing measured stands behind the figures`);
  if (facts.gpu.confidence === 'low') said.push(`the data sheet of ${facts.gpu.label} is confirmed by few sources`);
  return [...said, ...(facts.assumptions ?? []), ...(memory.assumptions ?? []), ...speed.assumptions];
}
