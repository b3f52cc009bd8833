import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { vllmMemory } from '../../../src/analysis/inferenceMemory';
import { draftingIn } from '../../../src/analysis/drafting';
import { INFERENCE_DEFAULTS } from '../../../src/analysis/inferenceDefaults';
import { answerServing } from '../../../src/analysis/plan';
import { formOfReport, inferenceRequestOf } from '../../../src/analysis/scenario';
import { servingSpeed } from '../../../src/analysis/speed';
import { estimateInference } from '../../../src/estimator/contracts/inferenceEstimate';
import { findGpu } from '../../../src/estimator/hardware/catalogue';
import type { ArgumentValue, VllmArguments } from '../../../src/vllm/arguments';
import { NEWEST_VERSION } from '../../../src/vllm/versions';
import { simulateStartup } from '../../../src/vllm/startup/simulate';
import { catalogue } from '../speed/setups';

interface Deployed {
  readonly model: string;
  readonly gpu: string;
  readonly count: number;
  readonly args?: Readonly<Record<string, ArgumentValue>>;
  readonly version?: string;
}

const DEPLOYED: readonly Deployed[] = [
  { model: 'Qwen/Qwen3-8B', gpu: 'rtx_4090', count: 1, args: { 'max-model-len': 8192 } },
  { model: 'Qwen/Qwen3-8B', gpu: 'rtx_4090', count: 4, args: { 'tensor-parallel-size': 2, 'max-model-len': 512 } },
  { model: 'Qwen/Qwen3-8B', gpu: 't4', count: 1, args: { dtype: 'float32', 'cpu-offload-gb': 20 }, version: '0.8.5' },
  { model: 'Qwen/Qwen3-8B-AWQ', gpu: 'l40s', count: 1, args: { 'enforce-eager': true, 'kv-cache-dtype': 'fp8' } },
  { model: 'meta-llama/Llama-3.1-8B-Instruct', gpu: 'h100_80', count: 1, args: { quantization: 'fp8' } },
  {
    model: 'meta-llama/Llama-3.1-70B-Instruct',
    gpu: 'h100_80',
    count: 8,
    args: { 'tensor-parallel-size': 4, 'pipeline-parallel-size': 2 },
  },
  {
    model: 'Qwen/Qwen3-8B',
    gpu: 'l40s',
    count: 1,
    args: {
      'max-model-len': 8192,
      'speculative-config': { method: 'eagle3', model: 'AngelSlim/Qwen3-8B_eagle3', num_speculative_tokens: 3 },
    },
  },
  { model: 'openai/gpt-oss-20b', gpu: 'l40s', count: 2, args: { 'data-parallel-size': 2 } },
  { model: 'deepseek-ai/DeepSeek-V3', gpu: 'h200_141', count: 8, args: { 'tensor-parallel-size': 8, 'enable-expert-parallel': true } },
];

