import { ceilDiv, roundUp } from '../../estimator/units';
import type { LayerCache } from './kvCacheSpecs';

/** Settings that decide how layers share the pool. */
export interface KvCacheSettings {
  /** `block-size` or the back end's preference, tokens. */
  readonly blockSize: number;
  readonly maxNumBatchedTokens: number;
  readonly decodeContextParallel: number;
  /** Sliding-window and state layers get groups of their own; otherwise every layer is sized as full attention. */
  readonly hybrid: boolean;
  /** Batches whose tokens a sliding window reserves beside its own. */
  readonly batchesInFlight: number;
  /** State blocks one request holds: 1 + speculative tokens, or 2 + them with prefix caching (align). */
  readonly stateBlocksPerRequest: number;
  /** Tokens of the encoder whose K and V cross-attention layers keep. */
  readonly encoderTokens: number;
  readonly reportedTokens: 'pool' | 'concurrency';
  /** `num-gpu-blocks-override`: taken as given. */
  readonly numGpuBlocksOverride: number | null;
}

/** Layers that share block tables: `groups` block tables of `kind`, each block `blockSize` tokens. */
export interface KvCacheGroup {
  readonly kind: LayerCache['kind'];
  readonly window: number | null;
  readonly groups: number;
  readonly blockSize: number;
}

/** The pool's layout on one rank. */
export interface KvCacheLayout {
  readonly groups: readonly KvCacheGroup[];
  /** Bytes of one block in all layers of a group. */
  readonly bytesPerBlock: number;
  /** Layers of the pool's widest column; `num_blocks = floor(floor(available / page) / groupSize)`. */
  readonly pageBytes: number;
  readonly groupSize: number;
  /** Attention block size in tokens, after hybrids enlarged it. */
  readonly blockSize: number;
  /** Bytes one more token of a long request costs: in layers that grow without limit or, where there are none, inside the window. */
  readonly bytesPerToken: number;
}

/** A layer's cache with the number of layers that have it. */
export interface CountedCache {
  readonly cache: LayerCache;
  readonly layers: number;
}

interface Page {
  readonly kind: LayerCache['kind'];
  readonly window: number | null;
  readonly blockSize: number;
  readonly bytes: number;
  readonly layers: number;
}

/**
 * Groups the layers of one rank as vLLM's KV cache manager does (vllm/v1/core/kv_cache_utils.py, get_kv_cache_groups).
 * Null when no layer keeps a cache.
 */
export function kvCacheLayout(caches: readonly CountedCache[], settings: KvCacheSettings): KvCacheLayout | null {
  const counted = caches.filter((c) => c.layers > 0);
  if (counted.length === 0) return null;
  const attentionBytes = Math.max(0, ...counted.map(({ cache }) => (cache.kind === 'state' ? 0 : cache.bytesPerToken)));
  const blockSize = attentionBlockSize(counted, attentionBytes, settings.blockSize);
  const pages = mergePages(counted.map((entry) => pageOf(entry, blockSize, attentionBytes, settings.hybrid)));
  const grows = settings.hybrid && counted.some(({ cache }) => cache.kind === 'full');
  const bytesPerToken = counted.reduce(
    (sum, { cache, layers }) => sum + (cache.kind === 'full' || (!grows && isAttention(cache)) ? cache.bytesPerToken * layers : 0),
    0,
  );
  const uniform = new Set(pages.map((page) => `${page.kind}/${page.window}`)).size === 1;
  const unified = uniform ? null : unifyPages(pages);
  if (!unified) return uniformLayout(uniform ? pages : pages.map(asFull), blockSize, bytesPerToken);
  const counts = unified.map((page) => page.layers);
  const smallest = Math.min(...counts);
  const largest = Math.max(...counts);
  const groupSize = largest < 1.5 * smallest ? largest : smallest;
  const pageBytes = unified[0]?.bytes ?? 0;
  return {
    groups: unified.map(({ kind, window, layers, blockSize: tokens }) => ({
      kind,
      window,
      groups: ceilDiv(layers, groupSize),
      blockSize: tokens,
    })),
    bytesPerBlock: pageBytes * groupSize,
    pageBytes,
    groupSize,
    blockSize,
    bytesPerToken,
  };
}

/** Blocks that `available` bytes hold. */
export function blockCount(layout: KvCacheLayout, available: number, settings: KvCacheSettings): number {
  if (settings.numGpuBlocksOverride !== null) return settings.numGpuBlocksOverride;
  return Math.max(0, Math.floor(Math.floor(available / layout.pageBytes) / layout.groupSize));
}

/** Blocks of all groups that one request of `length` tokens holds at most. */
export function blocksPerRequest(layout: KvCacheLayout, length: number, settings: KvCacheSettings): number {
  return layout.groups.reduce((sum, group) => sum + group.groups * groupBlocks(group, length, settings), 0);
}

function groupBlocks(group: KvCacheGroup, length: number, settings: KvCacheSettings): number {
  const inFlight = settings.maxNumBatchedTokens * settings.batchesInFlight;
  switch (group.kind) {
    case 'full':
      return ceilDiv(ceilDiv(length, settings.decodeContextParallel), group.blockSize);
    case 'sliding':
      return ceilDiv(Math.min((group.window ?? length) - 1 + inFlight, length), group.blockSize) + 1;
    case 'chunked':
      return ceilDiv(Math.min((group.window ?? length) + inFlight, length), group.blockSize);
    case 'cross':
      return ceilDiv(settings.encoderTokens, group.blockSize);
    case 'state':
      return settings.stateBlocksPerRequest;
  }
}

