import { parameterCount } from '../estimator/parameters';
import { architectureFromConfig } from './hfConfig';
import { isDraftHead } from './nameIndex';
import { readName } from './names';
import type { ModelFacts } from './source';

/** A published decoder: total parameters in billions and the sizes of its config.json. */
interface Shape {
  readonly billions: number;
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly intermediate: number;
  readonly vocab: number;
  readonly tied?: true;
}

/** One common decoder per size class (GPT-2's sizes for the smallest, Qwen2.5 0.5B to 32B, Llama-3.1 8B, 70B and 405B, Mistral-Large; from their config.json). */
const SHAPES: readonly Shape[] = [
  { billions: 0.124, hidden: 768, layers: 12, heads: 12, kvHeads: 12, intermediate: 2048, vocab: 50257, tied: true },
  { billions: 0.49, hidden: 896, layers: 24, heads: 14, kvHeads: 2, intermediate: 4864, vocab: 151936, tied: true },
  { billions: 1.54, hidden: 1536, layers: 28, heads: 12, kvHeads: 2, intermediate: 8960, vocab: 151936, tied: true },
  { billions: 3.09, hidden: 2048, layers: 36, heads: 16, kvHeads: 2, intermediate: 11008, vocab: 151936, tied: true },
  { billions: 8.03, hidden: 4096, layers: 32, heads: 32, kvHeads: 8, intermediate: 14336, vocab: 128256 },
  { billions: 14.77, hidden: 5120, layers: 48, heads: 40, kvHeads: 8, intermediate: 13824, vocab: 152064 },
  { billions: 32.76, hidden: 5120, layers: 64, heads: 40, kvHeads: 8, intermediate: 27648, vocab: 152064 },
  { billions: 70.55, hidden: 8192, layers: 80, heads: 64, kvHeads: 8, intermediate: 28672, vocab: 128256 },
  { billions: 122.61, hidden: 12288, layers: 88, heads: 96, kvHeads: 8, intermediate: 28672, vocab: 32768 },
  { billions: 405.85, hidden: 16384, layers: 126, heads: 128, kvHeads: 8, intermediate: 53248, vocab: 128256 },
];

/** Sizes outside are no model this product can reason about. */
const SMALLEST_BILLIONS = 0.01;
const LARGEST_BILLIONS = 5000;

/**
 * The last resort: the size a name states, in the shape of the nearest common decoder with its MLP widened or narrowed to
 * that size. Null when the name states no size, or that of the model a draft head is for.
 */
export function guessFromName(id: string): ModelFacts | null {
  const { billions, quantization } = readName(id);
  if (billions === null || billions < SMALLEST_BILLIONS || billions > LARGEST_BILLIONS || isDraftHead(id)) return null;
  const distance = (shape: Shape): number => Math.abs(Math.log(shape.billions / billions));
  const shape = SHAPES.reduce((best, candidate) => (distance(candidate) < distance(best) ? candidate : best));
  const outside = (shape.billions - (3 * shape.hidden * shape.intermediate * shape.layers) / 1e9) * 1e9;
  const perUnit = 3 * shape.hidden * shape.layers;
  const layers = billions * 1e9 > outside * 1.2 ? shape.layers : Math.max(1, Math.round((shape.layers * billions) / shape.billions));
  const intermediate = layers === shape.layers ? Math.max(64, Math.round((billions * 1e9 - outside) / perUnit)) : shape.intermediate;
  const answer = architectureFromConfig({
    model_type: 'llama',
    architectures: ['LlamaForCausalLM'],
    hidden_size: shape.hidden,
    num_hidden_layers: layers,
    num_attention_heads: shape.heads,
    num_key_value_heads: shape.kvHeads,
    intermediate_size: intermediate,
    vocab_size: shape.vocab,
    tie_word_embeddings: shape.tied === true,
    torch_dtype: 'bfloat16',
  });
  if ('problem' in answer) return null;
  return {
    id,
    model: { architecture: answer.architecture, quantization, exactBytes: null },
    parameters: parameterCount(answer.architecture),
    source: 'name',
    origin: id,
    confidence: 'guessed',
    assumptions: [
      `only the size in the name is known: ${billions} billion parameters in the shape of a ${shape.billions} billion dense decoder`,
      'layers, heads and KV cache per token are guesses; give the config.json to know them',
    ],
  };
}
