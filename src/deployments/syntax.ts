/** What keeps a text from being read as YAML, in plain words with the way out; the parser's own stand behind them. */
import { CST, Lexer, visit } from 'yaml';
import type { YAMLError } from 'yaml';
import type { DeploymentProblem, TextRange } from './deployment';
import type { YamlDocument } from './yaml';

interface Said {
  readonly words: string;
  /** Where to look, when that is not where the parser gave up. */
  readonly range?: TextRange;
}

function lineAt(text: string, offset: number): { readonly start: number; readonly line: string } {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  return { start, line: /^[^\r\n]*/.exec(text.slice(start))?.[0] ?? '' };
}

/** `line` without what a person need not see again. */
function quoted(line: string): string {
  const shown = line.trim();
  return `"${shown.length > 40 ? `${shown.slice(0, 40)}…` : shown}"`;
}

/** A line that cannot be a key, or a key over several lines. */
function withoutColon(text: string, offset: number): Said {
  const { start, line } = lineAt(text, offset);
  const range = { start: start + line.length - line.trimStart().length, end: start + line.trimEnd().length };
  const joined = /^\s*([\w.-]+):(?=[^\s:])(.*)$/.exec(line);
  if (joined) return { words: `A space is missing after the colon. Write ${quoted(`${joined[1]}: ${joined[2]?.trim()}`)}.`, range };
  if (/^\s*- /.test(line)) return { words: 'An entry of a list stands among keys. Indent it below the key it belongs to.', range };
  return { words: `${quoted(line)} has no colon. Every line here is a key, a colon, a space and its value.`, range };
}

/** A colon where a value has begun: a second one in the line, or a next line that is indented as if it went on with the value. */
function colonInValue(text: string, offset: number): Said {
  const { start, line } = lineAt(text, offset);
  if (/:(?:\s|$)/.test(line.slice(offset - start)))
    return { words: 'A value with a colon and a space in it must stand in quotes; two keys need two lines.' };
  const next = lineAt(text, start + line.length + 1);
  const range = { start: next.start, end: next.start + next.line.trimEnd().length };
  return { words: 'This line is indented further than the key above it. Begin all keys in one column.', range };
}

/** A quote that is never closed, told where it opens. */
function openQuote(documents: readonly YamlDocument[], text: string, offset: number): Said {
  let at: number | null = null;
  for (const document of documents) {
    visit(document, {
      Scalar: (_, { type, range }) => {
        if (type?.startsWith('QUOTE_') === true && range && range[0] < offset && offset <= range[2]) [at] = range;
      },
    });
  }
  const words = 'This quote is never closed. Put the same quote at the end of the value.';
  if (at === null) return { words };
  const { start, line } = lineAt(text, at);
  return { words, range: { start: at, end: Math.max(at + 1, start + line.trimEnd().length) } };
}

function unexpected(text: string, offset: number, message: string): Said | null {
  const { start, line } = lineAt(text, offset);
  if (/flow-(?:map|seq)-end/.test(message)) return { words: 'This bracket closes none. Remove it, or put the value in quotes.' };
  if (!message.includes('at node end')) return null;
  return line.slice(0, offset - start).trim() === ''
    ? { words: 'This line begins further left than the first key. Begin all keys in one column.' }
    : { words: 'Something follows a value that has ended. Put the whole value in quotes, or the rest on a line of its own.' };
}

function said({ code, message, pos: [offset] }: YAMLError, documents: readonly YamlDocument[], text: string): Said | null {
  switch (code) {
    case 'TAB_AS_INDENT':
      return { words: 'A tab indents this line. Use spaces.' };
    case 'BAD_INDENT':
      return message.startsWith('Flow')
        ? { words: `The bracket before this is not closed. Add the missing ${message.slice(-1)}.` }
        : { words: 'This line begins in another column than the keys or entries it belongs to. Indent it like them.' };
    case 'MULTILINE_IMPLICIT_KEY':
      return withoutColon(text, offset);
    case 'BLOCK_AS_IMPLICIT_KEY':
      return colonInValue(text, offset);
    case 'BAD_SCALAR_START':
    case 'BAD_ALIAS':
      return { words: `A value that begins with ${text.slice(offset, offset + 1)} must stand in quotes.` };
    case 'BAD_DQ_ESCAPE':
      return { words: 'A backslash means something else in double quotes. Double it, or use single quotes.' };
    case 'MISSING_CHAR':
      if (message.startsWith('Missing closing')) return openQuote(documents, text, offset);
      if (message.startsWith('Comments')) return { words: 'A comment needs a space before its #.' };
      return message.includes('map values') ? withoutColon(text, offset) : null;
    case 'UNEXPECTED_TOKEN':
      return unexpected(text, offset, message);
    default:
      return null;
  }
}

