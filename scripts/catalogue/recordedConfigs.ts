import type { JsonObject } from '../../src/models/config/fields';
import type { Addition } from './additions';
import { bailing, behind, cohere2, decoder, experts, INTERN_VIT_6B, miniCpmTower, qwen25, qwen3, siglipSo400m, withClass } from './shapes';
import type { DecoderSizes } from './shapes';

/** Models whose sizes stand in a public repository: a copy of the config.json itself, a training recipe, a loader's log. */
export interface RecordedModel {
  readonly ids: readonly string[];
  /** Address of the record. */
  readonly seen: string;
  /** Total parameters of what vLLM loads: to the last one, or in billions as the card rounds them. */
  readonly published: { readonly parameters: number } | { readonly billions: number };
  readonly config: JsonObject;
  /** `seen` is the config.json of exactly these models. */
  readonly own?: true;
}

/** Copies of config.json files and tables of their fields, kept beside audits of the model classes (fetched 2026-05-13). */
const AUDITS = 'https://github.com/hlky/dinoml_v2/blob/6b8c0acb3a19f77188401b57db6e403aa92534f3/agents/plans/transformers';
/** Training recipes of Huawei's and Baidu's frameworks. */
const MINDSPEED = 'https://github.com/Ascend/MindSpeed-MM/blob/master/examples';
const LOONGFORGE = 'https://github.com/baidu-baige/LoongForge/blob/master/configs/models';

const inBillions = (billions: number): { readonly billions: number } => ({ billions });

const internVl = (text: JsonObject): JsonObject =>
  behind('InternVLChatModel', 'internvl_chat', text, { downsample_ratio: 0.5, vision_config: INTERN_VIT_6B });
const QWEN25_72B = internVl(qwen25([8192, 29568, 80, 64, 8], 151674));
const QWEN3_235B = { head_dim: 128, num_experts: 128, num_experts_per_tok: 8, moe_intermediate_size: 1536 };
const INTERNLM2_20B = internVl(decoder('internlm2', [6144, 16384, 48, 48, 8], [92553, 32768]));

const exaone = (sizes: DecoderSizes, more: JsonObject): JsonObject =>
  withClass('ExaoneForCausalLM', decoder('exaone', sizes, [102400, 32768], more));
const apertus = withClass('ApertusForCausalLM', decoder('apertus', [8192, 43008, 80, 64, 8], [131072, 65536]));
const ayaVision = (text: JsonObject, projector: number): JsonObject =>
  behind('AyaVisionForConditionalGeneration', 'aya_vision', text, {
    alignment_intermediate_size: projector,
    downsample_factor: 2,
    vision_config: siglipSo400m(14, 364),
  });

/** Whisper-large-v3's encoder, the class default of the audio towers. */
const whisper = (type: string): JsonObject => ({
  model_type: type,
  d_model: 1280,
  encoder_layers: 32,
  encoder_ffn_dim: 5120,
  encoder_attention_heads: 20,
  num_mel_bins: 128,
});
const voxtral = (sizes: DecoderSizes): JsonObject =>
  behind('VoxtralForConditionalGeneration', 'voxtral', decoder('llama', sizes, [131072, 131072], { head_dim: 128 }), {
    audio_config: whisper('voxtral_encoder'),
  });

