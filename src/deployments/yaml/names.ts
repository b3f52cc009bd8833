/** Scans anchors, aliases, tags and directives as PyYAML 6.0 does (`scanner.py`). */
import { isBlankOrEnd, isSpaceOrEnd, shown } from './characters';
import { refuse, type RefusalCode } from './refusal';
import { ignoredLine } from './scalars';
import type { Source } from './source';
import type { DirectiveToken, NameToken, TagToken } from './tokens';

/** Anchors and handles are of these alone, so that `[*a, b]` has one meaning. */
const NAME = /[0-9A-Za-z_-]+/y;
const URI = /(?:[0-9A-Za-z_;/?:@&=+$,.!~*'()[\]-]|%[0-9A-Fa-f]{2})+/y;
const DIGITS = /\d+/y;

/** Requires a blank here, or what else is allowed. */
function ended(source: Source, isEnd: boolean, code: RefusalCode, expected: string, start: number): void {
  if (!isEnd) refuse(code, `expected ${expected}, but found ${shown(source.text, source.index)}`, source.index, source.index + 1, start);
}

export function nameToken(source: Source): NameToken {
  const start = source.index;
  const kind = source.char() === '*' ? 'alias' : 'anchor';
  source.index++;
  const name = source.take(NAME);
  const expected = 'alphabetic or numeric character';
  ended(source, name !== '', 'name', expected, start);
  ended(source, isBlankOrEnd(source.code()) || '?:,]}%@`'.includes(source.char()), 'name', expected, start);
  return { kind, start, end: source.index, name };
}

export function tagToken(source: Source): TagToken {
  const start = source.index;
  const { handle, suffix } = tagParts(source, start);
  ended(source, isSpaceOrEnd(source.code()), 'tag', "' '", start);
  return { kind: 'tag', start, end: source.index, handle, suffix };
}

function tagParts(source: Source, start: number): Pick<TagToken, 'handle' | 'suffix'> {
  if (source.char(1) === '<') {
    source.index += 2;
    const suffix = uri(source, 'tag', start);
    ended(source, source.char() === '>', 'tag', "'>'", start);
    source.index++;
    return { handle: null, suffix };
  }
  if (isBlankOrEnd(source.code(1))) {
    source.index++;
    return { handle: null, suffix: '!' };
  }
  const word = /^[^ \r\n\x85\u2028\u2029]*/.exec(source.text.slice(source.index + 1, lineEnd(source)))?.[0] ?? '';
  if (word.includes('!')) return { handle: tagHandle(source, 'tag', start), suffix: uri(source, 'tag', start) };
  source.index++;
  return { handle: '!', suffix: uri(source, 'tag', start) };
}

function lineEnd({ text, index }: Source): number {
  const end = text.indexOf('\n', index);
  return end < 0 ? text.length : end;
}

function tagHandle(source: Source, code: RefusalCode, start: number): string {
  ended(source, source.char() === '!', code, "'!'", start);
  source.index++;
  if (source.char() === ' ') return '!';
  const name = source.take(NAME);
  ended(source, source.char() === '!', code, "'!'", start);
  source.index++;
  return `!${name}!`;
}

function uri(source: Source, code: RefusalCode, start: number): string {
  const written = source.take(URI);
  ended(source, source.char() !== '%', code, 'URI escape sequence of 2 hexadecimal numbers', start);
  ended(source, written !== '', code, 'URI', start);
  try {
    return written.replace(/(?:%[0-9a-f]{2})+/gi, decodeURIComponent);
  } catch {
    return refuse(code, "'utf-8' codec can't decode the escaped bytes", start, source.index, start);
  }
}

export function directiveToken(source: Source): DirectiveToken {
  const start = source.index;
  source.index++;
  const name = source.take(NAME);
  const expected = 'alphabetic or numeric character';
  ended(source, name !== '', 'directive', expected, start);
  ended(source, isSpaceOrEnd(source.code()), 'directive', expected, start);
  const value = name === 'YAML' ? version(source, start) : name === 'TAG' ? tagPrefix(source, start) : [];
  const end = source.index;
  if (name !== 'YAML' && name !== 'TAG') source.skipLine();
  ignoredLine(source, 'directive', start);
  return { kind: 'directive', start, end, name, value };
}

function version(source: Source, start: number): readonly string[] {
  source.skipSpaces();
  const major = source.take(DIGITS);
  ended(source, major !== '', 'directive', 'a digit', start);
  ended(source, source.char() === '.', 'directive', "a digit or '.'", start);
  source.index++;
  const minor = source.take(DIGITS);
  ended(source, minor !== '', 'directive', 'a digit', start);
  ended(source, isSpaceOrEnd(source.code()), 'directive', "a digit or ' '", start);
  return [major, minor];
}

function tagPrefix(source: Source, start: number): readonly string[] {
  source.skipSpaces();
  const handle = tagHandle(source, 'directive', start);
  ended(source, source.char() === ' ', 'directive', "' '", start);
  source.skipSpaces();
  const prefix = uri(source, 'directive', start);
  ended(source, isSpaceOrEnd(source.code()), 'directive', "' '", start);
  return [handle, prefix];
}
