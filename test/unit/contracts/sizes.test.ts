import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { recordedModels } from '../../../benchmark/recordedModels';
import { readSpeedRows, requestOf } from '../../../benchmark/speedRows';
import { readTrainingRows } from '../../../benchmark/trainingCases';
import { requestOf as trainingRequestOf } from '../../../benchmark/trainingRows';
import { answerFinetuning } from '../../../src/cli/finetuning';
import { requestModels } from '../../../src/cli/requests';
import { runProblems } from '../../../src/estimator/contracts/finetuningProblems';
import { resolveFinetuning } from '../../../src/estimator/contracts/finetuningRequest';
import { resolveInference } from '../../../src/estimator/contracts/inferenceRequest';
import type { RequestProblem } from '../../../src/estimator/contracts/problem';
import { cli } from '../cli/terminal';
import { answer, models, plainAnswer } from './requests';

const LLAMA = { gpu_key: 'h100_80', llm_key: 'meta-llama/Llama-3.1-8B-Instruct' };
const THREE = { ...LLAMA, num_gpus: 3, inference_parallelism: 'tensor' };

const told = (problems: readonly RequestProblem[] | undefined): readonly (readonly [string, unknown, unknown])[] =>
  (problems ?? []).map(({ field, value, nearest }) => [field, value, nearest]);

describe('sizes that an engine cannot cut a model by', () => {
  const refused = (request: object): ReturnType<typeof told> => {
    const response = answer(request);
    assert.equal(response.memory_status === 'error', response.problems !== undefined);
    return told(response.problems);
  };

  it('are an error of the field that sets them, with the sizes that would do: 32 heads over 3 GPUs', () => {
    for (const engine of [undefined, 'vllm', 'sglang', 'tensorrt_llm'])
      assert.deepEqual(refused({ ...THREE, engine }), [['num_gpus', 3, 2]], engine);
    assert.deepEqual(refused({ ...LLAMA, tensor_parallel_size: 3 }), [['tensor_parallel_size', 3, 2]]);
    // Of 12 GPUs in two stages six share each layer.
    assert.deepEqual(refused({ ...THREE, num_gpus: 12, pipeline_parallel_size: 2 }), [['num_gpus', 12, 8]]);
    const [problem] = answer(THREE).problems ?? [];
    assert.equal(problem?.allowed, "1, 2, 4, 8, 16, 32, since vLLM cuts the model's 32 attention heads into equal parts");
  });

  it('include what comes after the heads: KV heads, inner widths, and the vocabulary where it is cut', () => {
    // Llama-3.2-3B: 24 query heads, 8 KV heads.
    const [kv] = answer({ ...LLAMA, llm_key: 'meta-llama/Llama-3.2-3B', tensor_parallel_size: 3 }).problems ?? [];
    assert.match(kv?.allowed ?? '', /8 KV heads/);
    // Qwen3-14B: 40 heads, 8 KV heads, 17,408 wide.
    const [five] = answer({ ...LLAMA, llm_key: 'Qwen/Qwen3-14B', tensor_parallel_size: 10 }).problems ?? [];
    assert.match(five?.allowed ?? '', /8 KV heads/);
    // Phi-4: 40 heads, 10 KV heads, 17,920 wide, 100,352 rows.
    const phi = { ...LLAMA, llm_key: 'microsoft/phi-4', tensor_parallel_size: 5 };
    assert.match(answer(phi).problems?.[0]?.allowed ?? '', /vocabulary, padded to 100352 rows/);
    assert.deepEqual(refused({ ...phi, engine: 'tensorrt_llm' }), []);
  });

  it('are none where whole layers lie on each GPU, nor where GPUs are stages or replicas', () => {
    for (const engine of ['llama_cpp', 'exllama', 'mlx']) assert.deepEqual(refused({ ...THREE, engine }), [], engine);
    assert.deepEqual(refused({ ...LLAMA, num_gpus: 3 }), []);
    assert.deepEqual(refused({ ...LLAMA, data_parallel_size: 3 }), []);
    assert.deepEqual(refused({ ...LLAMA, num_gpus: 4, inference_parallelism: 'tensor' }), []);
  });

  it('are told on the command line by an error before the figures and by the exit code', async () => {
    const { code, out } = await cli(['inference', '-'], JSON.stringify(THREE));
    const printed = JSON.parse(out) as { readonly error: string; readonly vram_usage: number };
    assert.equal(code, 2);
    assert.ok(out.startsWith('{\n  "error": "num_gpus is 3; allowed: 1, 2, 4'));
    assert.ok(printed.vram_usage > 0);
  });

  it('are none that anybody was measured with', () => {
    // One row of those that differ in the load or the version alone: the sizes have nothing to do with these.
    const rows = new Map(
      readSpeedRows('test/fixtures/measured/speed.jsonl').map((row) => {
        const { input_length, output_length, concurrent_users: _users, engine_version: _version, ...sized } = requestOf(row);
        return [JSON.stringify([row.source, sized]), { row, request: { input_length, output_length, ...sized } }];
      }),
    );
    const wrong = [...rows.values()].filter(({ request }) => resolveInference(request, models).ok && 'problems' in plainAnswer(request));
    // Rows of several servers apart for prefill and decode, whose GPUs their source counts as one size.
    assert.deepEqual([...new Set(wrong.map(({ row }) => row.source))], ['aiconfigurator-silicon']);
    const recorded = requestModels(recordedModels);
    const trained = readTrainingRows('test/fixtures/measured/finetune.jsonl').map((row) =>
      resolveFinetuning(trainingRequestOf(row), recorded),
    );
    assert.deepEqual(
      trained.flatMap((read) => (read.ok ? runProblems(read.request.request, read.request.facts.model) : [])),
      [],
    );
  });
});

