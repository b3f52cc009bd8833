import type {
  AttentionMixer,
  AttentionScope,
  CompressedLatentMixer,
  DeltaNetMixer,
  MambaMixer,
  MlaMixer,
  Mixer,
} from '../../estimator/architecture';
import { LARGEST_INTEGER } from './fields';
import type { Fields } from './fields';
import type { LayerType } from './layerTypes';
import { slidingWindow } from './layerTypes';
import { ConfigProblem, unusable } from './textConfig';
import type { TextConfig } from './textConfig';

/** The mixers of layer `index`, which the config gives the type `type`. */
export function mixersOf(text: TextConfig, type: LayerType, index: number): readonly Mixer[] | ConfigProblem {
  switch (type) {
    case 'full':
    case 'sliding':
    case 'chunked':
    case 'cross':
    case 'encoder': {
      const mixer = attentionLike(text, type, index);
      return mixer instanceof ConfigProblem ? mixer : [mixer];
    }
    case 'delta':
      return one(deltaNet(text));
    case 'mamba1':
    case 'mamba2':
      return one(mamba(text, type));
    case 'attention_and_mamba2': {
      const state = mamba(text, 'mamba2');
      return state instanceof ConfigProblem ? state : [state, attention(text, 'full', index)];
    }
    case 'lightning':
      return [{ kind: 'lightning_attention', heads: text.heads, headDim: text.headDim }];
    case 'conv':
      return [
        {
          kind: 'short_conv',
          width: text.hiddenSize,
          convKernel: text.fields.integer('conv_L_cache') ?? 3,
          bias: text.fields.boolean('conv_bias') ?? false,
        },
      ];
    case 'feed_forward':
    case 'moe':
      return [];
  }
}

function one<T extends Mixer>(mixer: T | ConfigProblem): readonly T[] | ConfigProblem {
  return mixer instanceof ConfigProblem ? mixer : [mixer];
}

/** Reports the sizes of a layer that are not stated, or are 0. */
function reportMissing(fields: Fields, sizes: Readonly<Record<string, number | null>>): void {
  for (const [name, size] of Object.entries(sizes))
    if (!size) fields.report(name, size ?? undefined, `a whole number from 1 to ${LARGEST_INTEGER}`, size === null ? null : 1);
}

function attentionLike(text: TextConfig, scope: AttentionScope, index: number): Mixer | ConfigProblem {
  if (text.modelType === 'deepseek_v4') return compressedLatent(text, index);
  if (text.fields.integer('kv_lora_rank')) return latent(text, index);
  return attention(text, scope, index);
}

function attention(text: TextConfig, scope: AttentionScope, index: number): AttentionMixer {
  const { fields, modelType, traits } = text;
  const sizes = headSizes(text, scope);
  const bias = attentionBiases(text);
  const shared = fields.integer('num_kv_shared_layers') ?? 0;
  const mimoFull = modelType === 'mimo_v2_flash' && scope !== 'sliding';
  return {
    kind: 'attention',
    scope,
    window: scope === 'sliding' ? slidingWindow(text) : scope === 'chunked' ? fields.integer('attention_chunk_size') : null,
    ...sizes,
    ...bias,
    qkNorm: queryKeyNorm(text, scope),
    outputGate: traits.outputGate || (fields.boolean('attn_output_gate') ?? false),
    keyIsValue: modelType === 'gemma4_text' && scope === 'full' && fields.boolean('attention_k_eq_v') === true,
    sinks: traits.sinks || (modelType === 'mimo_v2_flash' && !mimoFull),
    sharesKvCache: index >= text.layers - shared,
    ...(traits.headGate ? { headGate: true } : {}),
    ...attentionIndexer(text, index),
  };
}

/** Plain full attention with another number of KV heads, for models whose layers differ in it. */
export function attentionOfKvHeads(text: TextConfig, kvHeads: number): AttentionMixer {
  return { ...attention(text, 'full', 0), kvHeads, sharesKvCache: false };
}

function headSizes(text: TextConfig, scope: AttentionScope): Pick<AttentionMixer, 'heads' | 'kvHeads' | 'headDim' | 'valueHeadDim'> {
  const { fields, modelType, heads, kvHeads, headDim } = text;
  if (modelType === 'gemma4_text' && scope === 'full') {
    const dim = fields.integer('global_head_dim') ?? headDim;
    const globalKv = fields.boolean('attention_k_eq_v') === true ? fields.integer('num_global_key_value_heads') : null;
    return { heads, kvHeads: globalKv ?? kvHeads, headDim: dim, valueHeadDim: dim };
  }
  if (scope === 'sliding' && fields.has('swa_num_key_value_heads', 'swa_head_dim')) {
    const dim = fields.integer('swa_head_dim') ?? headDim;
    return {
      heads: fields.integer('swa_num_attention_heads') ?? heads,
      kvHeads: fields.integer('swa_num_key_value_heads') ?? kvHeads,
      headDim: dim,
      valueHeadDim: fields.integer('swa_v_head_dim') ?? dim,
    };
  }
  return { heads, kvHeads, headDim, valueHeadDim: fields.integer('v_head_dim') || headDim };
}

