import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { answerComparison } from '../../../src/cli/compare';
import { requestModels } from '../../../src/cli/requests';
import { listGpus, listModels } from '../../../src/estimator/contracts/lists';
import {
  restCompare,
  restHealth,
  restInference,
  restModel,
  restModels,
  restNotFound,
  restOptions,
  restTraining,
  restWrongMethod,
} from '../../../src/estimator/contracts/rest';
import { simpleMemory } from '../../../src/estimator/contracts/simple';
import { GPUS } from '../../../src/estimator/hardware/catalogue';
import { catalogue } from '../speed/setups';

const models = requestModels(catalogue);

describe('lists', () => {
  it('give key, label and memory of every GPU, the custom ones last', () => {
    const listed = listGpus(GPUS);
    assert.deepEqual(
      listed.slice(-2).map((gpu) => gpu.key),
      ['custom_discrete', 'custom_apple_silicon'],
    );
    assert.ok(listed.some((gpu) => gpu.key === 'rtx_4090' && gpu.memory === 24));
  });

  it('give key and name of every model', () => {
    assert.deepEqual(listModels(['Qwen/Qwen3-8B-AWQ']), [{ key: 'Qwen/Qwen3-8B-AWQ', name: 'Qwen3 8B AWQ' }]);
  });
});

describe('the simple calculator', () => {
  it('follows its own rule: 7 B in fp16 with 4k context', () => {
    const { weights, kvCache, framework, total, fits } = simpleMemory({ billions: 7, weights: 'fp16', contextK: 4 }, GPUS);
    // 14e9 bytes are 13.04 GiB; (4k / 4k) x (7 / 7) x 1.5 GB; 1.5 GB of framework.
    assert.ok(Math.abs(weights - 13.04) < 0.01);
    assert.deepEqual([kvCache, framework], [1.5, 1.5]);
    assert.ok(Math.abs(total - 16.04) < 0.01);
    const fitting = (key: string): boolean | undefined => fits.find((gpu) => gpu.key === key)?.fits;
    assert.deepEqual([fitting('t4'), fitting('rtx_4090')], [false, true]);
  });
});

describe('the REST calculator', () => {
  it('answers health, models, one model and options', () => {
    assert.equal(restHealth().status, 200);
    assert.equal(restModels(['a/b']).status, 200);
    assert.equal(restModel('meta-llama/Llama-3.1-8B-Instruct', models).body['parameters'], 8_030_261_248);
    assert.deepEqual(restOptions().body['data_types'], ['float32', 'float16', 'bfloat16', 'int8', 'int4']);
  });

  it('estimates inference by name and by shape alike, as text with GB', () => {
    const named = restInference(
      { model_name: 'meta-llama/Llama-2-7b-hf', batch_size: 1, sequence_length: 4096, precision: 'float16' },
      models,
    );
    const shaped = restInference(
      {
        model_size: 6.738415616,
        precision: 'float16',
        sequence_length: 4096,
        hidden_size: 4096,
        num_hidden_layers: 32,
        num_attention_heads: 32,
      },
      models,
    );
    const memory = named.body['memory_requirements'] as Readonly<Record<string, string>>;
    // 6,738,415,616 parameters x 2 bytes; 4096 tokens x 512 KiB.
    assert.deepEqual([memory['model_weights'], memory['kv_cache']], ['12.55 GB', '2.00 GB']);
    const other = shaped.body['memory_requirements'] as Readonly<Record<string, string>>;
    assert.deepEqual([other['model_weights'], other['kv_cache']], ['12.55 GB', '2.00 GB']);
  });

  it('takes its rules of thumb for optimizers: 8, 2 and 4 bytes per trained parameter', () => {
    const states = (optimizer: string, percent: number): unknown => {
      const answer = restTraining(
        {
          model_size: 1.073741824,
          hidden_size: 2048,
          num_hidden_layers: 16,
          num_attention_heads: 16,
          optimizer,
          trainable_parameters: percent,
        },
        models,
      );
      return (answer.body['memory_requirements'] as Readonly<Record<string, string>>)['optimizer_memory'];
    };
    assert.deepEqual([states('AdamW', 100), states('Quantized AdamW', 100), states('SGD', 50)], ['8.00 GB', '2.00 GB', '2.00 GB']);
  });

  it('answers 400, 404 and 405 with an error that says which and why', () => {
    assert.match(String(restInference({ batch_size: 'two' }, models).body['error']), /batch_size.*model_size/s);
    const unknown = restInference({ model_name: 'meta-llama/Llama-9-8B' }, models);
    assert.equal(unknown.status === 404 || unknown.status === 200, true);
    assert.equal(restModel('nobody/nothing-at-all', models).status, 404);
    assert.equal(restNotFound('/nowhere').status, 404);
    assert.equal(restWrongMethod('models', 'POST', 'GET').status, 405);
    assert.match(String(restCompare({ configurations: [{ model_size: 7 }] }, models).body['error']), /configurations\[0\]/);
  });
});

describe('compare', () => {
  it('puts inference requests side by side', () => {
    const answer = answerComparison(
      {
        calculation_type: 'inference',
        configurations: ['fp16', 'q4_k_m'].map((quantization) => ({ gpu_key: 'rtx_4090', llm_key: 'Qwen/Qwen3-8B', quantization })),
      },
      models,
    );
    assert.ok('response' in answer);
    assert.equal(answer.response.comparisons.length, 2);
  });

  it('names the configuration of every problem', () => {
    const answer = answerComparison(
      {
        configurations: [
          { gpu_key: 'rtx_409', llm_key: 'Qwen/Qwen3-8B' },
          { gpu_key: 'rtx_4090', llm_key: 'Qwen/Qwen3-8B', batch_size: 0 },
        ],
      },
      models,
    );
    assert.ok('problems' in answer);
    assert.deepEqual(
      answer.problems.map((problem) => problem.field),
      ['configurations[0].gpu_key', 'configurations[1].batch_size'],
    );
  });
});