describe('one deployment', () => {
  for (const deployed of DEPLOYED) {
    const { model: id, gpu: key, count, args: given = {}, version = NEWEST_VERSION } = deployed;
    const facts = catalogue.find(id) ?? assert.fail(id);
    const gpu = findGpu(key) ?? assert.fail(key);
    const setup = { gpu, count, totalMemoryGib: gpu.totalMemoryGib, freeMemoryGib: null, source: 'file' } as const;
    const fileArgs: VllmArguments = new Map(Object.entries({ model: id, ...given }));
    const report = simulateStartup({ model: facts.model, gpu: setup, args: fileArgs, version });
    const form = formOfReport(report, id, INFERENCE_DEFAULTS);

    it(`${id} on ${count} ${key} has one speed, in the terminal, in the planner and as a request`, () => {
      const terminal = servingSpeed(report) ?? assert.fail('no speed');
      const planner = answerServing({ form, fileForm: form, fileArgs, facts, gpu: setup }, simulateStartup).response;
      assert.deepEqual(planner, terminal);
      // A request names no share of memory and no pinned CPU offload, so only what does not depend on them is the same.
      if (form.enable_offloading) return;
      const asked = estimateInference(inferenceRequestOf(form), {
        model: facts.model,
        gpu,
        memory: vllmMemory(simulateStartup),
        drafting: draftingIn(report),
      });
      for (const figure of ['ttft_ms', 'tpot_ms', 'prefill_tps', 'decode_tps_single_stream'] as const)
        assert.ok(Math.abs(asked[figure] / terminal[figure] - 1) < 1e-9, `${figure}: ${asked[figure]} and ${terminal[figure]}`);
    });

    it(`${id} on ${count} ${key} is split as its file says`, () => {
      const { tensorParallelSize: tp, pipelineParallelSize: pp, dataParallelSize: dp } = report.settings;
      const request = inferenceRequestOf(form);
      const gpus = (request.tensor_parallel_size ?? 1) * (request.pipeline_parallel_size ?? 1) * (request.data_parallel_size ?? 1);
      assert.equal(request.tensor_parallel_size === null ? request.num_gpus : gpus, tp * pp * dp);
    });
  }

  it('shares the same whole blocks of a prefix in the planner and as a request', () => {
    const id = 'Qwen/Qwen3-8B';
    const facts = catalogue.find(id) ?? assert.fail(id);
    const gpu = findGpu('l40s') ?? assert.fail('l40s');
    const setup = { gpu, count: 1, totalMemoryGib: gpu.totalMemoryGib, freeMemoryGib: null, source: 'file' } as const;
    const fileArgs: VllmArguments = new Map<string, ArgumentValue>([
      ['model', id],
      ['max-model-len', 200],
    ]);
    const report = simulateStartup({ model: facts.model, gpu: setup, args: fileArgs, version: NEWEST_VERSION });
    const load = { input_length: 100, output_length: 100, concurrent_users: 5, enable_prefix_caching: true, shared_prefix_ratio: 0.77 };
    const form = { ...formOfReport(report, id, INFERENCE_DEFAULTS), ...load };
    const { response } = answerServing({ form, fileForm: form, fileArgs, facts, gpu: setup }, simulateStartup);
    const planner = response ?? assert.fail('no answer');
    const asked = estimateInference(inferenceRequestOf(form), { model: facts.model, gpu, memory: vllmMemory(simulateStartup) });
    const perToken = (2 * 36 * 8 * 128 * 2) / 1024 ** 3;
    // 200 tokens fill 13 blocks, of which 77 shared tokens are 4.
    assert.ok(Math.abs(asked.memory_details['KV Cache'] - perToken * 16 * (13 + 4 * 9)) < 1e-9);
    assert.equal(planner.memory_details['KV Cache'], asked.memory_details['KV Cache']);
  });

  it('has one start-up in the terminal and in the planner, its draft model and its environment included', () => {
    const id = 'Qwen/Qwen3-8B';
    const facts = catalogue.find(id) ?? assert.fail(id);
    const draft = (catalogue.find('Qwen/Qwen3-0.6B') ?? assert.fail('draft')).model;
    const gpu = findGpu('l40s') ?? assert.fail('l40s');
    const setup = { gpu, count: 2, totalMemoryGib: gpu.totalMemoryGib, freeMemoryGib: null, source: 'file' } as const;
    const drafting = { method: 'draft_model', model: 'Qwen/Qwen3-0.6B', num_speculative_tokens: 3 };
    const fileArgs: VllmArguments = new Map<string, ArgumentValue>([
      ['model', id],
      ['pipeline-parallel-size', 2],
      ['speculative-config', drafting],
    ]);
    const environment = new Map([['VLLM_PP_LAYER_PARTITION', '30,6']]);
    const beside = { draft, environment };
    const terminal = simulateStartup({ model: facts.model, gpu: setup, args: fileArgs, version: NEWEST_VERSION, ...beside });
    const form = formOfReport(terminal, id, INFERENCE_DEFAULTS);
    const question = { form, fileForm: form, fileArgs, facts, gpu: setup };
    assert.deepEqual(answerServing({ ...question, ...beside }, simulateStartup).report.perGpu, terminal.perGpu);
    for (const part of ['draft', 'environment'] as const) {
      const without = answerServing({ ...question, ...beside, [part]: undefined }, simulateStartup).report.perGpu;
      assert.notDeepEqual(without.kvCache, terminal.perGpu.kvCache, part);
    }
  });
});
