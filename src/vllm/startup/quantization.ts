import { plainQuantization, storesExpertsInFourBit, type CheckpointQuantization, type Model } from '../../estimator/architecture';
import { quantizedFormat, type WeightFormat } from '../../estimator/formats';
import { bitsOfGgufType, ggufBits } from '../../estimator/ggufTypes';
import type { TensorSpec } from '../../estimator/tensors';
import { isSince } from '../release';

/** How the weights of one engine are stored, after the checkpoint's own config and the `quantization` argument are reconciled. */
export interface QuantizationScheme {
  /** vLLM's name of the method; null for unquantized weights. */
  readonly method: string | null;
  /** Format of ordinary linear layers; null when they stay in the model's dtype. */
  readonly linear: WeightFormat | null;
  /** Format of expert matrices; null when they stay in the model's dtype. */
  readonly experts: WeightFormat | null;
  /** Multiples to which the expert kernel pads the intermediate and the hidden size of a rank's matrices; null for none. */
  readonly expertPadding: ExpertPadding | null;
  /** Share of the experts' bytes that stays reserved in torn segments after they were repacked into a larger layout. */
  readonly repackWaste: number;
  readonly lmHead: WeightFormat | null;
  readonly embedding: WeightFormat | null;
  /** The weights are quantized while loading, from a 16-bit checkpoint. */
  readonly online: boolean;
  /** How far, relative to it, the weights may lie below and above their figure for what the method leaves open, with its reason. */
  readonly uncertainty: { readonly below: number; readonly above: number; readonly reason: string } | null;
  /**
   * Whether attention and state-space layers of mixture or hybrid models may have been left in 16 bit: the checkpoint is known by name only.
   * The share of such checkpoints that do; null when the checkpoint's config decides.
   */
  readonly attentionLeftOut: number | null;
  /** Modules the checkpoint leaves unquantized. */
  readonly ignored: readonly IgnoredModules[];
}

export interface ExpertPadding {
  readonly intermediate: number;
  readonly hidden: number;
}

/** A pattern of `ignored` split into the layer it is limited to (null: every layer) and a test on the rest of the module path. */
export interface IgnoredModules {
  readonly layer: number | null;
  /** Whether it names every layer whose number begins like that: "model.layers.1*" also means layers 10 to 19 (`fnmatch` in vLLM's modelopt.py). */
  readonly orLonger?: boolean;
  matches(path: string): boolean;
}

const UNQUANTIZED: QuantizationScheme = {
  method: null,
  linear: null,
  experts: null,
  expertPadding: null,
  repackWaste: 0,
  lmHead: null,
  embedding: null,
  online: false,
  uncertainty: null,
  attentionLeftOut: null,
  ignored: [],
};

/** Methods that quantize a 16-bit checkpoint while loading. Sources: quantization/__init__.py and config of each method, v0.6.6 to main. */
const ONLINE_METHODS: ReadonlySet<string> = new Set([
  'fp8',
  'fp8_per_tensor',
  'fp8_per_channel',
  'fp8_per_block',
  'ptpc_fp8',
  'mxfp8',
  'bitsandbytes',
  'experts_int8',
  'int8_per_channel_weight_only',
  'nvfp4_per_token',
  'deepspeedfp',
  'rtn',
]);

/**
 * bitsandbytes nf4 with nested statistics: one byte per block of 64 weights and one fp32 per 256 blocks
 * (`compress_statistics=True` in vLLM's loader; 0.5159 B per weight reproduces 5.3421 GiB of Llama-3.1-8B, v0.6.6).
 */
const BITSANDBYTES_BLOCK = 64;
const BITSANDBYTES_NESTED_BYTES = 1 + 4 / 256;

/**
 * Growth of gpt-oss expert matrices in the swizzled layout of the Triton MXFP4 kernels on Hopper.
 * Measured: gpt-oss-20b takes 13.64 GiB on H100 (v0.19.0) against 12.86 GiB of unpadded tensors.
 */
const TRITON_MXFP4_GROWTH = 1.0825;

/**
 * The larger layout does not fit where the loaded matrices were, and the second matrix of a layer tears the segment its first one left:
 * of gpt-oss-20b's 11.2 GiB of experts 1.78 GiB were "reserved by PyTorch but unallocated" when the sampler's warm-up failed (v0.19.0, H100).
 * Between nothing and 0.3, the share that a second matrix half as large as the first leaves of its segment.
 */
const TRITON_MXFP4_WASTE = 1.78 / 11.2;

