import { plainQuantization, type Architecture, type CheckpointQuantization, type Model } from '../../../src/estimator/architecture';
import { layersOf } from '../../../src/estimator/architecture';
import { layerTensors, outerTensors } from '../../../src/estimator/parameters';
import type { TensorSpec } from '../../../src/estimator/tensors';
import { factsOf } from '../../../src/models/facts';
import { tensorsOf } from '../../../src/models/safetensors';
import { summarizeWeights } from '../../../src/models/weights';
import { catalogue, safetensorsBytes } from './support';
import type { HeaderTensor } from './support';

/** How a checkpoint stores a linear layer of `[out, in]`, as the tools write it. */
export type Recipe = 'bf16' | 'f32' | 'awq' | 'gptq' | 'w4a16' | 'fp8-dynamic' | 'w8a8' | 'fp8-block' | 'nvfp4' | 'mxfp4-experts';

const GROUP = 128;

/** The tensors of one quantized matrix: suffix, type, shape. Layouts of AutoAWQ, AutoGPTQ, llm-compressor, DeepSeek's and ModelOpt's exporters. */
function packed(
  recipe: Recipe,
  out: number,
  input: number,
): readonly (readonly [suffix: string, dtype: string, shape: readonly number[]])[] {
  const groups = Math.ceil(input / GROUP);
  switch (recipe) {
    case 'awq':
      return [
        ['qweight', 'I32', [input, out / 8]],
        ['qzeros', 'I32', [groups, out / 8]],
        ['scales', 'F16', [groups, out]],
      ];
    case 'gptq':
      return [
        ['qweight', 'I32', [input / 8, out]],
        ['qzeros', 'I32', [groups, out / 8]],
        ['scales', 'F16', [groups, out]],
        ['g_idx', 'I32', [input]],
      ];
    case 'w4a16':
      return [
        ['weight_packed', 'I32', [out, input / 8]],
        ['weight_scale', 'BF16', [out, groups]],
        ['weight_shape', 'I64', [2]],
      ];
    case 'fp8-dynamic':
      return [
        ['weight', 'F8_E4M3', [out, input]],
        ['weight_scale', 'BF16', [out, 1]],
      ];
    case 'w8a8':
      return [
        ['weight', 'I8', [out, input]],
        ['weight_scale', 'BF16', [out, 1]],
      ];
    case 'fp8-block':
      return [
        ['weight', 'F8_E4M3', [out, input]],
        ['weight_scale_inv', 'F32', [Math.ceil(out / 128), Math.ceil(input / 128)]],
      ];
    case 'nvfp4':
      return [
        ['weight', 'U8', [out, input / 2]],
        ['weight_scale', 'F8_E4M3', [out, input / 16]],
        ['weight_scale_2', 'F32', []],
        ['input_scale', 'F32', []],
      ];
    default:
      return [['weight', recipe === 'f32' ? 'F32' : 'BF16', [out, input]]];
  }
}

const quantization = (method: string, bits: number, more: Partial<CheckpointQuantization> = {}): CheckpointQuantization => ({
  ...plainQuantization(method, bits, 'config'),
  ...more,
});

/** What the config of such a checkpoint says. */
const CONFIGS: Readonly<Record<Recipe, CheckpointQuantization | null>> = {
  bf16: null,
  f32: null,
  awq: quantization('awq', 4, { groupSize: GROUP, symmetric: false }),
  gptq: quantization('gptq', 4, { groupSize: GROUP }),
  w4a16: quantization('compressed-tensors', 4, { groupSize: GROUP }),
  'fp8-dynamic': quantization('compressed-tensors', 8, { type: 'float', groupSize: -1 }),
  w8a8: quantization('compressed-tensors', 8, { groupSize: -1 }),
  'fp8-block': quantization('fp8', 8, { type: 'float', blockSize: [128, 128] }),
  nvfp4: quantization('modelopt_fp4', 4, { type: 'float', groupSize: 16 }),
  'mxfp4-experts': quantization('mxfp4', 4, { type: 'float', groupSize: 32, expertsOnly: true }),
};

