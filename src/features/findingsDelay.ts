/** What makes two findings the same problem, although its figures may have changed. */
interface Identified {
  readonly code: string;
  readonly key: string | null;
}

/**
 * What to show right after a key press: of the problems found now, only those that were shown before. A problem that is gone
 * goes at once; a new one waits until the typing pauses.
 */
export function alreadyShown<T extends Identified>(shown: readonly Identified[], now: readonly T[]): readonly T[] {
  const left = new Map<string, number>();
  for (const finding of shown) left.set(identity(finding), (left.get(identity(finding)) ?? 0) + 1);
  return now.filter((finding) => {
    const count = left.get(identity(finding)) ?? 0;
    if (count === 0) return false;
    left.set(identity(finding), count - 1);
    return true;
  });
}

function identity(finding: Identified): string {
  return `${finding.code}\n${finding.key ?? ''}`;
}
