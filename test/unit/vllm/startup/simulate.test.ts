import assert from 'node:assert/strict';
import type { CheckpointQuantization } from '../../../../src/estimator/architecture';
import { GIB, MIB } from '../../../../src/estimator/units';
import { simulateStartup } from '../../../../src/vllm/startup/simulate';
import { LLAMA_70B, LLAMA_8B, QWEN3_8B, args, gpus } from './models';

function within(actual: number | undefined, expected: number, relative: number): void {
  assert.ok(
    actual !== undefined && Math.abs(actual / expected - 1) <= relative,
    `${actual} is not within ${relative * 100} % of ${expected}`,
  );
}

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

  it('takes what a quantized checkpoint leaves in 16 bit from its weight headers', () => {
    const awq: CheckpointQuantization = {
      method: 'awq',
      bits: 4,
      groupSize: 128,
      blockSize: null,
      symmetric: false,
      actOrder: false,
      type: 'int',
      ignored: [],
      expertsOnly: false,
      lmHeadQuantized: false,
      kvCacheScheme: null,
      ggufType: null,
      doubleQuant: false,
      basis: 'name',
    };
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
