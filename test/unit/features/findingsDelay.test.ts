import * as assert from 'node:assert/strict';
import { alreadyShown } from '../../../src/features/findingsDelay';

const finding = (code: string, key: string | null, message = '') => ({ code, key, message });

describe('problems right after a key press', () => {
  it('drop what is no longer found', () => {
    assert.deepEqual(alreadyShown([finding('a', 'x'), finding('b', 'y')], [finding('b', 'y')]), [finding('b', 'y')]);
  });

  it('hold back what is new', () => {
    assert.deepEqual(alreadyShown([finding('a', 'x')], [finding('a', 'x'), finding('b', 'y'), finding('a', 'z')]), [finding('a', 'x')]);
  });

  it('carry the new figures of what stays', () => {
    assert.deepEqual(alreadyShown([finding('a', null, '16 GiB')], [finding('a', null, '17 GiB')]), [finding('a', null, '17 GiB')]);
  });

  it('count equal problems of several deployments', () => {
    assert.equal(alreadyShown([finding('a', 'x')], [finding('a', 'x'), finding('a', 'x')]).length, 1);
  });
});
