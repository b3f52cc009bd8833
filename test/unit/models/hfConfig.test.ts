import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { forAll } from '../properties';
import { layersOf } from '../../../src/estimator/architecture';
import type { Architecture } from '../../../src/estimator/architecture';
import { parameterCount } from '../../../src/estimator/parameters';
import { architectureFromConfig } from '../../../src/models/hfConfig';
import type { ConfigFacts } from '../../../src/models/hfConfig';
import { configFromMistralParams } from '../../../src/models/mistralParams';

interface RealConfig {
  readonly id: string;
  /** Parameters of the checkpoint, position ids left out; `total` says who counted them. */
  readonly parameters: number;
  readonly total: string;
  readonly config: Readonly<Record<string, unknown>>;
}

function facts(config: unknown): ConfigFacts {
  const answer = architectureFromConfig(config);
  assert.ok(!('problem' in answer), 'problem' in answer ? answer.problem : '');
  return answer;
}

function problem(config: unknown): string {
  const answer = architectureFromConfig(config);
  assert.ok('problem' in answer);
  return answer.problem;
}

const scopes = (architecture: Architecture): readonly string[] =>
  layersOf(architecture).flatMap((kind) => kind.mixers.map((mixer) => (mixer.kind === 'attention' ? mixer.scope : mixer.kind)));

const real = readFileSync('test/fixtures/models/configs.jsonl', 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as RealConfig);
const configOf = (id: string): Readonly<Record<string, unknown>> => {
  const found = real.find((entry) => entry.id === id);
  assert.ok(found, id);
  return found.config;
};

describe('config.json', () => {
  for (const { id, parameters, config } of real) {
    it(`of ${id} gives its published parameter count`, () => {
      const read = facts(config);
      assert.equal(parameterCount(read.architecture), parameters);
      assert.equal(read.known, true);
      assert.equal(read.exact, true);
    });
  }

  it('says what class defaults filled in', () => {
    const { assumptions } = facts(configOf('google/gemma-3-4b-it'));
    assert.ok(
      assumptions.some((text) => text.includes('num_attention_heads') && text.includes('class default')),
      assumptions.join('; '),
    );
  });

  it('gives Gemma 3 one full layer in six and two rope tables, the global one eight times longer', () => {
    const { architecture } = facts(configOf('google/gemma-3-4b-it'));
    assert.deepEqual(scopes(architecture).slice(0, 6), ['sliding', 'sliding', 'sliding', 'sliding', 'sliding', 'full']);
    assert.deepEqual(architecture.rope.lengths, [8 * 131072, 131072]);
    assert.equal(architecture.maxPositionEmbeddings, 131072);
  });

  it('extends YaRN from the original length', () => {
    const yarn = { ...configOf('Qwen/Qwen3-8B'), rope_scaling: { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 32768 } };
    const { architecture } = facts(yarn);
    assert.equal(architecture.maxPositionEmbeddings, 131072);
    assert.deepEqual(architecture.rope.lengths, [131072]);
  });

  it('does not extend llama3 scaling, which the stated length includes', () => {
    const { architecture } = facts(configOf('meta-llama/Llama-3.1-8B-Instruct'));
    assert.equal(architecture.maxPositionEmbeddings, 131072);
  });

  it('keeps four times the positions for multimodal rope', () => {
    assert.deepEqual(facts(configOf('Qwen/Qwen2.5-VL-7B-Instruct')).architecture.rope.lengths, [4 * 128000]);
  });

  it('reads Mistral 7B v0.1 as sliding in every layer and v0.3 as full', () => {
    const base = configOf('mistralai/Mistral-7B-Instruct-v0.3');
    assert.ok(scopes(facts(base).architecture).every((scope) => scope === 'full'));
    assert.ok(scopes(facts({ ...base, sliding_window: 4096 }).architecture).every((scope) => scope === 'sliding'));
  });

  it('keeps a Qwen sliding window that is turned off out of the layers', () => {
    const config = { ...configOf('Qwen/Qwen3-8B'), sliding_window: 4096, use_sliding_window: false };
    assert.ok(scopes(facts(config).architecture).every((scope) => scope === 'full'));
  });

  it('derives an unknown decoder from the usual fields and says so', () => {
    const read = facts({ ...configOf('meta-llama/Llama-3.1-8B-Instruct'), model_type: 'nextweek', architectures: ['NextWeekForCausalLM'] });
    assert.equal(read.known, false);
    assert.equal(parameterCount(read.architecture), 8030261248);
    assert.match(read.assumptions.join(), /"nextweek" is not known/);
  });

  it('is not exact where a tower is counted as a plain transformer', () => {
    const text = configOf('meta-llama/Llama-3.1-8B-Instruct');
    const tower = { model_type: 'moonvit', hidden_size: 1152, num_hidden_layers: 27, num_attention_heads: 16, intermediate_size: 4304 };
    const read = facts({ architectures: ['SomeVLModel'], model_type: 'llava', text_config: text, vision_config: tower });
    assert.deepEqual([read.known, read.exact], [true, false]);
    assert.match(read.assumptions.join(), /vision tower "moonvit" has no rule of its own: counted as a plain vision transformer/);
  });

  it('says which families no published total confirms', () => {
    // Fields of databricks/dbrx-instruct, published as 132 billion parameters.
    const read = facts({
      architectures: ['DbrxForCausalLM'],
      model_type: 'dbrx',
      d_model: 6144,
      n_heads: 48,
      n_layers: 40,
      max_seq_len: 32768,
      vocab_size: 100352,
      attn_config: { kv_n_heads: 8 },
      ffn_config: { ffn_hidden_size: 10752, moe_num_experts: 16, moe_top_k: 4 },
      torch_dtype: 'bfloat16',
    });
    assert.equal(read.exact, false);
    assert.match(read.assumptions.join(), /no published parameter total confirms the count of dbrx/);
    assert.equal(Math.round(parameterCount(read.architecture) / 1e9), 132);
  });

  it('adds the row-end vector of LLaVA-NeXT to the tower of LLaVA-1.5', () => {
    const llava = configOf('llava-hf/llava-1.5-7b-hf');
    const next = facts({ ...llava, model_type: 'llava_next' });
    assert.equal(parameterCount(next.architecture), 7063427072 + 4096);
  });

  it('drops the head of embedding and reward models', () => {
    const base = configOf('meta-llama/Llama-3.1-8B-Instruct');
    const embedding = facts({ ...base, architectures: ['LlamaModel'] }).architecture;
    const reward = facts({ ...base, architectures: ['LlamaForSequenceClassification'], num_labels: 1 }).architecture;
    assert.equal(embedding.task, 'pooling');
    assert.equal(parameterCount(embedding), 8030261248 - 128256 * 4096);
    assert.equal(parameterCount(reward), 8030261248 - 128256 * 4096 + 4096);
  });

  it('names the missing and the wrong fields instead of guessing', () => {
    assert.match(problem({ model_type: 'llama2' }), /does not state num_hidden_layers, hidden_size, vocab_size/);
    assert.match(problem({ ...configOf('Qwen/Qwen3-8B'), hidden_size: 'wide' }), /hidden_size is "wide", expected a whole number/);
    assert.match(
      problem({ ...configOf('Qwen/Qwen3-8B'), num_hidden_layers: 1e9 }),
      /num_hidden_layers is 1000000000, expected a whole number from 1 to 4096/,
    );
    assert.equal(problem([]), 'The config is not a JSON object.');
    assert.equal(problem(null), 'The config is not a JSON object.');
  });

  it('refuses encoder-decoder models in plain words', () => {
    // Fields of openai/whisper-large-v3.
    const whisper = {
      architectures: ['WhisperForConditionalGeneration'],
      model_type: 'whisper',
      is_encoder_decoder: true,
      d_model: 1280,
      num_hidden_layers: 32,
      vocab_size: 51866,
    };
    assert.match(problem(whisper), /encoder-decoder model \(whisper\)/);
  });

  it('survives prototype names and absurd values', () => {
    for (const config of [
      { model_type: '__proto__' },
      { model_type: 'constructor', hidden_size: -1 },
      { model_type: 7, hidden_size: 1.5 },
      { text_config: {} },
    ]) {
      assert.match(problem(config), /cannot be used/);
    }
  });
});

