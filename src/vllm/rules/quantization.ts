import { nearestValue } from '../argumentTable';
import {
  acceptsCheckpoint,
  findQuantizationMethod,
  isDeprecatedIn,
  methodAvailability,
  minCapabilityOf,
  QUANTIZATION_METHODS,
  usableMethods,
} from '../quantizationMethods';
import { attentionOf, denseMlpsOf, mixersOf, moeMlpsOf } from '../../estimator/modelShape';
import { headsFit, smallerTensorParallel } from './parallelism';
import type { FindingParts, Rule, RuleFacts } from './rule';
import { capabilityText, removeFix, setFix } from './rule';

const KEY = 'quantization';
const ALLOW = 'allow-deprecated-quantization';

/** The method that is asked for, as vLLM reads it: in small letters. */
function writtenMethod({ read }: RuleFacts): string | null {
  return read.text(KEY)?.toLowerCase() ?? null;
}

/** Methods that other packages put into vLLM at run time. */
function isPlugin(name: string): boolean {
  return findQuantizationMethod(name)?.plugin ?? false;
}

const quantUnknown: Rule = {
  code: 'quant-unknown',
  check(facts): FindingParts | null {
    const { context } = facts;
    const written = writtenMethod(facts);
    if (written === null) return null;
    const method = findQuantizationMethod(written);
    if (method && methodAvailability(method, context.version) !== 'absent') return null;
    const present = QUANTIZATION_METHODS.filter((candidate) => methodAvailability(candidate, context.version) === 'present');
    // A word that is nearly right is no help where the checkpoint or the GPU would refuse it.
    const usable = context.model ? usableMethods(context.version, context.model.quantization, facts.capability) : present;
    const nearest = nearestValue(
      written,
      usable.map(({ name }) => name),
    );
    const era = method
      ? method.since !== null && methodAvailability(method, context.version) === 'absent' && method.lastSeen === null
        ? ` It came with ${method.since}.`
        : ` It was last seen in ${method.lastSeen ?? 'an older version'}${isPlugin(written) ? ' and is now a plugin of its own' : ''}.`
      : '';
    return {
      keys: [KEY],
      message: `vLLM ${context.version} has no quantization method ${written}.${era}`,
      vllmMessage: `Unknown quantization method: ${written}. Must be one of [${present.map(({ name }) => `'${name}'`).join(', ')}].`,
      fixes: [...(nearest === null ? [] : [setFix(KEY, nearest)]), removeFix(KEY, { note: 'read from the checkpoint' })],
      ...(isPlugin(written) ? { severity: 'warning' as const } : {}),
    };
  },
};

const quantMismatch: Rule = {
  code: 'quant-mismatch',
  check(facts): FindingParts | null {
    const { context } = facts;
    const written = writtenMethod(facts);
    const method = written === null ? null : findQuantizationMethod(written);
    if (written === null || !method || !context.model) return null;
    const stored = context.model.quantization;
    if (stored) {
      if (stored.basis !== 'config' || acceptsCheckpoint(written, stored.method)) return null;
      return {
        keys: [KEY, 'model'],
        message: `The checkpoint is quantized with ${stored.method}; it cannot be read as ${written}.`,
        vllmMessage:
          `Quantization method specified in the model config (${stored.method}) does not match the quantization method specified in ` +
          `the \`quantization\` argument (${written}).`,
        fixes: [removeFix(KEY, { note: 'read from the checkpoint', preferred: true })],
      };
    }
    if (context.modelIsCertain !== true || method.online) return null;
    return {
      keys: [KEY, 'model'],
      message: `The checkpoint is not quantized, and ${written} cannot quantize it while loading.`,
      vllmMessage: `Cannot find the config file for ${written}`,
      fixes: [removeFix(KEY), setFix(KEY, 'fp8', { note: 'quantizes while loading' })],
    };
  },
};

const quantDeprecated: Rule = {
  code: 'quant-deprecated',
  check(facts): FindingParts | null {
    const { context, read } = facts;
    const stored = context.model?.quantization;
    const name = writtenMethod(facts) ?? (stored?.basis === 'config' ? stored.method : null);
    if (name === null || !isDeprecatedIn(name, context.version) || read.flag(ALLOW) === true) return null;
    return {
      keys: [KEY, 'model'],
      message: `${name} is about to be removed from vLLM and must be allowed explicitly.`,
      vllmMessage:
        `The quantization method ${name} is deprecated and will be removed in future versions of vLLM. To bypass, set ` +
        '`--allow-deprecated-quantization`.',
      fixes: [setFix(ALLOW, true)],
    };
  },
};

