import type { JsonObject } from '../../src/models/config/fields';
import type { Addition } from './additions';
import { decoder, qwen25, qwen3, withClass, type DecoderSizes } from './shapes';

/** Models whose config.json, or a copy of it under another owner, stands open at `seen`. */
interface Published {
  /** The models of this config; a fine-tune with a config of its own is listed under it where the sizes are the same. */
  readonly ids: readonly string[];
  readonly seen: string;
  readonly config: JsonObject;
  /** `seen` is a copy's or a fine-tune's config. */
  readonly copy?: true;
}

const llama = (sizes: DecoderSizes, vocab: number, positions: number, more: JsonObject = {}): JsonObject =>
  withClass('LlamaForCausalLM', decoder('llama', sizes, [vocab, positions], more));
const mistral = (positions: number, vocab: number): JsonObject =>
  withClass('MistralForCausalLM', decoder('mistral', [4096, 14336, 32, 32, 8], [vocab, positions], { sliding_window: 4096 }));
const cohere = (sizes: DecoderSizes, positions: number, more: JsonObject = {}): JsonObject =>
  withClass(
    'CohereForCausalLM',
    decoder('cohere', sizes, [256000, positions], { tie_word_embeddings: true, torch_dtype: 'float16', ...more }),
  );
const bertModel = (hidden: number, layers: number, heads: number, dtype: string): JsonObject => ({
  architectures: ['BertModel'],
  model_type: 'bert',
  hidden_size: hidden,
  intermediate_size: 4 * hidden,
  num_hidden_layers: layers,
  num_attention_heads: heads,
  max_position_embeddings: 512,
  type_vocab_size: 2,
  vocab_size: 30522,
  torch_dtype: dtype,
});
const xlmRoberta = (hidden: number, layers: number, heads: number): JsonObject => ({
  architectures: ['XLMRobertaForSequenceClassification'],
  model_type: 'xlm-roberta',
  hidden_size: hidden,
  intermediate_size: 4 * hidden,
  num_hidden_layers: layers,
  num_attention_heads: heads,
  max_position_embeddings: 514,
  num_labels: 1,
  type_vocab_size: 1,
  vocab_size: 250002,
  torch_dtype: 'float32',
});

/** A language model behind the 300M InternViT and its projector, which every InternVL 3 and 3.5 below 38B has; the head is stored. */
const internVl = (language: JsonObject): JsonObject => ({
  architectures: ['InternVLChatModel'],
  model_type: 'internvl_chat',
  downsample_ratio: 0.5,
  text_config: { ...language, tie_word_embeddings: false },
  torch_dtype: 'bfloat16',
  vision_config: {
    model_type: 'intern_vit_6b',
    hidden_size: 1024,
    image_size: 448,
    intermediate_size: 4096,
    norm_type: 'layer_norm',
    num_attention_heads: 16,
    num_hidden_layers: 24,
    patch_size: 14,
    qk_normalization: false,
    qkv_bias: true,
  },
});
/** Sizes of the collection and of the models' language parts; the 1B's total of 1.061 billion is that of the config below. */
const INTERNVL_SEEN = 'https://huggingface.co/collections/internlm/internvl35 and https://huggingface.co/OpenExplorer/InternVL3_5-1B';

const LINEAR_ROPE = { rope_scaling: { factor: 4, type: 'linear' } };
const HF = 'https://huggingface.co';

