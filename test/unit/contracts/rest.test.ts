import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { answerRest, type RestService } from '../../../src/estimator/contracts/rest';
import { forAll } from '../properties';
import { catalogue } from '../speed/setups';
import { models } from './requests';

const service: RestService = { models, ids: catalogue.ids(), version: '1.2.3' };

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

function ask(method: string, path: string, body: unknown = '', from: RestService = service): Answer {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const { status, body: answered } = answerRest({ method, path, body: text }, from);
  return { status, body: answered as Answer['body'] };
}

const errorOf = ({ body }: Answer): string => {
  const [first, ...more] = Object.keys(body);
  assert.equal(first, 'error');
  // A comparison still answers what it can.
  assert.deepEqual(more, 'comparisons' in body ? ['calculation_type', 'unit', 'comparisons'] : []);
  return String(body['error']);
};

const memoryOf = (answer: Answer): Readonly<Record<string, string>> => {
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body['memory_requirements'] as Readonly<Record<string, string>>;
};

/** Its own example of a request that states the architecture. */
const SEVEN_B = {
  model_size: 7,
  precision: 'float16',
  batch_size: 1,
  sequence_length: 2048,
  hidden_size: 4096,
  num_hidden_layers: 32,
  num_attention_heads: 32,
};

const PATHS = ['health', 'models', 'models/Qwen3-8B', 'options', 'memory/inference', 'memory/training', 'memory/compare'];

describe('the REST calculator', () => {
  it('says that it is well', () => {
    assert.deepEqual(ask('GET', '/health'), { status: 200, body: { status: 'healthy', service: 'vLLM VRAM Planner', version: '1.2.3' } });
  });

  it('lists its models', () => {
    const { body } = ask('GET', '/models');
    assert.deepEqual(body, { models: catalogue.ids(), count: catalogue.ids().length });
  });

  it('tells the facts of one model, by its id or a name it goes by', () => {
    for (const path of [
      'models/meta-llama/Llama-3.1-8B-Instruct',
      'models/meta-llama%2FLlama-3.1-8B-Instruct',
      'models/Llama-3.1-8B-Instruct',
    ]) {
      const { status, body } = ask('GET', path);
      assert.equal(status, 200);
      assert.equal(body['parameters'], 8_030_261_248);
      assert.equal((body['config'] as Answer['body'])['vocab_size'], 128_256);
      assert.deepEqual(body['extracted_params'], {
        model_size: 8.030261248,
        precision: 'bfloat16',
        hidden_size: 4096,
        num_hidden_layers: 32,
        num_attention_heads: 32,
        num_key_value_heads: 8,
        head_dim: 128,
      });
    }
  });

  it('lists its options', () => {
    const { body } = ask('GET', 'options');
    assert.deepEqual(body['data_types'], ['float32', 'float16', 'bfloat16', 'int8', 'int4']);
    assert.deepEqual(body['optimizers'], ['AdamW', 'Quantized AdamW', 'SGD']);
    assert.deepEqual(body['calculation_types'], ['inference', 'training']);
    assert.equal((body['available_models'] as readonly string[]).length, catalogue.ids().length);
  });

  it('is asked under its own addresses too', () => {
    for (const [place, alias] of [
      ['models/Qwen3-8B', '/api/models/Qwen3-8B'],
      ['options', '/api/config/options'],
      ['health', '/health/?verbose=1'],
    ] as const)
      assert.deepEqual(ask('GET', alias), ask('get', place));
    assert.deepEqual(ask('POST', '/api/memory/inference', SEVEN_B), ask('POST', 'memory/inference', SEVEN_B));
  });

  it('calculates inference by name and by shape alike, as text with GB', () => {
    const named = ask('POST', 'memory/inference', {
      model_name: 'meta-llama/Llama-2-7b-hf',
      batch_size: 1,
      sequence_length: 4096,
      precision: 'float16',
    });
    const shaped = ask('POST', 'memory/inference', { ...SEVEN_B, model_size: 6.738415616, sequence_length: 4096 });
    for (const answer of [named, shaped]) {
      const memory = memoryOf(answer);
      assert.deepEqual(Object.keys(memory), ['model_weights', 'kv_cache', 'activation_memory', 'inference_memory']);
      // 6,738,415,616 parameters x 2 bytes; 4096 tokens x 512 KiB.
      assert.deepEqual([memory['model_weights'], memory['kv_cache']], ['12.55 GB', '2.00 GB']);
      assert.equal(answer.body['calculation_type'], 'inference');
      const { precision, num_key_value_heads, head_dim } = answer.body['parameters'] as Answer['body'];
      assert.deepEqual([precision, num_key_value_heads, head_dim], ['float16', 32, 128]);
    }
  });

  it('adds up', () => {
    const sizes = fc.record({
      model_size: fc.double({ min: 0.001, max: 1000, noNaN: true }),
      precision: fc.constantFrom('float32', 'float16', 'bfloat16', 'int8', 'int4'),
      batch_size: fc.integer({ min: 1, max: 1000 }),
      sequence_length: fc.integer({ min: 1, max: 1_000_000 }),
      hidden_size: fc.integer({ min: 1, max: 65_536 }),
      num_hidden_layers: fc.integer({ min: 1, max: 1000 }),
      num_attention_heads: fc.integer({ min: 1, max: 256 }),
      use_flash_attention: fc.boolean(),
    });
    forAll([sizes, fc.constantFrom('inference', 'training')], (body, kind) => {
      const parts = Object.values(memoryOf(ask('POST', `memory/${kind}`, body)));
      for (const part of parts) assert.match(part, /^\d+\.\d\d GB$/);
      const numbers = parts.map(parseFloat);
      const total = numbers.pop() ?? 0;
      // Each is rounded to a hundredth.
      assert.ok(Math.abs(total - numbers.reduce((sum, part) => sum + part, 0)) < 0.005 * (parts.length + 1), parts.join(' '));
    });
  });

  it('takes the precision of a checkpoint where none is asked for, and 16 bits for the cache of quantized weights', () => {
    const answer = ask('POST', 'memory/inference', { model_name: 'Qwen/Qwen3-8B-AWQ' });
    const { precision, kv_cache_precision } = answer.body['parameters'] as Answer['body'];
    assert.deepEqual([precision, kv_cache_precision], ['int4', 'float16']);
    const halved = ask('POST', 'memory/inference', { ...SEVEN_B, kv_cache_precision: 'int8' });
    assert.deepEqual(
      [memoryOf(ask('POST', 'memory/inference', SEVEN_B))['kv_cache'], memoryOf(halved)['kv_cache']],
      ['1.00 GB', '0.50 GB'],
    );
  });

  it('counts the score matrix of attention without flash attention', () => {
    const activations = (use_flash_attention: boolean): number =>
      parseFloat(memoryOf(ask('POST', 'memory/inference', { ...SEVEN_B, use_flash_attention }))['activation_memory'] ?? '');
    // 32 heads x 2048 x 2048 x 2 bytes.
    assert.ok(Math.abs(activations(false) - activations(true) - 0.25) < 0.011);
  });

  it('takes its rules of thumb for optimizers: 8, 2 and 4 bytes per trained parameter', () => {
    const states = (optimizer: string, trainable_parameters: number): string | undefined =>
      memoryOf(ask('POST', 'memory/training', { ...SEVEN_B, model_size: 1.073741824, optimizer, trainable_parameters }))[
        'optimizer_memory'
      ];
    assert.deepEqual([states('AdamW', 100), states('Quantized AdamW', 100), states('SGD', 50)], ['8.00 GB', '2.00 GB', '2.00 GB']);
  });

  it('compares calculations in their order, each as it is alone', () => {
    const configurations = [SEVEN_B, { ...SEVEN_B, precision: 'int4' }, { model_name: 'Qwen3-8B' }];
    for (const calculation_type of ['inference', 'training']) {
      const { status, body } = ask('POST', 'memory/compare', { calculation_type, configurations });
      assert.equal(status, 200);
      assert.equal(body['calculation_type'], calculation_type);
      assert.deepEqual(
        body['comparisons'],
        configurations.map((one) => ask('POST', `memory/${calculation_type}`, one).body),
      );
    }
  });
});

