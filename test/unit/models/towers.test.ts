import assert from 'node:assert/strict';
import { layersOf } from '../../../src/estimator/architecture';
import type { JsonObject } from '../../../src/models/config/fields';
import { architectureFromConfig } from '../../../src/models/hfConfig';
import type { ConfigFacts } from '../../../src/models/hfConfig';

const TEXT: JsonObject = {
  model_type: 'llama',
  hidden_size: 4096,
  intermediate_size: 11008,
  num_hidden_layers: 2,
  num_attention_heads: 32,
  vocab_size: 32000,
  max_position_embeddings: 4096,
  torch_dtype: 'bfloat16',
};

function read(config: JsonObject): ConfigFacts {
  const answer = architectureFromConfig(config);
  assert.ok(!('problem' in answer), 'problem' in answer ? answer.problem : '');
  return answer;
}

/** Parameters of the only tower behind `TEXT`. */
function tower(modelType: string, more: JsonObject): number {
  const { architecture, exact, assumptions } = read({ model_type: modelType, text_config: TEXT, ...more });
  assert.ok(exact, assumptions.join('; '));
  assert.equal(architecture.towers.length, 1);
  return architecture.towers[0]?.parameters ?? 0;
}

const linear = (out: number, input: number): number => out * input + out;
/** Whisper-large-v3's encoder: convolutions, positions, 32 layers of 19,676,160 and the last LayerNorm. */
const WHISPER_LARGE = linear(1280, 3 * 128) + linear(1280, 3 * 1280) + 1500 * 1280 + 32 * 19_676_160 + 2 * 1280;

describe('an audio tower', () => {
  it("is Whisper's encoder with the projector of its model", () => {
    assert.equal(WHISPER_LARGE, 636_968_960);
    const whisper = { d_model: 1280, encoder_layers: 32, encoder_ffn_dim: 5120 };
    assert.equal(tower('qwen2_audio', { audio_config: whisper }), WHISPER_LARGE + linear(4096, 1280));
    assert.equal(tower('qwen2_audio', { audio_config: {} }), tower('qwen2_audio', { audio_config: whisper }));
    const renamed = { hidden_size: 1280, num_hidden_layers: 32, intermediate_size: 5120 };
    assert.equal(tower('voxtral', { audio_config: renamed }), WHISPER_LARGE + 5120 * 4096 + 4096 * 4096);
    const omni = WHISPER_LARGE - 1500 * 1280 + linear(3584, 1280) + 2 * 3584;
    assert.equal(tower('qwen2_5_omni', { audio_config: { ...whisper, output_dim: 3584 } }), omni);
  });

  it('of a type without a rule says so', () => {
    const { exact, assumptions } = read({ model_type: 'newaudio', text_config: TEXT, audio_config: { d_model: 1280, encoder_layers: 32 } });
    assert.equal(exact, false);
    assert.match(assumptions.join(), /audio tower counted as a plain transformer/);
  });
});

