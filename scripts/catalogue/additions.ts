import type { JsonObject } from '../../src/models/config/fields';

/** A model that the file of facts lacks, by the fields of its own config.json. */
export interface Addition {
  readonly id: string;
  /** Address of the config, as shown to people. */
  readonly source: string;
  /** Where the fields were read: a public copy of the file, or what states them. */
  readonly seen: string;
  readonly config: JsonObject;
  /** What of it is a sibling's or the base model's; the answer is then a derived one. */
  readonly derived?: true;
  /** `source` is a public record of the sizes, not the model's own config. */
  readonly recorded?: true;
}

const hub = (id: string, seen: string, config: JsonObject): Addition => ({
  id,
  source: `https://huggingface.co/${id}/blob/main/config.json`,
  seen,
  config,
});
const derived = (id: string, seen: string, config: JsonObject): Addition => ({ ...hub(id, seen, config), derived: true });

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

const MINIMAX_01 = {
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
};
const MINIMAX_M1 = { ...MINIMAX_01, architectures: ['MiniMaxM1ForCausalLM'], model_type: 'minimax_m1' };
const MINIMAX_M1_SEEN = 'https://huggingface.co/MiniMaxAI/MiniMax-M1-80k/blob/main/config.json';

/** llm-foundry's training configs, which its published throughput tables name: width, layers, heads (scripts/train/yamls/pretrain). */
const MPT_SIZES = {
  '125m': [768, 12, 12],
  '350m': [1024, 24, 16],
  '760m': [1536, 24, 12],
  '1b': [2048, 24, 16],
  '3b': [2560, 32, 20],
  '13b': [5120, 40, 40],
  '70b': [8192, 80, 64],
} as const;

const foundryModels = (): readonly Addition[] =>
  Object.entries(MPT_SIZES).map(([size, [width, layers, heads]]) => ({
    id: `mosaicml/mpt-${size}`,
    source: `https://github.com/mosaicml/llm-foundry/blob/main/scripts/train/yamls/pretrain/mpt-${size}.yaml`,
    seen: 'the training config of this size',
    config: {
      model_type: 'mpt',
      d_model: width,
      n_layers: layers,
      n_heads: heads,
      vocab_size: 50368,
      max_seq_len: 2048,
      expansion_ratio: 4,
      torch_dtype: 'bfloat16',
    },
  }));

/** Parameters of the towers: Qwen-VL's ViT-bigG and adapter (arXiv 2308.12966, table 1: 1.9 and 0.08 billion), MiniCPM-V 2.5's by its total of 8.54. */
const LLAMA_3_8B = {
  model_type: 'llama',
  architectures: ['LlamaForCausalLM'],
  hidden_size: 4096,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  intermediate_size: 14336,
  vocab_size: 128256,
  tie_word_embeddings: false,
  max_position_embeddings: 8192,
};
const BLOOM_7B1 = {
  model_type: 'bloom',
  architectures: ['BloomForCausalLM'],
  hidden_size: 4096,
  num_hidden_layers: 30,
  num_attention_heads: 32,
  vocab_size: 250880,
  max_position_embeddings: 2048,
};
const GLM_4_32B = {
  model_type: 'glm4',
  architectures: ['Glm4ForCausalLM'],
  hidden_size: 6144,
  num_hidden_layers: 61,
  num_attention_heads: 48,
  num_key_value_heads: 2,
  head_dim: 128,
  intermediate_size: 23040,
  vocab_size: 151552,
  max_position_embeddings: 32768,
};
const QWEN_VL = { model_type: 'qwen', architectures: ['QWenLMHeadModel'], vision_parameters: 1_980_000_000 };
const MINICPM_LLAMA3 = { vision_parameters: 510_000_000 };

/** Class default of `LlavaNextConfig` (transformers, configuration_llava_next.py at 063b32f). */
const LLAVA_CLIP = {
  model_type: 'clip_vision_model',
  hidden_size: 1024,
  image_size: 336,
  intermediate_size: 4096,
  num_attention_heads: 16,
  num_hidden_layers: 24,
  patch_size: 14,
};
const LLAVA_SEEN = 'tower: class default of LlavaNextConfig; text: the base its name carries with the 64 more rows of LLaVA-1.5';
const llavaNext = (text: JsonObject): JsonObject => ({
  architectures: ['LlavaNextForConditionalGeneration'],
  model_type: 'llava_next',
  text_config: { vocab_size: 32064, torch_dtype: 'float16', tie_word_embeddings: false, ...text },
  vision_config: LLAVA_CLIP,
  torch_dtype: 'float16',
});
/** Granite 3.1 2B behind a SigLIP tower (so400m, 384 / 14), four of whose layers the projector joins. */
const GRANITE_VISION = {
  architectures: ['LlavaNextForConditionalGeneration'],
  model_type: 'llava_next',
  text_config: {
    model_type: 'granite',
    hidden_size: 2048,
    intermediate_size: 8192,
    num_attention_heads: 32,
    num_hidden_layers: 40,
    num_key_value_heads: 8,
    max_position_embeddings: 131072,
    vocab_size: 49156,
    tie_word_embeddings: true,
    torch_dtype: 'bfloat16',
  },
  vision_config: {
    model_type: 'siglip_vision_model',
    hidden_size: 1152,
    image_size: 384,
    intermediate_size: 4304,
    num_attention_heads: 16,
    num_hidden_layers: 27,
    patch_size: 14,
  },
  vision_feature_layer: [-24, -20, -12, -1],
  tie_word_embeddings: true,
  torch_dtype: 'bfloat16',
};
const GRANITE_VISION_SEEN =
  'transformers, Granite Vision: LLaVA-Next with a SigLIP encoder, concatenated vision layers and a Granite language model; sizes of the two';
