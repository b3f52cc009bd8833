import type { Model } from '../architecture';
import { dividingSizes, undividedHeads, undividedPart, type Spread, type UndividedPart } from '../division';
import { isCustomGpuKey } from '../hardware/gpu';
import type { MemoryQuestion } from '../runtime/memory';
import { ENGINE_NAMES, type Engine } from '../speed/engines';
import type { InferenceRequest } from './inference';
import { requestProblem, type RequestProblem } from './problem';

/**
 * What engines that cut layers over GPUs demand of the number of parts: vLLM and SGLang of heads, KV heads, inner widths and the padded vocabulary
 * (vllm/config/model.py, `verify_with_parallel_config`; `divide` in both engines' linear layers; sglang/srt/models/llama.py), TensorRT-LLM and
 * MLC LLM at least of the heads (tensorrt_llm/layers/attention.py; mlc_llm/model/llama/llama_model.py). Of engines that are not named nothing
 * is known.
 */
const DEMANDS: Partial<Record<Engine, (model: Model, spread: Spread) => UndividedPart | null>> = {
  vllm: undividedPart,
  sglang: undividedPart,
  tensorrt_llm: undividedQueries,
  nim: undividedQueries,
  mlc_llm: undividedQueries,
};

function undividedQueries(model: Model, { tp }: Spread): UndividedPart | null {
  const heads = undividedHeads(model, tp);
  return heads === null ? null : `${heads} attention heads`;
}

/** Makers of the cards that an engine has kernels for; of engines that are not named, all. */
const MAKERS: Partial<Record<Engine, readonly string[]>> = {
  tensorrt_llm: ['NVIDIA'],
  nim: ['NVIDIA'],
  // ExLlamaV2's requirements: CUDA or ROCm.
  exllama: ['NVIDIA', 'AMD'],
};

/** The engine of a request on a card that it has no kernels for; nothing where it runs. */
function makerProblems({ gpu, engine }: Pick<MemoryQuestion, 'gpu' | 'engine'>): readonly RequestProblem[] {
  const makers = MAKERS[engine];
  if (makers === undefined || isCustomGpuKey(gpu.key) || makers.includes(gpu.vendor)) return [];
  const allowed = `an engine for cards of ${gpu.vendor}: ${ENGINE_NAMES[engine]} runs on those of ${makers.join(' and ')}`;
  return [requestProblem('engine', engine, allowed, gpu.vendor === 'Apple' ? 'llama_cpp' : 'vllm')];
}

/** How a request is spread, as far as its sizes can be wrong for a model. */
type Sizes = Pick<MemoryQuestion, 'gpu' | 'engine' | 'tensorParallel' | 'pipelineParallel' | 'dataParallel' | 'expertParallel'>;

/** What in a request makes its engine refuse the model or the card; nothing when it starts. */
export function engineProblems(request: InferenceRequest, model: Model, sizes: Sizes): readonly RequestProblem[] {
  return [...makerProblems(sizes), ...sizeProblems(request, model, sizes)];
}

function sizeProblems(request: InferenceRequest, model: Model, sizes: Sizes): readonly RequestProblem[] {
  const { engine, tensorParallel, pipelineParallel, dataParallel, expertParallel } = sizes;
  const undivided = (tp: number): UndividedPart | null => DEMANDS[engine]?.(model, { tp, replicas: dataParallel, expertParallel }) ?? null;
  const part = undivided(tensorParallel);
  if (part === null) return [];
  const stated = request.tensor_parallel_size !== null;
  // Without a size of its own, tensor parallelism takes the GPUs that stages and replicas leave.
  const [field, value, each] = stated
    ? ['tensor_parallel_size', tensorParallel, 1]
    : ['num_gpus', request.num_gpus, pipelineParallel * dataParallel];
  const fitting = dividingSizes(undivided);
  const nearest = fitting.filter((tp) => tp < tensorParallel).at(-1) ?? fitting[0];
  const list = fitting.map((tp) => tp * each).join(', ');
  const allowed = `${list === '' ? 'no size' : list}, since ${ENGINE_NAMES[engine]} cuts the model's ${part} into equal parts`;
  return [requestProblem(String(field), value, allowed, nearest === undefined ? null : nearest * each)];
}
