import assert from 'node:assert/strict';
import type { Architecture } from '../../../src/estimator/architecture';
import { parameterCount } from '../../../src/estimator/parameters';
import { kvGroups } from '../../../src/estimator/speed/work';
import { familyKey, nameKey, readName } from '../../../src/models/names';
import { guessFromName } from '../../../src/models/sizeGuess';
import { catalogue } from './support';

describe('a model name', () => {
  const cases: readonly (readonly [name: string, base: string, method: string, bits: number, group: number | null])[] = [
    ['Qwen/Qwen3-8B-AWQ', 'Qwen/Qwen3-8B', 'awq', 4, 128],
    ['Qwen/Qwen2.5-72B-Instruct-GPTQ-Int4', 'Qwen/Qwen2.5-72B-Instruct', 'gptq', 4, 128],
    ['Qwen/Qwen2.5-72B-Instruct-GPTQ-Int8', 'Qwen/Qwen2.5-72B-Instruct', 'gptq', 8, 128],
    ['TheBloke/Llama-2-13B-chat-GPTQ', 'TheBloke/Llama-2-13B-chat', 'gptq', 4, 128],
    ['neuralmagic/Meta-Llama-3.1-8B-Instruct-quantized.w4a16', 'neuralmagic/Meta-Llama-3.1-8B-Instruct', 'compressed-tensors', 4, 128],
    ['RedHatAI/Qwen3-8B-quantized.w8a8', 'RedHatAI/Qwen3-8B', 'compressed-tensors', 8, -1],
    ['RedHatAI/Qwen3-8B-FP8-dynamic', 'RedHatAI/Qwen3-8B', 'compressed-tensors', 8, -1],
    ['nvidia/Llama-3.3-70B-Instruct-FP8', 'nvidia/Llama-3.3-70B-Instruct', 'modelopt', 8, 0],
    ['org/Llama-3.3-70B-Instruct-FP8', 'org/Llama-3.3-70B-Instruct', 'fp8', 8, 0],
    ['RedHatAI/Qwen3.6-35B-A3B-NVFP4', 'RedHatAI/Qwen3.6-35B-A3B', 'compressed-tensors', 4, 16],
    ['Qwen/Qwen3-8B-FP8', 'Qwen/Qwen3-8B', 'fp8', 8, null],
    ['nvidia/Llama-3.3-70B-Instruct-NVFP4', 'nvidia/Llama-3.3-70B-Instruct', 'modelopt_fp4', 4, 16],
    ['unsloth/Llama-3.2-1B-Instruct-unsloth-bnb-4bit', 'unsloth/Llama-3.2-1B-Instruct', 'bitsandbytes', 4, 64],
    ['cyankiwi/Qwen3.6-27B-AWQ-INT4', 'cyankiwi/Qwen3.6-27B', 'compressed-tensors', 4, 32],
    ['RedHatAI/Qwen3-8B-INT4', 'RedHatAI/Qwen3-8B', 'compressed-tensors', 4, 128],
    ['Qwen3-8B FP8 (local copy)', 'Qwen3-8B', 'fp8', 8, 0],
    ['Intel/Qwen3-8B-int4-AutoRound', 'Intel/Qwen3-8B', 'auto-round', 4, 128],
    ['bartowski/Qwen2.5-7B-Instruct-GGUF', 'bartowski/Qwen2.5-7B-Instruct', 'gguf', 4, null],
    ['bartowski/Qwen2.5-7B-Instruct-GGUF:Q5_K_M', 'bartowski/Qwen2.5-7B-Instruct', 'gguf', 5, null],
  ];
  for (const [name, base, method, bits, group] of cases) {
    it(`${name} is ${method} of ${base}`, () => {
      const read = readName(name);
      assert.deepEqual(
        [read.base, read.quantization?.method, read.quantization?.bits, read.quantization?.groupSize],
        [base, method, bits, group],
      );
      assert.equal(read.quantization?.basis, 'name');
    });
  }

  it("of NVIDIA's announces the fp8 KV cache its checkpoints ask for", () => {
    assert.equal(readName('nvidia/Llama-3.1-8B-Instruct-FP8').quantization?.kvCacheScheme, 'fp8');
    assert.equal(readName('nvidia/Qwen3-8B-NVFP4').quantization?.kvCacheScheme, 'fp8');
    assert.equal(readName('RedHatAI/Qwen3-8B-NVFP4').quantization?.kvCacheScheme, null);
  });

  it('without such an ending is a 16-bit model', () => {
    for (const name of [
      'Qwen/Qwen3-8B',
      'meta-llama/Llama-2-7b-chat-hf',
      'org/awqward-7B',
      'casperhansen/llama-3-70b-fp16',
      'gguf',
      'AWQ',
    ]) {
      assert.equal(readName(name).quantization, null, name);
    }
  });

  it('keeps the GGUF type beside the quantization', () => {
    assert.equal(readName('model-Q4_K_M.gguf').quantization?.ggufType, 'Q4_K_M');
    assert.equal(readName('unsloth/Qwen3-8B-GGUF:UD-Q4_K_XL').quantization?.ggufType, 'Q4_K_XL');
  });

  it('states its size', () => {
    assert.equal(readName('org/foo-70B-chat').billions, 70);
    assert.equal(readName('org/foo-0.5b').billions, 0.5);
    assert.equal(readName('org/foo-350M').billions, 0.35);
    assert.equal(readName('org/foo-30B-A3B').billions, 30);
    assert.equal(readName('org/foo-1.5T').billions, 1500);
    assert.equal(readName('org/foo-v2').billions, null);
    assert.equal(readName('Qwen/Qwen-1_8B-Chat').billions, 1.8);
    assert.equal(readName('org/foo_2_7B').billions, 7);
    // Mixtral-8x7B has 46.7 billion parameters.
    assert.ok(Math.abs((readName('org/foo-8x7B').billions ?? 0) - 46.7) < 0.5);
  });

  it('is compared without owner, case, separators and cache folder', () => {
    assert.equal(nameKey('/models/Meta_Llama-3-8B/'), 'meta-llama-3-8b');
    assert.equal(nameKey('models--Qwen--Qwen3-8B'), 'qwen3-8b');
    assert.equal(familyKey('llama-3.1-8b-instruct'), 'llama-3.1-8b');
  });
});

