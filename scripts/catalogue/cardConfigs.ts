import type { JsonObject } from '../../src/models/config/fields';
import type { Addition } from './additions';

/**
 * Models of which no config.json could be read: dimensions as they are generally given, checked only by adding up. `billions` is the total that the
 * card gives, and a test holds the count within half a percent of it, or of its last digit. Their answers are derived and say so.
 */
export interface CardModel {
  readonly ids: readonly string[];
  /** Total parameters by the card, billions; of what vLLM loads where that is less (the thinker of an omni model). */
  readonly billions: number;
  readonly config: JsonObject;
}

const decoder = (
  type: string,
  [hidden, intermediate, layers, heads, kvHeads]: readonly [number, number, number, number, number],
  [vocab, positions]: readonly [number, number],
  more: JsonObject = {},
): JsonObject => ({
  model_type: type,
  hidden_size: hidden,
  intermediate_size: intermediate,
  num_hidden_layers: layers,
  num_attention_heads: heads,
  num_key_value_heads: kvHeads,
  vocab_size: vocab,
  max_position_embeddings: positions,
  tie_word_embeddings: false,
  torch_dtype: 'bfloat16',
  ...more,
});
const withClass = (architecture: string, config: JsonObject): JsonObject => ({ architectures: [architecture], ...config });
const experts = (count: number, perToken: number, width: number, firstDense: number, shared: number): JsonObject => ({
  num_experts: count,
  num_experts_per_tok: perToken,
  moe_intermediate_size: width,
  first_k_dense_replace: firstDense,
  ...(shared > 0 ? { shared_expert_intermediate_size: shared } : {}),
});

const COHERE_2 = { sliding_window: 4096, sliding_window_pattern: 4, tie_word_embeddings: true };
const COMMAND_A = decoder('cohere2', [12288, 36864, 64, 96, 8], [256000, 131072], COHERE_2);

/** A tower of which only the total is used. */
const behind = (architecture: string, type: string, text: JsonObject, more: JsonObject): JsonObject =>
  withClass(architecture, { model_type: type, text_config: text, torch_dtype: 'bfloat16', ...more });

/** InternViT-6B of 5.54 billion and the projector from four of its patches to the language model's width. */
const intern6b = (text: JsonObject): JsonObject => {
  const hidden = Number(text['hidden_size']);
  return behind('InternVLChatModel', 'internvl_chat', text, {
    downsample_ratio: 0.5,
    vision_parameters: 5_540_000_000 + 12800 * hidden + hidden * hidden,
    vision_config: {
      model_type: 'intern_vit_6b',
      hidden_size: 3200,
      image_size: 448,
      intermediate_size: 12800,
      num_attention_heads: 25,
      num_hidden_layers: 45,
      patch_size: 14,
    },
  });
};
const qwen25 = (sizes: Parameters<typeof decoder>[1], vocab: number): JsonObject => decoder('qwen2', sizes, [vocab, 32768]);
const QWEN25_72B = qwen25([8192, 29568, 80, 64, 8], 151674);
const QWEN25_32B = qwen25([5120, 27648, 64, 40, 8], 151674);
const INTERNLM2_20B = decoder('internlm2', [6144, 16384, 48, 48, 8], [92553, 32768]);

const MISTRAL_FP8 = { quantization_config: { quant_method: 'fp8' } };
const bailing = (sizes: Parameters<typeof decoder>[1], mixture: JsonObject, positions: number): JsonObject =>
  withClass('BailingMoeV2ForCausalLM', decoder('bailing_moe', sizes, [157184, positions], { head_dim: 128, ...mixture }));
const LING_1T = bailing([8192, 18432, 80, 64, 8], experts(256, 8, 2048, 4, 2048), 32768);

/** Whisper-large's encoder (635 million) before the projector. */
const WHISPER_ENCODER = 637_000_000;
const whisperLarge = { model_type: 'whisper', d_model: 1280, encoder_layers: 32, encoder_ffn_dim: 5120, encoder_attention_heads: 20 };

