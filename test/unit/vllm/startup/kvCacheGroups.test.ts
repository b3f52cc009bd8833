import assert from 'node:assert/strict';
import type { DeltaNetMixer, MambaMixer } from '../../../../src/estimator/architecture';
import { GIB } from '../../../../src/estimator/units';
import {
  blockCount,
  blocksPerRequest,
  kvCacheLayout,
  longestLength,
  maxConcurrency,
  reportedTokens,
  type CountedCache,
  type KvCacheLayout,
  type KvCacheSettings,
} from '../../../../src/vllm/startup/kvCacheGroups';
import { cachesOf, type KvCacheFormat } from '../../../../src/vllm/startup/kvCacheSpecs';
import { attention, DEEPSEEK_V3_MLA } from '../../estimator/decoders';

const SETTINGS: KvCacheSettings = {
  blockSize: 16,
  maxNumBatchedTokens: 2048,
  decodeContextParallel: 1,
  hybrid: true,
  batchesInFlight: 1,
  stateBlocksPerRequest: 1,
  encoderTokens: 1500,
  reportedTokens: 'pool',
  numGpuBlocksOverride: null,
};

const BF16: KvCacheFormat = { tensorParallel: 1, dtype: 'bfloat16', modelBytes: 2, stateBytes: 2, convBytes: 2, speculativeTokens: 0 };

function layoutOf(caches: readonly CountedCache[], settings: KvCacheSettings = SETTINGS): KvCacheLayout {
  const layout = kvCacheLayout(caches, settings);
  assert.ok(layout);
  return layout;
}

const full = (bytesPerToken: number, layers: number): CountedCache => ({ cache: { kind: 'full', bytesPerToken, latent: false }, layers });
const sliding = (bytesPerToken: number, window: number, layers: number): CountedCache => ({
  cache: { kind: 'sliding', bytesPerToken, window },
  layers,
});

/** Gated delta net of Qwen3.5-27B. */
const DELTA_NET: DeltaNetMixer = {
  kind: 'gated_delta_net',
  keyHeads: 16,
  valueHeads: 48,
  keyHeadDim: 128,
  valueHeadDim: 128,
  convKernel: 4,
};

