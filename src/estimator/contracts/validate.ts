import { closest, distance } from 'fastest-levenshtein';
import { meantBoolean, nearestNumber, type NumberRule } from './meant';
import { requestProblem, type Problems, type RequestProblem } from './problem';

/** A request read in full, or everything that is wrong with it. */
export type Validated<T> = { readonly ok: true; readonly request: T } | { readonly ok: false; readonly problems: Problems };

/** Other ways to write a choice: tried in order on the text in lower case with `_` between words ("AdamW 8bit" is read as "adamw_8bit"). */
export type Spellings<C> = readonly (readonly [RegExp, C])[];

/** Texts that say that a source does not say, in the form {@link Spellings} are tried on: the field counts as absent. */
const NOT_STATED = /^(not_(stated|given|said|specified)|unstated|unspecified|unknown|n\/a)(?![a-z])/;

/** How many edits away a choice may be and still be offered, as a share of its length. */
const NEAR = 0.5;

/** The choice that looks most like `value`, or null when none does. Case, `-`, `_` and spaces do not count as different. */
export function nearestChoice(value: unknown, choices: readonly string[]): string | null {
  if (typeof value !== 'string' || choices.length === 0) return null;
  const wanted = plain(value);
  const same =
    choices.find((choice) => plain(choice) === wanted) ?? choices.find((choice) => wanted !== '' && plain(choice).startsWith(wanted));
  if (same !== undefined) return same;
  const best = closest(wanted, choices.map(plain));
  const choice = choices.find((c) => plain(c) === best);
  return choice !== undefined && distance(wanted, best) <= Math.max(1, NEAR * best.length) ? choice : null;
}

/**
 * Reads the fields of a request one by one, filling in defaults, and gathers every problem instead of stopping at the first.
 * Fields that nobody read are reported as unknown by {@link RequestReader.finish}. A field that is null counts as absent.
 */
export class RequestReader {
  private readonly fields: Readonly<Record<string, unknown>>;
  private readonly known = new Set<string>();
  private readonly found: RequestProblem[];

  /**
   * @param input what the caller sent, of any type.
   * @param path prefix of the field names, for nested objects.
   */
  constructor(
    input: unknown,
    private readonly path = '',
    found: RequestProblem[] = [],
    /** Fields that stand beside the nested object, not in it. */
    private readonly outside: readonly string[] = [],
  ) {
    this.found = found;
    const object = isObject(input);
    this.fields = object ? input : {};
    if (!object) this.report('', input, 'an object with the fields of the request', null);
  }

  /** True when the field was given, whatever its value; for defaults that depend on other fields. */
  has(field: string): boolean {
    return this.raw(field) !== undefined;
  }

  /** True when the field was given to some effect: neither false nor 0. */
  sets(field: string): boolean {
    const value = this.raw(field);
    return value !== undefined && value !== false && value !== 0;
  }

  /** A text field; `fallback` when absent or wrong. */
  text<D extends string | null>(field: string, fallback: D, allowed = 'a non-empty text'): string | D {
    const value = this.raw(field);
    if (value === undefined) return fallback;
    if (typeof value === 'string' && value.trim() !== '') return value;
    this.report(field, value, allowed, null);
    return fallback;
  }

  /** A text field that must be there; the empty text stands in for it once the problem is reported. */
  requiredText(field: string, allowed: string): string {
    if (this.has(field)) return this.text(field, '', allowed);
    this.report(field, undefined, allowed, null);
    return '';
  }

  /** One of `choices`, without regard to case, `-` and `_`, or one of their other spellings; `fallback` when absent or wrong. */
  choice<C extends string, D extends C | null>(field: string, choices: readonly C[], fallback: D, spellings: Spellings<C> = []): C | D {
    const value = this.raw(field);
    if (value === undefined) return fallback;
    const chosen =
      typeof value === 'string' ? (choices.find((choice) => plain(choice) === plain(value)) ?? spelled(value, spellings)) : null;
    if (chosen !== null && !isSlip(value, chosen, choices)) return chosen;
    if (isUnstated(value)) return fallback;
    this.report(field, value, `one of ${choices.join(', ')}`, nearestChoice(value, choices));
    return fallback;
  }

  /** What `find` makes of a text that is one of `choices` or another name of one; `fallback` when absent or wrong. */
  named<C, D>(field: string, choices: readonly string[], find: (name: string) => C | null, fallback: D): C | D {
    const value = this.raw(field);
    if (value === undefined) return fallback;
    const meant = typeof value === 'string' ? find(value) : null;
    if (meant !== null) return meant;
    this.report(field, value, `one of ${choices.join(', ')}`, nearestChoice(value, choices));
    return fallback;
  }

  /** A finite number within the rule; `fallback` when absent or wrong. */
  number<D extends number | null>(field: string, rule: NumberRule, fallback: D): number | D {
    const value = this.raw(field);
    if (value === undefined) return fallback;
    if (isWithin(value, rule)) return value;
    this.report(field, value, describe(rule), nearestNumber(value, rule));
    return fallback;
  }

  /** true or false, or one of their spellings; `fallback` when absent or wrong. */
  flag<D extends boolean | null>(field: string, fallback: D, spellings: Spellings<boolean> = []): boolean | D {
    const value = this.raw(field);
    if (value === undefined) return fallback;
    if (typeof value === 'boolean') return value;
    const named = typeof value === 'string' ? spelled(value, spellings) : null;
    if (named !== null) return named;
    if (isUnstated(value)) return fallback;
    this.report(field, value, 'true or false', meantBoolean(value));
    return fallback;
  }