const PUBLISHED: readonly Published[] = [
  {
    ids: ['deepseek-ai/deepseek-coder-33b-base', 'deepseek-ai/deepseek-coder-33b-instruct', 'm-a-p/OpenCodeInterpreter-DS-33B'],
    seen: `${HF}/codefuse-ai/CodeFuse-DeepSeek-33B-4bits/blob/eaa10ca65bbb737beba31eb48c107f80f8498459/config.json`,
    config: llama([7168, 19200, 62, 56, 8], 32256, 16384, LINEAR_ROPE),
    copy: true,
  },
  {
    ids: ['deepseek-ai/deepseek-coder-1.3b-base', 'deepseek-ai/deepseek-coder-1.3b-instruct'],
    seen: `${HF}/hpcgroup/hpc-coder-v2-1.3b/blob/main/config.json`,
    config: llama([2048, 5504, 24, 16, 16], 32256, 16384, LINEAR_ROPE),
    copy: true,
  },
  {
    ids: ['deepseek-ai/deepseek-llm-67b-chat', 'deepseek-ai/deepseek-llm-67b-base'],
    seen: `${HF}/deepseek-ai/deepseek-llm-67b-chat/blob/ffc1bb8121929ef1cd104906d16004fe0e08c9e9/config.json`,
    config: llama([8192, 22016, 95, 64, 8], 102400, 4096),
  },
  {
    ids: ['deepseek-ai/deepseek-coder-7b-instruct-v1.5', 'deepseek-ai/deepseek-math-7b-instruct', 'deepseek-ai/deepseek-math-7b-base'],
    seen: `${HF}/aless2212/deepseek-coder-7b-instruct-v1.5-onnx-fp16/blob/main/config.json`,
    config: llama([4096, 11008, 30, 32, 32], 102400, 4096),
    copy: true,
  },
  {
    ids: ['CohereLabs/aya-expanse-8b', 'CohereForAI/aya-expanse-8b'],
    seen: `${HF}/mlx-community/aya-expanse-8b-4bit/blob/refs%2Fpr%2F2/config.json`,
    config: cohere([4096, 14336, 32, 32, 8], 8192),
    copy: true,
  },
  {
    ids: ['CohereLabs/aya-expanse-32b', 'CohereForAI/aya-expanse-32b'],
    seen: `${HF}/jebish7/aya-expanse-32b/blob/main/config.json`,
    config: cohere([8192, 24576, 40, 64, 8], 8192),
    copy: true,
  },
  {
    ids: ['CohereLabs/c4ai-command-r-08-2024', 'CohereForAI/c4ai-command-r-08-2024'],
    seen: `${HF}/unsloth/c4ai-command-r-08-2024/blob/main/config.json`,
    config: cohere([8192, 24576, 40, 64, 8], 131072, { torch_dtype: 'bfloat16' }),
    copy: true,
  },
  {
    // `model_max_length` is the longer field, which vLLM takes for this family (`_get_and_verify_max_len`).
    ids: ['CohereLabs/c4ai-command-r-plus', 'CohereForAI/c4ai-command-r-plus'],
    seen: `${HF}/alpindale/c4ai-command-r-plus-GPTQ/blob/05c658af54abd10da9212630e4722828aa7feae9/config.json`,
    config: cohere([12288, 33792, 64, 96, 8], 131072, { use_qk_norm: true }),
    copy: true,
  },
  {
    ids: ['CohereLabs/c4ai-command-r-plus-08-2024', 'CohereForAI/c4ai-command-r-plus-08-2024'],
    seen: `${HF}/aixsatoshi/c4ai-command-r-plus-08-2024-awq/blob/main/config.json`,
    config: cohere([12288, 33792, 64, 96, 8], 131072, { use_qk_norm: true }),
    copy: true,
  },
  {
    ids: ['berkeley-nest/Starling-LM-7B-alpha', 'Nexusflow/Starling-LM-7B-beta', 'openchat/openchat-3.5-0106', 'openchat/openchat_3.5'],
    seen: `${HF}/berkeley-nest/Starling-LM-7B-alpha/blob/fa6178cd755cbff88076cf21192dcbc6e6ef4aea/config.json`,
    config: mistral(8192, 32002),
  },
  {
    ids: ['teknium/OpenHermes-2.5-Mistral-7B'],
    seen: `${HF}/gitMuscle/OpenHermes-2.5-Mistral-7B/blob/d12c6f419c56e373457f89c3501a988df6f4e687/config.json`,
    config: mistral(32768, 32002),
    copy: true,
  },
  {
    ids: ['EleutherAI/gpt-neox-20b'],
    seen: `${HF}/EleutherAI/gpt-neox-20b/blob/3523781c8df75f7741687a4284f6f70e1afa12f4/config.json`,
    config: {
      architectures: ['GPTNeoXForCausalLM'],
      model_type: 'gpt_neox',
      hidden_size: 6144,
      intermediate_size: 24576,
      num_hidden_layers: 44,
      num_attention_heads: 64,
      vocab_size: 50432,
      max_position_embeddings: 2048,
      rotary_pct: 0.25,
      tie_word_embeddings: false,
      torch_dtype: 'float16',
    },
  },
  {
    ids: ['BAAI/bge-reranker-base'],
    seen: `${HF}/Xenova/bge-reranker-base/blob/1e3f8799cf1ff904a149002645fdea027667f56e/config.json`,
    config: xlmRoberta(768, 12, 12),
    copy: true,
  },
  {
    ids: ['maidalun1020/bce-reranker-base_v1'],
    seen: `${HF}/maidalun1020/bce-reranker-base_v1/blob/refs%2Fpr%2F2/config.json`,
    config: xlmRoberta(768, 12, 12),
  },
  {
    ids: ['BAAI/bge-reranker-large'],
    seen: `${HF}/bmilon/rerank-based-on-BAAI/blob/main/config.json`,
    config: xlmRoberta(1024, 24, 16),
    copy: true,
  },
  {
    ids: ['mixedbread-ai/mxbai-embed-large-v1'],
    seen: `${HF}/mixedbread-ai/mxbai-embed-large-v1/blob/refs%2Fpr%2F13/config.json`,
    config: bertModel(1024, 24, 16, 'float16'),
  },
  {
    ids: ['Snowflake/snowflake-arctic-embed-l'],
    seen: `${HF}/khoj-ai/timely-arctic-large/blob/32015fa2fe69fc395afe885e37762a3817015373/config.json`,
    config: bertModel(1024, 24, 16, 'float32'),
    copy: true,
  },
  {
    ids: ['Snowflake/snowflake-arctic-embed-m'],
    seen: `${HF}/JoeNoss1998/Niss/blob/main/config.json`,
    config: bertModel(768, 12, 12, 'float32'),
    copy: true,
  },
  {
    ids: ['Snowflake/snowflake-arctic-embed-l-v2.0'],
    seen: `${HF}/omarabb315/makeML-snowflake/blob/main/config.json`,
    config: { ...xlmRoberta(1024, 24, 16), architectures: ['XLMRobertaModel'], max_position_embeddings: 8194 },
    copy: true,
  },
  {
    ids: ['distilbert/distilgpt2'],
    seen: `${HF}/distilbert/distilgpt2/blob/09daaa0f403ae0cc7008de3fe24d179565245e6f/config.json`,
    config: {
      architectures: ['GPT2LMHeadModel'],
      model_type: 'gpt2',
      n_embd: 768,
      n_head: 12,
      n_layer: 6,
      n_positions: 1024,
      vocab_size: 50257,
      torch_dtype: 'float32',
    },
  },
  {
    ids: ['utter-project/EuroLLM-9B', 'utter-project/EuroLLM-9B-Instruct'],
    seen: `${HF}/cortecs/EuroLLM-9B-Instruct-FP8-Dynamic/blob/cfa3f9d1bba283ce97a7605b747f4c1ccbf31efa/config.json`,
    config: llama([4096, 12288, 42, 32, 8], 128000, 4096),
    copy: true,
  },
  {
    ids: ['utter-project/EuroLLM-1.7B', 'utter-project/EuroLLM-1.7B-Instruct'],
    seen: `${HF}/utter-project/EuroLLM-1.7B-Instruct/blob/c00431158750cc7f03f668bd4faec98bb68bc18f/config.json`,
    config: llama([2048, 5632, 24, 16, 8], 128000, 4096),
  },
  {
    ids: ['01-ai/Yi-Coder-9B-Chat', '01-ai/Yi-Coder-9B'],
    seen: `${HF}/stelterlab/Yi-Coder-9B-Chat-AWQ/blob/main/config.json`,
    config: llama([4096, 11008, 48, 32, 4], 64000, 131072),
    copy: true,
  },
  {
    ids: ['01-ai/Yi-Coder-1.5B-Chat', '01-ai/Yi-Coder-1.5B'],
    seen: `${HF}/unclemusclez/Unsloth-Yi-Coder-1.5B-Chat-Devinator-v1/blob/main/config.json`,
    config: llama([2048, 5504, 24, 16, 16], 64000, 131072),
    copy: true,
  },
  {
    ids: ['microsoft/WizardLM-2-8x22B', 'alpindale/WizardLM-2-8x22B', 'WizardLMTeam/WizardLM-2-8x22B'],
    seen: `${HF}/MaziyarPanahi/WizardLM-2-8x22B-AWQ/blob/main/config.json`,
    config: llama([6144, 16384, 56, 48, 8], 32000, 65536, {
      architectures: ['MixtralForCausalLM'],
      model_type: 'mixtral',
      num_local_experts: 8,
      num_experts_per_tok: 2,
    }),
    copy: true,
  },
  { ids: ['OpenGVLab/InternVL3-1B'], seen: INTERNVL_SEEN, config: internVl(qwen25([896, 4864, 24, 14, 2], 151674)) },
  { ids: ['OpenGVLab/InternVL3-2B'], seen: INTERNVL_SEEN, config: internVl(qwen25([1536, 8960, 28, 12, 2], 151674)) },
  {
    ids: ['OpenGVLab/InternVL3-8B'],
    seen: `${HF}/OpenGVLab/InternVL3-8B/blob/main/config.json`,
    config: internVl(qwen25([3584, 18944, 28, 28, 4], 151674)),
  },
  { ids: ['OpenGVLab/InternVL3-14B'], seen: INTERNVL_SEEN, config: internVl(qwen25([5120, 13824, 48, 40, 8], 151674)) },
  { ids: ['OpenGVLab/InternVL3_5-1B'], seen: INTERNVL_SEEN, config: internVl(qwen3([1024, 3072, 28, 16, 8], 151936)) },
  { ids: ['OpenGVLab/InternVL3_5-2B'], seen: INTERNVL_SEEN, config: internVl(qwen3([2048, 6144, 28, 16, 8], 151936)) },
  { ids: ['OpenGVLab/InternVL3_5-4B'], seen: INTERNVL_SEEN, config: internVl(qwen3([2560, 9728, 36, 32, 8], 151936)) },
  {
    ids: ['OpenGVLab/InternVL3_5-8B'],
    seen: `${HF}/OpenGVLab/InternVL3_5-8B/blob/refs%2Fpr%2F12/config.json`,
    config: internVl(qwen3([4096, 12288, 36, 32, 8], 151936)),
  },
  { ids: ['OpenGVLab/InternVL3_5-14B'], seen: INTERNVL_SEEN, config: internVl(qwen3([5120, 17408, 40, 40, 8], 151936)) },
  {
    ids: ['OpenGVLab/InternVL3_5-30B-A3B'],
    seen: INTERNVL_SEEN,
    config: internVl(
      decoder('qwen3_moe', [2048, 6144, 48, 32, 4], [151936, 40960], {
        head_dim: 128,
        num_experts: 128,
        num_experts_per_tok: 8,
        moe_intermediate_size: 768,
      }),
    ),
  },
  {
    ids: ['Nexusflow/Athene-V2-Chat'],
    seen: `${HF}/Nexusflow/Athene-V2-Chat/blob/main/config.json`,
    config: withClass('Qwen2ForCausalLM', qwen25([8192, 29568, 80, 64, 8], 152064)),
  },
  {
    ids: ['Nexusflow/Athene-V2-Agent'],
    seen: `${HF}/Nexusflow/Athene-V2-Agent/blob/fcb0551d7d77c859095709d7b3629148d230c088/config.json`,
    config: withClass('Qwen2ForCausalLM', qwen25([8192, 29568, 80, 64, 8], 151672)),
  },
];

/** The published configs as additions to the catalogue. */
export const PUBLISHED_ADDITIONS: readonly Addition[] = PUBLISHED.flatMap(({ ids, seen, config, copy }) =>
  ids.map((id) => ({ id, source: seen, seen, config, ...(copy === true || !seen.includes(`/${id}/`) ? { recorded: true as const } : {}) })),
);
