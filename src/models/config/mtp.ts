import { layersOf } from '../../estimator/architecture';
import type { Architecture, LayerKind, MtpHeads } from '../../estimator/architecture';
import { layerTensors } from '../../estimator/parameters';
import { countElements } from '../../estimator/tensors';
import type { TextConfig } from './textConfig';

/** Families whose MTP modules store the embedding and the head again (their published checkpoint totals say so). */
const OWN_EMBEDDING: ReadonlySet<string> = new Set(['deepseek_v3', 'glm4_moe', 'glm4_moe_lite', 'glm4v_moe_text']);

/** Norm vectors beside the decoder layer of an MTP module: two on the inputs and one on the output, five in Nemotron-3 and MiMo-V2. */
const FIVE_NORMS: ReadonlySet<string> = new Set(['nemotron_h', 'mimo_v2_flash']);

/** The multi-token-prediction heads the config announces; null without. `architecture` is the main model, for its layer kinds. */
export function mtpHeads(text: TextConfig, architecture: Architecture): MtpHeads | null {
  const { fields, modelType, hiddenSize, vocabSize } = text;
  const layers = fields.integer('num_nextn_predict_layers', 'mtp_num_hidden_layers', 'num_mtp_modules', 'mtp_num_layers');
  if (!layers) return null;
  const sharesEmbedding = fields.boolean('mtp_shares_embedding') ?? !OWN_EMBEDDING.has(modelType);
  const kind = mtpLayer(architecture);
  // One projection joins the hidden state and the next token's embedding; the Qwen family shares it between its MTP layers.
  const projections = (/^qwen/.test(modelType) ? 1 : layers) * (2 * hiddenSize * hiddenSize);
  const norms = (FIVE_NORMS.has(modelType) ? 5 : 3) * hiddenSize * (/^qwen/.test(modelType) ? 1 : layers);
  const embeddings = sharesEmbedding ? 0 : 2 * vocabSize * hiddenSize * layers;
  const layerParameters = kind ? countElements(layerTensors({ ...architecture, perLayerInputs: null }, kind)) : null;
  return {
    layers,
    parameters: layerParameters === null ? null : projections + norms + layers * layerParameters + embeddings,
    sharesEmbedding,
    kind,
  };
}

/** An MTP module holds one decoder layer like the last one with attention, with experts where the model has them. */
function mtpLayer(architecture: Architecture): LayerKind | null {
  const lastFirst = [...layersOf(architecture)].reverse();
  const attention = lastFirst.find((kind) =>
    kind.mixers.some((mixer) => mixer.kind === 'attention' || mixer.kind === 'mla' || mixer.kind === 'compressed_latent'),
  );
  if (!attention) return null;
  if (attention.feedForwards.length > 0) return attention;
  // Nemotron-H: attention and experts are layers of their own; the MTP module holds one of each, its router without a correction bias.
  const experts = lastFirst.find((kind) => kind.feedForwards.some((feedForward) => feedForward.kind === 'moe'))?.feedForwards ?? [];
  return {
    ...attention,
    feedForwards: experts.map((block) => (block.kind === 'moe' ? { ...block, correctionBias: false } : block)),
    norms: 0,
  };
}
