import { familyTraits, textTypeOf, UNKNOWN_DECODER } from './families';
import type { FamilyTraits } from './families';
import { Fields, isJsonObject, LARGEST_INTEGER, problemsText } from './fields';
import type { FieldProblem, JsonObject } from './fields';

/** The language-model half of a config, with its sizes resolved. */
export interface TextConfig {
  /** The text fields; keys that multimodal configs keep outside are promoted. */
  readonly fields: Fields;
  /** The whole config, for towers and quantization. */
  readonly outer: Fields;
  readonly modelType: string;
  readonly traits: FamilyTraits;
  readonly layers: number;
  readonly hiddenSize: number;
  /** 0 for attention-free models. */
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  /** Width of the dense MLP; 0 when there is none. */
  readonly intermediateSize: number;
  readonly vocabSize: number;
  /** What was assumed so far; builders append. */
  readonly assumptions: string[];
  /** Parts counted by a rule that is not their own; builders append. */
  readonly approximations: string[];
}

/** Names under which multimodal configs nest their language model. */
const NESTED = ['text_config', 'language_config', 'llm_config', 'llm_cfg'] as const;

/** Keys that some multimodal configs state only outside the text config. */
const PROMOTED = ['tie_word_embeddings', 'vocab_size', 'torch_dtype', 'dtype', 'architectures', 'quantization_config'] as const;

/**
 * Sizes that configs of these types omit where they equal the class default of `transformers`
 * (github.com/huggingface/transformers, src/transformers/models/TYPE/configuration_TYPE.py: llama at 008e574, mistral at
 * 001f85b, gemma3 at 008f5c8, gemma3n at 0185480, xlm_roberta at 0e6f6f7). Phi-3-small's width is in its own published code,
 * BERT's and RoBERTa's token types are those of XLM-RoBERTa, which is a copy of them.
 */
const CLASS_DEFAULTS: Readonly<Record<string, JsonObject>> = {
  llama: {
    hidden_size: 4096,
    intermediate_size: 11008,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    vocab_size: 32000,
    max_position_embeddings: 2048,
  },
  mistral: {
    hidden_size: 4096,
    intermediate_size: 14336,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    num_key_value_heads: 8,
    vocab_size: 32000,
    max_position_embeddings: 131072,
  },
  gemma3_text: { num_attention_heads: 8, num_key_value_heads: 4, head_dim: 256, vocab_size: 262208, max_position_embeddings: 131072 },
  gemma3n_text: {
    vocab_size: 262400,
    num_attention_heads: 8,
    num_key_value_heads: 2,
    head_dim: 256,
    hidden_size_per_layer_input: 256,
    vocab_size_per_layer_input: 262144,
    sliding_window: 512,
    max_position_embeddings: 32768,
  },
  phi3small: { ff_intermediate_size: 14336 },
  bert: { type_vocab_size: 2 },
  roberta: { type_vocab_size: 2 },
  'xlm-roberta': { type_vocab_size: 2 },
  nomic_bert: { type_vocab_size: 2 },
};

/** A config that cannot be used, and why. */
export class ConfigProblem {
  /** @param fields the fields that are to blame; none for the config as a whole. */
  constructor(
    readonly message: string,
    readonly fields: readonly FieldProblem[] = [],
  ) {}
}

/** A config whose fields cannot be used. */
export function unusable(problems: readonly FieldProblem[]): ConfigProblem {
  return new ConfigProblem(`The config cannot be used: ${problemsText(problems)}.`, problems);
}

/** Resolves the text config and its sizes. Fields that cannot be used are among the problems of its readers. */
export function readTextConfig(config: JsonObject): TextConfig | ConfigProblem {
  const problems: FieldProblem[] = [];
  const assumptions: string[] = [];
  const outer = new Fields(config, problems);
  const [nested, place] = nestedText(config) ?? [null, ''];
  const outerType = outer.string('model_type') ?? 'unknown';
  const nestedType = nested && typeof nested['model_type'] === 'string' ? nested['model_type'] : null;
  const modelType = textTypeOf(nestedType ?? outerType);
  const defaults = classDefaults(modelType, nested ?? config);
  const text = merge(config, nested, defaults);
  noteDefaults(nested ?? config, defaults, modelType, assumptions);
  const fields = new Fields(text, problems, (name) => (nested && !isPromoted(name, config, nested) ? `${place}.${name}` : name));
  if (fields.boolean('is_encoder_decoder') === true) {
    return new ConfigProblem(`The config describes an encoder-decoder model (${modelType}); only decoders and encoders are covered.`);
  }
  const known = familyTraits(modelType);
  if (!known)
    assumptions.push(`model_type "${modelType}" is not known: read as a Llama-like decoder (gated MLP, two RMSNorms per layer, no biases)`);
  const traits = withStatedTraits(known ?? UNKNOWN_DECODER, modelType, fields);

  const layers = size(fields, LAYERS, LARGEST_LAYER_COUNT, fields.integer(...LAYERS) ?? listLength(text));
  const hiddenSize = size(fields, HIDDEN_SIZE);
  const vocabSize = size(fields, VOCABULARY);
  const attentionFree = traits.mixer === 'mamba1' || traits.mixer === 'mamba2';
  const heads = attentionFree ? 0 : size(fields, HEADS);
  const headDim = attentionFree ? 0 : headDimension(fields, hiddenSize, heads);
  const kvHeads = attentionFree ? 0 : size(fields, KV_HEADS, LARGEST_INTEGER, keyValueHeads(fields, modelType, heads));
  if (!attentionFree && problems.length === 0) checkHeads(fields, { hiddenSize, heads, kvHeads });
  return {
    fields,
    outer,
    modelType,
    traits,
    layers,
    hiddenSize,
    heads,
    kvHeads,
    headDim,
    intermediateSize: denseWidth(fields, modelType, traits, hiddenSize),
    vocabSize,
    assumptions,
    approximations: [],
  };
}

