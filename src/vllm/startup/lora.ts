import type { LoraSettings } from '../defaults/settings';
import { isSince } from '../release';
import { localShape, tensorsOfLayer, type WeightLayout } from './weightsPerGpu';

/** Adapters on expert matrices exist since this release (FusedMoEWithLoRA). */
const EXPERT_ADAPTERS_SINCE = '0.11.1';

/**
 * Bytes of the adapter buffers of one decoder layer on one rank: `max_loras x rank x (inputs + outputs)` elements per linear slice.
 * Column-parallel layers hold A whole and B cut, row-parallel layers A cut and B whole; fully sharded adapters cut the other one too
 * (vllm/lora/layers, create_lora_weights). Adapters are kept in the model's 16-bit type.
 */
export function loraBytesOfLayer(layout: WeightLayout, kind: number, lora: LoraSettings, version: string): number {
  const layerKind = layout.architecture.layerKinds[kind];
  if (!layerKind) return 0;
  let elements = 0;
  for (const tensor of tensorsOfLayer(layout.architecture, layerKind)) {
    if (!tensor.quantizable || tensor.group === 'router') continue;
    if (tensor.group === 'experts' && !isSince(version, EXPERT_ADAPTERS_SINCE)) continue;
    if (lora.targetModules && !lora.targetModules.some((name) => tensor.name.endsWith(name))) continue;
    const local = localShape(layout, tensor);
    const cutColumns = tensor.sharding === 'column' || tensor.sharding === 'kv' || tensor.expertCut === 'column';
    const sharded = lora.fullySharded ? layout.tensorParallel : 1;
    const a = local.in / (cutColumns ? sharded : 1);
    const b = local.out / (cutColumns ? 1 : sharded);
    elements += local.copies * lora.maxRank * (a + b);
  }
  return lora.maxLoras * elements * 2;
}
