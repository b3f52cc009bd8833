import { plainQuantization, type CheckpointQuantization } from '../estimator/architecture';

interface Ending {
  readonly pattern: RegExp;
  readonly format: (match: RegExpExecArray, name: string) => CheckpointQuantization | null;
}

const byName = (method: string, bits: number, known: Partial<CheckpointQuantization> = {}): CheckpointQuantization => ({
  ...plainQuantization(method, bits, 'name'),
  ...known,
});

const float = { type: 'float' } as const;
/** Group size of nearly all published AWQ, GPTQ and w4a16 checkpoints (AutoAWQ's, AutoGPTQ's and llm-compressor's default). */
const USUAL_GROUP = 128;

const awq = (): CheckpointQuantization => byName('awq', 4, { groupSize: USUAL_GROUP, symmetric: false });
const gptq = (bits: number): CheckpointQuantization => byName('gptq', bits, { groupSize: USUAL_GROUP });
const packed = (bits: number): CheckpointQuantization => byName('compressed-tensors', bits, { groupSize: bits === 4 ? USUAL_GROUP : -1 });
/** AutoRound exports its own container, GPTQ's or AWQ's; the ending says which ("-int4-sym-gptq-inc"). */
const autoRound = (bits: number, container: string | undefined): CheckpointQuantization =>
  container === undefined ? byName('auto-round', bits, { groupSize: USUAL_GROUP }) : container.toLowerCase() === 'awq' ? awq() : gptq(bits);

/** llm-compressor's FP8 recipes: "-dynamic" has one scale per channel, "-block" 128 x 128 blocks, plain one per tensor. */
function fp8(match: RegExpExecArray): CheckpointQuantization {
  const variant = (match[1] ?? '').toLowerCase();
  if (variant.includes('dynamic')) return byName('compressed-tensors', 8, { ...float, groupSize: -1 });
  if (variant.includes('block')) return byName('fp8', 8, { ...float, blockSize: [128, 128] });
  return byName('fp8', 8, { ...float, groupSize: 0, kvCacheScheme: variant.includes('kv') ? 'fp8' : null });
}

