/** A parsed JSON object of unknown content. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a parsed JSON value is an object (not null, not a list). */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Largest count or width any config field may state (2^31 - 1): beyond it products leave the range of exact integers. */
const LARGEST_INTEGER = 2 ** 31 - 1;

/**
 * Reads a config by field name with aliases: the first name that is present and not null wins. A field of the wrong type
 * is reported in `problems` and read as absent; nothing throws.
 */
export class Fields {
  constructor(
    private readonly source: JsonObject,
    /** Collects "field is x, expected y" for every wrong field. Shared with nested readers. */
    readonly problems: string[] = [],
    private readonly path = '',
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
    if (!(Array.isArray(found.value) && list.every(isCount))) this.report(found.name, found.value, 'a whole number from 0 to 2147483647');
    return null;
  }

  /** A finite number. */
  number(...names: readonly string[]): number | null {
    const found = this.find(names);
    if (!found) return null;
    if (typeof found.value === 'number' && Number.isFinite(found.value)) return found.value;
    this.report(found.name, found.value, 'a number');
    return null;
  }

  boolean(...names: readonly string[]): boolean | null {
    const found = this.find(names);
    if (!found) return null;
    if (typeof found.value === 'boolean') return found.value;
    if (found.value === 0 || found.value === 1) return found.value === 1;
    this.report(found.name, found.value, 'true or false');
    return null;
  }

  string(...names: readonly string[]): string | null {
    const found = this.find(names);
    if (!found) return null;
    if (typeof found.value === 'string') return found.value;
    this.report(found.name, found.value, 'a text');
    return null;
  }

  /** A list of whole numbers; null when absent or not a list. */
  integers(...names: readonly string[]): readonly number[] | null {
    const value = this.raw(...names);
    return Array.isArray(value) && value.every(isCount) ? value : null;
  }

  /** A list of texts; null when absent or not such a list. */
  strings(...names: readonly string[]): readonly string[] | null {
    const value = this.raw(...names);
    return Array.isArray(value) && value.every((entry) => typeof entry === 'string') ? value : null;
  }

  /** A nested object's reader; null when absent. */
  object(...names: readonly string[]): Fields | null {
    const found = this.find(names);
    if (!found) return null;
    if (isJsonObject(found.value)) return new Fields(found.value, this.problems, `${this.path}${found.name}.`);
    return null;
  }

  /** The nested objects of a list; null when absent or not a list of objects. */
  objects(...names: readonly string[]): readonly Fields[] | null {
    const value = this.raw(...names);
    if (!Array.isArray(value) || !value.every(isJsonObject)) return null;
    return value.map((entry) => new Fields(entry, this.problems, `${this.path}${names[0] ?? ''}[].`));
  }

  /** The object behind this reader. */
  get json(): JsonObject {
    return this.source;
  }

  private find(names: readonly string[]): { readonly name: string; readonly value: unknown } | null {
    const name = names.find((candidate) => this.source[candidate] !== undefined && this.source[candidate] !== null);
    return name === undefined ? null : { name, value: this.source[name] };
  }

  private report(name: string, value: unknown, expected: string): void {
    const shown = JSON.stringify(value) ?? String(value);
    this.problems.push(`${this.path}${name} is ${shown.length > 40 ? `${shown.slice(0, 40)}…` : shown}, expected ${expected}`);
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= LARGEST_INTEGER;
}
