import assert from 'node:assert/strict';
import type { ArgumentValue } from '../../../../src/vllm/arguments';
import { versionBounds } from '../../../../src/vllm/versionBounds';
import { versionSpan, type VersionSpan } from '../../../../src/vllm/versionSpan';
import { NEWEST_VERSION, UNKNOWN_VERSION, coveredVersion, rulesOf } from '../../../../src/vllm/versions';
import { LLAMA_8B, args } from './models';

describe('version rules', () => {
  it('takes suffixes, prefixes and development versions as their release', () => {
    assert.equal(rulesOf('v0.8.5.post1').defaultEngine, 'V1');
    assert.equal(rulesOf('0.15.2rc1.dev93+g11a4c9d30').checksWholeModelPerStage, true);
    assert.equal(rulesOf('0.16.0').checksWholeModelPerStage, false);
    assert.equal(rulesOf('0.7.3').defaultEngine, 'V0');
  });

  it('takes versions beyond the table as the nearest known one', () => {
    assert.equal(coveredVersion('0.99.0'), NEWEST_VERSION);
    assert.equal(coveredVersion('nightly'), NEWEST_VERSION);
    assert.equal(coveredVersion('0.2.7'), '0.4.0');
  });

  it('changes the default utilization and the CUDA graph accounting in 0.21', () => {
    assert.equal(rulesOf('0.20.2').defaultGpuMemoryUtilization, 0.9);
    assert.equal(rulesOf('0.21.0').defaultGpuMemoryUtilization, 0.92);
    assert.equal(rulesOf('0.20.2').chargesCudaGraphs, false);
    assert.equal(rulesOf('0.21.0').chargesCudaGraphs, true);
  });

  it('keeps to the middle when no version is known', () => {
    assert.equal(coveredVersion(UNKNOWN_VERSION), '0.16.0');
    assert.equal(coveredVersion(''), '0.16.0');
  });
});

describe('a version that is not named', () => {
  const span = (written: Readonly<Record<string, ArgumentValue>>, modelType = 'llama'): VersionSpan =>
    versionSpan({ ...LLAMA_8B, architecture: { ...LLAMA_8B.architecture, modelType } }, null, versionBounds(args(written)));

  it('is the usual one where nothing speaks against it', () => {
    assert.deepEqual(span({ 'max-model-len': 8192 }), { oldest: '0.6.0', newest: NEWEST_VERSION, likely: '0.16.0' });
  });

  it('has every argument and quantization method that is given', () => {
    // swap-space was removed in 0.18; kv-cache-memory-bytes came with 0.10.2; auto_awq with 0.24.
    assert.equal(span({ 'swap-space': 4 }).newest, '0.17.0');
    assert.equal(span({ 'kv-cache-memory-bytes': 1e9 }).oldest, '0.10.2');
    assert.deepEqual(span({ quantization: 'auto_awq' }), { oldest: '0.24.0', newest: NEWEST_VERSION, likely: '0.24.0' });
  });

  it('serves the model', () => {
    assert.deepEqual(span({}, 'qwen3_5_text'), { oldest: '0.17.0', newest: NEWEST_VERSION, likely: '0.22.0' });
  });

  it('is any where the arguments exclude each other', () => {
    assert.equal(span({ 'swap-space': 4, quantization: 'auto_awq' }).likely, '0.16.0');
  });
});
