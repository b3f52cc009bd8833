import type { Architecture, EncoderTower } from '../src/estimator/architecture';
import { parameterCount } from '../src/estimator/parameters';
import { architectureFromConfig } from '../src/models/hfConfig';

/** Finds an architecture by Hub id; null when unknown. */
export type ArchitectureLookup = (id: string) => Architecture | null;

/** Config fields of models that the measured rows name in their own way or that no catalogue lists. */
const CONFIGS: readonly { readonly name: RegExp; readonly config: Readonly<Record<string, unknown>> }[] = [
  // llm-foundry's own model configurations (scripts/train/yamls/pretrain/mpt-*.yaml).
  ...(
    [
      ['125m', 768, 12, 12],
      ['350m', 1024, 24, 16],
      ['760m', 1536, 24, 12],
      ['1b', 2048, 24, 16],
      ['3b', 2560, 32, 20],
      ['7b', 4096, 32, 32],
      ['13b', 5120, 40, 40],
      ['30b', 7168, 48, 56],
      ['70b', 8192, 80, 64],
    ] as const
  ).map(([size, hidden, layers, heads]) => ({
    name: new RegExp(`mpt-${size}$`, 'i'),
    config: {
      model_type: 'mpt',
      d_model: hidden,
      n_layers: layers,
      n_heads: heads,
      vocab_size: 50432,
      max_seq_len: 2048,
      expansion_ratio: 4,
    },
  })),
  {
    name: /GPT-124M/,
    config: { model_type: 'gpt2', n_embd: 768, n_layer: 12, n_head: 12, vocab_size: 50257, n_positions: 1024, tie_word_embeddings: false },
  },
  { name: /Qwen-1_8B/, config: qwen(2048, 24, 16, 11008, 151936) },
  { name: /Qwen\/Qwen-14B/, config: qwen(5120, 40, 40, 27392, 152064) },
  { name: /Qwen\/Qwen-72B/, config: qwen(8192, 80, 64, 49152, 152064) },
  { name: /Qwen\/Qwen(-VL|-7B)/, config: qwen(4096, 32, 32, 22016, 151936) },
  {
    name: /stablelm-base-alpha-3b/,
    config: {
      model_type: 'gpt_neox',
      hidden_size: 4096,
      num_hidden_layers: 16,
      num_attention_heads: 32,
      intermediate_size: 16384,
      vocab_size: 50688,
      max_position_embeddings: 4096,
      tie_word_embeddings: false,
    },
  },
  {
    name: /bert-large/,
    config: {
      model_type: 'bert',
      architectures: ['BertForSequenceClassification'],
      hidden_size: 1024,
      num_hidden_layers: 24,
      num_attention_heads: 16,
      intermediate_size: 4096,
      vocab_size: 30522,
      max_position_embeddings: 512,
    },
  },
];

/** Hub ids behind the names that published tables use. */
const ALIASES: readonly (readonly [RegExp, string])[] = [
  [/llama[-_ ]?2[-_ ]?13b|baichuan-13b/i, 'meta-llama/Llama-2-13b-hf'],
  [/llama[-_ ]?2[-_ ]?70b/i, 'meta-llama/Llama-2-70b-hf'],
  [/^llama_7b|llama[-_ ]?2?[-_ ]?7b/i, 'meta-llama/Llama-2-7b-hf'],
  [/llama[-_ ]?3(\.1)?[-_ ]405b/i, 'meta-llama/Llama-3.1-405B'],
  [/llama[-_ ]?3(\.[013])?[-_ ]70b/i, 'meta-llama/Llama-3.1-70B'],
  [/llama[-_ ]?3(\.[01])?[-_ ]8b|MiniCPM-Llama3-V/i, 'meta-llama/Llama-3.1-8B'],
  [/mistral-7b|zephyr-7b/i, 'mistralai/Mistral-7B-v0.1'],
  [/qwen3[-_ ]235b/i, 'Qwen/Qwen3-235B-A22B'],
  [/qwen3[-_ ](moe[-_ ])?30b/i, 'Qwen/Qwen3-30B-A3B'],
  [/qwen2\.5 32b/i, 'Qwen/Qwen2.5-32B'],
  [/qwen2\.5 7b/i, 'Qwen/Qwen2.5-7B'],
  [/gpt[-_ ]oss[-_ ]120b/i, 'openai/gpt-oss-120b'],
  [/gpt[-_ ]oss[-_ ]20b/i, 'openai/gpt-oss-20b'],
  [/deepseek[-_ ]?v3/i, 'deepseek-ai/DeepSeek-V3'],
  [/deepseek[-_ ]?v4[-_ ]flash/i, 'deepseek-ai/DeepSeek-V4-Flash'],
  [/kimi[-_ ]k2/i, 'moonshotai/Kimi-K2-Instruct'],
  [/nemotron[-_ ](3|v3)[-_ ]super/i, 'nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-BF16'],
  [/nemotron[-_ ](3|v3)[-_ ]nano/i, 'nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16'],
  [/nemotron[-_ ](3|v3)[-_ ]ultra/i, 'nvidia/NVIDIA-Nemotron-3-Ultra-550B-A55B-BF16'],
];

