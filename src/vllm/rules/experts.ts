import { toNumber } from '../argumentValues';
import { hasExperts } from '../../estimator/modelShape';
import type { FindingParts, Rule, RuleFacts } from './rule';
import { removeFieldFix, removeFix, setFix } from './rule';

const EP = 'enable-expert-parallel';
const EPLB = 'enable-eplb';

const epDense: Rule = {
  code: 'ep-dense',
  check(facts): FindingParts | null {
    const { model } = facts.context;
    if (!model || hasExperts(model) || facts.read.flag(EP) !== true) return null;
    return {
      keys: [EP],
      message: 'The model has no experts that could be spread over GPUs.',
      vllmMessage: 'Number of experts in the model must be greater than 0 when expert parallelism is enabled.',
      fixes: [removeFix(EP, { preferred: true })],
    };
  },
};

const eplbEp: Rule = {
  code: 'eplb-ep',
  check({ read }): FindingParts | null {
    if (read.flag(EPLB) !== true || read.flag(EP) === true) return null;
    return {
      keys: [EPLB, EP],
      message: 'Balancing experts needs expert parallelism.',
      vllmMessage: 'enable_expert_parallel must be True to use EPLB.',
      fixes: [setFix(EP, true), removeFix(EPLB)],
    };
  },
};

const eplbOneGpu: Rule = {
  code: 'eplb-1gpu',
  check({ read, tp, pcp, dp }): FindingParts | null {
    if (read.flag(EPLB) !== true || tp * pcp * dp > 1) return null;
    return {
      keys: [EPLB],
      message: 'On one GPU there are no experts to balance.',
      vllmMessage: `EPLB requires tensor, prefill-context, or data parallelism, but got tp=${tp}, pcp=${pcp}, dp=${dp}.`,
      fixes: [removeFix(EPLB, { preferred: true })],
    };
  },
};

function redundantExperts(facts: RuleFacts): number {
  return toNumber(facts.read.object('eplb-config')?.['num_redundant_experts']) ?? 0;
}

const redundantNoEplb: Rule = {
  code: 'redundant-no-eplb',
  check(facts): FindingParts | null {
    const extra = redundantExperts(facts);
    if (extra === 0 || facts.read.flag(EPLB) === true) return null;
    return {
      keys: ['eplb-config', EPLB],
      message: `${extra} redundant experts are asked for, but nothing balances experts.`,
      vllmMessage: `num_redundant_experts is set to ${extra} but EPLB is not enabled. Either enable EPLB or unset num_redundant_experts.`,
      fixes: [setFix(EPLB, true), removeFieldFix(facts, 'eplb-config', 'num_redundant_experts')],
    };
  },
};

const dpExternalLb: Rule = {
  code: 'dp-ext-lb',
  check({ read, dp }): FindingParts | null {
    if (read.flag('data-parallel-external-lb') !== true || dp > 1) return null;
    return {
      keys: ['data-parallel-external-lb', 'data-parallel-size'],
      message: 'External load balancing needs more than one data-parallel copy.',
      vllmMessage: 'data_parallel_external_lb can only be set when data_parallel_size > 1',
      fixes: [removeFix('data-parallel-external-lb')],
    };
  },
};

export const EXPERTS: readonly Rule[] = [epDense, eplbEp, eplbOneGpu, redundantNoEplb, dpExternalLb];
