/**
 * Cuts a text into tokens as PyYAML 6.0 does, with which vLLM reads its file (`vllm/utils/argparse_utils.py`, `yaml.safe_load`). Other
 * parsers know YAML 1.2 or mend what PyYAML refuses, so that they would tell of files that vLLM starts with, and be silent on others.
 * The rules are those of PyYAML's `scanner.py` (MIT licence, Kirill Simonov and Ingy döt Net).
 */
import { isBlankOrEnd, shown } from './characters';
import { directiveToken, nameToken, tagToken } from './names';
import { refuse } from './refusal';
import { blockScalar, plainScalar, quotedScalar } from './scalars';
import { Source } from './source';
import type { Mark, Token } from './tokens';

/** A key without `?` is on one line and not longer than this, so that its `:` is looked for no further. */
const LONGEST_KEY = 1024;

/** Something that is a key if a `:` follows. */
interface PossibleKey {
  /** Which token it is, of all. */
  readonly number: number;
  /** It stands where only a key can. */
  readonly required: boolean;
  readonly index: number;
  readonly line: number;
  readonly column: number;
}

const PLAIN_NEVER = new Set('-?:,[]{}#&*!|>\'"%@`');

export class Scanner {
  private readonly source: Source;
  private readonly queue: Token[] = [];
  private taken = 0;
  private isDone = false;
  private flowLevel = 0;
  /** Column of the innermost block, and of those around it. */
  private indent = -1;
  private readonly indents: number[] = [];
  /** Whether a key may begin here: at the beginning of a line, behind an indicator. */
  private mayBeKey = true;
  /** By level of flow. */
  private readonly possibleKeys = new Map<number, PossibleKey>();
  /** The last token that has characters. */
  last: Token | null = null;

  constructor(text: string) {
    this.source = new Source(text);
  }

  /** The next token; the last is `stream-end`. @throws YamlRefused */
  peek(): Token {
    while (this.needsMore()) this.fetch();
    const [token] = this.queue;
    if (!token) throw new RangeError('nothing follows the end of the stream');
    return token;
  }

  take(): Token {
    const token = this.peek();
    this.queue.shift();
    this.taken++;
    if (token.end > token.start) this.last = token;
    return token;
  }

  /** Where the last token ends that has characters. */
  get end(): number {
    return this.last?.end ?? 0;
  }

  isOverLines({ start, end }: Token): boolean {
    return /[\r\n]/.test(this.source.text.slice(start, end));
  }

  private needsMore(): boolean {
    if (this.isDone) return false;
    if (this.queue.length === 0) return true;
    this.dropStaleKeys();
    // A key's mark comes before it, so that what may be a key waits for its colon.
    for (const { number } of this.possibleKeys.values()) if (number === this.taken) return true;
    return false;
  }

  private fetch(): void {
    const { source } = this;
    this.toNextToken();
    this.dropStaleKeys();
    this.unwind(source.column);
    if (source.isAtEnd) return this.fetchEnd();
    const isFirstColumn = source.column === 0;
    const isBeforeBlank = isBlankOrEnd(source.code(1));
    const inFlow = this.flowLevel > 0;
    switch (source.char()) {
      case '%':
        if (isFirstColumn) return this.fetchAtMargin(() => directiveToken(source));
        break;
      case '-':
        if (isFirstColumn && source.isDocumentMark('---')) return this.fetchAtMargin(() => this.mark('document-start', 3));
        if (isBeforeBlank) return this.fetchEntry();
        break;
      case '.':
        if (isFirstColumn && source.isDocumentMark('...')) return this.fetchAtMargin(() => this.mark('document-end', 3));
        break;
      case '[':
        return this.fetchFlowStart('flow-sequence-start');
      case '{':
        return this.fetchFlowStart('flow-mapping-start');
      case ']':
        return this.fetchFlowEnd('flow-sequence-end');
      case '}':
        return this.fetchFlowEnd('flow-mapping-end');
      case ',':
        this.forgetKey();
        this.mayBeKey = true;
        this.queue.push(this.mark('flow-entry', 1));
        return;
      case '?':
        if (inFlow || isBeforeBlank) return this.fetchKey();
        break;
      case ':':
        if (inFlow || isBeforeBlank) return this.fetchValue();
        break;
      case '*':
      case '&':
        return this.fetchPossibleKey(() => nameToken(source));
      case '!':
        return this.fetchPossibleKey(() => tagToken(source));
      case '|':
      case '>':
        if (!inFlow) {
          this.forgetKey();
          this.mayBeKey = true;
          this.queue.push(blockScalar(source, this.indent));
          return;
        }
        break;
      case "'":
      case '"':
        return this.fetchPossibleKey(() => quotedScalar(source));
    }
    if (!this.isPlain()) {
      const said = `found character ${shown(source.text, source.index)} that cannot start any token`;
      refuse('character', said, source.index);
    }
    this.savePossibleKey();
    const { token, atLine } = plainScalar(source, this.indent + 1, inFlow);
    this.mayBeKey = atLine;
    this.queue.push(token);
  }

