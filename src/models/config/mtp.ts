import { layersOf } from '../../estimator/architecture';
import type { Architecture, LayerKind, Mixer, MtpHeads } from '../../estimator/architecture';
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
    parameters: layerParameters === null ? null : projections + norms + layers * (layerParameters + streamHead(text)) + embeddings,
    sharesEmbedding,
    kind,
  };
}

/** Each DeepSeek-V4 module mixes its residual streams into one state by a head of its own. */
function streamHead(text: TextConfig): number {
  const streams = text.modelType === 'deepseek_v4' ? (text.fields.integer('hc_mult') ?? 0) : 0;
  return streams > 0 ? streams * streams * text.hiddenSize + streams + 1 : 0;
}

/** An MTP module holds one decoder layer like the last one with attention, with experts where the model has them. */
function mtpLayer(architecture: Architecture): LayerKind | null {
  const lastFirst = [...layersOf(architecture)].reverse();
  const attention = lastFirst.find((kind) => kind.mixers.some(isAttention));
  if (!attention) return null;
  const mixers = attention.mixers.map((mixer) => mtpMixer(mixer, architecture));
  if (attention.feedForwards.length > 0) return { ...attention, mixers, ...familyDifference(architecture, lastFirst) };
  // Nemotron-H: attention and experts are layers of their own; the MTP module holds one of each, its router without a correction bias.
  const experts = lastFirst.find((kind) => kind.feedForwards.some((feedForward) => feedForward.kind === 'moe'))?.feedForwards ?? [];
  const blocks = experts.map((block) => (block.kind === 'moe' ? { ...block, correctionBias: false } : block));
  return { ...attention, mixers, feedForwards: blocks, norms: 0 };
}

function isAttention(mixer: Mixer): boolean {
  return mixer.kind === 'attention' || mixer.kind === 'mla' || mixer.kind === 'compressed_latent';
}

/** DeepSeek-V4's modules have no compressor, GLM-5.2's always an indexer, Qwen3.8-Flash-Next's none. */
function mtpMixer(mixer: Mixer, architecture: Architecture): Mixer {
  if (mixer.kind === 'compressed_latent') return { ...mixer, compressRatio: 0, indexer: null };
  if (mixer.kind === 'attention') return { ...mixer, indexer: null };
  if (mixer.kind !== 'mla' || mixer.indexer) return mixer;
  const indexed = architecture.layerKinds.flatMap((kind) => kind.mixers).find((other) => other.kind === 'mla' && other.indexer !== null);
  return indexed?.kind === 'mla' ? { ...mixer, indexer: indexed.indexer } : mixer;
}

/** What else distinguishes the layer of an MTP module from the model's own, by the published checkpoint totals. */
function familyDifference(architecture: Architecture, lastFirst: readonly LayerKind[]): Partial<LayerKind> {
  switch (architecture.modelType) {
    case 'glm5_next_text':
      return { otherParameters: 0 };
    case 'qwen4_exp_text':
      return { otherParameters: 0, norms: 2 };
    case 'mimo_v2_flash': {
      const sliding = lastFirst.find((kind) => kind.mixers.some((mixer) => mixer.kind === 'attention' && mixer.scope === 'sliding'));
      const dense = lastFirst.find((kind) => kind.feedForwards.some((block) => block.kind === 'dense'));
      return sliding && dense ? { mixers: sliding.mixers, feedForwards: dense.feedForwards, norms: 0 } : {};
    }
    default:
      return {};
  }
}
