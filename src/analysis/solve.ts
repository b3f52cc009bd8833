import type { Gpu, GpuSetup } from '../estimator/hardware/gpu';
import { answerServing, requestsIn, type ServingAnswer, type ServingQuestion, type Simulate } from './plan';
import { parallelSizes, type InferenceForm } from './scenario';

/** A form that answers the question, with its verified estimate. */
export interface Solution {
  readonly form: InferenceForm;
  readonly answer: ServingAnswer;
}

/** Numbers of equal GPUs that hosts are built with. */
export const GPU_COUNTS = [1, 2, 4, 8] as const;

/** vLLM allocates the KV cache in blocks of 16 tokens (SPEC of `block-size`), so a finer context gains nothing. */
const CONTEXT_STEP = 16;

/** Where the model does not say how long a request may be, as far as any model of today goes, tokens. */
const LONGEST_OF_ANY = 2 ** 20;

/**
 * The longest context with which vLLM starts and holds the form's load, found by bisection since memory never shrinks with context.
 * Null when not even one block fits or no GPU is known.
 */
export function longestContext(question: ServingQuestion, simulate: Simulate): Solution | null {
  const at = (steps: number): Solution => solution(question, { seq_length: steps * CONTEXT_STEP }, simulate);
  const limit = question.facts.model.architecture.maxPositionEmbeddings ?? LONGEST_OF_ANY;
  const most = Math.max(1, Math.floor(limit / CONTEXT_STEP));
  return largest(most, at);
}

/** The most requests of the full context that fit at once; null when vLLM does not start or no GPU is known. */
export function mostUsers(question: ServingQuestion, simulate: Simulate): Solution | null {
  const { report } = answerServing(question, simulate);
  const available = report.perGpu.kvCache?.value;
  if (report.outcome !== 'ok' || available === undefined) return null;
  const requests = requestsIn(available, report, question.form);
  if (requests === null || !Number.isFinite(requests)) return null;
  const users = Math.floor(requests / question.form.batch_size);
  return users < 1 ? null : solution(question, { concurrent_users: users }, simulate);
}

/** The smallest tensor-parallel size that starts and holds the load, of those that the heads allow; null when none does. */
export function leastTensorParallel(question: ServingQuestion, simulate: Simulate): Solution | null {
  const { pipeline, data } = parallelSizes(question.form);
  for (const tensor of GPU_COUNTS) {
    const changed = {
      num_gpus: tensor * pipeline * data,
      inference_parallelism: pipeline * data === 1 ? 'tensor' : 'custom',
      tensor_parallel_size: tensor,
      pipeline_parallel_size: pipeline,
      data_parallel_size: data,
    };
    const gpu = question.gpu && { ...question.gpu, count: changed.num_gpus };
    const found = solution({ ...question, gpu }, changed, simulate);
    if (found.answer.holdsLoad) return found;
  }
  return null;
}

/** A number of one kind of GPU, and what the form's question comes to on it. */
export interface GpuOption {
  readonly gpu: Gpu;
  readonly count: number;
  readonly solution: Solution;
}

/**
 * Whether `count` of `gpu` hold the question's model with its context and load, split by tensor parallelism; null when they do not.
 */
export function onGpus(question: ServingQuestion, gpu: Gpu, count: number, simulate: Simulate): GpuOption | null {
  const setup: GpuSetup = { gpu, count, totalMemoryGib: gpu.totalMemoryGib, freeMemoryGib: null, source: 'flag' };
  const changed = { gpu_key: gpu.key, num_gpus: count, inference_parallelism: 'tensor' };
  const found = solution({ ...question, gpu: setup }, changed, simulate);
  return found.answer.holdsLoad ? { gpu, count, solution: found } : null;
}

/** The numbers of each GPU that are tried, those that bring the least memory first. */
export function candidates(gpus: readonly Gpu[]): readonly { readonly gpu: Gpu; readonly count: number }[] {
  return gpus.flatMap((gpu) => GPU_COUNTS.map((count) => ({ gpu, count }))).sort(bySize);
}

/** Orders options by the memory they bring, all GPUs together, then by fewer GPUs: the smallest first. */
export function bySize(a: Pick<GpuOption, 'gpu' | 'count'>, b: Pick<GpuOption, 'gpu' | 'count'>): number {
  return (
    a.gpu.totalMemoryGib * a.count - b.gpu.totalMemoryGib * b.count || a.count - b.count || a.gpu.label.localeCompare(b.gpu.label, 'en')
  );
}

/**
 * Whether an estimate for the engine means anything on a card. vLLM's own back ends are CUDA, from compute capability 7.0 up, and ROCm (its
 * installation guide); TPUs, Gaudi, Neuron and Ascend run through plug-ins whose memory nothing here describes.
 */
export function runsEngine(engine: string, { vendor, computeCapability }: Gpu): boolean {
  if (engine !== 'vllm') return true;
  return vendor === 'AMD' || (vendor === 'NVIDIA' && (computeCapability === null || computeCapability >= 70));
}

function solution(question: ServingQuestion, changed: Partial<InferenceForm>, simulate: Simulate): Solution {
  const form = { ...question.form, ...changed };
  return { form, answer: answerServing({ ...question, form }, simulate) };
}

/** The largest `n` of 1..`most` whose answer holds the load, given that all smaller ones hold it too. */
function largest(most: number, at: (n: number) => Solution): Solution | null {
  const top = at(most);
  if (top.answer.holdsLoad) return top;
  let [low, high] = [0, most];
  let best: Solution | null = null;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    const tried = at(middle);
    if (tried.answer.holdsLoad) [low, best] = [middle, tried];
    else high = middle;
  }
  return best;
}
