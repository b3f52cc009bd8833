import type { Objective } from '../contracts/finetuning';

/** What an objective runs and keeps beside the model it trains. */
export interface ObjectiveFacts {
  /** Sequences that one sample puts into a forward pass: the chosen and the rejected answer of a pair go through together. */
  readonly sequences: 1 | 2;
  /** Frozen copies of the base model in a full fine-tune; with adapters the reference is the base with the adapter turned off. */
  readonly references: number;
  /** Frozen models that a run has whatever its method: a teacher, a reward model. Taken to be as large as the trained one. */
  readonly frozenModels: number;
  /** Models trained beside the policy: PPO's critic. */
  readonly critics: number;
  /** Sets of logits in the loss: a teacher's stand beside the student's. */
  readonly logits: 0 | 1 | 2;
  /** Forward passes without gradients that each step adds. */
  readonly extraForwards: number;
}

const PLAIN: ObjectiveFacts = { sequences: 1, references: 0, frozenModels: 0, critics: 0, logits: 1, extraForwards: 0 };

/**
 * Objectives by what their papers and TRL's trainers need: DPO (arXiv 2305.18290) compares pairs under the policy and a frozen reference,
 * ORPO (2403.07691) does without the reference, KTO (2402.01306) without the pairs; a reward model scores pairs with a head of one output;
 * PPO (2203.02155) adds a reward model and a critic as large as the policy; GRPO (2402.03300) drops the critic; GKD (2306.13649) compares
 * the logits of student and teacher.
 */
export const OBJECTIVE_FACTS: Readonly<Record<Objective, ObjectiveFacts>> = {
  sft: PLAIN,
  pretrain: PLAIN,
  dpo: { ...PLAIN, sequences: 2, references: 1, extraForwards: 1 },
  orpo: { ...PLAIN, sequences: 2 },
  kto: { ...PLAIN, references: 1, extraForwards: 1 },
  reward: { ...PLAIN, sequences: 2, logits: 0 },
  ppo: { ...PLAIN, references: 1, frozenModels: 1, critics: 1, extraForwards: 3 },
  grpo: { ...PLAIN, references: 1, extraForwards: 1 },
  gkd: { ...PLAIN, frozenModels: 1, logits: 2, extraForwards: 1 },
};
