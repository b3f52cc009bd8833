import { closest, distance } from 'fastest-levenshtein';
import table from '../../data/arguments.json';
import type { ArgumentValue } from './arguments';
import { compareReleases, isSince } from './release';

/** `flag` is a boolean without a `no-` form; `json` takes a mapping or JSON text; the plurals take one value or a list. */
export type ArgumentType = 'string' | 'integer' | 'number' | 'boolean' | 'flag' | 'json' | 'strings' | 'integers';

/** What an argument is paid from, as the start-up accounts for it. */
export type MemoryComponent =
  | 'weights'
  | 'kv'
  | 'activation'
  | 'workspace'
  | 'cuda_graph'
  | 'budget'
  | 'non_torch'
  | 'lora'
  | 'host'
  | 'load_peak'
  | 'mm_frontend'
  | 'runtime_activation';

/** A key inside a JSON-valued argument (`speculative-config.num_speculative_tokens`). */
export interface ArgumentField {
  readonly name: string;
  readonly type: ArgumentType;
  readonly default?: ArgumentValue;
  readonly choices?: readonly (string | number)[];
  readonly suggestions?: readonly (string | number)[];
  readonly meaning?: string;
}

/** What takes the place of a removed argument: another name, fixed settings, or a field of a JSON-valued argument. */
export type Replacement =
  | { readonly rename: string }
  | { readonly set: Readonly<Record<string, ArgumentValue>> }
  | { readonly field: readonly [argument: string, field: string] };

export interface Removal {
  /** Last release read that still had it. */
  readonly lastSeen: string;
  /** First release known to be without it. */
  readonly goneBy: string;
  readonly replacement: Replacement | null;
  readonly note: string | null;
}

/** One argument of `vllm serve`. */
export interface Argument {
  /** Canonical name in kebab case. */
  readonly name: string;
  /** vLLM's config class or parser group. */
  readonly group: string;
  readonly type: ArgumentType;
  /** Takes `32k` (32,000) and `32K` (32,768). */
  readonly humanSize: boolean;
  /** Words accepted beside the type (`auto`). */
  readonly keywords: readonly string[];
  /** Default of the newest release; null when unset or computed at start. Older ones: `defaultOf`. */
  readonly default: ArgumentValue;
  readonly defaultBefore: Readonly<Record<string, ArgumentValue>>;
  /** First release that turns an unset boolean on where the model allows it; null when unset means off. */
  readonly onSince: string | null;
  /** The only values accepted by the newest release; null when open. */
  readonly choices: readonly (string | number)[] | null;
  /** Usual values of an open argument. */
  readonly suggestions: readonly (string | number)[];
  readonly nullable: boolean;
  /** A JSON-valued argument that also takes plain text. */
  readonly orString: boolean;
  /** A string that may be given without a value. */
  readonly bare: boolean;
  /** A list that vLLM reads as one JSON text (`'["*"]'`). */
  readonly jsonList: boolean;
  /** Short forms of the command line, without dashes; not accepted as YAML keys. */
  readonly short: readonly string[];
  /** First release read that has it; null when all have. */
  readonly since: string | null;
  readonly removal: Removal | null;
  readonly memory: readonly MemoryComponent[];
  readonly meaning: string;
  readonly fields: readonly ArgumentField[];
}

interface Row {
  readonly name: string;
  readonly type: string;
  readonly humanSize?: boolean;
  readonly keywords?: readonly string[];
  readonly default?: unknown;
  readonly defaultBefore?: Readonly<Record<string, ArgumentValue>>;
  readonly onSince?: string;
  readonly choices?: readonly (string | number)[];
  readonly suggestions?: readonly (string | number)[];
  readonly nullable?: boolean;
  readonly orString?: boolean;
  readonly bare?: boolean;
  readonly jsonList?: boolean;
  readonly short?: readonly string[];
  readonly since?: string;
  readonly memory?: readonly string[];
  readonly meaning?: string;
  readonly fields?: readonly unknown[];
  readonly lastSeen?: string;
  readonly goneBy?: string;
  readonly replacement?: unknown;
  readonly note?: string;
}

interface Group {
  readonly group: string;
  readonly arguments: readonly Row[];
}

