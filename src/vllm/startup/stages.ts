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
function partitionLayers(layers: number, ranks: number): readonly number[] {
  const sizes = new Array<number>(ranks).fill(Math.floor(layers / ranks));
  for (let extra = 0; extra < layers % ranks; extra++) {
    const rank = ranks - 2 - extra;
    sizes[rank] = (sizes[rank] ?? 0) + 1;
  }
  return sizes;
}

/**
 * Layers of each stage as `VLLM_PP_LAYER_PARTITION` deals them; null where the variable is not set or holds anything but whole numbers. vLLM
 * reads it whatever the number of stages is and refuses a partition of another length or sum (`get_pp_indices`, distributed/utils.py).
 */
export function statedPartition(environment: Environment | undefined): readonly number[] | null {
  const layers = environment?.get('VLLM_PP_LAYER_PARTITION')?.split(',').map(Number);
  return layers?.every((count) => Number.isInteger(count) && count >= 0) ? layers : null;
}

/** Environment variables of the vLLM process, as far as they are known. */
export type Environment = ReadonlyMap<string, string>;

/** The stages of a model, first to last; one that vLLM would refuse is dealt out by its own rule. */
export function pipelineStages(architecture: Architecture, ranks: number, environment?: Environment): readonly PipelineStage[] {
  const layers = architecture.layout.length;
  const stated = statedPartition(environment);
  const fits = stated?.length === ranks && stated.reduce((sum, count) => sum + count, 0) === layers;
  let start = 0;
  return (fits ? stated : partitionLayers(layers, ranks)).map((size, rank) => {
    const end = start + size;
    const layersByKind = architecture.layerKinds.map(() => 0);
    for (const kind of architecture.layout.slice(start, end)) layersByKind[kind] = (layersByKind[kind] ?? 0) + 1;
    const stage = { rank, first: rank === 0, last: rank === ranks - 1, start, end, layersByKind };
    start = end;
    return stage;
  });
}
