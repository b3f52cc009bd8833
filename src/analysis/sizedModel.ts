import { decoderOfSize } from '../estimator/commonDecoder';
import { parameterCount } from '../estimator/parameters';
import type { ModelFacts } from '../models/source';
import { SIZED, type CustomModel } from './customModel';

/** Context of the Llama 3.1 family. */
const CONTEXT = 131_072;

/** A dense decoder of the given size, in the dimensions that are known; those that are 0 are the nearest published decoder's. */
export function sizedModel(custom: CustomModel): ModelFacts {
  const known = {
    layers: custom.custom_layers,
    hidden: custom.custom_hidden_size,
    heads: custom.custom_heads,
    kvHeads: custom.custom_kv_heads,
    vocab: custom.custom_vocab_size,
  };
  const given = Object.fromEntries(Object.entries(known).filter(([, size]) => size > 0));
  const { architecture, like } = decoderOfSize(custom.custom_parameters, given, CONTEXT);
  return {
    id: SIZED,
    model: { architecture, quantization: null, exactBytes: null },
    parameters: parameterCount(architecture),
    source: 'name',
    origin: `dense decoder like one of ${like} billion parameters`,
    confidence: 'guessed',
    assumptions: [`What was not given of the architecture is that of a published dense model of ${like} billion parameters.`],
  };
}
