import type { FeedForward, LayerKind, Mixer } from '../../estimator/architecture';
import type { Fields } from './fields';
import { attentionOfKvHeads } from './mixers';
import type { TextConfig } from './textConfig';

/**
 * Layers of NVIDIA's architecture-searched Llamas (`nemotron-nas`): each block keeps, replaces by one matrix or drops its
 * attention and its MLP; `n_heads_in_group` query heads share a KV head, `ffn_mult` sets the MLP's width.
 */
export function nasLayerKinds(text: TextConfig): readonly LayerKind[] | null {
  const blocks = text.fields.objects('block_configs');
  return blocks ? blocks.map((block) => nasLayer(text, block)) : null;
}

function nasLayer(text: TextConfig, block: Fields): LayerKind {
  const { hiddenSize, heads } = text;
  const mixers: Mixer[] = [];
  const feedForwards: FeedForward[] = [];
  let otherParameters = 0;
  let norms = 0;
  const attention = block.object('attention');
  if (attention && attention.boolean('no_op') !== true) {
    norms += 1;
    const group = attention.integer('n_heads_in_group');
    const kvHeads = group ? heads / group : (attention.integer('num_key_value_heads') ?? text.kvHeads);
    if (attention.boolean('replace_with_linear') === true) otherParameters += hiddenSize * hiddenSize;
    else mixers.push(attentionOfKvHeads(text, kvHeads));
  }
  const mlp = block.object('ffn');
  if (mlp && mlp.boolean('no_op') !== true) {
    norms += 1;
    if (mlp.boolean('replace_with_linear') === true) otherParameters += hiddenSize * hiddenSize;
    else feedForwards.push({ kind: 'dense', intermediateSize: nasWidth(mlp, hiddenSize), gated: true, bias: false });
  }
  return { mixers, feedForwards, norms, otherParameters };
}

/** Two thirds of `ffn_mult` times the hidden size, rounded up to 256. */
function nasWidth(mlp: Fields, hiddenSize: number): number {
  const multiple = mlp.number('ffn_mult');
  if (multiple === null) return mlp.integer('intermediate_size') ?? 0;
  return 256 * Math.ceil(Math.floor((2 * multiple * hiddenSize) / 3) / 256);
}
