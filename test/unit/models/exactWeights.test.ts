import assert from 'node:assert/strict';
import { GIB } from '../../../src/estimator/units';
import type { Model } from '../../../src/estimator/architecture';
import { simulateStartup } from '../../../src/vllm/startup/simulate';
import { args, gpus } from '../vllm/startup/models';
import { headersOf, modelFromHeaders } from './checkpoints';
import type { Recipe } from './checkpoints';
import { catalogue } from './support';

interface Logged {
  readonly id: string;
  readonly recipe: Recipe;
  readonly version: string;
  readonly gpu: string;
  readonly tp?: number;
  readonly pp?: number;
  /** "Model loading took … GiB", as vLLM rounds it. */
  readonly gib: number;
  /** Relative difference that the GPU's kernel adds by repacking, which no header shows. */
  readonly repacked?: number;
}

/** The logs of llm-d-planner (github.com/llm-d-incubation/llm-d-planner, accuracy/results/v0.19.0/logs) and others, all in test/fixtures/measured. */
const LOGS: readonly Logged[] = [
  { id: 'meta-llama/Llama-3.1-8B-Instruct', recipe: 'bf16', version: '0.19.0', gpu: 'h100_80', gib: 14.99 },
  { id: 'meta-llama/Llama-3.1-8B-Instruct', recipe: 'bf16', version: '0.19.0', gpu: 'h100_80', tp: 2, gib: 7.51 },
  { id: 'meta-llama/Llama-3.1-8B-Instruct', recipe: 'bf16', version: '0.19.0', gpu: 'h100_80', tp: 4, gib: 3.77 },
  { id: 'meta-llama/Llama-3.1-8B-Instruct', recipe: 'bf16', version: '0.19.0', gpu: 'h100_80', pp: 2, gib: 7.51 },
  { id: 'meta-llama/Llama-3.1-8B-Instruct', recipe: 'bf16', version: '0.19.0', gpu: 'h100_80', pp: 4, gib: 4.26 },
  { id: 'meta-llama/Llama-3.1-8B-Instruct', recipe: 'w8a8', version: '0.19.0', gpu: 'h100_80', gib: 8.49 },
  { id: 'meta-llama/Llama-3.1-8B-Instruct', recipe: 'gptq', version: '0.19.0', gpu: 'h100_80', gib: 5.38, repacked: 0.002 },
  { id: 'meta-llama/Llama-3.3-70B-Instruct', recipe: 'fp8-dynamic', version: '0.19.0', gpu: 'h100_80', tp: 2, gib: 33.88 },
  { id: 'meta-llama/Llama-3.3-70B-Instruct', recipe: 'fp8-dynamic', version: '0.19.0', gpu: 'h100_80', tp: 4, gib: 16.96 },
  { id: 'meta-llama/Llama-3.3-70B-Instruct', recipe: 'w8a8', version: '0.19.0', gpu: 'h100_80', gib: 67.72 },
  { id: 'Qwen/Qwen3-8B', recipe: 'bf16', version: '0.19.0', gpu: 'h100_80', gib: 15.27 },
  { id: 'Qwen/Qwen3-8B', recipe: 'bf16', version: '0.19.0', gpu: 'h100_80', tp: 4, gib: 3.82 },
  { id: 'Qwen/Qwen3-4B', recipe: 'bf16', version: '0.12.0', gpu: 'rtx_pro_6000_server', gib: 7.5552 },
  { id: 'Qwen/Qwen2-7B-Instruct', recipe: 'bf16', version: '0.10.1.1', gpu: 'a100_80', tp: 2, gib: 7.1217 },
  { id: 'Qwen/Qwen2.5-14B-Instruct', recipe: 'bf16', version: '0.7.2', gpu: 'a100_80', gib: 27.5681 },
  { id: 'Qwen/Qwen2.5-72B-Instruct', recipe: 'bf16', version: '0.19.0', gpu: 'h100_80', tp: 4, gib: 33.98 },
  { id: 'Qwen/Qwen2.5-14B-Instruct', recipe: 'awq', version: '0.19.1', gpu: 'a10g', gib: 9.38, repacked: 0.002 },
  { id: 'Qwen/Qwen3-30B-A3B-Instruct-2507', recipe: 'bf16', version: '0.12.0', gpu: 'rtx_pro_6000_server', gib: 56.9342 },
  { id: 'Qwen/Qwen1.5-MoE-A2.7B', recipe: 'bf16', version: '0.19.0', gpu: 'h100_80', gib: 26.67 },
  { id: 'mistralai/Mixtral-8x7B-Instruct-v0.1', recipe: 'bf16', version: '0.19.0', gpu: 'h100_80', tp: 2, gib: 43.51 },
  { id: 'openai/gpt-oss-20b', recipe: 'mxfp4-experts', version: '0.19.0', gpu: 'h100_80', tp: 2, gib: 7.01, repacked: 0.013 },
  { id: 'openai/gpt-oss-20b', recipe: 'mxfp4-experts', version: '0.19.0', gpu: 'h100_80', tp: 4, gib: 3.63, repacked: 0.013 },
  { id: 'openai/gpt-oss-120b', recipe: 'mxfp4-experts', version: '0.10.1.1', gpu: 'a100_80', tp: 4, gib: 17.2217, repacked: 0.002 },
  { id: 'LGAI-EXAONE/EXAONE-4.0-32B', recipe: 'fp8-block', version: '0.11.0', gpu: 'l40s', gib: 30.9891 },
];

