import * as assert from 'node:assert/strict';
import { ModelLookup } from '../../../src/features/modelLookup';
import type { ModelAnswer } from '../../../src/models/source';

const problem = (message: string): ModelAnswer => ({ problem: { message } });

describe('looking up models', () => {
  it('asks once for a request, and answers at once from then on', async () => {
    const asked: string[] = [];
    let arrivals = 0;
    const lookup = new ModelLookup<string>(
      (request) => {
        asked.push(request);
        return Promise.resolve(problem(request));
      },
      (request) => request,
      () => arrivals++,
    );
    assert.equal(lookup.peek('a'), undefined);
    assert.equal(lookup.peek('a'), undefined);
    await lookup.settled('a');
    assert.deepEqual(lookup.peek('a'), problem('a'));
    assert.deepEqual(asked, ['a']);
    assert.equal(arrivals, 1);
  });

  it('turns a failure into a problem to show', async () => {
    const lookup = new ModelLookup<string>(
      () => Promise.reject(new Error('the disk is gone')),
      (request) => request,
      () => undefined,
    );
    await lookup.settled('a');
    assert.deepEqual(lookup.peek('a'), problem('the disk is gone'));
  });

  it('aborts what is under way when everything is forgotten, and asks again', async () => {
    const signals: AbortSignal[] = [];
    let arrivals = 0;
    const lookup = new ModelLookup<string>(
      async (request, signal) => {
        signals.push(signal);
        await Promise.resolve();
        return problem(request);
      },
      (request) => request,
      () => arrivals++,
    );
    const first = lookup.settled('a');
    lookup.clear();
    await first;
    assert.equal(arrivals, 0);
    assert.equal(signals[0]?.aborted, true);
    await lookup.settled('a');
    assert.equal(signals.length, 2);
  });

  it('remembers a bounded number of answers', async () => {
    let asked = 0;
    const lookup = new ModelLookup<number>(
      (request) => {
        asked++;
        return Promise.resolve(problem(String(request)));
      },
      String,
      () => undefined,
    );
    for (let i = 0; i < 1000; i++) await lookup.settled(i);
    await lookup.settled(999);
    assert.equal(asked, 1000);
    await lookup.settled(0);
    assert.equal(asked, 1001);
  });
});
