import assert from 'node:assert/strict';
import { encoderDecoderProblem } from '../../../src/models/encoderDecoder';
import { guessFromName } from '../../../src/models/sizeGuess';

describe('encoder-decoder models', () => {
  it('are refused by name, with the reason, whatever size the name states', () => {
    const names = [
      'openai/whisper-large-v3',
      'distil-whisper/distil-large-v3',
      'google/flan-t5-xl',
      'google-t5/t5-3b',
      'facebook/bart-large-cnn',
      'facebook/nllb-200-3.3B',
    ];
    for (const name of names) {
      assert.match(encoderDecoderProblem(name) ?? '', /is an encoder-decoder model/, name);
      assert.equal(guessFromName(name), null, name);
    }
  });

  it('are not taken for decoders, nor decoders for them', () => {
    for (const name of ['bartowski/Qwen_Qwen3-8B-GGUF', 'google/gemma-3-4b-it', 'intfloat/e5-mistral-7b-instruct', 'local/tune-7b'])
      assert.equal(encoderDecoderProblem(name), null, name);
  });
});
