import type { Model } from '../estimator/architecture';
import { parameterCount } from '../estimator/parameters';
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
  const architecture = weights ? confirmedArchitecture(read, weights) : read.architecture;
  const notes = [...assumptions];
  let quantization = weights ? confirmQuantization(read.quantization, weights) : read.quantization;
  if (!quantization && !weights) {
    quantization = readName(id).quantization;
    if (quantization) notes.push(`the config states no quantization; ${quantization.method} by the name only`);
  }
  const exactBytes = weights?.bytes ?? null;
  const confidence = weights ? 'exact' : read.known && quantization?.basis !== 'name' ? 'exact' : 'derived';
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

/** Tying as the headers show it: configs leave it out, or state the default of another class. */
function confirmedArchitecture(read: ConfigFacts, weights: WeightsFacts): Model['architecture'] {
  const { architecture } = read;
  const tied = architecture.lmHead && !weights.storesHead ? true : architecture.tieWordEmbeddings;
  return { ...architecture, tieWordEmbeddings: tied };
}
