import assert from 'node:assert/strict';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { parameterCount } from '../../../src/estimator/parameters';
import { cacheFolders } from '../../../src/models/caches';
import { architectureFromConfig } from '../../../src/models/hfConfig';
import { resolveModel } from '../../../src/models/resolve';
import type { ModelContext } from '../../../src/models/resolve';
import { SMALL_CONFIG, checkpointTensors, contextFor, facts, problem, safetensorsBytes, withFolder, writeJson } from './support';
import type { HeaderTensor } from './support';

function small(): ReturnType<typeof parameterCount> {
  const answer = architectureFromConfig(SMALL_CONFIG);
  assert.ok('architecture' in answer);
  return parameterCount(answer.architecture);
}

function smallTensors(): readonly HeaderTensor[] {
  const answer = architectureFromConfig(SMALL_CONFIG);
  assert.ok('architecture' in answer);
  return checkpointTensors(answer.architecture);
}

/** Fields of sentence-transformers/all-MiniLM-L6-v2. */
const MINILM_CONFIG = {
  architectures: ['BertModel'],
  model_type: 'bert',
  hidden_size: 384,
  intermediate_size: 1536,
  num_attention_heads: 12,
  num_hidden_layers: 6,
  max_position_embeddings: 512,
  type_vocab_size: 2,
  vocab_size: 30522,
  torch_dtype: 'float32',
};

