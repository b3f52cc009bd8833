/** Names of their releases, as words: "openai/whisper-large-v3", "google/flan-t5-xl", "facebook/bart-large-cnn", "facebook/nllb-200-3.3B". */
const NAMES = /(?:^|[/_-])(?:whisper|(?:flan-|m|um)?t5|bart|mbart|nllb|m2m100|madlad\d*|pegasus|opus-mt)(?=[-_./]|$)/i;

const REASON =
  'is an encoder-decoder model: the memory of its encoder, and of the encoder states that each request keeps, is not modelled.';

/**
 * Why a model cannot be estimated; null for all but encoder-decoder models: every request keeps the keys and values of its encoder's output beside
 * its own. A config.json is refused by its own fields.
 */
export function encoderDecoderProblem(id: string): string | null {
  return NAMES.test(id) ? `"${id}" ${REASON}` : null;
}