/** Endings by which repackers name a checkpoint format, tried in order at the end of the name. */
const ENDINGS: readonly Ending[] = [
  { pattern: /[-_.](?:gguf[-_.:])?(bf16|f16|fp16)(?:[-_.]gguf|\.gguf)$/i, format: (m) => gguf((m[1] ?? '').replace(/^fp/i, 'f')) },
  { pattern: /[-_.]gguf:(bf16|f16|fp16)$/i, format: (m) => gguf((m[1] ?? '').replace(/^fp/i, 'f')) },
  { pattern: /[-_.:](?:i1[-_])?((?:ud[-_])?(?:iq\d|q\d|tq\d)(?:_[a-z0-9]+)*)(?:[-_.]gguf)?$/i, format: (m) => gguf(m[1] ?? null) },
  { pattern: /[-_.](?:i1[-_])?gguf$/i, format: () => gguf(null) },
  { pattern: /[-_.](?:unsloth[-_])?(?:bnb|nf4|bitsandbytes)(?:[-_.]?4[-_.]?bits?)?$/i, format: () => bnb(4) },
  { pattern: /[-_.](?:bnb[-_.]?8[-_.]?bits?|bnb[-_.]int8)$/i, format: () => bnb(8) },
  { pattern: /[-_.](?:w4a16[-_.])?awq(?:[-_.]?(?:int4|4[-_.]?bits?|w4a16|marlin))?(?:[-_.]g\d+)?(?:[-_.]sym)?$/i, format: awq },
  { pattern: /[-_.](?:4bit|int4)[-_.]awq$/i, format: awq },
  { pattern: /[-_.]awq[-_.]?(?:int8|8[-_.]?bits?|w8a16)$/i, format: () => ({ ...awq(), bits: 8 }) },
  { pattern: /[-_.]int([48])[-_.](?:sym|asym)(?:[-_.](gptq|awq))?[-_.]inc$/i, format: (m) => autoRound(Number(m[1]), m[2]) },
  { pattern: /[-_.]gptq[-_.]?(?:model[-_.]?)?(?:int|w)?8(?:[-_.]?bits?|a16)?(?:[-_.]g?\d+g?)?$/i, format: () => gptq(8) },
  { pattern: /[-_.](?:int8|8bit)[-_.]gptq$/i, format: () => gptq(8) },
  {
    pattern:
      /[-_.](?:(?:int4|4bit)[-_.])?gptq(?:model)?(?:[-_.]?(?:int|w)?4(?:[-_.]?b(?:its?)?|a16)?)?(?:[-_.]?(?:g\d+|\d+g))?(?:[-_.](?:actorder|desc[-_.]act))?$/i,
    format: () => gptq(4),
  },
  {
    pattern: /[-_.](?:int4[-_.])?autoround(?:[-_.](?:int4|gptq|awq))?$/i,
    format: () => byName('auto-round', 4, { groupSize: USUAL_GROUP }),
  },
  { pattern: /[-_.](?:quantized\.)?w4a16(?:[-_.]g\d+)?(?:[-_.]ct)?$/i, format: () => packed(4) },
  { pattern: /[-_.](?:quantized\.)?w8a16$/i, format: () => packed(8) },
  { pattern: /[-_.](?:quantized\.)?(?:w8a8(?:[-_.]int8)?|int8[-_.]w8a8)$/i, format: () => packed(8) },
  { pattern: /[-_.]nvfp4(?:a16)?(?:[-_.][a-z0-9]+)?$/i, format: () => byName('modelopt_fp4', 4, { ...float, groupSize: 16 }) },
  // OpenAI's recipe quantizes the experts alone; AMD's and Red Hat's every linear layer.
  {
    pattern: /[-_.]mxfp4(?:[-_.]moe)?(?:[-_.]preview)?$/i,
    format: (_match, name) => byName('mxfp4', 4, { ...float, groupSize: 32, expertsOnly: /gpt[-_]?oss|[-_.]moe$/i.test(name) }),
  },
  { pattern: /[-_.]mxfp8$/i, format: () => byName('mxfp8', 8, { ...float, groupSize: 32 }) },
  { pattern: /[-_.]fp4$/i, format: () => byName('modelopt_fp4', 4, { ...float, groupSize: 16 }) },
  { pattern: /[-_.](?:quantized\.)?fp8((?:[-_.](?:dynamic|block|kv|static|tensor|w8a8|e4m3))*)$/i, format: fp8 },
  { pattern: /[-_.]int8$/i, format: () => packed(8) },
  { pattern: /[-_.]int4$/i, format: () => packed(4) },
  { pattern: /[-_.](?:4bit|4[-_.]bits?)$/i, format: () => bnb(4) },
  // Formats of other runtimes, and those vLLM has given up: the bits, where the name says them, are all there is to know.
  {
    pattern: /[-_.](aqlm|hqq|exl[23]|quip|vptq|eetq)(?:[-_.](?!\d+(?:\.\d+)?b(?:[-_.]|$)).*)?$/i,
    format: (m) => byName((m[1] ?? '').toLowerCase(), Number(/(\d)(?:\.\d+)?[-_.]?(?:bits?|bpw)/i.exec(m[0])?.[1] ?? 4)),
  },
];

function gguf(type: string | null): CheckpointQuantization {
  const bits = Number(/\d+/.exec(type ?? '4')?.[0] ?? 4);
  return byName('gguf', bits, { ggufType: type?.replace(/^ud[-_]/i, '').toUpperCase() ?? null });
}

/** Published 4-bit bitsandbytes repacks are nf4 with blocks of 64 (bitsandbytes' default). */
function bnb(bits: 4 | 8): CheckpointQuantization {
  return byName('bitsandbytes', bits, bits === 4 ? { ...float, groupSize: 64 } : { groupSize: -1 });
}

/** A cheap look before the endings are tried: most names announce nothing. */
const MAY_END_IN_FORMAT =
  /q\d|gguf|bnb|nf4|bitsandbytes|awq|gptq|autoround|w\d+a\d|fp\d|int\d|bits?$|hf$|f16$|aqlm|hqq|exl\d|quip|vptq|eetq/i;

/** Endings that name a copy in Hugging Face's format, in 16 bit. */
const PLAIN_COPY = /[-_.](?:bf16|fp16|f16|hf)$/i;
/** Endings that say the weights are not quantized, whatever the model of that name is published as. */
const SAYS_16_BIT = /[-_.](?:bf16|fp16|f16|unquantized|dequantized)$/i;

