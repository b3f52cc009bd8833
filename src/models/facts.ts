import type { Model } from '../estimator/architecture';
import { parameterCount } from '../estimator/parameters';
import { formatNote } from './formatNote';
import type { ConfigFacts } from './hfConfig';
import { readName } from './names';
import type { ModelFacts, ModelSourceId } from './source';
import { confirmQuantization } from './weights';
import type { WeightsFacts } from './weights';

/** What goes into one model's facts. */
export interface FactParts {
  readonly id: string;
  readonly origin: string;
  readonly source: ModelSourceId;
  readonly read: ConfigFacts;
  readonly assumptions: readonly string[];
  readonly weights: WeightsFacts | null;
}

/** Facts from a config and, where there are any, the headers of its weights, which win where both speak. */
export function factsOf({ id, origin, source, read, assumptions, weights }: FactParts): ModelFacts {
  const notes = [...assumptions];
  let architecture = weights ? confirmedArchitecture(read, weights) : read.architecture;
  if (weights && !read.known && !read.quantization) {
    const missing = unexplainedParameters(architecture, weights);
    if (missing > 0) architecture = { ...architecture, otherParameters: architecture.otherParameters + missing };
    if (missing !== 0)
      notes.push(`the weights hold ${Math.abs(missing)} parameters ${missing > 0 ? 'more' : 'fewer'} than the config's fields explain`);
  }
  let quantization = weights ? confirmQuantization(read.quantization, weights) : read.quantization;
  if (!quantization && !weights) {
    quantization = readName(id).quantization;
    if (quantization) notes.push('the config states no quantization', formatNote(quantization));
  }
  const exactBytes = weights?.bytes ?? null;
  const confidence = weights ? 'exact' : read.exact && quantization?.basis !== 'name' ? 'exact' : 'derived';
  return {
    id,
    model: { architecture, quantization, exactBytes },
    parameters: parameterCount(architecture),
    source: weights ? 'weights' : source,
    origin,
    confidence,
    assumptions: notes,
  };
}

const DTYPE_BYTES = { bfloat16: 2, float16: 2, float32: 4 } as const;

/** Parameters of an unknown architecture that its weights hold beyond (or short of) what the usual fields give, MTP modules left out. */
function unexplainedParameters(architecture: Model['architecture'], weights: WeightsFacts): number {
  const duplicateHead = architecture.tieWordEmbeddings ? (weights.bytes.get('lm_head') ?? 0) : 0;
  const main = weights.totalBytes - (weights.bytes.get('mtp') ?? 0) - duplicateHead;
  return Math.round(main / DTYPE_BYTES[weights.dtype ?? architecture.dtype]) - parameterCount(architecture);
}

/** Tying as the headers show it: configs leave it out, or state the default of another class. */
function confirmedArchitecture(read: ConfigFacts, weights: WeightsFacts): Model['architecture'] {
  const { architecture } = read;
  const tied = architecture.lmHead && !weights.storesHead ? true : architecture.tieWordEmbeddings;
  return { ...architecture, tieWordEmbeddings: tied };
}