  /** Over spaces, comments and lines. A tab is none of these. */
  private toNextToken(): void {
    const { source } = this;
    for (;;) {
      source.skipSpaces();
      if (source.char() === '#') source.skipLine();
      if (source.lineBreak() === '') return;
      if (this.flowLevel === 0) this.mayBeKey = true;
    }
  }

  private isPlain(): boolean {
    const char = this.source.char();
    if (isBlankOrEnd(this.source.code())) return false;
    if (!PLAIN_NEVER.has(char)) return true;
    return !isBlankOrEnd(this.source.code(1)) && (char === '-' || (this.flowLevel === 0 && (char === '?' || char === ':')));
  }

  private mark(kind: Mark['kind'], length: number): Mark {
    const start = this.source.index;
    this.source.index += length;
    return { kind, start, end: this.source.index };
  }

  private dropStaleKeys(): void {
    const { line, index } = this.source;
    for (const [level, key] of this.possibleKeys) {
      if (key.line === line && index - key.index <= LONGEST_KEY) continue;
      if (key.required) this.refuseKey(key);
      this.possibleKeys.delete(level);
    }
  }

  /** What comes next may be a key. */
  private savePossibleKey(): void {
    if (!this.mayBeKey) return;
    this.forgetKey();
    const { index, line, column } = this.source;
    const required = this.flowLevel === 0 && this.indent === column;
    this.possibleKeys.set(this.flowLevel, { number: this.taken + this.queue.length, required, index, line, column });
  }

  private forgetKey(): void {
    const key = this.possibleKeys.get(this.flowLevel);
    if (key?.required) this.refuseKey(key);
    this.possibleKeys.delete(this.flowLevel);
  }

  private refuseKey({ index }: PossibleKey): never {
    return refuse('colon', "could not find expected ':'", this.source.index, this.source.index, index);
  }

  /** Ends the blocks that begin right of a column. In flow, indentation says nothing. */
  private unwind(column: number): void {
    if (this.flowLevel > 0) return;
    while (this.indent > column) {
      this.indent = this.indents.pop() ?? -1;
      this.queue.push(this.mark('block-end', 0));
    }
  }

  private addIndent(column: number): boolean {
    if (this.indent >= column) return false;
    this.indents.push(this.indent);
    this.indent = column;
    return true;
  }

  private fetchEnd(): void {
    this.unwind(-1);
    this.forgetKey();
    this.possibleKeys.clear();
    this.mayBeKey = false;
    this.queue.push(this.mark('stream-end', 0));
    this.isDone = true;
  }

  /** What stands in the first column and belongs to no block. */
  private fetchAtMargin(scan: () => Token): void {
    this.unwind(-1);
    this.forgetKey();
    this.mayBeKey = false;
    this.queue.push(scan());
  }

  private fetchPossibleKey(scan: () => Token): void {
    this.savePossibleKey();
    this.mayBeKey = false;
    this.queue.push(scan());
  }

  private fetchFlowStart(kind: 'flow-sequence-start' | 'flow-mapping-start'): void {
    this.savePossibleKey();
    this.flowLevel++;
    this.mayBeKey = true;
    this.queue.push(this.mark(kind, 1));
  }

  private fetchFlowEnd(kind: 'flow-sequence-end' | 'flow-mapping-end'): void {
    this.forgetKey();
    // One too many: its parser refuses it before anything else is asked of the level.
    this.flowLevel = Math.max(0, this.flowLevel - 1);
    this.mayBeKey = false;
    this.queue.push(this.mark(kind, 1));
  }

  /** Begins a block at a mark of its own, where one may begin. */
  private openBlock(
    kind: 'block-sequence-start' | 'block-mapping-start',
    code: 'inner-entry' | 'inner-key' | 'inner-colon',
    said: string,
  ): void {
    if (this.flowLevel > 0) return;
    if (!this.mayBeKey) refuse(code, said, this.source.index);
    if (this.addIndent(this.source.column)) this.queue.push(this.mark(kind, 0));
  }

  private fetchEntry(): void {
    this.openBlock('block-sequence-start', 'inner-entry', 'sequence entries are not allowed here');
    this.mayBeKey = true;
    this.forgetKey();
    this.queue.push(this.mark('block-entry', 1));
  }

  private fetchKey(): void {
    this.openBlock('block-mapping-start', 'inner-key', 'mapping keys are not allowed here');
    this.mayBeKey = this.flowLevel === 0;
    this.forgetKey();
    this.queue.push(this.mark('key', 1));
  }

  private fetchValue(): void {
    const key = this.possibleKeys.get(this.flowLevel);
    if (key) {
      this.possibleKeys.delete(this.flowLevel);
      const at = key.number - this.taken;
      const place = { start: key.index, end: key.index };
      this.queue.splice(at, 0, { kind: 'key', ...place });
      if (this.flowLevel === 0 && this.addIndent(key.column)) this.queue.splice(at, 0, { kind: 'block-mapping-start', ...place });
      this.mayBeKey = false;
    } else {
      this.openBlock('block-mapping-start', 'inner-colon', 'mapping values are not allowed here');
      this.mayBeKey = this.flowLevel === 0;
      this.forgetKey();
    }
    this.queue.push(this.mark('value', 1));
  }
}
