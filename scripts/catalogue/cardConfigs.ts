import type { JsonObject } from '../../src/models/config/fields';
import type { Addition } from './additions';
import { bailing, behind, decoder, experts, miniCpmTower, qwen3, withClass } from './shapes';

/**
 * Models of which neither config.json nor a public record of it could be read: dimensions as they are generally given, checked only by adding up. `billions` is the total that the
 * card gives, and a test holds the count within half a percent of it, or of its last digit. Their answers are derived and say so.
 */
export interface CardModel {
  readonly ids: readonly string[];
  /** Total parameters by the card, billions; of what vLLM loads where that is less (the thinker of an omni model). */
  readonly billions: number;
  readonly config: JsonObject;
}

export const CARD_MODELS: readonly CardModel[] = [
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
      { vision_parameters: 2_500_000_000, quantization_config: { quant_method: 'fp8' } },
    ),
  },
  {
    // Its language model stands in the record of MiniCPM-o 4.5, its sibling; the tower is MiniCPM-V 2.6's brought to this width.
    ids: ['openbmb/MiniCPM-V-4_5'],
    billions: 8.7,
    config: behind('MiniCPMV', 'minicpmv', qwen3([4096, 12288, 36, 32, 8], 151748), { vision_parameters: miniCpmTower(4096) }),
  },
  {
    ids: ['inclusionAI/Ling-flash-2.0', 'inclusionAI/Ring-flash-2.0'],
    billions: 103,
    config: bailing([4096, 9216, 32, 32, 4], experts(256, 8, 1024, 1, 1024), 32768),
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
