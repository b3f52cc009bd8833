import { parseAllDocuments } from 'yaml';
import type { Document, ParsedNode } from 'yaml';

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

/** Documents of a text, every scalar as a string: YAML 1.1 is read by `values.ts`. None when it nests too deeply. */
export function parseYaml(text: string): readonly YamlDocument[] {
  if (isTooDeep(text)) return [];
  const documents = parseAllDocuments(text, { schema: 'failsafe', uniqueKeys: false, logLevel: 'silent', prettyErrors: false });
  return Array.isArray(documents) ? documents : [];
}
