import type { Model } from '../estimator/architecture';
import type { Gpu } from '../estimator/hardware/gpu';
import { compareReleases, isSince } from './release';
import type { VersionBounds } from './versionBounds';
import { NEWEST_VERSION, USUAL_VERSION } from './versions';

/** The releases that an unnamed one may be, both ends included, and the one whose rules are applied. */
export interface VersionSpan {
  readonly oldest: string;
  readonly newest: string;
  readonly likely: string;
}

/** Older releases are hardly in use. */
const OLDEST_IN_USE = '0.6.0';

/** The middle of the releases read since 0.17, for what only those can serve. */
const USUAL_OF_NEW = '0.22.0';

/** First release that serves a model class, for those younger than the usual version (release notes of 0.17.0, 0.18.0, 0.19.0). */
const FIRST_WITH: Readonly<Record<string, string>> = {
  qwen3_5: '0.17.0',
  qwen3_5_moe: '0.17.0',
  mistral4: '0.18.0',
  gemma4: '0.19.0',
};

/** Blackwell is served since 0.9.0 (its release notes). */
const BLACKWELL_CAPABILITY = 100;
const FIRST_WITH_BLACKWELL = '0.9.0';

/**
 * What the model, the GPU and the arguments (`bounds`) say of a release that is not named: the model and the chip must be served, every
 * argument must exist. The likely one is the usual version, or the nearest that is possible.
 */
export function versionSpan(model: Model, gpu: Gpu | null, bounds: VersionBounds): VersionSpan {
  const since = [
    bounds.oldest,
    FIRST_WITH[model.architecture.modelType.replace(/_text$/, '')] ?? null,
    (gpu?.computeCapability ?? 0) >= BLACKWELL_CAPABILITY ? FIRST_WITH_BLACKWELL : null,
  ].filter((version) => version !== null);
  const oldest = since.reduce((latest, version) => (isSince(version, latest) ? version : latest), OLDEST_IN_USE);
  // An argument that was removed before the model was served has no effect, and says nothing.
  const last = bounds.newest !== null && isSince(bounds.newest, oldest) ? bounds.newest : NEWEST_VERSION;
  const newest = isSince(last, oldest) ? last : oldest;
  const wanted = compareReleases(oldest, USUAL_VERSION) > 0 ? USUAL_OF_NEW : USUAL_VERSION;
  const likely = compareReleases(wanted, oldest) < 0 ? oldest : compareReleases(wanted, newest) > 0 ? newest : wanted;
  return { oldest, newest, likely };
}
