import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { answerFinetuning } from '../../../src/cli/finetuning';
import { answerInference } from '../../../src/cli/inference';
import type { RequestAnswer } from '../../../src/cli/requests';
import type { RequestProblem } from '../../../src/estimator/contracts/problem';
import { GIB } from '../../../src/estimator/units';
import { forAll } from '../properties';
import { fields, type RandomFields } from '../training/requests';
import { anyDecoder, changedConfig, type Config, type Sizes } from './customModels';
import { anyRequest, models, type RandomRequest } from './requests';

const RUNS = 200;
/** Rounding of sums in another order. */
const SLACK = 1 + 1e-9;

interface Memory {
  readonly vram_usage: number;
}

type Ask = (custom_model: Config) => RequestAnswer<Memory>;

const serving =
  (request: RandomRequest): Ask =>
  (custom_model) =>
    answerInference({ ...request, llm_key: 'custom', custom_model }, models);

const training =
  ({ data, ...request }: RandomFields): Ask =>
  (custom_model) => {
    const num_gpus = data * request.tensor_parallel * request.pipeline_parallel * request.context_parallel;
    return answerFinetuning({ ...request, num_gpus, gpu_key: 'a100_80', llm_key: 'custom', custom_model }, models);
  };

/** Requests whose memory does not depend on how much must leave the GPUs to fit, on no more pipeline stages than the model has layers. */
function onGpus(request: RandomRequest): RandomRequest {
  const { num_offload_layers: _layers, percentage_offload: _share, ...rest } = request;
  return { ...rest, enable_offloading: false };
}

function response(answer: RequestAnswer<Memory>): Memory {
  assert.ok('response' in answer, 'problems' in answer ? answer.problems.map(({ message }) => message).join('\n') : '');
  return answer.response;
}

/** What may be less than nothing: an optimization that costs memory. */
const SIGNED = 'saved_gb';

function checkNumbers(value: unknown, path = ''): void {
  if (typeof value === 'number') assert.ok(Number.isFinite(value) && (value >= 0 || path.endsWith(SIGNED)), `${path} is ${value}`);
  if (typeof value === 'object' && value !== null) for (const [key, part] of Object.entries(value)) checkNumbers(part, `${path}.${key}`);
}

const SIZES = ['num_hidden_layers', 'hidden_size', 'vocab_size'] as const;

/** More of one size, and of nothing else. */
const larger: fc.Arbitrary<(config: Sizes) => Sizes> = fc
  .tuple(
    fc.constantFrom(...SIZES),
    fc.constantFrom<(size: number, step: number) => number>(
      (size, step) => size + step,
      (size) => size * 2,
    ),
  )
  // The heads share the hidden size out.
  .map(([field, more]) => (config) => ({
    ...config,
    [field]: more(config[field], field === 'hidden_size' ? config.num_attention_heads : 1),
  }));

function needsNoLess(ask: Ask, config: Sizes, more: (config: Sizes) => Sizes): void {
  const [before, after] = [config, more(config)].map((one) => response(ask(one)).vram_usage) as [number, number];
  // The last norm is counted with the layers, of which each stage has its share.
  const norm = (8 * config.hidden_size) / GIB;
  assert.ok(before <= after * SLACK + norm, `${after} GiB after ${before} for ${JSON.stringify(more(config))}`);
}