/** Module paths of Hugging Face's classes by parameter group. */
function modulePath({ group, name }: TensorSpec, copy: number): string {
  const at = copy > 0 ? `_${copy}` : '';
  switch (group) {
    case 'attention':
      return `self_attn.${name}${at}`;
    case 'mlp':
      return `mlp.${name}${at}`;
    case 'experts':
      return `mlp.experts.${copy}.${name}`;
    case 'shared_experts':
      return `mlp.shared_expert.${name}${at}`;
    case 'router':
      return `mlp.gate${at}`;
    case 'norm':
      return `${name.replace(/[._]?norm|\.bias/g, '')}_layernorm${name.endsWith('.bias') ? '.bias' : ''}${at}`;
    default:
      return `${name}${at}`;
  }
}

function stored(prefix: string, tensor: TensorSpec, recipe: Recipe): readonly HeaderTensor[] {
  const { outFeatures, inFeatures, copies, group } = tensor;
  const dtype = recipe === 'f32' ? 'F32' : 'BF16';
  const isMatrix = inFeatures > 1 && tensor.quantizable;
  if (recipe === 'mxfp4-experts' && group === 'experts' && isMatrix) {
    // openai/gpt-oss: all experts of a layer in one tensor, blocks of 32 values in 16 bytes, one scale byte a block.
    const parts = [
      { name: 'blocks', shape: [copies, outFeatures, inFeatures / 32, 16] },
      { name: 'scales', shape: [copies, outFeatures, inFeatures / 32] },
    ];
    return parts.map(({ name, shape }) => ({ name: `${prefix}mlp.experts.${tensor.name}_${name}`, dtype: 'U8', shape }));
  }
  const quantized = isMatrix && recipe !== 'mxfp4-experts' && group !== 'vision' && group !== 'router';
  return Array.from({ length: copies }, (_, copy) => {
    const path = `${prefix}${modulePath(tensor, copy)}`;
    if (quantized)
      return packed(recipe, outFeatures, inFeatures).map(([part, type, shape]) => ({ name: `${path}.${part}`, dtype: type, shape }));
    return [{ name: `${path}.weight`, dtype, shape: inFeatures === 1 ? [outFeatures] : [outFeatures, inFeatures] }];
  }).flat();
}

/** The headers of a checkpoint of this architecture; `plain` names the layers left in 16 bit. */
export function headersOf(
  architecture: Architecture,
  recipe: Recipe,
  plain: (layer: number) => boolean = () => false,
): readonly HeaderTensor[] {
  const whole = recipe === 'f32' ? 'f32' : 'bf16';
  const layers = layersOf(architecture).flatMap((kind, layer) =>
    layerTensors(architecture, kind).flatMap((tensor) => stored(`model.layers.${layer}.`, tensor, plain(layer) ? whole : recipe)),
  );
  const outer = outerTensors(architecture).flatMap((tensor) => {
    const prefix = tensor.group === 'lm_head' ? '' : tensor.group === 'vision' ? 'visual.' : 'model.';
    return stored(prefix, { ...tensor, quantizable: false }, recipe);
  });
  return [...outer, ...layers];
}

/** A model as its local folder gives it: the catalogue's architecture, a config of the recipe's format, and these weight headers. */
export function modelFromHeaders(id: string, recipe: Recipe, headers?: readonly HeaderTensor[]): Model {
  const known = catalogue.find(id);
  if (!known) throw new Error(`${id} is not in the catalogue`);
  const { architecture } = known.model;
  const file = safetensorsBytes(headers ?? headersOf(architecture, recipe));
  const length = Number(file.readBigUInt64LE(0));
  const tensors = tensorsOf(JSON.parse(file.subarray(8, 8 + length).toString('utf8')), id);
  const read = { architecture, quantization: CONFIGS[recipe], assumptions: [], known: true, exact: true };
  return factsOf({
    id,
    origin: id,
    source: 'folder',
    read,
    assumptions: [],
    weights: summarizeWeights(tensors, architecture.layout.length),
  }).model;
}