/** The traits that encoders' own fields decide. */
function withStatedTraits(traits: FamilyTraits, modelType: string, fields: Fields): FamilyTraits {
  if (modelType === 'nomic_bert') {
    const bias = fields.boolean('qkv_proj_bias') ?? false;
    const gatedMlp = fields.string('activation_function') !== 'gelu';
    return { ...traits, qkvBias: bias, outputBias: bias, mlpBias: fields.boolean('mlp_fc1_bias') ?? false, gatedMlp };
  }
  // jina-embeddings-v3 is an XLM-RoBERTa that rotates instead of adding learned positions.
  const rotates = traits.positions === 'learned' && fields.raw('position_embedding_type') === 'rotary';
  return rotates ? { ...traits, positions: 'rope' } : traits;
}

/** The deepest published decoders have a few hundred layers; this bound only keeps hostile configs from costing memory. */
const LARGEST_LAYER_COUNT = 4096;

/** Names that configs give the sizes every model has, the usual one first. */
const LAYERS = ['num_hidden_layers', 'n_layer', 'n_layers', 'num_layers'] as const;
const HIDDEN_SIZE = ['hidden_size', 'n_embd', 'd_model', 'n_embed', 'dim'] as const;
const VOCABULARY = ['vocab_size', 'padded_vocab_size'] as const;
const HEADS = ['num_attention_heads', 'n_head', 'n_heads', 'encoder_attention_heads'] as const;
const HEAD_DIM = ['head_dim', 'kv_channels', 'attention_head_dim'] as const;
const KV_HEADS = ['num_key_value_heads', 'num_kv_heads', 'n_head_kv', 'multi_query_group_num', 'kv_n_heads'] as const;

/** A size every model has; where it is missing (null) or cannot be, a problem and 1, with which the other fields can still be read. */
function size(
  fields: Fields,
  names: readonly [string, ...string[]],
  most = LARGEST_INTEGER,
  stated: number | null = fields.integer(...names),
): number {
  if (stated !== null && stated >= 1 && stated <= most) return stated;
  const nearest = stated === null || !fields.has(...names) ? null : Math.min(Math.max(stated, 1), most);
  fields.reportFirst(names, `a whole number from 1 to ${most}`, nearest);
  return 1;
}

function headDimension(fields: Fields, hiddenSize: number, heads: number): number {
  if (fields.has(...HEAD_DIM)) return size(fields, HEAD_DIM);
  return Math.floor(hiddenSize / heads);
}

/**
 * Heads that no attention can be made of, as transformers and vLLM refuse them: "The hidden size (4096) is not a multiple of the number of
 * attention heads (33)", and query heads that KV heads cannot share out ("num_heads must be divisible by num_kv_heads"). Latent attention
 * states the widths of its heads in fields of its own and has no KV heads to share.
 */
function checkHeads(fields: Fields, { hiddenSize, heads, kvHeads }: Pick<TextConfig, 'hiddenSize' | 'heads' | 'kvHeads'>): void {
  if (fields.has('kv_lora_rank')) return;
  if (!fields.has(...HEAD_DIM) && hiddenSize % heads !== 0) {
    const allowed = `a divisor of hidden_size, which is ${hiddenSize}, since head_dim is not given`;
    fields.reportFirst(HEADS, allowed, nearestDivisor(hiddenSize, heads));
  } else if (heads % kvHeads !== 0) {
    fields.reportFirst(KV_HEADS, `a divisor of num_attention_heads, which is ${heads}`, nearestDivisor(heads, kvHeads));
  }
}

