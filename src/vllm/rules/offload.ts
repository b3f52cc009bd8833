import { hasFullAttention, hasStateLayers, hasWindowedLayers } from '../../estimator/modelShape';
import type { FindingParts, Rule, RuleFacts } from './rule';
import { removeFix, setFix } from './rule';

const GB = 'cpu-offload-gb';
const GROUP = 'offload-group-size';
const IN_GROUP = 'offload-num-in-group';
const STEP = 'offload-prefetch-step';
const BACKEND = 'offload-backend';

const negative: Rule = {
  code: 'offload-neg',
  check({ read }): FindingParts | null {
    const amount = read.number(GB);
    if (amount === null || amount >= 0) return null;
    return {
      keys: [GB],
      message: `${GB} cannot be negative.`,
      vllmMessage: `${GB.replaceAll('-', '_')}: Input should be greater than or equal to 0`,
      fixes: [removeFix(GB, { preferred: true })],
    };
  },
};

function offloads(facts: RuleFacts): boolean {
  return facts.read.positive(GB) !== null;
}

const beyondHost: Rule = {
  code: 'offload-oom-cpu',
  check(facts): FindingParts | null {
    const amount = facts.read.positive(GB);
    const host = facts.context.hostMemoryGib ?? null;
    if (amount === null || host === null) return null;
    const gpus = facts.tp * facts.pp * facts.dp;
    if (amount * gpus < host) return null;
    return {
      keys: [GB],
      message: `${amount} GiB for each of ${gpus} GPUs must be pinned in host memory, which has ${host.toFixed(0)} GiB.`,
      vllmMessage: null,
      fixes: [removeFix(GB)],
    };
  },
};

const noPinnedMemory: Rule = {
  code: 'offload-uva',
  check(facts): FindingParts | null {
    const { environment } = facts.context;
    const isWsl = environment?.has('WSL_DISTRO_NAME') ?? false;
    if (!offloads(facts) || !isWsl) return null;
    return {
      keys: [GB],
      message: 'WSL cannot pin memory, and this version cannot offload without it.',
      vllmMessage: 'V1 CPU offloading requires uva (pin memory) support',
      fixes: [removeFix(GB)],
    };
  },
};

const rebuild: Rule = {
  code: 'offload-reinit',
  check(facts): FindingParts | null {
    const { model, settings } = facts.context;
    if (!model || !offloads(facts) || settings?.engine === 'V0') return null;
    // Sliding-window layers join the full ones when the hybrid manager is off; states never do.
    const separate = hasWindowedLayers(model) && facts.read.flag('disable-hybrid-kv-cache-manager') !== true;
    if (!hasFullAttention(model) || !(hasStateLayers(model) || separate)) return null;
    return {
      keys: [GB, 'model'],
      message:
        'This model has several kinds of attention layers, and this version cannot rebuild its batch for them while weights are offloaded.',
      vllmMessage:
        'Cannot re-initialize the input batch when CPU weight offloading is enabled. See ' +
        'https://github.com/vllm-project/vllm/pull/18298 for more details.',
      fixes: [removeFix(GB)],
    };
  },
};

const group: Rule = {
  code: 'offload-group',
  check({ read }): FindingParts | null {
    const size = read.positive(GROUP);
    const inGroup = read.number(IN_GROUP);
    if (size === null || inGroup === null || inGroup <= size) return null;
    return {
      keys: [IN_GROUP, GROUP],
      message: `${inGroup} layers of each group cannot be offloaded, a group has ${size}.`,
      vllmMessage: `offload_num_in_group (${inGroup}) must be <= offload_group_size (${size})`,
      fixes: [setFix(IN_GROUP, size), setFix(GROUP, inGroup)],
    };
  },
};

const step: Rule = {
  code: 'offload-step',
  check({ read }): FindingParts | null {
    const value = read.number(STEP);
    if (read.positive(GROUP) === null || value === null || value >= 1) return null;
    return {
      keys: [STEP, GROUP],
      message: 'Prefetching needs at least one layer of lead.',
      vllmMessage: `offload_prefetch_step (${value}) must be >= 1 when prefetch offloading is enabled (offload_group_size > 0)`,
      fixes: [setFix(STEP, 1, { preferred: true })],
    };
  },
};

const both: Rule = {
  code: 'offload-both',
  check(facts): FindingParts | null {
    const prefetches = facts.read.positive(GROUP) !== null;
    if (!offloads(facts) || !prefetches) return null;
    const backend = facts.read.text(BACKEND);
    const ignored = backend === 'uva' ? 'prefetch' : 'UVA';
    const used = backend === 'uva' ? 'uva' : 'prefetch';
    return {
      keys: ignored === 'UVA' ? [GB, GROUP, BACKEND] : [GROUP, GB, BACKEND],
      message: `Only one kind of offloading works at a time; the settings of ${ignored} offloading are ignored.`,
      vllmMessage: `${ignored} offload fields are set but offload_backend='${used}'. ${ignored} settings will be ignored.`,
      fixes: [removeFix(GB), removeFix(GROUP)],
    };
  },
};

export const OFFLOAD: readonly Rule[] = [negative, beyondHost, noPinnedMemory, rebuild, group, step, both];