describe('a request with an architecture of its own', () => {
  it('is refused where no attention can be made of its heads, with the fields that do not fit', () => {
    const config = { num_hidden_layers: 32, hidden_size: 4096, vocab_size: 32_000, intermediate_size: 11_008, num_attention_heads: 32 };
    const cases: readonly (readonly [change: Config, refused: readonly unknown[]])[] = [
      [{}, []],
      [{ num_attention_heads: 33 }, ['custom_model.num_attention_heads', 33, 32, /hidden_size, which is 4096.*head_dim/]],
      [{ num_attention_heads: 33, head_dim: 128 }, []],
      [{ num_key_value_heads: 5 }, ['custom_model.num_key_value_heads', 5, 4, /num_attention_heads, which is 32/]],
      [{ num_key_value_heads: 64 }, ['custom_model.num_key_value_heads', 64, 32, /num_attention_heads/]],
      [{ num_attention_heads: 33, kv_lora_rank: 512, qk_nope_head_dim: 128, qk_rope_head_dim: 64, v_head_dim: 128 }, []],
    ];
    for (const [change, [field, value, nearest, words]] of cases)
      for (const answer of [answerInference, answerFinetuning]) {
        const result = answer({ gpu_key: 'h100_80', llm_key: 'custom', custom_model: { ...config, ...change } }, models);
        const problems: readonly RequestProblem[] = 'problems' in result ? result.problems : [];
        const expected = field === undefined ? [] : [[field, value, nearest]];
        assert.deepEqual(
          problems.map((problem) => [problem.field, problem.value, problem.nearest]),
          expected,
        );
        if (words instanceof RegExp) assert.match(problems[0]?.allowed ?? '', words);
      }
  });

  it('is answered with finite numbers, none negative', () => {
    forAll([anyRequest, anyDecoder], (request, config) => checkNumbers(response(serving(request)(config))), RUNS);
    forAll([fields, anyDecoder], (request, config) => checkNumbers(response(training(request)(config))), RUNS);
  });

  it('is answered with such numbers or refused, whatever its config says', () => {
    const check = (ask: Ask, config: Config): void => {
      const answer = ask(config);
      if ('response' in answer) checkNumbers(answer.response);
      else for (const { field } of answer.problems) assert.match(field, /^custom_model/);
    };
    forAll([anyRequest, changedConfig], (request, config) => check(serving(request), config), RUNS);
    forAll([fields, changedConfig], (request, config) => check(training(request), config), RUNS);
  });

  it('needs no less memory to serve with more layers, a wider hidden state or a larger vocabulary', () => {
    forAll(
      [anyRequest, anyDecoder, larger],
      (anything, config, more) => {
        const request = onGpus(anything);
        // A stage without layers is not a pipeline.
        needsNoLess(serving(request), { ...config, num_hidden_layers: Math.max(config.num_hidden_layers, request.num_gpus) }, more);
      },
      RUNS,
    );
  });

  it('needs no less memory to train with more layers, a wider hidden state or a larger vocabulary', () => {
    forAll(
      [fields, anyDecoder, larger],
      (request, config, more) => {
        const layers = Math.max(config.num_hidden_layers, request.pipeline_parallel);
        needsNoLess(training(request), { ...config, num_hidden_layers: layers }, more);
      },
      RUNS,
    );
  });

  it('takes every size of which no more is known', () => {
    forAll([anyRequest, fc.double({ min: 0.01, max: 5000, noNaN: true })], (request, params_b) => {
      checkNumbers(response(serving(request)({ params_b })));
    });
  });
});

