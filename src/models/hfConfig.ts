import type { Architecture, CheckpointQuantization, LayerKind } from '../estimator/architecture';
import { parameterCount } from '../estimator/parameters';
import { otherLayerParameters, otherOuterParameters, isBert } from './config/extras';
import type { PoolingHead } from './config/extras';
import { isJsonObject } from './config/fields';
import type { FieldProblem } from './config/fields';
import { familyTraits, isConfirmed } from './config/families';
import { feedForwardsOf, moeLayers } from './config/feedForwards';
import { layerTypes } from './config/layerTypes';
import type { LayerType } from './config/layerTypes';
import { mixersOf } from './config/mixers';
import { mtpHeads } from './config/mtp';
import { nasLayerKinds } from './config/nasBlocks';
import { checkpointQuantization } from './config/quantization';
import { ropeFactor, ropeTables } from './config/rope';
import { ConfigProblem, readTextConfig, unusable } from './config/textConfig';
import type { TextConfig } from './config/textConfig';
import { towersOf } from './config/towers';

/** What a config.json says of a model. */
export interface ConfigFacts {
  readonly architecture: Architecture;
  readonly quantization: CheckpointQuantization | null;
  /** What the config does not say and was assumed, in plain words. */
  readonly assumptions: readonly string[];
  /** False when the `model_type` has no rule and the architecture was derived from the usual fields. */
  readonly known: boolean;
  /** Whether every part was counted by its own rule; false also where a tower was counted as a plain transformer. */
  readonly exact: boolean;
}

/** The facts, or why there are none: in a sentence, and by the fields that are to blame, if any are. */
export type ConfigAnswer = ConfigFacts | { readonly problem: string; readonly fields: readonly FieldProblem[] };

/**
 * Reads a parsed Hugging Face config.json into an architecture, by the rules of the family its `model_type` names, or as a
 * Llama-like decoder where it is not known. Never throws; a config that lacks the sizes gives a problem that names them.
 */
export function architectureFromConfig(config: unknown): ConfigAnswer {
  if (!isJsonObject(config)) return { problem: 'The config is not a JSON object.', fields: [] };
  const text = readTextConfig(config);
  if (text instanceof ConfigProblem) return refusal(text);
  const layers = buildLayers(text);
  if (layers instanceof ConfigProblem) return refusal(layers);
  const architecture = buildArchitecture(text, layers);
  if (text.fields.problems.length > 0) return refusal(unusable(text.fields.problems));
  const count = parameterCount(architecture);
  if (!Number.isSafeInteger(count) || count <= 0) {
    return { problem: `The config cannot be used: its sizes make ${count} parameters.`, fields: [] };
  }
  const known = familyTraits(text.modelType) !== null;
  if (!isConfirmed(text.modelType)) text.approximations.push(`no published parameter total confirms the count of ${text.modelType}`);
  return {
    architecture,
    quantization: checkpointQuantization(config),
    assumptions: [...text.assumptions, ...text.approximations],
    known,
    exact: known && text.approximations.length === 0,
  };
}

function refusal({ message, fields }: ConfigProblem): ConfigAnswer {
  return { problem: message, fields };
}

interface Layers {
  readonly kinds: readonly LayerKind[];
  readonly layout: readonly number[];
  readonly types: readonly LayerType[];
}

function buildLayers(text: TextConfig): Layers | ConfigProblem {
  const types = layerTypes(text);
  const searched = text.modelType === 'nemotron-nas' ? nasLayerKinds(text) : null;
  const perLayer: LayerKind[] = [];
  const moe = moeLayers(text);
  for (let index = 0; index < text.layers; index++) {
    const type = types[index] ?? 'full';
    const kind = searched?.[index] ?? layerKind(text, type, index, moe);
    if (kind instanceof ConfigProblem) return kind;
    perLayer.push(kind);
  }
  const byContent = new Map<string, number>();
  const kinds: LayerKind[] = [];
  const layout = perLayer.map((kind) => {
    const content = JSON.stringify(kind);
    const known = byContent.get(content);
    if (known !== undefined) return known;
    byContent.set(content, kinds.length);
    kinds.push(kind);
    return kinds.length - 1;
  });
  return { kinds, layout, types };
}

function layerKind(text: TextConfig, type: LayerType, index: number, moe: ReturnType<typeof moeLayers>): LayerKind | ConfigProblem {
  const mixers = mixersOf(text, type, index);
  if (mixers instanceof ConfigProblem) return mixers;
  const feedForwards = feedForwardsOf(text, type, index, moe);
  const hasExperts = feedForwards.some((block) => block.kind === 'moe');
  return { mixers, feedForwards, norms: layerNorms(text, hasExperts), otherParameters: otherLayerParameters(text, type, hasExperts) };
}

function layerNorms(text: TextConfig, hasExperts: boolean): number {
  const { fields, modelType, traits } = text;
  if (modelType === 'falcon') {
    const parallel = fields.boolean('parallel_attn') !== false;
    const separate = fields.boolean('new_decoder_architecture') === true && fields.integer('num_ln_in_parallel_attn') !== 1;
    return separate || !parallel ? 2 : 1;
  }
  if (modelType === 'stablelm' && fields.boolean('use_parallel_residual') === true) return 1;
  // Gemma 4 26B-A4B: three more norms around its two feed-forwards.
  if (modelType === 'gemma4_text' && hasExperts) return traits.layerNorms + 3;
  return traits.layerNorms;
}

