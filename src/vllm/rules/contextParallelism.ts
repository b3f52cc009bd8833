import { hasLatentAttention } from '../../estimator/modelShape';
import { kvHeadsOf, queryHeadsOf } from '../../estimator/division';
import type { FindingParts, Rule, RuleFacts } from './rule';
import { removeFix, setFix } from './rule';

const DCP = 'decode-context-parallel-size';
const PCP = 'prefill-context-parallel-size';

const dcpTp: Rule = {
  code: 'dcp-tp',
  check({ tp, dcp, pcp }): FindingParts | null {
    if (pcp > 1 || dcp <= 1 || tp % dcp === 0) return null;
    return {
      keys: [DCP],
      message: `${DCP} ${dcp} does not divide tensor-parallel-size ${tp}.`,
      vllmMessage: `tp_size=${tp} must be divisible by dcp_size=${dcp}.`,
      fixes: [removeFix(DCP)],
    };
  },
};

/** KV and query heads of a grouped-query model under decode context parallelism; null when the rules below do not apply. */
function groupedHeads(facts: RuleFacts): { readonly kv: number; readonly queries: number } | null {
  const { model } = facts.context;
  if (!model || facts.dcp <= 1 || hasLatentAttention(model)) return null;
  const kv = Math.max(...kvHeadsOf(model));
  const queries = Math.max(...queryHeadsOf(model));
  return Number.isFinite(kv) && Number.isFinite(queries) && kv > 0 ? { kv, queries } : null;
}

const dcpGqaTp: Rule = {
  code: 'dcp-gqa-tp',
  check(facts): FindingParts | null {
    const heads = groupedHeads(facts);
    if (!heads || facts.tp > heads.kv) return null;
    return {
      keys: [DCP, 'tensor-parallel-size'],
      message: `The model's ${heads.kv} KV heads are not replicated over ${facts.tp} GPUs, so no GPUs can share a request's KV cache.`,
      vllmMessage:
        `Decode context parallelism for GQA/MQA requires \`--tensor-parallel-size\` (${facts.tp}) to be greater than the model's total ` +
        `number of KV heads (${heads.kv}).`,
      fixes: [removeFix(DCP, { preferred: true })],
    };
  },
};

const dcpGqaMax: Rule = {
  code: 'dcp-gqa-max',
  check(facts): FindingParts | null {
    const heads = groupedHeads(facts);
    if (!heads || facts.tp <= heads.kv) return null;
    const most = Math.floor(facts.tp / heads.kv);
    if (facts.dcp <= most) return null;
    return {
      keys: [DCP],
      message: `Each KV head exists ${most} times on ${facts.tp} GPUs, so ${DCP} can be at most ${most}.`,
      vllmMessage:
        `\`--decode-context-parallel-size\` (${facts.dcp}) exceeds the maximum supported value (${most}) for ` +
        `\`--tensor-parallel-size\` (${facts.tp}) and ${heads.kv} model KV heads.`,
      fixes: [most > 1 ? setFix(DCP, most) : removeFix(DCP)],
    };
  },
};

const dcpGqaQ: Rule = {
  code: 'dcp-gqa-q',
  check(facts): FindingParts | null {
    const heads = groupedHeads(facts);
    if (!heads || facts.tp <= heads.kv) return null;
    const perHead = Math.floor(heads.queries / heads.kv);
    if (perHead % facts.dcp === 0) return null;
    return {
      keys: [DCP],
      message: `The ${perHead} query heads of one KV head cannot be shared by ${facts.dcp} GPUs.`,
      vllmMessage:
        `The model's number of query heads per KV head (${perHead}) must be divisible by \`--decode-context-parallel-size\` ` +
        `(${facts.dcp}) for GQA/MQA.`,
      fixes: [removeFix(DCP)],
    };
  },
};

const pcpDp: Rule = {
  code: 'pcp-dp',
  check({ pcp, dp }): FindingParts | null {
    if (pcp <= 1 || dp <= 1) return null;
    return {
      keys: [PCP, 'data-parallel-size'],
      message: 'Prefill context parallelism and data parallelism cannot be combined yet.',
      vllmMessage: 'PCP does not support data parallelism yet.',
      fixes: [removeFix(PCP), removeFix('data-parallel-size')],
    };
  },
};

const pcpDcp: Rule = {
  code: 'pcp-dcp',
  check({ tp, pcp, dcp }): FindingParts | null {
    if (pcp <= 1 || dcp === 1 || dcp === pcp || dcp === tp * pcp) return null;
    return {
      keys: [DCP, PCP],
      message: `With ${PCP} ${pcp}, ${DCP} can be 1, ${pcp} or ${tp * pcp}, not ${dcp}.`,
      vllmMessage: 'When PCP is enabled, DCP must be disabled, span the PCP axis, or span the full TP x PCP axis.',
      fixes: [removeFix(DCP), setFix(DCP, pcp), setFix(DCP, tp * pcp)],
    };
  },
};

export const CONTEXT_PARALLELISM: readonly Rule[] = [dcpTp, dcpGqaTp, dcpGqaMax, dcpGqaQ, pcpDp, pcpDcp];