const VICUNA_7B = {
  model_type: 'llama',
  hidden_size: 4096,
  intermediate_size: 11008,
  num_attention_heads: 32,
  num_hidden_layers: 32,
  max_position_embeddings: 4096,
};

/** Embedding and reranking models that people serve most, models of measured start-ups, and families the facts only touch. */
/** First-generation Qwen: multi-head attention with Q, K and V biases; the stated width counts gate and up together. */
const qwen1 = (hidden: number, layers: number, intermediate: number, vocab: number, positions: number): JsonObject => ({
  architectures: ['QWenLMHeadModel'],
  model_type: 'qwen',
  hidden_size: hidden,
  intermediate_size: intermediate,
  num_attention_heads: hidden / 128,
  num_hidden_layers: layers,
  kv_channels: 128,
  max_position_embeddings: positions,
  seq_length: positions,
  tie_word_embeddings: false,
  torch_dtype: 'bfloat16',
  vocab_size: vocab,
});
const QWEN_1_8B = qwen1(2048, 24, 11008, 151936, 8192);
const QWEN_7B = qwen1(4096, 32, 22016, 151936, 8192);
const QWEN_14B = qwen1(5120, 40, 27392, 152064, 8192);
const QWEN_72B = qwen1(8192, 80, 49152, 152064, 32768);
const SEEN_QWEN_1_8B =
  'copy with its changes named: https://huggingface.co/iLYoungZ/Qwen-1_8B-Law/blame/7b4613a63099d5100451cb3e32d167c6b6356d5a/config.json';
const SEEN_QWEN_14B = 'fine-tune that names it as its base: https://huggingface.co/codefuse-ai/CodeFuse-QWen-14B/blob/main/config.json';
const SEEN_QWEN_72B =
  'fine-tune that names it as its base: https://huggingface.co/FreedomIntelligence/Apollo-72B/blame/446b843cf1d5b21017769eb1fb6b78ad24c8ae86/config.json';