export const RECORDED_MODELS: readonly RecordedModel[] = [
  {
    ids: [
      'CohereLabs/c4ai-command-a-03-2025',
      'CohereLabs/command-a-03-2025',
      'CohereForAI/c4ai-command-a-03-2025',
      'CohereLabs/command-a-reasoning-08-2025',
      'CohereLabs/command-a-translate-08-2025',
    ],
    seen: `${AUDITS}/cohere2/_sources/mlx-community__c4ai-command-a-03-2025-bf16.config.json`,
    published: inBillions(111),
    config: withClass('Cohere2ForCausalLM', cohere2([12288, 36864, 64, 96, 8], 131072)),
  },
  {
    ids: ['CohereLabs/aya-vision-8b', 'CohereForAI/aya-vision-8b'],
    seen: `${AUDITS}/aya_vision/_sources/unsloth__aya-vision-8b/config.json`,
    published: inBillions(8.63),
    config: ayaVision(cohere2([4096, 14336, 32, 32, 8], 8192), 28672),
  },
  {
    ids: ['mistralai/Mistral-Medium-3.5-128B'],
    seen: `${AUDITS}/mistral3/report.md`,
    published: inBillions(128),
    config: behind('Mistral3ForConditionalGeneration', 'mistral3', decoder('ministral3', [12288, 28672, 88, 96, 8], [131072, 262144]), {
      spatial_merge_size: 2,
      vision_config: {
        model_type: 'pixtral',
        hidden_size: 1664,
        image_size: 1540,
        intermediate_size: 8192,
        num_attention_heads: 16,
        num_hidden_layers: 48,
        patch_size: 14,
      },
      quantization_config: {
        quant_method: 'fp8',
        activation_scheme: 'static',
        modules_to_not_convert: ['model.vision_tower', 'model.multi_modal_projector', 'lm_head'],
      },
    }),
  },
  {
    // Its weights lie in Mistral's format, whose params.json gives the projector no biases.
    ids: ['mistralai/Pixtral-Large-Instruct-2411'],
    seen: `${AUDITS}/pixtral/_sources/mistralai_Pixtral-Large-Instruct-2411_config.json`,
    own: true,
    published: inBillions(124),
    config: behind('PixtralForConditionalGeneration', 'pixtral', decoder('mistral', [12288, 28672, 88, 96, 8], [32768, 131072]), {
      multimodal_projector_bias: false,
      vision_config: {
        model_type: 'pixtral',
        hidden_size: 1408,
        image_size: 1024,
        intermediate_size: 6144,
        num_attention_heads: 16,
        num_hidden_layers: 40,
        patch_size: 16,
      },
    }),
  },
  {
    ids: ['mistralai/Voxtral-Mini-3B-2507'],
    seen: `${AUDITS}/voxtral/_sources/config_sweep.md`,
    published: inBillions(4.68),
    config: voxtral([3072, 8192, 30, 32, 8]),
  },
  {
    ids: ['mistralai/Voxtral-Small-24B-2507'],
    seen: `${AUDITS}/voxtral/_sources/config_sweep.md`,
    published: inBillions(24.3),
    config: voxtral([5120, 32768, 40, 32, 8]),
  },
  {
    ids: ['Qwen/Qwen2-Audio-7B-Instruct', 'Qwen/Qwen2-Audio-7B'],
    seen: `${AUDITS}/qwen2_audio/report.md`,
    published: inBillions(8.4),
    config: behind('Qwen2AudioForConditionalGeneration', 'qwen2_audio', decoder('qwen2', [4096, 11008, 32, 32, 32], [156032, 8192]), {
      audio_config: whisper('qwen2_audio_encoder'),
    }),
  },
  {
    // The talker and the vocoder are not loaded.
    ids: ['Qwen/Qwen2.5-Omni-7B'],
    seen: `${AUDITS}/qwen2_5_omni/_sources/Qwen2.5-Omni-7B-GPTQ-Int4_config.json`,
    published: inBillions(8.93),
    config: behind('Qwen2_5OmniModel', 'qwen2_5_omni', decoder('qwen2_5_omni_text', [3584, 18944, 28, 28, 4], [152064, 32768]), {
      audio_config: { ...whisper('qwen2_5_omni_audio_encoder'), output_dim: 3584 },
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
    seen: `${AUDITS}/qwen3_omni_moe/_sources/config_sweep.md`,
    published: { parameters: 31_719_205_488 },
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
        audio_config: { ...whisper('qwen3_omni_moe_audio_encoder'), downsample_hidden_size: 480, output_dim: 2048 },
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
    seen: 'https://github.com/intel-analytics/ipex-llm/blob/main/python/llm/src/ipex_llm/transformers/npu_models/convert.py',
    published: { parameters: 8_099_175_152 },
    config: behind('MiniCPMV', 'minicpmv', qwen25([3584, 18944, 28, 28, 4], 151666), { vision_parameters: miniCpmTower(3584) }),
  },
  {
    ids: ['openbmb/MiniCPM4-8B'],
    seen: 'https://github.com/huggingface/transformers/blob/main/src/transformers/models/minicpm4/configuration_minicpm4.py',
    published: inBillions(8.19),
    config: withClass('MiniCPMForCausalLM', decoder('minicpm', [4096, 16384, 32, 32, 2], [73448, 32768])),
  },
  {
    ids: ['OpenGVLab/InternVL2_5-78B'],
    seen: `${MINDSPEED}/internvl2.5/model_78B.json`,
    published: { parameters: 78_408_318_336 },
    config: QWEN25_72B,
  },
  {
    ids: ['OpenGVLab/InternVL3-78B'],
    seen: `${MINDSPEED}/internvl3/model_78B.json`,
    published: { parameters: 78_408_318_336 },
    config: QWEN25_72B,
  },
  {
    ids: ['OpenGVLab/InternVL3-38B', 'OpenGVLab/InternVL2_5-38B'],
    seen: `${AUDITS}/internvl/_sources/OpenGVLab__InternVL3-38B-hf--config.json`,
    published: { parameters: 38_388_164_992 },
    config: internVl(qwen25([5120, 27648, 64, 40, 8], 151674)),
  },
  {
    ids: ['OpenGVLab/InternVL2-26B'],
    seen: `${MINDSPEED}/internvl2/model_26B.json`,
    published: { parameters: 25_514_186_112 },
    config: INTERNLM2_20B,
  },
  {
    ids: ['OpenGVLab/InternVL2_5-26B'],
    seen: `${LOONGFORGE}/internvl2.5/internvl2_5_26b.yaml`,
    published: { parameters: 25_514_186_112 },
    config: INTERNLM2_20B,
  },
  {
    ids: ['OpenGVLab/InternVL3_5-38B'],
    seen: `${LOONGFORGE}/internvl3.5/internvl3_5_38b.yaml`,
    published: inBillions(38.4),
    config: internVl(qwen3([5120, 25600, 64, 64, 8], 151936)),
  },
  {
    ids: ['OpenGVLab/InternVL3_5-241B-A28B'],
    seen: `${LOONGFORGE}/internvl3.5/internvl3_5_241b_a28b.yaml`,
    published: inBillions(240.7),
    config: internVl(decoder('qwen3_moe', [4096, 12288, 94, 64, 4], [151936, 40960], QWEN3_235B)),
  },
  {
    ids: ['LGAI-EXAONE/EXAONE-3.5-32B-Instruct', 'LGAI-EXAONE/EXAONE-Deep-32B'],
    seen: 'https://arxiv.org/abs/2412.04862',
    published: inBillions(32),
    config: exaone([5120, 27392, 64, 40, 8], { head_dim: 128 }),
  },
  {
    ids: ['LGAI-EXAONE/EXAONE-3.5-2.4B-Instruct', 'LGAI-EXAONE/EXAONE-Deep-2.4B'],
    seen: 'https://github.com/ggml-org/llama.cpp/issues/12448',
    published: inBillions(2.4),
    config: exaone([2560, 7168, 30, 32, 8], { head_dim: 80, tie_word_embeddings: true }),
  },
  {
    ids: ['nvidia/Nemotron-Mini-4B-Instruct'],
    seen: `${AUDITS}/nemotron/report.md`,
    published: inBillions(4.19),
    config: withClass('NemotronForCausalLM', decoder('nemotron', [3072, 9216, 32, 24, 8], [256000, 4096], { head_dim: 128 })),
  },
  {
    ids: ['swiss-ai/Apertus-70B-2509'],
    seen: `${AUDITS}/apertus/swiss-ai__Apertus-70B-2509__config.json`,
    own: true,
    published: inBillions(70.6),
    config: apertus,
  },
  { ids: ['swiss-ai/Apertus-70B-Instruct-2509'], seen: `${AUDITS}/apertus/report.md`, published: inBillions(70.6), config: apertus },
  {
    ids: ['baidu/ERNIE-4.5-300B-A47B-PT', 'baidu/ERNIE-4.5-300B-A47B-Base-PT'],
    seen: `${AUDITS}/ernie4_5_moe/_sources/config_sweep.md`,
    published: inBillions(300),
    config: withClass(
      'Ernie4_5_MoeForCausalLM',
      decoder('ernie4_5_moe', [8192, 28672, 54, 64, 8], [103424, 131072], experts(64, 8, 3584, 3, 0)),
    ),
  },
  {
    ids: ['inclusionAI/Ling-mini-2.0', 'inclusionAI/Ring-mini-2.0'],
    seen: 'https://github.com/ggml-org/llama.cpp/issues/17832',
    published: { parameters: 16_255_643_392 },
    config: bailing([2048, 5120, 20, 16, 4], experts(256, 8, 512, 1, 512), 32768),
  },
  {
    ids: ['inclusionAI/Ling-1T', 'inclusionAI/Ring-1T'],
    seen: 'https://github.com/ikawrakow/ik_llama.cpp/issues/873',
    published: inBillions(1000),
    config: bailing([8192, 18432, 80, 64, 8], experts(256, 8, 2048, 4, 2048), 32768),
  },
  {
    // Beside its experts every layer has a dense MLP, which is added to them as a shared expert is.
    ids: ['xai-org/grok-2'],
    seen: 'https://github.com/AMD-AGI/Primus/blob/main/primus/configs/models/megatron/grok2.yaml',
    published: inBillions(270),
    config: withClass('Grok1ForCausalLM', decoder('grok', [8192, 32768, 64, 64, 8], [131072, 131072], experts(8, 2, 16384, 0, 32768))),
  },
];

/** The recorded models as additions to the catalogue. */
export const RECORDED_ADDITIONS: readonly Addition[] = RECORDED_MODELS.flatMap(({ ids, seen, config, own }) =>
  ids.map((id) => ({ id, source: seen, seen, config, ...(own ? {} : { recorded: true as const }) })),
);
