import type { Architecture, AttentionMixer, DenseMlp, Mixer, Model, MoeMlp } from './architecture';

/** Whatever has an architecture: a model, or a part of the start-up that knows it. */
type Shaped = Pick<Model, 'architecture'>;

/** Found once per architecture: dozens of rules ask, and bulk estimates meet the same models again and again. */
export function once<T>(find: (architecture: Architecture) => readonly T[]): (model: Shaped) => readonly T[] {
  const found = new WeakMap<Architecture, readonly T[]>();
  return ({ architecture }) => {
    const known = found.get(architecture);
    if (known) return known;
    const list = find(architecture);
    found.set(architecture, list);
    return list;
  };
}

/** Every distinct mixer of the model. */
export const mixersOf = once<Mixer>(({ layerKinds }) => layerKinds.flatMap((kind) => kind.mixers));

/** The mixers with separate K and V. */
export const attentionOf = once<AttentionMixer>(({ layerKinds }) =>
  layerKinds.flatMap((kind) => kind.mixers).filter((mixer) => mixer.kind === 'attention'),
);

export const denseMlpsOf = once<DenseMlp>(({ layerKinds }) =>
  layerKinds.flatMap((kind) => kind.feedForwards).filter((block) => block.kind === 'dense'),
);

export const moeMlpsOf = once<MoeMlp>(({ layerKinds }) =>
  layerKinds.flatMap((kind) => kind.feedForwards).filter((block) => block.kind === 'moe'),
);

/** True when some layer has experts. */
export function hasExperts(model: Shaped): boolean {
  return moeMlpsOf(model).length > 0;
}

/** True when a layer keeps one latent per token in place of K and V. */
export function hasLatentAttention(model: Shaped): boolean {
  return mixersOf(model).some((mixer) => mixer.kind === 'mla' || mixer.kind === 'compressed_latent');
}

/** True when some layer keeps a state of constant size per request (Mamba, delta net, short convolution, lightning attention). */
export function hasStateLayers(model: Shaped): boolean {
  return mixersOf(model).some((mixer) => mixer.kind !== 'attention' && mixer.kind !== 'mla' && mixer.kind !== 'compressed_latent');
}

/** Layers whose KV cache is limited by a window or chunk. */
export function hasWindowedLayers(model: Shaped): boolean {
  return attentionOf(model).some((mixer) => mixer.scope === 'sliding' || mixer.scope === 'chunked');
}

export function hasChunkedLayers(model: Shaped): boolean {
  return attentionOf(model).some((mixer) => mixer.scope === 'chunked');
}

export function hasFullAttention(model: Shaped): boolean {
  return mixersOf(model).some((mixer) => (mixer.kind === 'attention' ? mixer.scope === 'full' : mixer.kind === 'mla'));
}
