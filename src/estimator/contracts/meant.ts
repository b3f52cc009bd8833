/** Bounds of a number; both ends are allowed. */
export interface NumberRule {
  readonly min?: number;
  readonly max?: number;
  readonly integer?: boolean;
}

/** The truth value that a text or a number stands for, or null when it stands for none. */
export function meantBoolean(value: unknown): boolean | null {
  return value === 'true' || value === 1 ? true : value === 'false' || value === 0 ? false : null;
}

/** The number within the rule that is closest to a number, or to a text that is one; null for anything else. */
export function nearestNumber(value: unknown, rule: NumberRule): number | null {
  const meant = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof meant !== 'number' || !Number.isFinite(meant)) return null;
  const whole = rule.integer === true ? Math.round(meant) : meant;
  return Math.min(Math.max(whole, rule.min ?? -Infinity), rule.max ?? Infinity);
}
