import type { JsonObject } from '../../src/models/config/fields';
import type { Addition } from './additions';
import {
  bailing,
  behind,
  cohere2,
  decoder,
  deepseekVl2Tower,
  experts,
  INTERN_VIT_6B,
  miniCpmTower,
  qwen25,
  qwen3,
  siglipSo400m,
  withClass,
} from './shapes';
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
const smolVlm = (text: JsonObject, vision: JsonObject, factor: number): JsonObject =>
  behind('SmolVLMForConditionalGeneration', 'smolvlm', text, {
    scale_factor: factor,
    vision_config: { model_type: 'smolvlm_vision', ...vision },
  });
const SMALL_SIGLIP = {
  hidden_size: 768,
  image_size: 512,
  intermediate_size: 3072,
  num_attention_heads: 12,
  num_hidden_layers: 12,
  patch_size: 16,
};
const smolLm = (sizes: DecoderSizes): JsonObject => decoder('llama', sizes, [49280, 8192], { head_dim: 64 });

const nemotronH47b = (positions: number): JsonObject =>
  withClass(
    'NemotronHForCausalLM',
    decoder('nemotron_h', [8192, 30720, 98, 64, 8], [131072, positions], {
      attention_head_dim: 128,
      conv_kernel: 4,
      hybrid_override_pattern: 'M-M-M-M-M-M-M-M-M*-M-M-M-M-M-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M-M-M---MM---M-M*-M-M-M-M-M-',
      mamba_head_dim: 64,
      mamba_num_heads: 256,
      n_groups: 8,
      ssm_state_size: 256,
      use_conv_bias: true,
    }),
  );
const FALCON_H1_34B = withClass(
  'FalconH1ForCausalLM',
  decoder('falcon_h1', [5120, 21504, 72, 20, 4], [261120, 262144], {
    head_dim: 128,
    mamba_conv_bias: true,
    mamba_d_conv: 4,
    mamba_d_head: 128,
    mamba_d_ssm: 4096,
    mamba_d_state: 256,
    mamba_n_groups: 2,
    mamba_n_heads: 32,
    mamba_proj_bias: false,
    mamba_rms_norm: true,
  }),
);
/** One layer of attention to three short convolutions, at the listed places. */
const lfm2Moe = (intermediate: number, layers: number, attended: readonly number[], mixture: JsonObject): JsonObject =>
  withClass(
    'Lfm2MoeForCausalLM',
    decoder('lfm2_moe', [2048, intermediate, layers, 32, 8], [65536, 128000], {
      conv_L_cache: 3,
      full_attn_idxs: attended,
      num_dense_layers: 2,
      tie_word_embeddings: true,
      ...mixture,
    }),
  );
const deepseekVl2 = (sizes: DecoderSizes, mixture: JsonObject): JsonObject =>
  behind(
    'DeepseekVLV2ForCausalLM',
    'deepseek_vl_v2',
    decoder('deepseek_v2', sizes, [129280, 4096], {
      ...mixture,
      kv_lora_rank: 512,
      qk_nope_head_dim: 128,
      qk_rope_head_dim: 64,
      v_head_dim: 128,
    }),
    { vision_parameters: deepseekVl2Tower(sizes[0]) },
  );
const nomic = (vocab: number, more: JsonObject): JsonObject => ({
  architectures: ['NomicBertModel'],
  model_type: 'nomic_bert',
  n_embd: 768,
  n_head: 12,
  n_inner: 3072,
  n_layer: 12,
  n_positions: 2048,
  vocab_size: vocab,
  torch_dtype: 'float32',
  ...more,
});
const internS1 = (text: JsonObject, vision: JsonObject): JsonObject =>
  behind('InternS1ForConditionalGeneration', 'interns1', text, {
    downsample_ratio: 0.5,
    vision_config: { ...vision, model_type: 'interns1_vision' },
  });

/** The first LLaMA's: feed-forwards of 8/3 of the width, rounded up to a multiple of 256. */
const llama1 = (sizes: DecoderSizes): JsonObject =>
  withClass('LlamaForCausalLM', decoder('llama', sizes, [32000, 2048], { torch_dtype: 'float16' }));

