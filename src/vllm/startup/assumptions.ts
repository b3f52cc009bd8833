import type { Ranged } from '../../estimator/ranged';
import { GIB } from '../../estimator/units';
import { compareReleases, parseRelease } from '../release';
import { NEWEST_VERSION, OLDEST_VERSION } from '../versions';
import type { Engine, Rank } from './rank';

/** An assumption with how much it may move the figures, bytes. */
interface Assumption {
  readonly text: string;
  readonly width: number;
}

/** At most this many are worth a person's time. */
const SHOWN = 3;

/** Narrower ones are not worth saying. */
const NEGLIGIBLE = 0.1 * GIB;

/** The assumptions that matter most, widest first. */
export function assumptionsOf(
  engine: Engine,
  rank: Rank,
  nonTorch: Ranged | null,
  graphs: Ranged | null,
  graphCharge: Ranged | null,
): readonly string[] {
  const certain: string[] = [];
  const { version, span } = engine.settings;
  if (span) certain.push(`the version of vLLM is not known: rules of ${version}, ranges over ${span.oldest} to ${span.newest}`);
  else if (!parseRelease(version)) certain.push(`vLLM "${version}" is not a release: taken as ${NEWEST_VERSION}`);
  else if (compareReleases(version, NEWEST_VERSION) > 0)
    certain.push(`vLLM ${version} is newer than the rules known here: taken as ${NEWEST_VERSION}`);
  else if (compareReleases(version, OLDEST_VERSION) < 0)
    certain.push(`vLLM ${version} is older than the rules known here: taken as ${OLDEST_VERSION}`);
  if (engine.settings.maxModelLen === null)
    certain.push('the longest context of this model is not known: set max-model-len to compare with it');
  if (rank.drafter.assumption !== null) certain.push(rank.drafter.assumption);
  if (engine.gpu?.gpu.totalMemoryBasis === 'derived' && engine.gpu.totalMemoryGib === engine.gpu.gpu.totalMemoryGib) {
    certain.push("total memory is the card's usual share of its marketing size");
  }
  const candidates: Assumption[] = [];
  const consider = (label: string, range: Ranged | null): void => {
    if (!range) return;
    const width = range.high - range.low;
    const reason = range.reason === undefined || label.includes(range.reason) || range.reason.startsWith(label) ? '' : ` (${range.reason})`;
    if (width > NEGLIGIBLE) candidates.push({ text: `${label}${reason}: ${spread(range)}`, width });
  };
  consider('weights', rank.weights);
  if (nonTorch) consider('activations of the profile run', rank.activation.bytes);
  consider('non-torch memory', nonTorch);
  consider(`CUDA graphs on this GPU class${graphCharge ? '' : ', outside the budget'}`, graphs);
  candidates.sort((a, b) => b.width - a.width);
  return [...certain, ...candidates.map((candidate) => candidate.text)].slice(0, SHOWN);
}

/** "± 0.5 GiB", or both sides where they differ, or the one that there is. */
function spread(range: Ranged): string {
  const up = (range.high - range.value) / GIB;
  const down = (range.value - range.low) / GIB;
  if (Math.abs(up - down) < 0.05) return `± ${up.toFixed(1)} GiB`;
  if (down < 0.05) return `up to ${up.toFixed(1)} GiB more`;
  return up < 0.05 ? `up to ${down.toFixed(1)} GiB less` : `-${down.toFixed(1)} / +${up.toFixed(1)} GiB`;
}
