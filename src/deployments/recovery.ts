/**
 * What can still be read of YAML that does not parse: a file being typed, an unclosed quote, two keys run together on one line.
 * Each top-level entry is cut out and read for itself, so that a mistake costs its own entry and no other.
 */
import { parseYaml } from './yaml';

/** A piece of the file that holds one entry or, where `keyOnly`, just its key: the value cannot be read. */
export interface Chunk {
  readonly chunk: string;
  readonly offset: number;
  readonly keyOnly: boolean;
}

const ENTRY_LINE = /^([ \t]*)(?![ \t#-])[^\r\n]+$/gm;
const KEY = /(?<![\w.:/-])([A-Za-z][\w.-]*)[ \t]*:(?=[ \t\r\n]|$)/g;

function parses(text: string): boolean {
  return parseYaml(text).every(({ errors }) => errors.length === 0);
}

/** The lines at the margin of the first entry, each with what is indented below it. */
function entriesOf(text: string): readonly Chunk[] {
  const starts: number[] = [];
  let margin: string | null = null;
  for (const match of text.matchAll(ENTRY_LINE)) {
    if (/^(?:---|\.\.\.)/.test(match[0])) continue;
    margin ??= match[1] ?? '';
    if (match[1] === margin) starts.push(match.index);
  }
  return starts.map((offset, index) => ({ chunk: text.slice(offset, starts[index + 1] ?? text.length), offset, keyOnly: false }));
}

/** One entry's first line cut before each key that `isKnown`: `enforce-eager: true block-size: 32` is two. */
function keysRunTogether({ chunk, offset }: Chunk, isKnown: (name: string) => boolean): readonly Chunk[] {
  const line = (chunk.split(/\r?\n/, 1)[0] ?? '').replace(/[ \t]#.*$/, '');
  const starts = [...line.matchAll(KEY)].filter((match) => isKnown(match[1] ?? '')).map((match) => match.index);
  return starts.map((start, index) => {
    const written = line.slice(start, starts[index + 1] ?? line.length).trimEnd();
    const key = /^[\w.-]+[ \t]*:/.exec(written)?.[0] ?? written;
    const keyOnly = written === key || !parses(written);
    return { chunk: keyOnly ? key : written, offset: offset + start, keyOnly };
  });
}

/** Pieces of a broken file that parse by themselves, in order. */
export function recoverChunks(text: string, isKnown: (name: string) => boolean): readonly Chunk[] {
  const mark = text.startsWith('\ufeff') ? 1 : 0;
  return entriesOf(text.slice(mark))
    .flatMap((entry) => (parses(entry.chunk) ? [entry] : keysRunTogether(entry, isKnown)))
    .map((piece) => ({ ...piece, offset: piece.offset + mark }));
}
