import { Fields, isJsonObject } from './config/fields';
import type { JsonObject } from './config/fields';

/**
 * Mistral's own params.json as the Hugging Face config it corresponds to; null when the value is no such file.
 * Field names: mistral-inference `args.py` (dim, n_layers, n_heads, n_kv_heads, head_dim, hidden_dim, moe, vision_encoder).
 */
export function configFromMistralParams(params: unknown): JsonObject | null {
  if (!isJsonObject(params)) return null;
  const fields = new Fields(params);
  const hidden = fields.integer('dim');
  const layers = fields.integer('n_layers');
  if (hidden === null || layers === null) return null;
  const moe = fields.object('moe');
  const vision = fields.object('vision_encoder');
  const text = {
    model_type: moe ? 'mixtral' : 'mistral',
    hidden_size: hidden,
    num_hidden_layers: layers,
    num_attention_heads: fields.integer('n_heads'),
    num_key_value_heads: fields.integer('n_kv_heads'),
    head_dim: fields.integer('head_dim'),
    intermediate_size: fields.integer('hidden_dim'),
    vocab_size: fields.integer('vocab_size'),
    max_position_embeddings: fields.integer('max_position_embeddings', 'max_seq_len'),
    sliding_window: fields.integer('sliding_window', '_sliding_window'),
    tie_word_embeddings: fields.boolean('tied_embeddings') ?? false,
    torch_dtype: 'bfloat16',
    num_local_experts: moe?.integer('num_experts') ?? null,
    num_experts_per_tok: moe?.integer('num_experts_per_tok') ?? null,
  };
  const quantization = fields.raw('quantization');
  const quantized =
    isJsonObject(quantization) && quantization['qformat_weight'] === 'fp8_e4m3' ? { quantization_config: { quant_method: 'fp8' } } : {};
  if (!vision) return { ...text, ...quantized, architectures: [moe ? 'MixtralForCausalLM' : 'MistralForCausalLM'] };
  return {
    model_type: vision.integer('spatial_merge_size') === 2 ? 'mistral3' : 'llava',
    architectures: ['PixtralForConditionalGeneration'],
    text_config: text,
    vision_config: { ...vision.json, model_type: 'pixtral' },
    ...quantized,
  };
}