export interface QuantizationTarget {
  /** `quantization` as given, or null. */
  readonly requested: string | null;
  readonly version: string;
  /** Compute capability times ten; null when unknown or not CUDA. */
  readonly computeCapability: number | null;
  readonly vendor: string | null;
  /** The formats as the checkpoint's files hold them, before the loader drops, pads or swizzles anything. */
  readonly asStored?: true;
}

/** The scheme vLLM uses: the checkpoint's own config wins; the argument quantizes only 16-bit checkpoints. */
export function quantizationScheme(model: Model, target: QuantizationTarget): QuantizationScheme {
  const method = target.requested?.toLowerCase() ?? null;
  if (model.quantization) {
    const scheme = checkpointScheme(reconciled(model.quantization, method), target);
    return storesExpertsInFourBit(model) ? { ...scheme, experts: perGroup(4, 32, 1) } : scheme;
  }
  if (method === null) return UNQUANTIZED;
  if (ONLINE_METHODS.has(method)) return onlineScheme(method);
  return FOUR_BIT_METHODS.test(method) ? checkpointScheme(fourBit(method), target) : UNQUANTIZED;
}

/** Methods whose checkpoints hold four bits in groups of 128 unless they say otherwise. */
const FOUR_BIT_METHODS = /^(?:auto_)?(?:awq|gptq)(?:_marlin)?$/;

function fourBit(method: string): CheckpointQuantization {
  return { ...plainQuantization(method, 4, 'name'), groupSize: 128, symmetric: !method.includes('awq') };
}

/**
 * `quantization` must name the checkpoint's own method, so for a checkpoint known by its name only it tells more than the name:
 * "…-INT4" is packed four bits under compressed-tensors, GPTQ or AWQ.
 */
function reconciled(checkpoint: CheckpointQuantization, requested: string | null): CheckpointQuantization {
  const { basis, method, bits, ignored } = checkpoint;
  if (basis !== 'name' || requested === null || requested === method) return checkpoint;
  const grouped = /gptq|awq/;
  if (method === 'bitsandbytes' && /^(?:compressed-tensors|inc|auto-round)$|gptq|awq/.test(requested)) {
    return { ...fourBit(requested), ignored };
  }
  // What a name says of groups holds for the method it means, not for another.
  if (bits === 4 && grouped.test(requested) && !grouped.test(method)) return { ...fourBit(requested), ignored };
  return { ...checkpoint, method: grouped.test(requested) ? requested : method };
}

function onlineScheme(method: string): QuantizationScheme {
  const base = { ...UNQUANTIZED, method, online: true };
  const all = (format: WeightFormat): QuantizationScheme => ({ ...base, linear: format, experts: format });
  const expertsOnly = (format: WeightFormat): QuantizationScheme => ({ ...base, experts: format });
  switch (method) {
    case 'fp8_per_channel':
    case 'ptpc_fp8':
      return all(perChannel(8));
    case 'fp8_per_block':
      return all(perBlock(128, 128));
    case 'mxfp8':
      return all(perGroup(8, 32, 1));
    case 'bitsandbytes':
      return all(bitsandbytes(4, true));
    case 'experts_int8':
    case 'int8_per_channel_weight_only':
      return expertsOnly(perChannel(8));
    case 'nvfp4_per_token':
      return expertsOnly(perGroup(4, 16, 1));
    case 'deepspeedfp':
      return all(perGroup(6, 512, 2));
    case 'rtn':
      return all(perGroup(8, 128, 2));
    default:
      return all(quantizedFormat(8, { per: 'tensor', bytes: 4 }));
  }
}

function checkpointScheme(checkpoint: CheckpointQuantization, target: QuantizationTarget): QuantizationScheme {
  const method = checkpoint.method.toLowerCase();
  const format = checkpointFormat(checkpoint, method, target);
  if (!format) return { ...UNQUANTIZED, method };
  const swizzled = method.includes('mxfp4') && checkpoint.expertsOnly && !target.asStored ? mxfp4Experts(target) : null;
  const gguf = method === 'gguf';
  return {
    method,
    linear: checkpoint.expertsOnly ? null : format,
    experts: swizzled?.format ?? format,
    expertPadding: swizzled?.padding ?? null,
    repackWaste: swizzled?.waste ?? 0,
    lmHead: checkpoint.lmHeadQuantized || gguf ? format : null,
    embedding: gguf ? format : null,
    online: false,
    uncertainty: uncertaintyOf(checkpoint, method),
    attentionLeftOut: attentionLeftOut(checkpoint, method),
    ignored: ignoredModules(checkpoint.ignored),
  };
}

