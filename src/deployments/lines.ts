/** 0-based line, UTF-16 character. */
export interface Position {
  readonly line: number;
  readonly character: number;
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
