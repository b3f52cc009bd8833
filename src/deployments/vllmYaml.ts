/** Reads the flat YAML file of `vllm serve --config`. The rules are vLLM's own (`FlexibleArgumentParser`, `vllm/utils/argparse_utils.py`). */
import { canonicalName, resolveArgumentName } from '../vllm/argumentTable';
import type { Argument } from '../vllm/argumentTable';
import type { ArgumentValue, VllmArguments } from '../vllm/arguments';
import { NEWEST_VERSION } from '../vllm/versions';
import type { Deployment, DeploymentArgument, DeploymentProblem } from './deployment';
import { readDirectives } from './directive';
import { joinedPairs } from './joinedPairs';
import { recoverPieces } from './recovery';
import type { Piece } from './recovery';
import { finish } from './steps';
import { swallowedKeys } from './swallowed';
import { spacesBehindColons } from './repairs';
import { controlCharacter, syntaxProblem } from './syntax';
import { plainScalarKind, valueFor } from './values';
import type { YamlText } from './yaml/composer';
import { constructionRefusals } from './yaml/construction';
import { isEmpty, type Node } from './yaml/nodes';
import { YamlReader } from './yaml/reader';
import { NodeReader, valueRangeOf } from './yamlNodes';
import type { Entry } from './yamlNodes';

/** One `key: value` of the file before it is known which of them take effect. */
interface WrittenArgument {
  readonly argument: DeploymentArgument;
  /** What the parser calls it: without `no-`, without the part after a dot. */
  readonly base: string;
  readonly path: readonly string[];
  readonly joined: readonly DeploymentProblem[];
}

function resolveName(written: string, version: string): Pick<WrittenArgument, 'base' | 'path'> & { name: string; spec: Argument | null } {
  const resolved = resolveArgumentName(written, version);
  if (resolved.kind === 'known' || resolved.kind === 'prefix') {
    const { argument, negated, path } = resolved;
    const name = [negated ? `no-${argument.name}` : argument.name, ...path].join('.');
    return { name, base: argument.name, path, spec: path.length === 0 ? argument : null };
  }
  const canonical = canonicalName(written);
  return { name: canonical, base: canonical, path: [], spec: null };
}

function isKnownName(written: string, version: string): boolean {
  const { kind } = resolveArgumentName(written, version);
  return kind === 'known' || kind === 'prefix';
}

function* writtenArgument(
  entry: Entry,
  reader: NodeReader,
  text: string,
  offset: number,
  version: string,
): Generator<void, WrittenArgument> {
  const { name, base, path, spec } = resolveName(entry.key, version);
  const raw = yield* reader.valueSteps(entry.value);
  const scalar = entry.value.kind === 'scalar' ? entry.value : null;
  const source = scalar?.style === 'plain' ? scalar.value : undefined;
  const keyRange = { start: entry.keyRange.start + offset, end: entry.keyRange.end + offset };
  const local = valueRangeOf(entry.value, text);
  const valueRange = local ? { start: local.start + offset, end: local.end + offset } : null;
  const argument: DeploymentArgument = {
    name,
    written: entry.key,
    value: raw === undefined ? undefined : valueFor(spec, raw, source),
    source: scalar?.value ?? null,
    known: isKnownName(entry.key, version),
    effective: true,
    keyRange,
    valueRange,
    // An alias or a merged mapping may stand before its key.
    range: { start: keyRange.start, end: Math.max(keyRange.end, valueRange?.end ?? 0) },
  };
  const joined = argument.known && scalar === null ? yield* joinedPairs(entry.value, text, offset) : [];
  return { argument, base, path, joined };
}

/** Characters of entries read between two steps: a millisecond or two once the code is warm. */
const PORTION = 10_000;

function* readPieces(pieces: readonly Piece[], version: string): Generator<void, readonly WrittenArgument[]> {
  const written: WrittenArgument[] = [];
  let pausedAt = 0;
  for (const { map, reader, text, offset, keyOnly } of pieces) {
    for (const entry of reader.entries(map)) {
      const item = yield* writtenArgument(entry, reader, text, offset, version);
      written.push(keyOnly ? withoutValue(item) : item);
      if (item.argument.range.end - pausedAt < PORTION) continue;
      pausedAt = item.argument.range.end;
      yield;
    }
  }
  return written;
}

function withoutValue(item: WrittenArgument): WrittenArgument {
  return { ...item, argument: { ...item.argument, value: undefined } };
}

/**
 * Indices of the arguments that reach vLLM's parser and win there: the last of equal keys, no `false`, no empty list;
 * of two spellings of one argument the one whose key came later in the file.
 */
function effectiveIndices(written: readonly WrittenArgument[]): ReadonlySet<number> {
  const byKey = new Map<string, number>();
  written.forEach(({ argument }, index) => byKey.set(argument.written, index));
  const winners = new Map<string, number>();
  for (const index of byKey.values()) {
    const item = written[index];
    if (!item) continue;
    const { value } = item.argument;
    if (value === false || (Array.isArray(value) && value.length === 0)) continue;
    winners.set([item.base, ...item.path].join('.'), index);
  }
  return new Set(winners.values());
}