describe('a vision tower', () => {
  const siglip = {
    model_type: 'siglip_vision_model',
    hidden_size: 1152,
    intermediate_size: 4304,
    num_attention_heads: 16,
    num_hidden_layers: 27,
    patch_size: 14,
    image_size: 364,
  };
  const SIGLIP_364 = 412_926_192;

  it("of Cohere's models has their gated projector, Aya's a norm before it", () => {
    const more = { vision_config: siglip, downsample_factor: 2, alignment_intermediate_size: 28672 };
    const projector = linear(28672, 4 * 1152) + linear(4096, 14336);
    assert.equal(tower('aya_vision', more), SIGLIP_364 + 2 * 4 * 1152 + projector);
    assert.equal(tower('cohere2_vision', more), SIGLIP_364 + projector);
    assert.equal(read({ model_type: 'aya_vision', text_config: TEXT, vision_config: siglip }).exact, false);
  });

  it('of SmolVLM takes what its config omits from the class', () => {
    const small = { model_type: 'smolvlm_vision', hidden_size: 768, image_size: 512, num_attention_heads: 12, patch_size: 16 };
    const stated = { ...small, num_hidden_layers: 12, intermediate_size: 3072 };
    assert.equal(tower('smolvlm', { vision_config: small, scale_factor: 4 }), 86_433_024 + 16 * 768 * 4096);
    assert.equal(
      tower('smolvlm', { vision_config: small, scale_factor: 4 }),
      tower('idefics3', { vision_config: { ...stated, model_type: 'idefics3_vision' }, scale_factor: 4 }),
    );
  });

  it("of InternVL tells InternViT-6B's norms and biases from the small one's", () => {
    const vision = {
      hidden_size: 3200,
      image_size: 448,
      intermediate_size: 12800,
      num_attention_heads: 25,
      num_hidden_layers: 45,
      patch_size: 14,
    };
    const large = { ...vision, qkv_bias: false, qk_normalization: true, norm_type: 'rms_norm' };
    const biases = 45 * 3 * 3200;
    const queryAndKeyNorms = 45 * 2 * 3200;
    const normBiases = 45 * 2 * 3200;
    assert.equal(
      tower('internvl_chat', { vision_config: vision }) - tower('internvl_chat', { vision_config: large }),
      biases + normBiases - queryAndKeyNorms,
    );
    const renamed = {
      ...vision,
      image_size: [448, 448],
      patch_size: [14, 14],
      attention_bias: false,
      use_qk_norm: true,
      norm_type: 'rms_norm',
    };
    for (const type of ['internvl', 'interns1'])
      assert.equal(tower(type, { vision_config: renamed }), tower('internvl_chat', { vision_config: large }), type);
  });

  it('of Pixtral has a projector with biases unless the config says otherwise', () => {
    const vision = { ...siglip, model_type: 'pixtral' };
    const without = { vision_config: vision, multimodal_projector_bias: false };
    assert.equal(tower('pixtral', { vision_config: vision }) - tower('pixtral', without), 2 * 4096);
  });
});

describe('an encoder with rope', () => {
  const jina = {
    architectures: ['XLMRobertaModel'],
    model_type: 'xlm-roberta',
    hidden_size: 1024,
    intermediate_size: 4096,
    max_position_embeddings: 8194,
    num_attention_heads: 16,
    num_hidden_layers: 24,
    type_vocab_size: 1,
    vocab_size: 250002,
    torch_dtype: 'bfloat16',
  };

  it('has no table of positions: jina-embeddings-v3', () => {
    const { architecture } = read({ ...jina, position_embedding_type: 'rotary' });
    assert.deepEqual(
      [architecture.task, architecture.learnedPositions, architecture.rope.dims, architecture.maxPositionEmbeddings],
      ['pooling', 0, [64], 8192],
    );
    assert.equal(read(jina).architecture.learnedPositions, 8194);
  });

  it("keeps to the length it was trained on: Nomic's", () => {
    const nomic = {
      architectures: ['NomicBertModel'],
      model_type: 'nomic_bert',
      n_embd: 768,
      n_head: 12,
      n_inner: 3072,
      n_layer: 12,
      vocab_size: 30528,
      torch_dtype: 'float32',
    };
    const longest = (more: JsonObject): number | null => read({ ...nomic, ...more }).architecture.maxPositionEmbeddings;
    assert.deepEqual(
      [{ n_positions: 8192 }, { n_positions: 8192, max_trained_positions: 4096 }, { n_positions: 512 }].map(longest),
      [2048, 4096, 512],
    );
    const { architecture } = read({ ...nomic, n_positions: 2048 });
    assert.equal(architecture.task, 'pooling');
    assert.ok(
      layersOf(architecture).every(({ mixers }) => mixers.every((mixer) => mixer.kind === 'attention' && mixer.scope === 'encoder')),
    );
  });
});
