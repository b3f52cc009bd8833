import type { SizeDoubt } from '../estimator/architecture';
import { decoderOfSize } from '../estimator/commonDecoder';
import { parameterCount } from '../estimator/parameters';
import { encoderDecoderProblem } from './encoderDecoder';
import { formatNote } from './formatNote';
import { isDraftHead } from './nameIndex';
import { readName } from './names';
import type { ModelFacts } from './source';

/** Sizes outside are no model this product can reason about. */
const SMALLEST_BILLIONS = 0.01;
const LARGEST_BILLIONS = 5000;

/**
 * The 5th and 95th percentile of truth over guess, over the 240 different generating models of the catalogue whose name states a size:
 * "2B" is up to 2.6 billion, a mixture's name may count one expert only, and heads and vocabularies differ by makers.
 */
const DOUBT: SizeDoubt = { parameters: [0.97, 1.27], kvBytesPerToken: [0.07, 8], vocabulary: [0.24, 2] };

/**
 * The last resort: the size a name states, in the shape of a common decoder. Null when the name states no size, or that of the model a
 * draft head is for, or the model is no decoder.
 */
export function guessFromName(id: string): ModelFacts | null {
  const { billions, quantization } = readName(id);
  if (billions === null || billions < SMALLEST_BILLIONS || billions > LARGEST_BILLIONS || isDraftHead(id)) return null;
  if (encoderDecoderProblem(id) !== null) return null;
  const { architecture, like } = decoderOfSize(billions, {}, null);
  return {
    id,
    model: { architecture, quantization, exactBytes: null, doubt: DOUBT },
    parameters: parameterCount(architecture),
    source: 'name',
    origin: id,
    confidence: 'guessed',
    assumptions: [
      `only the size in the name is known: ${billions} billion parameters in the shape of a ${like} billion dense decoder`,
      'layers, heads and KV cache per token are guesses; give the config.json to know them',
      ...(quantization === null ? [] : [formatNote(quantization)]),
    ],
  };
}
