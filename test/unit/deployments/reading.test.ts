import * as assert from 'node:assert/strict';
import { Reading } from '../../../src/deployments/reading';

/** Work of so many steps that counts them, each as long as a whole slice. */
function* counted(steps: number, seen: { done: number }): Generator<void, string> {
  for (let step = 0; step < steps; step++) {
    seen.done++;
    const until = performance.now() + 9;
    while (performance.now() < until);
    yield;
  }
  return 'read';
}

function* failing(): Generator<void, string> {
  yield;
  throw new Error('no such luck');
}

describe('reading in slices', () => {
  it('lets the event loop turn between slices', async () => {
    const seen = { done: 0 };
    const at: number[] = [];
    const reading = new Reading(counted(4, seen));
    const done = reading.inSlices();
    const tick = (): void => {
      at.push(seen.done);
      if (seen.done < 4) setImmediate(tick);
    };
    setImmediate(tick);
    assert.equal(await done, 'read');
    assert.ok(
      at.some((steps) => steps > 0 && steps < 4),
      `saw ${at.join(', ')}`,
    );
  });

  it('does the first slice at once, so that a short file waits for nothing', async () => {
    const seen = { done: 0 };
    const done = new Reading(counted(1, seen)).inSlices();
    assert.equal(seen.done, 1);
    assert.equal(await done, 'read');
  });

  it('is done once, however many ask', async () => {
    const seen = { done: 0 };
    const reading = new Reading(counted(3, seen));
    assert.deepEqual(await Promise.all([reading.inSlices(), reading.inSlices()]), ['read', 'read']);
    assert.equal(reading.now(), 'read');
    assert.equal(seen.done, 3);
  });

  it('goes on from where it stands when somebody cannot wait', async () => {
    const seen = { done: 0 };
    const reading = new Reading(counted(3, seen));
    const done = reading.inSlices();
    assert.equal(reading.now(), 'read');
    assert.equal(seen.done, 3);
    assert.equal(await done, 'read');
  });

  it('stops when it is abandoned', async () => {
    const seen = { done: 0 };
    const reading = new Reading(counted(50, seen));
    const done = reading.inSlices();
    reading.abandon();
    assert.equal(await done, undefined);
    assert.ok(seen.done < 50);
  });

  it('throws what the work throws, to each who asks', async () => {
    const broken = new Reading<string>(failing());
    await assert.rejects(broken.inSlices(), /no such luck/);
    assert.throws(() => broken.now(), /no such luck/);
  });
});