function argumentOf(row: Row, group: string): Argument {
  return {
    name: row.name,
    group,
    type: row.type as ArgumentType,
    humanSize: row.humanSize ?? false,
    keywords: row.keywords ?? [],
    default: (row.default ?? null) as ArgumentValue,
    defaultBefore: row.defaultBefore ?? {},
    onSince: row.onSince ?? null,
    choices: row.choices ?? null,
    suggestions: row.suggestions ?? [],
    nullable: row.nullable ?? false,
    orString: row.orString ?? false,
    bare: row.bare ?? false,
    jsonList: row.jsonList ?? false,
    short: row.short ?? [],
    since: row.since ?? null,
    removal:
      row.lastSeen !== undefined && row.goneBy !== undefined
        ? {
            lastSeen: row.lastSeen,
            goneBy: row.goneBy,
            replacement: (row.replacement ?? null) as Replacement | null,
            note: row.note ?? null,
          }
        : null,
    memory: (row.memory ?? []) as readonly MemoryComponent[],
    meaning: row.meaning ?? row.note ?? '',
    fields: (row.fields ?? []) as readonly ArgumentField[],
  };
}

/** Releases whose parsers were read, oldest first; `since` and removals are known only to lie between two of them. */
const RELEASES_READ: readonly string[] = table.releases;

/** Every argument of `vllm serve`, current ones first, then the removed. Facts: `data/arguments.json`, which names its source. */
export const ARGUMENTS: readonly Argument[] = [
  ...(table.arguments as readonly Group[]).flatMap(({ group, arguments: rows }) => rows.map((row) => argumentOf(row, group))),
  ...(table.removed as readonly Row[]).map((row) => argumentOf(row, 'Removed')),
];

const BY_NAME: ReadonlyMap<string, Argument> = new Map(ARGUMENTS.map((argument) => [argument.name, argument]));

const BY_SHORT: ReadonlyMap<string, Argument> = new Map(ARGUMENTS.flatMap((argument) => argument.short.map((short) => [short, argument])));

/** Whether a release has an argument; `uncertain` between the last release read without it and the first with it. */
export type Availability = 'present' | 'absent' | 'uncertain';

export function availabilityIn(argument: Argument, version: string): Availability {
  if (argument.removal && compareReleases(version, argument.removal.lastSeen) > 0) {
    return isSince(version, argument.removal.goneBy) ? 'absent' : 'uncertain';
  }
  if (argument.since === null || isSince(version, argument.since)) return 'present';
  const lastWithout = RELEASES_READ[RELEASES_READ.indexOf(argument.since) - 1];
  return lastWithout !== undefined && compareReleases(version, lastWithout) > 0 ? 'uncertain' : 'absent';
}

/** The default a release uses when the argument is not given; null when unset or computed at start. */
export function defaultOf(argument: Argument, version: string): ArgumentValue {
  for (const [release, value] of Object.entries(argument.defaultBefore)) {
    if (!isSince(version, release)) return value;
  }
  return argument.default;
}

/** Whether a boolean is on in a release when the file says nothing. */
export function isOnByDefault(argument: Argument, version: string): boolean {
  return defaultOf(argument, version) === true || (argument.onSince !== null && isSince(version, argument.onSince));
}

/** The argument of a canonical name, current or removed. */
export function findArgument(name: string): Argument | null {
  return BY_NAME.get(name) ?? null;
}

/** What vLLM's argument parser makes of a written name. */
export type ResolvedName =
  | {
      /** `prefix` when the name is abbreviated and only one argument starts so. */
      readonly kind: 'known' | 'prefix';
      readonly argument: Argument;
      /** Written with `no-`, which turns a boolean off. */
      readonly negated: boolean;
      /** The part after the first dot (`compilation-config.cudagraph_mode`); empty otherwise. */
      readonly path: readonly string[];
    }
  | { readonly kind: 'ambiguous'; readonly candidates: readonly string[] }
  | { readonly kind: 'short-alias'; readonly argument: Argument }
  | { readonly kind: 'removed'; readonly argument: Argument; readonly removal: Removal }
  | { readonly kind: 'too-new'; readonly argument: Argument; readonly since: string }
  | { readonly kind: 'unknown' };

/** `tensor_parallel_size` -> `tensor-parallel-size`; what follows a dot is kept. */
export function canonicalName(written: string): string {
  const dot = written.indexOf('.');
  const head = dot < 0 ? written : written.slice(0, dot);
  return head.replaceAll('_', '-') + (dot < 0 ? '' : written.slice(dot));
}

/** One way to write an argument as a flag. */
interface Spelling {
  readonly spelling: string;
  readonly argument: Argument;
  readonly negated: boolean;
}

/** Spellings by release: a file has many keys, and nearly always one release. */
const spellings = new Map<string, readonly Spelling[]>();
/** Releases kept; more only come from odd input. */
const MOST_RELEASES = 50;

