import type { Fields, JsonObject } from '../../src/models/config/fields';

/** A value to leave out of the config. */
type Optional = unknown;

/**
 * A facts row (one JSON object per model with normalised architecture fields) as the config.json it describes, with the
 * field names `architectureFromConfig` reads. `notes` receives what the row does not say and is filled in here.
 */
export function rowToConfig(row: Fields, notes: string[]): JsonObject {
  const text = textFields(row, notes);
  const outerType = row.string('model_type') ?? 'unknown';
  const textType = row.string('text_model_type') ?? outerType;
  const vision = row.object('vision');
  const audio = row.object('audio');
  const architectures = row.raw('architectures');
  const hasTower = vision?.boolean('present') === true;
  if (!hasTower && outerType === textType) return drop({ model_type: outerType, architectures, ...text });
  return drop({
    model_type: outerType,
    architectures,
    text_config: drop({ model_type: textType, ...text }),
    ...(hasTower && vision ? visionFields(vision) : {}),
    audio_parameters: audio?.integer('params'),
  });
}

function drop(fields: Readonly<Record<string, Optional>>): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));
}

function textFields(row: Fields, notes: string[]): JsonObject {
  const type = row.string('text_model_type', 'model_type') ?? '';
  const extra = row.object('extra');
  const layers = row.integer('num_hidden_layers') ?? 0;
  const intermediate = row.integer('intermediate_size');
  return {
    num_hidden_layers: layers,
    hidden_size: row.integer('hidden_size'),
    num_attention_heads: row.integer('num_attention_heads'),
    num_key_value_heads: row.integer('num_key_value_heads'),
    head_dim: row.object('mla') ? null : row.number('head_dim'),
    // Qwen-1 states gate and up together; the row has the width of one.
    intermediate_size: type === 'qwen' && intermediate !== null ? 2 * intermediate : intermediate,
    block_auto_adjust_ff_dim: type === 'lfm2' ? false : null,
    vocab_size: row.integer('vocab_size'),
    max_position_embeddings: row.integer('max_position_embeddings'),
    torch_dtype: row.string('torch_dtype'),
    // The row has no statement for Phi-3-small, whose class ties them.
    tie_word_embeddings: type === 'phi3small' ? null : row.boolean('tie_word_embeddings'),
    sliding_window: row.integer('sliding_window'),
    attention_chunk_size: row.integer('attention_chunk_size'),
    ...layerFields(row, type, layers, notes),
    ...biasFields(row, type),
    ...moeFields(row, layers),
    ...latentFields(row, layers, notes),
    ...recurrentFields(row, type),
    ...extraFields(extra, layers, notes),
    ...ropeFields(row, type),
    num_kv_shared_layers: row.object('kv_sharing')?.integer('num_kv_shared_layers'),
    num_nextn_predict_layers: row.integer('mtp_layers') || row.integer('mtp_in_checkpoint'),
    mtp_shares_embedding: row.boolean('mtp_shares_embed'),
    block_configs: nasBlocks(row),
  };
}

function layerFields(row: Fields, type: string, layers: number, notes: string[]): JsonObject {
  const types = row.strings('layer_types') ?? repeated(row, layers);
  const counts = row.object('layer_counts');
  if (type === 'deepseek_v4' && types) {
    return { compress_ratios: types.map((name) => Number(/^compressed_(\d+)$/.exec(name)?.[1] ?? 0)) };
  }
  if (types) return { layer_types: types };
  if (counts && type === 'kimi_linear') {
    notes.push('layer positions not published with the counts: every fourth and the last layer taken as full attention');
    return {
      layer_types: Array.from({ length: layers }, (_, i) =>
        (i + 1) % 4 === 0 || i === layers - 1 ? 'full_attention' : 'linear_attention',
      ),
    };
  }
  return {};
}

/** Types of a row that states one period only. */
function repeated(row: Fields, layers: number): readonly string[] | null {
  const period = row.object('layer_pattern')?.strings('period');
  if (!period || period.length === 0) return null;
  return Array.from({ length: layers }, (_, i) => period[i % period.length] ?? 'full_attention');
}

function biasFields(row: Fields, type: string): JsonObject {
  const bias = row.object('attention_bias');
  const qkv = bias?.boolean('qkv') ?? false;
  const output = bias?.boolean('o') ?? false;
  const mlp = row.boolean('mlp_bias') ?? false;
  const flag = row.raw('qk_norm') !== null;
  const norms = row.integer('norms_per_layer');
  return {
    ...(type === 'internlm3' ? { qkv_bias: qkv, bias: output } : {}),
    ...(type === 'falcon' ? { bias: mlp, new_decoder_architecture: norms === 2 } : {}),
    ...(type === 'stablelm' ? { use_parallel_residual: norms === 1, use_qkv_bias: qkv } : {}),
    ...(/^(glm|seed_oss|phimoe)/.test(type) ? { attention_bias: qkv } : qkv && output ? { attention_bias: true } : {}),
    ...(qkv && !output ? { use_qkv_bias: true } : {}),
    ...(/^(glm4|cohere|hunyuan)/.test(type) ? { use_qk_norm: flag } : {}),
    mlp_bias: type === 'bert' ? null : mlp,
  };
}