/** What the endings of a name say of its checkpoint format. */
export interface FormatParts {
  /** The name without those endings. */
  readonly base: string;
  readonly quantization: CheckpointQuantization | null;
  /** The name says that the weights are in 16 bit. */
  readonly says16Bit: boolean;
}

/** Takes the endings that announce a checkpoint format off a name. */
export function splitFormat(name: string): FormatParts {
  let base = name.replace(/-\d{5}-of-\d{5}(?=\.gguf$|$)/i, '');
  let quantization: CheckpointQuantization | null = null;
  const says16Bit = SAYS_16_BIT.test(base);
  for (let found = MAY_END_IN_FORMAT.test(base); found;) {
    found = false;
    for (const { pattern, format } of ENDINGS) {
      const match = pattern.exec(base);
      if (!match || match.index === 0 || base[match.index - 1] === '/') continue;
      const read = format(match, base);
      quantization = quantization === null ? read : moreSpecific(quantization, read);
      base = base.slice(0, match.index);
      found = true;
    }
    if (PLAIN_COPY.test(base)) base = base.replace(PLAIN_COPY, '');
  }
  return { base, quantization: quantization && asPublished(quantization, base), says16Bit };
}

/** Whether a word is a format and nothing else ("FP8", "Q4_K_M"). */
export function isFormat(word: string): boolean {
  return splitFormat(`x-${word}`).base === 'x';
}

/** The format that stands inside a name, before further words ("…-FP8-my-tune"); null when there is none or it is taken back. */
export function formatInside(name: string): CheckpointQuantization | null {
  if (/[-_.](?:un|de)quantized(?:[-_.]|$)/i.test(name)) return null;
  const cuts = [...name.matchAll(/[-_.:]/g)].map(({ index }) => index).reverse();
  for (const cut of cuts) {
    const { quantization } = splitFormat(name.slice(0, cut));
    if (quantization) return quantization;
  }
  return null;
}

/**
 * What a publisher's checkpoints have in common beyond their names, where every one of them with a known config agrees:
 * NVIDIA quantizes with ModelOpt and stores an fp8 KV-cache scheme (22 of 23 configs), Red Hat and cyankiwi use
 * compressed-tensors, the latter in symmetric groups of 32 (8 of 8 checkpoint sizes), Unsloth's NVFP4 stores fp8 KV scales (the one start-up on
 * record), Qwen's fp8 is block-wise (25 of 25).
 */
function asPublished(quantization: CheckpointQuantization, base: string): CheckpointQuantization {
  const owner = base.slice(0, Math.max(0, base.indexOf('/'))).toLowerCase();
  const { method, type, bits } = quantization;
  const isFloat = type === 'float' && /fp8|fp4|compressed/.test(method);
  switch (owner) {
    case 'nvidia':
      return isFloat ? { ...quantization, method: bits === 8 ? 'modelopt' : 'modelopt_fp4', kvCacheScheme: 'fp8' } : quantization;
    case 'redhatai':
    case 'neuralmagic':
      return isFloat && quantization.blockSize === null ? { ...quantization, method: 'compressed-tensors' } : quantization;
    case 'cyankiwi':
    case 'cpatonn':
      return method === 'awq' ? { ...quantization, method: 'compressed-tensors', groupSize: 32, symmetric: true } : quantization;
    case 'unsloth':
      return isFloat && bits === 4 ? { ...quantization, method: 'compressed-tensors', kvCacheScheme: 'fp8' } : quantization;
    case 'qwen':
      return method === 'fp8' ? { ...quantization, blockSize: [128, 128], groupSize: null } : quantization;
    default:
      return quantization;
  }
}

/** Of two announcements in one name ("-Q4_K_M-GGUF", "-AWQ-4bit"), the one nearer the end decides the method, the other may add the GGUF type. */
function moreSpecific(last: CheckpointQuantization, earlier: CheckpointQuantization | null): CheckpointQuantization {
  if (earlier === null) return last;
  if (last.method === 'bitsandbytes' && earlier.method !== 'bitsandbytes') return earlier;
  return last.method === 'gguf' && last.ggufType === null && earlier.ggufType !== null ? earlier : last;
}
