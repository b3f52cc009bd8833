import * as assert from 'node:assert/strict';
import { brokenScale, linearScale, logScale, nearestIndex } from '../../../webview/plots/scale';

describe('a plot’s axis', () => {
  it('ends on a round tick at or above the largest value', () => {
    assert.deepEqual(linearScale(21.6, 0, 100, 4).ticks, [0, 10, 20, 30]);
    assert.deepEqual(
      linearScale(0.9, 0, 100, 4).ticks.map((tick) => Number(tick.toFixed(6))),
      [0, 0.5, 1],
    );
    assert.deepEqual(linearScale(0, 0, 100, 4).ticks, [0, 1]);
  });

  it('maps its ends to the given pixels, also upside down', () => {
    const upward = linearScale(20, 180, 20, 4);
    assert.equal(upward.toPixel(0), 180);
    assert.equal(upward.toPixel(20), 20);
  });

  it('doubles at equal distances on a logarithmic axis', () => {
    const scale = logScale(1, 16, 0, 400, 10);
    assert.deepEqual(scale.ticks, [1, 2, 4, 8, 16]);
    assert.deepEqual(scale.ticks.map(scale.toPixel), [0, 100, 200, 300, 400]);
  });

  it('is broken where values go far beyond what must stay readable, and still shows them', () => {
    const scale = brokenScale(412, 43.3, 180, 12, 4);
    assert.equal(scale.brokenAt, 60);
    assert.deepEqual(scale.ticks, [0, 20, 40, 60, 412]);
    assert.equal(scale.toPixel(0), 180);
    assert.equal(scale.toPixel(412), 12);
    assert.ok(scale.toPixel(60) > scale.toPixel(61) && scale.toPixel(60) < 60);
    const pixels = [10, 30, 59, 60, 61, 200, 412].map(scale.toPixel);
    assert.deepEqual(
      [...pixels].sort((a, b) => b - a),
      pixels,
    );
  });

  it('is not broken for what its last tick holds', () => {
    const scale = brokenScale(50, 43.3, 180, 12, 4);
    assert.equal(scale.brokenAt, null);
    assert.deepEqual(scale.ticks, [0, 20, 40, 60]);
    assert.deepEqual(brokenScale(20, 43.3, 180, 12, 4).ticks, linearScale(20, 180, 12, 4).ticks);
  });

  it('thins its ticks where there is no room', () => {
    assert.ok(logScale(256, 1_048_576, 0, 240, 3).ticks.length <= 4);
  });

  it('finds the value nearest to a pixel', () => {
    const scale = logScale(1, 16, 0, 400, 10);
    assert.equal(nearestIndex([1, 2, 4, 8, 16], scale.toPixel, 160), 2);
    assert.equal(nearestIndex([1, 2, 4, 8, 16], scale.toPixel, -50), 0);
  });
});