/** Qwen's first generation; `intermediate_size` of its configs counts gate and up together. */
function qwen(hidden: number, layers: number, heads: number, intermediate: number, vocab: number): Readonly<Record<string, unknown>> {
  return {
    model_type: 'qwen',
    hidden_size: hidden,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    intermediate_size: intermediate,
    vocab_size: vocab,
    seq_length: 8192,
    tie_word_embeddings: false,
  };
}

/** Parameters of Llama-2-7B, whose proportions a model of unknown shape gets. */
const LLAMA_7B = 6.74;

/** A Llama-shaped decoder of about this many billion parameters, for rows whose model has no published shape. */
function generic(billions: number): Architecture | null {
  const scale = Math.cbrt(billions / LLAMA_7B);
  const hidden = Math.max(128, Math.round((4096 * scale) / 128) * 128);
  return fromConfig({
    model_type: 'llama',
    hidden_size: hidden,
    num_hidden_layers: Math.max(1, Math.round(32 * scale)),
    num_attention_heads: hidden / 128,
    intermediate_size: Math.round((hidden * 2.6875) / 128) * 128,
    vocab_size: 32000,
    tie_word_embeddings: false,
  });
}

function fromConfig(config: Readonly<Record<string, unknown>>): Architecture | null {
  const answer = architectureFromConfig(config);
  return 'problem' in answer ? null : answer.architecture;
}

const resolved = new Map<string, Architecture | null>();

/** The architecture of the model a row names: by id, by the table's own name, or by its size alone. */
export function rowArchitecture(name: string, billions: number | null, lookup: ArchitectureLookup): Architecture | null {
  const key = `${name} ${billions}`;
  const known = resolved.get(key);
  if (known !== undefined) return known;
  const config = CONFIGS.find((entry) => entry.name.test(name));
  const alias = ALIASES.find(([pattern]) => pattern.test(name));
  const found =
    (config ? fromConfig(config.config) : null) ??
    lookup(name) ??
    (alias ? lookup(alias[1]) : null) ??
    (billions === null ? null : generic(billions));
  const whole = found && billions !== null ? withMissingTower(found, name, billions) : found;
  resolved.set(key, whole);
  return whole;
}

/** A vision-language model of which only the text half is known: the rest of its parameters as one tower. */
function withMissingTower(architecture: Architecture, name: string, billions: number): Architecture {
  const missing = Math.round(billions * 1e9 - parameterCount(architecture));
  if (!/VL|-V-/.test(name) || architecture.towers.length > 0 || missing <= 0) return architecture;
  const weights = {
    name: 'tower',
    group: 'vision',
    outFeatures: missing,
    inFeatures: 1,
    copies: 1,
    sharding: 'replicated',
    quantizable: false,
  } as const;
  const tower: EncoderTower = {
    modality: 'image',
    modelType: 'unknown',
    parameters: missing,
    tensors: [weights],
    layers: 0,
    hiddenSize: 0,
    intermediateSize: 0,
    heads: 0,
    patchSize: null,
    spatialMerge: null,
    imageSize: null,
    maxTokensPerItem: null,
  };
  return { ...architecture, towers: [tower] };
}
