import type { Model } from '../architecture';
import { dividingSizes, undividedLayerPart, type UndividedPart } from '../division';
import { moeMlpsOf } from '../modelShape';
import { imageTokens } from '../training/images';
import { FRAMEWORK_NAMES, type FinetuningRequest, type FrameworkName } from './finetuning';
import { requestProblem, type RequestProblem } from './problem';

/** DeepSpeed's AutoTP gives ranks unequal numbers of heads (module_inject/tp_shard.py, `get_shard_size`). */
const SPLITS_UNEVENLY: readonly FrameworkName[] = ['deepspeed'];

/**
 * Frameworks that stop where twice the context-parallel ranks do not divide the sequence: Megatron (`validate_args`) and torchtitan
 * (`seq_len_divisor`). Others pad it.
 */
const NEEDS_WHOLE_CHUNKS: readonly FrameworkName[] = ['megatron', 'fsdp'];

/** Chunks of a sequence per context-parallel rank: an early and a late one, so that all ranks attend to as much. */
const CHUNKS_PER_RANK = 2;

/**
 * What in the sizes of a run makes its framework refuse the model; nothing when it starts. Megatron's words are "num_attention_heads (28)
 * must be a multiple of tensor_model_parallel_size (8)"; tensor parallelism of PyTorch's DTensors fails in the reshape to heads.
 */
export function runProblems(request: FinetuningRequest, model: Model): readonly RequestProblem[] {
  return [
    ...tensorProblems(request, model),
    ...pipelineProblems(request, model),
    ...expertProblems(request, model),
    ...lengthProblems(request),
    ...imageProblems(request, model),
  ];
}

function tensorProblems(
  { tensor_parallel: tensor, expert_parallel, framework }: FinetuningRequest,
  model: Model,
): readonly RequestProblem[] {
  if (SPLITS_UNEVENLY.includes(framework)) return [];
  const undivided = (tp: number): UndividedPart | null =>
    undividedLayerPart(model, { tp, replicas: 1, expertParallel: expert_parallel > 1 });
  const part = undivided(tensor);
  if (part === null) return [];
  const fitting = dividingSizes(undivided);
  const allowed = `${fitting.join(', ')}, since ${FRAMEWORK_NAMES[framework]} cuts the model's ${part} into equal parts`;
  return [requestProblem('tensor_parallel', tensor, allowed, fitting.filter((tp) => tp < tensor).at(-1) ?? null)];
}

function pipelineProblems({ pipeline_parallel: stages }: FinetuningRequest, { architecture }: Model): readonly RequestProblem[] {
  const layers = architecture.layout.length;
  if (stages <= layers) return [];
  return [requestProblem('pipeline_parallel', stages, `at most ${layers}, one stage for each layer of the model`, layers)];
}

function expertProblems({ expert_parallel: ranks }: FinetuningRequest, model: Model): readonly RequestProblem[] {
  const blocks = moeMlpsOf(model).map(({ experts }) => experts);
  const undivided = blocks.find((experts) => experts % ranks !== 0);
  if (undivided === undefined) return [];
  const nearest = Array.from({ length: Math.min(ranks, undivided) }, (_, index) => Math.min(ranks, undivided) - index);
  const allowed = `a divisor of the model's ${undivided} experts`;
  return [
    requestProblem('expert_parallel', ranks, allowed, nearest.find((size) => blocks.every((experts) => experts % size === 0)) ?? null),
  ];
}

function lengthProblems({ context_parallel: ranks, seq_length, framework }: FinetuningRequest): readonly RequestProblem[] {
  const chunks = CHUNKS_PER_RANK * ranks;
  if (ranks === 1 || !NEEDS_WHOLE_CHUNKS.includes(framework) || seq_length % chunks === 0) return [];
  const allowed = `a multiple of ${chunks}, twice context_parallel, since ${FRAMEWORK_NAMES[framework]} gives each rank two chunks of every sequence`;
  return [requestProblem('seq_length', seq_length, allowed, Math.ceil(seq_length / chunks) * chunks)];
}

/** Images that do not fit the sequence: processors cannot cut their tokens off, since each stands for a part of the tower's output. */
function imageProblems(request: FinetuningRequest, model: Model): readonly RequestProblem[] {
  const { images_per_sample: images, seq_length } = request;
  const tokens = imageTokens(request, model);
  if (images === null || tokens === null || images * tokens <= seq_length) return [];
  const most = Math.floor(seq_length / tokens);
  const allowed = `at most ${most}, since each image takes ${tokens} of the ${seq_length} tokens of seq_length`;
  return [requestProblem('images_per_sample', images, allowed, most)];
}
