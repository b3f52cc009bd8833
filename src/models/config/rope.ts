import type { RopeTables } from '../../estimator/architecture';
import type { Fields } from './fields';
import type { LayerType } from './layerTypes';
import type { TextConfig } from './textConfig';

/**
 * cos/sin tables a server keeps for the model: one per distinct rope. Rows: `max_position_embeddings` for plain, llama3 and
 * dynamic rope; times the factor for linear scaling; `original_max_position_embeddings` times the factor for YaRN; the
 * short and the long table for LongRoPE; four times the positions for multimodal rope (vLLM `rotary_embedding/`, v0.6 to main).
 */
export function ropeTables(text: TextConfig, types: readonly LayerType[], maxPositions: number | null): RopeTables {
  const { fields, traits } = text;
  const usesAttention = types.some((type) => !['mamba1', 'mamba2', 'conv', 'lightning', 'feed_forward', 'moe'].includes(type));
  if (traits.positions === 'none' || traits.positions === 'learned' || !usesAttention || maxPositions === null) return NONE;
  if (fields.boolean('alibi') === true) return NONE;
  const dims = rotaryDims(text);
  if (dims === 0) return NONE;
  const scaling = fields.object('rope_scaling', 'rope_parameters');
  const local =
    types.includes('sliding') &&
    (fields.has('rope_local_base_freq', 'swa_rope_theta') || (scaling?.object('sliding_attention') ?? null) !== null);
  const global = scaling?.object('full_attention') ?? scaling;
  const globalRows = traits.positions === 'mrope' ? MROPE_FACTOR * maxPositions : scaledRows(global, fields, maxPositions);
  return local ? { lengths: [globalRows, maxPositions], dims: [dims, dims] } : { lengths: [globalRows], dims: [dims] };
}

const NONE: RopeTables = { lengths: [], dims: [] };

/** Multimodal positions count video frames too, so vLLM's table has four times the rows (`MRotaryEmbedding`). */
const MROPE_FACTOR = 4;

function rotaryDims(text: TextConfig): number {
  const { fields, headDim } = text;
  const latent = fields.integer('qk_rope_head_dim');
  if (latent !== null) return latent;
  const scaling = fields.object('rope_parameters');
  const share = fields.number('partial_rotary_factor', 'rotary_pct') ?? scaling?.number('partial_rotary_factor') ?? 1;
  return fields.integer('rotary_dim') ?? Math.floor(headDim * (share > 0 && share <= 1 ? share : 1));
}

/** Scaling beyond this is no published model's; 256 is the largest known. */
const LARGEST_FACTOR = 4096;

/** The factor of a rope scaling; null when there is none that makes sense. */
export function ropeFactor(scaling: Fields | null): number | null {
  const factor = scaling?.number('factor') ?? null;
  return factor !== null && factor > 0 && factor <= LARGEST_FACTOR ? factor : null;
}

function scaledRows(scaling: Fields | null, fields: Fields, maxPositions: number): number {
  const type = scaling?.string('rope_type', 'type') ?? 'default';
  const factor = ropeFactor(scaling) ?? 1;
  const original =
    scaling?.integer('original_max_position_embeddings') ?? fields.integer('original_max_position_embeddings') ?? maxPositions;
  switch (type) {
    case 'linear':
    case 'dynamic':
      return Math.ceil(maxPositions * factor);
    case 'yarn':
    case 'deepseek_yarn':
      return Math.ceil(original * factor);
    case 'longrope':
    case 'su':
      return original + maxPositions;
    default:
      return maxPositions;
  }
}