export const ADDITIONS: readonly Addition[] = [
  derived('Qwen/Qwen-1_8B', SEEN_QWEN_1_8B, QWEN_1_8B),
  derived('Qwen/Qwen-1_8B-Chat', SEEN_QWEN_1_8B, QWEN_1_8B),
  derived('Qwen/Qwen-14B', SEEN_QWEN_14B, QWEN_14B),
  derived('Qwen/Qwen-14B-Chat', SEEN_QWEN_14B, QWEN_14B),
  derived('Qwen/Qwen-72B', SEEN_QWEN_72B, QWEN_72B),
  derived('Qwen/Qwen-72B-Chat', SEEN_QWEN_72B, QWEN_72B),
  ...foundryModels(),
  derived('Qwen/Qwen-VL', 'text half as Qwen-7B; tower as its paper counts it', { ...QWEN_7B, ...QWEN_VL }),
  derived('Qwen/Qwen-VL-Chat', 'text half as Qwen-7B; tower as its paper counts it', { ...QWEN_7B, ...QWEN_VL }),
  derived('openbmb/MiniCPM-Llama3-V-2_5', 'text half as Llama-3-8B; tower as what its stated total leaves', {
    ...LLAMA_3_8B,
    ...MINICPM_LLAMA3,
  }),
  hub(
    'google-bert/bert-large-uncased',
    'https://huggingface.co/google-bert/bert-large-uncased/blob/main/config.json; parameters agree with the model card',
    bert(1024, 24, 16),
  ),
  derived('bigscience/bloomz-7b1', 'fine-tuned from bloom-7b1 (model card)', BLOOM_7B1),
  derived('THUDM/GLM-4-32B-0414', 'sizes whose sum is the stated 32.6 billion', GLM_4_32B),
  hub('stabilityai/stablelm-base-alpha-3b', 'https://github.com/Stability-AI/StableLM/blob/main/configs/stablelm-base-alpha-3b.yaml', {
    model_type: 'gpt_neox',
    hidden_size: 4096,
    num_hidden_layers: 16,
    num_attention_heads: 32,
    intermediate_size: 16384,
    vocab_size: 50688,
    max_position_embeddings: 4096,
    tie_word_embeddings: false,
    torch_dtype: 'float16',
  }),
  hub('BAAI/bge-m3', 'https://github.com/vminh16/VI-Legal-RAG/blob/0d3b35bd0efb644b25089efe50cae1e74dfc717c/models/bge-m3/config.json', {
    ...XLM_ROBERTA_LARGE,
    architectures: ['XLMRobertaModel'],
    max_position_embeddings: 8194,
  }),
  hub(
    'BAAI/bge-reranker-v2-m3',
    'https://huggingface.co/BAAI/bge-reranker-v2-m3/blob/3f6000f2fe7498b9d817ac6ec0ee451448a2d030/config.json',
    {
      ...XLM_ROBERTA_LARGE,
      architectures: ['XLMRobertaForSequenceClassification'],
      max_position_embeddings: 8194,
      num_labels: 1,
    },
  ),
  hub('intfloat/multilingual-e5-large', 'xlm-roberta-large (model card); its safetensors total agrees', {
    ...XLM_ROBERTA_LARGE,
    architectures: ['XLMRobertaModel'],
    max_position_embeddings: 514,
  }),
  hub('intfloat/e5-large-v2', 'bert-large-uncased (model card); its parameters agree', bert(1024, 24, 16)),
  hub(
    'BAAI/bge-base-en-v1.5',
    'https://github.com/KalikaML/KalikaChatRAG/blob/5aa02410f8f3e5f4191aad9842fb82dc10f5c999/bge-base-en-v1.5/config.json',
    bert(768, 12, 12),
  ),
  hub(
    'BAAI/bge-small-en-v1.5',
    'https://github.com/adityajn109-lab/autogen-project/blob/006b9ec4cb51ca5ac958d8c7d5e6d06ee30e268d/bge-small-en-v1.5/config.json',
    bert(384, 12, 12),
  ),
  hub(
    'sentence-transformers/all-MiniLM-L6-v2',
    'https://github.com/ethe/bakalog/blob/dca29e39ae7ea4e352fb99e44bb03eed9a61f0fe/all-MiniLM-L6-v2/config.json',
    bert(384, 6, 12),
  ),
  hub('MiniMaxAI/MiniMax-M1-80k', MINIMAX_M1_SEEN, MINIMAX_M1),
  hub('MiniMaxAI/MiniMax-M1-40k', MINIMAX_M1_SEEN, MINIMAX_M1),
  derived('MiniMaxAI/MiniMax-Text-01', 'sizes of https://github.com/MiniMax-AI/MiniMax-01/blob/78411ed/README.md, the rest as MiniMax-M1', {
    ...MINIMAX_01,
    architectures: ['MiniMaxText01ForCausalLM'],
    model_type: 'minimax_text_01',
  }),
  hub('databricks/dbrx-instruct', 'https://huggingface.co/databricks/dbrx-instruct/blob/main/config.json', {
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
  hub('rednote-hilab/dots.ocr', 'https://huggingface.co/rednote-hilab/dots.ocr/blob/main/config.json; its safetensors total agrees', {
    architectures: ['DotsOCRForCausalLM'],
    model_type: 'dots_ocr',
    text_config: {
      model_type: 'qwen2',
      hidden_size: 1536,
      intermediate_size: 8960,
      max_position_embeddings: 131072,
      num_attention_heads: 12,
      num_hidden_layers: 28,
      num_key_value_heads: 2,
      tie_word_embeddings: false,
      torch_dtype: 'bfloat16',
      vocab_size: 151936,
    },
    vision_config: { hidden_size: 1536, intermediate_size: 4224, num_hidden_layers: 42, patch_size: 14, spatial_merge_size: 2 },
  }),
  derived('llava-hf/llava-v1.6-mistral-7b-hf', LLAVA_SEEN, {
    ...llavaNext({
      model_type: 'mistral',
      hidden_size: 4096,
      intermediate_size: 14336,
      num_attention_heads: 32,
      num_hidden_layers: 32,
      num_key_value_heads: 8,
      max_position_embeddings: 32768,
    }),
  }),
  derived('ibm-granite/granite-vision-3.3-2b', GRANITE_VISION_SEEN, GRANITE_VISION),
  derived('ibm-granite/granite-vision-3.2-2b', GRANITE_VISION_SEEN, GRANITE_VISION),
  derived('llava-hf/llava-v1.6-vicuna-7b-hf', LLAVA_SEEN, llavaNext(VICUNA_7B)),
  derived(
    'llava-hf/llava-v1.6-vicuna-13b-hf',
    LLAVA_SEEN,
    llavaNext({ ...VICUNA_7B, hidden_size: 5120, intermediate_size: 13824, num_attention_heads: 40, num_hidden_layers: 40 }),
  ),
];
