/** Scans scalars as PyYAML 6.0 does (`scanner.py`): laxer than YAML about indentation inside quotes, stricter about tabs. */
import { isBlankOrEnd, isBreak, isBreakOrEnd, isSpaceOrEnd, shown, SPACE, TAB } from './characters';
import { refuse } from './refusal';
import type { Source } from './source';
import type { ScalarToken } from './tokens';

/** Text on one line that does not end a plain scalar; a colon perhaps does. */
const PLAIN_RUN = /[^: \t\r\n\x85\u2028\u2029]+/y;
const PLAIN_RUN_IN_FLOW = /[^:,?[\]{} \t\r\n\x85\u2028\u2029]+/y;

/** A plain scalar; `atLine` when it ended because the next line is none of it. */
export interface PlainScalar {
  readonly token: ScalarToken;
  readonly atLine: boolean;
}

/** @param indent least column of a further line. */
export function plainScalar(source: Source, indent: number, inFlow: boolean): PlainScalar {
  const start = source.index;
  let end = start;
  let value = '';
  let between = '';
  let atLine = false;
  for (;;) {
    if (source.char() === '#') break;
    const run = plainRun(source, inFlow);
    if (run === '') break;
    value += between + run;
    end = source.index;
    const { line } = source;
    const spaces = plainSpaces(source);
    atLine = source.line > line;
    if (spaces === null || spaces === '' || source.char() === '#' || (!inFlow && source.column < indent)) break;
    between = spaces;
  }
  return { token: { kind: 'scalar', start, end, value, style: 'plain' }, atLine };
}

function plainRun(source: Source, inFlow: boolean): string {
  const start = source.index;
  for (;;) {
    source.take(inFlow ? PLAIN_RUN_IN_FLOW : PLAIN_RUN);
    const isText = source.char() === ':' && !isBlankOrEnd(source.code(1)) && !(inFlow && ',[]{}'.includes(source.char(1)));
    if (!isText) return source.text.slice(start, source.index);
    source.index++;
  }
}

/** What separates two runs of a plain scalar: spaces, or lines folded; null where a document ends. A tab separates nothing. */
function plainSpaces(source: Source): string | null {
  const start = source.index;
  source.skipSpaces();
  if (!isBreak(source.code())) return source.text.slice(start, source.index);
  const first = source.lineBreak();
  if (source.isDocumentMark()) return null;
  const breaks: string[] = [];
  while (source.code() === SPACE || isBreak(source.code())) {
    if (source.code() === SPACE) source.index++;
    else {
      breaks.push(source.lineBreak());
      if (source.isDocumentMark()) return null;
    }
  }
  return folded(first, breaks);
}

/** Lines joined: one break is a space, further ones stay. */
function folded(first: string, breaks: readonly string[]): string {
  return (first !== '\n' ? first : breaks.length === 0 ? ' ' : '') + breaks.join('');
}