function isObject(value: ArgumentValue | undefined): value is { readonly [key: string]: ArgumentValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `object` with `value` at `path`. */
function withField(object: ArgumentValue | undefined, path: readonly string[], value: ArgumentValue): ArgumentValue {
  const [head, ...rest] = path;
  if (head === undefined) return value;
  const fields = isObject(object) ? object : {};
  return { ...fields, [head]: withField(fields[head], rest, value) };
}

/** The arguments that take effect, dotted keys gathered under their argument; what is null is as good as not given. */
function effectiveArguments(written: readonly WrittenArgument[]): VllmArguments {
  const args = new Map<string, ArgumentValue>();
  for (const { argument, base, path } of written) {
    const { value } = argument;
    if (!argument.effective || !argument.known || value === undefined || value === null) continue;
    if (path.length === 0) args.set(argument.name, value);
    else args.set(base, withField(args.get(base), path, value));
  }
  return args;
}

/** A file that a template engine fills in before vLLM reads it is no YAML yet. */
const TEMPLATE = /\{\{|\{%/;

/** What PyYAML refuses: what it stops at, otherwise every value that it cannot make. */
function* syntaxProblems(
  { roots, refusal }: YamlText,
  text: string,
  isKnown: (name: string) => boolean,
): Generator<void, readonly DeploymentProblem[]> {
  if (refusal?.code !== 'depth' && TEMPLATE.test(text)) return [];
  const control = controlCharacter(text);
  if (control) return [control];
  const [root] = roots;
  const refusals = refusal ? [refusal] : root ? yield* constructionRefusals(root) : [];
  const problems: DeploymentProblem[] = [];
  for (const one of refusals.slice(0, MOST_PROBLEMS)) problems.push(yield* syntaxProblem(one, text, isKnown));
  return problems;
}

/** Values that cannot be made are told one by one, up to so many. */
const MOST_PROBLEMS = 20;

/** Python's names of what a document may be instead of a mapping. */
const PYTHON_TYPES = {
  str: 'str',
  int: 'int',
  float: 'float',
  bool: 'bool',
  null: 'NoneType',
  timestamp: 'datetime.date',
  merge: 'str',
  value: 'str',
} as const;

function pythonType(root: Node): string {
  return root.kind === 'scalar' ? PYTHON_TYPES[root.style === 'plain' ? plainScalarKind(root.value) : 'str'] : 'list';
}

/** A file that holds no mapping: nothing yet, a list, a single value. A broken file is not called empty. */
function emptyProblem(
  { roots }: YamlText,
  text: string,
  others: readonly DeploymentProblem[],
  isKnown: (name: string) => boolean,
): readonly DeploymentProblem[] {
  if (others.length > 0 || TEMPLATE.test(text) || roots.some(({ kind }) => kind === 'mapping')) return [];
  const something = roots.find((root) => !isEmpty(root));
  const first = /\S[^\r\n]*/.exec(text);
  const line = { start: first?.index ?? 0, end: (first?.index ?? 0) + (first?.[0].length ?? 0) };
  const message = something
    ? 'This is no mapping of arguments to values, so vLLM stops before it reads any.'
    : 'There is no argument here yet; vLLM stops at an empty file.';
  const vllmMessage = `AttributeError: '${something ? pythonType(something) : 'NoneType'}' object has no attribute 'items'`;
  const problem: DeploymentProblem = { kind: 'empty', message, vllmMessage, range: (something && valueRangeOf(something, text)) ?? line };
  const joined = something?.kind === 'scalar' && something.style === 'plain' && /^[\w.-]+:\S/.test(something.value);
  if (!joined) return [problem];
  const words = `A space is missing after the colon, so this is no mapping of arguments to values, and vLLM stops before it reads any.`;
  return [{ ...problem, message: words, repair: spacesBehindColons(text, problem.range.start, isKnown) }];
}

/**
 * `readVllmYaml` in steps: it pauses while it parses and between what it does with the tree.
 * @param yaml who read earlier versions of the text.
 */
export function* readVllmYamlSteps(
  text: string,
  version: string = NEWEST_VERSION,
  yaml: YamlReader = new YamlReader(),
): Generator<void, Deployment> {
  const directives = readDirectives(text);
  const release = directives.vllmVersion ?? version;
  const isKnown = (name: string): boolean => isKnownName(name, release);
  const read = yield* yaml.read(text);
  yield;
  const problems = yield* syntaxProblems(read, text, isKnown);
  const { refusal } = read;
  const root = read.roots.find(({ kind }) => kind === 'mapping');
  const pieces =
    refusal !== null && refusal.code !== 'documents' && refusal.code !== 'depth'
      ? yield* recoverPieces(text, read, isKnown)
      : root?.kind === 'mapping' && refusal?.code !== 'depth'
        ? [{ reader: new NodeReader(), map: root, text, offset: 0, keyOnly: false }]
        : [];
  const written = yield* readPieces(pieces, release);
  yield;
  const effective = effectiveIndices(written);
  const placed = written.map((item, index) => ({ ...item, argument: { ...item.argument, effective: effective.has(index) } }));
  const all = placed.map(({ argument }) => argument);
  const deployment: Deployment = {
    reader: 'vllm-yaml',
    arguments: all,
    args: effectiveArguments(placed),
    range: { start: all[0]?.range.start ?? 0, end: all.reduce((end, { range }) => Math.max(end, range.end), 0) },
    gpuHints: directives.gpuHints,
    vllmVersion: directives.vllmVersion,
    host: directives.host,
    problems: [
      ...problems,
      ...emptyProblem(read, text, problems, isKnown),
      ...directives.problems,
      ...placed.flatMap(({ joined }) => joined),
      ...swallowedKeys(text, all, release),
    ],
  };
  // Whoever drives the steps goes on to judge the file: not in the same breath.
  yield;
  return deployment;
}

/**
 * The engine that a flat vLLM file configures. Never throws: of a broken or half-typed file, what can be read is read.
 * @param version vLLM release whose argument names count where the file's own directive names none.
 */
export function readVllmYaml(text: string, version: string = NEWEST_VERSION): Deployment {
  return finish(readVllmYamlSteps(text, version));
}
