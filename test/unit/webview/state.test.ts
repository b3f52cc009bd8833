import * as assert from 'node:assert/strict';
import { INITIAL_STATE, restoreState, savedState } from '../../../webview/state';

describe('what the page remembers', () => {
  it('survives being saved and restored', () => {
    const state = {
      ...INITIAL_STATE,
      tab: 'compare' as const,
      open: ['inference/Load'],
      link: { uri: 'file:///a.yaml', version: 3, index: 0 },
      inference: { seq_length: 4096 },
      pins: [
        {
          name: 'a',
          kind: 'inference' as const,
          values: { seq_length: 1 },
          args: [['model', 'x'] as [string, string]],
          environment: [['A', 'b'] as [string, string]],
          gpu: { key: 'rtx_4090', count: 2, totalMemoryGib: 23.5, freeMemoryGib: null, source: 'detected' as const },
        },
      ],
    };
    assert.deepEqual(
      { ...restoreState(JSON.parse(JSON.stringify(savedState(state)))), version: undefined },
      { ...state, version: undefined },
    );
  });

  it('begins anew for another version and for what is no state', () => {
    for (const saved of [null, undefined, 7, 'state', [], {}, { version: 0, tab: 'compare' }])
      assert.deepEqual(restoreState(saved), INITIAL_STATE);
  });

  it('takes the initial value for each part that is malformed', () => {
    const restored = restoreState({
      version: 1,
      tab: 'compare',
      open: [1, 'a'],
      link: { uri: 5 },
      inference: { x: {} },
      pins: ['no', { name: '' }],
      sort: 'age',
    });
    assert.deepEqual(restored, { ...INITIAL_STATE, tab: 'compare', open: ['a'] });
  });

  it('keeps at most six pins', () => {
    const pins = Array.from({ length: 9 }, (_, index) => ({ name: `${index}`, kind: 'finetuning', values: {}, args: [] }));
    assert.equal(restoreState({ version: 1, pins }).pins.length, 6);
  });
});
