import { meantBoolean, nearestNumber } from '../../estimator/contracts/meant';

/** A parsed JSON object of unknown content. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a parsed JSON value is an object (not null, not a list). */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A field of a config that cannot be used. */
export interface FieldProblem {
  /** Its path in the config; empty for the config as a whole. */
  readonly field: string;
  /** What it says; undefined where it is missing. */
  readonly value: unknown;
  /** What would be read, in words. */
  readonly expected: string;
  /** The nearest value that would be read, or null when none is near. */
  readonly nearest: number | boolean | null;
}

/** Largest count or width any config field may state (2^31 - 1): beyond it products leave the range of exact integers. */
export const LARGEST_INTEGER = 2 ** 31 - 1;

/** What a count or width may be. */
const COUNT = { min: 0, max: LARGEST_INTEGER, integer: true } as const;

/**
 * Reads a config by field name with aliases: the first name that is present and not null wins. A field of the wrong type
 * is reported in `problems` and read as absent; nothing throws.
 */
export class Fields {
  constructor(
    private readonly source: JsonObject,
    /** Collects every wrong field once. Shared with nested readers. */
    readonly problems: FieldProblem[] = [],
    /** Where a field stands in the whole config. */
    private readonly pathOf: (name: string) => string = (name) => name,
  ) {}

  /** The raw value of the first of `names` that is present. */
  raw(...names: readonly string[]): unknown {
    for (const name of names) {
      const value = this.source[name];
      if (value !== undefined && value !== null) return value;
    }
    return null;
  }

  /** Whether any of `names` is present and not null. */
  has(...names: readonly string[]): boolean {
    return this.raw(...names) !== null;
  }

  /** A whole number from 0; the first element where the field is a list of equal numbers. */
  integer(...names: readonly string[]): number | null {
    const found = this.find(names);
    if (!found) return null;
    const list: readonly unknown[] = Array.isArray(found.value) ? found.value : [found.value];
    const value = list[0];
    if (isCount(value) && list.every((entry) => entry === value)) return value;
    if (!(Array.isArray(found.value) && list.length > 0 && list.every(isCount)))
      this.report(found.name, found.value, `a whole number from ${COUNT.min} to ${COUNT.max}`, nearestNumber(found.value, COUNT));
    return null;
  }

  /** A finite number. */
  number(...names: readonly string[]): number | null {
    const found = this.find(names);
    if (!found) return null;
    if (typeof found.value === 'number' && Number.isFinite(found.value)) return found.value;
    this.report(found.name, found.value, 'a number', nearestNumber(found.value, {}));
    return null;
  }

  boolean(...names: readonly string[]): boolean | null {
    const found = this.find(names);
    if (!found) return null;
    if (typeof found.value === 'boolean') return found.value;
    if (found.value === 0 || found.value === 1) return found.value === 1;
    this.report(found.name, found.value, 'true or false', meantBoolean(found.value));
    return null;
  }

  string(...names: readonly string[]): string | null {
    const found = this.find(names);
    if (!found) return null;
    if (typeof found.value === 'string') return found.value;
    this.report(found.name, found.value, 'a text');
    return null;
  }

  /** A list of whole numbers; null when absent or one number, which `integer` reads. */
  integers(...names: readonly string[]): readonly number[] | null {
    const found = this.find(names);
    if (!found || isCount(found.value)) return null;
    if (Array.isArray(found.value) && found.value.every(isCount)) return found.value;
    this.report(found.name, found.value, `whole numbers from ${COUNT.min} to ${COUNT.max}`);
    return null;
  }

  /** A list of texts; null when absent. */
  strings(...names: readonly string[]): readonly string[] | null {
    const found = this.find(names);
    if (!found) return null;
    if (Array.isArray(found.value) && found.value.every((entry) => typeof entry === 'string')) return found.value;
    this.report(found.name, found.value, 'a list of texts');
    return null;
  }

  /** A nested object's reader; null when absent. */
  object(...names: readonly string[]): Fields | null {
    const found = this.find(names);
    if (!found) return null;
    const path = this.pathOf(found.name);
    if (isJsonObject(found.value)) return new Fields(found.value, this.problems, (name) => `${path}.${name}`);
    return null;
  }

  /** The nested objects of a list; null when absent or not a list of objects. */
  objects(...names: readonly string[]): readonly Fields[] | null {
    const found = this.find(names);
    if (!found || !Array.isArray(found.value) || !found.value.every(isJsonObject)) return null;
    const path = this.pathOf(found.name);
    return found.value.map((entry, index) => new Fields(entry, this.problems, (name) => `${path}[${index}].${name}`));
  }

  /** The object behind this reader. */
  get json(): JsonObject {
    return this.source;
  }

  private find(names: readonly string[]): { readonly name: string; readonly value: unknown } | null {
    const name = names.find((candidate) => this.source[candidate] !== undefined && this.source[candidate] !== null);
    return name === undefined ? null : { name, value: this.source[name] };
  }

  /** Adds a problem with the first of `names` that is present, or with the first of all, which is missing. */
  reportFirst(names: readonly [string, ...string[]], expected: string, nearest: FieldProblem['nearest'] = null): void {
    const found = this.find(names);
    this.report(found?.name ?? names[0], found?.value, expected, nearest);
  }

  /** Adds a problem with a field, given or missing, unless it is known: layers read the same fields one after the other. */
  report(name: string, value: unknown, expected: string, nearest: FieldProblem['nearest'] = null): void {
    const field = this.pathOf(name);
    if (!this.problems.some((known) => known.field === field)) this.problems.push({ field, value, expected, nearest });
  }
}

/** Problems as one text: "hidden_size is "wide", expected a whole number; it does not state vocab_size". */
export function problemsText(problems: readonly FieldProblem[]): string {
  const missing = problems.filter(({ value }) => value === undefined).map(({ field }) => field);
  const wrong = problems.filter(({ value }) => value !== undefined);
  const parts = wrong.map(({ field, value, expected }) => {
    const shown = JSON.stringify(value);
    return `${field} is ${shown.length > LONGEST_SHOWN ? `${shown.slice(0, LONGEST_SHOWN)}…` : shown}, expected ${expected}`;
  });
  return [...parts, ...(missing.length > 0 ? [`it does not state ${missing.join(', ')}`] : [])].join('; ');
}

/** Longest value quoted in a message, in characters. */
const LONGEST_SHOWN = 40;

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= LARGEST_INTEGER;
}
