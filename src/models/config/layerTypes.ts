import { isBert } from './extras';
import type { TextConfig } from './textConfig';

/** What a decoder layer mixes tokens with, before its sizes are known. `feed_forward` and `moe` layers have no mixer. */
export type LayerType =
  | 'full'
  | 'sliding'
  | 'chunked'
  | 'cross'
  | 'encoder'
  | 'delta'
  | 'lightning'
  | 'mamba1'
  | 'mamba2'
  | 'attention_and_mamba2'
  | 'conv'
  | 'feed_forward'
  | 'moe';

const NAMES: Readonly<Record<string, LayerType>> = {
  full_attention: 'full',
  deepseek_sparse_attention: 'full',
  attention: 'full',
  global: 'full',
  sliding_attention: 'sliding',
  local: 'sliding',
  chunked_attention: 'chunked',
  cross_attention: 'cross',
  linear_attention: 'delta',
  mamba: 'mamba2',
  mamba1: 'mamba1',
  mamba2: 'mamba2',
  hybrid: 'attention_and_mamba2',
  conv: 'conv',
  mlp: 'feed_forward',
  moe: 'moe',
};

/** Nemotron-H writes one letter per layer. */
const PATTERN_LETTERS: Readonly<Record<string, LayerType>> = { M: 'mamba2', '*': 'full', '-': 'feed_forward', E: 'moe' };

/** Families that apply one window to every layer where the config sets it. */
const ALL_SLIDING: ReadonlySet<string> = new Set([
  'mistral',
  'ministral',
  'ministral3',
  'mixtral',
  'starcoder2',
  'phi3',
  'phi3_v',
  'phimoe',
  'phi4_multimodal',
]);

/** Families whose layers alternate by a period: every n-th layer attends to everything. The number is the class default. */
const FULL_EVERY: Readonly<Record<string, number>> = {
  gemma2: 2,
  gemma3: 6,
  gemma3_text: 6,
  gemma3n_text: 5,
  gemma4_text: 6,
  cohere2: 4,
  olmo3: 4,
  gpt_oss: 2,
  exaone4: 4,
  exaone4_5_text: 4,
};

/** The type of each layer in order. */
export function layerTypes(text: TextConfig): readonly LayerType[] {
  return stated(text) ?? derived(text);
}

/** The window of sliding layers in tokens; null when the config turns it off or has none. */
export function slidingWindow(text: TextConfig): number | null {
  if (text.fields.boolean('use_sliding_window') === false) return null;
  const window = text.fields.integer('sliding_window', 'sliding_window_size', 'window_size');
  return window === 0 ? null : window;
}

function stated(text: TextConfig): readonly LayerType[] | null {
  const { fields, modelType, layers } = text;
  const listed = fields.strings('layer_types', 'layers_block_type');
  if (listed && listed.length >= layers) {
    const types = listed.slice(0, layers).map((name) => layerTypeOf(name, modelType, text));
    const unknown = listed.find((name) => !Object.hasOwn(NAMES, name) && !name.includes('compressed'));
    if (unknown !== undefined) text.assumptions.push(`layer type "${unknown}" is not known: read as full attention`);
    return types;
  }
  const pattern = fields.raw('hybrid_override_pattern');
  if (typeof pattern === 'string') {
    return [...pattern.replace(/\|/g, '')].slice(0, layers).map((letter) => PATTERN_LETTERS[letter] ?? 'full');
  }
  const kda = fields.object('linear_attn_config')?.integers('kda_layers');
  if (kda) return Array.from({ length: layers }, (_, i) => (kda.includes(i + 1) ? 'delta' : 'full'));
  const binary = fields.integers('hybrid_layer_pattern');
  if (binary && binary.length >= layers) return binary.slice(0, layers).map((sliding) => (sliding ? 'sliding' : 'full'));
  const attentionTypes = fields.integers('attn_type_list');
  if (attentionTypes && attentionTypes.length >= layers) {
    return attentionTypes.slice(0, layers).map((softmax) => (softmax ? 'full' : 'lightning'));
  }
  return null;
}

function layerTypeOf(name: string, modelType: string, text: TextConfig): LayerType {
  const type = Object.hasOwn(NAMES, name) ? (NAMES[name] ?? 'full') : 'full';
  if (type === 'mamba2' && modelType === 'jamba') return 'mamba1';
  if (type === 'delta' && modelType === 'minimax_text_01') return 'lightning';
  return type === 'sliding' && slidingWindow(text) === null ? 'full' : type;
}

function derived(text: TextConfig): readonly LayerType[] {
  const { fields, modelType, traits, layers } = text;
  const each = (type: (index: number) => LayerType): readonly LayerType[] => Array.from({ length: layers }, (_, i) => type(i));
  const { mixer } = traits;
  if (mixer !== 'attention') return each(() => mixer);
  if (isBert(modelType)) return each(() => 'encoder');
  if (modelType === 'jamba') {
    const period = fields.integer('attn_layer_period') ?? 8;
    const offset = fields.integer('attn_layer_offset') ?? 4;
    return each((i) => (i % period === offset ? 'full' : 'mamba1'));
  }
  if (fields.has('linear_num_value_heads')) {
    const interval = fields.integer('full_attention_interval') ?? 4;
    return each((i) => ((i + 1) % interval === 0 ? 'full' : 'delta'));
  }
  if (modelType === 'lfm2' || modelType === 'lfm2_moe') {
    const full = fields.integers('full_attn_idxs') ?? [];
    return each((i) => (full.includes(i) ? 'full' : 'conv'));
  }
  const attended = fields.integers('attn_layer_indices');
  if (attended && fields.has('mamba_n_heads')) return each((i) => (attended.includes(i) ? 'full' : 'mamba2'));
  const cross = fields.integers('cross_attention_layers');
  if (cross) return each((i) => (cross.includes(i) ? 'cross' : 'full'));
  if ((modelType === 'llama4_text' || modelType === 'llama4') && fields.has('attention_chunk_size')) return llama4Types(text);
  return windowTypes(text, each);
}

/** Llama 4: layers with rope attend within a chunk, the others (every fourth by default) to everything. */
function llama4Types(text: TextConfig): readonly LayerType[] {
  const interval = text.fields.integer('no_rope_layer_interval') ?? 4;
  const list = text.fields.integers('no_rope_layers');
  const usesRope = (i: number): boolean => (list?.length === text.layers ? list[i] === 1 : (i + 1) % interval !== 0);
  return Array.from({ length: text.layers }, (_, i) => (usesRope(i) ? 'chunked' : 'full'));
}

function windowTypes(text: TextConfig, each: (type: (index: number) => LayerType) => readonly LayerType[]): readonly LayerType[] {
  const { fields, modelType } = text;
  if (slidingWindow(text) === null) return each(() => 'full');
  const every = Object.hasOwn(FULL_EVERY, modelType) ? FULL_EVERY[modelType] : undefined;
  if (every !== undefined) {
    const pattern = fields.raw('sliding_window_pattern', '_sliding_window_pattern');
    const period = typeof pattern === 'string' ? pattern.length : typeof pattern === 'number' && pattern > 0 ? pattern : every;
    return each((i) => ((i + 1) % period === 0 ? 'full' : 'sliding'));
  }
  if (ALL_SLIDING.has(modelType)) return each(() => 'sliding');
  if (fields.boolean('use_sliding_window') === true) {
    const from = fields.integer('max_window_layers') ?? text.layers;
    return each((i) => (i >= from ? 'sliding' : 'full'));
  }
  text.assumptions.push('sliding_window is set, but not which layers use it: read as full attention in every layer');
  return each(() => 'full');
}
