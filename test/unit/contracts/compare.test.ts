import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { EXIT } from '../../../src/cli/command';
import { answerComparison } from '../../../src/cli/compare';
import { answerFinetuning } from '../../../src/cli/finetuning';
import { answerInference } from '../../../src/cli/inference';
import { problemsOf, shown, type RequestAnswer } from '../../../src/cli/requests';
import { cli } from '../cli/terminal';
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
          assert.deepEqual(
            answer.response.comparisons,
            configurations.map((one) => shown(alone(one))),
          );
        },
        RUNS,
      );
    });

    it('answers the good beside the bad, which have their errors in their place, and names every problem by its place and field', () => {
      forAll(
        [good, fc.array(withSlips(good), { minLength: 1, maxLength: 5 })],
        (first, others) => {
          const configurations = [first, ...others];
          const answer = answerComparison({ calculation_type: type, configurations }, models);
          assert.ok('response' in answer);
          const singles = configurations.map((one) => alone(one));
          assert.deepEqual(answer.response.comparisons, singles.map(shown));
          const expected = singles.flatMap((single, index) =>
            problemsOf(single).map(({ field, value, allowed, nearest, message }) => ({
              field: field === '' ? `configurations[${index}]` : `configurations[${index}].${field}`,
              value,
              allowed,
              nearest,
              message: `configurations[${index}]: ${message}`,
            })),
          );
          assert.deepEqual(answer.response.problems ?? [], expected);
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
    assert.deepEqual(
      problemsOf(answer).map(({ field, nearest }) => [field, nearest]),
      [
        ['configurations[1].batch_size', 1],
        ['configurations[2].model_name', 'Qwen/Qwen3-8B'],
      ],
    );
    assert.ok('response' in answer);
    assert.deepEqual(
      answer.response.comparisons.map((one) => 'memory_requirements' in one),
      [true, false, false],
    );
  });

  it('of nothing that can be used is no more than the problems of all', () => {
    for (const configurations of [
      [{ gpu_key: 'rtx_409', llm_key: 'Qwen/Qwen3-8B' }, 7],
      [{ model_name: 'Qwen/Qwen3-8X' }, { model_name: 'Qwen/Qwen3-8B', batch_size: 0 }],
    ]) {
      const answer = answerComparison({ configurations }, models);
      assert.ok(!('response' in answer));
      assert.deepEqual(
        new Set(answer.problems.map(({ field }) => field.slice(0, 'configurations[0]'.length))),
        new Set(['configurations[0]', 'configurations[1]']),
      );
    }
  });

  it('tells on the command line by its exit code and first of all what is bad', async () => {
    const good = { gpu_key: 'rtx_4090', llm_key: 'Qwen/Qwen3-8B', quantization: 'fp8' };
    const { code, out } = await cli(['compare', '-'], JSON.stringify({ configurations: [good, { ...good, gpu_key: 'rtx_409' }] }));
    assert.equal(code, EXIT.unusable);
    const printed = JSON.parse(out) as { readonly error: string; readonly comparisons: readonly { readonly error?: string }[] };
    assert.match(printed.error, /^configurations\[1\]: gpu_key is "rtx_409"/);
    assert.deepEqual(
      printed.comparisons.map(({ error }) => error?.slice(0, 'gpu_key is'.length)),
      [undefined, 'gpu_key is'],
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
