import type { Model } from '../../estimator/architecture';
import { pipelineStages } from './stages';
import { ROPE_TABLE, layerParameters, outerParameters, type WeightLayout } from './weightsPerGpu';

/** A ratio outside these means that the headers and the architecture speak of different models. */
const PLAUSIBLE_RATIO: readonly [low: number, high: number] = [0.25, 5];

/**
 * For checkpoints whose weight headers were read: by tensor group, the bytes stored over the bytes the format's rule gives. It carries what
 * a config does not say, such as layers left in 16 bit or mixed formats, over to the shards. Null without headers or for unquantized weights,
 * whose rule is exact.
 */
export function headerRatios(model: Model, layout: WeightLayout): ReadonlyMap<string, number> | null {
  const { exactBytes, quantization, architecture } = model;
  if (!exactBytes || !quantization) return null;
  const whole: WeightLayout = {
    ...layout,
    tensorParallel: 1,
    expertRanks: 1,
    expertParallel: false,
    redundantExperts: 0,
    absorbedCopies: false,
    wholeSegmentsAbove20Mib: false,
    loadTowers: true,
    scheme: { ...layout.scheme, expertPadding: null },
    headerRatios: null,
  };
  const [stage] = pipelineStages(architecture, 1);
  if (!stage) return null;
  const computed = new Map<string, number>();
  const add = (group: string, bytes: number): void => {
    computed.set(group, (computed.get(group) ?? 0) + bytes);
  };
  for (const parameter of outerParameters(whole, stage)) if (parameter.name !== ROPE_TABLE) add(parameter.group, parameter.bytes);
  stage.layersByKind.forEach((layers, kind) => {
    for (const parameter of layerParameters(whole, kind)) add(parameter.group, layers * parameter.bytes);
  });
  const ratios = new Map<string, number>();
  for (const [group, bytes] of computed) {
    const ratio = (exactBytes.get(group) ?? 0) / bytes;
    if (ratio >= PLAUSIBLE_RATIO[0] && ratio <= PLAUSIBLE_RATIO[1]) ratios.set(group, ratio);
  }
  return ratios;
}
