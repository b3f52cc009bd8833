/** What keeps PyYAML, and so vLLM, from reading a file: in plain words with the way out, and PyYAML's own beside them. */
import type { DeploymentProblem, TextRange } from './deployment';
import { lineAt, spacesBehindColons, spacesForTabs } from './repairs';
import type { Repair } from './repairs';
import { NOT_PRINTABLE } from './yaml/refusal';
import type { Refusal } from './yaml/refusal';

interface Said {
  readonly words: string;
  /** Where to look, when that is not where PyYAML gave up. */
  readonly range?: TextRange;
  readonly repair?: 'tabs' | 'colons';
}

/** `line` without what a person need not see again. */
function quoted(line: string): string {
  const shown = line.trim();
  return `"${shown.length > 40 ? `${shown.slice(0, 40)}…` : shown}"`;
}

/** Everything of a line but the blanks around it. */
function wholeLine(text: string, offset: number): TextRange {
  const { start, line } = lineAt(text, offset);
  return { start: start + line.length - line.trimStart().length, end: start + line.trimEnd().length };
}

/** A key whose colon its value follows at once. */
const JOINED = /^\s*(["']?)([\w.-]+)\1:(?=[^\s:])(.*)$/;

/** A line that cannot be a key. */
function withoutColon(text: string, offset: number): Said {
  const { line } = lineAt(text, offset);
  const range = wholeLine(text, offset);
  const joined = JOINED.exec(line);
  if (joined) {
    const [, , key = '', rest = ''] = joined;
    return { words: `A space is missing after the colon. Write ${quoted(`${key}: ${rest.trim()}`)}.`, range, repair: 'colons' };
  }
  return { words: `${quoted(line)} has no colon. Every line here is a key, a colon, a space and its value.`, range };
}

/** A colon where a value has begun: a second one in the line, or a line that goes on with the value above it. */
function colonInValue(text: string, offset: number): Said {
  const { start, line } = lineAt(text, offset);
  if (/:\s/.test(line.slice(0, offset - start)))
    return { words: 'A value with a colon and a space in it must stand in quotes; two keys need two lines.' };
  const above = lineAbove(text, start);
  if (above !== null && (JOINED.test(above.line) || !above.line.includes(':'))) return withoutColon(text, above.start);
  return { words: 'This line is indented further than the key above it. Begin all keys in one column.', range: wholeLine(text, offset) };
}

/** The last line before an offset that holds more than a comment. */
function lineAbove(text: string, before: number): { readonly start: number; readonly line: string } | null {
  for (let at = before; at > 0;) {
    const { start, line } = lineAt(text, at - 1);
    if (!/^\s*(?:#|$)/.test(line)) return { start, line };
    at = start;
  }
  return null;
}

/** A quote that is closed too late or never, told where it opens. */
function openQuote(text: string, since: number): Said {
  const { start, line } = lineAt(text, since);
  const range = { start: since, end: Math.max(since + 1, start + line.trimEnd().length) };
  return { words: 'This quote is never closed. Put the same quote at the end of the value.', range };
}

function tab(text: string, at: number): Said {
  const { start, line } = lineAt(text, at);
  const isIndentation = line.trim() !== '' && at - start < indentationOf(line);
  return { words: `${isIndentation ? 'A tab indents this line' : 'A tab stands here'}. Use spaces.`, repair: 'tabs' };
}

function indentationOf(line: string): number {
  return line.length - line.trimStart().length;
}

/** A bracket that nothing closes before the text goes on at its margin, or an entry without the comma before it. */
function bracketOrComma(text: string, { range, since, said }: Refusal): Said {
  const at = since ?? range.start;
  const opening = lineAt(text, at);
  const here = lineAt(text, range.start);
  const isOutside = here.start > opening.start && indentationOf(here.line) <= indentationOf(opening.line);
  if (!isOutside && !said.includes('<stream end>')) {
    const words = 'A comma is missing before this, or the value must stand in quotes.';
    return here.start > opening.start ? { words, range: wholeLine(text, range.start) } : { words };
  }
  const bracket = text.charAt(at);
  const words = `The bracket ${bracket} is not closed. Add the missing ${bracket === '[' ? ']' : '}'}.`;
  return { words, range: { start: at, end: at + 1 } };
}

function noContent(text: string, { range }: Refusal): string {
  const found = text.charAt(range.start);
  if (found === ']' || found === '}') return 'This bracket closes none. Remove it, or put the value in quotes.';
  if (found === ',') return 'A comma stands here without an entry before it. Remove it, or put the value in quotes.';
  return 'A value is missing here. Write it, or put it in quotes if it begins with a sign.';
}

function unknownTag(text: string, { range }: Refusal): string {
  const written = text.slice(range.start, range.end);
  return written.startsWith('!')
    ? `The tag ${quoted(written)} means nothing to vLLM. Remove it, or put the whole value in quotes.`
    : `${quoted(written)} has a meaning of its own as a value. Put it in quotes.`;
}

function saidOf(refusal: Refusal, text: string): Said {
  const { code, range, since } = refusal;
  const begins = text.charAt(range.start);
  switch (code) {
    case 'character':
      return begins === '\t' ? tab(text, range.start) : { words: `A value that begins with ${begins} must stand in quotes.` };
    case 'colon':
      return withoutColon(text, since ?? range.start);
    case 'inner-colon':
      return colonInValue(text, range.start);
    case 'inner-key':
      return { words: 'A value that begins with ? and a space must stand in quotes.' };
    case 'inner-entry':
      return { words: 'A list begins on a line of its own, below its key. A value that begins with - and a space must stand in quotes.' };
    case 'name':
    case 'tag':
      return {
        words: `A value that begins with ${text.charAt(since ?? range.start)} must stand in quotes.`,
        range: { ...range, start: since ?? range.start },
      };
    case 'header':
      return {
        words: `Behind ${text.charAt(since ?? range.start)} a line ends, but for a comment. Put the text on the next line, or the value in quotes.`,
      };
    case 'escape':
      return { words: 'A backslash means something else in double quotes. Double it, or use single quotes.' };
    case 'directive':
      return { words: 'A line that begins with % is an instruction to YAML, and this is none that it knows. Remove it.' };
    case 'quote':
      return openQuote(text, since ?? range.start);
    case 'column':
      return {
        words: 'This line begins in another column than the keys or entries it belongs to. Indent it like them.',
        range: wholeLine(text, range.start),
      };
    case 'outside':
      return {
        words: 'This line begins further left than the first key. Begin all keys in one column.',
        range: wholeLine(text, range.start),
      };
    case 'list-entry':
      return { words: 'An entry of a list stands among keys. Indent it below the key it belongs to.', range: wholeLine(text, range.start) };
    case 'entry-key':
      return {
        words: 'A key stands among the entries of a list. Begin it in the column of the other keys.',
        range: wholeLine(text, range.start),
      };
    case 'left-over':
      return { words: 'Something follows a value that has ended. Put the whole value in quotes, or the rest on a line of its own.' };
    case 'comma':
      return bracketOrComma(text, refusal);
    case 'content':
      return { words: noContent(text, refusal) };
    case 'depth':
      return { words: 'It is nested too deeply.' };
    case 'undefined-alias':
      return { words: `No anchor &${text.slice(range.start + 1, range.end)} stands before this. Add it to the value meant.` };
    case 'duplicate-anchor':
      return {
        words: `The anchor ${/&[\w-]+/.exec(text.slice(range.start))?.[0] ?? '&'} is given a second time. Give this one another name.`,
      };
    case 'documents':
      return { words: 'vLLM reads one YAML document; this file holds several. Keep one of them.' };
    case 'unknown-tag':
      return { words: unknownTag(text, refusal) };
    case 'tag-kind':
      return { words: 'The tag before this fits another kind of value. Remove it.' };
    case 'tag-value':
      return { words: 'This is not the kind of value that it is taken for. Put it in quotes, or correct it.' };
    case 'merge':
      return { words: 'Only mappings can be merged by <<. Give it a mapping or an alias of one.' };
    case 'key-kind':
      return { words: 'A list or a mapping cannot be a key. Put the key in quotes.' };
  }
}

/** A place that has a character to underline: where there is none, the one before. */
function visible({ start, end }: TextRange): TextRange {
  return end > start ? { start, end } : { start: Math.max(0, start - 1), end: start };
}

/** One refusal as a problem of the file. */
export function* syntaxProblem(refusal: Refusal, text: string, isKnown: (name: string) => boolean): Generator<void, DeploymentProblem> {
  const { words, range, repair } = saidOf(refusal, text);
  const where = visible(range ?? refusal.range);
  const fix: Repair | null =
    repair === 'tabs' ? yield* spacesForTabs(text) : repair === 'colons' ? spacesBehindColons(text, where.start, isKnown) : null;
  return { kind: 'syntax', message: words, vllmMessage: refusal.said, range: where, ...(fix === null ? {} : { repair: fix }) };
}

/** A character that PyYAML takes for no text at all. */
export function controlCharacter(text: string): DeploymentProblem | null {
  const found = NOT_PRINTABLE.exec(text.replace(/^\ufeff/, ' '));
  if (!found) return null;
  const code = (found[0].codePointAt(0) ?? 0).toString(16).padStart(4, '0');
  const range = { start: found.index, end: found.index + 1 };
  const repair = { title: 'Delete the invisible character', replace: [{ ...range, text: '' }] };
  const vllmMessage = `unacceptable character #x${code}: special characters are not allowed`;
  return { kind: 'syntax', message: 'A control character stands here, invisible. Delete it.', vllmMessage, range, repair };
}
