const RELEASE = /^v?(\d+)\.(\d+)(?:\.(\d+))?/;

/** Major, minor and patch of a vLLM version; suffixes (`.post1`, `rc2`, `+cu128`) are ignored; null when it is none. */
export function parseRelease(version: string): readonly [number, number, number] | null {
  const match = RELEASE.exec(version.trim());
  if (!match) return null;
  return [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
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
