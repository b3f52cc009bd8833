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
export function adapterShape(shape: TrainingShape, targets: LoraTargets, rank: number, dora: boolean, family = ''): AdapterShape {
  let parameters = 0;
  const inputElements: number[] = [];
  const outputElements: number[] = [];
  const seen = new Set<string>();
  for (const layer of shape.layers) {
    let inputs = 0;
    let outputs = 0;
    const fused = new Set<string>();
    for (const linear of layer.linears) {
      const named = targetOf(linear, targets, family, seen);
      if (named === null) continue;
      const target = storesFused(family, linear) ? 'fused' : named;
      // A module that holds several matrices has one A for all of them.
      const sharesInput = target === 'fused' && fused.has(linear.fusedInto ?? '');
      if (target === 'fused') fused.add(linear.fusedInto ?? '');
      const effective = Math.min(rank, linear.inFeatures, linear.outFeatures);
      const perCopy = effective * ((sharesInput ? 0 : linear.inFeatures) + linear.outFeatures);
      parameters += layer.count * linear.copies * (perCopy + (dora ? linear.outFeatures : 0));
      inputs += sharesInput ? 0 : linear.inFeatures * usedCopies(layer, linear);
      outputs += linear.outFeatures * usedCopies(layer, linear);
    }
    inputElements.push(inputs);
    outputElements.push(outputs);
  }
  const unknownTargets = typeof targets === 'string' ? [] : targets.filter((target) => !seen.has(target));
  return { parameters, inputElements, outputElements, unknownTargets };
}

/** Families whose checkpoints hold Q, K and V in one module, and gate and up in one (their modeling files). */
const FUSED_QKV = new Set(['qwen', 'chatglm', 'baichuan', 'phi3', 'gpt2', 'gpt_neox', 'falcon', 'mpt', 'bloom', 'internlm2']);
const FUSED_GATE_UP = new Set(['chatglm', 'phi3', 'glm4']);

function storesFused(family: string, linear: LinearShape): boolean {
  return (linear.fusedInto === 'qkv_proj' && FUSED_QKV.has(family)) || (linear.fusedInto === 'gate_up_proj' && FUSED_GATE_UP.has(family));
}

/** What some families call a module that others name by its place: attention's output, and the feed-forward's parts. */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  c_proj: ['o_proj', 'down_proj'],
  dense: ['o_proj'],
  out_proj: ['o_proj'],
  wo: ['o_proj'],
  w1: ['gate_proj'],
  w2: ['down_proj'],
  w3: ['up_proj'],
  dense_h_to_4h: ['gate_up_proj', 'up_proj'],
  dense_4h_to_h: ['down_proj'],
  fc1: ['up_proj'],
  fc2: ['down_proj'],
  linear_proj: ['o_proj'],
  linear_fc2: ['down_proj'],
};
/** Qwen's first generation calls gate and up w2 and w1. */
const NAMES_OF_QWEN: Readonly<Record<string, readonly string[]>> = { w1: ['up_proj'], w2: ['gate_proj'] };

/** Names that families give to modules of several matrices, and the merged parameter they mean. */
const FUSED_MODULES: Readonly<Record<string, string>> = {
  qkv_proj: 'qkv_proj',
  c_attn: 'qkv_proj',
  query_key_value: 'qkv_proj',
  W_pack: 'qkv_proj',
  Wqkv: 'qkv_proj',
  linear_qkv: 'qkv_proj',
  gate_up_proj: 'gate_up_proj',
  linear_fc1: 'gate_up_proj',
};

/** How a linear layer is adapted: alone, as part of the module that holds it, or not at all. */
function targetOf(linear: LinearShape, targets: LoraTargets, family: string, seen: Set<string>): 'alone' | 'fused' | null {
  if (targets === 'attention') return ATTENTION.has(linear.group) ? 'alone' : null;
  if (targets === 'all_linear') return ALL_LINEAR.has(linear.group) ? 'alone' : null;
  const isNamed = (target: string): boolean => linear.name === target || linear.name.endsWith(`.${target}`);
  const others = (target: string): readonly string[] =>
    (family === 'qwen' ? NAMES_OF_QWEN[target] : undefined) ?? OTHER_NAMES[target] ?? [];
  const named = targets.filter((target) => isNamed(target) || others(target).some(isNamed));
  const fused = targets.filter((target) => linear.fusedInto !== null && FUSED_MODULES[target] === linear.fusedInto);
  for (const target of [...named, ...fused]) seen.add(target);
  if (named.length > 0) return 'alone';
  return fused.length > 0 ? 'fused' : null;
}

/** Of a routed expert's matrix a token uses as many copies as it has experts. */
function usedCopies(layer: LayerShape, linear: LinearShape): number {
  if (linear.group !== 'experts' || layer.expertParameters === 0) return linear.copies;
  return linear.copies * (layer.activeExpertParameters / layer.expertParameters);
}
