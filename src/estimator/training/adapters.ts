import type { LoraTargets } from '../contracts/finetuning';
import type { LayerShape, LinearShape, TrainingShape } from './shape';

/** Adapters on the linear layers a request targets. */
export interface AdapterShape {
  /** Trained elements: A, B and DoRA's magnitudes. */
  readonly parameters: number;
  /** Per layer kind, as `TrainingShape.layers`: elements per token that adapters keep of their inputs, experts counted as used. */
  readonly inputElements: readonly number[];
  /** Per layer kind: elements per token of the adapted layers' outputs. */
  readonly outputElements: readonly number[];
  /** Target names that no layer has. */
  readonly unknownTargets: readonly string[];
}

/** Groups that `attention` and `all_linear` mean; routers stay frozen, as PEFT's all-linear leaves them. */
const ATTENTION = new Set(['attention', 'ssm']);
const ALL_LINEAR = new Set(['attention', 'ssm', 'mlp', 'experts', 'shared_experts', 'other']);

/** LoRA (Hu 2021, arXiv 2106.09685): rank × (in + out) per target, and one magnitude per output with DoRA (arXiv 2402.09353). */
export function adapterShape(shape: TrainingShape, targets: LoraTargets, rank: number, dora: boolean): AdapterShape {
  let parameters = 0;
  const inputElements: number[] = [];
  const outputElements: number[] = [];
  const seen = new Set<string>();
  for (const layer of shape.layers) {
    let inputs = 0;
    let outputs = 0;
    for (const linear of layer.linears) {
      if (!isTarget(linear, targets, seen)) continue;
      const perCopy = Math.min(rank, linear.inFeatures, linear.outFeatures) * (linear.inFeatures + linear.outFeatures);
      parameters += layer.count * linear.copies * (perCopy + (dora ? linear.outFeatures : 0));
      inputs += linear.inFeatures * usedCopies(layer, linear);
      outputs += linear.outFeatures * usedCopies(layer, linear);
    }
    inputElements.push(inputs);
    outputElements.push(outputs);
  }
  const unknownTargets = typeof targets === 'string' ? [] : targets.filter((target) => !seen.has(target));
  return { parameters, inputElements, outputElements, unknownTargets };
}

function isTarget(linear: LinearShape, targets: LoraTargets, seen: Set<string>): boolean {
  if (targets === 'attention') return ATTENTION.has(linear.group);
  if (targets === 'all_linear') return ALL_LINEAR.has(linear.group);
  const found = targets.filter((target) => linear.name === target || linear.name.endsWith(`.${target}`));
  for (const target of found) seen.add(target);
  return found.length > 0;
}

/** Of a routed expert's matrix a token uses as many copies as it has experts. */
function usedCopies(layer: LayerShape, linear: LinearShape): number {
  if (linear.group !== 'experts' || layer.expertParameters === 0) return linear.copies;
  return linear.copies * (layer.activeExpertParameters / layer.expertParameters);
}
