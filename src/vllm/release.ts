const RELEASE = /^v?(\d+)\.(\d+)(?:\.(\d+))?/;

type Release = readonly [major: number, minor: number, patch: number];

/** Versions already read: every rule and every row of the tables asks for the same few. */
const known = new Map<string, Release | null>();
/** Versions kept; more only come from odd input. */
const MOST_KNOWN = 500;

/** Major, minor and patch of a vLLM version; suffixes (`.post1`, `rc2`, `+cu128`) are ignored; null when it is none. */
export function parseRelease(version: string): Release | null {
  const before = known.get(version);
  if (before !== undefined) return before;
  const match = RELEASE.exec(version.trim());
  const release: Release | null = match ? [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)] : null;
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(version, release);
  return release;
}

/** Negative when `a` is older than `b`, 0 when equal. A version that cannot be read counts as the newest. */
export function compareReleases(a: string, b: string): number {
  const left = parseRelease(a);
  const right = parseRelease(b);
  if (!left || !right) return (left ? 0 : 1) - (right ? 0 : 1);
  return left[0] - right[0] || left[1] - right[1] || left[2] - right[2];
}

/** True when `version` is `first` or newer. */
export function isSince(version: string, first: string): boolean {
  return compareReleases(version, first) >= 0;
}
