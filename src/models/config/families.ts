import type { Architecture, AttentionMixer } from '../../estimator/architecture';

/**
 * What the released modelling code of a family fixes and its config.json does not say. Each line is a fact about the
 * `transformers` implementation of that `model_type` (which norms exist, which linear layers carry a bias …).
 */
export interface FamilyTraits {
  readonly norm: Architecture['normKind'];
  /** Norm vectors of the hidden size per decoder layer. */
  readonly layerNorms: number;
  readonly qkvBias: boolean;
  readonly outputBias: boolean;
  /** What the config's `attention_bias` governs in this family. */
  readonly attentionBiasField: 'qkv_and_output' | 'qkv' | 'nothing';
  readonly qkNorm: AttentionMixer['qkNorm'];
  readonly gatedMlp: boolean;
  readonly mlpBias: boolean;
  /** Class default of `tie_word_embeddings`. */
  readonly tied: boolean;
  readonly lmHeadBias: boolean;
  /** How positions enter: a rope table, a multimodal rope table, learned rows, or nothing that is stored. */
  readonly positions: 'rope' | 'mrope' | 'learned' | 'none';
  /** Extra rows of a learned position table (OPT keeps 2). */
  readonly positionOffset: number;
  readonly outputGate: boolean;
  readonly headGate: boolean;
  readonly sinks: boolean;
  readonly sharedExpertGate: boolean;
  readonly correctionBias: boolean;
  readonly routerBias: boolean;
  readonly expertBias: boolean;
  /** The sequence mixer of every layer where the config lists no layer types. */
  readonly mixer: 'attention' | 'mamba1' | 'mamba2' | 'attention_and_mamba2';
  /** Indexer of the latent attention reads `index_n_heads` (DeepSeek sparse attention). */
  readonly sparseIndexer: boolean;
  /** Width of the MLP where the config omits it, as a multiple of the hidden size. */
  readonly defaultExpansion: number | null;
  /** Learned scalars of the activation function per layer (xIELU). */
  readonly activationParameters: number;
}

const LLAMA: FamilyTraits = {
  norm: 'rms',
  layerNorms: 2,
  qkvBias: false,
  outputBias: false,
  attentionBiasField: 'qkv_and_output',
  qkNorm: 'none',
  gatedMlp: true,
  mlpBias: false,
  tied: false,
  lmHeadBias: false,
  positions: 'rope',
  positionOffset: 0,
  outputGate: false,
  headGate: false,
  sinks: false,
  sharedExpertGate: false,
  correctionBias: false,
  routerBias: false,
  expertBias: false,
  mixer: 'attention',
  sparseIndexer: false,
  defaultExpansion: null,
  activationParameters: 0,
};

type Difference = Partial<FamilyTraits>;

const GPT2: Difference = {
  norm: 'layer',
  qkvBias: true,
  outputBias: true,
  gatedMlp: false,
  mlpBias: true,
  defaultExpansion: 4,
};
const QWEN2: Difference = { qkvBias: true, attentionBiasField: 'nothing' };
const QWEN3: Difference = { qkNorm: 'per_head' };
const GATED_QWEN: Difference = { qkNorm: 'per_head', outputGate: true, positions: 'mrope' };
const GEMMA3: Difference = { layerNorms: 4, qkNorm: 'per_head', tied: true };
const DEEPSEEK_V3: Difference = { correctionBias: true };
const DEEPSEEK_SPARSE: Difference = { correctionBias: true, sparseIndexer: true };
const PHI: Difference = { ...GPT2, layerNorms: 1, lmHeadBias: true };
const GLM_MOE: Difference = { correctionBias: true, attentionBiasField: 'qkv' };
const MINIMAX_M3: Difference = { qkNorm: 'per_head', correctionBias: true };
const BERT: Difference = {
  norm: 'layer',
  qkvBias: true,
  outputBias: true,
  gatedMlp: false,
  mlpBias: true,
  positions: 'learned',
  tied: true,
};