describe('an error of the REST calculator', () => {
  it('is 400 for bad and missing parameters, all of them by name', () => {
    const bad = ask('POST', 'memory/inference', { batch_size: 'two', precision: 'float17', hidden: 4096 });
    assert.equal(bad.status, 400);
    for (const field of ['batch_size', 'precision', 'model_size', 'hidden_size', 'num_hidden_layers', 'num_attention_heads'])
      assert.match(errorOf(bad), new RegExp(`(^|; )${field} is `));
    assert.match(errorOf(bad), /precision is "float17"; allowed: one of float32.*did you mean "float16"\?/);
    assert.match(errorOf(bad), /hidden is 4096; allowed: no such field/);
    const training = ask('POST', 'memory/training', { ...SEVEN_B, optimizer: 'Lion', trainable_parameters: 101 });
    assert.equal(training.status, 400);
    assert.match(
      errorOf(training),
      /optimizer is "Lion".*trainable_parameters is 101; allowed: a number from 0 to 100; did you mean 100\?/,
    );
  });

  it('is 400 for a body that is no JSON object', () => {
    for (const [body, why] of [
      ['', /no JSON: it is empty/],
      ['{"model_size": 7', /POST memory\/inference is no JSON/],
      ['[]', /The request is \[\]; allowed: an object/],
      ['null', /The request is null; allowed: an object/],
    ] as const) {
      const answer = ask('POST', 'memory/inference', body);
      assert.equal(answer.status, 400, body);
      assert.match(errorOf(answer), why);
    }
  });

  it('is 404 for an unknown model, with the nearest one that is known', () => {
    for (const answer of [
      ask('GET', 'models/Qwen/Qwen3-8X'),
      ask('POST', 'memory/inference', { model_name: 'Qwen/Qwen3-8X' }),
      ask('POST', 'memory/training', { model_name: 'Qwen/Qwen3-8X' }),
      ask('POST', 'memory/compare', { configurations: [SEVEN_B, { model_name: 'Qwen/Qwen3-8X' }] }),
    ]) {
      assert.equal(answer.status, 404);
      assert.match(errorOf(answer), /Qwen\/Qwen3-8X".*did you mean "Qwen\/Qwen3-8B"\?/);
    }
  });

  it('is 404 for a model of which the name tells no more than the size', () => {
    assert.equal(ask('GET', 'models/nobody/something-7b').status, 404);
    assert.equal(ask('POST', 'memory/inference', { model_name: 'nobody/something-7b' }).status, 404);
  });

  it('is 400 where a model is unknown and a parameter bad', () => {
    const answer = ask('POST', 'memory/inference', { model_name: 'nobody/nothing', batch_size: 0 });
    assert.equal(answer.status, 400);
    assert.match(errorOf(answer), /batch_size is 0.*model_name is "nobody\/nothing"/);
  });

  it('of a comparison stands beside what the good configurations come to, in their order', () => {
    const answer = ask('POST', 'memory/compare', { configurations: [SEVEN_B, { ...SEVEN_B, batch_size: 0 }] });
    assert.equal(answer.status, 400);
    const [good, bad] = answer.body['comparisons'] as readonly Readonly<Record<string, unknown>>[];
    assert.deepEqual(good, ask('POST', 'memory/inference', SEVEN_B).body);
    assert.match(String(bad?.['error']), /^batch_size is 0/);
    assert.deepEqual(Object.keys(ask('POST', 'memory/compare', { configurations: [{ ...SEVEN_B, batch_size: 0 }] }).body), ['error']);
  });

  it('names the configuration of a comparison', () => {
    const answer = ask('POST', 'memory/compare', {
      configurations: [SEVEN_B, { ...SEVEN_B, batch_size: 0 }, { model_name: 'nobody/nothing' }],
    });
    assert.equal(answer.status, 400);
    assert.match(errorOf(answer), /^configurations\[1\]: batch_size is 0.*; configurations\[2\]: model_name is/);
    for (const body of [
      {},
      { configurations: [] },
      { configurations: SEVEN_B },
      { configurations: [SEVEN_B], calculation_type: 'serving' },
    ])
      assert.match(errorOf(ask('POST', 'memory/compare', body)), /^(configurations|calculation_type) is /);
  });

  it('is 404 for an unknown path, with those there are', () => {
    for (const path of ['/', 'nowhere', 'memory', 'memory/inference/more', 'models/', '%']) {
      const answer = ask('GET', path);
      if (path === 'models/') assert.equal(answer.status, 200);
      else {
        assert.equal(answer.status, 404);
        assert.ok(errorOf(answer).startsWith(`There is no ${path}. Paths: health, models, models/NAME, options, memory/inference`));
      }
    }
  });

  it('is 405 for a wrong method, with the right one', () => {
    for (const path of PATHS) {
      const right = path.startsWith('memory/') ? 'POST' : 'GET';
      for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'].filter((other) => other !== right)) {
        const answer = ask(method, path, {});
        assert.equal(answer.status, 405);
        assert.match(errorOf(answer), new RegExp(`^${method} is not allowed on ${path.replace('Qwen3-8B', 'NAME')}; use ${right}\\.$`));
      }
    }
  });

  it('is 500 for a failure of the calculator itself, without a trace of the machine', () => {
    class LostFile extends Error {}
    const thrown = [
      new LostFile(`ENOENT: no such file, open '${process.cwd()}/data/models.json'`),
      new TypeError('x'),
      `${process.cwd()}`,
      undefined,
    ];
    for (const failure of thrown) {
      const fails = (): never => {
        throw failure;
      };
      const broken: RestService = { ...service, models: { find: fails, nearest: fails, describe: fails } };
      for (const [method, path, body] of [
        ['GET', 'models/Qwen3-8B', ''],
        ['POST', 'memory/inference', { model_name: 'Qwen3-8B' }],
        ['POST', 'memory/training', { model_name: 'Qwen3-8B' }],
        ['POST', 'memory/compare', { configurations: [{ model_name: 'Qwen3-8B' }] }],
      ] as const) {
        const answer = ask(method, path, body, broken);
        assert.equal(answer.status, 500);
        const kind = failure instanceof Error ? failure.constructor.name : 'an unknown error';
        const place = path.replace('Qwen3-8B', 'NAME');
        assert.equal(errorOf(answer), `${method} ${place} failed in the calculator itself, not by the request: ${kind}.`);
      }
    }
  });

  it('is the only answer to whatever else is sent', () => {
    const anything = fc.oneof(
      fc.string(),
      fc.json(),
      fc.object().map((body) => JSON.stringify(body)),
    );
    const path = fc.oneof(fc.constantFrom(...PATHS), fc.webPath(), fc.string());
    forAll([fc.constantFrom('GET', 'POST', 'PUT', 'x'), path, anything], (method, place, body) => {
      const { status, body: answered } = ask(method, place, body);
      assert.ok([200, 400, 404, 405].includes(status), `${status}`);
      assert.equal(status === 200, !('error' in answered));
    });
  });
});
