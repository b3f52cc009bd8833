import { between, type Ranged } from '../../estimator/ranged';
import { blockCount, bytesPerRequest, longestLength, maxConcurrency, reportedTokens, type KvCacheLayout } from './kvCacheGroups';
import { rulesOf, type VersionRules } from '../versions';
import { wholeModelCache, type Engine, type Rank } from './rank';
import type { KvCacheReport } from './report';

/** Upper limit of the search for the largest context of a model whose config states none, tokens. */
const UNBOUNDED_LENGTH = 2 ** 24;

/** A rank and the bytes left for its KV cache. */
interface RankWithRoom {
  readonly rank: Rank;
  readonly available: Ranged;
}

interface PlacedLayout {
  readonly layout: KvCacheLayout;
  readonly available: Ranged;
}

interface Pool {
  readonly layout: KvCacheLayout;
  readonly blocks: number;
}

type End = 'low' | 'value' | 'high';

/** What the pool holds. All ranks use the smallest number of blocks over them. */
export function kvCacheReport(engine: Engine, placed: readonly RankWithRoom[]): KvCacheReport {
  const { settings, cacheSettings } = engine;
  const caches = placed.flatMap(({ rank, available }) => (rank.cache ? [{ layout: rank.cache, available }] : []));
  const [first] = caches;
  if (!first) return noCache(settings.blockSize);
  // A guessed model's blocks may weigh more or less: as many of them fit into the same memory.
  const [leastBytes, mostBytes] = engine.model.doubt?.kvBytesPerToken ?? [1, 1];
  const weighing: Readonly<Record<End, number>> = { low: mostBytes, value: 1, high: leastBytes };
  const smallestPool = (end: End, layouts: readonly PlacedLayout[]): Pool =>
    layouts
      .map(({ layout, available }) => ({ layout, blocks: Math.floor(blockCount(layout, available[end], cacheSettings) / weighing[end]) }))
      .reduce((a, b) => (b.blocks < a.blocks ? b : a));
  const rangeOf = (layouts: readonly PlacedLayout[], figure: (pool: Pool) => number): Ranged =>
    between(
      figure(smallestPool('low', layouts)),
      figure(smallestPool('value', layouts)),
      figure(smallestPool('high', layouts)),
      first.available.reason,
    );
  const checked = checkedLayouts(engine, caches);
  const limit = lengthLimit(engine);
  const fits = rangeOf(checked, ({ blocks, layout }) => longestLength(layout, blocks, limit, cacheSettings));
  const length = settings.maxModelLenAuto ? Math.min(settings.maxModelLen ?? limit, Math.max(1, fits.value)) : settings.maxModelLen;
  return {
    bytesPerTokenPerGpu: Math.max(...caches.map(({ layout }) => layout.bytesPerToken)),
    blockSize: first.layout.blockSize,
    tokens: acrossVersions(engine, (counting) =>
      rangeOf(caches, ({ blocks, layout }) => reportedTokens(layout, blocks, length, { ...cacheSettings, reportedTokens: counting })),
    ),
    maxConcurrency: length === null ? null : rangeOf(caches, ({ blocks, layout }) => maxConcurrency(layout, blocks, length, cacheSettings)),
    neededForMaxModelLen: length === null ? null : Math.max(...checked.map(({ layout }) => bytesPerRequest(layout, length, cacheSettings))),
    maxModelLenThatFits: fits,
    blocks: rangeOf(caches, ({ blocks }) => blocks),
  };
}

/** The tokens as the version counts them; of an unknown version, over the ways of all it may be. */
function acrossVersions({ settings, cacheSettings }: Engine, tokens: (counting: VersionRules['reportedTokens']) => Ranged): Ranged {
  const own = tokens(cacheSettings.reportedTokens);
  if (!settings.span) return own;
  const ends = [settings.span.oldest, settings.span.newest].map((version) => tokens(rulesOf(version).reportedTokens));
  return between(Math.min(...ends.map(({ low }) => low)), own.value, Math.max(...ends.map(({ high }) => high)), own.reason);
}

/** The figures that need no GPU. */
export function kvCacheWithoutGpu(engine: Engine, ranks: readonly Rank[]): KvCacheReport {
  const { settings, cacheSettings } = engine;
  const layouts = ranks.flatMap((rank) => (rank.cache ? [rank.cache] : []));
  const [first] = layouts;
  if (!first) return noCache(settings.blockSize);
  const length = settings.maxModelLen;
  return {
    ...noCache(first.blockSize),
    bytesPerTokenPerGpu: Math.max(...layouts.map((layout) => layout.bytesPerToken)),
    neededForMaxModelLen: length === null ? null : Math.max(...layouts.map((layout) => bytesPerRequest(layout, length, cacheSettings))),
  };
}

function noCache(blockSize: number): KvCacheReport {
  return {
    bytesPerTokenPerGpu: 0,
    blockSize,
    tokens: null,
    maxConcurrency: null,
    neededForMaxModelLen: null,
    maxModelLenThatFits: null,
  };
}

/** The layouts the length check uses: each stage's own, or in some versions the whole model's against every stage. */
function checkedLayouts(engine: Engine, caches: readonly PlacedLayout[]): readonly PlacedLayout[] {
  const whole = engine.settings.rules.checksWholeModelPerStage && caches.length > 1 ? wholeModelCache(engine) : null;
  return whole ? caches.map((cache) => ({ ...cache, layout: whole })) : caches;
}

function lengthLimit({ model, settings }: Engine): number {
  return Math.max(model.architecture.maxPositionEmbeddings ?? UNBOUNDED_LENGTH, settings.maxModelLen ?? 0);
}