  /** A list of texts, or one text; null when absent or wrong. */
  textList(field: string, allowed: string): readonly string[] | null {
    const value = this.raw(field);
    if (value === undefined) return null;
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    const texts = list.filter((item): item is string => typeof item === 'string' && item.trim() !== '');
    if (texts.length === list.length && texts.length > 0) return texts;
    this.report(field, value, allowed, null);
    return null;
  }

  /** A list of anything with at least one element; empty when absent or wrong. */
  list(field: string, allowed: string): readonly unknown[] {
    const value = this.raw(field);
    if (Array.isArray(value) && value.length > 0) return value;
    this.report(field, value, allowed, null);
    return [];
  }

  /** Whether nothing was wrong so far, unknown fields included: call it when all fields were read. */
  isSound(): boolean {
    return this.found.length === 0 && Object.keys(this.fields).every((field) => this.known.has(field));
  }

  /** The text of a field as spellings see it; empty when it is absent or no text. */
  words(field: string): string {
    const value = this.raw(field);
    return typeof value === 'string' ? plain(value) : '';
  }

  /** The value itself, unchecked, for fields with rules of their own; undefined when absent. */
  raw(field: string): unknown {
    this.known.add(field);
    const value = Object.hasOwn(this.fields, field) ? this.fields[field] : undefined;
    return value ?? undefined;
  }

  /**
   * A reader of the object in `field`, which reports to this one; of an empty object when absent. Call its `finish` too.
   *
   * @param outside members that may also stand beside `field`, where those in it come first.
   */
  nested(field: string, outside: readonly string[] = []): RequestReader {
    const value = this.raw(field);
    if (value !== undefined && !isObject(value)) this.report(field, value, 'an object', null);
    const inside = isObject(value) ? value : {};
    const beside = outside.flatMap((name) => {
      const given = this.raw(name);
      return given === undefined || (inside[name] ?? undefined) !== undefined ? [] : [[name, given] as const];
    });
    return new RequestReader(
      { ...inside, ...Object.fromEntries(beside) },
      this.pathOf(field),
      this.found,
      beside.map(([name]) => name),
    );
  }

  /** Adds a problem found by the caller, such as two fields that exclude each other. */
  report(field: string, value: unknown, allowed: string, nearest: string | number | boolean | null): void {
    this.found.push(requestProblem(field === '' ? this.path : this.pathOf(field), value, allowed, nearest));
  }

  /** Reports the fields nobody read, each with the known field it looks like. */
  reportUnknown(): void {
    const known = [...this.known];
    for (const field of Object.keys(this.fields)) {
      if (this.known.has(field)) continue;
      this.report(field, this.fields[field], `no such field; the fields are ${known.join(', ')}`, nearestChoice(field, known));
    }
  }

  /** The request, or all its problems. */
  finish<T>(request: T): Validated<T> {
    this.reportUnknown();
    const [first, ...rest] = this.found;
    return first === undefined ? { ok: true, request } : { ok: false, problems: [first, ...rest] };
  }

  /** All problems of a request that cannot be used; there must be one. */
  fail(): { readonly ok: false; readonly problems: Problems } {
    this.reportUnknown();
    const [first, ...rest] = this.found;
    if (first === undefined) throw new RangeError('a request without a problem cannot fail');
    return { ok: false, problems: [first, ...rest] };
  }

  private pathOf(field: string): string {
    return this.path === '' || this.outside.includes(field) ? field : `${this.path}.${field}`;
  }
}

function isUnstated(value: unknown): boolean {
  return typeof value === 'string' && NOT_STATED.test(plain(value));
}

/** What a text means by the first spelling that fits; null when none does. */
export function spelled<C>(text: string, spellings: Spellings<C>): C | null {
  const words = plain(text);
  return spellings.find(([pattern]) => pattern.test(words))?.[1] ?? null;
}

/** Least length of a choice for one wrong letter to be a slip: shorter words, such as names of objectives, differ in one letter. */
const LONG = 8;

/** Whether a text is one letter away from another choice than the one it is read as: "paged_adamw_8bix" is not "paged_adamw". */
function isSlip(value: unknown, chosen: string, choices: readonly string[]): boolean {
  const text = typeof value === 'string' ? plain(value) : '';
  const near = (choice: string): boolean => digits(choice) === digits(text) && distance(text, plain(choice)) <= 1;
  return !near(chosen) && choices.some((choice) => choice.length >= LONG && near(choice));
}

/** The digits of a text: another width is another choice, not a slip. */
function digits(text: string): string {
  return text.replace(/\D/g, '');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isWithin(value: unknown, rule: NumberRule): value is number {
  return (
    typeof value === 'number' &&
    Number.isFinite(value) &&
    value >= (rule.min ?? -Infinity) &&
    value <= (rule.max ?? Infinity) &&
    (rule.integer !== true || Number.isInteger(value))
  );
}

function describe(rule: NumberRule): string {
  const kind = rule.integer === true ? 'a whole number' : 'a number';
  if (rule.min !== undefined && rule.max !== undefined) return `${kind} from ${rule.min} to ${rule.max}`;
  if (rule.min !== undefined) return `${kind} of at least ${rule.min}`;
  return rule.max !== undefined ? `${kind} of at most ${rule.max}` : kind;
}

function plain(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, '_');
}
