/** 0-based line, UTF-16 character. */
export interface Position {
  readonly line: number;
  readonly character: number;
}

/** Offset at which the line of an offset begins. */
export function lineStart(text: string, offset: number): number {
  // Looking back from before the beginning would find a line break at the beginning.
  const start = offset <= 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
  // Only in this line: where no file has such a break, all before it would be searched each time.
  return start + text.slice(start, Math.max(start, offset)).lastIndexOf('\r') + 1;
}

/** Line starts of a text, to turn offsets into positions as editors count them. */
export class Lines {
  private readonly starts: readonly number[];

  constructor(text: string) {
    this.starts = [0, ...[...text.matchAll(/\r\n|\n|\r/g)].map((match) => match.index + match[0].length)];
  }

  /** Offset at which a 0-based line begins. */
  startOf(line: number): number {
    return this.starts[line] ?? 0;
  }

  /** 0-based line and UTF-16 character of an offset. */
  positionAt(offset: number): Position {
    let [low, high] = [0, this.starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.starts[middle] ?? Infinity) <= offset) low = middle;
      else high = middle;
    }
    return { line: low, character: offset - (this.starts[low] ?? 0) };
  }
}