function moeFields(row: Fields, layers: number): JsonObject {
  const moe = row.object('moe');
  if (!moe) return {};
  const first = moe.integer('first_k_dense') ?? 0;
  const count = moe.integer('num_moe_layers') ?? layers;
  const indices = moe.integers('moe_layer_indices') ?? Array.from({ length: count }, (_, i) => Math.min(first, layers - count) + i);
  return {
    num_experts: moe.integer('num_experts'),
    num_experts_per_tok: moe.integer('experts_per_token'),
    moe_intermediate_size: moe.integer('moe_intermediate_size'),
    shared_expert_intermediate_size: moe.integer('shared_expert_intermediate_size'),
    first_k_dense_replace: first,
    moe_layers: indices,
    moe_latent_size: moe.integer('latent_size'),
    latent_moe_use_norm: moe.boolean('latent_norm'),
  };
}

function latentFields(row: Fields, layers: number, notes: string[]): JsonObject {
  const mla = row.object('mla');
  if (!mla) return {};
  const stated = mla.integer('index_layers');
  const indexed = stated === layers ? null : stated;
  if (indexed !== null) notes.push(`${indexed} of ${layers} layers have an indexer; which ones is not published, the first ones assumed`);
  return {
    ...mla.json,
    index_layers: null,
    indexer_types: indexed === null ? null : Array.from({ length: layers }, (_, i) => (i < indexed ? 'full' : 'shared')),
  };
}

function recurrentFields(row: Fields, type: string): JsonObject {
  const linear = row.object('linear_attention');
  const mamba = row.object('mamba');
  const conv = row.object('short_conv');
  const hidden = row.integer('hidden_size') ?? 0;
  const fields: Record<string, unknown> = {};
  if (linear?.string('kind') === 'gated_deltanet') {
    fields['linear_num_key_heads'] = linear.integer('num_k_heads');
    fields['linear_num_value_heads'] = linear.integer('num_v_heads');
    fields['linear_key_head_dim'] = linear.integer('k_head_dim');
    fields['linear_value_head_dim'] = linear.integer('v_head_dim');
    fields['linear_conv_kernel_dim'] = linear.integer('conv_kernel');
    fields['mamba_ssm_dtype'] = linear.string('state_dtype');
  } else if (linear) {
    fields['linear_attn_config'] = {
      num_heads: linear.integer('num_heads'),
      head_dim: linear.integer('head_dim'),
      short_conv_kernel_size: linear.integer('conv_kernel'),
      use_full_rank_gate: linear.boolean('use_full_rank_gate'),
    };
  }
  if (mamba) {
    const inner = mamba.integer('d_inner') ?? 0;
    fields['mamba_d_state'] = mamba.integer('d_state');
    fields['mamba_d_conv'] = mamba.integer('d_conv');
    fields['mamba_conv_bias'] = mamba.boolean('conv_bias');
    fields['mamba_expand'] = hidden > 0 ? inner / hidden : null;
    fields['mamba_dt_rank'] = mamba.integer('dt_rank');
    fields['mamba_n_heads'] = mamba.integer('n_heads');
    fields['mamba_d_head'] = mamba.number('head_dim');
    fields['mamba_n_groups'] = mamba.integer('n_groups');
    fields['mamba_d_ssm'] = mamba.integer('version') === 2 ? inner : null;
    fields['mamba_rms_norm'] = type === 'falcon_h1' ? mamba.boolean('norm') : null;
  }
  if (conv) fields['conv_L_cache'] = conv.integer('kernel');
  return fields;
}

/** Fields the row keeps under the name of the config. */
const SAME_NAME = [
  'global_head_dim',
  'num_global_key_value_heads',
  'attention_k_eq_v',
  'v_head_dim',
  'swa_num_key_value_heads',
  'swa_num_attention_heads',
  'swa_head_dim',
  'swa_v_head_dim',
  'vocab_size_per_layer_input',
  'q_lora_rank',
  'o_lora_rank',
  'o_groups',
  'hc_mult',
  'rotary_pct',
  'index_kpool',
  'hc_count',
  'hc_lowrank',
  'ngram_rows',
  'ngram_dim',
  'ple_embed_dim',
  'ple_layers',
  'ple_conv_kernel',
  'mla_use_output_gate',
  'dense_intermediate_size',
  'lm_head_bias',
  'qk_rope_head_dim',
] as const;

