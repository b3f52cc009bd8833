import type { Model } from './architecture';
import { roundUp } from './units';
import { denseMlpsOf, moeMlpsOf, once } from './modelShape';

/** Rows to which vLLM pads the embedding before it is cut (`vocab_parallel_embedding.py`, DEFAULT_VOCAB_PADDING_SIZE). */
const VOCAB_PADDING = 64;

/** How a deployment spreads one model over GPUs. */
export interface Spread {
  readonly tp: number;
  /** Data-parallel size times prefill-context-parallel size: over these, experts are cut or dealt as well. */
  readonly replicas: number;
  readonly expertParallel: boolean;
}

/** Query heads of each distinct attention. */
export const queryHeadsOf = once<number>(({ layerKinds }) => {
  const heads = layerKinds
    .flatMap((kind) => kind.mixers)
    .flatMap((mixer) => ('heads' in mixer && mixer.kind !== 'mamba2' && mixer.kind !== 'mamba1' ? [mixer.heads] : []));
  return [...new Set(heads)];
});

/** KV heads of each distinct attention with separate K and V. */
export const kvHeadsOf = once<number>(({ layerKinds }) => {
  const mixers = layerKinds.flatMap((kind) => kind.mixers);
  return [...new Set(mixers.flatMap((mixer) => (mixer.kind === 'attention' ? [mixer.kvHeads] : [])))];
});

/** Query heads that `tp` does not divide; null when it divides all. */
export function undividedHeads(model: Model, tp: number): number | null {
  return queryHeadsOf(model).find((heads) => heads % tp !== 0) ?? null;
}

/** KV heads that `tp` neither divides nor is a multiple of; null when all fit. */
export function undividedKvHeads(model: Model, tp: number): number | null {
  return kvHeadsOf(model).find((heads) => heads > 0 && (heads >= tp ? heads % tp !== 0 : tp % heads !== 0)) ?? null;
}

/** An inner width that cannot be cut into equal parts, and into how many it would have to be; null when all can. */
export function undividedWidth(model: Model, spread: Spread): { readonly width: number; readonly parts: number } | null {
  const { tp, replicas, expertParallel } = spread;
  const shared = moeMlpsOf(model).map((moe) => moe.sharedIntermediateSize);
  const width = [...denseMlpsOf(model).map((mlp) => mlp.intermediateSize), ...shared].find((size) => size % tp !== 0);
  if (width !== undefined) return { width, parts: tp };
  if (expertParallel) return null;
  const expert = moeMlpsOf(model).find((moe) => moe.expertIntermediateSize % (tp * replicas) !== 0);
  return expert ? { width: expert.expertIntermediateSize, parts: tp * replicas } : null;
}

/** The padded vocabulary when `tp` does not divide it; null when it does. */
export function undividedVocabulary(model: Model, tp: number): number | null {
  const padded = roundUp(model.architecture.vocabSize, VOCAB_PADDING);
  return padded % tp === 0 ? null : padded;
}

/** True when vLLM can cut the model's layers over the spread, quantization aside. */
export function canShard(model: Model, spread: Spread): boolean {
  return (
    undividedHeads(model, spread.tp) === null &&
    undividedKvHeads(model, spread.tp) === null &&
    undividedWidth(model, spread) === null &&
    undividedVocabulary(model, spread.tp) === null
  );
}

/** Largest tensor-parallel size ever tried: vLLM's padded vocabulary has 64 rows per block. */
export const LARGEST_TP = 64;

/** A part of a model that does not come out even when it is cut, in words. */
export type UndividedPart = string;

/** The first part of the layers that cannot be cut over the spread; null when all can. */
export function undividedLayerPart(model: Model, spread: Spread): UndividedPart | null {
  const heads = undividedHeads(model, spread.tp);
  if (heads !== null) return `${heads} attention heads`;
  const kvHeads = undividedKvHeads(model, spread.tp);
  if (kvHeads !== null) return `${kvHeads} KV heads`;
  const inner = undividedWidth(model, spread);
  return inner && `feed-forward width of ${inner.width}`;
}

/** The same, the vocabulary as vLLM and SGLang pad it included. */
export function undividedPart(model: Model, spread: Spread): UndividedPart | null {
  const layers = undividedLayerPart(model, spread);
  if (layers !== null) return layers;
  const rows = undividedVocabulary(model, spread.tp);
  return rows === null ? null : `vocabulary, padded to ${rows} rows`;
}

/** Query heads of the widest attention in use (DeepSeek-V3): more parts than heads there cannot be. */
const MOST_HEADS = 128;

/** Tensor-parallel sizes that leave no part undivided, smallest first. */
export function dividingSizes(undivided: (tp: number) => UndividedPart | null): readonly number[] {
  return Array.from({ length: MOST_HEADS }, (_, index) => index + 1).filter((tp) => undivided(tp) === null);
}