function uncertaintyOf(checkpoint: CheckpointQuantization, method: string): QuantizationScheme['uncertainty'] {
  if (method === 'gguf') return ggufUncertainty(checkpoint.ggufType);
  if (checkpoint.expertsOnly && method.includes('mxfp4')) return { below: 0.04, above: 0.04, reason: 'padding of the MXFP4 kernel' };
  return checkpoint.basis === 'name' ? { below: 0.02, above: 0.02, reason: 'what the checkpoint leaves in 16 bit' } : null;
}

function ggufUncertainty(type: string | null): QuantizationScheme['uncertainty'] {
  const { bits, least, most } = ggufBits(type);
  const known = type !== null && bitsOfGgufType(type) !== null;
  const reason = known ? 'the mix of types inside the GGUF file' : 'the type of the GGUF file';
  return { below: 1 - least / bits, above: most / bits - 1, reason };
}

/**
 * Integer formats mostly quantize every linear layer. Publishers of 4-bit float checkpoints often leave attention out: of three NVFP4
 * checkpoints of Gemma 4, Qwen3.6 and Qwen3.8 all lie between none and all of it left in 16 bit (GB10 logs, v0.25.1).
 */
function attentionLeftOut(checkpoint: CheckpointQuantization, method: string): number | null {
  if (checkpoint.basis !== 'name' || checkpoint.bits > 4 || method === 'gguf') return null;
  return checkpoint.type === 'int' ? 0 : 1 / 3;
}

function checkpointFormat(checkpoint: CheckpointQuantization, method: string, target: QuantizationTarget): WeightFormat | null {
  const { bits, groupSize } = checkpoint;
  if (method === 'gguf') return quantizedFormat(ggufBits(checkpoint.ggufType).bits, { per: 'none' });
  if (method === 'bitsandbytes') return bitsandbytes(bits, checkpoint.doubleQuant);
  if (method.startsWith('awq') || method === 'auto_awq') return perGroup(bits, groupSize ?? 128, 2, { zeroPointBits: bits });
  if (method.startsWith('gptq') || method === 'auto_gptq' || method === 'marlin') return gptqFormat(checkpoint, target);
  if (method.includes('mxfp4')) return perGroup(4, 32, 1);
  if (method.includes('mxfp8')) return perGroup(8, 32, 1);
  if (checkpoint.type === 'float' && bits === 4) return perGroup(4, groupSize ?? 16, 1);
  if (checkpoint.blockSize) return perBlock(checkpoint.blockSize[0], checkpoint.blockSize[1]);
  if (bits >= 16) return null;
  if (bits === 8 && (groupSize === null || groupSize <= 0)) {
    return method === 'fp8' || method.startsWith('modelopt') || groupSize === 0
      ? quantizedFormat(8, { per: 'tensor', bytes: 4 })
      : perChannel(8);
  }
  return perGroup(bits, groupSize ?? 128, 2, { zeroPointBits: checkpoint.symmetric ? 0 : bits });
}

/**
 * GPTQ. Marlin drops symmetric zero points and keeps index tensors only with activation order; Machete, preferred on Hopper,
 * keeps both (Llama-3.1-8B w4 g128 measured 5.38 GiB on H100, v0.19.0). Older GPUs run Exllama on the checkpoint's own tensors.
 */
function gptqFormat(checkpoint: CheckpointQuantization, target: QuantizationTarget): WeightFormat {
  const capability = target.computeCapability ?? 80;
  const marlin = capability >= (isSince(target.version, '0.14.0') ? 75 : 80) && checkpoint.bits >= 4;
  const keepsZeros = target.asStored === true || !marlin || (capability >= 90 && capability < 100) || !checkpoint.symmetric;
  const keepsIndices = target.asStored === true || !marlin || checkpoint.actOrder || (capability >= 90 && capability < 100);
  return perGroup(checkpoint.bits, checkpoint.groupSize ?? 128, 2, {
    zeroPointBits: keepsZeros ? checkpoint.bits : 0,
    indexBytesPerInput: keepsIndices ? (checkpoint.actOrder && !target.asStored ? 8 : 4) : 0,
  });
}

/**
 * gpt-oss expert matrices (quantization/mxfp4.py). ROCm pads both sizes to 256; Marlin (Ampere, Ada, consumer Blackwell) and FlashInfer
 * TRT-LLM (SM100) pad the intermediate size to 128 and the hidden size to 256. The Triton kernels, preferred on Hopper where they are
 * installed, swizzle: gpt-oss-120b takes 65.97 GiB with Marlin (0.11) and 64.38 with Triton (0.14.1).
 */
