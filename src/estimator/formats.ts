import { ceilDiv } from './units';

/** How scales are laid out over a weight matrix of `[outFeatures, inFeatures]`. */
export type ScaleLayout =
  | { readonly per: 'none' }
  /** One scale for the whole matrix. */
  | { readonly per: 'tensor'; readonly bytes: number }
  /** One scale per output feature. */
  | { readonly per: 'channel'; readonly bytes: number }
  /** One scale per output feature and `size` inputs. */
  | { readonly per: 'group'; readonly size: number; readonly bytes: number }
  /** One scale per block of `out` x `in` elements. */
  | { readonly per: 'block'; readonly out: number; readonly in: number; readonly bytes: number };

/** How a weight matrix is stored: packed elements, scales, zero points and index tensors. */
export interface WeightFormat {
  readonly bitsPerWeight: number;
  readonly scales: ScaleLayout;
  /** Bits of one zero point per scale group; 0 for symmetric formats. */
  readonly zeroPointBits: number;
  /** Bytes per input feature of index tensors (activation order). */
  readonly indexBytesPerInput: number;
}

/** Unquantized weights of `bytes` bytes per element. */
export function plainFormat(bytes: number): WeightFormat {
  return { bitsPerWeight: bytes * 8, scales: { per: 'none' }, zeroPointBits: 0, indexBytesPerInput: 0 };
}

/** A quantized format; everything not given is absent. */
export function quantizedFormat(bitsPerWeight: number, scales: ScaleLayout, extra: Partial<WeightFormat> = {}): WeightFormat {
  return { bitsPerWeight, scales, zeroPointBits: 0, indexBytesPerInput: 0, ...extra };
}

/** Bytes of the separate tensors that hold one matrix: packed weight, scales, zero points, indices. Zero-sized ones are left out. */
export function matrixTensors(format: WeightFormat, outFeatures: number, inFeatures: number): readonly number[] {
  const tensors = [Math.ceil((outFeatures * inFeatures * format.bitsPerWeight) / 8)];
  const scales = scaleCount(format.scales, outFeatures, inFeatures);
  if (format.scales.per !== 'none') tensors.push(scales * format.scales.bytes);
  if (format.zeroPointBits > 0) tensors.push(Math.ceil((scales * format.zeroPointBits) / 8));
  if (format.indexBytesPerInput > 0) tensors.push(inFeatures * format.indexBytesPerInput);
  return tensors;
}

function scaleCount(scales: ScaleLayout, out: number, inputs: number): number {
  switch (scales.per) {
    case 'none':
      return 0;
    case 'tensor':
      return 1;
    case 'channel':
      return out;
    case 'group':
      return out * ceilDiv(inputs, scales.size);
    case 'block':
      return ceilDiv(out, scales.out) * ceilDiv(inputs, scales.in);
  }
}

/** Bytes per weight of GGML tensor types (ggml-common.h block layouts: bytes per block / weights per block). */
export const GGML_BYTES_PER_WEIGHT: Readonly<Record<string, number>> = {
  F32: 4,
  F16: 2,
  BF16: 2,
  Q4_0: 0.5625,
  Q4_1: 0.625,
  Q5_0: 0.6875,
  Q5_1: 0.75,
  Q8_0: 1.0625,
  Q2_K: 0.328125,
  Q3_K: 0.4296875,
  Q4_K: 0.5625,
  Q5_K: 0.6875,
  Q6_K: 0.8203125,
  IQ1_S: 0.1953125,
  IQ1_M: 0.21875,
  IQ2_XXS: 0.2578125,
  IQ2_XS: 0.2890625,
  IQ2_S: 0.3203125,
  IQ3_XXS: 0.3828125,
  IQ3_S: 0.4296875,
  IQ4_NL: 0.5625,
  IQ4_XS: 0.53125,
  MXFP4: 0.53125,
  TQ1_0: 0.2109375,
  TQ2_0: 0.2578125,
};

/** The GGML type that most matrices of a file type have: `Q4_K_M` stores mostly Q4_K. Null when the name is unknown. */
export function ggmlBaseType(fileType: string): string | null {
  const name = fileType
    .toUpperCase()
    .replace(/^UD-/, '')
    .replace(/_(?:XXS|XS|S|M|L|XL)$/, '');
  if (GGML_BYTES_PER_WEIGHT[fileType.toUpperCase()] !== undefined) return fileType.toUpperCase();
  return GGML_BYTES_PER_WEIGHT[name] === undefined ? null : name;
}
