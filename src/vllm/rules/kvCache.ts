import { findArgument, nearestValue } from '../argumentTable';
import { rulesOf } from '../versions';
import { hasLatentAttention } from '../../estimator/modelShape';
import type { FindingParts, Rule } from './rule';
import { removeFix, setFix } from './rule';

const KEY = 'kv-cache-dtype';

/** Least compute capability (times ten) of any kernels that read fp8 KV cache: FlashInfer (specification of the attention back ends). */
const FP8_KV_CAPABILITY = 80;
/** Capability from which FlashAttention or Triton read it too. */
export const FP8_KV_COMMON_CAPABILITY = 89;

function isFp8(dtype: string | null): dtype is string {
  return dtype !== null && dtype.startsWith('fp8');
}

const choice: Rule = {
  code: 'kvdtype-choice',
  check({ read }): FindingParts | null {
    const written = read.text(KEY);
    const choices = (findArgument(KEY)?.choices ?? []).map(String);
    if (written === null || choices.includes(written)) return null;
    const nearest = nearestValue(written, choices) ?? (written.includes('8') ? 'fp8' : 'auto');
    return {
      keys: [KEY],
      message: `vLLM has no KV cache format ${written}.`,
      vllmMessage: `argument --kv-cache-dtype: invalid choice: '${written}' (choose from ${choices.join(', ')})`,
      fixes: [setFix(KEY, nearest)],
    };
  },
};

const fp8Gpu: Rule = {
  code: 'kvdtype-fp8-gpu',
  check(facts): FindingParts | null {
    const { capability } = facts;
    const written = facts.read.text(KEY);
    if (!isFp8(written) || capability === null || capability >= FP8_KV_COMMON_CAPABILITY) return null;
    const none = capability < FP8_KV_CAPABILITY;
    return {
      keys: [KEY],
      message: none
        ? `No attention kernels read ${written} KV cache on compute capability ${facts.capabilityText} (${facts.gpuName}).`
        : `Only FlashInfer reads ${written} KV cache on compute capability ${facts.capabilityText} (${facts.gpuName}); it must be installed.`,
      vllmMessage: none ? 'No valid attention backend found' : null,
      fixes: none ? [setFix(KEY, 'auto', { preferred: true })] : [],
      ...(none ? {} : { severity: 'information' as const }),
    };
  },
};

const e5m2WithFp8: Rule = {
  code: 'kvdtype-e5m2-fp8ckpt',
  check({ read, context }): FindingParts | null {
    const stored = context.model?.quantization;
    const isFp8Checkpoint = stored?.basis === 'config' && stored.bits === 8 && stored.type === 'float';
    if (read.text(KEY) !== 'fp8_e5m2' || !isFp8Checkpoint) return null;
    return {
      keys: [KEY, 'model'],
      message: 'The checkpoint holds fp8 weights, whose kernels cannot read an fp8_e5m2 KV cache.',
      vllmMessage: 'fp8_e5m2 kv-cache is not supported with fp8 checkpoints.',
      fixes: [setFix(KEY, 'fp8', { preferred: true })],
    };
  },
};

const nvfp4WithLatent: Rule = {
  code: 'kvdtype-nvfp4-mla',
  check({ read, context }): FindingParts | null {
    const written = read.text(KEY);
    if (!context.model || written === null || !written.startsWith('nvfp4') || !hasLatentAttention(context.model)) return null;
    return {
      keys: [KEY, 'model'],
      message: 'The model keeps one latent per token (MLA), for which there are no nvfp4 kernels.',
      vllmMessage: 'nvfp4 KV cache is not supported with MLA',
      fixes: [setFix(KEY, 'fp8')],
    };
  },
};

/** Nobody gives an engine less of a GPU than this on purpose; a smaller number above 1 is no percentage. */
const LEAST_PERCENT = 5;

const utilRange: Rule = {
  code: 'util-range',
  check({ read, context }): FindingParts | null {
    const share = read.number('gpu-memory-utilization');
    if (share === null || (share > 0 && share <= 1)) return null;
    const key = 'gpu-memory-utilization';
    // 90 means percent; nobody knows what 1.5 was to be.
    const usual = setFix(key, rulesOf(context.version).defaultGpuMemoryUtilization, { note: "vLLM's default" });
    const meant = share >= LEAST_PERCENT && share <= 100 ? setFix(key, share / 100) : usual;
    return {
      keys: [key],
      message: `gpu-memory-utilization is a share above 0 and at most 1, not ${share}.`,
      vllmMessage: `gpu_memory_utilization: Input should be ${share > 1 ? 'less than or equal to 1' : 'greater than 0'}`,
      fixes: [meant, removeFix(key, { note: "vLLM's default" })],
    };
  },
};

export const KV_CACHE: readonly Rule[] = [utilRange, choice, fp8Gpu, e5m2WithFp8, nvfp4WithLatent];