function extraFields(extra: Fields | null, layers: number, notes: string[]): JsonObject {
  if (!extra) return {};
  const fields: Record<string, unknown> = {};
  for (const name of SAME_NAME) if (extra.has(name)) fields[name] = extra.raw(name);
  const sparseLayers = extra.integer('msa_layers');
  if (sparseLayers !== null) {
    if (sparseLayers < layers) notes.push(`${layers - sparseLayers} layers have no indexer: the first ones assumed`);
    fields['sparse_attention_config'] = {
      sparse_num_index_heads: extra.integer('msa_index_heads'),
      sparse_index_dim: extra.integer('msa_index_dim'),
      sparse_attention_freq: Array.from({ length: layers }, (_, i) => (i < layers - sparseLayers ? 0 : 1)),
    };
  }
  return {
    ...fields,
    hidden_size_per_layer_input: extra.integer('per_layer_input'),
    use_double_wide_mlp: extra.boolean('double_wide_mlp'),
    ple_conv_kernel: null,
    ple_conv_kernel_size: extra.integer('ple_conv_kernel'),
    attn_res_block_size: extra.integer('attn_res'),
    indexer_n_heads: extra.integer('qsa_index_heads'),
    indexer_kv_heads: extra.integer('qsa_index_kv_heads'),
    indexer_head_dim: extra.integer('qsa_index_dim'),
    ...(extra.has('v4_index_n_heads')
      ? {
          index_n_heads: extra.integer('v4_index_n_heads'),
          index_head_dim: extra.integer('v4_index_head_dim'),
          index_topk: extra.integer('v4_index_topk'),
        }
      : {}),
  };
}

/**
 * Rope fields the rows do not carry, by family: share of the head dimension that rotates, and Gemma 3's two ropes.
 * Class defaults of `transformers` (`configuration_*.py`) for qwen3_next at 008e574, glm at 008e574, glm4_moe at 008c726, phi
 * at 008e574, stablelm and nemotron at 05cd1ec, gemma3 at 008f5c8; the others are taken as their nearest relative's, which
 * moves nothing but the rope table. The 1B and smaller Gemma 3 have no scaling.
 */
const PARTIAL_ROTARY: Readonly<Record<string, number>> = {
  qwen3_next: 0.25,
  qwen3_5_text: 0.25,
  qwen3_5_moe_text: 0.25,
  qwen4_exp_text: 0.25,
  glm: 0.5,
  glm4: 0.5,
  glm4v_text: 0.5,
  chatglm: 0.5,
  glm4_moe: 0.5,
  glm4v_moe_text: 0.5,
  phi: 0.5,
  'phi-msft': 0.5,
  stablelm: 0.25,
  nemotron: 0.5,
  minimax_m2: 0.5,
  minimax_m3: 0.5,
};

function ropeFields(row: Fields, type: string): JsonObject {
  const scaled = (row.integer('hidden_size') ?? 0) > 1152;
  return {
    partial_rotary_factor: Object.hasOwn(PARTIAL_ROTARY, type) ? PARTIAL_ROTARY[type] : null,
    ...(type === 'gemma3_text' ? { rope_local_base_freq: 10000, rope_scaling: scaled ? { rope_type: 'linear', factor: 8 } : null } : {}),
  };
}

function nasBlocks(row: Fields): readonly JsonObject[] | null {
  const blocks = row.objects('per_layer');
  return (
    blocks?.map((block) => ({
      attention: block.boolean('attn_linear')
        ? { replace_with_linear: true }
        : block.integer('kv') === null
          ? { no_op: true }
          : { num_key_value_heads: block.integer('kv') },
      ffn: block.boolean('ffn_linear')
        ? { replace_with_linear: true }
        : block.integer('ffn')
          ? { intermediate_size: block.integer('ffn') }
          : { no_op: true },
    })) ?? null
  );
}

function visionFields(vision: Fields): JsonObject {
  const levels = vision.integer('deepstack');
  const width = vision.integer('hidden');
  const counted = vision.string('params_basis') === 'rule' ? null : vision.integer('params');
  return drop({
    vision_config: drop({
      model_type: vision.string('model_type'),
      num_hidden_layers: vision.integer('layers'),
      hidden_size: width,
      embed_dim: width,
      intermediate_size: vision.integer('intermediate'),
      num_attention_heads: vision.integer('heads'),
      patch_size: vision.integer('patch'),
      temporal_patch_size: vision.integer('temporal_patch'),
      spatial_merge_size: vision.integer('merge'),
      image_size: vision.integer('image_size'),
      out_hidden_size: vision.integer('out_hidden'),
      num_position_embeddings: vision.integer('pos_embeddings'),
      deepstack_visual_indexes: levels === null ? null : Array.from({ length: levels }, (_, i) => i),
    }),
    vision_parameters: counted,
    mm_tokens_per_image: vision.integer('tokens_per_image'),
  });
}
