import * as assert from 'node:assert/strict';
import { hostFor } from '../../../src/features/host';

const machine = { memoryBytes: 64 * 2 ** 30, environment: { WSL_DISTRO_NAME: 'Ubuntu', VLLM_PP_LAYER_PARTITION: '1,2' } };
const unset = { hostMemoryGib: null, environment: {} };

describe('the machine that runs vLLM', () => {
  it('is not this one unless its GPUs were found here', () => {
    for (const source of ['directive', 'file', 'setting', null] as const) {
      const { memoryGib, environment } = hostFor(unset, source, machine);
      assert.deepEqual([memoryGib, [...environment]], [null, []]);
    }
  });

  it('is this one where its GPUs were found here; variables meant for vLLM are not taken from here', () => {
    const { memoryGib, environment } = hostFor(unset, 'detected', machine);
    assert.deepEqual([memoryGib, [...environment]], [64, [['WSL_DISTRO_NAME', 'Ubuntu']]]);
  });

  it('is what the settings say', () => {
    const settings = { hostMemoryGib: 512, environment: { VLLM_PP_LAYER_PARTITION: '20,16', odd: 3 } };
    const { memoryGib, environment } = hostFor(settings, 'detected', machine);
    assert.equal(memoryGib, 512);
    assert.deepEqual(
      [...environment],
      [
        ['WSL_DISTRO_NAME', 'Ubuntu'],
        ['VLLM_PP_LAYER_PARTITION', '20,16'],
      ],
    );
  });
});