function mxfp4Experts(target: QuantizationTarget): {
  readonly format: WeightFormat;
  readonly padding: ExpertPadding;
  readonly waste: number;
} {
  const capability = target.computeCapability ?? 80;
  const format = perGroup(4, 32, 1);
  if (target.vendor === 'AMD') return { format, padding: { intermediate: 256, hidden: 256 }, waste: 0 };
  if (capability >= 90 && capability < 100 && isSince(target.version, '0.12.0')) {
    const swizzled = { ...format, bitsPerWeight: 4 * TRITON_MXFP4_GROWTH };
    return { format: swizzled, padding: { intermediate: 64, hidden: 1 }, waste: TRITON_MXFP4_WASTE };
  }
  return { format, padding: { intermediate: 128, hidden: 256 }, waste: 0 };
}

function bitsandbytes(bits: number, nested: boolean): WeightFormat {
  if (bits === 8) return quantizedFormat(8, { per: 'channel', bytes: 2 });
  return quantizedFormat(4, { per: 'group', size: BITSANDBYTES_BLOCK, bytes: nested ? BITSANDBYTES_NESTED_BYTES : 4 });
}

function perChannel(bits: number): WeightFormat {
  return quantizedFormat(bits, { per: 'channel', bytes: 4 });
}

function perBlock(out: number, inputs: number): WeightFormat {
  return quantizedFormat(8, { per: 'block', out, in: inputs, bytes: 4 });
}

function perGroup(bits: number, size: number, bytes: number, extra: Partial<WeightFormat> = {}): WeightFormat {
  return quantizedFormat(bits, size > 0 ? { per: 'group', size, bytes } : { per: 'channel', bytes }, extra);
}

/** Module paths by parameter group, as most vLLM models name them; patterns of `ignored` are tested against these. */
const GROUP_PATHS: Readonly<Partial<Record<TensorSpec['group'], readonly string[]>>> = {
  attention: ['self_attn', 'attention'],
  ssm: ['linear_attn', 'mamba', 'mixer'],
  mlp: ['mlp', 'feed_forward'],
  experts: ['mlp.experts.0', 'block_sparse_moe.experts.0', 'feed_forward.experts'],
  shared_experts: ['mlp.shared_experts', 'mlp.shared_expert', 'feed_forward.shared_expert'],
};

/** The module paths a tensor may have inside its layer ("self_attn.q_proj"). */
export function modulePaths(tensor: TensorSpec): readonly string[] {
  if (tensor.besideMlp === true) return [tensor.name, `moe.${tensor.name}`];
  const parents = GROUP_PATHS[tensor.group];
  return parents ? parents.map((parent) => `${parent}.${tensor.name}`) : [tensor.name];
}

const parsedIgnored = new WeakMap<readonly string[], readonly IgnoredModules[]>();

/** Checkpoints may list hundreds of modules; each list is read once. */
function ignoredModules(patterns: readonly string[]): readonly IgnoredModules[] {
  const known = parsedIgnored.get(patterns);
  if (known) return known;
  const parsed = patterns.map(parseIgnored).filter((pattern) => pattern !== null);
  parsedIgnored.set(patterns, parsed);
  return parsed;
}

function parseIgnored(pattern: string): IgnoredModules | null {
  const text = pattern.replace(/\s*\(x\d+\)\s*$/, '').trim();
  if (text === '') return null;
  if (text.startsWith('re:')) return regexPattern(text.slice(3));
  // The prediction heads are no layers of the model: "mtp.layers.**" says nothing of "model.layers".
  if (/^(?:model\.)?mtp\./.test(text)) return null;
  const [, layer, rest] = /^(?:.*?)layers\.(\d+|\*)\.?(.*)$/.exec(text) ?? [];
  const orLonger = /layers\.\d+\*/.test(text);
  const body = (rest ?? text).replace(/\*+$/, '').replace(/\.$/, '');
  const index = layer === undefined || layer === '*' ? null : Number(layer);
  // "*.mlp.shared_expert.*": a module wherever it stands.
  const module = body.replace(/^\*\.?/, '');
  if (layer !== undefined && body === '') return { layer: index, orLonger, matches: () => true };
  return {
    layer: index,
    orLonger,
    matches: (path) => path.startsWith(body) || `.${path}.`.includes(`.${module}.`),
  };
}

/** Whether a pattern of one layer, or of those whose numbers begin alike, is one of this layer. */
export function namesLayer({ layer, orLonger }: IgnoredModules, index: number): boolean {
  return layer === index || (orLonger === true && String(index).startsWith(String(layer)));
}

function regexPattern(source: string): IgnoredModules | null {
  try {
    const expression = new RegExp(source);
    return { layer: null, matches: (path) => expression.test(`model.layers.0.${path}`) };
  } catch {
    return null;
  }
}