describe('sizes that a training framework cannot cut a model by', () => {
  const refused = (request: object): ReturnType<typeof told> => {
    const read = answerFinetuning({ ...LLAMA, ...request }, models);
    assert.ok('response' in read);
    assert.equal(read.response.memory_status === 'error', read.response.problems !== undefined);
    return told(read.response.problems);
  };

  it('are an error of their field', () => {
    assert.deepEqual(refused({ framework: 'megatron', num_gpus: 3, tensor_parallel: 3 }), [['tensor_parallel', 3, 2]]);
    assert.deepEqual(refused({ framework: 'megatron', num_gpus: 33, pipeline_parallel: 33 }), [['pipeline_parallel', 33, 32]]);
    const experts = { llm_key: 'Qwen/Qwen3-30B-A3B', framework: 'megatron', num_gpus: 12, expert_parallel: 12 };
    assert.deepEqual(refused(experts), [['expert_parallel', 12, 8]]);
    assert.deepEqual(refused({ framework: 'megatron', num_gpus: 3, context_parallel: 3 }), [['seq_length', 2048, 2052]]);
  });

  it('are all told at once', () => {
    const both = { framework: 'megatron', num_gpus: 9, tensor_parallel: 3, context_parallel: 3 };
    assert.deepEqual(
      refused(both).map(([field]) => field),
      ['tensor_parallel', 'seq_length'],
    );
  });

  it('are none for frameworks that cut unevenly or pad', () => {
    assert.deepEqual(refused({ framework: 'deepspeed', num_gpus: 3, tensor_parallel: 3 }), []);
    assert.deepEqual(refused({ framework: 'axolotl', num_gpus: 3, context_parallel: 3 }), []);
    assert.deepEqual(refused({ framework: 'megatron', num_gpus: 8, tensor_parallel: 2, pipeline_parallel: 2, context_parallel: 2 }), []);
    assert.deepEqual(refused({ framework: 'megatron', num_gpus: 4, expert_parallel: 4 }), []);
  });
});
