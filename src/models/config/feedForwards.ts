import type { DenseMlp, FeedForward, MoeMlp } from '../../estimator/architecture';
import type { Fields } from './fields';
import type { LayerType } from './layerTypes';
import type { TextConfig } from './textConfig';

/** The feed-forward blocks of layer `index`. */
export function feedForwardsOf(text: TextConfig, type: LayerType, index: number, moe: MoeLayers | null): readonly FeedForward[] {
  const { modelType, traits } = text;
  if (traits.mixer === 'mamba1' || traits.mixer === 'mamba2') return [];
  if (modelType === 'nemotron_h') {
    if (type === 'moe') return moe ? [moe.block] : [];
    return type === 'feed_forward' ? [dense(text, index)] : [];
  }
  const routed = moe !== null && (type === 'moe' || moe.isMoe(index));
  // Gemma 4 26B-A4B runs its dense MLP beside the experts in every layer.
  if (modelType === 'gemma4_text') return routed ? [dense(text, index), moe.block] : [dense(text, index)];
  if (routed) return [moe.block];
  const block = dense(text, index);
  return block.intermediateSize === 0 ? [] : [block];
}

/** The mixture-of-experts block of a model and the layers that have it. */
export interface MoeLayers {
  readonly block: MoeMlp;
  readonly isMoe: (index: number) => boolean;
}

function dense(text: TextConfig, index: number): DenseMlp {
  const { fields, modelType, traits } = text;
  const perLayer = fields.integers('intermediate_size', 'ffn_hidden_size');
  const stated = perLayer?.[index] ?? fields.integer('intermediate_size_mlp', 'dense_intermediate_size') ?? text.intermediateSize;
  // Gemma 4 E-models double the width of the layers that share an earlier layer's KV cache.
  const wide = fields.boolean('use_double_wide_mlp') === true && index >= text.layers - (fields.integer('num_kv_shared_layers') ?? 0);
  const width = modelType === 'granitemoehybrid' ? (fields.integer('shared_intermediate_size') ?? stated) : stated;
  return { kind: 'dense', intermediateSize: wide ? 2 * width : width, gated: traits.gatedMlp, bias: mlpBias(text) };
}

function mlpBias(text: TextConfig): boolean {
  const { fields, modelType, traits } = text;
  if (modelType === 'internlm3' || modelType === 'falcon') return fields.boolean('bias') ?? false;
  return fields.boolean('mlp_bias') ?? traits.mlpBias;
}

const EXPERTS_PER_TOKEN = [
  'num_experts_per_tok',
  'num_experts_per_token',
  'experts_per_token',
  'top_k_experts',
  'moe_topk',
  'moe_k',
  'moe_top_k',
] as const;

/** The config's experts; null for dense models. */
export function moeLayers(text: TextConfig): MoeLayers | null {
  const { fields, modelType, traits } = text;
  const experts =
    largest(fields, 'num_experts', 'n_routed_experts', 'num_local_experts', 'moe_num_experts') ??
    fields.object('ffn_config')?.integer('moe_num_experts') ??
    null;
  if (experts === null || experts <= 1) return null;
  if (modelType === 'gemma4_text' && fields.boolean('enable_moe_block') === false) return null;
  const perToken = largest(fields, ...EXPERTS_PER_TOKEN) ?? fields.object('ffn_config')?.integer('moe_top_k') ?? null;
  if (perToken !== null && (perToken < 1 || perToken > experts))
    fields.reportFirst(EXPERTS_PER_TOKEN, `a whole number from 1 to the ${experts} experts`, Math.min(Math.max(perToken, 1), experts));
  if (perToken === null) text.assumptions.push('experts per token not in the config: 1 assumed for speed figures');
  const width = largest(fields, 'moe_intermediate_size', 'expert_intermediate_size') ?? text.intermediateSize;
  return {
    block: {
      kind: 'moe',
      experts,
      expertsPerToken: perToken ?? 1,
      expertIntermediateSize: width,
      gated: traits.gatedMlp,
      expertHiddenSize: fields.integer('moe_latent_size', 'routed_expert_hidden_size'),
      sharedIntermediateSize: sharedWidth(text, width),
      sharedExpertGate: traits.sharedExpertGate,
      routerBias: traits.routerBias,
      // DeepSeek-VL2's largest model has DeepSeek-V3's router under DeepSeek-V2's type.
      correctionBias: traits.correctionBias || fields.raw('topk_method') === 'noaux_tc',
      expertBias: traits.expertBias,
      ...(modelType === 'gemma4_text' ? { routerScales: true } : {}),
    },
    isMoe: moePlacement(text),
  };
}

/** ERNIE states sizes per modality as lists; the text experts are the first and largest entry. */
function largest(fields: Fields, ...names: readonly string[]): number | null {
  const list = fields.integers(...names);
  return list && list.length > 0 ? Math.max(...list) : fields.integer(...names);
}

function sharedWidth(text: TextConfig, expertWidth: number): number {
  const { fields, modelType } = text;
  if (modelType === 'llama4_text' || modelType === 'llama4') return expertWidth;
  const stated = fields.integer(
    'shared_expert_intermediate_size',
    'moe_shared_expert_intermediate_size',
    'shared_intermediate_size',
    'share_expert_dim',
  );
  const count = largest(fields, 'n_shared_experts', 'num_shared_experts', 'num_shared_expert', 'moe_num_shared_experts') ?? 0;
  return stated ?? expertWidth * count;
}

function moePlacement(text: TextConfig): (index: number) => boolean {
  const { fields, modelType } = text;
  const flags = fields.integers('moe_layer_freq');
  if (flags) return (i) => flags[i] === 1;
  const types = fields.strings('mlp_layer_types');
  if (types) return (i) => types[i] === 'sparse' || types[i] === 'moe';
  const listed = listedLayers(text);
  if (listed) return (i) => listed.has(i);
  if (modelType === 'jamba') {
    const period = fields.integer('expert_layer_period') ?? 2;
    const offset = fields.integer('expert_layer_offset') ?? 1;
    return (i) => i % period === offset;
  }
  if (modelType === 'llama4_text' || modelType === 'llama4') {
    const step = fields.integer('interleave_moe_layer_step') ?? 1;
    return (i) => (i + 1) % step === 0;
  }
  const everyNth = modelType === 'nomic_bert' ? fields.integer('moe_every_n_layers') : null;
  if (everyNth) return (i) => (i + 1) % everyNth === 0;
  const sparseStep = fields.integer('decoder_sparse_step');
  const denseOnly = fields.integers('mlp_only_layers');
  if (sparseStep || denseOnly) return (i) => !(denseOnly ?? []).includes(i) && (i + 1) % (sparseStep ?? 1) === 0;
  const firstDense =
    largest(fields, 'first_k_dense_replace', 'num_dense_layers', 'moe_layer_start_index') ?? (modelType === 'deepseek' ? 1 : 0);
  const frequency = fields.integer('moe_layer_freq') ?? 1;
  return (i) => i >= firstDense && i % Math.max(frequency, 1) === 0;
}

/** Explicit layer lists: `moe_layers` (Llama 4) or `moe_layers_enum` (Step, comma-separated). */
function listedLayers(text: TextConfig): ReadonlySet<number> | null {
  const list = text.fields.integers('moe_layers');
  if (list) return new Set(list);
  const written = text.fields.raw('moe_layers_enum');
  return typeof written === 'string' ? new Set(written.split(',').map(Number)) : null;
}
