import { storesExpertsInFourBit, type CheckpointQuantization, type Model } from '../architecture';
import { ggufBits, GGUF_FILE_BITS, USUAL_GGUF_TYPE } from '../ggufTypes';
import type { Engine } from '../speed/engines';
import type { WorkFormat } from '../speed/work';

/** How weights are stored, without the KV cache. */
export type StoredWeights = Omit<WorkFormat, 'kvElementBytes'>;

const plain = (bits: 16 | 32): StoredWeights => ({
  format: bits === 32 ? '32bit' : '16bit',
  bits,
  besideExperts: null,
  headBits: bits,
  embeddingBits: bits,
});

/** Linear layers quantized, embedding and head left in 16 bit: what checkpoint quantizers do. */
const linear = (format: StoredWeights['format'], bits: number, expertsOnly = false): StoredWeights => ({
  format,
  bits,
  besideExperts: expertsOnly ? { format: '16bit', bits: 16 } : null,
  headBits: 16,
  embeddingBits: 16,
});

/** GGUF files quantize embedding and head too; bits are the file's average. */
const file = (bits: number): StoredWeights => ({ format: 'ggml', bits, besideExperts: null, headBits: bits, embeddingBits: bits });

/** Blocks of 32 share an 8-bit scale (OCP Microscaling Formats 1.0). */
const MXFP4_BITS = 4.25;

/**
 * The choices of `quantization`. Bits include scales: groups of 128 with 16-bit scales and 4-bit zeros for AWQ and GPTQ (4.16), blocks of 64
 * with fp32 scales for nf4 (4.5), of 16 with 8-bit scales for nvfp4 (4.5), of 32 for mxfp4 (4.25), one scale per row for int8.
 */
const CHOICES: Readonly<Record<string, StoredWeights>> = {
  fp32: plain(32),
  fp16: plain(16),
  bf16: plain(16),
  fp8: linear('fp8', 8),
  int8: linear('int8', 8.13),
  int4: linear('int4', 4.16),
  w8a8: linear('w8a8', 8),
  awq: linear('int4', 4.16),
  gptq: linear('int4', 4.16),
  gptq_int8: linear('int8', 8.13),
  nf4: linear('nf4', 4.5),
  nf4_double: linear('nf4', 4.13),
  nvfp4: linear('fp4', 4.5, true),
  mxfp4: linear('fp4', MXFP4_BITS, true),
  ...Object.fromEntries(Object.entries(GGUF_FILE_BITS).map(([name, bits]) => [name, file(bits)])),
};

/** Other names of the choices, as tables and tools write them. */
const ALIASES: Readonly<Record<string, string>> = {
  q8: 'q8_0',
  q6: 'q6_k',
  q5: 'q5_k_m',
  q4: 'q4_k_m',
  q3: 'q3_k_m',
  q2: 'q2_k',
  f32: 'fp32',
  f16: 'fp16',
  float32: 'fp32',
  float16: 'fp16',
  bfloat16: 'bf16',
  half: 'fp16',
  none: 'bf16',
  base: 'bf16',
  unquantized: 'bf16',
  fp4: 'nvfp4',
  gptq_int4: 'gptq',
  gptq_4bit: 'gptq',
  gptq_8bit: 'gptq_int8',
  awq_int4: 'awq',
  awq_marlin: 'awq',
  gptq_marlin: 'gptq',
  w4a16: 'int4',
  w8a16: 'int8',
  bnb: 'nf4',
  bnb_nf4: 'nf4',
  bitsandbytes: 'nf4',
  bnb_int8: 'int8',
  mxfp4_moe: 'mxfp4',
  '8bit': 'int8',
  '8_bit': 'int8',
  '4bit': 'int4',
  '4_bit': 'int4',
  nf4_dq: 'nf4_double',
  bnb_nf4_dq: 'nf4_double',
  bnb_fp4: 'nf4',
  fp4_dq: 'nf4_double',
  q4f16_1: 'q4_0',
  q4_k: 'q4_k_m',
  q5_k: 'q5_k_m',
  q3_k: 'q3_k_m',
};

/** `quantization` values of the request, in the order they are offered; `checkpoint` keeps what the model's files have. */
export const WEIGHT_CHOICES: readonly string[] = [
  'fp32', 'fp16', 'bf16', 'fp8', 'int8', 'int4', 'q8', ...Object.keys(GGUF_FILE_BITS).reverse(), 'awq', 'gptq', 'gptq_int8', 'w8a8', 'nf4', 'nf4_double',
  'nvfp4', 'mxfp4', 'checkpoint',
]; // prettier-ignore

