/** What may come next in a JSON document. */
type Expected = 'value' | 'value or ]' | 'name or }' | 'name' | 'colon' | 'comma or end' | 'nothing';

/** A token of JSON (RFC 8259), with the space before it. No token holds a line break. */
const TOKEN = new RegExp(
  [
    String.raw`[ \t\r\n]*(?:`,
    String.raw`([{}[\],:])`,
    String.raw`|("[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*")`,
    String.raw`|((?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-]))`,
    ')',
  ].join(''),
  'y',
);

/**
 * Reads one JSON document line by line, and tells before its end that no further line can make it one. Holds the open brackets only, never
 * the text.
 */
export class JsonProgress {
  private expected: Expected = 'value';
  private readonly open: ('{' | '[')[] = [];
  private broken = false;

  /** Whether what was read is no beginning of a JSON document, nor all of one. */
  get isBroken(): boolean {
    return this.broken;
  }

  /** Whether what was read is a JSON document. */
  get isComplete(): boolean {
    return !this.broken && this.expected === 'nothing';
  }

  /** Reads the next line. */
  read(line: string): void {
    TOKEN.lastIndex = 0;
    let end = 0;
    while (!this.broken) {
      const token = TOKEN.exec(line);
      if (token === null) break;
      end = TOKEN.lastIndex;
      this.broken = !this.takes(token[1] ?? (token[2] === undefined ? 'literal' : 'text'));
    }
    this.broken ||= /[^ \t\r\n]/.test(line.slice(end));
  }

  /** Moves past a punctuation mark, a text or another literal; false where it cannot stand. */
  private takes(token: string): boolean {
    const { expected } = this;
    if (token === '}' || token === ']') return this.closes(token);
    if (token === ',') return this.separates();
    if (token === ':') return expected === 'colon' && this.expect('value');
    if (expected === 'name' || expected === 'name or }') return token === 'text' && this.expect('colon');
    if (expected !== 'value' && expected !== 'value or ]') return false;
    if (token !== '{' && token !== '[') return this.endValue();
    this.open.push(token);
    return this.expect(token === '{' ? 'name or }' : 'value or ]');
  }

  private closes(bracket: '}' | ']'): boolean {
    const [opening, empty] = bracket === '}' ? ['{', 'name or }'] : ['[', 'value or ]'];
    if (this.open.at(-1) !== opening || (this.expected !== 'comma or end' && this.expected !== empty)) return false;
    this.open.pop();
    return this.endValue();
  }

  private separates(): boolean {
    return this.expected === 'comma or end' && this.expect(this.open.at(-1) === '{' ? 'name' : 'value');
  }

  private endValue(): true {
    return this.expect(this.open.length > 0 ? 'comma or end' : 'nothing');
  }

  private expect(next: Expected): true {
    this.expected = next;
    return true;
  }
}