const quantCapability: Rule = {
  code: 'quant-capability',
  check(facts): FindingParts | null {
    const { context, capability } = facts;
    const name = writtenMethod(facts) ?? context.model?.quantization?.method ?? null;
    const method = name === null ? null : findQuantizationMethod(name);
    const least = method ? minCapabilityOf(method, context.version) : null;
    if (name === null || least === null || capability === null || capability >= least) return null;
    return {
      keys: [KEY, 'model'],
      message: `${name} needs compute capability ${capabilityText(least)}; the ${facts.gpuName} has ${facts.capabilityText}.`,
      vllmMessage:
        `The quantization method ${name} is not supported for the current GPU. Minimum capability: ${least}. ` +
        `Current capability: ${capability}.`,
      fixes: context.model?.quantization || facts.read.text(KEY) === null ? [] : [removeFix(KEY, { note: '16-bit weights' })],
    };
  },
};

/**
 * 16-bit formats of methods that do not take both (`get_supported_act_dtypes` of each config class). `awq` and `gptq` are only
 * meant when they are written out: otherwise vLLM chooses their Marlin kernels, which take both.
 */
const WRITTEN_ONLY: Readonly<Record<string, string>> = { awq: 'float16', gptq: 'float16' };
/** Release that made `awq` and `gptq` names of the unified kernels. */
const UNIFIED_SINCE = '0.23.0';
const TAKES_FLOAT32: ReadonlySet<string> = new Set(['bitsandbytes', 'gguf', 'torchao', 'hqq']);

function explicitDtype(facts: RuleFacts): string | null {
  const dtype = facts.read.text('dtype');
  if (dtype === null || dtype === 'auto') return null;
  if (dtype === 'half') return 'float16';
  return dtype === 'float' ? 'float32' : dtype;
}

const quantDtype: Rule = {
  code: 'quant-dtype',
  check(facts): FindingParts | null {
    const { model, version } = facts.context;
    const written = writtenMethod(facts);
    const stored = model?.quantization;
    const method = written ?? (stored?.basis === 'config' ? stored.method : null);
    const dtype = explicitDtype(facts) ?? (written !== null && stored && model ? model.architecture.dtype : null);
    if (method === null || dtype === null || !findQuantizationMethod(method)) return null;
    let supported: readonly string[] = ['bfloat16', 'float16'];
    if (TAKES_FLOAT32.has(method)) return null;
    if (method === 'mxfp4') supported = ['bfloat16'];
    else if (written !== null && written in WRITTEN_ONLY && !facts.isSince(UNIFIED_SINCE)) supported = [WRITTEN_ONLY[written] ?? 'float16'];
    if (supported.includes(dtype) || (explicitDtype(facts) === null && dtype === 'float32')) return null;
    const kernel =
      written !== null && written in WRITTEN_ONLY ? [removeFix(KEY, { note: 'lets vLLM choose the faster Marlin kernels' })] : [];
    return {
      keys: facts.context.args.has('dtype') ? ['dtype', KEY] : [KEY, 'dtype'],
      message: `${method} in vLLM ${version} computes in ${supported.join(' or ')}, not in ${dtype}.`,
      vllmMessage: `torch.${dtype} is not supported for quantization method ${method}. Supported dtypes: [${supported.map((name) => `torch.${name}`).join(', ')}]`,
      fixes: [setFix('dtype', supported[0] ?? 'auto'), ...kernel],
    };
  },
};

/** Methods whose scales belong to groups along the input of a layer. */
const GROUPED: ReadonlySet<string> = new Set(['gptq', 'gptq_marlin', 'auto_gptq', 'awq', 'awq_marlin', 'auto_awq', 'compressed-tensors']);

/** Inputs of the layers that TP cuts along the input: output projections and down projections. */
function rowInputs(facts: RuleFacts): readonly { readonly layer: string; readonly size: number }[] {
  const { model } = facts.context;
  if (!model) return [];
  const attention = mixersOf(model).flatMap((mixer) => {
    if (mixer.kind === 'attention') return [{ layer: 'o_proj', size: mixer.heads * mixer.valueHeadDim }];
    return mixer.kind === 'mla' ? [{ layer: 'o_proj', size: mixer.heads * mixer.vHeadDim }] : [];
  });
  return [...attention, ...denseMlpsOf(model).map((mlp) => ({ layer: 'down_proj', size: mlp.intermediateSize }))];
}

