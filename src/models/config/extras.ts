import type { LayerType } from './layerTypes';
import type { TextConfig } from './textConfig';

/** Parameters of one layer that belong to no mixer, feed-forward or plain norm. Each rule names the module it counts. */
export function otherLayerParameters(text: TextConfig, type: LayerType, hasExperts: boolean): number {
  const { fields, modelType, traits, hiddenSize } = text;
  if (modelType === 'gemma3n_text') return gemma3nLayer(text);
  if (modelType === 'qwen4_exp_text') return 2 * lowRankHyperConnection(text, true);
  let count = traits.activationParameters;
  // Nomic's experts share one bias, added after they are summed.
  if (modelType === 'nomic_bert' && hasExperts) count += hiddenSize;
  const streams = fields.integer('hc_mult');
  // Hyper-connections around mixer and feed-forward (arXiv 2409.19606): mixing matrix, base and three scales each.
  if (streams) count += 2 * (streams * (streams + 2) * (streams * hiddenSize + 1) + 3);
  // Kimi-K3: a norm and a projection over the residual blocks, before mixer and feed-forward.
  if (fields.has('attn_res_block_size')) count += 4 * hiddenSize;
  if (hasExperts && fields.boolean('latent_moe_use_norm') === true) {
    count += fields.integer('moe_latent_size', 'routed_expert_hidden_size') ?? 0;
  }
  const pooled = fields.integer('index_kpool');
  if (pooled && type === 'full') count += (fields.integer('index_head_dim') ?? 0) * (pooled + hiddenSize);
  return count;
}

/** Parameters outside the layers, towers, embedding, final norm and head. */
export function otherOuterParameters(text: TextConfig, pooling: PoolingHead | null): number {
  const { fields, modelType, hiddenSize } = text;
  let count = pooling ? pooling.labels * (hiddenSize + (pooling.bias ? 1 : 0)) : 0;
  const streams = fields.integer('hc_mult');
  if (modelType === 'deepseek_v4' && streams) count += streams * streams * hiddenSize + streams + 1;
  if (fields.has('attn_res_block_size')) count += 2 * hiddenSize;
  if (modelType === 'qwen4_exp_text') count += lowRankHyperConnection(text, false) + ngramParameters(text);
  // Llama 3.2 Vision keeps eight more embedding rows for its image token.
  if (modelType === 'mllama_text_model') count += 8 * hiddenSize;
  if (modelType === 'gemma3n_text') count += 2 * ((fields.integer('altup_num_inputs') ?? 4) - 1) * hiddenSize * hiddenSize;
  if (modelType === 'bloom') count += 2 * hiddenSize;
  if (isBert(modelType)) count += bertOuter(text);
  return count;
}

/** The scoring head of a reranker or reward model. */
export interface PoolingHead {
  readonly labels: number;
  /** One bias per label (BERT's classifiers). */
  readonly bias: boolean;
}

/** Whether the model is a BERT-like encoder: no causal mask, norms after the blocks. */
export function isBert(modelType: string): boolean {
  return modelType === 'bert' || modelType === 'roberta' || modelType === 'xlm-roberta' || modelType === 'nomic_bert';
}

/** Token types, the embedding norm and the pooler (`BertModel`; Nomic's models have none). */
function bertOuter(text: TextConfig): number {
  const { fields, hiddenSize, modelType } = text;
  const pooler = modelType === 'nomic_bert' ? 0 : hiddenSize * hiddenSize + hiddenSize;
  return (fields.integer('type_vocab_size') ?? 0) * hiddenSize + 2 * hiddenSize + pooler;
}

/** AltUp (prediction and correction coefficients, router, its norm, output scale) and Laurel of a Gemma 3n layer. */
function gemma3nLayer(text: TextConfig): number {
  const { fields, hiddenSize } = text;
  const inputs = fields.integer('altup_num_inputs') ?? 4;
  const laurel = fields.integer('laurel_rank') ?? 64;
  return inputs ** 3 + inputs ** 2 + inputs * hiddenSize + 2 * hiddenSize + 2 * laurel * hiddenSize + hiddenSize;
}

/** Low-rank hyper-connections of Qwen3.8-Flash-Next: a norm, two low-rank factors and, in layers, the stream mix. */
function lowRankHyperConnection(text: TextConfig, inLayer: boolean): number {
  const streams = text.fields.integer('hc_count') ?? 0;
  const rank = text.fields.integer('hc_lowrank') ?? 0;
  const width = streams * text.hiddenSize;
  return width + 2 * rank * width + (inLayer ? streams * width : 0);
}

/** N-gram tables of Qwen3.8-Flash-Next with their projections, norms and convolution, on the layers that have one. */
function ngramParameters(text: TextConfig): number {
  const { fields, hiddenSize } = text;
  const width = (fields.integer('hc_count') ?? 0) * hiddenSize;
  const embedding = fields.integer('ple_embed_dim') ?? 0;
  const places = fields.integers('ple_layer_ids')?.length ?? fields.integer('ple_layers') ?? 0;
  const heads = ((fields.integer('ngram_size') ?? 1) - 1) * (fields.integer('heads_per_ngram') ?? 0);
  const rowWidth = fields.integer('ngram_dim') ?? (heads > 0 ? embedding / heads : 0);
  const rows = fields.integer('_ngram_rows', 'ngram_rows') ?? 0;
  const kernel = fields.integer('ple_conv_kernel_size') ?? 0;
  return places * (rows * rowWidth + width * embedding + hiddenSize * embedding + 3 * width + width * kernel);
}