function weightsOf(model: Model, { version, gpu, tp = 1, pp = 1 }: Pick<Logged, 'version' | 'gpu' | 'tp' | 'pp'>): number {
  return simulateStartup({
    model,
    gpu: gpus(gpu, tp * pp),
    version,
    args: args({ 'tensor-parallel-size': tp, 'pipeline-parallel-size': pp, 'max-model-len': 8192 }),
  }).perGpu.weights.value;
}

/** Half of the last digit logged, and what the allocator rounds: 0.5 per mille. */
function assertLogged(bytes: number, { gib, repacked = 0 }: Logged): void {
  const digit = 10 ** -(String(gib).split('.')[1]?.length ?? 0);
  const allowed = digit / 2 + gib * (0.0005 + repacked);
  assert.ok(Math.abs(bytes / GIB - gib) <= allowed, `${(bytes / GIB).toFixed(4)} GiB, logged ${gib}`);
}

const H100 = { version: '0.19.0', gpu: 'h100_80' } as const;
const LLAMA = 'meta-llama/Llama-3.1-8B-Instruct';

function architectureOf(id: string): Model['architecture'] {
  const known = catalogue.find(id);
  assert.ok(known, id);
  return known.model.architecture;
}

describe('weights per GPU from weight headers', () => {
  for (const log of LOGS) {
    const { id, recipe, tp = 1, pp = 1, gib } = log;
    it(`of ${id} in ${recipe}, tensor parallel ${tp}, pipeline parallel ${pp}, are the ${gib} GiB vLLM logged`, () => {
      assertLogged(weightsOf(modelFromHeaders(id, recipe), log), log);
    });
  }

  it('leave out what vLLM does not load: MTP modules, rotary buffers, a head that is tied', () => {
    const id = 'Qwen/Qwen3-4B';
    const own = headersOf(architectureOf(id), 'bf16');
    const extra = [
      { name: 'lm_head.weight', dtype: 'BF16', shape: [151936, 2560] },
      { name: 'model.layers.0.self_attn.rotary_emb.inv_freq', dtype: 'F32', shape: [64] },
      { name: 'model.layers.36.eh_proj.weight', dtype: 'BF16', shape: [2560, 5120] },
      { name: 'model.layers.36.mlp.down_proj.weight', dtype: 'BF16', shape: [2560, 9728] },
      { name: 'mtp.fc.weight', dtype: 'BF16', shape: [2560, 5120] },
    ];
    assert.equal(weightsOf(modelFromHeaders(id, 'bf16', [...own, ...extra]), H100), weightsOf(modelFromHeaders(id, 'bf16', own), H100));
  });

  it('are those of the served type where the files hold fp32', () => {
    assert.equal(weightsOf(modelFromHeaders(LLAMA, 'f32'), H100), weightsOf(modelFromHeaders(LLAMA, 'bf16'), H100));
  });

  it('drop the zero points and indices of GPTQ where Marlin does, keep them where Machete does', () => {
    const model = modelFromHeaders(LLAMA, 'gptq');
    const marlin = weightsOf(model, { version: '0.19.0', gpu: 'a100_80' });
    const machete = weightsOf(model, H100);
    // 6,979,321,856 weights in groups of 128: half a byte a zero point, and 4 bytes an input of each merged matrix.
    const zeros = 6_979_321_856 / 128 / 2;
    assert.ok(machete - marlin > zeros && machete - marlin < zeros * 1.3, `${machete - marlin}`);
  });

  it('count layers left in 16 bit one by one, on every rank', () => {
    const id = 'Qwen/Qwen3-8B';
    const every4th = (layer: number): boolean => layer % 4 === 0;
    const mixed = modelFromHeaders(id, 'fp8-block', headersOf(architectureOf(id), 'fp8-block', every4th));
    const whole = modelFromHeaders(id, 'fp8-block');
    // 9 of 36 layers: 192,937,984 weights in linear layers each, one byte more, less a scale of 4 bytes per block of 128 x 128.
    for (const tp of [1, 2]) {
      const added = weightsOf(mixed, { ...H100, tp }) - weightsOf(whole, { ...H100, tp });
      const expected = (9 * 192_937_984 * (1 - 4 / (128 * 128))) / tp;
      assert.ok(Math.abs(added / expected - 1) < 0.003, `tensor parallel ${tp}: ${added}, expected ${expected}`);
    }
  });

  it('follow the files where a tensor group is larger than the rules know, and only there', () => {
    const id = 'Qwen/Qwen2.5-VL-7B-Instruct';
    const own = headersOf(architectureOf(id), 'bf16');
    const tower = { name: 'visual.extra.weight', dtype: 'BF16', shape: [16384, 8192] };
    const added = weightsOf(modelFromHeaders(id, 'bf16', [...own, tower]), H100) - weightsOf(modelFromHeaders(id, 'bf16', own), H100);
    assert.ok(Math.abs(added / (16384 * 8192 * 2) - 1) < 0.02, `${added}`);
  });
});