export const RECORDED_MODELS: readonly RecordedModel[] = [
  ...(
    [
      ['30b', 32.5, [6656, 17920, 60, 52, 52]],
      ['65b', 65.2, [8192, 22016, 80, 64, 64]],
    ] as const
  ).map(([size, billions, sizes]) => ({
    ids: [`huggyllama/llama-${size}`],
    seen: 'https://arxiv.org/abs/2302.13971',
    published: inBillions(billions),
    config: llama1(sizes),
  })),
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
    ids: ['CohereLabs/command-a-vision-07-2025'],
    seen: `${AUDITS}/cohere2_vision/_sources/mlx-community_command-a-vision-07-2025-4bit_config.json`,
    published: inBillions(112),
    config: behind('Cohere2VisionForConditionalGeneration', 'cohere2_vision', cohere2([12288, 36864, 64, 96, 8], 500000), {
      alignment_intermediate_size: 36864,
      downsample_factor: 2,
      vision_config: siglipSo400m(16, 512),
    }),
  },
  {
    ids: ['CohereLabs/aya-vision-8b', 'CohereForAI/aya-vision-8b'],
    seen: `${AUDITS}/aya_vision/_sources/unsloth__aya-vision-8b/config.json`,
    published: inBillions(8.63),
    config: ayaVision(cohere2([4096, 14336, 32, 32, 8], 8192), 28672),
  },
  {
    ids: ['CohereLabs/aya-vision-32b', 'CohereForAI/aya-vision-32b'],
    seen: `${AUDITS}/aya_vision/_sources/unsloth__aya-vision-32b/config.json`,
    published: inBillions(33.1),
    config: ayaVision(decoder('cohere', [8192, 24576, 40, 64, 8], [256000, 8192], { tie_word_embeddings: true }), 49152),
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
    ids: ['internlm/Intern-S1'],
    seen: 'https://github.com/InternLM/xtuner/blob/main/xtuner/v1/model/compose/intern_s1/intern_s1_config.py',
    published: inBillions(240.7),
    config: internS1(decoder('qwen3_moe', [4096, 12288, 94, 64, 4], [153216, 40960], QWEN3_235B), INTERN_VIT_6B),
  },
  {
    ids: ['internlm/Intern-S1-mini'],
    seen: 'https://github.com/InternLM/xtuner/blob/main/xtuner/v1/model/compose/intern_s1/intern_s1_config.py',
    published: inBillions(8.5),
    config: internS1(qwen3([4096, 12288, 36, 32, 8], 153216), {
      hidden_size: 1024,
      image_size: 448,
      intermediate_size: 4096,
      num_attention_heads: 16,
      num_hidden_layers: 24,
      patch_size: 14,
    }),
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
    ids: ['nvidia/Nemotron-4-Mini-Hindi-4B-Instruct'],
    seen: `${AUDITS}/nemotron/config_nvidia_nemotron_4_mini_hindi_4b_instruct.json`,
    own: true,
    published: inBillions(4.19),
    config: withClass('NemotronForCausalLM', decoder('nemotron', [3072, 9216, 32, 24, 8], [256000, 4096], { kv_channels: 128 })),
  },
  {
    ids: ['nvidia/Nemotron-H-47B-Reasoning-128K'],
    seen: `${AUDITS}/nemotron_h/nvidia__Nemotron-H-47B-Reasoning-128K.config.json`,
    own: true,
    published: inBillions(46.8),
    config: nemotronH47b(131072),
  },
  {
    ids: ['nvidia/Nemotron-H-47B-Reasoning-128K-FP8'],
    seen: `${AUDITS}/nemotron_h/nvidia__Nemotron-H-47B-Reasoning-128K-FP8.config.json`,
    own: true,
    published: inBillions(46.8),
    config: {
      ...nemotronH47b(131072),
      quantization_config: { quant_method: 'modelopt', quant_algo: 'FP8', kv_cache_scheme: 'FP8', ignore: ['*mixer.conv1d', 'lm_head'] },
    },
  },
  {
    ids: ['nvidia/Nemotron-H-47B-Base-8K'],
    seen: `${AUDITS}/nemotron_h/nvidia__Nemotron-H-47B-Reasoning-128K.config.json`,
    published: inBillions(46.8),
    config: nemotronH47b(8192),
  },
  {
    ids: ['tiiuae/Falcon-H1-34B-Instruct'],
    seen: 'https://github.com/Sahil170595/Chimeraforge/blob/main/tests/fixtures/hybrid_configs/tiiuae_Falcon-H1-34B-Instruct.json',
    own: true,
    published: inBillions(33.6),
    config: FALCON_H1_34B,
  },
  { ids: ['tiiuae/Falcon-H1-34B-Base'], seen: `${AUDITS}/falcon_h1/report.md`, published: inBillions(33.6), config: FALCON_H1_34B },
  {
    ids: ['LiquidAI/LFM2-8B-A1B'],
    seen: `${AUDITS}/lfm2_moe/_sources/LiquidAI_LFM2-8B-A1B_config.json`,
    own: true,
    published: { parameters: 8_339_930_560 },
    config: lfm2Moe(7168, 24, [2, 6, 10, 14, 18, 21], { num_experts: 32, num_experts_per_tok: 4, moe_intermediate_size: 1792 }),
  },
  {
    ids: ['LiquidAI/LFM2-24B-A2B'],
    seen: `${AUDITS}/lfm2_moe/_sources/LiquidAI_LFM2-24B-A2B-ONNX_config.json`,
    published: { parameters: 23_843_661_440 },
    config: lfm2Moe(11776, 40, [2, 6, 10, 14, 18, 22, 26, 30, 34, 38], {
      num_experts: 64,
      num_experts_per_tok: 4,
      moe_intermediate_size: 1536,
    }),
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
  {
    ids: ['HuggingFaceTB/SmolVLM2-2.2B-Instruct'],
    seen: `${AUDITS}/smolvlm/_sources/HuggingFaceTB__SmolVLM2-2.2B-Instruct/config.json`,
    own: true,
    published: { parameters: 2_246_784_880 },
    config: smolVlm(
      smolLm([2048, 8192, 24, 32, 32]),
      { image_size: 384, intermediate_size: 4304, num_hidden_layers: 27, patch_size: 14 },
      3,
    ),
  },
  {
    ids: ['HuggingFaceTB/SmolVLM2-500M-Video-Instruct'],
    seen: `${AUDITS}/smolvlm/report.md`,
    published: { parameters: 507_482_304 },
    config: smolVlm(smolLm([960, 2560, 32, 15, 5]), SMALL_SIGLIP, 4),
  },
  {
    ids: ['HuggingFaceTB/SmolVLM2-256M-Video-Instruct'],
    seen: `${AUDITS}/smolvlm/report.md`,
    published: { parameters: 256_484_928 },
    config: smolVlm(smolLm([576, 1536, 30, 9, 3]), SMALL_SIGLIP, 4),
  },
  {
    // Its router adds a bias to choose by, as DeepSeek-V3's does (`noaux_tc`).
    ids: ['deepseek-ai/deepseek-vl2'],
    seen: `${MINDSPEED}/deepseekvl2/model.json`,
    published: inBillions(27.5),
    config: deepseekVl2([2560, 12288, 30, 32, 32], { ...experts(72, 6, 1536, 1, 3072), topk_method: 'noaux_tc' }),
  },
  {
    // The checkpoint's 6,672,212,480 bytes less the language model of deepseek-vl2-tiny are its tower (SAM, CLIP and a projector).
    ids: ['deepseek-ai/DeepSeek-OCR'],
    seen: 'https://github.com/alibaba/rtp-llm/blob/main/rtp_llm/models_py/new_models/deepseek_vl2/test/test_deepseek_vl2_load.py',
    published: { parameters: 3_336_106_240 },
    config: behind(
      'DeepseekOCRForCausalLM',
      'deepseek_vl_v2',
      decoder('deepseek_v2', [1280, 6848, 12, 10, 10], [129280, 32768], experts(64, 6, 896, 1, 1792)),
      { vision_parameters: 401_372_160 },
    ),
  },
  {
    // Of the tower 458,752 parameters are the 128 embedding rows of the image tokens.
    ids: ['allenai/Molmo-7B-D-0924'],
    seen: 'https://github.com/Blaizzy/mlx-vlm/blob/main/mlx_vlm/models/molmo/config.py',
    published: { parameters: 8_021_025_280 },
    config: behind('MolmoForCausalLM', 'molmo', decoder('qwen2', [3584, 18944, 28, 28, 4], [152064, 4096], { torch_dtype: 'float32' }), {
      torch_dtype: 'float32',
      vision_parameters: 404_950_016 + 458_752,
    }),
  },
  {
    ids: ['nomic-ai/nomic-embed-text-v1.5', 'nomic-ai/nomic-embed-text-v1'],
    seen: `${AUDITS}/nomic_bert/report.md`,
    published: { parameters: 136_731_648 },
    config: nomic(30528, { activation_function: 'swiglu', type_vocab_size: 2 }),
  },
  {
    ids: ['nomic-ai/nomic-embed-text-v2-moe'],
    seen: `${AUDITS}/nomic_bert/_sources/nomic-embed-text-v2-moe-unsupervised_config.json`,
    published: { parameters: 475_292_928 },
    config: nomic(250048, {
      activation_function: 'gelu',
      mlp_fc1_bias: true,
      moe_every_n_layers: 2,
      moe_top_k: 2,
      num_experts: 8,
      qkv_proj_bias: true,
      type_vocab_size: 1,
    }),
  },
  {
    // The published 572,310,396 hold 12,946,300 of LoRA adapters of rank 4, which vLLM merges.
    ids: ['jinaai/jina-embeddings-v3'],
    seen: `${AUDITS}/jina_embeddings_v3/report.md`,
    published: { parameters: 559_364_096 },
    config: {
      architectures: ['XLMRobertaModel'],
      model_type: 'xlm-roberta',
      hidden_size: 1024,
      intermediate_size: 4096,
      max_position_embeddings: 8194,
      num_attention_heads: 16,
      num_hidden_layers: 24,
      position_embedding_type: 'rotary',
      type_vocab_size: 1,
      vocab_size: 250002,
      torch_dtype: 'bfloat16',
    },
  },
];

/** The recorded models as additions to the catalogue. */
export const RECORDED_ADDITIONS: readonly Addition[] = RECORDED_MODELS.flatMap(({ ids, seen, config, own }) =>
  ids.map((id) => ({ id, source: seen, seen, config, ...(own ? {} : { recorded: true as const }) })),
);
