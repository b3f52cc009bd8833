import type { TextRange } from '../deployment';

/**
 * What PyYAML refuses, by what is wrong: `character` cannot begin anything; `colon` misses behind a key; `inner-colon`, `inner-key` and
 * `inner-entry` stand where a value has begun; `name` of an anchor or an alias, `tag`, `header` of a block of text, `escape` and `directive`
 * are written wrongly; `quote` is never closed; `column` and `outside` begin in a wrong column, the latter left of all keys; a `list-entry`
 * stands among keys, an `entry-key` among entries; `left-over` follows a value that has ended; `comma` or bracket misses; `content` misses; `depth` is too much;
 * `undefined-alias`, `duplicate-anchor`; `documents` are several; `unknown-tag`, `tag-kind` and `tag-value` make no value; `merge` of no
 * mapping; `key-kind` cannot be a key.
 */
export type RefusalCode =
  | 'character'
  | 'colon'
  | 'inner-colon'
  | 'inner-key'
  | 'inner-entry'
  | 'name'
  | 'tag'
  | 'header'
  | 'escape'
  | 'directive'
  | 'quote'
  | 'column'
  | 'outside'
  | 'list-entry'
  | 'entry-key'
  | 'left-over'
  | 'comma'
  | 'content'
  | 'depth'
  | 'undefined-alias'
  | 'duplicate-anchor'
  | 'documents'
  | 'unknown-tag'
  | 'tag-kind'
  | 'tag-value'
  | 'merge'
  | 'key-kind';

/** Why PyYAML does not read a text. */
export interface Refusal {
  readonly code: RefusalCode;
  /** PyYAML's own words. */
  readonly said: string;
  /** Where it stops. */
  readonly range: TextRange;
  /** Where what it stops in begins: the key without a colon, the quote, the bracket. */
  readonly since: number | null;
}

/** Ends the reading of a text; caught where the reading began. */
export class YamlRefused extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.said);
  }
}

export function refuse(code: RefusalCode, said: string, start: number, end: number = start + 1, since: number | null = null): never {
  throw new YamlRefused({ code, said, range: { start, end }, since });
}

/** What PyYAML takes for text (`Reader.NON_PRINTABLE`, 6.0): all but these. */
export const NOT_PRINTABLE = /[^\t\n\r\x20-\x7e\x85\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** How Python writes a character in an error message. */
export function shown(text: string, at: number): string {
  const code = text.codePointAt(at);
  if (code === undefined) return `'\\x00'`;
  const named: Readonly<Record<number, string>> = { 0x09: '\\t', 0x0a: '\\n', 0x0d: '\\r', 0x27: "'", 0x5c: '\\\\', 0x85: '\\x85' };
  const character = named[code] ?? String.fromCodePoint(code);
  return character === "'" ? `"'"` : `'${character}'`;
}