/** The divisor of a number that is closest to another. */
function nearestDivisor(of: number, wanted: number): number {
  for (let distance = 1; ; distance++) {
    if (wanted > distance && of % (wanted - distance) === 0) return wanted - distance;
    if (wanted + distance <= of && of % (wanted + distance) === 0) return wanted + distance;
    if (distance > of) return of;
  }
}

/** The language model's own config where it is nested, and its path. */
function nestedText(config: JsonObject): readonly [JsonObject, string] | null {
  for (const name of NESTED) {
    const value = config[name];
    if (isJsonObject(value)) return [value, name];
  }
  const thinker = config['thinker_config'];
  const inner = isJsonObject(thinker) ? nestedText(thinker) : null;
  return inner && [inner[0], `thinker_config.${inner[1]}`];
}

/** Whether a field of the text config stands outside it. */
function isPromoted(name: string, config: JsonObject, nested: JsonObject): boolean {
  return PROMOTED.some((key) => key === name) && config[name] !== undefined && (nested[name] ?? null) === null;
}

/** The class defaults of a type, without those that the config states under another name. */
function classDefaults(modelType: string, text: JsonObject): JsonObject {
  const defaults = Object.hasOwn(CLASS_DEFAULTS, modelType) ? (CLASS_DEFAULTS[modelType] ?? {}) : {};
  const renamed = [LAYERS, HIDDEN_SIZE, VOCABULARY, HEADS, KV_HEADS].filter((names) => names.some((name) => (text[name] ?? null) !== null));
  return Object.fromEntries(Object.entries(defaults).filter(([key]) => !renamed.some((names) => names.some((name) => name === key))));
}

function merge(config: JsonObject, nested: JsonObject | null, defaults: JsonObject): JsonObject {
  if (!nested) return { ...defaults, ...config };
  const promoted: Record<string, unknown> = {};
  for (const key of PROMOTED) if (config[key] !== undefined) promoted[key] = config[key];
  const stated = Object.fromEntries(Object.entries(nested).filter(([, value]) => value !== null));
  return { ...defaults, ...promoted, ...stated };
}

function noteDefaults(text: JsonObject, defaults: JsonObject, modelType: string, assumptions: string[]): void {
  const used = Object.keys(defaults).filter((key) => text[key] === undefined && !ALIASED.has(key));
  if (used.length > 0) assumptions.push(`${used.join(', ')} not in the config: class default of ${modelType}`);
}

/** Defaults that are only read where no better field exists, so their use is not worth a word. */
const ALIASED: ReadonlySet<string> = new Set(['type_vocab_size', 'ff_intermediate_size', 'max_position_embeddings']);

/** Layer count of configs that state only one entry per layer. */
function listLength(text: JsonObject): number | null {
  for (const key of ['layers_block_type', 'layer_types', 'block_configs']) {
    const value = text[key];
    if (Array.isArray(value)) return value.length;
  }
  const pattern = text['hybrid_override_pattern'];
  return typeof pattern === 'string' ? pattern.length : null;
}

function keyValueHeads(fields: Fields, modelType: string, heads: number): number {
  const newFalcon = fields.boolean('new_decoder_architecture') === true;
  if (modelType === 'falcon' && !newFalcon && fields.boolean('multi_query') === true) return 1;
  const nested = fields.object('attn_config')?.integer('kv_n_heads') ?? null;
  return fields.integer(...KV_HEADS) ?? nested ?? heads;
}

function denseWidth(fields: Fields, modelType: string, traits: FamilyTraits, hiddenSize: number): number {
  if (modelType === 'lfm2') return lfm2Width(fields);
  const stated =
    fields.integer('ff_intermediate_size', 'intermediate_size', 'ffn_hidden_size', 'ffn_dim', 'n_inner') ??
    fields.object('ffn_config')?.integer('ffn_hidden_size') ??
    null;
  if (stated === null)
    return traits.defaultExpansion === null ? 0 : hiddenSize * (fields.integer('expansion_ratio') ?? traits.defaultExpansion);
  // Qwen-1 states the width of gate and up together.
  return modelType === 'qwen' ? stated / 2 : stated;
}

/** Lfm2MLP takes two thirds of the stated width, scaled and rounded up to a multiple. */
function lfm2Width(fields: Fields): number {
  const stated = fields.integer('block_ff_dim', 'intermediate_size') ?? 0;
  if (fields.boolean('block_auto_adjust_ff_dim') === false) return stated;
  const scaled = Math.floor((fields.number('block_ffn_dim_multiplier') ?? 1) * Math.floor((2 * stated) / 3));
  const multiple = fields.integer('block_multiple_of') ?? 256;
  return multiple * Math.ceil(scaled / multiple);
}
