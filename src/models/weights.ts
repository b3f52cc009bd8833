import type { Architecture, CheckpointQuantization } from '../estimator/architecture';
import type { ParameterGroup } from '../estimator/tensors';

/** One tensor of a weights file, as its header describes it. */
export interface StoredTensor {
  /** Full name in the checkpoint. */
  readonly name: string;
  /** Element type as the file spells it (BF16, F8_E4M3, Q4_K …). */
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: number;
}

/** The groups of a decoder layer's tensors, by the module names of Hugging Face checkpoints; the first match wins. */
const GROUPS: readonly (readonly [RegExp, ParameterGroup])[] = [
  [/(^|\.)(mtp|nextn|eh_proj|enorm|hnorm|shared_head)(\.|$)/, 'mtp'],
  [/(^|\.)(audio|audio_tower|speech|sound)[._]/, 'audio'],
  [/(^|\.)(vision|visual|vit|image|multi_modal_projector|mm_projector|vision_tower|patch_merger|embed_vision|aligner)[._]?/, 'vision'],
  [/(^|\.)(embed_tokens_per_layer|per_layer)/, 'per_layer_embed'],
  [/(^|\.)(lm_head|output_layer|embed_out)\./, 'lm_head'],
  [/(^|\.)(embed_tokens|wte|wpe|word_embeddings|tok_embeddings|embed_in|embed_positions|embedding)(\.|$)/, 'embed'],
  [/shared_experts?|shared_mlp/, 'shared_experts'],
  [/(mlp|feed_forward|block_sparse_moe|moe|ffn)\.(gate|router)(\.|$)|(^|\.)router\./, 'router'],
  [/\.experts?\b|\.experts\./, 'experts'],
  [/(layernorm|layer_norm|_norm|\.norm|\.ln_\w+|ln_f)(\.|$)/, 'norm'],
  [/(linear_attn|mamba|mixer\.(in_proj|conv1d|out_proj|A_log|D|dt|x_proj)|\.ssm|\.conv\.)/, 'ssm'],
  [/(self_attn|attention|attn|cross_attn|self_attention)[._]/, 'attention'],
  [/(mlp|feed_forward|ffn|fc1|fc2|w1|w2|w3)[._]/, 'mlp'],
];

/** Groups of GGUF tensors (llama.cpp's names). */
const GGUF_GROUPS: readonly (readonly [RegExp, ParameterGroup])[] = [
  [/^(v\.|mm\.)/, 'vision'],
  [/^per_layer/, 'per_layer_embed'],
  [/^(token_embd|position_embd)\./, 'embed'],
  [/^output\./, 'lm_head'],
  [/_norm|^output_norm/, 'norm'],
  [/ffn_gate_inp/, 'router'],
  [/_shexp/, 'shared_experts'],
  [/_exps/, 'experts'],
  [/\.ssm_/, 'ssm'],
  [/\.attn_/, 'attention'],
  [/\.ffn_/, 'mlp'],
];

/** The parameter group a stored tensor belongs to. */
export function groupOf(name: string): ParameterGroup {
  const rules = /^(blk\.|token_embd|output\.|output_norm|v\.|mm\.|per_layer)/.test(name) ? GGUF_GROUPS : GROUPS;
  return rules.find(([pattern]) => pattern.test(name))?.[1] ?? 'other';
}

/** What a checkpoint's headers add to its config. */
export interface WeightsFacts {
  /** Bytes by parameter group, scales included. Keys are `ParameterGroup`s. */
  readonly bytes: ReadonlyMap<string, number>;
  readonly totalBytes: number;
  readonly tensors: number;
  /** Whether a head of its own is stored. */
  readonly storesHead: boolean;
  /** Modules whose weight is stored in 16 or 32 bit, beside quantized ones; null when nothing is quantized. */
  readonly unquantized: readonly string[] | null;
  /** Type of the largest share of unquantized bytes. */
  readonly dtype: Architecture['dtype'] | null;
}

const DTYPES: Readonly<Record<string, Architecture['dtype']>> = { BF16: 'bfloat16', F16: 'float16', F32: 'float32' };

/** Sums up a checkpoint's tensors. `layers` tells the main model's layers from MTP layers stored behind them. */
export function summarizeWeights(tensors: readonly StoredTensor[], layers: number | null): WeightsFacts {
  const bytes = new Map<string, number>();
  const byDtype = new Map<string, number>();
  const quantized = new Set<string>();
  const plain = new Set<string>();
  let totalBytes = 0;
  let storesHead = false;
  for (const tensor of tensors) {
    const layer = Number(/(?:^|\.)layers\.(\d+)\./.exec(tensor.name)?.[1] ?? -1);
    const group = layers !== null && layer >= layers && !isTower(tensor.name) ? 'mtp' : groupOf(tensor.name);
    bytes.set(group, (bytes.get(group) ?? 0) + tensor.bytes);
    totalBytes += tensor.bytes;
    storesHead ||= group === 'lm_head';
    if (DTYPES[tensor.dtype]) byDtype.set(tensor.dtype, (byDtype.get(tensor.dtype) ?? 0) + tensor.bytes);
    sortModule(tensor, quantized, plain);
  }
  const largest = [...byDtype].sort((a, b) => b[1] - a[1])[0]?.[0];
  return {
    bytes,
    totalBytes,
    tensors: tensors.length,
    storesHead,
    unquantized: quantized.size > 0 ? [...plain].filter((module) => !quantized.has(module)) : null,
    dtype: largest === undefined ? null : (DTYPES[largest] ?? null),
  };
}

function isTower(name: string): boolean {
  const group = groupOf(name);
  return group === 'vision' || group === 'audio';
}

/** Linear modules with packed or 8-bit weights count as quantized, two-dimensional 16-bit weights as plain. */
function sortModule(tensor: StoredTensor, quantized: Set<string>, plain: Set<string>): void {
  const match = /^(.*)\.(weight|qweight|weight_packed|weight_scale|weight_scale_inv|scales|blocks)$/.exec(tensor.name);
  const module = match?.[1];
  if (module === undefined) return;
  if (match?.[2] !== 'weight' || !DTYPES[tensor.dtype]) quantized.add(module);
  else if (tensor.shape.length === 2) plain.add(module);
}

/** Groups whose linear layers no method quantizes unless it says so: they need no mention among the unquantized modules. */
const NEVER_QUANTIZED: ReadonlySet<ParameterGroup> = new Set(['embed', 'lm_head', 'norm', 'router', 'per_layer_embed']);

/** A quantization description corrected by what the headers show: exactly the modules left in 16 bit, and whether the head is quantized. */
export function confirmQuantization(quantization: CheckpointQuantization | null, weights: WeightsFacts): CheckpointQuantization | null {
  if (!quantization || !weights.unquantized) return quantization;
  const ignored = weights.unquantized.filter((module) => !NEVER_QUANTIZED.has(groupOf(`${module}.weight`)));
  const head = weights.storesHead && !weights.unquantized.some((module) => groupOf(`${module}.weight`) === 'lm_head');
  return { ...quantization, ignored, lmHeadQuantized: head, basis: 'config' };
}
