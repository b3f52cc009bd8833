import { formatCount } from '../../estimator/figures';
import { toNumber } from '../argumentValues';
import type { FindingParts, Rule, RuleFacts } from './rule';
import { removeFix, setFix } from './rule';
import { speculation } from './speculative';

/** Ranks with compiled kernels (vllm/config/lora.py, `MaxLoRARanks`); 1 joined in 0.12. */
const RANKS: readonly number[] = [8, 16, 32, 64, 128, 256, 320, 512];
const RANK_1_SINCE = '0.12.0';
/** Largest vocabulary that adapters on the output layer take (vllm/lora/layers/logits_processor.py). */
const LARGEST_VOCABULARY = 258_048;

function hasAdapters(facts: RuleFacts): boolean {
  return facts.read.flag('enable-lora') === true || (facts.read.has('lora-modules') && facts.read.flag('enable-lora') !== false);
}

const hostAdapters: Rule = {
  code: 'lora-cpu',
  check(facts): FindingParts | null {
    const onHost = facts.read.number('max-cpu-loras');
    const onGpu = facts.read.number('max-loras') ?? 1;
    if (!hasAdapters(facts) || onHost === null || onHost >= onGpu) return null;
    return {
      keys: ['max-cpu-loras', 'max-loras'],
      message: `Host memory must hold at least the ${onGpu} adapters of one batch.`,
      vllmMessage: `max_cpu_loras (${onHost}) must be >= max_loras (${onGpu}).`,
      fixes: [setFix('max-cpu-loras', onGpu), removeFix('max-cpu-loras')],
    };
  },
};

const rank: Rule = {
  code: 'lora-rank',
  check(facts): FindingParts | null {
    const wanted = toNumber(facts.context.args.get('max-lora-rank'));
    const ranks = facts.isSince(RANK_1_SINCE) ? [1, ...RANKS] : RANKS;
    if (wanted === null || ranks.includes(wanted)) return null;
    const next = ranks.find((candidate) => candidate >= wanted);
    return {
      keys: ['max-lora-rank'],
      message: `There are kernels for adapter ranks ${ranks.join(', ')} only.`,
      vllmMessage: `argument --max-lora-rank: invalid choice: ${wanted} (choose from ${ranks.join(', ')})`,
      fixes: next === undefined ? [] : [setFix('max-lora-rank', next, { note: 'takes every smaller rank too', preferred: true })],
    };
  },
};

const vocabulary: Rule = {
  code: 'lora-vocab',
  check(facts): FindingParts | null {
    const { model } = facts.context;
    // A tied output layer carries no adapter of its own.
    const isOpen = model !== null && model.architecture.lmHead && !model.architecture.tieWordEmbeddings;
    if (!isOpen || !hasAdapters(facts) || facts.read.has('lora-target-modules')) return null;
    const { vocabSize } = model.architecture;
    if (vocabSize <= LARGEST_VOCABULARY) return null;
    return {
      keys: ['enable-lora', 'lora-modules'],
      message: `The vocabulary of ${formatCount(vocabSize)} is too large for adapters on the output layer, which end at ${formatCount(LARGEST_VOCABULARY)}.`,
      vllmMessage: `When using LoRA, vocab size must be vocab_size <= ${LARGEST_VOCABULARY}`,
      // Whether the model lets its output layer carry adapters, its configuration does not say.
      severity: 'warning',
    };
  },
};

const withDrafts: Rule = {
  code: 'lora-spec-batch',
  check(facts): FindingParts | null {
    const { settings } = facts.context;
    const drafted = speculation(facts)?.tokens ?? null;
    const tokens = facts.read.positive('max-num-batched-tokens') ?? settings?.maxNumBatchedTokens ?? null;
    const seqs = facts.read.positive('max-num-seqs') ?? settings?.maxNumSeqs ?? null;
    if (!hasAdapters(facts) || drafted === null || tokens === null || seqs === null || tokens >= seqs * (drafted + 1)) return null;
    const most = Math.floor(tokens / (drafted + 1));
    return {
      keys: ['max-num-seqs', 'max-num-batched-tokens', 'speculative-config', 'enable-lora'],
      message:
        `With adapters, ${drafted} drafted tokens of each of ${formatCount(seqs)} requests must fit a batch of ${formatCount(tokens)}; ` +
        `${formatCount(most)} requests do.`,
      vllmMessage: 'Consider increasing max_num_batched_tokens or decreasing num_speculative_tokens',
      fixes: [...(most > 0 ? [setFix('max-num-seqs', most)] : []), setFix('max-num-batched-tokens', seqs * (drafted + 1))],
    };
  },
};

export const LORA: readonly Rule[] = [hostAdapters, rank, vocabulary, withDrafts];