const ESCAPES: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  '\t': '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  ' ': ' ',
  '"': '"',
  '\\': '\\',
  '/': '/',
  N: '\x85',
  _: '\u00a0',
  L: '\u2028',
  P: '\u2029',
};
const HEXADECIMAL: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };
const LAST_CODE_POINT = 0x10ffff;
const DOUBLE_RUN = /[^"\\ \t\r\n\x85\u2028\u2029]+/y;
const SINGLE_RUN = /[^' \t\r\n\x85\u2028\u2029]+/y;
const BLANKS = /[ \t]+/y;

export function quotedScalar(source: Source): ScalarToken {
  const start = source.index;
  const quote = source.char();
  const isDouble = quote === '"';
  let value = '';
  source.index++;
  for (;;) {
    value += source.take(isDouble ? DOUBLE_RUN : SINGLE_RUN);
    if (isDouble && source.char() === '\\') value += escaped(source, start);
    else if (source.char() === quote) {
      source.index++;
      if (isDouble || source.char() !== quote) break;
      value += quote;
      source.index++;
    } else value += quotedSpaces(source, start);
  }
  return { kind: 'scalar', start, end: source.index, value, style: isDouble ? 'double' : 'single' };
}

function quotedSpaces(source: Source, start: number): string {
  const blanks = source.take(BLANKS);
  if (source.isAtEnd) refuse('quote', 'found unexpected end of stream', source.index, source.index, start);
  if (!isBreak(source.code())) return blanks;
  const first = source.lineBreak();
  return folded(first, quotedBreaks(source, start));
}

/** Empty lines inside quotes. Their indentation says nothing, so that only a document mark can be wrong there. */
function quotedBreaks(source: Source, start: number): readonly string[] {
  const breaks: string[] = [];
  for (;;) {
    if (source.isDocumentMark()) refuse('quote', 'found unexpected document separator', source.index, source.index + 3, start);
    source.take(BLANKS);
    if (!isBreak(source.code())) return breaks;
    breaks.push(source.lineBreak());
  }
}

function escaped(source: Source, start: number): string {
  source.index++;
  const char = source.char();
  const simple = ESCAPES[char];
  if (simple !== undefined) {
    source.index++;
    return simple;
  }
  const length = HEXADECIMAL[char];
  if (length !== undefined) return hexadecimal(source, length, start);
  if (!isBreak(source.code()))
    refuse('escape', `found unknown escape character ${shown(source.text, source.index)}`, source.index - 1, source.index + 1, start);
  source.lineBreak();
  return quotedBreaks(source, start).join('');
}

function hexadecimal(source: Source, length: number, start: number): string {
  source.index++;
  const digits = source.text.slice(source.index, source.index + length);
  const wrong = digits.search(/[^0-9a-f]/i);
  const found = wrong < 0 ? digits.length : wrong;
  if (found < length) {
    const said = `expected escape sequence of ${length} hexadecimal numbers, but found ${shown(source.text, source.index + found)}`;
    refuse('escape', said, source.index - 2, source.index + found, start);
  }
  const code = Number.parseInt(digits, 16);
  if (code > LAST_CODE_POINT) refuse('escape', 'chr() arg not in range(0x110000)', source.index - 2, source.index + length, start);
  source.index += length;
  return String.fromCodePoint(code);
}

/** Which of the line breaks at its end a block of text keeps: one, none, or all. */
type Chomping = 'clip' | 'strip' | 'keep';

/** @param parentIndent column of the block that the text belongs to; -1 at the top. */
export function blockScalar(source: Source, parentIndent: number): ScalarToken {
  const start = source.index;
  const isFolded = source.char() === '>';
  source.index++;
  const { chomping, increment } = blockHeader(source, start);
  ignoredLine(source, 'header', start);
  const least = Math.max(parentIndent + 1, 1);
  let indent = least + (increment ?? 1) - 1;
  let tail: Tail;
  if (increment === null) {
    const found = leadingLines(source);
    indent = Math.max(least, found.indent);
    tail = found;
  } else tail = emptyLines(source, indent);
  let value = '';
  let lineBreak = '';
  while (source.column === indent && !source.isAtEnd) {
    value += tail.breaks.join('');
    const beginsWithText = !isBlank(source.code());
    const from = source.index;
    source.skipLine();
    value += source.text.slice(from, source.index);
    lineBreak = source.lineBreak();
    tail = emptyLines(source, indent);
    if (source.column !== indent || source.isAtEnd) break;
    const isJoined = isFolded && lineBreak === '\n' && beginsWithText && !isBlank(source.code());
    if (!isJoined) value += lineBreak;
    else if (tail.breaks.length === 0) value += ' ';
  }
  if (chomping !== 'strip') value += lineBreak;
  if (chomping === 'keep') value += tail.breaks.join('');
  return { kind: 'scalar', start, end: tail.end, value, style: isFolded ? 'folded' : 'literal' };
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

interface Header {
  readonly chomping: Chomping;
  /** Columns of the text's indentation as stated; null when they are to be found. */
  readonly increment: number | null;
}

/** The two indicators, in either order. */
const INDICATORS = /[+-]\d?|\d[+-]?/y;

function blockHeader(source: Source, start: number): Header {
  const at = source.index;
  const written = source.take(INDICATORS);
  const digit = /\d/.exec(written)?.[0];
  if (digit === '0') {
    const zero = at + written.indexOf('0');
    refuse('header', 'expected indentation indicator in the range 1-9, but found 0', zero, zero + 1, start);
  }
  if (!isSpaceOrEnd(source.code())) {
    const said = `expected chomping or indentation indicators, but found ${shown(source.text, source.index)}`;
    refuse('header', said, source.index, source.index + 1, start);
  }
  const chomping = written.includes('+') ? 'keep' : written.includes('-') ? 'strip' : 'clip';
  return { chomping, increment: digit === undefined ? null : Number(digit) };
}

/** The rest of a line that may hold a comment. */
export function ignoredLine(source: Source, code: 'header' | 'directive', start: number): void {
  source.skipSpaces();
  if (source.char() === '#') source.skipLine();
  if (!isBreakOrEnd(source.code()))
    refuse(
      code,
      `expected a comment or a line break, but found ${shown(source.text, source.index)}`,
      source.index,
      source.index + 1,
      start,
    );
  source.lineBreak();
}

interface Tail {
  readonly breaks: readonly string[];
  /** Behind the last line break. */
  readonly end: number;
}

/** The lines before the first that holds text, and the deepest column of those and of it. */
function leadingLines(source: Source): Tail & { readonly indent: number } {
  const breaks: string[] = [];
  let indent = 0;
  let end = source.index;
  for (;;) {
    if (isBreak(source.code())) {
      breaks.push(source.lineBreak());
      end = source.index;
    } else if (source.code() === SPACE) {
      source.index++;
      indent = Math.max(indent, source.column);
    } else return { breaks, indent, end };
  }
}

/** Empty lines, and the indentation of the line after them. */
function emptyLines(source: Source, indent: number): Tail {
  const breaks: string[] = [];
  let end = source.index;
  for (;;) {
    while (source.column < indent && source.code() === SPACE) source.index++;
    if (!isBreak(source.code())) return { breaks, end };
    breaks.push(source.lineBreak());
    end = source.index;
  }
}
