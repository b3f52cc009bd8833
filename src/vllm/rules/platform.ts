import { isSince } from '../release';
import type { FindingParts, Rule } from './rule';
import { removeFix } from './rule';

const SLEEP = 'enable-sleep-mode';

/** Vendors whose GPUs have virtual memory pools in vLLM (`cumem`); of AMD's it depends on the release. */
const WITH_POOLS: ReadonlySet<string> = new Set(['nvidia', 'amd']);
/** From this release expandable segments are switched off while the pool is in use. */
const EXPANDABLE_SEGMENTS_SINCE = '0.18.0';

const sleep: Rule = {
  code: 'sleep-platform',
  check({ read, context }): FindingParts | null {
    if (read.flag(SLEEP) !== true) return null;
    const allocator = context.environment?.get('PYTORCH_CUDA_ALLOC_CONF') ?? context.environment?.get('PYTORCH_ALLOC_CONF') ?? '';
    const expands = /expandable_segments:\s*true/i.test(allocator) && !isSince(context.version, EXPANDABLE_SEGMENTS_SINCE);
    const vendor = context.gpu?.gpu.vendor.toLowerCase();
    const foreign = vendor !== undefined && !WITH_POOLS.has(vendor);
    if (!expands && !foreign) return null;
    return {
      keys: [SLEEP],
      message: foreign
        ? `Sleep mode needs CUDA virtual memory, which ${context.gpu?.gpu.label ?? 'this GPU'} lacks.`
        : 'Sleep mode excludes expandable segments.',
      vllmMessage: foreign
        ? 'Sleep mode is not supported on current platform.'
        : 'Expandable segments are not compatible with memory pool.',
      fixes: [removeFix(SLEEP)],
    };
  },
};

export const PLATFORM: readonly Rule[] = [sleep];
