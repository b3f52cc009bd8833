import { isBreak, SPACE } from './characters';

/** A text being read: where the reading stands, in which line and column. */
export class Source {
  index: number;
  line = 0;
  private lineStart: number;

  constructor(readonly text: string) {
    // A byte order mark takes no column.
    this.index = text.startsWith('\ufeff') ? 1 : 0;
    this.lineStart = this.index;
  }

  get column(): number {
    return this.index - this.lineStart;
  }

  /** Code of the character `ahead` of here; NaN behind the end. */
  code(ahead = 0): number {
    return this.text.charCodeAt(this.index + ahead);
  }

  char(ahead = 0): string {
    return this.text.charAt(this.index + ahead);
  }

  get isAtEnd(): boolean {
    return this.index >= this.text.length;
  }

  skipSpaces(): void {
    while (this.code() === SPACE) this.index++;
  }

  skipLine(): void {
    while (!this.isAtEnd && !isBreak(this.code())) this.index++;
  }

  /** Reads a line break if there is one: as `\n`, the Unicode separators as themselves; empty otherwise. */
  lineBreak(): string {
    const code = this.code();
    if (!isBreak(code)) return '';
    const char = this.char();
    this.index += code === 0x0d && this.code(1) === 0x0a ? 2 : 1;
    this.line++;
    this.lineStart = this.index;
    return code > 0xff ? char : '\n';
  }

  /** Reads what a sticky pattern matches here, perhaps nothing; it must match no line break. */
  take(pattern: RegExp): string {
    pattern.lastIndex = this.index;
    const found = pattern.exec(this.text)?.[0] ?? '';
    this.index += found.length;
    return found;
  }

  /** Whether `---` or `...` stands here as a line of its own, for which this must be the first column. */
  isDocumentMark(mark?: string): boolean {
    const found = this.text.slice(this.index, this.index + 3);
    if (mark === undefined ? found !== '---' && found !== '...' : found !== mark) return false;
    const after = this.code(3);
    return Number.isNaN(after) || after === SPACE || after === 0x09 || isBreak(after);
  }
}
