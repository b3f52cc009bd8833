import type { Architecture, EncoderTower, Model } from '../architecture';
import type { FinetuningRequest } from '../contracts/finetuning';
import { countElements } from '../tensors';
import { clamp } from '../units';

/** The images of a run's samples, and the tower that encodes them. */
export interface ImagePlan {
  readonly tower: EncoderTower;
  /** Images of one sequence that goes through the model; a packed one holds those of all its samples. */
  readonly perSequence: number;
  /** Tokens of one image in the sequence; 0 where the language model reads them by cross-attention. */
  readonly tokens: number;
  /** Patches of one image that the tower's blocks see. */
  readonly patches: number;
  /** Whether the tower is trained, so that its activations are kept and its gradients computed. */
  readonly trained: boolean;
  /** Where `image_size` or `image_tokens` does not say it: what the sizes stand for. */
  readonly assumption: string | null;
}

/** Pixels of a side where a processor takes images as they come and the request does not say: a photo of a megapixel. */
const USUAL_SIDE = 1024;
/** Least and most merged patches of an image: `min_pixels` 56² and `max_pixels` 12,845,056 over 28² (Qwen2-VL's preprocessor_config.json). */
const NATIVE_TOKENS = { min: 4, max: 16_384 } as const;
/** Pixels of a patch where a config does not say: those of CLIP, SigLIP 400M and most others. */
const USUAL_PATCH = 14;

/** The tower that takes images; null without one. */
export function imageTower({ towers }: Architecture): EncoderTower | null {
  return towers.find(({ modality }) => modality === 'image') ?? null;
}

/** What the images of a request come to; null where it has none, or the model no tower for them. */
export function planImages(request: FinetuningRequest, architecture: Architecture): ImagePlan | null {
  const tower = imageTower(architecture);
  const { images_per_sample: images } = request;
  if (tower === null || images === null || images === 0) return null;
  const { tokens, patches, assumption } = imageSizes(request, tower);
  const inSequence = readsByCrossAttention(architecture) ? 0 : tokens;
  const perWindow = request.packing ? Math.max(1, request.seq_length / Math.max(request.tokens_per_sample, images * inSequence)) : 1;
  return {
    tower,
    perSequence: images * perWindow,
    tokens: inSequence,
    patches,
    trained: request.finetuning_method === 'full' && request.train_vision_tower,
    assumption,
  };
}

/** Tokens that one image takes of the sequence; null where the request has no images or the model no tower. */
export function imageTokens(request: FinetuningRequest, { architecture }: Pick<Model, 'architecture'>): number | null {
  return planImages(request, architecture)?.tokens ?? null;
}

/**
 * Patches and tokens of one image. Processors of native resolution round its sides to whole merged patches (`smart_resize` of Qwen2-VL); others
 * scale it to the tower's own size, and cut larger ones into tiles of it, which `image_tokens` tells. Pixtral's size is the most that it keeps
 * (`longest_edge`).
 */
function imageSizes(
  { image_size: side, image_tokens: stated }: FinetuningRequest,
  tower: EncoderTower,
): Omit<ImagePlan, 'tower' | 'perSequence' | 'trained'> {
  const patch = tower.patchSize ?? USUAL_PATCH;
  const merged = tower.patchesPerToken;
  const isLimit = tower.modelType === 'pixtral';
  const fixed = tower.imageSize !== null && tower.spatialMerge === null && !isLimit ? Math.floor(tower.imageSize / patch) ** 2 : null;
  if (stated !== null) return { tokens: stated, patches: patchesOf(stated, tower, fixed), assumption: null };
  if (tower.maxTokensPerItem !== null) {
    const tokens = tower.maxTokensPerItem;
    const said = side === null ? null : 'image_size is left out: the processor makes as many tokens of any image.';
    return { tokens, patches: patchesOf(tokens, tower, fixed), assumption: said };
  }
  if (fixed !== null) {
    const tokens = Math.max(1, Math.floor(fixed / merged));
    return {
      tokens,
      patches: fixed,
      assumption: `An image is one tile of ${tower.imageSize ?? 0} × ${tower.imageSize ?? 0} pixels, ${tokens} tokens; image_tokens tells those of several tiles.`,
    };
  }
  const pixels = patch * Math.sqrt(merged);
  const most =
    isLimit && tower.imageSize !== null ? Math.max(NATIVE_TOKENS.min, Math.floor(tower.imageSize / pixels) ** 2) : NATIVE_TOKENS.max;
  const tokens = clamp(Math.max(1, Math.round((side ?? USUAL_SIDE) / pixels)) ** 2, NATIVE_TOKENS.min, most);
  const said =
    side === null ? `An image is ${USUAL_SIDE} × ${USUAL_SIDE} pixels, ${tokens} tokens; image_size or image_tokens tells others.` : null;
  return { tokens, patches: tokens * merged, assumption: said };
}

/** Patches behind a number of tokens: of the tower's fixed size whole tiles, else as many as are merged into each. */
function patchesOf(tokens: number, tower: EncoderTower, fixed: number | null): number {
  if (fixed === null) return tokens * tower.patchesPerToken;
  const perTile = tower.maxTokensPerItem ?? Math.max(1, fixed / tower.patchesPerToken);
  return fixed * Math.max(1, Math.ceil(tokens / perTile));
}

function readsByCrossAttention({ layerKinds }: Architecture): boolean {
  return layerKinds.some((kind) => kind.mixers.some((mixer) => mixer.kind === 'attention' && mixer.scope === 'cross'));
}

/** Elements of the tower's blocks, which see every patch, and of what comes once per token: merger and projector. */
export function towerElements({ tensors, layers, parameters }: EncoderTower): { readonly blocks: number; readonly rest: number } {
  // Position tables are looked up, not multiplied.
  const blocks = countElements(tensors.filter(({ copies, inFeatures }) => layers > 0 && copies >= layers && inFeatures > 1));
  const matrices = countElements(tensors.filter(({ inFeatures }) => inFeatures > 1));
  return { blocks, rest: matrices > 0 ? matrices - blocks : parameters };
}