function attentionBiases(text: TextConfig): Pick<AttentionMixer, 'qkvBias' | 'outputBias'> {
  const { fields, modelType, traits } = text;
  if (modelType === 'internlm3') return { qkvBias: fields.boolean('qkv_bias') ?? false, outputBias: fields.boolean('bias') ?? false };
  if (modelType === 'falcon') {
    const bias = fields.boolean('bias') ?? false;
    return { qkvBias: bias, outputBias: bias };
  }
  const stated = fields.boolean('attention_bias');
  const separate = fields.boolean('use_qkv_bias', 'add_qkv_bias', 'qkv_bias');
  if (stated !== null && traits.attentionBiasField === 'qkv') return { qkvBias: stated, outputBias: false };
  const both = stated !== null && traits.attentionBiasField === 'qkv_and_output' ? stated : null;
  return { qkvBias: separate ?? both ?? traits.qkvBias, outputBias: both ?? traits.outputBias };
}

function queryKeyNorm(text: TextConfig, scope: AttentionScope): AttentionMixer['qkNorm'] {
  const { fields, modelType, traits } = text;
  if (modelType === 'mllama_text_model') return scope === 'cross' ? 'per_head' : 'none';
  const flag = fields.boolean('use_qk_norm', 'qk_layernorm');
  if (modelType === 'cohere' || modelType === 'stablelm') return flag === true ? 'full_width' : 'none';
  if (modelType === 'glm4_moe' || modelType === 'glm4v_moe_text') return flag === true ? 'per_head' : 'none';
  if (modelType.startsWith('hunyuan') && flag === false) return 'none';
  return traits.qkNorm;
}

/** Sparse-attention indexers beside grouped-query attention: MiniMax-M3 on the listed layers, Qwen3.8-Flash-Next on every full layer. */
function attentionIndexer(text: TextConfig, index: number): Pick<AttentionMixer, 'indexer'> {
  const { fields, modelType } = text;
  if (modelType === 'qwen4_exp_text') {
    const headDim = fields.integer('indexer_head_dim');
    const heads = fields.integer('indexer_n_heads');
    return headDim && heads ? { indexer: { heads, keyHeads: fields.integer('indexer_kv_heads') ?? 1, headDim } } : {};
  }
  const sparse = fields.object('sparse_attention_config');
  const frequency = sparse?.integers('sparse_attention_freq');
  const heads = sparse?.integer('sparse_num_index_heads');
  const headDim = sparse?.integer('sparse_index_dim');
  if (!heads || !headDim || (frequency && !frequency[index])) return {};
  return { indexer: { heads, keyHeads: 1, headDim } };
}

function latent(text: TextConfig, index: number): MlaMixer | ConfigProblem {
  const { fields, heads } = text;
  const kvLoraRank = fields.integer('kv_lora_rank');
  const qkNopeHeadDim = fields.integer('qk_nope_head_dim');
  const qkRopeHeadDim = fields.integer('qk_rope_head_dim');
  // MiniCPM3 leaves it out: hidden size over heads.
  const vHeadDim = fields.integer('v_head_dim') ?? Math.floor(text.hiddenSize / heads);
  if (!kvLoraRank || qkNopeHeadDim === null || qkRopeHeadDim === null) {
    reportMissing(fields, { qk_nope_head_dim: qkNopeHeadDim, qk_rope_head_dim: qkRopeHeadDim });
    return unusable(fields.problems);
  }
  return {
    kind: 'mla',
    heads,
    qLoraRank: fields.integer('q_lora_rank'),
    kvLoraRank,
    qkNopeHeadDim,
    qkRopeHeadDim,
    vHeadDim,
    indexer: latentIndexer(text, index),
    ...(fields.boolean('mla_use_output_gate') === true ? { outputGate: true } : {}),
  };
}

/** DeepSeek sparse attention; GLM-5.2 and later keep an indexer only on layers whose `indexer_types` entry is "full". */
function latentIndexer(text: TextConfig, index: number): MlaMixer['indexer'] {
  const { fields, traits } = text;
  const heads = fields.integer('index_n_heads');
  const headDim = fields.integer('index_head_dim');
  if (!traits.sparseIndexer || !heads || !headDim) return null;
  const types = fields.strings('indexer_types');
  if (types && types.length === text.layers && types[index] !== 'full') return null;
  return { heads, headDim, topK: fields.integer('index_topk') ?? 0 };
}

function compressedLatent(text: TextConfig, index: number): CompressedLatentMixer | ConfigProblem {
  const { fields, heads, headDim } = text;
  const qLoraRank = fields.integer('q_lora_rank');
  const outputGroups = fields.integer('o_groups');
  const outputLoraRank = fields.integer('o_lora_rank');
  const ratios = fields.integers('compress_ratios');
  const ratio = ratios?.[index];
  if (!qLoraRank || !outputGroups || !outputLoraRank || ratio === undefined) {
    reportMissing(fields, { q_lora_rank: qLoraRank, o_groups: outputGroups, o_lora_rank: outputLoraRank });
    if (ratio === undefined) fields.report('compress_ratios', ratios ?? undefined, 'a list with one whole number for each layer');
    return unusable(fields.problems);
  }
  const indexHeads = fields.integer('index_n_heads');
  const indexDim = fields.integer('index_head_dim');
  const indexed = ratio === OVERLAPPED_RATIO && indexHeads !== null && indexDim !== null;
  return {
    kind: 'compressed_latent',
    heads,
    headDim,
    qLoraRank,
    outputGroups,
    outputLoraRank,
    compressRatio: ratio,
    window: slidingWindow(text) ?? 128,
    indexer: indexed ? { heads: indexHeads, headDim: indexDim, topK: fields.integer('index_topk') ?? 0 } : null,
  };
}

