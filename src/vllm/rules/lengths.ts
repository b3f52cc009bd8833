import { formatCount } from '../../estimator/figures';
import type { FindingParts, Rule, RuleFacts } from './rule';
import { removeFix, setFix } from './rule';

const LEN = 'max-model-len';
const TOKENS = 'max-num-batched-tokens';
const SEQS = 'max-num-seqs';

/** Keys of `hf-overrides` that change the longest context. */
const LENGTH_OVERRIDES = /rope|max_position|model_max_length|max_seq|text_config|seq_length/;

/** True when the context the model derives is changed by other arguments, so that its own limit does not hold. */
function hasOwnLimit(facts: RuleFacts): boolean {
  if (facts.context.args.has('rope-scaling') || facts.context.args.has('rope-theta')) return true;
  const overrides = facts.read.object('hf-overrides');
  return overrides !== null && Object.keys(overrides).some((key) => LENGTH_OVERRIDES.test(key));
}

const maxlenDerived: Rule = {
  code: 'maxlen-derived',
  check(facts): FindingParts | null {
    const wanted = facts.read.positive(LEN);
    const derived = facts.context.model?.architecture.maxPositionEmbeddings ?? null;
    if (wanted === null || derived === null || wanted <= derived || hasOwnLimit(facts)) return null;
    if (facts.context.environment?.get('VLLM_ALLOW_LONG_MAX_MODEL_LEN') === '1') return null;
    return {
      keys: [LEN, 'model', 'hf-overrides'],
      message:
        `The model is made for ${formatCount(derived)} tokens, and ${formatCount(wanted)} are asked for. vLLM refuses that unless VLLM_ALLOW_LONG_MAX_MODEL_LEN=1 ` +
        'is set or hf-overrides scale its positions.',
      vllmMessage:
        `User-specified max_model_len (${wanted}) is greater than the derived max_model_len (max_position_embeddings=${derived} or ` +
        "model_max_length=None in model's config.json). To allow overriding this maximum, set the env var " +
        'VLLM_ALLOW_LONG_MAX_MODEL_LEN=1.',
      fixes: [setFix(LEN, derived, { preferred: true }), removeFix(LEN, { note: `${derived} by itself` })],
    };
  },
};

const batchBelowPrompt: Rule = {
  code: 'mnbt-lt-len',
  check(facts): FindingParts | null {
    const tokens = facts.read.positive(TOKENS);
    const length = facts.read.positive(LEN) ?? facts.context.settings?.maxModelLen ?? null;
    if (tokens === null || length === null || tokens >= length) return null;
    const chunked = facts.read.flag('enable-chunked-prefill');
    // Engine V0 chunks only when asked, or by itself beyond 32768 tokens (vllm/engine/arg_utils.py, 0.5-0.7).
    const offByDefault = facts.context.settings?.engine === 'V0' && chunked === null && length <= 32768;
    if (chunked !== false && !offByDefault) return null;
    return {
      keys: [TOKENS, LEN, 'enable-chunked-prefill'],
      message: `Without chunked prefill a prompt of ${formatCount(length)} tokens must fit into one batch, and a batch has ${formatCount(tokens)}.`,
      vllmMessage:
        `max_num_batched_tokens (${tokens}) is smaller than max_model_len (${length}). This effectively limits the maximum sequence length ` +
        'to max_num_batched_tokens and makes vLLM reject longer sequences. Please increase max_num_batched_tokens or decrease max_model_len.',
      fixes: [
        setFix(TOKENS, length),
        chunked === false
          ? {
              title: 'Leave chunked prefill on',
              edits: {},
              remove: ['no-enable-chunked-prefill', 'enable-chunked-prefill'],
              preferred: false,
            }
          : setFix('enable-chunked-prefill', true),
        setFix(LEN, tokens),
      ],
    };
  },
};

const batchBelowSeqs: Rule = {
  code: 'mnbt-lt-seqs',
  check(facts): FindingParts | null {
    const { settings } = facts.context;
    const seqs = facts.read.positive(SEQS);
    const tokens = facts.read.positive(TOKENS) ?? settings?.maxNumBatchedTokens ?? null;
    if (seqs === null || tokens === null || tokens >= seqs) return null;
    return {
      keys: facts.context.args.has(TOKENS) ? [TOKENS, SEQS] : [SEQS, TOKENS],
      message: `A batch of ${formatCount(tokens)} tokens cannot hold one token of each of ${formatCount(seqs)} requests.`,
      vllmMessage: `max_num_batched_tokens (${tokens}) must be greater than or equal to max_num_seqs (${seqs}).`,
      fixes: [setFix(SEQS, tokens), setFix(TOKENS, seqs)],
    };
  },
};

const batchAboveAll: Rule = {
  code: 'mnbt-gt-cap',
  check(facts): FindingParts | null {
    const { settings } = facts.context;
    const tokens = facts.read.positive(TOKENS);
    const length = facts.read.positive(LEN) ?? settings?.maxModelLen ?? null;
    const seqs = facts.read.positive(SEQS) ?? settings?.maxNumSeqs ?? null;
    if (tokens === null || length === null || seqs === null || tokens <= seqs * length) return null;
    const most = seqs * length;
    return {
      keys: [TOKENS, SEQS, LEN],
      message:
        `${formatCount(seqs)} requests of ${formatCount(length)} tokens bring at most ${formatCount(most)} tokens; a batch of ` +
        `${formatCount(tokens)} reserves memory for more.`,
      vllmMessage: `max_num_batched_tokens (${tokens}) exceeds max_num_seqs * max_model_len (${most}). This may lead to unexpected behavior.`,
      fixes: [setFix(TOKENS, most)],
    };
  },
};

const longPrefill: Rule = {
  code: 'long-prefill',
  check(facts): FindingParts | null {
    const threshold = facts.read.positive('long-prefill-token-threshold');
    const length = facts.read.positive(LEN) ?? facts.context.settings?.maxModelLen ?? null;
    if (threshold === null || length === null || threshold <= length) return null;
    return {
      keys: ['long-prefill-token-threshold', LEN],
      message: `No prompt is longer than ${formatCount(length)} tokens, so a limit of ${formatCount(threshold)} per step is refused.`,
      vllmMessage: `long_prefill_token_threshold (${threshold}) cannot be greater than the max_model_len (${length}).`,
      fixes: [setFix('long-prefill-token-threshold', length), removeFix('long-prefill-token-threshold')],
    };
  },
};

export const LENGTHS: readonly Rule[] = [maxlenDerived, batchBelowPrompt, batchBelowSeqs, batchAboveAll, longPrefill];
