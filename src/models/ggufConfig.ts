import { Fields } from './config/fields';
import type { JsonObject } from './config/fields';
import { plainQuantization, type CheckpointQuantization } from '../estimator/architecture';
import type { StoredTensor } from './weights';

/** `model_type` by llama.cpp's `general.architecture`. */
const MODEL_TYPES: Readonly<Record<string, string>> = {
  llama: 'llama',
  llama4: 'llama4_text',
  mistral3: 'mistral',
  qwen2: 'qwen2',
  qwen2moe: 'qwen2_moe',
  qwen3: 'qwen3',
  qwen3moe: 'qwen3_moe',
  gemma: 'gemma',
  gemma2: 'gemma2',
  gemma3: 'gemma3_text',
  phi2: 'phi',
  phi3: 'phi3',
  deepseek2: 'deepseek_v2',
  glm4: 'glm4',
  'gpt-oss': 'gpt_oss',
  granite: 'granite',
  granitemoe: 'granitemoe',
  starcoder2: 'starcoder2',
  stablelm: 'stablelm',
  falcon: 'falcon',
  'command-r': 'cohere',
  cohere2: 'cohere2',
  olmo2: 'olmo2',
  olmoe: 'olmoe',
  internlm2: 'internlm2',
  exaone: 'exaone',
  mamba: 'mamba',
};

/**
 * GGUF metadata as the Hugging Face config it corresponds to (key names: class `Keys` of llama.cpp's
 * gguf-py/gguf/constants.py, read at 0024aa7). Sizes that the metadata omits, such as the vocabulary, are read from the tensors.
 */
export function configFromGguf(metadata: JsonObject, tensors: readonly StoredTensor[]): JsonObject {
  const fields = new Fields(metadata);
  const architecture = fields.string('general.architecture') ?? 'unknown';
  const integer = (key: string): number | null => fields.integer(`${architecture}.${key}`);
  const has = (name: string): boolean => tensors.some((tensor) => tensor.name === name);
  const experts = integer('expert_count');
  const mixtral = architecture === 'llama' && experts !== null && experts > 0;
  const type = Object.hasOwn(MODEL_TYPES, architecture) ? MODEL_TYPES[architecture] : undefined;
  const latent = integer('attention.kv_lora_rank');
  // Files converted since 2025 keep the sizes of the compressed cache in key_length and those of the heads in key_length_mla.
  const keyLength = integer('attention.key_length_mla') ?? integer('attention.key_length');
  const ropeLength = latent === null ? null : (integer('rope.dimension_count') ?? 0);
  return {
    model_type: mixtral ? 'mixtral' : (type ?? architecture),
    architectures: [],
    num_hidden_layers: integer('block_count'),
    hidden_size: integer('embedding_length'),
    num_attention_heads: integer('attention.head_count'),
    num_key_value_heads: integer('attention.head_count_kv'),
    head_dim: keyLength,
    intermediate_size: integer('feed_forward_length'),
    vocab_size: vocabulary(tensors) ?? integer('vocab_size'),
    max_position_embeddings: integer('context_length'),
    sliding_window: integer('attention.sliding_window'),
    tie_word_embeddings: !has('output.weight'),
    torch_dtype: 'float16',
    num_experts: experts,
    num_experts_per_tok: integer('expert_used_count'),
    moe_intermediate_size: integer('expert_feed_forward_length'),
    shared_expert_intermediate_size: integer('expert_shared_feed_forward_length'),
    n_shared_experts: integer('expert_shared_count'),
    first_k_dense_replace: integer('leading_dense_block_count'),
    kv_lora_rank: latent,
    q_lora_rank: integer('attention.q_lora_rank'),
    qk_rope_head_dim: ropeLength,
    qk_nope_head_dim: ropeLength === null ? null : Math.max(0, (keyLength ?? 0) - ropeLength),
    v_head_dim: latent === null ? null : (integer('attention.value_length_mla') ?? integer('attention.value_length')),
  };
}

/** Rows of the embedding. GGUF lists the fastest dimension first. */
function vocabulary(tensors: readonly StoredTensor[]): number | null {
  return tensors.find((tensor) => tensor.name === 'token_embd.weight')?.shape[1] ?? null;
}

/** The checkpoint format a GGUF file states: its file type, and bits per weight as its tensors really have. */
export function ggufQuantization(fileType: string | null, tensors: readonly StoredTensor[]): CheckpointQuantization | null {
  const linear = tensors.filter((tensor) => tensor.shape.length >= 2);
  const elements = linear.reduce((sum, tensor) => sum + tensor.shape.reduce((product, side) => product * side, 1), 0);
  const bytes = linear.reduce((sum, tensor) => sum + tensor.bytes, 0);
  const bits = elements > 0 ? (8 * bytes) / elements : 16;
  if (fileType === null || /^(F16|BF16|F32|ALL_F32|MOSTLY_F16|MOSTLY_BF16)$/.test(fileType)) return null;
  return { ...plainQuantization('gguf', Math.round(bits), 'config'), ggufType: fileType.replace(/^MOSTLY_/, '') };
}
