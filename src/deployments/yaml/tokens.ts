/** Cuts a text into the tokens of the `yaml` package, in steps. */
import { CST, Lexer, Parser } from 'yaml';
import { refuse } from './refusal';

/** Deepest nesting that is read: PyYAML 6.0.3 recurses and meets Python's limit at 492 levels, less what calls it. Real files stay below ten. */
const DEEPEST = 480;

/** Lexemes between two pauses: the dearest hundred of them take about a millisecond. */
const STEP = 200;

/** What may stand in a margin besides blanks. */
const OF_MARGIN: ReadonlySet<string> = new Set(['-', '?', ':', CST.DOCUMENT, CST.FLOW_END]);

const QUOTED = /"[^"\\]*(?:\\[^][^"\\]*)*"|'[^']*(?:''[^']*)*'/y;
const DOCUMENT_MARK = /(?<![^\n])(?:---|\.\.\.)(?!\S)/y;

/** What a pattern finds at a place; empty if nothing. */
export function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

/**
 * The lexemes of a text. The package ends brackets, quotes and text in brackets where a line is indented too little, which PyYAML does not
 * mind: there a lexer begins anew, behind what takes it into the same state.
 */
function* lexemes(text: string): Generator<string, void> {
  let at = 0;
  let brackets = '';
  /** A scalar in brackets and the blanks behind it: perhaps the next line goes on with it. */
  let held: string[] = [];
  let lexer = new Lexer().lex(text);
  let known = 0;
  const beginAnew = (behind: string): void => {
    lexer = new Lexer().lex(behind + text.slice(at));
    known = behind.length;
  };
  let isScalar = false;
  for (let next = lexer.next(); next.done !== true; next = lexer.next()) {
    const lexeme: string = next.value;
    const isMark: boolean = !isScalar && (lexeme === CST.SCALAR || lexeme === CST.FLOW_END || lexeme === CST.DOCUMENT);
    if (known > 0) {
      if (!isMark) known -= lexeme.length;
      continue;
    }
    const first = lexeme.charAt(0);
    const isBlank = !isMark && ' \t\r\n'.includes(first);
    if (lexeme === CST.FLOW_END && isMark && matchAt(DOCUMENT_MARK, text, at) === '') {
      at -= held.slice(1).join('').length;
      held = [];
      beginAnew(brackets);
      continue;
    }
    if (!isScalar && !isBlank) {
      yield* held;
      held = [];
    }
    if (!isScalar && (first === '"' || first === "'")) {
      const quoted = matchAt(QUOTED, text, at) || text.slice(at);
      at += quoted.length;
      yield quoted;
      if (quoted.length > lexeme.length) beginAnew(`${brackets}""`);
      continue;
    }
    // A name ends before these signs, which the package takes for a part of it.
    const name = !isMark && !isScalar ? (/^[&*][\w-]+(?=[?:,\]}%@`])/.exec(lexeme)?.[0] ?? '') : '';
    if (name !== '') {
      at += name.length;
      yield name;
      const line = text.lastIndexOf('\n', at - 1) + 1;
      beginAnew(brackets === '' ? `${text.slice(line, at)} ` : `${brackets}${name} `);
      continue;
    }
    if (!isMark) at += lexeme.length;
    if (!isMark && !isScalar) {
      if (lexeme === '[' || lexeme === '{') brackets += lexeme;
      else if (lexeme === ']' || lexeme === '}') brackets = brackets.slice(0, -1);
    }
    isScalar = isMark && lexeme === CST.SCALAR;
    if (held.length > 0 || (isScalar && brackets !== '')) held.push(lexeme);
    else yield lexeme;
  }
  yield* held;
}

/** The tokens of a text, but for comments and for blanks that neither indent nor are tabs. @throws YamlRefused of what is nested too deeply. */
export function* readTokens(text: string): Generator<void, readonly CST.Token[]> {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let count = 0;
  let isScalar = false;
  /** Blanks here are indentation. */
  let isMargin = true;
  for (const lexeme of lexemes(text)) {
    if (++count % STEP === 0) yield;
    const isText: boolean = isScalar;
    isScalar = !isText && lexeme === CST.SCALAR;
    const isBlank = !isText && lexeme.startsWith(' ') && !lexeme.includes('\t');
    const isComment = !isText && lexeme.startsWith('#');
    if ((isComment || (isBlank && !isMargin)) && parser.stack.at(-1)?.type !== 'block-scalar') {
      parser.offset += lexeme.length;
      continue;
    }
    // Text in a block ends a line, even no text.
    isMargin = lexeme.endsWith('\n') || lexeme === '' || (isMargin && (isBlank || OF_MARGIN.has(lexeme)));
    for (const token of parser.next(lexeme)) tokens.push(token);
    // The first of them is the document.
    const deepest = parser.stack.length > DEEPEST + 1 ? parser.stack[DEEPEST + 1] : null;
    if (deepest && CST.isCollection(deepest)) refuse('depth', 'maximum recursion depth exceeded', deepest.offset);
  }
  tokens.push(...parser.end());
  return tokens;
}
