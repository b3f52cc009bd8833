import type { ArgumentValue, VllmArguments } from './arguments';

const SIZE_SUFFIXES: Readonly<Record<string, number>> = {
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  K: 1024,
  M: 1024 ** 2,
  G: 1024 ** 3,
  T: 1024 ** 4,
};

/** A number as vLLM's parser reads it, including human sizes (`32k` = 32,000, `32K` = 32,768); null when it is none or beyond any machine's. */
export function toNumber(value: ArgumentValue | undefined): number | null {
  if (typeof value === 'number') return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? value : null;
  if (typeof value !== 'string') return null;
  const match = /^\s*([+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*([kKmMgGtT]?)\s*$/.exec(value);
  return match ? toNumber(Number(match[1]) * (SIZE_SUFFIXES[match[2] ?? ''] ?? 1)) : null;
}

/** A boolean as flags take it; null when it is none. */
function toBoolean(value: ArgumentValue | undefined): boolean | null {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string') return null;
  const text = value.trim().toLowerCase();
  if (text === 'true' || text === '1' || text === 'yes') return true;
  return text === 'false' || text === '0' || text === 'no' ? false : null;
}

/** A JSON object given as a mapping or as JSON text; null when it is neither. */
export function toObject(value: ArgumentValue | undefined): { readonly [key: string]: ArgumentValue } | null {
  if (typeof value === 'string') {
    if (!value.trimStart().startsWith('{')) return null;
    try {
      const parsed = JSON.parse(value) as ArgumentValue;
      return toObject(parsed);
    } catch {
      return null;
    }
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as { readonly [key: string]: ArgumentValue }) : null;
}

/** A list of numbers given as a list, as one number or as text with separators; null when it is none of these. */
export function toNumbers(value: ArgumentValue | undefined): readonly number[] | null {
  if (value === undefined || value === null || typeof value === 'boolean') return null;
  const items: readonly ArgumentValue[] = Array.isArray(value)
    ? (value as readonly ArgumentValue[])
    : typeof value === 'string'
      ? value.split(/[\s,[\]]+/).filter((item) => item !== '')
      : [value];
  const numbers = items.map(toNumber);
  return numbers.length > 0 && numbers.every((n) => n !== null) ? numbers : null;
}

/** Typed, forgiving access to arguments: a value of the wrong kind reads as absent, because vLLM would refuse it elsewhere. */
export class ArgumentReader {
  constructor(private readonly args: VllmArguments) {}

  number(key: string): number | null {
    return toNumber(this.args.get(key));
  }

  /** A number above zero; null otherwise. */
  positive(key: string): number | null {
    const value = this.number(key);
    return value !== null && value > 0 ? value : null;
  }

  /** A whole number above zero; null otherwise. */
  count(key: string): number | null {
    const value = this.positive(key);
    return value !== null && value >= 1 ? Math.floor(value) : null;
  }

  /** `--key` and `--no-key`; null when neither is given. */
  flag(key: string): boolean | null {
    if (toBoolean(this.args.get(`no-${key}`)) === true) return false;
    return toBoolean(this.args.get(key));
  }

  text(key: string): string | null {
    const value = this.args.get(key);
    return typeof value === 'string' && value.trim() !== '' && value.trim().toLowerCase() !== 'none' ? value.trim() : null;
  }

  object(key: string): { readonly [key: string]: ArgumentValue } | null {
    return toObject(this.args.get(key));
  }

  numbers(key: string): readonly number[] | null {
    return toNumbers(this.args.get(key));
  }

  has(key: string): boolean {
    const value = this.args.get(key);
    return value !== undefined && value !== null;
  }
}

/** A number above zero from a member of a JSON-valued argument, which may be written as text; null otherwise. */
export function positiveNumber(value: unknown): number | null {
  const number = typeof value === 'number' || typeof value === 'string' ? toNumber(value) : null;
  return number !== null && number > 0 ? number : null;
}
