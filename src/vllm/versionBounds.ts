import { findArgument } from './argumentTable';
import type { VllmArguments } from './arguments';
import { findQuantizationMethod } from './quantizationMethods';
import { compareReleases, isSince } from './release';

/** First and last release that something allows; null where it sets no limit. */
export interface VersionBounds {
  readonly oldest: string | null;
  readonly newest: string | null;
}

const UNBOUNDED: VersionBounds = { oldest: null, newest: null };

/** The releases that have every one of the arguments, and the quantization method they name. Nothing when no release has all. */
export function versionBounds(args: VllmArguments): VersionBounds {
  const method = args.get('quantization');
  const quantization = typeof method === 'string' ? findQuantizationMethod(method) : null;
  const bounds: readonly VersionBounds[] = [
    ...[...args.keys()].map((name) => {
      const argument = findArgument(name);
      return { oldest: argument?.since ?? null, newest: argument?.removal?.lastSeen ?? null };
    }),
    // A method that became a plugin works on.
    { oldest: quantization?.since ?? null, newest: quantization?.plugin === false ? quantization.lastSeen : null },
  ];
  const all = bounds.reduce(narrowed, UNBOUNDED);
  return all.oldest !== null && all.newest !== null && compareReleases(all.oldest, all.newest) > 0 ? UNBOUNDED : all;
}

/** What both allow. */
function narrowed(a: VersionBounds, b: VersionBounds): VersionBounds {
  const oldest = a.oldest !== null && b.oldest !== null ? (isSince(a.oldest, b.oldest) ? a.oldest : b.oldest) : (a.oldest ?? b.oldest);
  const newest = a.newest !== null && b.newest !== null ? (isSince(a.newest, b.newest) ? b.newest : a.newest) : (a.newest ?? b.newest);
  return { oldest, newest };
}
