import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'mocha';
import { servingSpeed } from '../../../src/analysis/speed';
import { Lines } from '../../../src/deployments/lines';
import { estimateJson } from '../../../src/report/estimateJson';
import { analysisOf } from '../analysis/estimates';

/** The keys of an object, nested ones with dots; lists and null count as leaves. */
function keysOf(value: unknown, prefix = ''): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [prefix];
  return Object.entries(value).flatMap(([key, inner]) => keysOf(inner, prefix === '' ? key : `${prefix}.${key}`));
}

/** The contract, per deployment. */
const CONTRACT =
  `file line reader model.id model.source model.parameters model.confidence gpu.key gpu.label gpu.count gpu.total_memory_gib gpu.source
  vllm_version per_gpu.budget_gib per_gpu.weights_gib per_gpu.activation_peak_gib per_gpu.cuda_graph_gib per_gpu.non_torch_gib per_gpu.kv_cache_gib
  per_gpu.peak_used_gib kv_cache.bytes_per_token_per_gpu kv_cache.tokens kv_cache.block_size kv_cache.max_concurrency
  kv_cache.needed_for_max_model_len_gib kv_cache.max_model_len_that_fits host.cpu_offload_gib host.ram_required_gib outcome memory_status
  range.weights_gib range.activation_peak_gib range.cuda_graph_gib range.non_torch_gib range.kv_cache_gib range.kv_cache_tokens
  speed.time_to_first_token_ms speed.ms_per_token speed.per_user_tps speed.throughput_tps speed.power_w diagnostics`.split(/\s+/);

async function json(text: string) {
  const lines = new Lines(text);
  const analysis = await analysisOf(text);
  return estimateJson(
    analysis,
    { file: 'a.yaml', positionAt: (offset) => lines.positionAt(offset) },
    analysis.report && servingSpeed(analysis.report),
  );
}

describe('the estimate as JSON', () => {
  it('has every field of the contract', async () => {
    const keys = new Set(keysOf(await json(readFileSync('samples/qwen3-8b-2x3080.yaml', 'utf8'))));
    for (const key of CONTRACT) assert.ok(keys.has(key), `${key} is missing`);
  });

  it('gives the figures of a run that was published', async () => {
    const estimate = await json(readFileSync('samples/qwen3-8b-2x3080.yaml', 'utf8'));
    assert.deepEqual([estimate.line, estimate.reader, estimate.outcome, estimate.memory_status], [3, 'vllm-yaml', 'ok', 'okay']);
    assert.equal(estimate.kv_cache.bytes_per_token_per_gpu, 73_728);
    assert.equal(estimate.kv_cache.block_size, 32);
    assert.ok(Math.abs((estimate.per_gpu.weights_gib ?? 0) - 2.6077) < 0.01);
    const [low, high] = estimate.range.kv_cache_tokens ?? [NaN, NaN];
    assert.ok(low <= 79_040 && 79_040 <= high);
  });

  it('gives the speed that a published run had: a 4-bit 70B model read over PCIe at every step, 0.4 tokens per second', async () => {
    const { speed } = await json(readFileSync('samples/deepseek-r1-70b-offload.yaml', 'utf8'));
    assert.ok(Math.abs((speed.per_user_tps ?? 0) - 0.4) <= 0.1, String(speed.per_user_tps));
  });

  it('places diagnostics by line and UTF-16 character', async () => {
    const text = '# 模型 🚀\r\n# vram: gpu=rtx_4090\r\nmodel: meta-llama/Llama-3.1-8B-Instruct\r\nmax-model-len: 131072\r\n';
    const { diagnostics, outcome, memory_status: status } = await json(text);
    const diagnostic = diagnostics.find(({ code }) => code === 'kv-too-small');
    assert.deepEqual(diagnostic?.range, { start: { line: 3, character: 0 }, end: { line: 3, character: 21 } });
    assert.equal(diagnostic.key, 'max-model-len');
    assert.equal(typeof diagnostic.fixes[0]?.edits['max-model-len'], 'number');
    assert.deepEqual([outcome, status], ['kv_too_small_for_max_len', 'insufficient']);
  });

  it('gives fixes as keys to set, remove and rename', async () => {
    const { diagnostics } = await json('model: Qwen/Qwen3-8B\nmax_model_len: 4096\nmax_model_len: 8192\nswap_space: 4\n');
    const fixes = (code: string): unknown => diagnostics.find((diagnostic) => diagnostic.code === code)?.fixes.at(-1);
    assert.deepEqual(fixes('yaml-removed'), { title: 'Remove swap_space', edits: {}, remove: ['swap_space'] });
    assert.deepEqual(fixes('yaml-dup'), { title: 'Remove max_model_len', edits: {}, remove: ['max_model_len'] });
  });

  it('says null for what is not known, never 0', async () => {
    const estimate = await json('model: no/body\nmax-model-len: 4096\n');
    assert.equal(estimate.gpu, null);
    assert.deepEqual([estimate.outcome, estimate.memory_status, estimate.model.parameters], [null, null, null]);
    for (const figures of [estimate.per_gpu, estimate.kv_cache, estimate.host, estimate.range, estimate.speed]) {
      for (const [name, value] of Object.entries(figures)) assert.equal(value, null, name);
    }
  });
});
