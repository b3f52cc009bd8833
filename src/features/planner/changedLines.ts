import { diffLines } from 'diff';

/** A line of a file before and after a change; null where it is not there. */
export interface ChangedLine {
  /** Zero-based; of the text after the change where the line is there, otherwise of the text before. */
  readonly line: number;
  readonly before: string | null;
  readonly after: string | null;
}

/** The lines in which two texts differ, in order; a replaced line stands as one. */
export function changedLines(before: string, after: string): readonly ChangedLine[] {
  const changed: ChangedLine[] = [];
  let removed: string[] = [];
  let [oldLine, newLine] = [0, 0];
  const flush = (added: readonly string[]): void => {
    for (let index = 0; index < Math.max(removed.length, added.length); index++) {
      const [old, fresh] = [removed[index] ?? null, added[index] ?? null];
      changed.push({ line: fresh === null ? oldLine + index : newLine + index, before: old, after: fresh });
    }
    oldLine += removed.length;
    newLine += added.length;
    removed = [];
  };
  for (const part of diffLines(before, after)) {
    const lines = part.value.replace(/\r?\n$/, '').split(/\r?\n/);
    if (part.removed) removed = lines;
    else if (part.added) flush(lines);
    else {
      flush([]);
      oldLine += lines.length;
      newLine += lines.length;
    }
  }
  flush([]);
  return changed;
}
