import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { humanSize, isPlainSafe, plainScalarValue, valueFor } from '../../../src/deployments/values';
import { findArgument } from '../../../src/vllm/argumentTable';

describe('YAML 1.1 scalars', () => {
  // Right-hand sides printed by PyYAML 6.0.3 `yaml.safe_load`.
  const printed: readonly (readonly [string, unknown])[] = [
    ['yes', true],
    ['On', true],
    ['off', false],
    ['No', false],
    ['y', 'y'],
    ['~', null],
    ['', null],
    ['NULL', null],
    ['010', 8],
    ['08', '08'],
    ['0o7', '0o7'],
    ['0_1', 1],
    ['1_000', 1000],
    ['+1', 1],
    ['_1', '_1'],
    ['-0x1F', -31],
    ['0b101', 5],
    ['1:30', 90],
    ['-1:30.5', -90.5],
    ['190:20:30', 685230],
    ['0:0', '0:0'],
    ['2e-5', '2e-5'],
    ['1.0e5', '1.0e5'],
    ['1.e+3', 1000],
    ['.5e+3', 500],
    ['-.5', '-.5'],
    ['.5', 0.5],
    ['0.90', 0.9],
    ['685.230_15e+03', 685230.15],
    ['.inf', Infinity],
    ['-.INF', -Infinity],
    ['32k', '32k'],
    ['Qwen/Qwen3-8B', 'Qwen/Qwen3-8B'],
  ];
  for (const [source, value] of printed) {
    it(`reads ${source === '' ? 'nothing' : source} as PyYAML does`, () => assert.deepEqual(plainScalarValue(source), value));
  }
});

describe('sizes', () => {
  it('takes small letters as powers of 1000 and capitals as powers of 1024', () => {
    assert.equal(humanSize('32k'), 32_000);
    assert.equal(humanSize('32K'), 32_768);
    assert.equal(humanSize('8g'), 8_000_000_000);
    assert.equal(humanSize('8G'), 8 * 2 ** 30);
    assert.equal(humanSize('25.6k'), 25_600);
  });

  it('refuses what vLLM refuses', () => {
    for (const text of ['25.6K', '32kb', '-1k', 'k', '32 k', '']) assert.equal(humanSize(text), null, text);
  });
});

describe('what an argument takes', () => {
  const of = (name: string, value: string | number | boolean, source?: string) => valueFor(findArgument(name), value, source);

  it('reads quoted numbers as numbers', () => {
    assert.equal(of('max-model-len', '4096'), 4096);
    assert.equal(of('gpu-memory-utilization', '0.9'), 0.9);
  });

  it('gives sizes only to arguments that take them', () => {
    assert.equal(of('max-model-len', '32k'), 32_000);
    assert.equal(of('max-num-seqs', '1k'), '1k');
  });

  it('keeps what vLLM would refuse as text', () => {
    assert.equal(of('tensor-parallel-size', 2, '2.0'), '2.0');
    assert.equal(of('tensor-parallel-size', 2, '2'), 2);
    assert.equal(of('max-model-len', 'auto'), 'auto');
  });

  it('takes the word true as the flag', () => {
    assert.equal(of('enforce-eager', 'True'), true);
    assert.equal(of('served-model-name', 'true'), 'true');
  });
});

describe('text without quotes', () => {
  it('is safe only where YAML reads the same text', () => {
    for (const text of ['fp8', 'Qwen/Qwen3-8B', './model', 'hf:org/name', 'a100-80']) assert.ok(isPlainSafe(text), text);
    for (const text of ['on', '1_0', '', ' x', 'a: b', 'a #b', '- a', '*x', '{a}', '2026-01-01', 'a:', '@x', '~', "it's"]) {
      assert.ok(!isPlainSafe(text), text);
    }
  });
});
