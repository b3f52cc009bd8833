import type { Architecture, LayerKind, Mixer } from './architecture';
import { attentionTensors, compressedLatentTensors, mlaTensors } from './parameters/attentionTensors';
import { feedForwardTensors } from './parameters/feedForwardTensors';
import { deltaNetTensors, lightningTensors, mambaTensors, shortConvTensors } from './parameters/recurrentTensors';
import { biasOf, matrix, norm, vector } from './parameters/specs';
import { countElements } from './tensors';
import type { ParameterGroup, TensorSpec } from './tensors';

/**
 * The tensors of one decoder layer as a Hugging Face checkpoint stores them (unfused, unsharded), in the order the modules
 * are defined: mixer projections, output projection and inner norms, feed-forward, then the layer's norms.
 */
export function layerTensors(architecture: Architecture, kind: LayerKind): readonly TensorSpec[] {
  const { hiddenSize, perLayerInputs } = architecture;
  const isBeside = kind.feedForwards.some((block) => block.kind === 'dense');
  const tensors = [
    ...kind.mixers.flatMap((mixer) => mixerTensors(mixer, hiddenSize)),
    ...kind.feedForwards
      .flatMap((feedForward) => feedForwardTensors(feedForward, hiddenSize))
      .map((tensor) => (isBeside && tensor.group === 'experts' ? { ...tensor, besideMlp: true } : tensor)),
    ...layerNorms(architecture, 'layernorm', kind.norms),
  ];
  if (perLayerInputs) {
    const options = { group: 'per_layer_embed', sharding: 'replicated' } as const;
    tensors.push(
      matrix('per_layer_input_gate', perLayerInputs.width, hiddenSize, options),
      matrix('per_layer_projection', hiddenSize, perLayerInputs.width, options),
      norm('post_per_layer_input_norm', hiddenSize),
    );
  }
  if (kind.otherParameters > 0) tensors.push(vector('other', kind.otherParameters, { group: 'other', sharding: 'replicated' }));
  return tensors;
}

/** The tensors outside the decoder layers: embedding, final norm, head, encoder towers. MTP modules are not part of the main model. */
export function outerTensors(architecture: Architecture): readonly TensorSpec[] {
  const { hiddenSize, vocabSize, perLayerInputs } = architecture;
  const table = (name: string, rows: number, width: number, group: ParameterGroup): TensorSpec =>
    matrix(name, rows, width, { group, sharding: 'vocab', quantizable: false });
  const tensors: TensorSpec[] = [table('embed_tokens', vocabSize, hiddenSize, 'embed')];
  if (architecture.learnedPositions > 0) {
    const options = { group: 'embed', sharding: 'replicated', quantizable: false } as const;
    tensors.push(matrix('embed_positions', architecture.learnedPositions, hiddenSize, options));
  }
  if (perLayerInputs) {
    const width = architecture.layout.length * perLayerInputs.width;
    tensors.push(
      table('embed_tokens_per_layer', perLayerInputs.vocabSize, width, 'per_layer_embed'),
      matrix('per_layer_model_projection', width, hiddenSize, { group: 'per_layer_embed', sharding: 'column' }),
      norm('per_layer_projection_norm', perLayerInputs.width),
    );
  }
  if (architecture.otherParameters > 0) {
    tensors.push(vector('other', architecture.otherParameters, { group: 'other', sharding: 'replicated' }));
  }
  if (architecture.finalNorm !== false) tensors.push(...layerNorms(architecture, 'norm', 1));
  if (architecture.lmHead && !architecture.tieWordEmbeddings) tensors.push(table('lm_head', vocabSize, hiddenSize, 'lm_head'));
  if (architecture.lmHead && architecture.lmHeadBias) tensors.push(biasOf(table('lm_head', vocabSize, hiddenSize, 'lm_head')));
  for (const tower of architecture.towers) tensors.push(...tower.tensors);
  return tensors;
}

/** All parameters of the main model: text, towers, a tied head once, no MTP. */
export function parameterCount(architecture: Architecture): number {
  return countElements(outerTensors(architecture)) + layerCounts(architecture).reduce((sum, count) => sum + count, 0);
}

/** Parameters by group; groups without any are absent. */
export function parameterBreakdown(architecture: Architecture): ReadonlyMap<ParameterGroup, number> {
  const byGroup = new Map<ParameterGroup, number>();
  const add = (tensors: readonly TensorSpec[], times: number): void => {
    for (const tensor of tensors) {
      byGroup.set(tensor.group, (byGroup.get(tensor.group) ?? 0) + countElements([tensor]) * times);
    }
  };
  add(outerTensors(architecture), 1);
  architecture.layerKinds.forEach((kind, index) => {
    add(layerTensors(architecture, kind), architecture.layout.filter((entry) => entry === index).length);
  });
  for (const [group, count] of byGroup) if (count === 0) byGroup.delete(group);
  return byGroup;
}

/** Parameters one token passes through: everything but the experts it is not routed to and the encoder towers. */
export function activeParameterCount(architecture: Architecture): number {
  const idle = architecture.layerKinds.map((kind) =>
    kind.feedForwards.reduce((sum, feedForward) => {
      if (feedForward.kind === 'dense') return sum;
      const experts = countElements(feedForwardTensors(feedForward, architecture.hiddenSize).filter((t) => t.group === 'experts'));
      return sum + experts * (1 - feedForward.expertsPerToken / feedForward.experts);
    }, 0),
  );
  const towers = architecture.towers.reduce((sum, tower) => sum + tower.parameters, 0);
  return Math.round(parameterCount(architecture) - towers - architecture.layout.reduce((sum, index) => sum + (idle[index] ?? 0), 0));
}

/** Parameters of each layer in order. */
function layerCounts(architecture: Architecture): readonly number[] {
  const perKind = architecture.layerKinds.map((kind) => countElements(layerTensors(architecture, kind)));
  return architecture.layout.map((index) => perKind[index] ?? 0);
}

function layerNorms(architecture: Architecture, name: string, copies: number): readonly TensorSpec[] {
  if (architecture.normKind === 'none' || copies === 0) return [];
  const weight = norm(name, architecture.hiddenSize, copies);
  return architecture.normKind === 'layer' ? [weight, norm(`${name}.bias`, architecture.hiddenSize, copies)] : [weight];
}

function mixerTensors(mixer: Mixer, hiddenSize: number): readonly TensorSpec[] {
  switch (mixer.kind) {
    case 'attention':
      return attentionTensors(mixer, hiddenSize);
    case 'mla':
      return mlaTensors(mixer, hiddenSize);
    case 'compressed_latent':
      return compressedLatentTensors(mixer, hiddenSize);
    case 'gated_delta_net':
    case 'kimi_delta_attention':
      return deltaNetTensors(mixer, hiddenSize);
    case 'mamba1':
    case 'mamba2':
      return mambaTensors(mixer, hiddenSize);
    case 'short_conv':
      return shortConvTensors(mixer, hiddenSize);
    case 'lightning_attention':
      return lightningTensors(mixer, hiddenSize);
  }
}
