import type { ArgumentValue } from '../arguments';
import { toNumber } from '../argumentValues';
import type { FindingParts, Rule, RuleFacts } from './rule';
import { removeFieldFix, setFieldFix } from './rule';

const KEY = 'speculative-config';

/** Speculative decoding as the configuration and its short forms give it. */
export interface Speculation {
  readonly fields: { readonly [key: string]: ArgumentValue };
  readonly method: string | null;
  /** Tokens drafted per step; null when not given. */
  readonly tokens: number | null;
}

function text(value: ArgumentValue | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** The speculative decoding that is asked for; null when none is. */
export function speculation({ read }: RuleFacts): Speculation | null {
  const fields = read.object(KEY);
  const method = text(fields?.['method']) ?? read.text('spec-method');
  const model = text(fields?.['model']) ?? read.text('spec-model');
  if (fields === null && method === null && model === null) return null;
  return { fields: fields ?? {}, method, tokens: toNumber(fields?.['num_speculative_tokens']) ?? read.number('spec-tokens') };
}

/** Methods whose configuration never says how many tokens they predict. */
const NEEDS_TOKENS: ReadonlySet<string> = new Set(['ngram', 'draft_model', 'eagle', 'eagle3']);
/** Usual number of drafted tokens in vLLM's own examples. */
const USUAL_TOKENS = 3;

const tokensMissing: Rule = {
  code: 'spec-tokens',
  check(facts): FindingParts | null {
    const spec = speculation(facts);
    if (!spec || spec.tokens !== null || spec.method === null || !NEEDS_TOKENS.has(spec.method)) return null;
    return {
      keys: [KEY, 'spec-method'],
      message: `${spec.method} drafting needs num_speculative_tokens.`,
      vllmMessage:
        'num_speculative_tokens must be provided with speculative model unless the draft model config contains an n_predict parameter.',
      fixes: [setFieldFix(facts, KEY, 'num_speculative_tokens', USUAL_TOKENS)],
    };
  },
};

const headsMismatch: Rule = {
  code: 'spec-npredict',
  check(facts): FindingParts | null {
    const spec = speculation(facts);
    const heads = facts.context.model?.architecture.mtp?.layers ?? null;
    const predicts = spec?.method?.endsWith('mtp') ?? false;
    if (!spec || !predicts || heads === null || heads <= 0 || spec.tokens === null) return null;
    if (spec.tokens <= heads || spec.tokens % heads === 0) return null;
    return {
      keys: [KEY, 'spec-tokens'],
      message: `${spec.tokens} drafted tokens are no multiple of the model's ${heads} prediction heads.`,
      vllmMessage: `num_speculative_tokens:${spec.tokens} must be divisible by n_predict=${heads}`,
      fixes: [setFieldFix(facts, KEY, 'num_speculative_tokens', Math.floor(spec.tokens / heads) * heads)],
    };
  },
};

const draftTp: Rule = {
  code: 'spec-draft-tp',
  check(facts): FindingParts | null {
    const wanted = toNumber(speculation(facts)?.fields['draft_tensor_parallel_size']);
    if (wanted === null || wanted === 1 || wanted === facts.tp) return null;
    return {
      keys: [KEY, 'tensor-parallel-size'],
      message: `The draft model runs on 1 GPU or on all ${facts.tp}, not on ${wanted}.`,
      vllmMessage: `draft_tensor_parallel_size=${wanted} cannot be other value than 1 or target model tensor_parallel_size`,
      fixes: [removeFieldFix(facts, KEY, 'draft_tensor_parallel_size'), setFieldFix(facts, KEY, 'draft_tensor_parallel_size', 1)],
    };
  },
};

export const SPECULATIVE: readonly Rule[] = [tokensMissing, headsMismatch, draftTp];
