import texts from '../data/rule-texts.json';

/** What people read of a rule. */
export interface RuleText {
  readonly title: string;
  /** Why vLLM does this, one or two sentences of Markdown. */
  readonly why: string;
  /** The way out, one sentence of Markdown. */
  readonly remedy: string;
  /** Why the extension never reports it; absent for the others. */
  readonly unreported?: string;
}

/** By the rule's code. */
export const RULE_TEXTS: Readonly<Partial<Record<string, RuleText>>> = texts;
