import type { JsonObject } from '../../src/models/config/fields';

/** A model that the file of facts lacks, by its own config.json. */
export interface Addition {
  readonly id: string;
  readonly source: string;
  readonly config: JsonObject;
}

const hub = (id: string, config: JsonObject): Addition => ({ id, source: `https://huggingface.co/${id}/blob/main/config.json`, config });

const XLM_ROBERTA_LARGE = {
  model_type: 'xlm-roberta',
  hidden_size: 1024,
  intermediate_size: 4096,
  num_attention_heads: 16,
  num_hidden_layers: 24,
  type_vocab_size: 1,
  vocab_size: 250002,
  torch_dtype: 'float32',
};
const bert = (hidden: number, layers: number, heads: number): JsonObject => ({
  architectures: ['BertModel'],
  model_type: 'bert',
  hidden_size: hidden,
  intermediate_size: 4 * hidden,
  num_attention_heads: heads,
  num_hidden_layers: layers,
  max_position_embeddings: 512,
  type_vocab_size: 2,
  vocab_size: 30522,
  torch_dtype: 'float32',
});

/** Embedding and reranking models that people serve most, and decoders of families the facts only touch. */
export const ADDITIONS: readonly Addition[] = [
  hub('BAAI/bge-m3', { ...XLM_ROBERTA_LARGE, architectures: ['XLMRobertaModel'], max_position_embeddings: 8194 }),
  hub('BAAI/bge-reranker-v2-m3', {
    ...XLM_ROBERTA_LARGE,
    architectures: ['XLMRobertaForSequenceClassification'],
    max_position_embeddings: 8194,
    num_labels: 1,
  }),
  hub('intfloat/multilingual-e5-large', { ...XLM_ROBERTA_LARGE, architectures: ['XLMRobertaModel'], max_position_embeddings: 514 }),
  hub('mixedbread-ai/mxbai-embed-large-v1', bert(1024, 24, 16)),
  hub('intfloat/e5-large-v2', bert(1024, 24, 16)),
  hub('BAAI/bge-base-en-v1.5', bert(768, 12, 12)),
  hub('BAAI/bge-small-en-v1.5', bert(384, 12, 12)),
  hub('sentence-transformers/all-MiniLM-L6-v2', bert(384, 6, 12)),
  hub('MiniMaxAI/MiniMax-Text-01', {
    architectures: ['MiniMaxText01ForCausalLM'],
    model_type: 'minimax_text_01',
    attn_type_list: Array.from({ length: 80 }, (_, i) => ((i + 1) % 8 === 0 ? 1 : 0)),
    head_dim: 128,
    hidden_size: 6144,
    intermediate_size: 9216,
    max_position_embeddings: 10240000,
    num_attention_heads: 64,
    num_experts_per_tok: 2,
    num_hidden_layers: 80,
    num_key_value_heads: 8,
    num_local_experts: 32,
    rotary_dim: 64,
    tie_word_embeddings: false,
    vocab_size: 200064,
    torch_dtype: 'bfloat16',
  }),
  hub('mistralai/Mamba-Codestral-7B-v0.1', {
    architectures: ['Mamba2ForCausalLM'],
    model_type: 'mamba2',
    num_heads: 128,
    head_dim: 64,
    state_size: 128,
    n_groups: 8,
    expand: 2,
    conv_kernel: 4,
    hidden_size: 4096,
    num_hidden_layers: 64,
    vocab_size: 32768,
    tie_word_embeddings: false,
    use_conv_bias: true,
    torch_dtype: 'bfloat16',
  }),
  hub('databricks/dbrx-instruct', {
    architectures: ['DbrxForCausalLM'],
    model_type: 'dbrx',
    d_model: 6144,
    n_heads: 48,
    n_layers: 40,
    max_position_embeddings: 32768,
    vocab_size: 100352,
    attn_config: { kv_n_heads: 8 },
    ffn_config: { ffn_hidden_size: 10752, moe_num_experts: 16, moe_top_k: 4 },
    tie_word_embeddings: false,
    torch_dtype: 'bfloat16',
  }),
];

/** Fine-tunes whose name does not carry their base's, by the base their model card names. */
export const FINE_TUNES: Readonly<Record<string, string>> = {
  'moonshotai/Kimi-Dev-72B': 'Qwen/Qwen2.5-72B',
  'nvidia/Cosmos-Reason1-7B': 'Qwen/Qwen2.5-VL-7B-Instruct',
  'nvidia/Cosmos-Reason2-2B': 'Qwen/Qwen3-VL-2B-Instruct',
  'nvidia/Cosmos-Reason2-8B': 'Qwen/Qwen3-VL-8B-Instruct',
  'HuggingFaceH4/zephyr-7b-beta': 'mistralai/Mistral-7B-v0.1',
  'lmsys/vicuna-7b-v1.5': 'meta-llama/Llama-2-7b-hf',
  'lmsys/vicuna-13b-v1.5': 'meta-llama/Llama-2-13b-hf',
  'open-thoughts/OpenThinker-7B': 'Qwen/Qwen2.5-7B-Instruct',
  'open-thoughts/OpenThinker-32B': 'Qwen/Qwen2.5-32B-Instruct',
  'simplescaling/s1-32B': 'Qwen/Qwen2.5-32B-Instruct',
  'simplescaling/s1.1-32B': 'Qwen/Qwen2.5-32B-Instruct',
  'NovaSky-AI/Sky-T1-32B-Preview': 'Qwen/Qwen2.5-32B-Instruct',
  'agentica-org/DeepScaleR-1.5B-Preview': 'deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B',
  'agentica-org/DeepCoder-14B-Preview': 'deepseek-ai/DeepSeek-R1-Distill-Qwen-14B',
  'AIDC-AI/Marco-o1': 'Qwen/Qwen2-7B-Instruct',
  'PrimeIntellect/INTELLECT-2': 'Qwen/QwQ-32B',
};
