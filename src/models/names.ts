import type { CheckpointQuantization } from '../estimator/architecture';
import { plainQuantization } from './config/quantization';

/** What a model's name says by itself. */
export interface NameParts {
  /** The name without quantization and file-format endings. */
  readonly base: string;
  /** The checkpoint format the name announces; null when it announces none. */
  readonly quantization: CheckpointQuantization | null;
  /** Total parameters in billions by the name ("-70B-", "8x7B"); null when it states none. */
  readonly billions: number | null;
}

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

/** llm-compressor's FP8 recipes: "-dynamic" has one scale per channel, "-block" 128 x 128 blocks, plain one per tensor. */
function fp8(match: RegExpExecArray): CheckpointQuantization {
  const variant = (match[1] ?? '').toLowerCase();
  if (variant.includes('dynamic')) return byName('compressed-tensors', 8, { ...float, groupSize: -1 });
  if (variant.includes('block')) return byName('fp8', 8, { ...float, blockSize: [128, 128] });
  return byName('fp8', 8, { ...float, groupSize: 0, kvCacheScheme: variant.includes('kv') ? 'fp8' : null });
}

/** Endings by which repackers name a checkpoint format, tried in order at the end of the name. */
const ENDINGS: readonly Ending[] = [
  { pattern: /[-_.:](?:i1[-_])?((?:ud[-_])?(?:iq\d|q\d|tq\d)(?:_[a-z0-9]+)*)(?:[-_.]gguf)?$/i, format: (m) => gguf(m[1] ?? null) },
  { pattern: /[-_.](?:i1[-_])?gguf$/i, format: () => gguf(null) },
  { pattern: /[-_.](?:unsloth[-_])?(?:bnb|nf4|bitsandbytes)(?:[-_.]?4[-_.]?bits?)?$/i, format: () => bnb(4) },
  { pattern: /[-_.](?:bnb[-_.]?8[-_.]?bits?|bnb[-_.]int8)$/i, format: () => bnb(8) },
  { pattern: /[-_.](?:w4a16[-_.])?awq(?:[-_.]?(?:int4|4[-_.]?bits?|w4a16|marlin))?(?:[-_.]g\d+)?(?:[-_.]sym)?$/i, format: awq },
  { pattern: /[-_.](?:4bit|int4)[-_.]awq$/i, format: awq },
  { pattern: /[-_.]gptq[-_.]?(?:model[-_.]?)?(?:int|w)?8(?:[-_.]?bits?|a16)?(?:[-_.]g?\d+g?)?$/i, format: () => gptq(8) },
  { pattern: /[-_.](?:int8|8bit)[-_.]gptq$/i, format: () => gptq(8) },
  {
    pattern:
      /[-_.](?:(?:int4|4bit)[-_.])?gptq(?:[-_.]?(?:int|w)?4(?:[-_.]?bits?|a16)?)?(?:[-_.]?(?:g\d+|\d+g))?(?:[-_.](?:actorder|desc[-_.]act))?$/i,
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
  { pattern: /[-_.]mxfp4(?:[-_.]moe)?$/i, format: () => byName('mxfp4', 4, { ...float, groupSize: 32, expertsOnly: true }) },
  { pattern: /[-_.]mxfp8$/i, format: () => byName('mxfp8', 8, { ...float, groupSize: 32 }) },
  { pattern: /[-_.]fp4$/i, format: () => byName('modelopt_fp4', 4, { ...float, groupSize: 16 }) },
  { pattern: /[-_.](?:quantized\.)?fp8((?:[-_.](?:dynamic|block|kv|static|tensor|w8a8|e4m3))*)$/i, format: fp8 },
  { pattern: /[-_.]int8$/i, format: () => packed(8) },
  { pattern: /[-_.]int4$/i, format: () => packed(4) },
  { pattern: /[-_.](?:4bit|4[-_.]bits?)$/i, format: () => bnb(4) },
];

function gguf(type: string | null): CheckpointQuantization {
  const bits = Number(/\d/.exec(type ?? '4')?.[0] ?? 4);
  return byName('gguf', bits, { ggufType: type?.replace(/^ud[-_]/i, '').toUpperCase() ?? null });
}

/** Published 4-bit bitsandbytes repacks are nf4 with blocks of 64 (bitsandbytes' default). */
function bnb(bits: 4 | 8): CheckpointQuantization {
  return byName('bitsandbytes', bits, bits === 4 ? { ...float, groupSize: 64 } : { groupSize: -1 });
}

/** A cheap look before the endings are tried: most names announce nothing. */
const MAY_END_IN_FORMAT = /q\d|gguf|bnb|nf4|bitsandbytes|awq|gptq|autoround|w\d+a\d|fp\d|int\d|bits?$|hf$|f16$/i;

/** Endings that name a 16-bit copy. */
const PLAIN_COPY = /[-_.](?:bf16|fp16|f16|hf)$/i;

/** Number of a file among those of one GGUF model, which llama.cpp's tools take for part of the name. */
const SHARD = /-\d{5}-of-\d{5}(?:\.gguf)?$/i;
/** Tables write "7 B" where the Hub writes "7B". */
const LOOSE_SIZE = /(\d) ([bm])(?![a-z0-9])/gi;

/** Reads what the last part of a model's name says: its base name, its checkpoint format, its size. */
export function readName(id: string): NameParts {
  let base = withoutRemark(id)
    .replace(/[\\/]+$/, '')
    .replace(SHARD, '')
    .replace(LOOSE_SIZE, '$1$2')
    .replace(/\s+/g, '-');
  let quantization: CheckpointQuantization | null = null;
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
  return { base, quantization: quantization && asPublished(quantization, base), billions: billionsIn(base) };
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

/** People append a remark in brackets ("Qwen3-8B (local copy)"); it is no part of the name. */
function withoutRemark(id: string): string {
  return id.trim().replace(/\s+\([^()]*\)?$/, '');
}

/** Of two announcements in one name ("-Q4_K_M-GGUF", "-AWQ-4bit"), the one nearer the end decides the method, the other may add the GGUF type. */
function moreSpecific(last: CheckpointQuantization, earlier: CheckpointQuantization | null): CheckpointQuantization {
  if (earlier === null) return last;
  if (last.method === 'bitsandbytes' && earlier.method !== 'bitsandbytes') return earlier;
  return last.method === 'gguf' && last.ggufType === null && earlier.ggufType !== null ? earlier : last;
}

/** "8x7B" is 8 experts on shared attention: Mixtral's total is 0.83 of the product (46.7 of 56 billion). */
const MIXTRAL_SHARE = 0.83;

function billionsIn(name: string): number | null {
  const last = name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
  const product = /(\d+)x(\d+(?:\.\d+)?)b(?![a-z0-9])/i.exec(last);
  if (product) return Number(product[1]) * Number(product[2]) * MIXTRAL_SHARE;
  const sizes = [...last.matchAll(/(?:^|[-_.\s])(\d+(?:\.\d+)?)(b|m|t)(?![a-z0-9])/gi)];
  const [first] = sizes;
  // "Qwen-1_8B" writes its decimal point as an underscore; only sizes below two are written so.
  const underscored = /(?:^|[-.\s])([01])_(\d)b(?![a-z0-9])/i.exec(last);
  if (underscored) return Number(`${underscored[1]}.${underscored[2]}`);
  if (!first) return null;
  const unit = (first[2] ?? 'b').toLowerCase();
  const value = Number(first[1]);
  return unit === 'm' ? value / 1000 : unit === 't' ? value * 1000 : value;
}

/** The last part of a Hub id or a path, in lower case, with one kind of separator: the key under which names are compared. */
export function nameKey(id: string): string {
  const trimmed = withoutRemark(id).replace(/[\\/]+$/, '');
  const last = trimmed.slice(Math.max(trimmed.lastIndexOf('/'), trimmed.lastIndexOf('\\')) + 1);
  // A Hub cache folder is named models--org--name.
  const name = last.startsWith('models--') ? last.slice(last.lastIndexOf('--') + 2) : last;
  // People write "Llama3", "LLaMA v2" and "gemma2" where the Hub writes "Llama-3", "Llama-2" and "gemma-2", and "phi-1.5" for "phi-1_5".
  const key = name
    .toLowerCase()
    .replace(/(\d)_(?=\d)/g, '$1.')
    .replace(/[_\s]+/g, '-')
    .replace(/^((?:meta-)?llama|gemma|phi)-?v?(?=\d)/, '$1-')
    .replace(/^nvidia-(?=[a-z])/, '')
    .replace(/^gpt(j|neox)(?=-|$)/, 'gpt-$1');
  return NICKNAMES[key] ?? key;
}

/**
 * Names without a generation whose size tells it: LLaMA came in 7, 13, 33 and 65 billion, so that a 70B is Llama 2's; the first generation's
 * 13B has the sizes of the second's (both papers, table 2 and appendix A.1).
 */
const NICKNAMES: Readonly<Record<string, string>> = { 'llama-70b': 'llama-2-70b', 'llama-13b': 'llama-2-13b' };

/** The size that ends a name key, in billions as it is written, and the key without it; null when none does. */
export function sizeEnding(key: string): { readonly stem: string; readonly size: string } | null {
  const match = /^(.+)-(\d+(?:\.\d+)?[bm])$/.exec(key);
  return match?.[1] !== undefined && match[2] !== undefined ? { stem: match[1], size: match[2] } : null;
}

/** A name key without the endings that only tell siblings of one architecture apart ("-instruct", "-chat", "-v0.2" …). */
export function familyKey(key: string): string {
  let result = key;
  for (let previous = ''; previous !== result;) {
    previous = result;
    result = result.replace(
      /-(?:instruct|chat|it|base|pt|thinking|reasoning|hf|sft|dpo|rlhf|rl|beta|preview|v\d+(?:\.\d+)?|\d{4}|\d{6})$/,
      '',
    );
  }
  return result;
}
