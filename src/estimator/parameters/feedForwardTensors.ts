import type { DenseMlp, FeedForward, MoeMlp } from '../architecture';
import type { ParameterGroup, TensorSpec } from '../tensors';
import { matrix, vector, withBias } from './specs';

/** The feed-forward block's tensors in the order a decoder layer defines them. */
export function feedForwardTensors(feedForward: FeedForward, hiddenSize: number): readonly TensorSpec[] {
  return feedForward.kind === 'dense' ? denseTensors(feedForward, 'mlp', '', hiddenSize) : moeTensors(feedForward, hiddenSize);
}

/** Gated MLP: gate and up `[I, H]`, down `[H, I]` (Shazeer 2020, arXiv 2002.05202); without a gate: up and down. */
function denseTensors(mlp: Omit<DenseMlp, 'kind'>, group: ParameterGroup, prefix: string, hiddenSize: number): readonly TensorSpec[] {
  const fused = { group, sharding: 'column', fusedInto: `${prefix}gate_up_proj` } as const;
  const { intermediateSize, bias } = mlp;
  const inputs = mlp.gated
    ? [matrix(`${prefix}gate_proj`, intermediateSize, hiddenSize, fused), matrix(`${prefix}up_proj`, intermediateSize, hiddenSize, fused)]
    : [matrix(`${prefix}up_proj`, intermediateSize, hiddenSize, { group, sharding: 'column' })];
  const down = matrix(`${prefix}down_proj`, hiddenSize, intermediateSize, { group, sharding: 'row' });
  return [...inputs, down].flatMap((weight) => withBias(weight, bias));
}

function moeTensors(moe: MoeMlp, hiddenSize: number): readonly TensorSpec[] {
  const router = { group: 'router', sharding: 'replicated' } as const;
  const tensors: TensorSpec[] = [
    ...withBias(matrix('gate', moe.experts, hiddenSize, { ...router, quantizable: false }), moe.routerBias),
    ...(moe.correctionBias ? [vector('gate.e_score_correction_bias', moe.experts, { ...router, fp32: true })] : []),
    ...(moe.routerScales === true ? [vector('gate.scale', hiddenSize, router), vector('gate.per_expert_scale', moe.experts, router)] : []),
  ];
  tensors.push(...expertTensors(moe, hiddenSize));
  if (moe.expertHiddenSize !== null) {
    const latent = { group: 'shared_experts', sharding: 'replicated' } as const;
    tensors.push(
      matrix('fc1_latent_proj', moe.expertHiddenSize, hiddenSize, latent),
      matrix('fc2_latent_proj', hiddenSize, moe.expertHiddenSize, latent),
    );
  }
  if (moe.sharedIntermediateSize > 0) {
    const shared = { intermediateSize: moe.sharedIntermediateSize, gated: moe.gated, bias: false };
    tensors.push(...denseTensors(shared, 'shared_experts', 'shared_experts.', hiddenSize));
    if (moe.sharedExpertGate) {
      tensors.push(matrix('shared_expert_gate', 1, hiddenSize, { group: 'shared_experts', sharding: 'replicated', quantizable: false }));
    }
  }
  return tensors;
}

/** The routed experts, `experts` copies of each matrix; they work in the latent width where there is one. */
function expertTensors(moe: MoeMlp, hiddenSize: number): readonly TensorSpec[] {
  const width = moe.expertHiddenSize ?? hiddenSize;
  const common = { group: 'experts', sharding: 'expert', copies: moe.experts } as const;
  const input = { ...common, expertCut: 'column', fusedInto: 'experts.w13' } as const;
  const inputs = [
    ...(moe.gated ? [matrix('experts.gate_proj', moe.expertIntermediateSize, width, input)] : []),
    matrix('experts.up_proj', moe.expertIntermediateSize, width, input),
  ];
  const down = matrix('experts.down_proj', width, moe.expertIntermediateSize, { ...common, expertCut: 'row', fusedInto: 'experts.w2' });
  return [...inputs, down].flatMap((weight) => withBias(weight, moe.expertBias));
}
