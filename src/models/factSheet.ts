import { activeParameterCount, parameterBreakdown } from '../estimator/parameters';
import type { ParameterGroup } from '../estimator/tensors';
import { cachesOf } from '../vllm/startup/kvCacheSpecs';
import type { KvCacheFormat } from '../vllm/startup/kvCacheSpecs';
import type { ModelFacts } from './source';

/** One parameter group of a model. */
export interface GroupFigures {
  readonly group: string;
  /** null for a group that only the weight headers know (MTP modules, odd tensors). */
  readonly parameters: number | null;
  /** Stored bytes: exact from headers, or parameters times the dtype for unquantized weights; null otherwise. */
  readonly bytes: number | null;
}

/** What one layer kind keeps per request, in the model's dtype on one GPU. */
export interface LayerCacheFigures {
  readonly layers: number;
  /** Bytes per token and layer that grow with the whole context; 0 when none do. */
  readonly bytesPerToken: number;
  /** Bytes per layer of windows once they are full, and of constant states. */
  readonly boundedBytes: number;
}

/** A model's facts as figures, for a page that people read. Everything is for the whole model on one GPU. */
export interface FactSheet {
  readonly facts: ModelFacts;
  readonly activeParameters: number;
  readonly groups: readonly GroupFigures[];
  /** All stored bytes; null where they are not known without the headers. */
  readonly totalBytes: number | null;
  /** Whether `bytes` come from the headers of the weights. */
  readonly bytesAreExact: boolean;
  readonly caches: readonly LayerCacheFigures[];
  /** Bytes one more token of a long request costs. */
  readonly kvBytesPerToken: number;
  /** Bytes one request costs beside that: windows and states. */
  readonly boundedBytesPerRequest: number;
}

const DTYPE_BYTES = { bfloat16: 2, float16: 2, float32: 4 } as const;

/** Works out what the page of model facts shows. */
export function factSheet(facts: ModelFacts): FactSheet {
  const { architecture } = facts.model;
  const groups = groupFigures(facts);
  const caches = architecture.layerKinds.map((kind, index) => {
    const layers = architecture.layout.filter((entry) => entry === index).length;
    const kept = kind.mixers.flatMap((mixer) => cachesOf(mixer, cacheFormat(facts)));
    const sum = (bytes: readonly number[]): number => bytes.reduce((total, value) => total + value, 0);
    return {
      layers,
      bytesPerToken: sum(kept.map((cache) => (cache.kind === 'full' ? cache.bytesPerToken : 0))),
      boundedBytes: sum(
        kept.map((cache) => (cache.kind === 'state' ? cache.bytes : 'window' in cache ? cache.bytesPerToken * cache.window : 0)),
      ),
    };
  });
  const known = groups.every(({ bytes }) => bytes !== null);
  return {
    facts,
    activeParameters: activeParameterCount(architecture),
    groups,
    totalBytes: known ? groups.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0) : null,
    bytesAreExact: facts.model.exactBytes !== null,
    caches,
    kvBytesPerToken: caches.reduce((sum, { layers, bytesPerToken }) => sum + layers * bytesPerToken, 0),
    boundedBytesPerRequest: caches.reduce((sum, { layers, boundedBytes }) => sum + layers * boundedBytes, 0),
  };
}

function cacheFormat({ model: { architecture } }: ModelFacts): KvCacheFormat {
  const modelBytes = DTYPE_BYTES[architecture.dtype];
  return {
    tensorParallel: 1,
    dtype: architecture.dtype,
    modelBytes,
    stateBytes: architecture.recurrentStateDtype === 'float32' ? 4 : modelBytes,
    convBytes: modelBytes,
    speculativeTokens: 0,
  };
}

function groupFigures({ model }: ModelFacts): readonly GroupFigures[] {
  const parameters = parameterBreakdown(model.architecture);
  const { exactBytes } = model;
  if (!exactBytes) {
    const perParameter = model.quantization ? null : DTYPE_BYTES[model.architecture.dtype];
    return [...parameters].map(([group, count]) => ({
      group,
      parameters: count,
      bytes: perParameter === null ? null : count * perParameter,
    }));
  }
  const names = new Set<string>([...parameters.keys(), ...exactBytes.keys()]);
  return [...names].map((group) => ({
    group,
    parameters: parameters.get(group as ParameterGroup) ?? null,
    bytes: exactBytes.get(group) ?? 0,
  }));
}