function spellingsIn(version: string): readonly Spelling[] {
  const known = spellings.get(version);
  if (known) return known;
  const found = ARGUMENTS.filter((argument) => availabilityIn(argument, version) !== 'absent').flatMap((argument) => [
    { spelling: argument.name, argument, negated: false },
    ...(argument.type === 'boolean' ? [{ spelling: `no-${argument.name}`, argument, negated: true }] : []),
  ]);
  found.sort((a, b) => (a.spelling < b.spelling ? -1 : 1));
  if (spellings.size >= MOST_RELEASES) spellings.clear();
  spellings.set(version, found);
  return found;
}

/** The spellings that begin so, found by bisection: a file may have thousands of unknown keys. */
function spellingsFrom(head: string, version: string): readonly Spelling[] {
  const sorted = spellingsIn(version);
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.spelling ?? '') < head) low = middle + 1;
    else high = middle;
  }
  let end = low;
  while (sorted[end]?.spelling.startsWith(head)) end++;
  return sorted.slice(low, end);
}

/**
 * Resolves a name as vLLM's parser does: `_` for `-` up to the first dot, exact names and `no-` forms first, then any prefix that
 * only one argument has. Short forms are found only to explain why they fail as YAML keys.
 */
export function resolveArgumentName(written: string, version: string): ResolvedName {
  const canonical = canonicalName(written);
  const [head = '', ...path] = canonical.split('.');
  const negated = head.startsWith('no-') && !BY_NAME.has(head);
  const exact = BY_NAME.get(negated ? head.slice(3) : head);
  if (exact && (!negated || exact.type === 'boolean')) {
    if (availabilityIn(exact, version) !== 'absent') return { kind: 'known', argument: exact, negated, path };
    if (exact.removal && isSince(version, exact.removal.goneBy)) return { kind: 'removed', argument: exact, removal: exact.removal };
    if (exact.since !== null) return { kind: 'too-new', argument: exact, since: exact.since };
  }
  const matches = head === '' ? [] : spellingsFrom(head, version);
  const [first] = matches;
  if (first && matches.length === 1) return { kind: 'prefix', argument: first.argument, negated: first.negated, path };
  const short = BY_SHORT.get(head);
  if (short) return { kind: 'short-alias', argument: short };
  if (matches.length > 1) return { kind: 'ambiguous', candidates: matches.map(({ spelling }) => spelling) };
  return { kind: 'unknown' };
}

/** Names people use for arguments in their own config files, met in published repositories. */
const COMMON_MISNOMERS: Readonly<Record<string, string>> = {
  'context-length': 'max-model-len',
  'context-size': 'max-model-len',
  'gpu-memory': 'gpu-memory-utilization',
  'gpu-util': 'gpu-memory-utilization',
  'max-context-len': 'max-model-len',
  'max-context-length': 'max-model-len',
  'max-seq-len': 'max-model-len',
  'memory-utilization': 'gpu-memory-utilization',
  'model-id': 'model',
  'model-name': 'model',
  'model-name-or-path': 'model',
  'model-path': 'model',
  'model-tag': 'model',
  'num-gpus': 'tensor-parallel-size',
  'tensor-parallelism': 'tensor-parallel-size',
};

/** Edits per character beyond which a name is no likely slip of another one. */
const LARGEST_SLIP = 0.34;

/** Up to `count` arguments of a release that `written` may have meant, likeliest first. */
export function nearestArguments(written: string, version: string, count = 3): readonly Argument[] {
  const name = canonicalName(written.replaceAll(/([a-z])([A-Z])/g, '$1-$2')).toLowerCase();
  const present = ARGUMENTS.filter((argument) => availabilityIn(argument, version) !== 'absent');
  const misnamed = BY_NAME.get(COMMON_MISNOMERS[name] ?? '');
  const near = present
    .map((argument) => ({ argument, edits: distance(name, argument.name) }))
    .filter(({ edits }) => edits <= Math.max(2, Math.floor(name.length * LARGEST_SLIP)))
    .sort((a, b) => a.edits - b.edits || a.argument.name.localeCompare(b.argument.name))
    .map(({ argument }) => argument);
  return [...new Set(misnamed ? [misnamed, ...near] : near)].slice(0, count);
}

/** The listed value nearest to a written one, when it is a likely slip; null otherwise. */
export function nearestValue(written: string, values: readonly string[]): string | null {
  if (values.length === 0) return null;
  const longer = values.filter((value) => written.length > 2 && value.toLowerCase().startsWith(written.toLowerCase()));
  const [completed] = longer;
  if (completed !== undefined && longer.length === 1) return completed;
  const nearest = closest(written.toLowerCase(), values);
  return distance(written.toLowerCase(), nearest.toLowerCase()) <= Math.max(2, Math.floor(written.length * LARGEST_SLIP)) ? nearest : null;
}