describe('a custom model that cannot be used', () => {
  const LLAMA = {
    model_type: 'llama',
    num_hidden_layers: 2,
    hidden_size: 64,
    num_attention_heads: 4,
    intermediate_size: 128,
    vocab_size: 100,
  };
  const { model_type: _type, ...UNKNOWN } = LLAMA;
  const LATENT = { ...LLAMA, model_type: 'deepseek_v3', kv_lora_rank: 16 };

  /** A custom model, then its problems: field, what is allowed, nearest valid choice. */
  const cases: readonly (readonly [unknown, ...(readonly [field: string, allowed: RegExp, nearest: unknown])[]])[] = [
    [undefined, ['custom_model', /Hugging Face config/, null]],
    [7, ['custom_model', /Hugging Face config.*not a JSON object/, null]],
    [{ is_encoder_decoder: true }, ['custom_model', /only decoders and encoders/, null]],
    [{ params_b: '7' }, ['custom_model.params_b', /billions of parameters, a number from 0\.01 to 5000/, 7]],
    [{ params_b: 1e9 }, ['custom_model.params_b', /to 5000/, 5000]],
    [
      {},
      ['custom_model.num_hidden_layers', /a whole number from 1 to 4096/, null],
      ['custom_model.hidden_size', /a whole number from 1/, null],
      ['custom_model.vocab_size', /a whole number from 1/, null],
      ['custom_model.num_attention_heads', /a whole number from 1/, null],
    ],
    [
      { ...LLAMA, num_hidden_layers: 1e9, hidden_size: 'wide', vocab_size: 0, tie_word_embeddings: 'true', torch_dtype: 16 },
      ['custom_model.num_hidden_layers', /from 1 to 4096/, 4096],
      ['custom_model.hidden_size', /a whole number/, null],
      ['custom_model.vocab_size', /from 1/, 1],
      ['custom_model.tie_word_embeddings', /true or false/, true],
      ['custom_model.torch_dtype', /a text/, null],
    ],
    [{ ...UNKNOWN, num_hidden_layers: undefined, n_layer: 2.4 }, ['custom_model.n_layer', /a whole number/, 2]],
    [{ ...LLAMA, num_hidden_layers: undefined, n_layer: -2 }, ['custom_model.n_layer', /a whole number/, 0]],
    [{ ...LLAMA, num_attention_heads: 65 }, ['custom_model.num_attention_heads', /a divisor of hidden_size, which is 64/, 64]],
    [{ ...LLAMA, head_dim: 0 }, ['custom_model.head_dim', /from 1/, 1]],
    [{ ...LLAMA, num_key_value_heads: 0 }, ['custom_model.num_key_value_heads', /from 1/, 1]],
    [{ ...LLAMA, layer_types: 'full' }, ['custom_model.layer_types', /a list of texts/, null]],
    [{ ...LLAMA, num_experts: 8, num_experts_per_tok: 9 }, ['custom_model.num_experts_per_tok', /from 1 to the 8 experts/, 8]],
    [
      { text_config: { ...LLAMA, hidden_size: 1.5, vocab_size: undefined }, vocab_size: -1 },
      ['custom_model.text_config.hidden_size', /a whole number/, 2],
      ['custom_model.vocab_size', /a whole number/, 0],
    ],
    [LATENT, ['custom_model.qk_nope_head_dim', /from 1/, null], ['custom_model.qk_rope_head_dim', /from 1/, null]],
  ];

  for (const [custom_model, ...expected] of cases) {
    it(`names each wrong field and what is allowed: ${JSON.stringify(custom_model)}`, () => {
      const request = JSON.parse(JSON.stringify({ gpu_key: 'rtx_4090', llm_key: 'custom', custom_model })) as object;
      for (const answer of [answerInference(request, models), answerFinetuning(request, models)]) {
        assert.ok('problems' in answer);
        const found = answer.problems.map(({ field, nearest }) => [field, nearest]);
        assert.deepEqual(
          found,
          expected.map(([field, , nearest]) => [field, nearest]),
        );
        answer.problems.forEach((problem: RequestProblem, index) => assert.match(problem.allowed, expected[index]?.[1] ?? /^$/));
      }
    });
  }

  it('is refused beside every other problem of the request', () => {
    const answer = answerInference(
      { gpu_key: 'rtx_409', llm_key: 'custom', custom_model: { ...LLAMA, vocab_size: 0 }, batch_size: 0 },
      models,
    );
    assert.ok('problems' in answer);
    assert.deepEqual(
      answer.problems.map(({ field }) => field),
      ['batch_size', 'gpu_key', 'custom_model.vocab_size'],
    );
  });
});

describe('what is assumed of a custom model', () => {
  const said = (custom_model: Config): string => {
    const answer = answerInference({ gpu_key: 'rtx_4090', llm_key: 'custom', custom_model }, models);
    assert.ok('response' in answer);
    return answer.response.assumptions.join('\n');
  };

  it('is said', () => {
    assert.match(said({ params_b: 7 }), /The model: only the size is known: 7 billion parameters/);
    assert.match(
      said({ num_hidden_layers: 2, hidden_size: 64, num_attention_heads: 4, vocab_size: 100 }),
      /The model: .*Llama-like decoder/,
    );
  });

  it('is no class default where the config has the size under another name', () => {
    const config = { model_type: 'llama', n_layers: 2, dim: 64, n_heads: 4, intermediate_size: 128, vocab_size: 100 };
    const answer = answerFinetuning({ gpu_key: 'rtx_4090', llm_key: 'custom', custom_model: config }, models);
    assert.ok('response' in answer);
    // Two layers of 4 x 64 x 64 for attention, 3 x 64 x 128 for the feed-forward and two norms; a norm, the embedding and the head.
    assert.equal(answer.response.total_parameters, 2 * (4 * 64 * 64 + 3 * 64 * 128 + 2 * 64) + 64 + 2 * 64 * 100);
  });
});
