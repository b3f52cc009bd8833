import assert from 'node:assert/strict';
import { Catalogue } from '../../../src/models/catalogue';
import { loadCatalogue } from '../../../src/models/catalogueFile';
import { factsFromJson, factsToJson } from '../../../src/models/source';
import { catalogue } from './support';

describe('the catalogue', () => {
  it('holds more than 1,500 models, each of which can be read', () => {
    const ids = catalogue.ids();
    assert.ok(ids.length >= 1500, `${ids.length}`);
    assert.deepEqual(
      ids.filter((id) => catalogue.find(id) === null),
      [],
    );
    assert.equal(new Set(ids.map((id) => id.toLowerCase())).size, ids.length);
  });

  it('names the source of every model', () => {
    const without = catalogue.ids().filter((id) => (catalogue.find(id)?.origin ?? '').length < 10);
    assert.deepEqual(without, []);
  });

  it('loads from the data folder', async () => {
    assert.equal((await loadCatalogue()).ids().length, catalogue.ids().length);
  });

  it('finds ids in any case', () => {
    const facts = catalogue.find('qwen/QWEN3-8b');
    assert.equal(facts?.parameters, 8190735360);
    assert.equal(facts?.source, 'catalogue');
    assert.equal(facts?.confidence, 'exact');
    assert.equal(facts?.model.architecture.maxPositionEmbeddings, 40960);
    assert.equal(catalogue.find('qwen/nothing'), null);
  });

  it('resolves repacks, copies, paths and fine-tunes to their base', () => {
    const cases: readonly (readonly [name: string, base: string, method: string | null])[] = [
      ['someone/Qwen3-8B-GPTQ-Int4', 'Qwen/Qwen3-8B', 'gptq'],
      ['/models/Meta-Llama-3.1-8B-Instruct', 'meta-llama/Meta-Llama-3.1-8B-Instruct', null],
      ['models--Qwen--Qwen3-32B', 'Qwen/Qwen3-32B', null],
      ['someone/Qwen2.5-7B-Instruct-medical-sft', 'Qwen/Qwen2.5-7B', null],
      ['gpt-oss-20B', 'openai/gpt-oss-20b', 'mxfp4'],
      ['deepseek_r1', 'deepseek-ai/DeepSeek-R1', 'fp8'],
    ];
    for (const [name, base, method] of cases) {
      const facts = catalogue.findByName(name);
      assert.ok(facts, name);
      assert.equal(catalogue.find(base)?.parameters, facts.parameters, `${name} from ${facts.origin}`);
      assert.equal(facts.model.quantization?.method ?? null, method, name);
      assert.equal(facts.confidence, 'derived', name);
      assert.equal(facts.id, name);
      assert.ok(
        facts.assumptions.some((text) => text.includes(facts.origin)),
        name,
      );
    }
  });

  it('takes the format of a repack from its name where its row inherits none, and not that of another release', () => {
    const formatOf = (id: string): readonly unknown[] => {
      const quantization = catalogue.find(id)?.model.quantization;
      return [quantization?.method, quantization?.bits];
    };
    assert.deepEqual(formatOf('unsloth/Meta-Llama-3.1-8B-Instruct-bnb-4bit'), ['bitsandbytes', 4]);
    assert.deepEqual(formatOf('nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-FP8'), ['modelopt', 8]);
    // "Native INT4 quantization" (model card).
    assert.deepEqual(formatOf('moonshotai/Kimi-K2-Thinking'), ['compressed-tensors', 4]);
  });

  it('knows models by the loose names of published tables', () => {
    const cases: readonly (readonly [name: string, base: string])[] = [
      ['LLaMA 70B', 'meta-llama/Llama-2-70b-hf'],
      ['Llama 2 7 B', 'meta-llama/Llama-2-7b-hf'],
      ['LLaMA v2 70B', 'meta-llama/Llama-2-70b-hf'],
      ['llama2-70b-99', 'meta-llama/Llama-2-70b-hf'],
      ['phi-1.5 1.3 B', 'microsoft/phi-1_5'],
      ['Qwen/Qwen-1.8B-Chat', 'Qwen/Qwen-1_8B-Chat'],
      ['MiniMax-M2.7-UD-Q3_K_S-00001-of-00003', 'MiniMaxAI/MiniMax-M2.7'],
      ['nvidia/Nemotron-3-Nano-30B-A3B FP8', 'nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-FP8'],
      ['nvidia/Nemotron-Super-49B FP8', 'nvidia/Llama-3_3-Nemotron-Super-49B-v1'],
      ['GPTJ 6B', 'EleutherAI/gpt-j-6b'],
    ];
    for (const [name, base] of cases) {
      const facts = catalogue.findByName(name);
      assert.equal(facts?.parameters, catalogue.find(base)?.parameters, `${name} from ${facts?.origin}`);
    }
    // A size that no namesake has names no namesake.
    assert.equal(catalogue.findByName('Nemotron-Super-9B'), null);
  });

  it('knows fine-tunes whose name does not carry their base, as their checkpoints store them', () => {
    // Totals of the safetensors headers; Cosmos-Reason2 stores the head that Qwen3-VL-2B ties.
    const counts: readonly (readonly [id: string, parameters: number])[] = [
      ['moonshotai/Kimi-Dev-72B', 72_706_203_648],
      ['nvidia/Cosmos-Reason2-2B', 2_438_696_960],
      ['nvidia/Cosmos-Reason2-8B', 8_767_123_696],
      ['rednote-hilab/dots.ocr', 3_039_179_264],
    ];
    for (const [id, parameters] of counts) assert.equal(catalogue.find(id)?.parameters, parameters, id);
    assert.equal(catalogue.find('moonshotai/Kimi-Dev-72B')?.confidence, 'derived');
  });

  it('counts language model, head and tower of InternVL as the checkpoints hold them', () => {
    // Headers of the 8B's fine-tunes; the 1B's total to three decimals (huggingface.co/OpenExplorer/InternVL3_5-1B: 1.061 billion).
    assert.equal(catalogue.find('OpenGVLab/InternVL3-8B')?.parameters, 7_944_373_760);
    assert.equal(Math.round((catalogue.find('OpenGVLab/InternVL3_5-1B')?.parameters ?? 0) / 1e6), 1061);
  });

  it("counts the tower of LLaVA-1.6, which is LLaVA-1.5's and a vector", () => {
    const tower = (id: string): number => catalogue.find(id)?.model.architecture.towers[0]?.parameters ?? 0;
    assert.equal(tower('llava-hf/llava-v1.6-mistral-7b-hf'), tower('llava-hf/llava-1.5-7b-hf') + 4096);
    assert.equal(catalogue.find('llava-hf/llava-v1.6-mistral-7b-hf')?.confidence, 'derived');
  });

  it('reads family and version written as one word', () => {
    for (const [name, base] of [
      ['Llama2-7B', 'meta-llama/Llama-2-7b-hf'],
      ['llama3-8b-instruct', 'meta-llama/Meta-Llama-3-8B-Instruct'],
      ['gemma2-9b-it', 'google/gemma-2-9b-it'],
    ] as const) {
      assert.equal(catalogue.findByName(name)?.parameters, catalogue.find(base)?.parameters, name);
    }
  });

  it('does not give a fine-tune the format of a repack that stands for its base', () => {
    assert.equal(catalogue.findByName('casperhansen/llama-3-70b-fp16')?.model.quantization ?? null, null);
  });

  it('knows the short names of tables and recipes, and asks where they leave the size open', () => {
    const base = (name: string): string | undefined => catalogue.findByName(name)?.origin.replace(/^.*huggingface\.co\/|\/blob.*$/g, '');
    for (const [name, id] of [
      ['DeepSeekV3 (w/o MTP)', 'deepseek-ai/DeepSeek-V3'],
      ['DeepSeek V3 671B', 'deepseek-ai/DeepSeek-V3'],
      ['DeepSeekV4 Flash', 'deepseek-ai/DeepSeek-V4-Flash'],
      ['Qwen3 MoE 30B', 'Qwen/Qwen3-30B-A3B'],
      ['Qwen3_235B_a22B', 'Qwen/Qwen3-235B-A22B'],
      ['Nemotron_3_Nano', 'nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16'],
      ['Nemotron V3 Super 120B (26.02)', 'nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-BF16'],
      ['GPT OSS 120B', 'openai/gpt-oss-120b'],
    ] as const)
      assert.equal(base(name), id, name);
    for (const name of ['Qwen3', 'llama 3', 'Qwen3 17B', 'nothing 3']) assert.equal(catalogue.findByName(name), null, name);
  });

  it('has no answer for names that say nothing', () => {
    for (const name of ['zzz', '/model', 'org/foo', '$(MODEL_ID)', '', '-', '/']) assert.equal(catalogue.findByName(name), null, name);
  });

  it('searches by words', () => {
    assert.equal(catalogue.search('qwen3 8b')[0], 'Qwen/Qwen3-8B');
    assert.equal(catalogue.search('deepseek v3', 3).length, 3);
    assert.deepEqual(catalogue.search('no such model'), []);
  });

  it('refuses a damaged file', () => {
    assert.throws(() => Catalogue.parse('{'), SyntaxError);
    assert.throws(() => Catalogue.parse('{"version":2}'), TypeError);
  });

  it('gives facts that survive JSON', () => {
    const facts = catalogue.find('Qwen/Qwen3-8B');
    assert.ok(facts);
    const measured = { ...facts, model: { ...facts.model, exactBytes: new Map([['mlp', 5]]) } };
    const text = JSON.stringify(factsToJson(measured));
    assert.deepEqual(factsFromJson(JSON.parse(text) as ReturnType<typeof factsToJson>), measured);
  });
});
