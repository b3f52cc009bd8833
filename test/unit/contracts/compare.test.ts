import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { answerComparison } from '../../../src/cli/compare';
import { answerFinetuning } from '../../../src/cli/finetuning';
import { answerInference } from '../../../src/cli/inference';
import type { RequestAnswer } from '../../../src/cli/requests';
import { forAll } from '../properties';
import { fields, type RandomFields } from '../training/requests';
import { anyRequest, models } from './requests';

const RUNS = 100;

/** Requests as they are sent, good and bad, of each calculation, and what answers one of them alone. */
interface Calculation {
  readonly type: 'inference' | 'finetuning' | 'training';
  readonly good: fc.Arbitrary<object>;
  readonly alone: (request: unknown) => RequestAnswer<object>;
}

const trainingRequest = fields.map(({ data, ...request }: RandomFields) => ({
  ...request,
  num_gpus: data * request.tensor_parallel * request.pipeline_parallel * request.context_parallel,
  gpu_key: 'a100_80',
  llm_key: 'meta-llama/Llama-2-7b-hf',
}));

const CALCULATIONS: readonly Calculation[] = [
  { type: 'inference', good: anyRequest, alone: (request) => answerInference(request, models) },
  { type: 'finetuning', good: trainingRequest, alone: (request) => answerFinetuning(request, models) },
  { type: 'training', good: trainingRequest, alone: (request) => answerFinetuning(request, models) },
];

/** What makes a request of either kind bad, in one field or several. */
const slip = fc.constantFrom<object>(
  { gpu_key: 'rtx_409' },
  { batch_size: 0 },
  { seq_length: 'long', num_gpus: -1 },
  { sequence_length: 2048 },
  { llm_key: 'custom', custom_model: { hidden_size: 'wide' } },
  { llm_key: null },
);

const withSlips = (good: fc.Arbitrary<object>): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 3, arbitrary: good },
    fc.tuple(good, slip).map(([request, wrong]) => ({ ...request, ...wrong })),
    fc.constantFrom<unknown>(null, 7, [], {}),
  );

for (const { type, good, alone } of CALCULATIONS) {
  describe(`a comparison of ${type}`, () => {
    it('answers each request as it is answered alone, in their order', () => {
      forAll(
        [fc.array(good, { minLength: 1, maxLength: 6 })],
        (configurations) => {
          const answer = answerComparison({ calculation_type: type, configurations }, models);
          assert.ok('response' in answer, JSON.stringify(answer));
          assert.equal(answer.response.calculation_type, type);
          const expected = configurations.map((one) => {
            const single = alone(one);
            return 'response' in single ? single.response : null;
          });
          assert.deepEqual(answer.response.comparisons, expected);
        },
        RUNS,
      );
    });

    it('names every problem of every request by its place and its field, in their order', () => {
      forAll(
        [good, fc.array(withSlips(good), { minLength: 1, maxLength: 5 })],
        (first, others) => {
          const configurations = [first, ...others];
          const answer = answerComparison({ calculation_type: type, configurations }, models);
          const expected = configurations.flatMap((one, index) => {
            const single = alone(one);
            if ('response' in single) return [];
            return single.problems.map(({ field, value, allowed, nearest, message }) => ({
              field: field === '' ? `configurations[${index}]` : `configurations[${index}].${field}`,
              value,
              allowed,
              nearest,
              message: `configurations[${index}]: ${message}`,
            }));
          });
          assert.deepEqual('problems' in answer ? answer.problems : [], expected);
        },
        RUNS,
      );
    });
  });
}

describe('a comparison', () => {
  it('of requests of the REST service names the place and field of each problem as well', () => {
    const whole = { model_size: 7, hidden_size: 4096, num_hidden_layers: 32, num_attention_heads: 32 };
    const answer = answerComparison({ configurations: [whole, { ...whole, batch_size: 0 }, { model_name: 'Qwen/Qwen3-8X' }] }, models);
    assert.ok('problems' in answer);
    assert.deepEqual(
      answer.problems.map(({ field, nearest }) => [field, nearest]),
      [
        ['configurations[1].batch_size', 1],
        ['configurations[2].model_name', 'Qwen/Qwen3-8B'],
      ],
    );
  });

  it('says what is wrong with itself', () => {
    for (const [input, fields] of [
      [{}, ['configurations']],
      [{ calculation_type: 'serving', configurations: [] }, ['calculation_type', 'configurations']],
      [{ configurations: {}, configuration: [] }, ['configurations', 'configuration']],
      [[], ['', 'configurations']],
    ] as const) {
      const answer = answerComparison(input, models);
      assert.ok('problems' in answer);
      assert.deepEqual(
        answer.problems.map(({ field }) => field),
        fields,
      );
    }
  });
});
