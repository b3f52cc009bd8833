import type { Model } from '../../estimator/architecture';
import type { Gpu } from '../../estimator/hardware/gpu';
import type { ArgumentReader } from '../argumentValues';
import { hasExperts, hasStateLayers } from '../../estimator/modelShape';
import { isSince } from '../release';
import type { SpeculativeSettings } from '../startup/report';
import type { VersionRules } from '../versions';

/** V1 is the default from 0.8; until 0.10 unsupported devices and models fell back to V0 (arg_utils.py, _is_v1_supported_oracle). */
export function engineOf(model: Model, gpu: Gpu | null, rules: VersionRules, version: string): 'V0' | 'V1' {
  const { architecture } = model;
  if (rules.defaultEngine === 'V0') return 'V0';
  const crossAttention = architecture.layerKinds.some((kind) =>
    kind.mixers.some((mixer) => mixer.kind === 'attention' && mixer.scope === 'cross'),
  );
  // Llama 3.2 Vision was never brought to V1.
  if (crossAttention && architecture.towers.some((tower) => tower.modality === 'image')) return 'V0';
  if (isSince(version, '0.11.0')) return 'V1';
  const preAmpere = (gpu?.computeCapability ?? 80) < 80;
  if (preAmpere && !isSince(version, '0.10.0')) return 'V0';
  if ((architecture.task === 'pooling' || hasStateLayers(model)) && !isSince(version, '0.9.2')) return 'V0';
  return crossAttention ? 'V0' : 'V1';
}

/** Llama, Mistral and Qwen3 are the dense families the V2 runner served first; MoE families it serves by default later. */
const V2_FIRST_DENSE: ReadonlySet<string> = new Set(['llama', 'mistral', 'qwen3']);
const V2_MOE: ReadonlySet<string> = new Set(['deepseek_v2', 'deepseek_v4', 'granitemoe', 'kimi_k3', 'longcat_flash', 'qwen2_moe']);

/** Whether V1 runs the model with its second model runner. */
export function usesV2Runner(model: Model, rules: VersionRules, speculative: SpeculativeSettings | null, read: ArgumentReader): boolean {
  const { architecture } = model;
  if (rules.v2Runner === 'none' || architecture.task === 'pooling' || hasStateLayers(model)) return false;
  if (speculative && ['ngram', 'medusa', 'draft_model', 'suffix'].includes(speculative.method)) return false;
  if (read.has('logits-processors') || read.flag('enable-prompt-embeds') === true || read.flag('enable-dbo') === true) return false;
  const first = V2_FIRST_DENSE.has(architecture.modelType) && model.quantization === null && !read.has('quantization');
  if (rules.v2Runner === 'llama_mistral_qwen3') return first;
  if (V2_MOE.has(architecture.modelType)) return true;
  return rules.v2Runner === 'some_dense' ? first : !hasExperts(model);
}