/**
 * What the words of a longer description mean, the telling ones first: the method before the width it may have ("GPTQ (Int8)"), the
 * width before the plain type it computes in ("Int4-W4A16").
 */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/\bgptq\b.*\b(int8|8bit|w8a16|8 bits?)\b/, 'gptq_int8'],
  [/\bgptq\b/, 'gptq'],
  [/\bawq\b/, 'awq'],
  [/\b(bnb|bitsandbytes)\b.*\b(int8|8bit|8 bits?)\b/, 'int8'],
  [/\b(nf4|bnb|bitsandbytes)\b.*\b(dq|double)\b/, 'nf4_double'],
  [/\b(nf4|bnb|bitsandbytes)\b/, 'nf4'],
  [/\bmxfp4\b/, 'mxfp4'],
  [/\b(nvfp4|fp4)\b/, 'nvfp4'],
  [/\b(w8a8|smoothquant|int8 sq)\b/, 'w8a8'],
  [/\b(fp8|e4m3|e5m2)\b/, 'fp8'],
  [/\b(w4a16|w4a8|int4|4bit|4 bits?)\b/, 'int4'],
  [/\b(w8a16|int8|8bit|8 bits?)\b/, 'int8'],
  [/\b(bf16|bfloat16)\b/, 'bf16'],
  [/\b(fp16|float16|f16|16bit|16 bits?)\b/, 'fp16'],
  [/\b(fp32|float32|f32|32bit|32 bits?)\b/, 'fp32'],
];

/** The canonical name of a choice, whatever its writing ("Q4_K_M", "GPTQ-Int4", "AWQ int4 g128", "GPTQ (Int8)"); null when unknown. */
export function weightChoice(name: string): string | null {
  const text = name.trim().toLowerCase();
  const wanted = (/[([]/.test(text) ? text.replace(/[([].*?[)\]]/g, '').trim() : text)
    .replace(/[\s.-]+/g, '_')
    .replace(/_g\d+$/, '')
    .replace(/^((gguf|ggml|mlx)[_:/])+/, '')
    .replace(/^ud_/, '');
  const known = (key: string): string | null => (key === 'checkpoint' || CHOICES[key] ? key : (ALIASES[key] ?? null));
  const words = text.replace(/[^a-z0-9]+/g, ' ').trim();
  const told = WORDS.find(([pattern]) => pattern.test(words))?.[1] ?? null;
  // A remark in brackets may tell more than the name before it.
  const narrower = told === 'gptq_int8' ? told : null;
  return narrower ?? known(wanted) ?? known(wanted.replace(/_(xl|l)$/, '_m')) ?? told;
}

/** True for the types of GGUF files, which only llama.cpp and its relatives run well. */
export function isGgufChoice(choice: string): boolean {
  return Object.hasOwn(GGUF_FILE_BITS, choice);
}

/** How a choice of `quantization` stores weights. `checkpoint` and unknown names are 16-bit unless the checkpoint says otherwise. */
export function storedWeights(choice: string, model: Pick<Model, 'architecture' | 'quantization'> | null): StoredWeights {
  if (choice !== 'checkpoint') return CHOICES[choice] ?? plain(16);
  if (!model?.quantization) return plain(16);
  const stored = checkpointWeights(model.quantization);
  return storesExpertsInFourBit(model)
    ? { ...linear('fp4', MXFP4_BITS), besideExperts: { format: stored.format, bits: stored.bits } }
    : stored;
}

/**
 * Bits per weight of GGUF files with MXFP4 experts, whose other tensors are 8-bit: llama-bench counts 11.27 GiB for the 20.91 B parameters of
 * gpt-oss-20b.
 */
const GGUF_MXFP4_BITS = 4.63;

/** Weights as the engine runs them: llama.cpp reads 4-bit float weights from files that quantize everything. */
export function runWeights(stored: StoredWeights, engine: Engine): StoredWeights {
  return engine === 'llama_cpp' && stored.format === 'fp4' ? file(GGUF_MXFP4_BITS) : stored;
}

function checkpointWeights(quantization: CheckpointQuantization): StoredWeights {
  const { method, bits, groupSize, type, expertsOnly, ggufType } = quantization;
  if (method === 'gguf') return CHOICES[weightChoice(ggufType ?? USUAL_GGUF_TYPE) ?? ''] ?? file(ggufBits(ggufType).bits);
  // A 16-bit scale per group, and a 4-bit zero point where groups are small.
  const stored = bits + (groupSize !== null && groupSize > 0 ? 16 / groupSize : 0);
  if (method === 'bitsandbytes') return bits === 4 ? linear('nf4', quantization.doubleQuant ? 4.13 : 4.5) : linear('int8', 8.13);
  if (type === 'float') return bits === 4 ? linear('fp4', stored, expertsOnly || method.startsWith('modelopt')) : linear('fp8', bits);
  if (bits <= 4) return linear('int4', stored, expertsOnly);
  return method === 'compressed-tensors' ? linear('w8a8', bits) : linear('int8', stored);
}