describe('KV cache groups', () => {
  it('gives Gemma-3-27b one full and six sliding groups of ten layers', () => {
    // TP2: 8 KV heads x 2 x 128 x 2 bytes.
    const layout = layoutOf([full(4096, 10), sliding(4096, 1024, 52)]);
    assert.equal(layout.groupSize, 10);
    assert.deepEqual(
      layout.groups.map((group) => group.groups),
      [1, 6],
    );
    assert.equal(blocksPerRequest(layout, 131072, SETTINGS), 8192 + 6 * 193);
  });

  it('reports what gemma-3-27b-it printed on an H100 under 0.19.0', () => {
    // 36,560 tokens and 4.46x at 8192 tokens from 19.53 GiB (two decimals), 8192 batched tokens.
    const settings = { ...SETTINGS, maxNumBatchedTokens: 8192 };
    const layout = layoutOf([full(8192, 10), sliding(8192, 1024, 52)], settings);
    const blocks = blockCount(layout, 19.53 * GIB, settings);
    assert.ok(Math.abs(reportedTokens(layout, blocks, 8192, settings) / 36560 - 1) < 0.001);
    assert.ok(Math.abs(maxConcurrency(layout, blocks, 8192, settings) / 4.46 - 1) < 0.002);
  });

  it('reports what gemma-4-26B-A4B printed on a GB10 under 0.25.1: pages of two sizes', () => {
    // 3,875,400 tokens, 14.78x at 262,144 from 83.89 GiB with 2496 batched tokens.
    const settings: KvCacheSettings = { ...SETTINGS, maxNumBatchedTokens: 2496, reportedTokens: 'concurrency' };
    const layout = layoutOf([sliding(8192, 1024, 25), full(4096, 5)], settings);
    const blocks = blockCount(layout, 83.89 * GIB, settings);
    assert.ok(Math.abs(maxConcurrency(layout, blocks, 262144, settings) - 14.78) < 0.01);
    assert.ok(Math.abs(reportedTokens(layout, blocks, 262144, settings) / 3875400 - 1) < 0.001);
  });

  it('sizes every layer as full attention when the hybrid manager is off', () => {
    const settings = { ...SETTINGS, hybrid: false };
    const layout = layoutOf([full(4096, 10), sliding(4096, 1024, 52)], settings);
    assert.equal(blocksPerRequest(layout, 131072, settings) * layout.bytesPerBlock, 62 * 131072 * 4096);
    assert.equal(layout.bytesPerToken, 62 * 4096);
  });

  it('enlarges the attention block of Qwen3.5-27B at TP4 and reports what it printed', () => {
    const format = { ...BF16, tensorParallel: 4, stateBytes: 4 };
    const states = cachesOf(DELTA_NET, format).map((cache) => ({ cache, layers: 48 }));
    const layout = layoutOf([full(1024, 16), ...states]);
    assert.equal(layout.blockSize, 784);
    // 114,464 tokens from 7.0 GiB (0.19.0, four RTX 3090).
    assert.equal(reportedTokens(layout, blockCount(layout, 7 * GIB, SETTINGS), 32768, SETTINGS), 114464);
  });

  it('reproduces the block sizes other hybrid models logged', () => {
    // Qwen 27B hybrid, TP2, fp32 state, three speculative tokens: 1600 tokens with fp8, 1584 with int8_per_token_head.
    const caches = (dtype: string): CountedCache[] => {
      const format = { ...BF16, tensorParallel: 2, dtype, stateBytes: 4, speculativeTokens: 3 };
      const keys = cachesOf(attention(24, 4, 256, { qkNorm: 'per_head', outputGate: true }), format);
      return [...keys, ...cachesOf(DELTA_NET, format)].map((cache) => ({ cache, layers: 16 }));
    };
    assert.equal(layoutOf(caches('fp8')).blockSize, 1600);
    assert.equal(layoutOf(caches('int8_per_token_head')).blockSize, 1584);
  });

  it('reproduces the 672-token block of Nemotron-Nano-9B-v2', () => {
    const mamba: MambaMixer = {
      kind: 'mamba2',
      intermediateSize: 10240,
      stateSize: 128,
      convKernel: 4,
      heads: 128,
      headDim: 80,
      groups: 8,
      timeStepRank: null,
      convBias: true,
      projectionBias: false,
      innerNorm: 'gated',
    };
    const states = cachesOf(mamba, BF16).map((cache) => ({ cache, layers: 27 }));
    assert.equal(layoutOf([full(2 * 8 * 128 * 2, 4), ...states]).blockSize, 672);
  });

  it('does not divide the latent cache of MLA by tensor parallelism', () => {
    const caches = cachesOf(DEEPSEEK_V3_MLA, { ...BF16, tensorParallel: 8 });
    const layout = layoutOf(caches.map((cache) => ({ cache, layers: 61 })));
    assert.equal(layout.bytesPerToken, 70272);
    // DeepSeek-V3 TP8 on H200 (0.11.2): 635,648 tokens from 41.60 GiB, FlashMLA's block of 64.
    const settings = { ...SETTINGS, blockSize: 64 };
    const large = layoutOf(
      caches.map((cache) => ({ cache, layers: 61 })),
      settings,
    );
    const tokens = reportedTokens(large, blockCount(large, 41.6 * GIB, settings), null, settings);
    assert.ok(Math.abs(tokens / 635648 - 1) < 0.0005);
  });

  it('finds the longest length that fits', () => {
    const layout = layoutOf([full(4096, 32)]);
    const blocks = blockCount(layout, 4 * GIB, SETTINGS);
    assert.equal(longestLength(layout, blocks, 1_000_000, SETTINGS), blocks * 16);
    assert.equal(longestLength(layout, 0, 1_000_000, SETTINGS), 0);
  });
});
