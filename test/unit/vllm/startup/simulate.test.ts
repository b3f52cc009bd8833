import assert from 'node:assert/strict';
import { plainQuantization, type CheckpointQuantization } from '../../../../src/estimator/architecture';
import { GIB, MIB } from '../../../../src/estimator/units';
import { resolveGpu } from '../../../../src/analysis/gpu';
import { simulateStartup } from '../../../../src/vllm/startup/simulate';
import { LLAMA_70B, LLAMA_8B, QWEN3_8B, args, gpus } from './models';

function within(actual: number | undefined, expected: number, relative: number): void {
  assert.ok(
    actual !== undefined && Math.abs(actual / expected - 1) <= relative,
    `${actual} is not within ${relative * 100} % of ${expected}`,
  );
}

const NO_QUANTIZATION = plainQuantization('none', 16, 'name');

describe('simulated start-up', () => {
  it('reproduces Qwen3-8B on two RTX 3080 20 GB under 0.8.5.post1', () => {
    const report = simulateStartup({
      model: QWEN3_8B,
      gpu: gpus('rtx_3080_20', 2),
      version: '0.8.5.post1',
      args: args({
        'tensor-parallel-size': 2,
        'gpu-memory-utilization': 0.5,
        'cpu-offload-gb': 5,
        'max-model-len': 4096,
        'max-num-batched-tokens': 4096,
        'block-size': 32,
        'enforce-eager': true,
      }),
    });
    // As vLLM printed: 2.6077 GiB, 79,040 tokens, 19.30x.
    within(report.perGpu.weights.value, 2.6077 * GIB, 0.001);
    within(report.kvCache.tokens?.value, 79040, 0.02);
    within(report.kvCache.maxConcurrency?.value, 19.3, 0.02);
    assert.ok((report.kvCache.tokens?.low ?? Infinity) <= 79040 && (report.kvCache.tokens?.high ?? 0) >= 79040);
    assert.equal(report.kvCache.bytesPerTokenPerGpu, 73728);
    assert.equal(report.outcome, 'ok');
    assert.match(report.host.offloaded ?? '', /^layers 0-26 and qkv_proj, o_proj.*gate_up_proj, down_proj of layer 27$/);
  });

  it('starts a 70B in 4 bit with all layers on the host on one 32 GB card', () => {
    const report = simulateStartup({
      model: LLAMA_70B,
      gpu: gpus('rtx_5090', 1, 31.48),
      version: '0.8.5.post1',
      args: args({
        quantization: 'bitsandbytes',
        'gpu-memory-utilization': 0.25,
        'cpu-offload-gb': 60,
        'max-num-seqs': 8,
        'max-num-batched-tokens': 512,
        'max-model-len': 512,
        'block-size': 16,
        'enforce-eager': true,
      }),
    });
    assert.equal(report.outcome, 'ok');
    // nvidia-smi showed 7,173 MiB.
    within(report.perGpu.peakUsed?.value, 7173 * MIB, 0.06);
    assert.ok((report.perGpu.peakUsed?.low ?? Infinity) <= 7173 * MIB && (report.perGpu.peakUsed?.high ?? 0) >= 7173 * MIB);
  });

  it('keeps 20 GiB of the same model on the host at utilization 0.9', () => {
    const report = simulateStartup({
      model: LLAMA_70B,
      gpu: gpus('rtx_5090', 1, 31.48),
      version: '0.8.5.post1',
      args: args({
        quantization: 'bitsandbytes',
        'gpu-memory-utilization': 0.9,
        'cpu-offload-gb': 20,
        'max-num-seqs': 256,
        'max-model-len': 8192,
        'enforce-eager': true,
      }),
    });
    assert.equal(report.outcome, 'ok');
    assert.ok(report.host.cpuOffloadBytes >= 20 * GIB && report.host.cpuOffloadBytes < 20.5 * GIB);
    assert.ok((report.kvCache.neededForMaxModelLen ?? Infinity) < (report.perGpu.kvCache?.value ?? 0));
  });

  it('agrees with the H100 log of Llama-3.1-8B under 0.19.0', () => {
    const report = simulateStartup({
      model: LLAMA_8B,
      gpu: gpus('h100_80', 1, 79.19),
      version: '0.19.0',
      args: args({ 'max-model-len': 8192, 'gpu-memory-utilization': 0.95 }),
    });
    within(report.perGpu.weights.value, 14.99 * GIB, 0.001);
    within(report.perGpu.activationPeak?.value, 1.89 * GIB, 0.01);
    within(report.perGpu.kvCache?.value, 58.11 * GIB, 0.001);
    within(report.kvCache.tokens?.value, 476016, 0.001);
    within(report.kvCache.maxConcurrency?.value, 58.11, 0.001);
    assert.equal(report.settings.maxNumSeqs, 1024);
    assert.equal(report.settings.maxNumBatchedTokens, 8192);
  });

  it('refuses the full context of Llama-3.1-8B on a 24 GB card and says which length fits', () => {
    const report = simulateStartup({ model: LLAMA_8B, gpu: gpus('rtx_4090', 1, 23.52), version: '0.19.0', args: args({}) });
    assert.equal(report.outcome, 'kv_too_small_for_max_len');
    assert.equal(report.kvCache.neededForMaxModelLen, 16 * GIB);
    within(report.kvCache.maxModelLenThatFits?.value, 44300, 0.02);
  });

  it('leaves in 16 bit the modules that a checkpoint ignores, but no layer for what it says of its prediction heads', () => {
    const fp8 = { ...NO_QUANTIZATION, method: 'fp8', bits: 8, groupSize: 0, type: 'float' as const, basis: 'config' as const };
    const weightsOf = (...ignored: readonly string[]): number =>
      simulateStartup({
        model: { ...QWEN3_8B, quantization: { ...fp8, ignored } },
        gpu: gpus('h100_80', 1),
        version: '0.19.0',
        args: args({}),
      }).perGpu.weights.value;
    // Per layer of Qwen3-8B: 150,994,944 parameters of the MLP, 41,943,040 of attention.
    const [mlp, attention] = [36 * 150_994_944, 36 * 41_943_040];
    assert.equal(weightsOf('mtp.layers.**', 'model.mtp.layers.0.mlp', 'mtp.fc'), weightsOf());
    for (const pattern of ['*.mlp.*', 'model.layers.*.mlp*', 're:.*mlp.*', 'mlp']) within(weightsOf(pattern) - weightsOf(), mlp, 0.001);
    for (const pattern of ['*.self_attn.*', 'model.language_model.layers.*.self_attn*'])
      within(weightsOf(pattern) - weightsOf(), attention, 0.001);
    // Of the 36 layers, 1 and 10 to 19 begin with a 1; a dot ends the number.
    const layer = 150_994_944 + 41_943_040;
    within(weightsOf('model.layers.1*') - weightsOf(), 11 * layer, 0.001);
    within(weightsOf('model.layers.1.*') - weightsOf(), layer, 0.001);
    within(weightsOf('model.layers.1*.mlp') - weightsOf(), 11 * 150_994_944, 0.001);
    within(weightsOf('model.layers.35*', 'model.layers.3*') - weightsOf(), 7 * layer, 0.001);
  });

  it('deals layers out as VLLM_PP_LAYER_PARTITION says, and by its own rule where vLLM would refuse the partition', () => {
    const weightsOf = (partition: string | null): number =>
      simulateStartup({
        model: LLAMA_8B,
        gpu: gpus('h100_80', 2),
        version: '0.19.0',
        args: args({ 'pipeline-parallel-size': 2, 'max-model-len': 8192 }),
        ...(partition === null ? {} : { environment: new Map([['VLLM_PP_LAYER_PARTITION', partition]]) }),
      }).perGpu.weights.value;
    // 218,112,000 parameters per layer of Llama-3.1-8B; even halves of 7.51 GiB each (v0.19.0, H100).
    const layer = 2 * 218_112_000;
    within(weightsOf(null), 7.51 * GIB, 0.001);
    within(weightsOf('20,12') - weightsOf('16,16'), 4 * layer, 0.001);
    within(weightsOf('10,22') - weightsOf('16,16'), 6 * layer, 0.001);
    for (const refused of ['20,13', '16', '16,a', '']) assert.equal(weightsOf(refused), weightsOf(null));
  });

  it('tells the activation peak of the first rank of a pipeline from that of the last, which samples', () => {
    const { perGpu, kvCache } = simulateStartup({
      model: LLAMA_8B,
      gpu: gpus('h100_80', 2, 79.19),
      version: '0.19.0',
      args: args({ 'pipeline-parallel-size': 2, 'max-model-len': 8192, 'gpu-memory-utilization': 0.95 }),
    });
    // As the log has it: 1.10 GiB on the first rank, and the tokens that the last one leaves.
    within(perGpu.firstRankActivation ?? 0, 1.1 * GIB, 0.1);
    assert.ok((perGpu.activationPeak?.value ?? 0) > 1.8 * GIB);
    within(kvCache.tokens?.value, 1_075_312, 0.003);
  });

  it('is not certain where a card of the same name in another size decides otherwise', () => {
    const on = (size: number): ReturnType<typeof simulateStartup> => {
      const { gpu: sized } = resolveGpu([{ name: 'A100', count: 1, totalMemoryGib: null, source: 'flag' }], args({}));
      assert.ok(sized);
      assert.deepEqual(
        sized.otherSizes?.map(({ memoryGb }) => memoryGb),
        [40],
      );
      return simulateStartup({ model: LLAMA_8B, gpu: sized, version: '0.19.0', args: args({ 'max-model-len': size }) });
    };
    // 131,072 tokens are 16 GiB beside 15 GiB of weights: 70 % of 80 GB hold them, 70 % of 40 GB do not.
    assert.equal(on(65536).certainty, 'certain');
    const report = simulateStartup({ ...on(131072).input, args: args({ 'gpu-memory-utilization': 0.7 }) });
    assert.deepEqual([report.outcome, report.certainty], ['ok', 'likely']);
    assert.equal(report.onOtherSize?.outcome, 'kv_too_small_for_max_len');
    assert.equal(report.onOtherSize?.input.gpu?.gpu.memoryGb, 40);
  });

  it('takes what a quantized checkpoint leaves in 16 bit from its weight headers', () => {
    const awq: CheckpointQuantization = { ...NO_QUANTIZATION, method: 'awq', bits: 4, groupSize: 128, symmetric: false };
    const weightsOf = (exactBytes: ReadonlyMap<string, number> | null): number =>
      simulateStartup({
        model: { ...QWEN3_8B, quantization: awq, exactBytes },
        gpu: gpus('rtx_4090', 2),
        version: '0.19.0',
        args: args({ 'tensor-parallel-size': 2 }),
      }).perGpu.weights.value;
    // Attention of Qwen3-8B: 1,509,949,440 parameters in 16 bit instead of 4 bit and scales, on two GPUs.
    const attention = 1_509_949_440;
    const added = (attention * (2 - (0.5 + 2 / 128 + 0.5 / 128))) / 2;
    within(weightsOf(new Map([['attention', attention * 2]])) - weightsOf(null), added, 0.01);
  });

  it('profiles the longest prompt under V0, with and without bitsandbytes', () => {
    const peak = (length: number): number => {
      const written = args({ 'max-model-len': length, quantization: 'bitsandbytes' });
      const report = simulateStartup({ model: LLAMA_8B, gpu: gpus('a10', 1), version: '0.6.6.post1', args: written });
      return (report.perGpu.activationPeak?.value ?? 0) / GIB;
    };
    // As vLLM 0.6.6 printed for Llama-3.1-8B; above 32,768 tokens it chunks prompts, and its sampler decides.
    within(peak(20000), 2.07, 0.01);
    within(peak(29000), 2.99, 0.01);
    within(peak(50000), 1.19, 0.02);
  });

  it('computes what needs no GPU without one', () => {
    const report = simulateStartup({ model: QWEN3_8B, gpu: null, version: '0.27.1', args: args({ 'max-model-len': 4096 }) });
    assert.equal(report.outcome, null);
    assert.equal(report.perGpu.kvCache, null);
    within(report.perGpu.weights.value, 15.27 * GIB, 0.005);
    assert.equal(report.kvCache.neededForMaxModelLen, 4096 * 147456);
  });
});
