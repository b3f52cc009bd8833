import { attentionOf, hasLatentAttention, hasStateLayers } from '../../estimator/modelShape';
import type { FindingParts, Rule, RuleFacts } from './rule';
import { removeFix, setFix } from './rule';

const SIZE = 'block-size';
const BACKEND = 'attention-backend';

/** Sizes of the parser's fixed list; 256 joined it in 0.12. */
const LITERAL_SIZES: readonly number[] = [1, 8, 16, 32, 64, 128];
const LITERAL_256_SINCE = '0.12.0';

/** The step in which every kernel for latent attention, and the usual ones for other attention, take block sizes. */
const KERNEL_STEP = 16;
/** Block sizes of FlashInfer, which compute capability 10.x prefers. */
const FLASHINFER_SIZES: ReadonlySet<number> = new Set([16, 32, 64]);
/** Block sizes of FlashInfer's latent kernels, preferred on 10.x. */
const FLASHINFER_MLA_SIZES: ReadonlySet<number> = new Set([32, 64]);

function isFamily10(capability: number): boolean {
  return capability >= 100 && capability < 110;
}

const sizeLiteral: Rule = {
  code: 'block-size-literal',
  check(facts): FindingParts | null {
    const size = facts.read.number(SIZE);
    const sizes = facts.isSince(LITERAL_256_SINCE) ? [...LITERAL_SIZES, 256] : LITERAL_SIZES;
    if (size === null || sizes.includes(size)) return null;
    return {
      keys: [SIZE],
      message: `vLLM ${facts.context.version} offers block sizes ${sizes.join(', ')}.`,
      vllmMessage: `argument --block-size: invalid choice: ${size} (choose from ${sizes.join(', ')})`,
      fixes: [setFix(SIZE, 16), removeFix(SIZE)],
    };
  },
};

const sizeBackend: Rule = {
  code: 'block-size-backend',
  check(facts): FindingParts | null {
    const { model } = facts.context;
    const size = facts.read.positive(SIZE);
    if (!model || size === null || size % KERNEL_STEP === 0 || !hasLatentAttention(model) || facts.capability === null) return null;
    return {
      keys: [SIZE, BACKEND],
      message: `All kernels for this model's latent attention need a block size that is a multiple of ${KERNEL_STEP}.`,
      vllmMessage: `No valid attention backend found for cuda with AttentionSelectorConfig(block_size=${size}).`,
      fixes: [removeFix(SIZE, { preferred: true })],
    };
  },
};

/** The preferred kernels that a block size rules out; null when it rules out none, or it is not known. */
function precluded(facts: RuleFacts, size: number): string | null {
  const { model } = facts.context;
  const { capability } = facts;
  if (!model || capability === null || facts.read.has(BACKEND) || hasStateLayers(model)) return null;
  if (hasLatentAttention(model)) {
    return isFamily10(capability) && size % KERNEL_STEP === 0 && !FLASHINFER_MLA_SIZES.has(size) ? 'FLASHINFER_MLA' : null;
  }
  if (isFamily10(capability) && !FLASHINFER_SIZES.has(size)) return 'FLASHINFER';
  return capability >= 80 && size % KERNEL_STEP !== 0 ? 'FLASH_ATTN' : null;
}

const sizePrecluded: Rule = {
  code: 'block-size-precluded',
  check(facts): FindingParts | null {
    const size = facts.read.positive(SIZE);
    const kernels = size === null ? null : precluded(facts, size);
    if (size === null || kernels === null) return null;
    return {
      keys: [SIZE],
      message: `Block size ${size} rules out the kernels preferred on this GPU (${kernels}).`,
      vllmMessage:
        `--block-size ${size} precluded higher-priority backend(s) ${kernels}. This may result in reduced performance. Consider removing ` +
        '--block-size to auto-select the optimal block size.',
      fixes: [removeFix(SIZE, { preferred: true })],
    };
  },
};

/** Kernels for attention with separate K and V; the ones for latents carry MLA in their name. */
const PLAIN_KERNELS: ReadonlySet<string> = new Set(['FLASH_ATTN', 'FLASHINFER', 'TRITON_ATTN', 'FLEX_ATTENTION']);
/** Largest head dimension of FlashAttention 2 and 3. */
const FLASH_ATTENTION_HEAD_DIM = 256;

/** Why the chosen kernels cannot serve this deployment; null when they can or it is not known. */
function kernelProblem(facts: RuleFacts, kernels: string): string | null {
  const { model } = facts.context;
  const { capability } = facts;
  const size = facts.read.positive(SIZE);
  const fp8 = facts.read.text('kv-cache-dtype')?.startsWith('fp8') ?? false;
  if (model && PLAIN_KERNELS.has(kernels) && hasLatentAttention(model)) return 'MLA not supported';
  if (model && kernels.includes('MLA') && !hasLatentAttention(model) && attentionOf(model).length > 0) return 'non-MLA not supported';
  if (kernels === 'FLASH_ATTN' && capability !== null && capability < 80) return 'compute capability not supported';
  if (kernels === 'FLASH_ATTN' && fp8 && capability !== null && capability !== 90 && !isFamily10(capability))
    return 'kv_cache_dtype not supported';
  if (kernels === 'TRITON_ATTN' && fp8 && capability !== null && capability < 89) return 'kv_cache_dtype not supported';
  const widest = model ? Math.max(0, ...attentionOf(model).map((mixer) => mixer.headDim)) : 0;
  // FlashAttention 4 on 10.x takes wider heads.
  if (kernels === 'FLASH_ATTN' && widest > FLASH_ATTENTION_HEAD_DIM && capability !== null && !isFamily10(capability))
    return 'head_size not supported';
  if (size === null || (model && hasStateLayers(model))) return null;
  if ((kernels === 'FLASH_ATTN' || kernels === 'TRITON_ATTN') && size % KERNEL_STEP !== 0) return 'block_size not supported';
  return kernels === 'FLASHINFER' && !FLASHINFER_SIZES.has(size) ? 'block_size not supported' : null;
}

const backendInvalid: Rule = {
  code: 'backend-invalid',
  check(facts): FindingParts | null {
    const kernels = facts.read.text(BACKEND)?.toUpperCase() ?? null;
    const problem = kernels === null ? null : kernelProblem(facts, kernels);
    if (kernels === null || problem === null) return null;
    return {
      keys: problem.startsWith('kv_cache') ? [BACKEND, 'kv-cache-dtype'] : problem.startsWith('block') ? [BACKEND, SIZE] : [BACKEND],
      message: `${kernels} cannot be used here: ${problem.replaceAll('_', ' ')}.`,
      vllmMessage: `Selected backend ${kernels} is not valid for this configuration. Reason: ['${problem}']`,
      fixes: [removeFix(BACKEND, { preferred: true })],
    };
  },
};

const backendTwice: Rule = {
  code: 'attn-backend-dup',
  check(facts): FindingParts | null {
    const inner = facts.read.object('attention-config')?.['backend'];
    if (!facts.read.has(BACKEND) || inner === undefined || inner === null) return null;
    return {
      keys: [BACKEND, 'attention-config'],
      message: 'The attention kernels are chosen both here and in attention-config.',
      vllmMessage: 'attention_backend and attention_config.backend are mutually exclusive',
      fixes: [removeFix(BACKEND)],
    };
  },
};

export const ATTENTION: readonly Rule[] = [sizeLiteral, sizeBackend, sizePrecluded, backendInvalid, backendTwice];
