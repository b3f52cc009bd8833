import { CST, Lexer, Parser } from 'yaml';
import type { Document, ParsedNode } from 'yaml';
import { SteppedComposer } from './compose';
import type { ComposeOptions } from './compose';
import { finish } from './steps';

export type YamlDocument = Document.Parsed<ParsedNode>;

/** Deepest nesting that is parsed. Real configurations stay below ten; some thousands overflow the parser's stack, which ends the process. */
const DEEPEST = 500;

/** Whether flow brackets, indentation or indicators on one line may nest deeper than the parser can follow; never false for what does. */
export function isTooDeep(text: string): boolean {
  let open = 0;
  for (const char of text.matchAll(/[[{\]}]/g)) {
    if (char[0] === '[' || char[0] === '{') open++;
    else if (open > 0) open--;
    if (open > DEEPEST) return true;
  }
  // Every block level takes a column of indentation, or one of `- `, `? ` and `: ` on its line.
  return text.split(/[\r\n]+/).some((line) => {
    const indentation = /^[ \t]*/.exec(line)?.[0].length ?? 0;
    return line.length > DEEPEST && indentation + (line.match(/[-?:](?=[ \t]|$)/g)?.length ?? 0) > DEEPEST;
  });
}

/** Lexemes between two steps: the dearest hundred of them take about a millisecond. */
const STEP = 200;
/** Lexemes that stand for no character. */
const MARKS: ReadonlySet<string> = new Set([CST.DOCUMENT, CST.FLOW_END, CST.SCALAR]);

/** Every scalar as a string; what is wrong is told by offsets alone. */
export const YAML_OPTIONS: ComposeOptions = { schema: 'failsafe', uniqueKeys: false, logLevel: 'silent', prettyErrors: false };

/**
 * Documents of a text, every scalar as a string: YAML 1.1 is read by `values.ts`. None when it nests too deeply. Pauses between steps,
 * so that whoever drives it can let others run.
 */
export function* parseYamlSteps(text: string): Generator<void, readonly YamlDocument[]> {
  if (isTooDeep(text)) return [];
  const parser = new Parser();
  const composer = new SteppedComposer(YAML_OPTIONS);
  let lexemes = 0;
  let read = 0;
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) composer.next(token, read);
    if (!MARKS.has(lexeme)) read += lexeme.length;
    if (++lexemes % STEP === 0) yield;
  }
  for (const token of parser.end()) {
    yield;
    composer.next(token, text.length);
  }
  return yield* composer.end();
}

/** As `parseYamlSteps`, at once. */
export function parseYaml(text: string): readonly YamlDocument[] {
  return finish(parseYamlSteps(text));
}
