/** One of a short list. */
export interface Choice {
  readonly value: string;
  readonly label: string;
}

interface FieldBase<F> {
  readonly name: keyof F & string;
  readonly label: string;
  /** Heading under which it is folded; the first section is always open. */
  readonly section: string;
  /** One sentence for people who do not know the word. */
  readonly help?: string;
  /** Whether it plays a part, given the other fields. */
  readonly when?: (form: F) => boolean;
}

export interface NumberField<F> extends FieldBase<F> {
  readonly kind: 'number' | 'slider';
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  readonly integer: boolean;
  /** Stops of a slider, ascending; any value in the range can be typed. */
  readonly stops?: readonly number[];
  /** What the value `min` means when it stands for "let vLLM decide". */
  readonly automatic?: string;
}

export interface ChoiceField<F> extends FieldBase<F> {
  readonly kind: 'choice';
  readonly choices: readonly Choice[];
}

export interface CheckField<F> extends FieldBase<F> {
  readonly kind: 'check';
}

export type Field<F> = NumberField<F> | ChoiceField<F> | CheckField<F>;

/** What a field has besides its name, its label and its kind's own properties. */
type Extras<F> = Pick<FieldBase<F>, 'help' | 'when'>;
type NumberExtras<F> = Extras<F> & Partial<Pick<NumberField<F>, 'integer' | 'automatic'>>;
type Name<F> = keyof F & string;

/** Makers of the fields under one heading. Numbers are whole unless said otherwise. */
export interface Section<F> {
  number(name: Name<F>, label: string, unit: string, range: Range, extras?: NumberExtras<F>): NumberField<F>;
  slider(name: Name<F>, label: string, unit: string, range: Range, stops: readonly number[], extras?: NumberExtras<F>): NumberField<F>;
  choice(name: Name<F>, label: string, choices: readonly Choice[], extras?: Extras<F>): ChoiceField<F>;
  check(name: Name<F>, label: string, extras?: Extras<F>): CheckField<F>;
}

/** Least and largest value, both allowed. */
type Range = readonly [min: number, max: number];

export function section<F>(heading: string): Section<F> {
  const numeric =
    (kind: NumberField<F>['kind']) =>
    (name: Name<F>, label: string, unit: string, [min, max]: Range, extras: object): NumberField<F> => ({
      name,
      label,
      section: heading,
      kind,
      unit,
      min,
      max,
      integer: true,
      ...extras,
    });
  return {
    number: (name, label, unit, range, extras = {}) => numeric('number')(name, label, unit, range, extras),
    slider: (name, label, unit, range, stops, extras = {}) => numeric('slider')(name, label, unit, range, { stops, ...extras }),
    choice: (name, label, choices, extras) => ({ name, label, section: heading, kind: 'choice', choices, ...extras }),
    check: (name, label, extras) => ({ name, label, section: heading, kind: 'check', ...extras }),
  };
}

/** Choices from pairs of value and label. */
export const options = (...values: readonly (readonly [value: string, label: string])[]): readonly Choice[] =>
  values.map(([value, label]) => ({ value, label }));

/** What is wrong with a typed number, in words that say the way out; null when nothing is. */
export function problemOf<F>(field: NumberField<F>, typed: string): string | null {
  const value = parseNumber(typed);
  // What stands for "let vLLM decide" is said by an empty field.
  const least = field.automatic === undefined ? field.min : field.min + 1;
  const range = `${least.toLocaleString('en')} to ${field.max.toLocaleString('en')}${field.unit === '' ? '' : ` ${field.unit}`}`;
  if (value === null) return `Enter a number from ${range}.`;
  if (value < least || value > field.max) return `Must be from ${range}.`;
  if (field.integer && !Number.isInteger(value)) return `Must be a whole number from ${range}.`;
  return null;
}

/** Multipliers of the suffixes vLLM's own parser knows: decimal in lower case, binary in upper case. */
const SUFFIXES: Readonly<Record<string, number>> = { k: 1e3, K: 1024, m: 1e6, M: 1024 ** 2 };

/** A number as people type it: `32768`, `32,768`, `32k` (32,000), `32K` (32,768). Null when it is none. */
export function parseNumber(typed: string): number | null {
  const match = /^\s*(\d[\d,\s_]*(?:\.\d+)?|\.\d+)\s*([kKmM]?)\s*$/.exec(typed);
  if (!match?.[1]) return null;
  return Number(match[1].replace(/[,\s_]/g, '')) * (SUFFIXES[match[2] ?? ''] ?? 1);
}

/** Whether a field may have a value: one that can be typed, or the one that an empty field stands for. */
export function isAllowed<F>(field: NumberField<F>, value: number): boolean {
  return (field.automatic !== undefined && value === field.min) || problemOf(field, String(value)) === null;
}

/**
 * A form from saved values: each field that is absent, of another type or out of range takes the default instead.
 */
export function restoreForm<F extends object>(defaults: F, fields: readonly Field<F>[], saved: Readonly<Record<string, unknown>>): F {
  const limits = new Map(fields.map((field) => [field.name as string, field]));
  const kept = Object.entries(defaults).map(([name, fallback]) => {
    const value = saved[name];
    if (typeof value !== typeof fallback) return [name, fallback];
    const field = limits.get(name);
    const number = field?.kind === 'number' || field?.kind === 'slider' ? field : null;
    if (number && !isAllowed(number, Number(value))) return [name, fallback];
    if (field?.kind === 'choice' && !field.choices.some((choice) => choice.value === value)) return [name, fallback];
    return [name, value];
  });
  return Object.fromEntries(kept) as F;
}
