import { activeParameterCount } from '../estimator/parameters';
import { draftingOf, type Drafting } from '../estimator/speed/drafting';
import { billionsIn } from '../models/nameSize';
import { toObject } from '../vllm/argumentValues';
import type { ArgumentValue, VllmArguments } from '../vllm/arguments';
import type { StartupReport } from '../vllm/startup/report';
import type { ArgumentEdits } from './scenario';

const KEY = 'speculative-config';
/** Arguments that configure drafting beside or instead of {@link KEY}, by vLLM version. */
const SHORT_FORMS = ['spec-method', 'spec-model', 'spec-tokens', 'speculative-model', 'num-speculative-tokens'] as const;

/** The draft model that `speculative-config` names; null when it names none. */
export function draftModelOf(args: VllmArguments): string | null {
  const draft = toObject(args.get(KEY))?.['model'];
  return typeof draft === 'string' && draft.trim() !== '' ? draft.trim() : null;
}

/**
 * How a deployment drafts; undefined when it does not. The size of a draft model is read from its name, which is known wherever the file is,
 * so that every view of a file gives one speed.
 */
export function draftingIn({ settings, input }: StartupReport): Drafting | undefined {
  const { speculative } = settings;
  if (speculative === null) return undefined;
  const { method, model } = speculative;
  const billions = method === 'draft_model' && model !== null ? billionsIn(model) : null;
  return draftingOf(method, billions === null ? null : (billions * 1e9) / activeParameterCount(input.model.architecture));
}

/** The arguments that make `fileArgs` draft `tokens` per step, by what they name already, else by n-grams, which need no further model. */
export function draftEdits(fileArgs: VllmArguments, tokens: number): ArgumentEdits {
  const given = [KEY, ...SHORT_FORMS].filter((key) => fileArgs.has(key));
  if (tokens === 0) return { set: {}, remove: given };
  const config: Readonly<Record<string, ArgumentValue>> | null = toObject(fileArgs.get(KEY));
  if (config === null && given.length > 0)
    return { set: { [fileArgs.has('speculative-model') ? 'num-speculative-tokens' : 'spec-tokens']: tokens }, remove: [] };
  return { set: { [KEY]: { ...(config ?? { method: 'ngram' }), num_speculative_tokens: tokens } }, remove: [] };
}
