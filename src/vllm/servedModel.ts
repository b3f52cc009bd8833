import type { Model } from '../estimator/architecture';
import { ArgumentReader } from './argumentValues';
import type { VllmArguments } from './arguments';

/** Values of `task` (until 0.12) that turn a generating model into a pooling one. */
const POOLING_TASKS: ReadonlySet<string> = new Set([
  'embed',
  'embedding',
  'encode',
  'classify',
  'score',
  'reward',
  'token_embed',
  'token_classify',
]);

/** The model as vLLM builds it for these arguments: a pooling runner drops the language-model head and never samples. */
export function servedModel(model: Model, args: VllmArguments): Model {
  const read = new ArgumentReader(args);
  const pooling =
    read.text('runner') === 'pooling' || POOLING_TASKS.has(read.text('task') ?? '') || (read.text('convert') ?? 'auto') === 'embed';
  if (!pooling || model.architecture.task === 'pooling') return model;
  return { ...model, architecture: { ...model.architecture, task: 'pooling', lmHead: false } };
}
