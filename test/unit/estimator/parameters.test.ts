import assert from 'node:assert/strict';
import type { Architecture, AttentionMixer, LayerKind, MoeMlp } from '../../../src/estimator/architecture';
import { layerTensors, outerTensors, parameterCount } from '../../../src/estimator/parameters';
import type { TensorSpec } from '../../../src/estimator/tensors';
import { attention, decoderOf, DEEPSEEK_V3_MLA, denseLayer } from './decoders';

const ATTENTION = attention(32, 8, 128);
const MOE: MoeMlp = {
  kind: 'moe',
  experts: 128,
  expertsPerToken: 8,
  expertIntermediateSize: 768,
  gated: true,
  expertHiddenSize: null,
  sharedIntermediateSize: 0,
  sharedExpertGate: false,
  routerBias: false,
  correctionBias: false,
  expertBias: false,
};
const DENSE = denseLayer(ATTENTION, 14336);

function architecture(kind: LayerKind, more: Partial<Architecture> = {}): Architecture {
  return decoderOf(kind, 32, more);
}

function tensorsOf(kind: LayerKind): readonly TensorSpec[] {
  return layerTensors(architecture(kind), kind);
}

function named(tensors: readonly TensorSpec[], name: string): TensorSpec {
  const found = tensors.find((tensor) => tensor.name === name);
  assert.ok(found, `${name} among ${tensors.map((tensor) => tensor.name).join(', ')}`);
  return found;
}

describe('the tensors of a layer', () => {
  it('add up to Llama-3.1-8B', () => {
    // Total of the checkpoint's headers on the Hub.
    assert.equal(parameterCount(architecture(DENSE)), 8030261248);
  });

  it('come in the order in which the modules are defined', () => {
    assert.deepEqual(
      tensorsOf(DENSE).map(({ name }) => name),
      ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj', 'layernorm'],
    );
  });

  it('say how tensor parallelism cuts them and what is merged', () => {
    const tensors = tensorsOf(DENSE);
    const cut = (name: string): readonly unknown[] => {
      const { sharding, fusedInto, heads, outFeatures, inFeatures } = named(tensors, name);
      return [sharding, fusedInto, heads, outFeatures, inFeatures];
    };
    assert.deepEqual(cut('q_proj'), ['column', 'qkv_proj', undefined, 4096, 4096]);
    assert.deepEqual(cut('k_proj'), ['kv', 'qkv_proj', 8, 1024, 4096]);
    assert.deepEqual(cut('o_proj'), ['row', undefined, undefined, 4096, 4096]);
    assert.deepEqual(cut('gate_proj'), ['column', 'gate_up_proj', undefined, 14336, 4096]);
    assert.deepEqual(cut('down_proj'), ['row', undefined, undefined, 4096, 14336]);
    assert.equal(named(tensors, 'layernorm').quantizable, false);
  });

  it('keep biases of cut outputs with them and of row-cut layers whole', () => {
    const tensors = tensorsOf({ ...DENSE, mixers: [{ ...ATTENTION, qkvBias: true, outputBias: true }] });
    assert.deepEqual([named(tensors, 'k_proj.bias').sharding, named(tensors, 'k_proj.bias').fusedInto], ['kv', 'qkv_proj.bias']);
    assert.equal(named(tensors, 'o_proj.bias').sharding, 'replicated');
  });

  it('double q for an output gate, leave out v where it is k, and both where the cache is shared', () => {
    assert.equal(named(tensorsOf({ ...DENSE, mixers: [{ ...ATTENTION, outputGate: true }] }), 'q_proj').outFeatures, 8192);
    const names = (mixer: AttentionMixer): readonly string[] => tensorsOf({ ...DENSE, mixers: [mixer] }).map(({ name }) => name);
    assert.ok(!names({ ...ATTENTION, keyIsValue: true }).includes('v_proj'));
    assert.ok(!names({ ...ATTENTION, sharesKvCache: true, qkNorm: 'per_head' }).some((name) => /^k_|^v_/.test(name)));
  });

  it('replicate the latent projections of MLA and cut the heads', () => {
    const tensors = layerTensors(architecture(DENSE, { hiddenSize: 7168 }), {
      ...DENSE,
      mixers: [DEEPSEEK_V3_MLA],
      feedForwards: [],
      norms: 0,
    });
    assert.deepEqual(
      tensors.map(({ name, sharding, outFeatures }) => [name, sharding, outFeatures]),
      [
        ['q_a_proj', 'replicated', 1536],
        ['kv_a_proj_with_mqa', 'replicated', 576],
        ['q_a_layernorm', 'replicated', 1536],
        ['q_b_proj', 'column', 128 * 192],
        ['kv_a_layernorm', 'replicated', 512],
        ['kv_b_proj', 'column', 128 * 256],
        ['o_proj', 'row', 7168],
      ],
    );
  });

  it('hold each expert once per expert, cut inside or given away whole', () => {
    const tensors = layerTensors(architecture(DENSE, { hiddenSize: 2048 }), { ...DENSE, feedForwards: [{ ...MOE, expertBias: true }] });
    const gate = named(tensors, 'experts.gate_proj');
    assert.deepEqual([gate.copies, gate.sharding, gate.expertCut, gate.fusedInto], [128, 'expert', 'column', 'experts.w13']);
    assert.deepEqual([named(tensors, 'experts.down_proj').expertCut, named(tensors, 'experts.down_proj.bias').sharding], ['row', 'expert']);
    assert.deepEqual([named(tensors, 'gate').sharding, named(tensors, 'gate').quantizable], ['replicated', false]);
  });

  it('store fp32 what the checkpoint stores in fp32', () => {
    const mixer = { kind: 'gated_delta_net', keyHeads: 16, valueHeads: 32, keyHeadDim: 128, valueHeadDim: 128, convKernel: 4 } as const;
    const tensors = tensorsOf({ ...DENSE, mixers: [mixer] });
    assert.equal(named(tensors, 'A_log').fp32, true);
    assert.equal(named(tensors, 'conv1d').quantizable, false);
  });
});

describe('the tensors outside the layers', () => {
  it('are embedding, norm and head; a tied head is not stored', () => {
    const names = (more: Partial<Architecture>): readonly string[] => outerTensors(architecture(DENSE, more)).map(({ name }) => name);
    assert.deepEqual(names({}), ['embed_tokens', 'norm', 'lm_head']);
    assert.deepEqual(names({ tieWordEmbeddings: true }), ['embed_tokens', 'norm']);
    assert.deepEqual(names({ lmHead: false }), ['embed_tokens', 'norm']);
    assert.deepEqual(names({ normKind: 'none', learnedPositions: 514 }), ['embed_tokens', 'embed_positions', 'lm_head']);
  });

  it('cut vocabulary rows', () => {
    for (const { name, sharding } of outerTensors(architecture(DENSE))) assert.equal(sharding, name === 'norm' ? 'replicated' : 'vocab');
  });

  it('hold a per-layer table for all layers', () => {
    const tensors = outerTensors(architecture(DENSE, { perLayerInputs: { vocabSize: 1000, width: 256 } }));
    const table = named(tensors, 'embed_tokens_per_layer');
    assert.deepEqual([table.outFeatures, table.inFeatures, table.sharding], [1000, 32 * 256, 'vocab']);
  });
});
