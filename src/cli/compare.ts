import type { FinetuningResponse } from '../estimator/contracts/finetuning';
import type { InferenceResponse } from '../estimator/contracts/inference';
import type { ModelResolver } from '../estimator/contracts/resolve';
import { restComparison } from '../estimator/contracts/rest';
import { placedProblem, type RequestProblem } from '../estimator/contracts/problem';
import { RequestReader } from '../estimator/contracts/validate';
import { answerFinetuning } from './finetuning';
import { answerInference } from './inference';
import { attempted, problemsOf, requestCommand, shown } from './requests';
import type { RequestAnswer } from './requests';

const CALCULATIONS = ['inference', 'finetuning', 'training'] as const;

/** Several configurations side by side. */
interface Comparison {
  readonly calculation_type: (typeof CALCULATIONS)[number];
  readonly unit: 'GiB';
  /** In the order of the configurations: what each comes to, or its error. */
  readonly comparisons: readonly object[];
  /** What is wrong with some of the configurations, by their place. */
  readonly problems?: readonly RequestProblem[];
}

/**
 * Answers `{calculation_type, configurations}`: configurations with a `gpu_key` are requests of the calculator (inference or finetuning), others
 * those of the REST service (model_name, batch_size …; inference or training). A configuration that cannot be used has its error in its place, and
 * every problem of every configuration stands beside them; where none can be used, the problems are all there is.
 */
export function answerComparison(input: unknown, models: ModelResolver): RequestAnswer<Comparison> {
  const reader = new RequestReader(input);
  const type = reader.choice('calculation_type', CALCULATIONS, 'inference');
  const list = reader.list('configurations', 'a list of at least one request');
  const read = reader.finish(list);
  if (!read.ok) return { problems: read.problems };
  if (!list.some((one) => isRequest(one))) return ofService(type, list, models);
  const alone = (one: unknown): RequestAnswer<InferenceResponse | FinetuningResponse> =>
    type === 'inference' ? answerInference(one, models) : answerFinetuning(one, models);
  const answers = list.map((one) => attempted(one, alone));
  const problems = answers.flatMap((answer, index) => problemsOf(answer).map((problem) => placedProblem(problem, index)));
  if (answers.every((answer) => !('response' in answer))) return { problems };
  const comparisons = answers.map(shown);
  return { response: { calculation_type: type, unit: 'GiB', comparisons, ...(problems.length > 0 && { problems }) } };
}

function isRequest(value: unknown): boolean {
  return typeof value === 'object' && value !== null && ('gpu_key' in value || 'llm_key' in value);
}

/** The comparison as the REST service answers it. */
function ofService(type: Comparison['calculation_type'], list: readonly unknown[], models: ModelResolver): RequestAnswer<Comparison> {
  const answer = restComparison(type === 'inference' ? 'inference' : 'training', list, models);
  if (!('body' in answer)) return { problems: answer.problems };
  return { response: { ...answer.body, calculation_type: type, ...('problems' in answer && { problems: answer.problems }) } };
}

function fits(comparison: Comparison): boolean {
  return comparison.comparisons.every((one) => !('memory_status' in one) || one.memory_status !== 'insufficient');
}

/** `compare [FILE|-]`. */
export const compareCommand = requestCommand({
  name: 'compare',
  summary: 'Several inference or fine-tuning configurations side by side',
  help: [
    'usage: vllm-vram compare [FILE|-]',
    '',
    'Reads {"calculation_type": "inference" | "finetuning" | "training", "configurations": [...]} as JSON or JSON Lines and prints the responses',
    'side by side. Configurations are requests of the commands inference and finetuning, or of the REST service (model_name, batch_size,',
    'sequence_length …). One that cannot be used has its error in its place, and the answer begins with the errors of all.',
    '',
    'Exit code: 0 when all fit, 1 when one does not, 2 when a request or one of its configurations cannot be used.',
  ].join('\n'),
  answer: answerComparison,
  fits,
});
