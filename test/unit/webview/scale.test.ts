import * as assert from 'node:assert/strict';
import { linearScale, logScale, nearestIndex } from '../../../webview/plots/scale';

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

  it('thins its ticks where there is no room', () => {
    assert.ok(logScale(256, 1_048_576, 0, 240, 3).ticks.length <= 4);
  });

  it('finds the value nearest to a pixel', () => {
    const scale = logScale(1, 16, 0, 400, 10);
    assert.equal(nearestIndex([1, 2, 4, 8, 16], scale.toPixel, 160), 2);
    assert.equal(nearestIndex([1, 2, 4, 8, 16], scale.toPixel, -50), 0);
  });
});
