import type { Architecture } from '../../estimator/architecture';

/** The decoder layers of one pipeline-parallel rank. */
export interface PipelineStage {
  readonly rank: number;
  readonly first: boolean;
  readonly last: boolean;
  /** Half-open range of layer indices. */
  readonly start: number;
  readonly end: number;
  /** Layers of each kind, as `layerKinds` orders them. */
  readonly layersByKind: readonly number[];
}

/**
 * How many layers each rank gets: `floor(layers / ranks)`, the remainder one by one to the ranks before the last, backwards
 * (vllm/distributed/utils.py, get_pp_indices).
 */
export function partitionLayers(layers: number, ranks: number): readonly number[] {
  const sizes = new Array<number>(ranks).fill(Math.floor(layers / ranks));
  for (let extra = 0; extra < layers % ranks; extra++) {
    const rank = ranks - 2 - extra;
    sizes[rank] = (sizes[rank] ?? 0) + 1;
  }
  return sizes;
}

/** The stages of a model, first to last. */
export function pipelineStages(architecture: Architecture, ranks: number): readonly PipelineStage[] {
  let start = 0;
  return partitionLayers(architecture.layout.length, ranks).map((size, rank) => {
    const end = start + size;
    const layersByKind = architecture.layerKinds.map(() => 0);
    for (const kind of architecture.layout.slice(start, end)) layersByKind[kind] = (layersByKind[kind] ?? 0) + 1;
    const stage = { rank, first: rank === 0, last: rank === ranks - 1, start, end, layersByKind };
    start = end;
    return stage;
  });
}
