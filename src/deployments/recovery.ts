/**
 * What can still be read of YAML that does not parse: a file being typed, an unclosed quote, two keys run together on one line.
 * Each top-level entry is cut out and read for itself, so that a mistake costs its own entry and no other.
 */
import { finish } from './steps';
import { readYamlSteps, type YamlText } from './yaml/composer';
import type { Mapping, Pair } from './yaml/nodes';
import { NodeReader } from './yamlNodes';

/** A piece of the file that could be read: some entries or, where `keyOnly`, one whose value cannot be read. */
export interface Piece {
  readonly reader: NodeReader;
  readonly map: Mapping;
  /** What the positions of its nodes count in, and where that begins in the file. */
  readonly text: string;
  readonly offset: number;
  readonly keyOnly: boolean;
}

/** One top-level entry of the file. */
interface Entry {
  readonly chunk: string;
  readonly offset: number;
  readonly keyAt: number;
}

const ENTRY_LINE = /^([ \t]*)(?![ \t#-])[^\r\n]+$/gm;
const KEY = /(?<![\w.:/-])([A-Za-z][\w.-]*)[ \t]*:(?=[ \t\r\n]|$)/g;

/** The lines at the margin of the first entry, each with what is indented below it. */
function entriesOf(text: string): readonly Entry[] {
  const mark = text.startsWith('\ufeff') ? 1 : 0;
  const starts: number[] = [];
  let margin: string | null = null;
  for (const match of text.slice(mark).matchAll(ENTRY_LINE)) {
    if (/^(?:---|\.\.\.)/.test(match[0])) continue;
    margin ??= match[1] ?? '';
    if (match[1] === margin) starts.push(match.index + mark);
  }
  const indent = margin?.length ?? 0;
  return starts.map((offset, index) => ({ chunk: text.slice(offset, starts[index + 1] ?? text.length), offset, keyAt: offset + indent }));
}

/** A text that parses to its end, if need be with spaces for its tabs, which keep every place; null otherwise. */
function* parsed(text: string): Generator<void, YamlText | null> {
  const read = yield* readYamlSteps(text);
  if (read.refusal === null) return read;
  return text.includes('\t') ? yield* parsed(text.replaceAll('\t', ' ')) : null;
}

function piece(read: YamlText | null, text: string, offset: number, keyOnly: boolean): readonly Piece[] {
  const root = read?.roots[0];
  return root?.kind === 'mapping' ? [{ reader: new NodeReader(), map: root, text, offset, keyOnly }] : [];
}

/** One entry's first line cut before each key that `isKnown`: `enforce-eager: true block-size: 32` is two. */
function keysRunTogether({ chunk, offset }: Entry, isKnown: (name: string) => boolean): readonly Piece[] {
  const line = (chunk.split(/\r?\n/, 1)[0] ?? '').replace(/[ \t]#.*$/, '');
  const starts = [...line.matchAll(KEY)].filter((match) => isKnown(match[1] ?? '')).map((match) => match.index);
  return starts.flatMap((start, index) => {
    const written = line.slice(start, starts[index + 1] ?? line.length).trimEnd();
    const key = /^[\w.-]+[ \t]*:/.exec(written)?.[0] ?? written;
    const whole = written === key ? null : finish(parsed(written));
    return whole ? piece(whole, written, offset + start, false) : piece(finish(parsed(key)), key, offset + start, true);
  });
}

/** The entries of the whole file's parse, by where their keys begin: each with where it ends. */
function entriesBefore({ roots: [root] }: YamlText, text: string): ReadonlyMap<number, Piece & { readonly end: number }> {
  const found = new Map<number, Piece & { readonly end: number }>();
  const reader = new NodeReader();
  if (root?.kind !== 'mapping') return found;
  for (const pair of root.pairs) {
    const map: Mapping = { ...root, pairs: [pair] };
    found.set(pair.key.start, { reader, map, text, offset: 0, keyOnly: false, end: endOf(pair) });
  }
  return found;
}

function endOf({ key, value }: Pair): number {
  return Math.max(key.end, value.end);
}

/**
 * Pieces of a broken file that parse by themselves, in order; pauses between steps.
 * @param read the file as far as it parses: what stands before its mistake is not parsed again.
 */
export function* recoverPieces(text: string, read: YamlText, isKnown: (name: string) => boolean): Generator<void, readonly Piece[]> {
  const before = entriesBefore(read, text);
  const { refusal } = read;
  const mistake = refusal ? Math.min(refusal.range.start, refusal.since ?? Infinity) : Infinity;
  // Up to the first entry that is not what it seems, the parse of the whole file has each entry as it stands.
  let isTrusted = true;
  const pieces: Piece[] = [];
  for (const entry of entriesOf(text)) {
    yield;
    const end = entry.offset + entry.chunk.length;
    const known = isTrusted && end <= mistake ? before.get(entry.keyAt) : undefined;
    if (known && known.end <= end) {
      pieces.push(known);
      continue;
    }
    isTrusted = false;
    const own = yield* parsed(entry.chunk);
    pieces.push(...(own ? piece(own, entry.chunk, entry.offset, false) : keysRunTogether(entry, isKnown)));
  }
  return pieces;
}
