import assert from 'node:assert/strict';
import { truncate, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import type { Model } from '../../../src/estimator/architecture';
import { GGUF_FILE_BITS } from '../../../src/estimator/ggufTypes';
import type { Ranged } from '../../../src/estimator/ranged';
import { storedWeights } from '../../../src/estimator/runtime/weightChoices';
import { chooseGguf } from '../../../src/models/ggufChoice';
import { readName } from '../../../src/models/names';
import { guessFromName } from '../../../src/models/sizeGuess';
import { simulateStartup } from '../../../src/vllm/startup/simulate';
import { args, gpus } from '../vllm/startup/models';
import { SMALL_CONFIG, SMALL_GGUF_PARAMETERS, catalogue, contextFor, facts, problem, smallGguf, withFolder, writeJson } from './support';

/** The weights vLLM would load of a model. */
function weightsOf(model: Model): Ranged {
  return simulateStartup({ model, gpu: gpus('rtx_5090', 1), version: '0.12.0', args: args({}) }).perGpu.weights;
}

const REPOSITORY = ['Qwen3-8B-IQ2_M.gguf', 'Qwen3-8B-Q4_K_M.gguf', 'Qwen3-8B-Q8_0.gguf', 'Qwen3-8B-UD-Q4_K_M.gguf', 'mmproj-F16.gguf'];

describe('a GGUF model whose file type is not said', () => {
  const bare = catalogue.findByName('bartowski/Qwen2.5-7B-Instruct-GGUF');
  const plain = catalogue.find('Qwen/Qwen2.5-7B-Instruct');

  it('is taken as the usual type, within the usual ones, and says so', () => {
    assert.ok(bare && plain);
    const [said] = bare.assumptions.filter((assumption) => assumption.startsWith('checkpoint format'));
    assert.match(said ?? '', /Q4_K_M taken, usual are Q2_K to Q8_0.*"…-GGUF:Q4_K_M"/);
    const { value, low, high, reason } = weightsOf(bare.model);
    const bitsOf = (bytes: number): number => (8 * bytes) / plain.parameters;
    assert.ok(Math.abs(bitsOf(value) / GGUF_FILE_BITS.q4_k_m - 1) < 0.01, `${bitsOf(value)} bits`);
    assert.ok(bitsOf(low) < 1.01 * GGUF_FILE_BITS.q2_k && bitsOf(high) > 0.99 * GGUF_FILE_BITS.q8_0, `${bitsOf(low)} to ${bitsOf(high)}`);
    assert.equal(reason, 'the type of the GGUF file');
    assert.equal(storedWeights('checkpoint', bare.model).bits, GGUF_FILE_BITS.q4_k_m);
  });

  it('is narrower where the name gives the type', () => {
    const named = catalogue.findByName('bartowski/Qwen2.5-7B-Instruct-GGUF:Q4_K_M');
    assert.ok(named && bare);
    const { value, high } = weightsOf(named.model);
    assert.equal(Math.round(value), Math.round(weightsOf(bare.model).value));
    assert.ok(high < 1.1 * value, `${high / value}`);
    assert.ok(named.assumptions.includes('checkpoint format by the name only: Q4_K_M, 4 bit'));
  });

  it('says so of models known by their size alone', () => {
    for (const [id, said] of [
      ['someone/unheard-of-9B-GGUF', /Q4_K_M taken/],
      ['someone/unheard-of-9B-AWQ', /by the name only: awq, 4 bit, groups of 128/],
    ] as const)
      assert.match(guessFromName(id)?.assumptions.at(-1) ?? '', said);
  });
});

describe('GGUF file types', () => {
  it('never mean 16 bit but for those that are', () => {
    // Types that bartowski, Unsloth, mradermacher and ik_llama.cpp's users publish.
    const types =
      'IQ1_S IQ1_M IQ2_XXS IQ2_M IQ3_XS IQ3_M IQ4_NL IQ4_XS Q2_K Q2_K_S Q2_K_L UD-Q2_K_XL Q3_K_XL Q4_0 Q4_0_4_8 Q4_K_L UD-Q4_K_XL Q5_K_L Q6_K_L UD-Q6_K_XL Q8_0 UD-Q8_K_XL MXFP4 TQ1_0 IQ4_KSS';
    for (const type of types.split(' ')) {
      const model = catalogue.findByName(`someone/Qwen3-8B-GGUF:${type}`)?.model;
      assert.ok(model, type);
      const bits = (8 * weightsOf(model).value) / (catalogue.find('Qwen/Qwen3-8B')?.parameters ?? 0);
      const digit = Number(/\d/.exec(type)?.[0]);
      assert.ok(bits > digit && bits < digit + 2.6, `${type}: ${bits} bits`);
      const stored = storedWeights('checkpoint', model).bits;
      // Of narrow types the allocator's rounding is a few percent.
      assert.ok(Math.abs(stored / bits - 1) < 0.03, `${type}: ${stored} and ${bits} bits`);
    }
    const full = catalogue.findByName('someone/Qwen3-8B-GGUF:BF16')?.model;
    assert.ok(full);
    assert.equal(storedWeights('checkpoint', full).bits, 16);
  });
});

describe('the GGUF file of a repository', () => {
  const choose = (id: string, names = REPOSITORY): string | undefined => chooseGguf(names, id, 'there')?.file;

  it('is the named one, whatever stands beside it', () => {
    assert.deepEqual(
      ['org/x:Q8_0', 'org/x:iq2_m', 'org/x:Q4_K_M', 'org/x:UD-Q4_K_M', 'org/x-Q8_0-GGUF'].map((id) => choose(id)),
      ['Qwen3-8B-Q8_0.gguf', 'Qwen3-8B-IQ2_M.gguf', 'Qwen3-8B-Q4_K_M.gguf', 'Qwen3-8B-UD-Q4_K_M.gguf', 'Qwen3-8B-Q8_0.gguf'],
    );
    assert.equal(choose('org/x:F16', ['x-BF16.gguf', 'x-F16.gguf']), 'x-F16.gguf');
    assert.equal(chooseGguf(['README.md', 'mmproj-F16.gguf', 'x.imatrix.gguf'], 'org/x', 'there'), null);
  });

  it('is assumed where none is named, as llama.cpp takes it', () => {
    assert.equal(choose('org/x'), 'Qwen3-8B-Q4_K_M.gguf');
    assert.match(
      chooseGguf(REPOSITORY, 'org/x', 'there')?.assumption ?? '',
      /^4 GGUF files at there, none of them named: Qwen3-8B-Q4_K_M\.gguf taken/,
    );
    assert.equal(choose('org/x', ['x-Q6_K.gguf', 'x-Q5_K_M.gguf']), 'x-Q5_K_M.gguf');
  });

  it('is one with its shards', () => {
    const shards = ['q/x-Q6_K-00001-of-00002.gguf', 'q/x-Q6_K-00002-of-00002.gguf'];
    assert.deepEqual(chooseGguf(shards, 'org/x', 'there'), { file: shards[0], assumption: null });
    assert.equal(choose('org/x:Q6_K', [...shards, 'x-Q4_K_M.gguf']), shards[0]);
  });

  it('is missed where there is none of the named type', () => {
    assert.throws(() => choose('org/x:Q5_K_M'), /^Error: there has no GGUF file of type Q5_K_M: there is Qwen3-8B-IQ2_M\.gguf, /);
  });
});

describe('a folder of GGUF files', () => {
  const gguf = async (folder: string, name: string): Promise<void> => {
    await writeFile(path.join(folder, name), smallGguf());
    await truncate(path.join(folder, name), 4_000_000);
  };

  it('is derived from the file assumed, with its assumption', () =>
    withFolder(async (folder) => {
      await gguf(folder, 'm-Q4_K_M.gguf');
      await gguf(folder, 'm-IQ2_M.gguf');
      const found = await facts(folder, contextFor('/nonexistent'));
      assert.deepEqual([found.confidence, found.origin], ['derived', path.join(folder, 'm-Q4_K_M.gguf')]);
      assert.match(found.assumptions.join(), /2 GGUF files at .*: m-Q4_K_M\.gguf taken/);
    }));

  it('is sized by its file where the config of the base model lies beside it', () =>
    withFolder(async (folder) => {
      const sizes = { hidden_size: 256, intermediate_size: 512, vocab_size: 1024, head_dim: 64 };
      await writeJson(path.join(folder, 'config.json'), { ...SMALL_CONFIG, ...sizes });
      await gguf(folder, 'm-Q4_K_M.gguf');
      const found = await facts(folder, contextFor('/nonexistent'));
      assert.deepEqual(
        [found.model.quantization?.ggufType, found.parameters, found.model.architecture.maxPositionEmbeddings],
        ['Q4_K_M', SMALL_GGUF_PARAMETERS, SMALL_CONFIG.max_position_embeddings],
      );
      assert.ok(weightsOf(found.model).value < SMALL_GGUF_PARAMETERS);
    }));

  it('is found in the cache by the type that the deployment names', () =>
    withFolder(async (cache) => {
      const snapshot = path.join(cache, 'models--org--small-GGUF', 'snapshots', 'a'.repeat(40));
      await writeJson(path.join(snapshot, 'unrelated.json'), {});
      await gguf(snapshot, 'small-Q4_K_M.gguf');
      await gguf(snapshot, 'small-IQ2_M.gguf');
      const context = contextFor('/nonexistent', { caches: { huggingFace: [cache], modelScope: [] } });
      assert.equal((await facts('org/small-GGUF:IQ2_M', context)).origin, path.join(snapshot, 'small-IQ2_M.gguf'));
      assert.match(await problem('org/small-GGUF:Q8_0', context), /no GGUF file of type Q8_0/);
    }));
});

describe('names of GGUF files', () => {
  it('keep what they say', () => {
    assert.equal(readName('someone/Qwen3-8B-GGUF:IQ4_KSS').quantization?.ggufType, 'IQ4_KSS');
  });
});