export const CARD_MODELS: readonly CardModel[] = [
  {
    ids: [
      'CohereLabs/c4ai-command-a-03-2025',
      'CohereLabs/command-a-03-2025',
      'CohereForAI/c4ai-command-a-03-2025',
      'CohereLabs/command-a-reasoning-08-2025',
      'CohereLabs/command-a-translate-08-2025',
    ],
    billions: 111,
    config: withClass('Cohere2ForCausalLM', COMMAND_A),
  },
  {
    ids: ['mistralai/Mistral-Large-3-675B-Instruct-2512'],
    billions: 675,
    config: behind(
      'PixtralForConditionalGeneration',
      'mistral3',
      decoder('deepseek_v3', [7168, 16384, 61, 128, 128], [131072, 262144], {
        ...experts(128, 4, 4096, 3, 4096),
        q_lora_rank: 1536,
        kv_lora_rank: 512,
        qk_nope_head_dim: 128,
        qk_rope_head_dim: 64,
        v_head_dim: 128,
      }),
      { vision_parameters: 2_500_000_000, ...MISTRAL_FP8 },
    ),
  },
  {
    ids: ['mistralai/Mistral-Medium-3.5-128B'],
    billions: 128,
    config: behind('Mistral3ForConditionalGeneration', 'mistral3', decoder('ministral3', [12288, 28672, 88, 96, 8], [131072, 262144]), {
      vision_parameters: 2_500_000_000,
      ...MISTRAL_FP8,
    }),
  },
  {
    ids: ['mistralai/Pixtral-Large-Instruct-2411'],
    billions: 124,
    config: behind('PixtralForConditionalGeneration', 'pixtral', decoder('mistral', [12288, 28672, 88, 96, 8], [32768, 131072]), {
      vision_parameters: 1_000_000_000,
    }),
  },
  {
    ids: ['mistralai/Voxtral-Mini-3B-2507'],
    billions: 4.68,
    config: behind(
      'VoxtralForConditionalGeneration',
      'voxtral',
      decoder('llama', [3072, 8192, 30, 32, 8], [131072, 131072], { head_dim: 128 }),
      {
        audio_parameters: WHISPER_ENCODER + 5120 * 3072 + 3072 * 3072,
        audio_config: whisperLarge,
      },
    ),
  },
  {
    ids: ['mistralai/Voxtral-Small-24B-2507'],
    billions: 24.3,
    config: behind(
      'VoxtralForConditionalGeneration',
      'voxtral',
      decoder('llama', [5120, 32768, 40, 32, 8], [131072, 131072], { head_dim: 128 }),
      {
        audio_parameters: WHISPER_ENCODER + 2 * 5120 * 5120,
        audio_config: whisperLarge,
      },
    ),
  },
  {
    ids: ['Qwen/Qwen2-Audio-7B-Instruct', 'Qwen/Qwen2-Audio-7B'],
    billions: 8.4,
    config: behind('Qwen2AudioForConditionalGeneration', 'qwen2_audio', decoder('qwen2', [4096, 11008, 32, 32, 32], [156032, 8192]), {
      audio_parameters: WHISPER_ENCODER + 1280 * 4096,
      audio_config: whisperLarge,
    }),
  },
  {
    // The talker and the vocoder are not loaded.
    ids: ['Qwen/Qwen2.5-Omni-7B'],
    billions: 8.93,
    config: behind('Qwen2_5OmniModel', 'qwen2_5_omni', decoder('qwen2_5_omni_text', [3584, 18944, 28, 28, 4], [152064, 32768]), {
      audio_parameters: WHISPER_ENCODER + 1280 * 3584,
      audio_config: whisperLarge,
      vision_config: {
        num_hidden_layers: 32,
        hidden_size: 1280,
        embed_dim: 1280,
        intermediate_size: 3420,
        num_attention_heads: 16,
        patch_size: 14,
        temporal_patch_size: 2,
        spatial_merge_size: 2,
        out_hidden_size: 3584,
      },
    }),
  },
  {
    ids: ['Qwen/Qwen3-Omni-30B-A3B-Instruct', 'Qwen/Qwen3-Omni-30B-A3B-Thinking', 'Qwen/Qwen3-Omni-30B-A3B-Captioner'],
    billions: 31.7,
    config: behind(
      'Qwen3OmniMoeForConditionalGeneration',
      'qwen3_omni_moe',
      decoder('qwen3_omni_moe_text', [2048, 768, 48, 32, 4], [152064, 65536], {
        head_dim: 128,
        num_experts: 128,
        num_experts_per_tok: 8,
        moe_intermediate_size: 768,
      }),
      {
        audio_parameters: 650_000_000,
        audio_config: { model_type: 'qwen3_omni_moe_audio_encoder', d_model: 1280, encoder_layers: 32, encoder_ffn_dim: 5120 },
        vision_config: {
          num_hidden_layers: 27,
          hidden_size: 1152,
          embed_dim: 1152,
          intermediate_size: 4304,
          num_attention_heads: 16,
          patch_size: 16,
          temporal_patch_size: 2,
          spatial_merge_size: 2,
          out_hidden_size: 2048,
          num_position_embeddings: 2304,
          deepstack_visual_indexes: [8, 16, 24],
        },
      },
    ),
  },
  {
    ids: ['openbmb/MiniCPM-V-2_6'],
    billions: 8.1,
    config: behind('MiniCPMV', 'minicpmv', qwen25([3584, 18944, 28, 28, 4], 151666), { vision_parameters: 486_000_000 }),
  },
  {
    ids: ['openbmb/MiniCPM-V-4_5'],
    billions: 8.7,
    config: behind('MiniCPMV', 'minicpmv', decoder('qwen3', [4096, 12288, 36, 32, 8], [151748, 40960], { head_dim: 128 }), {
      vision_parameters: 500_000_000,
    }),
  },
  {
    ids: ['openbmb/MiniCPM4-8B'],
    billions: 8.19,
    config: withClass('MiniCPMForCausalLM', decoder('minicpm', [4096, 16384, 32, 32, 2], [73448, 32768])),
  },
  { ids: ['OpenGVLab/InternVL2_5-78B', 'OpenGVLab/InternVL3-78B'], billions: 78.4, config: intern6b(QWEN25_72B) },
  { ids: ['OpenGVLab/InternVL2_5-38B', 'OpenGVLab/InternVL3-38B'], billions: 38.4, config: intern6b(QWEN25_32B) },
  { ids: ['OpenGVLab/InternVL2-26B', 'OpenGVLab/InternVL2_5-26B'], billions: 25.5, config: intern6b(INTERNLM2_20B) },
  {
    ids: ['OpenGVLab/InternVL3_5-38B'],
    billions: 38.4,
    config: intern6b(decoder('qwen3', [5120, 25600, 64, 64, 8], [151936, 40960], { head_dim: 128 })),
  },
  {
    ids: ['OpenGVLab/InternVL3_5-241B-A28B'],
    billions: 240.7,
    config: intern6b(
      decoder('qwen3_moe', [4096, 12288, 94, 64, 4], [151936, 40960], {
        head_dim: 128,
        num_experts: 128,
        num_experts_per_tok: 8,
        moe_intermediate_size: 1536,
      }),
    ),
  },
  {
    ids: ['LGAI-EXAONE/EXAONE-3.5-32B-Instruct', 'LGAI-EXAONE/EXAONE-Deep-32B'],
    billions: 32,
    config: withClass('ExaoneForCausalLM', decoder('exaone', [5120, 27392, 64, 40, 8], [102400, 32768], { head_dim: 128 })),
  },
  {
    ids: ['LGAI-EXAONE/EXAONE-3.5-2.4B-Instruct', 'LGAI-EXAONE/EXAONE-Deep-2.4B'],
    billions: 2.4,
    config: withClass(
      'ExaoneForCausalLM',
      decoder('exaone', [2560, 7168, 30, 32, 8], [102400, 32768], { head_dim: 80, tie_word_embeddings: true }),
    ),
  },
  {
    ids: ['nvidia/Nemotron-Mini-4B-Instruct'],
    billions: 4.19,
    config: withClass('NemotronForCausalLM', decoder('nemotron', [3072, 9216, 32, 24, 8], [256000, 4096], { head_dim: 128 })),
  },
  {
    ids: ['swiss-ai/Apertus-70B-2509', 'swiss-ai/Apertus-70B-Instruct-2509'],
    billions: 70.6,
    config: withClass('ApertusForCausalLM', decoder('apertus', [8192, 43008, 80, 64, 8], [131072, 65536])),
  },
  {
    ids: ['baidu/ERNIE-4.5-300B-A47B-PT', 'baidu/ERNIE-4.5-300B-A47B-Base-PT'],
    billions: 300,
    config: withClass(
      'Ernie4_5_MoeForCausalLM',
      decoder('ernie4_5_moe', [8192, 28672, 54, 64, 8], [103424, 131072], experts(64, 8, 3584, 3, 0)),
    ),
  },
  {
    ids: ['inclusionAI/Ling-mini-2.0', 'inclusionAI/Ring-mini-2.0'],
    billions: 16.3,
    config: bailing([2048, 5120, 20, 16, 4], experts(256, 8, 512, 1, 512), 32768),
  },
  {
    ids: ['inclusionAI/Ling-flash-2.0', 'inclusionAI/Ring-flash-2.0'],
    billions: 103,
    config: bailing([4096, 9216, 32, 32, 4], experts(256, 8, 1024, 1, 1024), 32768),
  },
  { ids: ['inclusionAI/Ling-1T', 'inclusionAI/Ring-1T'], billions: 1000, config: LING_1T },
  {
    // Beside its experts every layer has a dense MLP, which is added to them as a shared expert is.
    ids: ['xai-org/grok-2'],
    billions: 270,
    config: withClass('Grok1ForCausalLM', decoder('grok', [8192, 32768, 64, 64, 8], [131072, 131072], experts(8, 2, 16384, 0, 32768))),
  },
  {
    ids: ['BAAI/bge-multilingual-gemma2'],
    billions: 9.24,
    config: withClass(
      'Gemma2Model',
      decoder('gemma2', [3584, 14336, 42, 16, 8], [256002, 8192], {
        head_dim: 256,
        sliding_window: 4096,
        tie_word_embeddings: true,
        attn_logit_softcapping: 50,
        torch_dtype: 'float32',
      }),
    ),
  },
  {
    ids: ['CohereLabs/aya-vision-8b'],
    billions: 8.63,
    config: behind(
      'AyaVisionForConditionalGeneration',
      'aya_vision',
      decoder('cohere2', [4096, 14336, 32, 32, 8], [256000, 8192], COHERE_2),
      {
        vision_parameters: 600_000_000,
      },
    ),
  },
];

/** The models of the cards as additions to the catalogue. */
export const CARD_ADDITIONS: readonly Addition[] = CARD_MODELS.flatMap(({ ids, config }) =>
  ids.map((id) => ({
    id,
    source: `https://huggingface.co/${id}`,
    seen: 'not opened: checked by adding up',
    config,
    derived: true as const,
  })),
);
