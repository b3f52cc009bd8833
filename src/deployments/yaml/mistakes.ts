/** Says of a wrong text what PyYAML 6.0 says, at its place: the `yaml` package mends what it can, and finds other words. */
import type { CST } from 'yaml';
import type { Node, Scalar } from './nodes';
import { refuse, shown, type RefusalCode } from './refusal';
import { matchAt } from './tokens';

/** Blanks, line breaks and comments. */
const TRIVIA = /(?:\s+|(?<=\s)#[^\n]*)*/y;
/** A key on one line with its colon. */
const KEY = /(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^"'\s#](?:[^\n#]|(?<=\S)#)*?) *:(?!\S)/y;
/** What a block of text begins with, up to the end of the line. */
const BLOCK_HEADER = /[|>](?:[+-]?[1-9]?|[1-9][+-])(?: *| +#[^\n]*)(?![^\r\n])/y;
const UNCLOSED = /"[^"\\]*(?:\\[^][^"\\]*)*\\?$|'[^']*(?:''[^']*)*$/y;

const NAMES: Readonly<Record<string, string>> = { '&': '<anchor>', '*': '<alias>', '!': '<tag>' };

/** Knows how far a text is read, and refuses what is wrong there. */
export class Refuser {
  readonly roots: Node[] = [];
  /** Whether a document is open. */
  isInside = false;
  /** Where the last token ends that has characters. */
  end = 0;
  lastQuoted: Scalar | null = null;

  constructor(readonly text: string) {}

  column(at: number): number {
    return at - this.lineStart(at);
  }

  lineStart(at: number): number {
    return at === 0 ? 0 : this.text.lastIndexOf('\n', at - 1) + 1;
  }

  /** Where the next token begins. */
  after(at: number): number {
    return at + matchAt(TRIVIA, this.text, at).length;
  }

  /** PyYAML's name of the token at a place. @throws YamlRefused where none can begin. */
  found(at: number, inFlow: boolean): string {
    const char = this.text.charAt(at);
    if (char === '') return '<stream end>';
    if ('@`%\t'.includes(char) || (inFlow && '|>'.includes(char)))
      refuse('character', `found character ${shown(this.text, at)} that cannot start any token`, at);
    if ('|>'.includes(char) && matchAt(BLOCK_HEADER, this.text, at) === '') this.refuseHeader(at);
    if ('"\''.includes(char) && matchAt(UNCLOSED, this.text, at) !== '')
      refuse('quote', 'found unexpected end of stream', this.text.length, this.text.length, at);
    if ('[]{},'.includes(char)) return char;
    if ('-?:'.includes(char) && (/^\s?$/.test(this.text.charAt(at + 1)) || (inFlow && char !== '-'))) return char;
    const mark = '-.'.includes(char) ? /^(?:---|\.\.\.)(?!\S)/.exec(this.text.slice(at, at + 4))?.[0] : undefined;
    if (mark !== undefined && this.column(at) === 0) return mark === '---' ? '<document start>' : '<document end>';
    return NAMES[char] ?? '<scalar>';
  }

  private refuseHeader(start: number): never {
    const at = start + matchAt(/.(?:[1-9][+-]|[+-]?[1-9]?)/y, this.text, start).length;
    const isZero = matchAt(/(?<!\d)0/y, this.text, at) !== '';
    if (isZero) refuse('header', 'expected indentation indicator in the range 1-9, but found 0', at, at + 1, start);
    const expected = this.text.startsWith(' ', at) ? 'a comment or a line break' : 'chomping or indentation indicators';
    const wrong = at + matchAt(/ */y, this.text, at).length;
    return refuse('header', `expected ${expected}, but found ${shown(this.text, wrong)}`, wrong, wrong + 1, start);
  }

  noContent(at: number): never {
    return refuse('content', `expected the node content, but found '${this.found(at, true)}'`, at);
  }

  /** @param since where what stands before the colon begins. */
  noColonAllowed(at: number, since = at): never {
    this.found(since, false);
    return refuse('inner-colon', 'mapping values are not allowed here', at);
  }

  noEntryAllowed(at: number): never {
    return refuse('inner-entry', 'sequence entries are not allowed here', at);
  }

  /** Something that can only be a key. @param colon where one stands, too late. */
  noColon(start: number, colon?: number): never {
    this.found(start, false);
    const tab = /^[^"'#\n]*?(?=\t)/.exec(this.text.slice(start));
    if (tab) this.found(start + tab[0].length, false);
    const next = this.after(start + matchAt(/[^\n]*/y, this.text, start).length);
    const at = this.column(next) <= this.column(start) ? next : (colon ?? next);
    return refuse('colon', "could not find expected ':'", at, at, start);
  }

  /** Something where the end of what is open is expected, or a comma. */
  misplaced(at: number, flow: CST.FlowCollection | null): never {
    const found = this.found(at, flow !== null);
    if (flow) return this.refuseHere('comma', `expected ',' or '${closing(flow)}', but got '${found}'`, at, flow.offset);
    const column = this.column(at);
    const isFirst = this.text.slice(this.lineStart(at), at).trim() === '';
    if (found === ':' && !isFirst) this.noColonAllowed(at);
    const block = this.openBlocks()
      .filter(({ start }) => this.column(start) <= column)
      .at(-1);
    const isBelow = isFirst && block !== undefined && this.column(block.start) === column;
    const isKey = isFirst && !'-:,]}'.includes(found) && matchAt(KEY, this.text, at) !== '';
    if (isBelow && !isKey && !'-?:,]}'.includes(found)) this.noColon(at);
    const isBlock = isFirst && !isBelow && (isKey || '-?:'.includes(found));
    const name = isBlock ? `<block ${found === '-' ? 'sequence' : 'mapping'} start>` : isKey ? '?' : found;
    if (!block) {
      const root = this.roots.at(-1);
      const code = root?.kind === 'mapping' && !root.isFlow ? 'outside' : 'left-over';
      return this.refuseHere(code, `expected '<document start>', but found '${name}'`, at, null);
    }
    const code = isBlock ? 'column' : found === '-' ? 'list-entry' : isKey ? 'entry-key' : 'left-over';
    return this.refuseHere(code, `expected <block end>, but found '${name}'`, at, null);
  }

  /** Where a quote closes only lines after it opens, that is the mistake, and what follows a consequence. */
  private refuseHere(code: RefusalCode, said: string, at: number, since: number | null): never {
    const quoted = this.lastQuoted;
    const isConsequence = quoted?.end === this.end && this.text.slice(quoted.start, quoted.end).includes('\n');
    return isConsequence ? refuse('quote', said, at, at + 1, quoted.start) : refuse(code, said, at, at + 1, since);
  }

  /** The blocks that hold what was read last, from the root on. */
  private openBlocks(): readonly Node[] {
    const blocks: Node[] = [];
    let node = this.isInside ? this.roots.at(-1) : undefined;
    while (node && (node.kind === 'mapping' || node.kind === 'sequence') && !node.isFlow) {
      blocks.push(node);
      node = node.kind === 'mapping' ? node.pairs.at(-1)?.value : node.items.at(-1);
    }
    return blocks;
  }
}

export function closing({ start }: CST.FlowCollection): string {
  return start.source === '{' ? '}' : ']';
}