/** DeepSeek-V4 compressors of this ratio overlap and carry an indexer; those of ratio 128 do not. */
const OVERLAPPED_RATIO = 4;

function deltaNet(text: TextConfig): DeltaNetMixer | ConfigProblem {
  const { fields } = text;
  const valueHeads = fields.integer('linear_num_value_heads');
  const keyHeads = fields.integer('linear_num_key_heads');
  const keyHeadDim = fields.integer('linear_key_head_dim');
  const valueHeadDim = fields.integer('linear_value_head_dim');
  const convKernel = fields.integer('linear_conv_kernel_dim');
  if (valueHeads && keyHeads && keyHeadDim && valueHeadDim) {
    return { kind: 'gated_delta_net', keyHeads, valueHeads, keyHeadDim, valueHeadDim, convKernel: convKernel ?? 4 };
  }
  const nested = fields.object('linear_attn_config');
  const heads = nested?.integer('num_heads') ?? fields.integer('linear_num_heads');
  const headDim = nested?.integer('head_dim') ?? fields.integer('linear_head_dim');
  if (!heads || !headDim) {
    reportMissing(fields, {
      linear_num_value_heads: valueHeads,
      linear_num_key_heads: keyHeads,
      linear_key_head_dim: keyHeadDim,
      linear_value_head_dim: valueHeadDim,
    });
    return unusable(fields.problems);
  }
  return {
    kind: 'kimi_delta_attention',
    keyHeads: heads,
    valueHeads: heads,
    keyHeadDim: headDim,
    valueHeadDim: headDim,
    convKernel: nested?.integer('short_conv_kernel_size') ?? convKernel ?? 4,
    ...(nested?.boolean('use_full_rank_gate') === true ? { fullRankGate: true } : {}),
  };
}

/** A size that configs also write as "auto", for one that follows from others. */
function integerOrAuto(fields: Fields, ...names: readonly string[]): number | null {
  return fields.raw(...names) === 'auto' ? null : fields.integer(...names);
}

function mamba(text: TextConfig, kind: 'mamba1' | 'mamba2'): MambaMixer | ConfigProblem {
  const { fields, hiddenSize, modelType } = text;
  const expand = fields.number('mamba_expand', 'expand') ?? 2;
  if (expand <= 0) fields.reportFirst(['mamba_expand', 'expand'], 'a number above 0');
  const common = {
    convKernel: fields.integer('mamba_d_conv', 'conv_kernel') ?? 4,
    convBias: fields.boolean('mamba_conv_bias', 'use_conv_bias') ?? true,
    projectionBias: fields.boolean('mamba_proj_bias', 'use_bias') ?? false,
  };
  if (kind === 'mamba1') {
    const rank = integerOrAuto(fields, 'mamba_dt_rank', 'time_step_rank');
    const inner = modelType === 'jamba' || fields.has('mamba_expand') ? null : fields.integer('intermediate_size');
    return {
      kind,
      intermediateSize: inner ?? expand * hiddenSize,
      stateSize: fields.integer('mamba_d_state', 'state_size') ?? 16,
      heads: 0,
      headDim: 0,
      groups: 1,
      timeStepRank: rank ?? Math.ceil(hiddenSize / 16),
      innerNorm: modelType === 'jamba' ? 'dt_b_c' : 'none',
      ...common,
    };
  }
  const heads = fields.integer('mamba_n_heads', 'mamba_num_heads') ?? (modelType === 'mamba2' ? fields.integer('num_heads') : null);
  if (!heads) {
    fields.reportFirst(['mamba_num_heads', 'mamba_n_heads'], `a whole number from 1 to ${LARGEST_INTEGER}`);
    return unusable(fields.problems);
  }
  const stated = integerOrAuto(fields, 'mamba_d_head', 'mamba_head_dim') ?? (modelType === 'mamba2' ? fields.integer('head_dim') : null);
  const headDim = stated ?? (expand * hiddenSize) / heads;
  return {
    kind,
    intermediateSize: fields.integer('mamba_d_ssm') ?? heads * headDim,
    stateSize: fields.integer('mamba_d_state', 'ssm_state_size', 'state_size') ?? 128,
    heads,
    headDim,
    groups: fields.integer('mamba_n_groups', 'n_groups') ?? 1,
    timeStepRank: null,
    innerNorm: modelType === 'falcon_h1' && fields.boolean('mamba_rms_norm') !== true ? 'none' : 'gated',
    ...common,
  };
}
