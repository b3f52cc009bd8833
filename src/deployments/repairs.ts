/** Changes to a file that YAML refuses, where what is wrong names no key: to its characters. */
import type { TextEdit } from './edits';
import { applyEdits } from './edits';
import { lineStart } from './lines';
import { readYamlSteps } from './yaml/composer';

/** A change by place, with what it does in words. */
export interface Repair {
  readonly title: string;
  readonly replace: readonly TextEdit[];
}

/** The line of an offset. */
export function lineAt(text: string, offset: number): { readonly start: number; readonly line: string } {
  const start = lineStart(text, offset);
  return { start, line: /^[^\r\n]*/.exec(text.slice(start))?.[0] ?? '' };
}

/** Spaces that a tab of indentation may stand for, the usual first. */
const WIDTHS = [2, 4, 8, 1] as const;

const LINES = /^([ \t]*)([^\r\n]*)/gm;
/** The header of a block of text, whose lines may hold tabs. */
const BLOCK_HEADER = /(?:^|[\s:-])[|>][+-]?\d?[+-]?[ \t]*(?:#.*)?$/;
/** Text in which a tab is text: in quotes, in a comment. Or a run of tabs with the blanks around it. */
const TABS_OF_LINE = /"(?:[^"\\]|\\.)*"|'[^']*'|(?<=^|[ \t])#.*$|[ \t]*\t[ \t]*/g;

/**
 * Spaces for every tab that PyYAML refuses: of the widths that a tab of indentation may have, the first with which the text can be read;
 * the usual one if none can. A trailing tab goes.
 */
export function* spacesForTabs(text: string): Generator<void, Repair> {
  let usual: readonly TextEdit[] | null = null;
  const title = 'Replace tabs by spaces';
  for (const width of WIDTHS) {
    const replace = tabEdits(text, width);
    usual ??= replace;
    const { refusal } = yield* readYamlSteps(applyEdits(text, replace));
    if (refusal === null) return { title, replace };
  }
  return { title, replace: usual ?? [] };
}

function tabEdits(text: string, width: number): readonly TextEdit[] {
  const edits: TextEdit[] = [];
  let block: number | null = null;
  for (const { 0: whole, 1: margin = '', 2: rest = '', index } of text.matchAll(LINES)) {
    const indentation = margin.replaceAll('\t', ' '.repeat(width));
    if (block !== null && (whole.trim() === '' || indentation.length > block)) {
      // The block's own indentation must be spaces; a tab behind it is text.
      if (margin.startsWith('\t')) edits.push({ start: index, end: index + margin.length, text: indentation });
      continue;
    }
    block = BLOCK_HEADER.test(rest) ? indentation.length : null;
    if (margin.includes('\t')) edits.push({ start: index, end: index + margin.length, text: rest === '' ? '' : indentation });
    for (const found of rest.matchAll(TABS_OF_LINE)) {
      if (!/^[ \t]/.test(found[0])) continue;
      const start = index + margin.length + found.index;
      const isLast = found.index + found[0].length === rest.length;
      edits.push({ start, end: start + found[0].length, text: isLast ? '' : ' ' });
    }
  }
  return edits;
}

/** A space behind the colon of the line at `offset`, and of every other line that would be a known key with it. */
export function spacesBehindColons(text: string, offset: number, isKnown: (name: string) => boolean): Repair {
  const { start: wrong } = lineAt(text, offset);
  const edits: TextEdit[] = [];
  for (const match of text.matchAll(/^([ \t]*)(["']?)([\w.-]+)\2:(?=[^\s:])/gm)) {
    const [whole, , , name = ''] = match;
    const at = match.index + whole.length;
    if (match.index === wrong || isKnown(name)) edits.push({ start: at, end: at, text: ' ' });
  }
  return { title: edits.length > 1 ? 'Put a space after each colon' : 'Put a space after the colon', replace: edits };
}
