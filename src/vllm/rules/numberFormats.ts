import type { FindingParts, Rule } from './rule';
import { setFix } from './rule';

/** Model types that vLLM refuses in float16 (`_FLOAT16_NOT_SUPPORTED_MODELS`, vllm/config/model.py). */
const UNSTABLE_IN_FLOAT16: ReadonlySet<string> = new Set(['gemma2', 'gemma3', 'gemma3_text', 'plamo2', 'glm4']);

const bf16Cap: Rule = {
  code: 'bf16-cap',
  check(facts): FindingParts | null {
    const { capability } = facts;
    if (facts.read.text('dtype') !== 'bfloat16' || capability === null || capability >= 80) return null;
    return {
      keys: ['dtype'],
      message: `bfloat16 needs compute capability 8.0; the ${facts.gpuName} has ${facts.capabilityText}.`,
      vllmMessage:
        `Bfloat16 is only supported on GPUs with compute capability of at least 8.0. Your ${facts.gpuName} GPU has compute capability ` +
        `${facts.capabilityText}. You can use float16 instead by explicitly setting the \`dtype\` flag in CLI, for example: --dtype=half.`,
      fixes: [setFix('dtype', 'half', { preferred: true })],
    };
  },
};

const fp16Model: Rule = {
  code: 'fp16-model',
  check({ read, context }): FindingParts | null {
    const dtype = read.text('dtype');
    const type = context.model?.architecture.modelType;
    if ((dtype !== 'half' && dtype !== 'float16') || type === undefined || !UNSTABLE_IN_FLOAT16.has(type)) return null;
    return {
      keys: ['dtype', 'model'],
      message: `${type} models are numerically unstable in float16.`,
      vllmMessage: `The model type '${type}' does not support float16. Reason: Numerical instability. Please use bfloat16 or float32 instead.`,
      fixes: [setFix('dtype', 'bfloat16', { preferred: true })],
    };
  },
};

export const NUMBER_FORMATS: readonly Rule[] = [bf16Cap, fp16Model];