function buildArchitecture(text: TextConfig, layers: Layers): Architecture {
  const { fields, traits, modelType } = text;
  const architectures = fields.strings('architectures') ?? text.outer.strings('architectures') ?? [];
  const pooling = poolingTask(text, architectures);
  const positions = statedPositions(text);
  const maxPositionEmbeddings = longestContext(text, positions);
  const perLayerWidth = fields.integer('hidden_size_per_layer_input');
  const architecture: Architecture = {
    modelType,
    architectures,
    task: pooling ? 'pooling' : 'generate',
    hiddenSize: text.hiddenSize,
    vocabSize: text.vocabSize,
    layerKinds: layers.kinds,
    layout: layers.layout,
    tieWordEmbeddings: fields.boolean('tie_word_embeddings', 'tie_embedding') ?? traits.tied,
    lmHead: pooling === null,
    lmHeadBias: traits.lmHeadBias && fields.boolean('lm_head_bias') !== false,
    normKind: traits.norm,
    ...(isBert(modelType) || modelType === 'qwen4_exp_text' ? { finalNorm: false } : {}),
    learnedPositions: traits.positions === 'learned' ? (positions ?? 0) + traits.positionOffset : 0,
    perLayerInputs: perLayerWidth
      ? { width: perLayerWidth, vocabSize: fields.integer('vocab_size_per_layer_input') ?? text.vocabSize }
      : null,
    otherParameters: otherOuterParameters(text, pooling),
    towers: towersOf(text),
    mtp: null,
    maxPositionEmbeddings,
    rope: ropeTables(text, layers.types, positions),
    dtype: storedDtype(text),
    recurrentStateDtype: fields.string('mamba_ssm_dtype', 'mamba_ssm_cache_dtype') === 'float32' ? 'float32' : 'model',
    softcap: fields.number('attn_logit_softcapping') !== null,
  };
  return { ...architecture, mtp: mtpHeads(text, architecture) };
}

/** Embedding, reranking and reward models have no language-model head; classifiers have a scoring matrix. */
function poolingTask(text: TextConfig, architectures: readonly string[]): PoolingHead | null {
  const name = architectures[0] ?? '';
  const labels = /For(Sequence|Token)Classification$/.test(name) ? labelCount(text) : 0;
  if (isBert(text.modelType)) return { labels, bias: true };
  if (labels > 0) return { labels, bias: false };
  if (/ForRewardModel$/.test(name)) return { labels: 1, bias: false };
  // ChatGLMModel, InternVLChatModel and Qwen2_5OmniModel generate; other bare `…Model` classes are embedding models.
  return /Model$/.test(name) && !/LMHeadModel$|ChatModel$|OmniModel$|^ChatGLMModel$/.test(name) ? { labels: 0, bias: false } : null;
}

/** Classes of a classifier: `num_labels`, else the entries of `id2label`, else one score. */
function labelCount({ fields }: TextConfig): number {
  const names = fields.object('id2label');
  return fields.integer('num_labels') ?? (names ? Object.keys(names.json).length : 1);
}

/** Positions as the config states them, before rope scaling; null when no field says so. */
function statedPositions(text: TextConfig): number | null {
  return text.fields.integer(
    'max_position_embeddings',
    'n_positions',
    'max_seq_len',
    'seq_length',
    'max_sequence_length',
    'max_seq_length',
    'seq_len',
    'model_max_length',
  );
}

/**
 * The longest context the config allows: the stated positions, extended by the rope scaling as vLLM does
 * (`_get_and_verify_max_len`, v0.6 to main: YaRN counts from the original length, llama3 and LongRoPE are already included).
 */
function longestContext(text: TextConfig, positions: number | null): number | null {
  const scaling = text.fields.object('rope_scaling', 'rope_parameters');
  const factor = ropeFactor(scaling);
  // RoBERTa numbers positions from the padding id plus one: the first two rows are never a token's.
  if (positions !== null && /roberta$/.test(text.modelType)) return positions - 2;
  // vLLM keeps Nomic's models to the length they were trained on unless it is overridden (`NomicBertModelConfig`).
  if (positions !== null && text.modelType === 'nomic_bert')
    return Math.min(positions, text.fields.integer('max_trained_positions') ?? NOMIC_TRAINED);
  if (positions === null || !scaling || factor === null || text.modelType.startsWith('gemma3')) return positions;
  const type = scaling.string('rope_type', 'type') ?? 'default';
  if (['su', 'longrope', 'llama3', 'default', 'mrope'].includes(type)) return positions;
  const original = scaling.integer('original_max_position_embeddings');
  return Math.floor((/yarn/.test(type) ? (original ?? positions) : positions) * factor);
}

/** vLLM's default of `max_trained_positions`. */
const NOMIC_TRAINED = 2048;

function storedDtype(text: TextConfig): Architecture['dtype'] {
  const stated = text.fields.string('torch_dtype', 'dtype')?.replace('torch.', '');
  if (stated === 'bfloat16' || stated === 'float16' || stated === 'float32') return stated;
  text.assumptions.push(
    stated ? `dtype "${stated}" is not a 16- or 32-bit type: bfloat16 assumed` : 'dtype not in the config: bfloat16 assumed',
  );
  return 'bfloat16';
}
