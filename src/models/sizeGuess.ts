import { decoderOfSize } from '../estimator/commonDecoder';
import { parameterCount } from '../estimator/parameters';
import { isDraftHead } from './nameIndex';
import { readName } from './names';
import type { ModelFacts } from './source';

/** Sizes outside are no model this product can reason about. */
const SMALLEST_BILLIONS = 0.01;
const LARGEST_BILLIONS = 5000;

/** The context of a model whose config says none: transformers' default of LlamaConfig. */
const UNSTATED_CONTEXT = 2048;

/**
 * The last resort: the size a name states, in the shape of a common decoder. Null when the name states no size, or that of the model a
 * draft head is for.
 */
export function guessFromName(id: string): ModelFacts | null {
  const { billions, quantization } = readName(id);
  if (billions === null || billions < SMALLEST_BILLIONS || billions > LARGEST_BILLIONS || isDraftHead(id)) return null;
  const { architecture, like } = decoderOfSize(billions, {}, UNSTATED_CONTEXT);
  return {
    id,
    model: { architecture, quantization, exactBytes: null },
    parameters: parameterCount(architecture),
    source: 'name',
    origin: id,
    confidence: 'guessed',
    assumptions: [
      `only the size in the name is known: ${billions} billion parameters in the shape of a ${like} billion dense decoder`,
      'layers, heads and KV cache per token are guesses; give the config.json to know them',
    ],
  };
}