describe('a model folder', () => {
  it('takes the context of a sentence-transformers config, else the lower limit of the tokenizer of an encoder', () =>
    withFolder(async (folder) => {
      const context = async (): Promise<unknown> => {
        const found = await facts('m', contextFor(folder));
        return [found.model.architecture.maxPositionEmbeddings, found.assumptions.filter((text) => text.includes('limits inputs'))];
      };
      const write = (name: string, value: unknown): Promise<void> => writeJson(path.join(folder, 'm', name), value);
      await write('config.json', MINILM_CONFIG);
      assert.deepEqual(await context(), [512, []]);
      await write('tokenizer_config.json', { model_max_length: 1e30 });
      assert.deepEqual(await context(), [512, []]);
      await write('tokenizer_config.json', { model_max_length: 384 });
      assert.deepEqual(await context(), [384, ['tokenizer_config.json limits inputs to 384 tokens']]);
      await write('sentence_bert_config.json', { max_seq_length: 256, do_lower_case: false });
      assert.deepEqual(await context(), [256, ['sentence_bert_config.json limits inputs to 256 tokens']]);
    }));

  it('leaves the context of a generating model to its config, whatever its tokenizer says', () =>
    withFolder(async (folder) => {
      await writeJson(path.join(folder, 'm', 'config.json'), SMALL_CONFIG);
      await writeJson(path.join(folder, 'm', 'tokenizer_config.json'), { model_max_length: 128 });
      assert.equal((await facts('m', contextFor(folder))).model.architecture.maxPositionEmbeddings, 512);
    }));

  it('is read by its config.json, relative to the file or by an absolute path', () =>
    withFolder(async (folder) => {
      await writeJson(path.join(folder, 'my-model', 'config.json'), SMALL_CONFIG);
      for (const id of ['my-model', './my-model', './my-model/', path.join(folder, 'my-model'), 'my-model/config.json']) {
        const found = await facts(id, contextFor(folder));
        assert.deepEqual([found.source, found.confidence, found.parameters, found.id], ['folder', 'exact', small(), id]);
        assert.equal(found.model.exactBytes, null);
      }
    }));

  it('counts the weights themselves where their headers are there', () =>
    withFolder(async (folder) => {
      await writeJson(path.join(folder, 'm', 'config.json'), SMALL_CONFIG);
      await writeFile(path.join(folder, 'm', 'model.safetensors'), safetensorsBytes(smallTensors()));
      await truncate(path.join(folder, 'm', 'model.safetensors'), 4 * small());
      const found = await facts('m', contextFor(folder));
      assert.equal(found.source, 'weights');
      const bytes = found.model.exactBytes;
      assert.ok(bytes);
      assert.equal(
        [...bytes.values()].reduce((sum, value) => sum + value, 0),
        2 * small(),
      );
      assert.equal(bytes.get('attention'), 2 * 2 * (64 * 64 * 2 + 2 * 32 * 64));
      assert.equal(bytes.get('lm_head'), 2 * 256 * 64);
    }));

  it('sees in the weights that embedding and head are tied, which the config leaves out', () =>
    withFolder(async (folder) => {
      await writeJson(path.join(folder, 'm', 'config.json'), SMALL_CONFIG);
      const tied = smallTensors().filter(({ name }) => !name.startsWith('lm_head'));
      await writeFile(path.join(folder, 'm', 'model.safetensors'), safetensorsBytes(tied));
      await truncate(path.join(folder, 'm', 'model.safetensors'), 4 * small());
      const found = await facts('m', contextFor(folder));
      assert.equal(found.model.architecture.tieWordEmbeddings, true);
      assert.equal(found.parameters, small() - 256 * 64);
    }));

  it('counts in the weights of an unknown architecture what its config does not explain', () =>
    withFolder(async (folder) => {
      await writeJson(path.join(folder, 'm', 'config.json'), { ...SMALL_CONFIG, model_type: 'nextweek' });
      const extra = { name: 'model.layers.0.novel_mixer.weight', dtype: 'BF16', shape: [100, 10] };
      await writeFile(path.join(folder, 'm', 'model.safetensors'), safetensorsBytes([...smallTensors(), extra]));
      await truncate(path.join(folder, 'm', 'model.safetensors'), 4 * small());
      const found = await facts('m', contextFor(folder));
      assert.equal(found.parameters, small() + 1000);
      assert.match(found.assumptions.join(), /1000 parameters more than the config's fields explain/);
    }));

  it('finds in the weights which modules a quantizer left alone', () =>
    withFolder(async (folder) => {
      const quantization_config = { quant_method: 'fp8', weight_block_size: [128, 128] };
      await writeJson(path.join(folder, 'm', 'config.json'), { ...SMALL_CONFIG, quantization_config });
      const stored = smallTensors().flatMap((tensor): readonly HeaderTensor[] => {
        const quantized = /_proj\.weight$/.test(tensor.name) && !tensor.name.includes('layers.0.mlp');
        return quantized
          ? [
              { ...tensor, dtype: 'F8_E4M3' },
              { name: `${tensor.name}_scale_inv`, dtype: 'F32', shape: [1, 1] },
            ]
          : [tensor];
      });
      await writeFile(path.join(folder, 'm', 'model.safetensors'), safetensorsBytes(stored));
      await truncate(path.join(folder, 'm', 'model.safetensors'), 4 * small());
      const { quantization } = (await facts('m', contextFor(folder))).model;
      assert.equal(quantization?.method, 'fp8');
      assert.equal(quantization?.lmHeadQuantized, false);
      assert.deepEqual(
        quantization?.ignored.filter((module) => module.includes('mlp')),
        ['model.layers.0.mlp.gate_proj', 'model.layers.0.mlp.up_proj', 'model.layers.0.mlp.down_proj'],
      );
    }));

  it('adds up shards, and falls back to the config while a download is unfinished', () =>
    withFolder(async (folder) => {
      const model = path.join(folder, 'm');
      await writeJson(path.join(model, 'config.json'), SMALL_CONFIG);
      const tensors = smallTensors();
      const shards = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
      const half = Math.ceil(tensors.length / 2);
      const weight_map = Object.fromEntries(tensors.map(({ name }, index) => [name, shards[index < half ? 0 : 1]]));
      await writeJson(path.join(model, 'model.safetensors.index.json'), { metadata: {}, weight_map });
      const write = async (name: string, part: readonly HeaderTensor[]): Promise<void> => {
        await writeFile(path.join(model, name), safetensorsBytes(part));
        await truncate(path.join(model, name), 4 * small());
      };
      await write(shards[0] ?? '', tensors.slice(0, half));
      const unfinished = await facts('m', contextFor(folder));
      assert.equal(unfinished.source, 'folder');
      assert.match(unfinished.assumptions.join(), /1 weight files of the index are not there yet/);
      await write(shards[1] ?? '', tensors.slice(half));
      const finished = await facts('m', contextFor(folder));
      assert.equal(
        [...(finished.model.exactBytes?.values() ?? [])].reduce((sum, value) => sum + value, 0),
        2 * small(),
      );
    }));

  it("takes a quantizer's own description where the config has none", () =>
    withFolder(async (folder) => {
      await writeJson(path.join(folder, 'm', 'config.json'), SMALL_CONFIG);
      await writeJson(path.join(folder, 'm', 'quantize_config.json'), { bits: 4, group_size: 32, desc_act: true, sym: true });
      const { quantization } = (await facts('m', contextFor(folder))).model;
      assert.deepEqual([quantization?.method, quantization?.groupSize, quantization?.actOrder], ['gptq', 32, true]);
    }));

  it('of a LoRA adapter gives its base', () =>
    withFolder(async (folder) => {
      await writeJson(path.join(folder, 'adapter', 'adapter_config.json'), { base_model_name_or_path: 'Qwen/Qwen3-8B', r: 16 });
      const found = await facts('adapter', contextFor(folder));
      assert.deepEqual([found.parameters, found.id], [8190735360, 'adapter']);
      assert.match(found.assumptions.join(), /LoRA adapter: facts of its base Qwen\/Qwen3-8B/);
    }));

  it('of an adapter of itself ends', () =>
    withFolder(async (folder) => {
      await writeJson(path.join(folder, 'a', 'adapter_config.json'), { base_model_name_or_path: './a' });
      assert.match(await problem('./a', contextFor(folder)), /No source knows/);
    }));

  it('that is not on this machine is known by its name', () =>
    withFolder(async (folder) => {
      const found = await facts('/models/Qwen3-8B', contextFor(folder));
      assert.deepEqual([found.parameters, found.confidence, found.source], [8190735360, 'derived', 'catalogue']);
      assert.match(found.assumptions.join(), /no folder at "\/models\/Qwen3-8B"/);
    }));

  it('tells which paths the answer depends on, those that are missing included', () =>
    withFolder(async (folder) => {
      const answer = await resolveModel('./m', contextFor(folder));
      assert.ok(answer?.dependsOn?.includes(path.join(folder, 'm')));
      await writeJson(path.join(folder, 'm', 'config.json'), SMALL_CONFIG);
      const found = await resolveModel('./m', contextFor(folder));
      assert.ok(found?.dependsOn?.includes(path.join(folder, 'm', 'config.json')));
    }));
});

describe('the caches of this machine', () => {
  const cached = (home: string, more: Partial<ModelContext> = {}): ModelContext =>
    contextFor('/nonexistent', { caches: cacheFolders({}, home), ...more });

  it('are where the environment says', () => {
    assert.deepEqual(cacheFolders({}, '/home/me').huggingFace, ['/home/me/.cache/huggingface/hub']);
    assert.deepEqual(cacheFolders({ HF_HOME: '/hf' }, '/home/me').huggingFace, ['/hf/hub']);
    assert.deepEqual(cacheFolders({ HF_HOME: '/hf', HF_HUB_CACHE: '~/hub' }, '/home/me').huggingFace, ['/home/me/hub']);
    assert.equal(cacheFolders({ MODELSCOPE_CACHE: '/ms' }, '/home/me').modelScope[0], '/ms');
  });

  it('give the snapshot of the default branch or of the wanted revision', () =>
    withFolder(async (home) => {
      const model = path.join(home, '.cache/huggingface/hub/models--org--thing');
      await writeJson(path.join(model, 'snapshots', 'aaa', 'config.json'), SMALL_CONFIG);
      await writeJson(path.join(model, 'snapshots', 'bbb', 'config.json'), { ...SMALL_CONFIG, num_hidden_layers: 3 });
      await mkdir(path.join(model, 'refs'), { recursive: true });
      await writeFile(path.join(model, 'refs', 'main'), 'bbb');
      await writeFile(path.join(model, 'refs', 'v1'), 'aaa\n');
      const main = await facts('org/thing', cached(home));
      assert.deepEqual([main.source, main.model.architecture.layout.length], ['hf-cache', 3]);
      for (const revision of ['v1', 'aaa']) {
        assert.equal((await facts('org/thing', cached(home, { revision }))).model.architecture.layout.length, 2, revision);
      }
      assert.match(await problem('org/thing', cached(home, { revision: 'ccc' })), /No source knows/);
      assert.match(await problem('org/thing', cached(home, { revision: '../../x' })), /No source knows/);
    }));

  it('give a ModelScope folder, whose dots are written as underscores', () =>
    withFolder(async (home) => {
      await writeJson(path.join(home, '.cache/modelscope/hub/models/org/thing-1___5/config.json'), SMALL_CONFIG);
      assert.equal((await facts('org/thing-1.5', cached(home))).parameters, small());
    }));

  it('are left alone in an untrusted workspace', () =>
    withFolder(async (home) => {
      await writeJson(path.join(home, '.cache/huggingface/hub/models--org--thing/snapshots/aaa/config.json'), SMALL_CONFIG);
      const answer = await resolveModel('org/thing', cached(home, { allowedRoots: ['/nonexistent'] }));
      assert.ok(answer && 'problem' in answer);
      assert.deepEqual(answer.dependsOn, ['/nonexistent/org/thing']);
    }));
});

describe('a model described by hand', () => {
  it('wins over every other source, by its fields or by a file', () =>
    withFolder(async (folder) => {
      await writeJson(path.join(folder, 'somewhere.json'), SMALL_CONFIG);
      for (const given of [SMALL_CONFIG, 'somewhere.json', path.join(folder, 'somewhere.json')]) {
        const found = await facts('Qwen/Qwen3-8B', contextFor(folder, { manual: { 'qwen/qwen3-8b': given } }));
        assert.deepEqual([found.source, found.parameters], ['manual', small()]);
      }
    }));

  it('leaves its problem with the next best answer', () =>
    withFolder(async (folder) => {
      const wrong = await facts('Qwen/Qwen3-8B', contextFor(folder, { manual: { 'Qwen/Qwen3-8B': { hidden_size: 8 } } }));
      assert.equal(wrong.source, 'catalogue');
      assert.match(wrong.assumptions.join(), /the settings: The config cannot be used: it does not state num_hidden_layers, vocab_size/);
      const missing = await facts('Qwen/Qwen3-8B', contextFor(folder, { manual: { 'Qwen/Qwen3-8B': 'gone.json' } }));
      assert.match(missing.assumptions.join(), /The config given for Qwen\/Qwen3-8B is not there/);
    }));
});

describe('resolving', () => {
  it('reads a shell default as the model', async () => {
    const found = await facts('${MODEL:-Qwen/Qwen3-8B}', contextFor('/nonexistent'));
    assert.equal(found.parameters, 8190735360);
    assert.match(found.assumptions.join(), /read as its default/);
  });

  it('stops when it is aborted', async () => {
    const controller = new AbortController();
    controller.abort();
    await assert.rejects(resolveModel('./m', contextFor('/nonexistent', { signal: controller.signal })), { name: 'AbortError' });
  });

  it('names the model that nothing knows', async () => {
    assert.equal(await problem('org/thing', contextFor('/nonexistent')), 'No source knows the model "org/thing".');
  });

  it('never throws on what people write', async () => {
    for (const id of ['', ' ', '\0', 'a/b/c/d', 'https://huggingface.co/Qwen/Qwen3-8B', '..', '🤖', 'x'.repeat(10_000), '$(rm -rf /)']) {
      const answer = await resolveModel(id, contextFor('/nonexistent'));
      assert.ok(answer, id);
    }
  });
});