describe('a guess from the size in a name', () => {
  it('has that size within one percent, and says that it is a guess', () => {
    for (const billions of [0.5, 1, 3, 7, 9, 13, 20, 34, 70, 123, 235, 405, 671]) {
      const facts = guessFromName(`org/thing-${billions}B`);
      assert.ok(facts);
      assert.ok(Math.abs(facts.parameters / (billions * 1e9) - 1) < 0.01, `${billions}: ${facts.parameters}`);
      assert.equal(facts.confidence, 'guessed');
      assert.match(facts.assumptions.join(), /only the size in the name is known/);
    }
  });

  it('has ranges that hold nine of ten models whose name states a size, and no context', () => {
    const held = { parameters: 0, kvBytesPerToken: 0, vocabulary: 0 };
    const seen = new Set<string>();
    for (const id of catalogue.ids()) {
      const guess = guessFromName(id)?.model;
      const truth = catalogue.find(id)?.model.architecture;
      if (!guess?.doubt || !truth || truth.task !== 'generate') continue;
      assert.equal(guess.architecture.maxPositionEmbeddings, null);
      const sizes = (of: Architecture): Readonly<Record<keyof typeof held, number>> => ({
        parameters: parameterCount(of),
        kvBytesPerToken: kvGroups(of, 2).reduce((sum, group) => sum + group.bytesPerToken, 0),
        vocabulary: of.vocabSize,
      });
      const [known, guessed] = [sizes(truth), sizes(guess.architecture)];
      const key = JSON.stringify(known);
      if (seen.has(key)) continue;
      seen.add(key);
      for (const what of ['parameters', 'kvBytesPerToken', 'vocabulary'] as const) {
        const [low, high] = guess.doubt[what];
        const ratio = known[what] / guessed[what];
        if (ratio >= low && ratio <= high) held[what]++;
      }
    }
    assert.ok(seen.size >= 200, `${seen.size} models`);
    for (const [what, count] of Object.entries(held)) assert.ok(count >= 0.9 * seen.size, `${what}: ${count} of ${seen.size}`);
  });

  it('is not made without a size', () => {
    assert.equal(guessFromName('org/thing'), null);
    assert.equal(guessFromName('org/thing-99999B'), null);
  });
});
