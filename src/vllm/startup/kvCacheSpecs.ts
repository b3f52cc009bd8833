import type { Mixer } from '../../estimator/architecture';
import { recurrentStateBytes, type RecurrentStateFormat } from '../../estimator/recurrentState';

/** How a rank stores KV cache elements. */
export interface KvCacheFormat extends RecurrentStateFormat {
  /** `kv-cache-dtype` after `auto` is resolved. */
  readonly dtype: string;
  /** Bytes of one element of the model's dtype. */
  readonly modelBytes: number;
}

/** What one layer keeps per request, per GPU. */
export type LayerCache =
  | { readonly kind: 'full'; readonly bytesPerToken: number; readonly latent: boolean }
  | { readonly kind: 'sliding' | 'chunked'; readonly bytesPerToken: number; readonly window: number }
  | { readonly kind: 'cross'; readonly bytesPerToken: number }
  | { readonly kind: 'state'; readonly bytes: number };

/** DeepSeek's own fp8 layout: 512 fp8 values, four fp32 scales and 64 bf16 rope values (fp8_ds_mla). */
const FP8_DS_MLA_BYTES = 656;

/** The caches of a mixer; none for encoder layers and for layers that read an earlier layer's cache. */
export function cachesOf(mixer: Mixer, format: KvCacheFormat): readonly LayerCache[] {
  switch (mixer.kind) {
    case 'attention': {
      if (mixer.scope === 'encoder' || mixer.sharesKvCache) return [];
      const heads = Math.max(1, mixer.kvHeads / format.tensorParallel);
      const bytesPerToken = heads * headBytes(mixer.headDim, mixer.valueHeadDim, format);
      if (mixer.scope === 'cross') return [{ kind: 'cross', bytesPerToken }];
      if (mixer.scope !== 'full' && mixer.window !== null) return [{ kind: mixer.scope, bytesPerToken, window: mixer.window }];
      const caches: LayerCache[] = [{ kind: 'full', bytesPerToken, latent: false }];
      if (mixer.indexer)
        caches.push({ kind: 'full', bytesPerToken: mixer.indexer.keyHeads * mixer.indexer.headDim * format.modelBytes, latent: false });
      return caches;
    }
    case 'mla': {
      const width = mixer.kvLoraRank + mixer.qkRopeHeadDim;
      const bytesPerToken = format.dtype === 'fp8_ds_mla' ? FP8_DS_MLA_BYTES : width * elementBytes(format);
      const caches: LayerCache[] = [{ kind: 'full', bytesPerToken, latent: true }];
      if (mixer.indexer) caches.push({ kind: 'full', bytesPerToken: indexerBytes(mixer.indexer.headDim), latent: true });
      return caches;
    }
    case 'compressed_latent': {
      const caches: LayerCache[] = [{ kind: 'sliding', bytesPerToken: mixer.headDim * elementBytes(format), window: mixer.window }];
      if (mixer.compressRatio > 0) {
        const bytesPerToken = (mixer.headDim * elementBytes(format)) / mixer.compressRatio;
        caches.push({ kind: 'full', bytesPerToken, latent: true });
      }
      if (mixer.indexer)
        caches.push({ kind: 'full', bytesPerToken: indexerBytes(mixer.indexer.headDim) / mixer.compressRatio, latent: true });
      return caches;
    }
    default:
      return [{ kind: 'state', bytes: recurrentStateBytes(mixer, format) }];
  }
}

/** K cache of the sparse indexer: fp8 values and one fp32 scale per 128 of them (DeepSeek V3.2). */
function indexerBytes(headDim: number): number {
  return headDim + (4 * headDim) / 128;
}

/** K and V of one head and token. Per-token-head types add one fp32 scale for K and one for V. */
function headBytes(keyDim: number, valueDim: number, format: KvCacheFormat): number {
  const elements = keyDim + valueDim;
  if (format.dtype.endsWith('_per_token_head')) return elements * (format.dtype.startsWith('int4') ? 0.5 : 1) + 8;
  if (format.dtype === 'nvfp4') return elements / 2 + elements / 16;
  return elements * elementBytes(format);
}

function elementBytes(format: KvCacheFormat): number {
  if (format.dtype.startsWith('fp8') || format.dtype.startsWith('int8')) return 1;
  if (format.dtype === 'bfloat16' || format.dtype === 'float16' || format.dtype === 'half') return 2;
  if (format.dtype === 'float32' || format.dtype === 'float') return 4;
  return format.modelBytes;
}
