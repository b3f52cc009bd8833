import rules from '../../../data/rules.json';
import type { Severity } from '../findings';
import { isSince } from '../release';

/**
 * What a rule is decided by: the arguments alone, also the model or the GPU, the text of the file, the simulated start-up,
 * or facts no file shows. `advice` marks the hints that refuse nothing.
 */
export type RuleBasis = 'arguments' | 'model' | 'gpu' | 'file' | 'startup' | 'environment' | 'advice';

/** One rule; how it is checked stands beside its concept, what people read of it in `data/rule-texts.json`, which only the documentation needs. */
export interface RuleInfo {
  /** Stable code of the finding. */
  readonly code: string;
  readonly severity: Severity;
  /** First vLLM release with the rule, as far as known; null for all. */
  readonly since: string | null;
  /** Last vLLM release with the rule; null when it still holds. */
  readonly until: string | null;
  readonly basis: RuleBasis;
}

interface Row {
  readonly code: string;
  readonly severity: string;
  readonly since?: string;
  readonly until?: string;
  readonly basis: string;
}

/** Every rule, in the order of the documentation. */
export const RULES: readonly RuleInfo[] = (rules as readonly Row[]).map((row) => ({
  ...row,
  severity: row.severity as Severity,
  basis: row.basis as RuleBasis,
  since: row.since ?? null,
  until: row.until ?? null,
}));

const BY_CODE: ReadonlyMap<string, RuleInfo> = new Map(RULES.map((rule) => [rule.code, rule]));

/** The rule of a code; null when there is none. */
export function ruleInfo(code: string): RuleInfo | null {
  return BY_CODE.get(code) ?? null;
}

/** Whether a vLLM release has a rule. A rule without an entry holds for all. */
export function isRuleIn(code: string, version: string): boolean {
  const info = ruleInfo(code);
  if (!info) return true;
  return (info.since === null || isSince(version, info.since)) && (info.until === null || isSince(info.until, version));
}