/** The errors of a parse as problems of the file, in the order of the parser. */
export function parserProblems(documents: readonly YamlDocument[], text: string): readonly DeploymentProblem[] {
  return documents.flatMap(({ errors }) =>
    errors.map((error): DeploymentProblem => {
      const plain = said(error, documents, text);
      const message = plain === null ? error.message : `${plain.words} (${error.message})`;
      return { kind: 'syntax', message, range: plain?.range ?? { start: error.pos[0], end: error.pos[1] } };
    }),
  );
}

/** What PyYAML takes for text (`Reader.NON_PRINTABLE`, PyYAML 6.0): all but these. */
const NOT_PRINTABLE = /[^\t\n\r\x20-\x7e\x85\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** A tab outside quotes, comments and blocks of text: YAML 1.2 allows it as space, PyYAML's scanner (6.0, `scan_to_next_token`) does not. */
function strayTab(text: string): number | null {
  if (!text.includes('\t')) return null;
  let offset = 0;
  let isBlock = false;
  let isScalar = false;
  for (const lexeme of new Lexer().lex(text)) {
    if (lexeme === CST.SCALAR) isScalar = true;
    if (lexeme === CST.SCALAR || lexeme === CST.DOCUMENT || lexeme === CST.FLOW_END) continue;
    const type = isScalar ? 'scalar' : CST.tokenType(lexeme);
    const isText = (isScalar && isBlock) || type === 'comment' || type === 'double-quoted-scalar' || type === 'single-quoted-scalar';
    if (!isText && lexeme.includes('\t')) return offset + lexeme.indexOf('\t');
    if (isScalar) isBlock = false;
    else if (type === 'block-scalar-header') isBlock = true;
    isScalar = false;
    offset += lexeme.length;
  }
  return null;
}

/** Anchors given twice and aliases of none: PyYAML's composer refuses both. */
function anchorProblem(documents: readonly YamlDocument[]): DeploymentProblem | null {
  for (const document of documents) {
    const anchors = new Set<string>();
    let found: DeploymentProblem | null = null;
    const tell = (range: readonly number[] | null | undefined, message: string): symbol => {
      found = { kind: 'syntax', message, range: { start: range?.[0] ?? 0, end: range?.[1] ?? 0 } };
      return visit.BREAK;
    };
    visit(document, {
      Alias: (_, { source, range }) =>
        anchors.has(source)
          ? undefined
          : tell(range, `No anchor &${source} stands before this. Add it to the value meant. (found undefined alias '${source}')`),
      Value: (_, { anchor, range }) => {
        if (anchor === undefined) return undefined;
        if (anchors.has(anchor))
          return tell(
            range,
            `The anchor &${anchor} is given a second time. Give this one another name. (found duplicate anchor '${anchor}')`,
          );
        anchors.add(anchor);
        return undefined;
      },
    });
    if (found !== null) return found;
  }
  return null;
}

/** What PyYAML, which vLLM reads with, refuses beyond the parser used here: the first of it. */
export function pyYamlProblems(documents: readonly YamlDocument[], text: string): readonly DeploymentProblem[] {
  const at = (offset: number, message: string): readonly DeploymentProblem[] => [
    { kind: 'syntax', message, range: { start: offset, end: offset + 1 } },
  ];
  const control = NOT_PRINTABLE.exec(text.replace(/^\ufeff/, ' '));
  if (control) return at(control.index, 'A control character stands here, invisible. Delete it. (special characters are not allowed)');
  const tab = strayTab(text);
  if (tab !== null) return at(tab, "A tab stands here. Use spaces. (found character '\\t' that cannot start any token)");
  const anchor = /[&*]/.test(text) ? anchorProblem(documents) : null;
  return anchor ? [anchor] : [];
}
