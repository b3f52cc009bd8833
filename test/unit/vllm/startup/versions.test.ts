import assert from 'node:assert/strict';
import { NEWEST_VERSION, UNKNOWN_VERSION, coveredVersion, rulesOf } from '../../../../src/vllm/versions';

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
