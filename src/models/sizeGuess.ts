import type { CheckpointQuantization, SizeDoubt } from '../estimator/architecture';
import { decoderOfSize } from '../estimator/commonDecoder';
import { parameterCount } from '../estimator/parameters';
import { encoderDecoderProblem } from './encoderDecoder';
import { formatNote } from './formatNote';
import { isDraftHead } from './nameIndex';
import { readName } from './names';
import type { ModelFacts } from './source';

/** Billions of parameters outside are no model this product can reason about. */
export const SIZES_B = { min: 0.01, max: 5000 } as const;

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
  if (billions === null || billions < SIZES_B.min || billions > SIZES_B.max || isDraftHead(id)) return null;
  return encoderDecoderProblem(id) === null ? guess(billions, id, quantization, 'the size in the name') : null;
}

/** Facts about a model of which only the size is known, billions of parameters within `SIZES_B`. */
export function guessFromSize(billions: number): ModelFacts {
  return guess(billions, `${billions}B`, null, 'the size');
}

function guess(billions: number, id: string, quantization: CheckpointQuantization | null, known: string): ModelFacts {
  const { architecture, like } = decoderOfSize(billions, {}, null);
  return {
    id,
    model: { architecture, quantization, exactBytes: null, doubt: DOUBT },
    parameters: parameterCount(architecture),
    source: 'name',
    origin: id,
    confidence: 'guessed',
    assumptions: [
      `only ${known} is known: ${billions} billion parameters in the shape of a ${like} billion dense decoder`,
      'layers, heads and KV cache per token are guesses; give the config.json to know them',
      ...(quantization === null ? [] : [formatNote(quantization)]),
    ],
  };
}
