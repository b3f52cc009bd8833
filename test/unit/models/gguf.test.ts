import assert from 'node:assert/strict';
import { truncate, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { parameterCount } from '../../../src/estimator/parameters';
import { configFromGguf } from '../../../src/models/ggufConfig';
import { architectureFromConfig } from '../../../src/models/hfConfig';
import { resolveModel } from '../../../src/models/resolve';
import { SMALL_GGUF_PARAMETERS, contextFor, ggufBytes, smallGguf, withFolder } from './support';

/** Bytes per weight of the K-quants (ggml-common.h: 144 and 210 bytes per 256 weights). */
const Q4_K = 144 / 256;
const Q6_K = 210 / 256;

describe('a GGUF file', () => {
  it('gives architecture, exact bytes by group and its quantization', () =>
    withFolder(async (folder) => {
      await writeFile(path.join(folder, 'model-Q4_K_M.gguf'), smallGguf());
      await truncate(path.join(folder, 'model-Q4_K_M.gguf'), 4_000_000);
      const answer = await resolveModel('./model-Q4_K_M.gguf', contextFor(folder));
      assert.ok(answer && 'facts' in answer, JSON.stringify(answer));
      const { facts } = answer;
      assert.deepEqual([facts.source, facts.confidence, facts.parameters], ['gguf', 'exact', SMALL_GGUF_PARAMETERS]);
      assert.equal(facts.model.architecture.maxPositionEmbeddings, 4096);
      assert.deepEqual([facts.model.quantization?.method, facts.model.quantization?.ggufType], ['gguf', 'Q4_K_M']);
      assert.equal(facts.model.exactBytes?.get('mlp'), 2 * 3 * 256 * 512 * Q4_K);
      assert.equal(facts.model.exactBytes?.get('embed'), 256 * 1024 * Q6_K);
      assert.equal(facts.model.exactBytes?.get('norm'), 4 * 5 * 256);
    }));

  it('is found in a folder that holds nothing else', () =>
    withFolder(async (folder) => {
      await writeFile(path.join(folder, 'a-Q4_K_M.gguf'), smallGguf());
      await truncate(path.join(folder, 'a-Q4_K_M.gguf'), 4_000_000);
      const answer = await resolveModel(folder, contextFor('/nonexistent'));
      assert.ok(answer && 'facts' in answer);
      assert.equal(answer.facts.parameters, SMALL_GGUF_PARAMETERS);
    }));

  it('that is none, is cut off or claims absurd counts is refused', () =>
    withFolder(async (folder) => {
      const huge = smallGguf();
      huge.writeBigUInt64LE(2n ** 60n, 8);
      const files: readonly (readonly [string, Buffer])[] = [
        ['none.gguf', Buffer.from('not a gguf file at all')],
        ['cut.gguf', smallGguf().subarray(0, 200)],
        ['huge.gguf', huge],
        ['empty.gguf', Buffer.alloc(0)],
        ['odd.gguf', ggufBytes({ 'general.architecture': 'llama' }, [])],
      ];
      for (const [name, bytes] of files) {
        await writeFile(path.join(folder, name), bytes);
        const answer = await resolveModel(`./${name}`, contextFor(folder));
        assert.ok(answer && 'problem' in answer, name);
        assert.ok(answer.problem.message.includes(name), answer.problem.message);
      }
    }));

  it('of DeepSeek means the same model before and after key_length became that of the compressed cache', () => {
    // Sizes of deepseek-ai/DeepSeek-V2-Lite under the keys of llama.cpp's gguf-py/gguf/constants.py.
    const sizes = {
      block_count: 27,
      context_length: 163840,
      embedding_length: 2048,
      expert_count: 64,
      expert_feed_forward_length: 1408,
      expert_shared_count: 2,
      expert_used_count: 6,
      feed_forward_length: 10944,
      leading_dense_block_count: 1,
      vocab_size: 102400,
      'attention.head_count': 16,
      'attention.kv_lora_rank': 512,
      'rope.dimension_count': 64,
    };
    const before = { 'attention.head_count_kv': 16, 'attention.key_length': 192, 'attention.value_length': 128 };
    const after = {
      'attention.head_count_kv': 1,
      'attention.key_length': 576,
      'attention.value_length': 512,
      'attention.key_length_mla': 192,
      'attention.value_length_mla': 128,
    };
    for (const form of [before, after]) {
      const metadata = Object.fromEntries(Object.entries({ ...sizes, ...form }).map(([key, value]) => [`deepseek2.${key}`, value]));
      const head = { name: 'output.weight', dtype: 'F16', shape: [2048, 102400], bytes: 2 * 2048 * 102400 };
      const answer = architectureFromConfig(configFromGguf({ 'general.architecture': 'deepseek2', ...metadata }, [head]));
      assert.ok(!('problem' in answer), 'problem' in answer ? answer.problem : '');
      assert.equal(parameterCount(answer.architecture), 15706484224);
    }
  });
});