/** Families by `model_type` of the text config, as differences from Llama. */
const FAMILIES: Readonly<Record<string, Difference>> = {
  llama: {},
  mistral: {},
  ministral: {},
  ministral3: {},
  mixtral: {},
  yi: {},
  xverse: {},
  granite: { attentionBiasField: 'qkv_and_output' },
  exaone: {},
  smollm3: { tied: true },
  internlm2: {},
  internlm3: { attentionBiasField: 'nothing' },
  internlm: { qkvBias: true, outputBias: true },
  baichuan: {},
  solar: {},
  aquila: {},
  seed_oss: { qkvBias: true, attentionBiasField: 'qkv' },
  qwen: { qkvBias: true },
  qwen2: QWEN2,
  qwen2_vl: { ...QWEN2, positions: 'mrope' },
  qwen2_vl_text: { ...QWEN2, positions: 'mrope' },
  qwen2_5_vl: { ...QWEN2, positions: 'mrope' },
  qwen2_5_vl_text: { ...QWEN2, positions: 'mrope' },
  qwen2_5_omni_text: { ...QWEN2, positions: 'mrope' },
  qwen3: QWEN3,
  qwen3_vl: { ...QWEN3, positions: 'mrope' },
  qwen3_vl_text: { ...QWEN3, positions: 'mrope' },
  gemma: { tied: true },
  gemma2: { layerNorms: 4, tied: true },
  gemma3: GEMMA3,
  gemma3_text: GEMMA3,
  gemma3n_text: GEMMA3,
  gemma4_text: GEMMA3,
  glm: { qkvBias: true, attentionBiasField: 'qkv' },
  glm4: { qkvBias: true, attentionBiasField: 'qkv', layerNorms: 4 },
  glm4v_text: { qkvBias: true, attentionBiasField: 'qkv', layerNorms: 4, positions: 'mrope' },
  chatglm: { qkvBias: true },
  phi3: {},
  phi3_v: {},
  phi3small: { norm: 'layer', qkvBias: true, outputBias: true, mlpBias: true, tied: true },
  phi4_multimodal: { tied: true },
  phi4mm: { tied: true },
  cohere: { norm: 'layer_no_bias', layerNorms: 1, tied: true },
  cohere2: { norm: 'layer_no_bias', layerNorms: 1, tied: true },
  olmo: { norm: 'none' },
  olmo2: { qkNorm: 'full_width' },
  olmo3: { qkNorm: 'full_width' },
  exaone4: QWEN3,
  exaone4_5_text: QWEN3,
  stablelm: { norm: 'layer' },
  orion: { norm: 'layer' },
  minicpm: { tied: true },
  minicpm3: { tied: true },
  starcoder2: { norm: 'layer', qkvBias: true, outputBias: true, gatedMlp: false, mlpBias: true, tied: true },
  phi: PHI,
  'phi-msft': PHI,
  gpt2: { ...GPT2, positions: 'learned', tied: true },
  gptj: { norm: 'layer', layerNorms: 1, gatedMlp: false, mlpBias: true, lmHeadBias: true, defaultExpansion: 4 },
  gpt_neox: GPT2,
  opt: { ...GPT2, positions: 'learned', positionOffset: 2, tied: true },
  bloom: { ...GPT2, positions: 'none', tied: true },
  mpt: { norm: 'layer_no_bias', gatedMlp: false, positions: 'none', tied: true, defaultExpansion: 4 },
  falcon: { norm: 'layer', layerNorms: 1, gatedMlp: false, tied: true, defaultExpansion: 4 },
  nemotron: { norm: 'layer', gatedMlp: false },
  arcee: { gatedMlp: false },
  apertus: { gatedMlp: false, qkNorm: 'per_head', activationParameters: 2 },
  hunyuan_v1_dense: QWEN3,
  ernie4_5: { tied: true },
  mimo: { qkvBias: true, attentionBiasField: 'nothing' },
  mellum: QWEN3,
  qwen2_moe: { qkvBias: true, attentionBiasField: 'nothing', sharedExpertGate: true },
  qwen3_moe: QWEN3,
  qwen3_vl_moe: { ...QWEN3, positions: 'mrope' },
  qwen3_vl_moe_text: { ...QWEN3, positions: 'mrope' },
  qwen3_omni_moe_text: { ...QWEN3, positions: 'mrope' },
  deepseek: {},
  deepseek_v2: {},
  deepseek_v3: DEEPSEEK_V3,
  kimi_k2: DEEPSEEK_V3,
  deepseek_v32: DEEPSEEK_SPARSE,
  glm_moe_dsa: DEEPSEEK_SPARSE,
  glm4_moe_lite: DEEPSEEK_V3,
  mistral4: {},
  deepseek_v4: { correctionBias: true },
  glm4_moe: GLM_MOE,
  glm4v_moe_text: { ...GLM_MOE, positions: 'mrope' },
  minimax_m2: { qkNorm: 'full_width', correctionBias: true },
  minimax_m3: MINIMAX_M3,
  minimax_m3_text: MINIMAX_M3,
  minimax_m3_vl: MINIMAX_M3,
  minimax_text_01: {},
  gpt_oss: { qkvBias: true, outputBias: true, attentionBiasField: 'nothing', sinks: true, expertBias: true, routerBias: true },
  phimoe: { norm: 'layer', qkvBias: true, outputBias: true, lmHeadBias: true, attentionBiasField: 'qkv_and_output' },
  olmoe: { qkNorm: 'full_width' },
  granitemoe: {},
  granitemoehybrid: {},
  dbrx: { norm: 'layer_no_bias' },
  llama4: {},
  llama4_text: {},
  ernie4_5_moe: { correctionBias: true, tied: true },
  dots1: { qkNorm: 'per_head', correctionBias: true },
  hunyuan_v1_moe: QWEN3,
  hy_v3: { qkNorm: 'per_head', correctionBias: true },
  laguna: { qkNorm: 'per_head', correctionBias: true, headGate: true },
  solar_open: { correctionBias: true },
  bailing_moe: { qkNorm: 'per_head', correctionBias: true },
  mimo_v2_flash: { correctionBias: true },
  step3p7: { qkNorm: 'per_head', correctionBias: true },
  qwen3_next: { ...GATED_QWEN, positions: 'rope', sharedExpertGate: true },
  qwen3_5: GATED_QWEN,
  qwen3_5_text: GATED_QWEN,
  qwen3_5_moe_text: { ...GATED_QWEN, sharedExpertGate: true },
  qwen4_exp_text: { ...GATED_QWEN, sharedExpertGate: true, layerNorms: 0 },
  olmo_hybrid: { qkNorm: 'full_width' },
  muse_glimmer_text: { layerNorms: 4, outputGate: true },
  kimi_linear: { correctionBias: true },
  glm5_next_text: DEEPSEEK_SPARSE,
  nemotron_h: { gatedMlp: false, layerNorms: 1, positions: 'none' },
  jamba: { positions: 'none' },
  bamba: {},
  lfm2: { qkNorm: 'per_head', tied: true },
  lfm2_moe: { qkNorm: 'per_head', tied: true, correctionBias: true },
  mamba: { mixer: 'mamba1', layerNorms: 1, positions: 'none', tied: true },
  falcon_mamba: { mixer: 'mamba1', layerNorms: 1, positions: 'none', tied: true },
  mamba2: { mixer: 'mamba2', layerNorms: 1, positions: 'none' },
  falcon_h1: { mixer: 'attention_and_mamba2' },
  'nemotron-nas': {},
  mllama_text_model: {},
  bert: BERT,
  nomic_bert: { norm: 'layer', tied: true },
  roberta: BERT,
  'xlm-roberta': BERT,
};