function cutsGroup(facts: RuleFacts, tp: number): { readonly layer: string; readonly part: number } | null {
  const stored = facts.context.model?.quantization;
  const group = stored?.groupSize ?? 0;
  if (!stored || stored.basis !== 'config' || !GROUPED.has(stored.method) || stored.type !== 'int' || group <= 0) return null;
  const cut = rowInputs(facts).find(({ size }) => size % tp === 0 && (size / tp) % group !== 0);
  return cut && tp > 1 ? { layer: cut.layer, part: cut.size / tp } : null;
}

const quantGroupTp: Rule = {
  code: 'quant-group-tp',
  check(facts): FindingParts | null {
    const { model } = facts.context;
    if (!model || !headsFit(model, facts.tp)) return null;
    const cut = cutsGroup(facts, facts.tp);
    const group = model.quantization?.groupSize;
    if (!cut || group === null || group === undefined) return null;
    return {
      keys: ['tensor-parallel-size'],
      message: `On ${facts.tp} GPUs each holds ${cut.part} inputs of ${cut.layer}, which are not whole groups of ${group}.`,
      vllmMessage:
        `Weight input_size_per_partition=${cut.part} for layer '${cut.layer}' is not divisible by group_size=${group}. This happens when ` +
        'tensor_parallel_size splits the layer input into shards that are not a whole number of quant groups. Consider reducing ' +
        'tensor_parallel_size.',
      fixes: smallerTensorParallel(facts, (tp) => cutsGroup(facts, tp) === null),
    };
  },
};

/** A part of a layer that does not hold whole fp8 blocks under TP; null when all do. */
function cutsBlock(
  facts: RuleFacts,
  tp: number,
  expertParallel: boolean,
): { readonly part: number; readonly side: 'n' | 'k'; readonly block: number } | null {
  const { model } = facts.context;
  const stored = model?.quantization;
  if (!model || !stored?.blockSize || stored.basis !== 'config' || tp <= 1) return null;
  const [blockN, blockK] = stored.blockSize;
  const outputs = [
    ...attentionOf(model).flatMap(({ heads, kvHeads, headDim, valueHeadDim }) => {
      const held = Math.max(1, kvHeads / tp);
      return [(heads * headDim) / tp, held * headDim, held * valueHeadDim];
    }),
    ...denseMlpsOf(model).map((mlp) => mlp.intermediateSize / tp),
  ];
  const inputs = rowInputs(facts).map(({ size }) => size / tp);
  const experts = expertParallel ? [] : moeMlpsOf(model).map((moe) => moe.expertIntermediateSize / (tp * facts.dp * facts.pcp));
  const shared = moeMlpsOf(model).map((moe) => moe.sharedIntermediateSize / tp);
  const ragged = (block: number) => (part: number) => part > 0 && Number.isInteger(part) && part % block !== 0;
  const output = [...outputs, ...experts, ...shared].find(ragged(blockN));
  if (output !== undefined) return { part: output, side: 'n', block: blockN };
  const input = [...inputs, ...experts, ...shared].find(ragged(blockK));
  return input === undefined ? null : { part: input, side: 'k', block: blockK };
}

const quantBlockTp: Rule = {
  code: 'quant-block-tp',
  check(facts): FindingParts | null {
    const { model } = facts.context;
    if (!model || !headsFit(model, facts.tp)) return null;
    const expertParallel = facts.read.flag('enable-expert-parallel') === true;
    const cut = cutsBlock(facts, facts.tp, expertParallel);
    if (!cut) return null;
    const expertsWould = !expertParallel && moeMlpsOf(model).length > 0 && cutsBlock(facts, facts.tp, true) === null;
    return {
      keys: expertsWould ? ['tensor-parallel-size', 'enable-expert-parallel'] : ['tensor-parallel-size'],
      message: `On ${facts.tp} GPUs a layer's part is ${cut.part} wide, which is not a whole number of fp8 blocks of ${cut.block}.`,
      vllmMessage:
        cut.side === 'n'
          ? `Weight output_partition_size = ${cut.part} is not divisible by weight quantization block_n = ${cut.block}.`
          : `Weight input_size_per_partition = ${cut.part} is not divisible by weight quantization block_k = ${cut.block}.`,
      fixes: [
        ...(expertsWould ? [setFix('enable-expert-parallel', true, { note: 'whole experts per GPU' })] : []),
        ...smallerTensorParallel(facts, (tp) => cutsBlock(facts, tp, expertParallel) === null),
      ],
    };
  },
};

export const QUANTIZATION: readonly Rule[] = [
  quantUnknown,
  quantMismatch,
  quantDeprecated,
  quantCapability,
  quantDtype,
  quantGroupTp,
  quantBlockTp,
];