describe('any config', () => {
  const names = [...new Set(real.flatMap(({ config }) => Object.keys(config)))];
  const value = fc.oneof(
    fc.integer({ min: -2, max: 300 }),
    fc.double(),
    fc.boolean(),
    fc.string(),
    fc.constant(null),
    fc.array(fc.integer({ min: -1, max: 9 })),
    fc.object(),
  );

  it('gives an architecture with a finite count or a problem, and never throws', () => {
    const changes = fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 6 });
    forAll(
      [fc.constantFrom(...real), changes],
      ({ config }, changed) => {
        const answer = architectureFromConfig({ ...config, ...changed });
        if ('problem' in answer) assert.ok(answer.problem.length > 0);
        else {
          const { architecture } = answer;
          assert.ok(Number.isSafeInteger(parameterCount(architecture)));
          assert.ok([...architecture.rope.lengths, ...architecture.rope.dims].every((size) => Number.isFinite(size) && size >= 0));
        }
      },
      400,
    );
  });
});

describe("Mistral's params.json", () => {
  it('means the same model as the config.json beside it', () => {
    // params.json and config.json of mistralai/Mistral-7B-Instruct-v0.3.
    const params = {
      dim: 4096,
      n_layers: 32,
      head_dim: 128,
      hidden_dim: 14336,
      n_heads: 32,
      n_kv_heads: 8,
      norm_eps: 1e-5,
      vocab_size: 32768,
      rope_theta: 1e6,
    };
    assert.equal(parameterCount(facts(configFromMistralParams(params)).architecture), 7248023552);
  });

  it('is not seen in other files', () => {
    assert.equal(configFromMistralParams({ hidden_size: 64 }), null);
    assert.equal(configFromMistralParams('text'), null);
  });
});