/**
 * Families whose rule no parameter total of a published checkpoint has confirmed. Their configs and classes are public (Bamba:
 * transformers configuration_bamba.py; DBRX: configuration_dbrx.py at 032b32a), the counts agree with rounded figures only.
 */
const UNCONFIRMED: ReadonlySet<string> = new Set(['aquila', 'bailing_moe', 'bamba', 'dbrx', 'hunyuan_v1_dense', 'phi4mm', 'solar', 'yi']);

/** Whether a published total of parameters agrees with the rule of a text `model_type`. */
export function isConfirmed(modelType: string): boolean {
  return !UNCONFIRMED.has(modelType);
}

/** Text `model_type` for outer types whose nested config omits its own. */
const TEXT_TYPES: Readonly<Record<string, string>> = {
  gemma3: 'gemma3_text',
  gemma3n: 'gemma3n_text',
  gemma4: 'gemma4_text',
  mllama: 'mllama_text_model',
  llama4: 'llama4_text',
  qwen3_vl: 'qwen3_vl_text',
  qwen3_vl_moe: 'qwen3_vl_moe_text',
  qwen3_5: 'qwen3_5_text',
  qwen3_5_moe: 'qwen3_5_moe_text',
  glm4v: 'glm4v_text',
  glm4v_moe: 'glm4v_moe_text',
  kimi_k25: 'kimi_k2',
  kimi_k3: 'kimi_linear',
  kimi_vl: 'deepseek_v3',
  deepseek_vl_v2: 'deepseek_v2',
  mistral3: 'mistral',
  pixtral: 'mistral',
  llava: 'llama',
  llava_next: 'llama',
  internvl_chat: 'qwen2',
  minimax: 'minimax_text_01',
  minimax_m1: 'minimax_text_01',
  dots_ocr: 'qwen2',
  'mimo-v2-flash': 'mimo_v2_flash',
};

/** The traits of a text `model_type`; null when the type is not known and Llama's are assumed. */
export function familyTraits(modelType: string): FamilyTraits | null {
  const difference = Object.hasOwn(FAMILIES, modelType) ? FAMILIES[modelType] : undefined;
  return difference === undefined ? null : { ...LLAMA, ...difference };
}

/** The traits used for an unknown decoder: Llama's, which most open decoders copy. */
export const UNKNOWN_DECODER: FamilyTraits = LLAMA;

/** Text `model_type` behind an outer one. */
export function textTypeOf(outerType: string): string {
  return Object.hasOwn(TEXT_TYPES, outerType) ? (TEXT_TYPES[outerType] ?? outerType) : outerType;
}
