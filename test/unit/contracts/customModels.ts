import { readFileSync } from 'node:fs';
import fc from 'fast-check';

/** A config.json as `custom_model` takes it. */
export type Config = Readonly<Record<string, unknown>>;

/** The configs of real checkpoints: every kind of layer, towers, quantized weights. */
const realConfigs: readonly Config[] = readFileSync('test/fixtures/models/configs.jsonl', 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => (JSON.parse(line) as { readonly config: Config }).config);

/** Sizes that every decoder has. */
export interface Sizes extends Config {
  readonly num_hidden_layers: number;
  readonly hidden_size: number;
  readonly vocab_size: number;
  readonly num_attention_heads: number;
}

/** Numbers from `min` whose order of magnitude is even. */
const spread = (min: number, max: number): fc.Arbitrary<number> =>
  fc.double({ min: Math.log2(min), max: Math.log2(max), noNaN: true }).map((exponent) => Math.round(2 ** exponent));

const experts = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  fc
    .record({
      num_experts: spread(2, 512),
      num_experts_per_tok: spread(1, 16),
      moe_intermediate_size: spread(2, 32_768),
      n_shared_experts: fc.integer({ min: 0, max: 4 }),
    })
    .map((moe) => ({ ...moe, num_experts_per_tok: Math.min(moe.num_experts_per_tok, moe.num_experts) })),
);

const attention = fc.oneof(
  { weight: 3, arbitrary: fc.record({ head_dim: spread(1, 512) }) },
  fc.constant({}),
  fc.record({
    kv_lora_rank: spread(1, 1024),
    q_lora_rank: fc.option(spread(1, 2048)),
    qk_nope_head_dim: spread(1, 256),
    qk_rope_head_dim: spread(1, 128),
    v_head_dim: spread(1, 256),
  }),
  fc.record({ head_dim: spread(1, 256), sliding_window: spread(1, 8192), use_sliding_window: fc.constant(true) }),
);

/** Decoders of any size, by the fields that most families share. */
export const anyDecoder: fc.Arbitrary<Sizes> = fc
  .tuple(
    fc.record({
      model_type: fc.constantFrom('llama', 'mistral', 'qwen2', 'qwen3', 'gemma2', 'phi3', 'qwen3_moe', 'mixtral', 'deepseek_v3', 'new'),
      num_hidden_layers: spread(1, 512),
      hidden_size: spread(32, 65_536),
      vocab_size: spread(2, 1_000_000),
      num_attention_heads: spread(1, 256),
      intermediate_size: spread(2, 262_144),
      max_position_embeddings: fc.option(spread(1, 10_000_000)),
      tie_word_embeddings: fc.boolean(),
      torch_dtype: fc.constantFrom('bfloat16', 'float16', 'float32', undefined),
    }),
    fc.option(spread(1, 256)),
    attention,
    experts,
  )
  .map(([sizes, kvHeads, heads, moe]) => {
    const num_attention_heads = Math.min(sizes.num_attention_heads, sizes.hidden_size);
    return {
      ...sizes,
      num_attention_heads,
      // Heads share the hidden size out, and KV heads the heads.
      hidden_size: Math.floor(sizes.hidden_size / num_attention_heads) * num_attention_heads,
      num_key_value_heads: kvHeads === null ? null : largestDivisor(num_attention_heads, kvHeads),
      ...heads,
      ...moe,
    };
  });

function largestDivisor(of: number, atMost: number): number {
  return Array.from({ length: Math.min(of, atMost) }, (_, index) => Math.min(of, atMost) - index).find((size) => of % size === 0) ?? 1;
}

const anyValue = fc.oneof(
  fc.integer({ min: -2, max: 300 }),
  fc.integer({ min: 0, max: 1_000_000 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.string(),
  fc.constant(null),
  fc.array(fc.integer({ min: -1, max: 9 })),
  fc.object(),
);

/** Real configs, some of their fields changed to anything. */
export const changedConfig: fc.Arbitrary<Config> = fc
  .constantFrom(...realConfigs)
  .chain((config) =>
    fc.dictionary(fc.constantFrom(...Object.keys(config)), anyValue, { maxKeys: 4 }).map((changes) => ({ ...config, ...changes })),
  );