/** Bytes one request of `length` tokens needs. */
export function bytesPerRequest(layout: KvCacheLayout, length: number, settings: KvCacheSettings): number {
  return blocksPerRequest(layout, length, settings) * layout.bytesPerBlock;
}

/** How many requests of `length` tokens `blocks` blocks hold at once. */
export function maxConcurrency(layout: KvCacheLayout, blocks: number, length: number, settings: KvCacheSettings): number {
  return blocks / Math.max(1, blocksPerRequest(layout, length, settings));
}

/** "GPU KV cache size" as the version's log prints it, tokens. */
export function reportedTokens(layout: KvCacheLayout, blocks: number, length: number | null, settings: KvCacheSettings): number {
  if (settings.reportedTokens === 'concurrency' && length !== null) {
    return Math.floor(maxConcurrency(layout, blocks, length, settings) * length);
  }
  const tables = layout.groups.reduce((sum, group) => sum + group.groups, 0);
  const smallestBlock = Math.min(...layout.groups.map((group) => (group.kind === 'state' ? layout.blockSize : group.blockSize)));
  return Math.floor(blocks / tables) * smallestBlock * settings.decodeContextParallel;
}

/** Largest length up to `limit` of which one request fits into `blocks` blocks; 0 when not even one token does. */
export function longestLength(layout: KvCacheLayout, blocks: number, limit: number, settings: KvCacheSettings): number {
  if (blocksPerRequest(layout, 1, settings) > blocks) return 0;
  let low = 1;
  let high = limit;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (blocksPerRequest(layout, middle, settings) <= blocks) low = middle;
    else high = middle - 1;
  }
  return low;
}

function isAttention(cache: LayerCache): cache is Exclude<LayerCache, { kind: 'state' }> {
  return cache.kind !== 'state';
}

/**
 * With state layers the attention block grows until its page is at least one state:
 * `a * ceil(state / (a * attention bytes per token))`, `a` the kernel's smallest block (vllm/model_executor/models/config.py).
 */
function attentionBlockSize(caches: readonly CountedCache[], attentionBytes: number, blockSize: number): number {
  const state = Math.max(0, ...caches.map(({ cache }) => (cache.kind === 'state' ? cache.bytes : 0)));
  if (state === 0 || attentionBytes === 0) return blockSize;
  return blockSize * ceilDiv(state, blockSize * attentionBytes);
}

function pageOf({ cache, layers }: CountedCache, blockSize: number, attentionBytes: number, hybrid: boolean): Page {
  if (cache.kind === 'state') {
    const bytes = attentionBytes > 0 ? Math.max(cache.bytes, blockSize * attentionBytes) : cache.bytes;
    return { kind: 'state', window: null, blockSize, bytes, layers };
  }
  const bytes = roundUp(blockSize * cache.bytesPerToken, 1);
  const local = cache.kind === 'sliding' || cache.kind === 'chunked';
  if (local && hybrid) return { kind: cache.kind, window: cache.window, blockSize, bytes, layers };
  return { kind: cache.kind === 'cross' && hybrid ? 'cross' : 'full', window: null, blockSize, bytes, layers };
}

/** Pages of equal kind, window and size are one bucket. */
function mergePages(pages: readonly Page[]): readonly Page[] {
  const merged = new Map<string, Page>();
  for (const page of pages) {
    const key = `${page.kind}/${page.window}/${page.bytes}`;
    const known = merged.get(key);
    merged.set(key, known ? { ...known, layers: known.layers + page.layers } : page);
  }
  return [...merged.values()];
}

/** Smaller pages get larger blocks where the ratio is an integer; null when some page cannot be brought to the largest size. */
function unifyPages(pages: readonly Page[]): readonly Page[] | null {
  const largest = Math.max(...pages.map((page) => page.bytes));
  const unified: Page[] = [];
  for (const page of pages) {
    const ratio = largest / page.bytes;
    if (!Number.isInteger(ratio) && page.kind !== 'state') return null;
    unified.push(page.kind === 'state' ? { ...page, bytes: largest } : { ...page, bytes: largest, blockSize: page.blockSize * ratio });
  }
  return mergePages(unified);
}

function asFull(page: Page): Page {
  return page.kind === 'sliding' || page.kind === 'chunked' ? { ...page, kind: 'full', window: null } : page;
}

/** One group of layers whose pages are added up (UniformTypeKVCacheSpecs). */
function uniformLayout(pages: readonly Page[], blockSize: number, bytesPerToken: number): KvCacheLayout {
  const first = pages[0];
  const single = pages.length === 1 && first !== undefined;
  const total = pages.reduce((sum, page) => sum + page.bytes * page.layers, 0);
  return {
    groups: [{ kind: first?.kind ?? 'full', window: first?.window ?? null, groups: 1, blockSize }],
    bytesPerBlock: total,
    pageBytes: single ? first.bytes : total,
    groupSize: single ? first.layers : 1,
    blockSize,
    bytesPerToken,
  };
}
