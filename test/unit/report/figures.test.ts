import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import {
  formatBytes,
  formatCount,
  formatCountRange,
  formatFigure,
  formatGib,
  formatGibRange,
  formatParameters,
  formatPercent,
  formatRequests,
  formatRough,
} from '../../../src/estimator/figures';
import { between, exactly } from '../../../src/estimator/ranged';
import { GIB, KIB, MIB } from '../../../src/estimator/units';
import { forAll } from '../properties';

describe('figures', () => {
  it('shows memory in GiB with as many digits as matter', () => {
    assert.equal(formatGib(2.6077 * GIB), '2.61 GiB');
    assert.equal(formatGib(99.999 * GIB), '100.0 GiB');
    assert.equal(formatGib(1234.5 * GIB), '1235 GiB');
    assert.equal(formatGib(-0.001 * GIB), '0.00 GiB');
    assert.equal(formatGib(-2.14 * GIB), '-2.14 GiB');
  });

  it('shows a range only where there is one to see', () => {
    assert.equal(formatGibRange(between(4 * GIB, 5 * GIB, 6 * GIB)), '5.00 GiB (4.00 to 6.00)');
    assert.equal(formatGibRange(exactly(5 * GIB)), '5.00 GiB');
    assert.equal(formatGibRange(between(5 * GIB - 1, 5 * GIB, 5 * GIB + 1)), '5.00 GiB');
    assert.equal(formatCountRange(between(61_728, 78_592, 84_992)), '78,592 (61,728 to 84,992)');
  });

  it('groups thousands', () => {
    assert.deepEqual([0, 999, 1000, 131_072, 1_234_567.9].map(formatCount), ['0', '999', '1,000', '131,072', '1,234,567']);
  });

  it('picks the unit that reads best', () => {
    assert.deepEqual([512, 73_728, 184 * MIB, 1023 * KIB, 5 * GIB].map(formatBytes), [
      '512 B',
      '72.0 KiB',
      '184 MiB',
      '0.999 MiB',
      '5.00 GiB',
    ]);
  });

  it('says unknown instead of inventing a number', () => {
    for (const text of [
      formatGib(null),
      formatGibRange(null),
      formatCount(null),
      formatCount(NaN),
      formatPercent(null),
      formatRequests(null),
    ]) {
      assert.equal(text, 'unknown');
    }
  });

  it('shows shares and parameters', () => {
    assert.deepEqual([formatPercent(0.044), formatPercent(0.125), formatPercent(1)], ['4.4 %', '13 %', '100 %']);
    assert.deepEqual([8_190_735_360, 1.1e12, 494e6].map(formatParameters), ['8.19 B', '1.10 T', '494 M']);
  });

  it('counts requests to three digits, and none that does not fit', () => {
    assert.deepEqual([0.996, 5.512, 19.297, 185.96, 4096.9, 0.3 * 10, -0.4].map(formatRequests), [
      '0.99',
      '5.51',
      '19.2',
      '185',
      '4,096',
      '3.00',
      '0.00',
    ]);
    forAll([fc.double({ min: 0, max: 1e6, noNaN: true })], (value) => {
      const said = Number(formatRequests(value).replaceAll(',', ''));
      assert.ok(said <= value * (1 + 1e-9) && said >= value * 0.99 - 0.01, `${value} is said as ${said}`);
    });
  });

  it('are as exact in words as in the log that prints them, however wide the range', () => {
    assert.deepEqual(formatFigure(between(4 * GIB, 8 * GIB, 16 * GIB), formatGib), {
      value: '8.00 GiB',
      ends: '4.00 to 16.00',
      range: '4.00 to 16.00',
      spelledRange: '4.00 to 16.00 GiB',
    });
    assert.deepEqual(formatFigure(exactly(5 * GIB), formatGib), { value: '5.00 GiB', ends: '', range: '', spelledRange: '' });
  });

  describe('words for a figure that nothing prints', () => {
    const seconds = (value: number): string => `${Number(value.toFixed(2))} s`;

    it('are the value alone when it is exact, and when its ends are too near to matter', () => {
      assert.deepEqual(formatRough(exactly(5 * GIB), formatGib), { value: '5.00 GiB', ends: '', range: '', spelledRange: '' });
      assert.deepEqual(formatRough(between(4.96 * GIB, 5 * GIB, 5.04 * GIB), formatGib), {
        value: '5.00 GiB',
        ends: '4.96 to 5.04',
        range: '',
        spelledRange: '4.96 to 5.04 GiB',
      });
    });

    it('name the range beside a value that is nearly right', () => {
      const tokens = (value: number): string => `${formatCount(value)} tokens`;
      const { value, range, spelledRange } = formatRough(between(82_416, 95_840, 101_904), tokens);
      assert.deepEqual([value, range, spelledRange], ['95,840 tokens', '82,400 to 102,000', '82,400 to 102,000 tokens']);
    });

    it('round what is rough to two digits, the ends outward', () => {
      assert.deepEqual(formatRough(between(4.94, 8.37, 41.85), seconds), {
        value: 'about 8.4 s',
        ends: '4.9 to 42',
        range: '4.9 to 42',
        spelledRange: '4.9 to 42 s',
      });
      assert.equal(formatRough(between(4 * GIB, 8 * GIB, 16 * GIB), formatGib).value, 'about 8 GiB');
      assert.equal(formatRough(between(0, 0.2, 1.21), seconds).range, '0 to 1.3');
    });

    it('keep the units apart where they differ', () => {
      const time = (value: number): string => (value < 1000 ? `${value} ms` : seconds(value / 1000));
      assert.equal(formatRough(between(490, 820, 4100), time).range, '490 ms to 4.1 s');
      assert.equal(formatRough(between(490, 1820, 4100), time).range, '490 ms to 4.1 s');
    });
  });
});
