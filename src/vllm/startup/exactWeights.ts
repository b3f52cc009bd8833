import type { Architecture, Model } from '../../estimator/architecture';
import { matrixTensors, plainFormat } from '../../estimator/formats';
import { layerTensors, outerTensors } from '../../estimator/parameters';
import type { TensorSpec } from '../../estimator/tensors';
import { quantizationScheme, type QuantizationScheme, type QuantizationTarget } from './quantization';
import { formatOf, quantizedShare } from './weightsPerGpu';

/** A ratio outside these means that the headers and the architecture speak of different models. */
const PLAUSIBLE_RATIO: readonly [low: number, high: number] = [0.25, 5];
/**
 * Up to this relative difference the rule explains what is stored: scales in another type than the loader's (two of four bytes a channel),
 * shapes and quantization maps stored beside packed weights, rotary buffers.
 */
const EXPLAINED = 0.002;

/**
 * How far a checkpoint whose weight headers were read is from what the rules say it stores, by tensor group: stored over expected bytes, for
 * the groups in which they differ. Empty where the rules explain every group, so that each tensor is counted as it is; a ratio carries what a
 * config does not say, such as layers left in 16 bit, mixed formats or an unknown tower, over to the shards. Null without headers.
 */
export function headerRatios(model: Model, target: QuantizationTarget): ReadonlyMap<string, number> | null {
  const { exactBytes, architecture } = model;
  if (!exactBytes) return null;
  const stored = new Map(exactBytes);
  stored.delete('mtp');
  if (architecture.tieWordEmbeddings) stored.delete('lm_head');
  const expected = nearest(
    stored,
    [2, 4].map((bytes) => expectedBytes(model, target, bytes)),
  );
  const ratios = new Map<string, number>();
  if (explains(total(expected), total(stored))) return ratios;
  for (const [group, bytes] of expected) {
    const ratio = (stored.get(group) ?? 0) / bytes;
    if (!explains(ratio, 1) && ratio >= PLAUSIBLE_RATIO[0] && ratio <= PLAUSIBLE_RATIO[1]) ratios.set(group, ratio);
  }
  return ratios;
}

function explains(expected: number, stored: number): boolean {
  return Math.abs(expected / stored - 1) <= EXPLAINED;
}

function total(bytes: ReadonlyMap<string, number>): number {
  return [...bytes.values()].reduce((sum, value) => sum + value, 0);
}

/** Of the expectations for 16- and for 32-bit elements the one nearest to what is stored: vLLM casts while loading. */
function nearest(stored: ReadonlyMap<string, number>, expectations: readonly ReadonlyMap<string, number>[]): ReadonlyMap<string, number> {
  const distance = (expected: ReadonlyMap<string, number>): number => Math.abs(Math.log(total(expected) / total(stored)));
  return expectations.reduce((best, candidate) => (distance(candidate) < distance(best) ? candidate : best));
}

/** Bytes by group in the files of a checkpoint, by the rules: unfused, uncut, not rounded, with what the loader drops. */
function expectedBytes(model: Model, target: QuantizationTarget, elementBytes: number): ReadonlyMap<string, number> {
  const { architecture } = model;
  const scheme = quantizationScheme(model, { ...target, requested: null, asStored: true });
  const expected = new Map<string, number>();
  const add = (tensor: TensorSpec, share: number, times: number): void => {
    const bytes = share * tensorBytes(scheme, tensor, elementBytes) + (1 - share) * plainBytes(tensor, elementBytes);
    expected.set(tensor.group, (expected.get(tensor.group) ?? 0) + times * bytes);
  };
  for (const tensor of outerTensors(architecture)) add(tensor, 1, 1);
  architecture.layerKinds.forEach((kind, index) => {
    const share = quantizedShare(scheme, layersOfKind(architecture, index));
    const times = layersOfKind(architecture, index).length;
    if (times > 0) for (const tensor of layerTensors(architecture, kind)) add(tensor, share(tensor), times);
  });
  return expected;
}

function layersOfKind({ layout }: Architecture, kind: number): readonly number[] {
  return layout.flatMap((entry, layer) => (entry === kind ? [layer] : []));
}

function tensorBytes(scheme: QuantizationScheme, tensor: TensorSpec, elementBytes: number): number {
  const format = formatOf(scheme, tensor);
  if (!format) return plainBytes(tensor, elementBytes);
  return tensor.copies * matrixTensors(format, tensor.outFeatures, tensor.inFeatures).reduce((sum, bytes) => sum + bytes, 0);
}

function plainBytes(tensor: TensorSpec, elementBytes: number): number {
  const [bytes = 0] = matrixTensors(plainFormat(tensor.fp32 === true ? 4 : elementBytes), tensor.outFeatures, tensor.inFeatures);
  return tensor.copies * bytes;
}
