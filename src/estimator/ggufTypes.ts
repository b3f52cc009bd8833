import { GGML_BYTES_PER_WEIGHT, ggmlBaseType } from './formats';

/**
 * Average bits per weight of GGUF file types, mixtures of tensor types included: the table of llama.cpp's tools/quantize/README.md
 * for Llama-3.1-8B; Q4_0 to Q5_1 by their block layout with a Q6_K head.
 */
export const GGUF_FILE_BITS = {
  iq1_s: 2.0042, iq1_m: 2.146, iq2_xxs: 2.3824, iq2_xs: 2.5882, iq2_s: 2.7403, iq2_m: 2.9294, iq3_xxs: 3.2548, iq3_xs: 3.4977, iq3_s: 3.6606,
  iq3_m: 3.7628, iq4_xs: 4.4597, iq4_nl: 4.6818, q2_k_s: 2.9697, q2_k: 3.1593, q3_k_s: 3.6429, q3_k_m: 3.996, q3_k_l: 4.2979, q4_0: 4.64,
  q4_1: 5.14, q4_k_s: 4.6672, q4_k_m: 4.8944, q5_0: 5.56, q5_1: 6.06, q5_k_s: 5.5704, q5_k_m: 5.7036, q6_k: 6.5633, q8_0: 8.5008,
} as const; // prettier-ignore

/**
 * The file type taken where none is known: what llama.cpp's `-hf org/name` and ollama take of a repository that has it. vLLM takes none:
 * `org/name:Q4_K_M` names the file (vLLM's download_gguf looks for "*-Q4_K_M.gguf" and its shards).
 */
export const USUAL_GGUF_TYPE = 'Q4_K_M';
/** The smallest and the largest type among those that repackers publish of nearly every model. */
export const USUAL_GGUF_TYPES = { least: 'Q2_K', most: 'Q8_0' } as const;

/** Bits per weight of a GGUF file, with the bounds between which such files lie. */
export interface GgufBits {
  readonly bits: number;
  readonly least: number;
  readonly most: number;
}

/** Files of one type differ by which tensors get the larger of its formats: with the width of a model and the size of its vocabulary. */
const MIX = 0.04;
/**
 * "UD-Q8_K_XL" leaves more or less of a model in 16 bit: 35.8 GiB against 34.4 in Q8_0 of Qwen3.6-35B-A3B, 11.9 bits of Qwen3.5-2B
 * (2,893,114,784 bytes for 1,942,653,248 parameters).
 */
const Q8_K_XL: GgufBits = { bits: 10, least: 8.5, most: 12 };

/** Bits of a file type as names and headers write it ("Q4_K_M", "UD-Q4_K_XL", "IQ2_M", "BF16"); null for types of which none are known. */
export function bitsOfGgufType(type: string): GgufBits | null {
  const name = type
    .toLowerCase()
    .replace(/^ud[-_]/, '')
    // The ARM layouts of Q4_0 hold the same blocks in another order.
    .replace(/^(q4_0)(?:_\d){2}$/, '$1');
  if (name === 'q8_k_xl') return Q8_K_XL;
  // Repackers' XL and L types give embedding and head more bits than the M type has, or than the only one.
  const bits = [name, name.replace(/_x?l$/, '_m'), name.replace(/_x?l$/, '')].map(tabulated).find((found) => found !== null) ?? null;
  if (bits !== null) return spread(bits);
  const base = ggmlBaseType(name);
  const bytes = base === null ? undefined : GGML_BYTES_PER_WEIGHT[base];
  return bytes === undefined ? null : spread(8 * bytes);
}

function tabulated(name: string): number | null {
  const table: Readonly<Record<string, number>> = GGUF_FILE_BITS;
  return Object.hasOwn(table, name) ? (table[name] ?? null) : null;
}

function spread(bits: number): GgufBits {
  return { bits, least: bits * (1 - MIX), most: bits * (1 + MIX) };
}

/** Bits of a GGUF file whose type is given, else of the usual type, with the usual types as bounds. */
export function ggufBits(type: string | null): GgufBits {
  const { q2_k: least, q4_k_m: bits, q8_0: most } = GGUF_FILE_BITS;
  return (type === null ? null : bitsOfGgufType(type)) ?? { bits, least, most };
}
