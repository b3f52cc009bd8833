import * as assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { forAll } from '../properties';
import { ONLY_SIZE } from '../../../src/analysis/customModel';
import {
  answerServing,
  kvForRequests,
  memoryAgainstContext,
  memoryAgainstRequests,
  memoryLimit,
  requestsIn,
  type ServingQuestion,
} from '../../../src/analysis/plan';
import { editsBetween, formOfReport, needsAnotherCheckpoint, withEdits, withWeightFormat } from '../../../src/analysis/scenario';
import { sizedModel } from '../../../src/analysis/sizedModel';
import { candidates, leastTensorParallel, longestContext, mostUsers, onGpus, runsEngine } from '../../../src/analysis/solve';
import { GIB } from '../../../src/estimator/units';
import { findGpu, GPUS } from '../../../src/estimator/hardware/catalogue';
import { Catalogue } from '../../../src/models/catalogue';
import { guessFromName } from '../../../src/models/sizeGuess';
import type { ArgumentValue, VllmArguments } from '../../../src/vllm/arguments';
import { simulateStartup } from '../../../src/vllm/startup/simulate';
import { NEWEST_VERSION } from '../../../src/vllm/versions';
import { INFERENCE_DEFAULTS } from '../../../webview/fields/inference';

const catalogue = Catalogue.parse(readFileSync('data/models.json', 'utf8'));

function question(
  model: string,
  gpuKey: string,
  count: number,
  given: Readonly<Record<string, ArgumentValue>>,
  version: string,
): ServingQuestion {
  const facts = catalogue.find(model) ?? assert.fail(model);
  const gpu = findGpu(gpuKey) ?? assert.fail(gpuKey);
  const setup = { gpu, count, totalMemoryGib: gpu.totalMemoryGib, freeMemoryGib: null, source: 'file' } as const;
  const fileArgs: VllmArguments = new Map(Object.entries({ model, ...given }));
  const report = simulateStartup({ model: facts.model, gpu: setup, args: fileArgs, version });
  const fileForm = formOfReport(report, model, INFERENCE_DEFAULTS);
  return { form: fileForm, fileForm, fileArgs, facts, gpu: setup };
}

/** A start-up that vLLM 0.8.5 printed: 79,040 tokens of KV cache, 19.30 requests of 4,096. */
const recorded = question(
  'Qwen/Qwen3-8B',
  'rtx_3080_20',
  2,
  {
    'tensor-parallel-size': 2,
    'gpu-memory-utilization': 0.5,
    'cpu-offload-gb': 5,
    'max-model-len': 4096,
    'max-num-batched-tokens': 4096,
    'block-size': 32,
    'enforce-eager': true,
  },
  '0.8.5',
);

describe('a plan', () => {
  it('that changes nothing is the file', () => {
    const { edits, args, report } = answerServing(recorded, simulateStartup);
    assert.deepEqual(edits, { set: {}, remove: [] });
    assert.deepEqual([...args], [...recorded.fileArgs]);
    assert.equal(report.outcome, 'ok');
  });

  it('changes exactly the keys of the fields that differ', () => {
    const form = { ...recorded.form, seq_length: 8192, enforce_eager: false, kv_cache_quantization: 'fp8', enable_offloading: false };
    assert.deepEqual(editsBetween(recorded.form, form, 0, 36), {
      set: { 'max-model-len': 8192, 'kv-cache-dtype': 'fp8' },
      remove: ['enforce-eager', 'cpu-offload-gb'],
    });
  });

  describe('for a model that does not say how long a request may be', () => {
    const model = 'acme/Foo-13B';
    const facts = guessFromName(model) ?? assert.fail(model);
    const card = findGpu('h100_80') ?? assert.fail();
    const gpu = { gpu: card, count: 1, totalMemoryGib: card.totalMemoryGib, freeMemoryGib: null, source: 'file' } as const;
    const fileArgs: VllmArguments = new Map([['model', model]]);
    const report = simulateStartup({ model: facts.model, gpu, args: fileArgs, version: NEWEST_VERSION });
    const form = formOfReport(report, model, INFERENCE_DEFAULTS);
    const guessed = { form, fileForm: form, fileArgs, facts, gpu };

    it('knows no context and needs none for the speed of its load', () => {
      const answer = answerServing(guessed, simulateStartup);
      assert.equal(form.seq_length, 0);
      assert.deepEqual([answer.context, answer.kvForLoad, answer.holdsLoad], [null, null, null]);
      assert.deepEqual(memoryAgainstRequests(answer, form, [1, 2, 4]), []);
      assert.ok((answer.response?.ttft_ms ?? 0) > 0);
    });

    it('takes any context that is entered, and writes it into the file', () => {
      for (const seq_length of [4096, 8192]) {
        const answer = answerServing({ ...guessed, form: { ...form, seq_length } }, simulateStartup);
        assert.deepEqual(answer.edits.set, { 'max-model-len': seq_length });
        assert.equal(answer.context, seq_length);
        assert.ok((answer.kvForLoad ?? 0) > 0);
      }
    });

    it('draws the memory of each length', () => {
      const [half, whole] = memoryAgainstContext(guessed, [4096, 8192], simulateStartup);
      assert.ok(half && whole && half.kv > 0);
      assert.equal(whole.kv, 2 * half.kv);
    });

    it('finds the longest context that the memory holds', () => {
      const solved = longestContext(guessed, simulateStartup) ?? assert.fail();
      assert.equal(solved.answer.holdsLoad, true);
      const longer = { ...solved.form, seq_length: solved.form.seq_length + 16 };
      assert.equal(answerServing({ ...guessed, form: longer }, simulateStartup).holdsLoad, false);
    });
  });

  it('leaves the context to the model when it is taken out', () => {
    const answer = answerServing({ ...recorded, form: { ...recorded.form, seq_length: 0 } }, simulateStartup);
    assert.deepEqual(answer.edits, { set: {}, remove: ['max-model-len'] });
    assert.equal(answer.context, recorded.facts.model.architecture.maxPositionEmbeddings);
    assert.ok((answer.kvForLoad ?? 0) > 0);
  });

  it('is estimated for no card whose memory nothing here describes', () => {
    const vendors = new Set(GPUS.filter((gpu) => runsEngine('vllm', gpu)).map(({ vendor }) => vendor));
    assert.deepEqual([...vendors].sort(), ['AMD', 'NVIDIA']);
    assert.ok(GPUS.every((gpu) => runsEngine('llama_cpp', gpu)));
  });

  it('switches off what YAML would drop by its negated flag', () => {
    const form = { ...recorded.form, enable_prefix_caching: !recorded.form.enable_prefix_caching };
    const there = editsBetween(recorded.form, form, 0, 36);
    const back = editsBetween(form, recorded.form, 0, 36);
    const args = withEdits(withEdits(new Map(), there), back);
    assert.equal(args.has('no-enable-prefix-caching') && args.has('enable-prefix-caching'), false);
  });

  it('turns a share of the layers into GiB of the weights that are there without offloading', () => {
    const form = { ...recorded.form, offload_by: 'percentage', percentage_offload: 50 };
    const { edits } = answerServing({ ...recorded, form }, simulateStartup);
    // Qwen3-8B: 15.27 GiB of weights (its safetensors index), half of them on each of two GPUs.
    assert.ok(Math.abs(Number(edits.set['cpu-offload-gb']) - 15.27 / 2 / 2) < 0.1);
  });

  it('needs another checkpoint for formats that no argument makes', () => {
    assert.deepEqual(['checkpoint', 'bf16', 'fp8', 'nf4', 'awq', 'gptq', 'nvfp4', 'q4_k_m'].map(needsAnotherCheckpoint), [
      false,
      false,
      false,
      false,
      true,
      true,
      true,
      true,
    ]);
    assert.equal(withWeightFormat(recorded.facts.model, 'awq').quantization?.bits, 4);
    assert.equal(withWeightFormat(recorded.facts.model, 'checkpoint'), recorded.facts.model);
  });

  it('stores a shared prompt once', () => {
    const { report } = answerServing(recorded, simulateStartup);
    const one = kvForRequests(report, recorded.form, 1) ?? assert.fail();
    const form = { ...recorded.form, enable_prefix_caching: true, shared_prefix_ratio: 1, input_length: 0, output_length: 1024 };
    // Of 4,096 tokens 3,072 are prompt and shared by all: each further request adds a quarter.
    assert.equal(kvForRequests(report, form, 5), one * 2);
    assert.equal(requestsIn(one * 2, report, form), 5);
  });

  it('fits as many requests as need no more memory than there is, for any sharing', () => {
    const { report } = answerServing(recorded, simulateStartup);
    forAll(
      [fc.double({ min: 0, max: 0.99, noNaN: true }), fc.integer({ min: 1, max: 4000 }), fc.integer({ min: 1, max: 300 })],
      (shared_prefix_ratio, output_length, mib) => {
        const form = { ...recorded.form, enable_prefix_caching: true, shared_prefix_ratio, input_length: 0, output_length };
        const bytes = mib * 100 * 2 ** 20;
        const fitting = requestsIn(bytes, report, form) ?? assert.fail();
        assert.ok(fitting === 0 || (kvForRequests(report, form, fitting) ?? Infinity) <= bytes * (1 + 1e-9));
        assert.ok((kvForRequests(report, form, fitting + 1) ?? 0) > bytes * (1 - 1e-9));
      },
    );
  });
});

describe('solving', () => {
  it('finds as many users as vLLM printed concurrency for', () => {
    // vLLM 0.8.5 printed a maximum concurrency of 19.30x.
    assert.equal(mostUsers(recorded, simulateStartup)?.form.concurrent_users, 19);
  });

  it('finds the longest context, and one block more does not hold', () => {
    const asked = { ...recorded, form: { ...recorded.form, concurrent_users: 8 } };
    const found = longestContext(asked, simulateStartup) ?? assert.fail();
    assert.equal(found.answer.holdsLoad, true);
    const more = answerServing({ ...asked, form: { ...asked.form, seq_length: found.form.seq_length + 32 } }, simulateStartup);
    assert.equal(more.holdsLoad, false);
  });

  it('finds the least tensor parallel size that holds a model too large for one card', () => {
    const large = question('Qwen/Qwen3-32B', 'l40s', 8, { 'tensor-parallel-size': 8, 'max-model-len': 8192 }, '0.27.1');
    // 61 GiB of weights on cards of 44.4 GiB.
    assert.equal(leastTensorParallel(large, simulateStartup)?.form.tensor_parallel_size, 2);
  });

  it('tries the GPUs that bring the least memory first', () => {
    const sizes = candidates(GPUS).map(({ gpu, count }) => gpu.totalMemoryGib * count);
    assert.deepEqual(
      sizes,
      [...sizes].sort((a, b) => a - b),
    );
    const l4 = findGpu('l4') ?? assert.fail();
    assert.equal(onGpus(question('Qwen/Qwen3-32B', 'l40s', 2, { 'max-model-len': 8192 }, '0.27.1'), l4, 1, simulateStartup), null);
  });
});

describe('a model of a given size', () => {
  it('has that many parameters', () => {
    for (const custom_parameters of [0.5, 1, 3, 7, 8, 13, 14, 34, 70, 120, 405]) {
      const { parameters } = sizedModel({ ...ONLY_SIZE, custom_parameters });
      assert.ok(Math.abs(parameters / (custom_parameters * 1e9) - 1) < 0.01, `${custom_parameters}: ${parameters}`);
    }
  });

  it('is Llama-3.1-8B at that model’s size: the same KV cache per token', () => {
    const llama = catalogue.find('meta-llama/Llama-3.1-8B-Instruct') ?? assert.fail();
    const input = { gpu: null, args: new Map([['max-model-len', 8192]]), version: '0.27.1' };
    const bytes = (model: typeof llama.model): number => simulateStartup({ ...input, model }).kvCache.bytesPerTokenPerGpu;
    assert.equal(bytes(sizedModel({ ...ONLY_SIZE, custom_parameters: 8 }).model), bytes(llama.model));
  });

  it('takes the dimensions that are known', () => {
    const { model, parameters } = sizedModel({ ...ONLY_SIZE, custom_parameters: 8, custom_layers: 40, custom_kv_heads: 2 });
    assert.equal(model.architecture.layout.length, 40);
    assert.ok(Math.abs(parameters / 8e9 - 1) < 0.01);
  });
});

describe('the memory plots of a plan', () => {
  const served = (engine: string): ServingQuestion => {
    const asked = question('Qwen/Qwen3-8B', 'h100_80', 1, { 'max-model-len': 8192 }, NEWEST_VERSION);
    return { ...asked, form: { ...asked.form, engine, concurrent_users: 8 } };
  };

  it("draw each engine's own memory, and what its own option lets it fill", () => {
    const options = { sglang: /^mem_fraction_static 0\.\d\d$/, tensorrt_llm: /^free_gpu_memory_fraction 0\.9$/, transformers: null };
    for (const [engine, option] of Object.entries(options)) {
      const asked = served(engine);
      const answer = answerServing(asked, simulateStartup);
      const response = answer.response ?? assert.fail();
      const [byRequests] = memoryAgainstRequests(answer, asked.form, [8]);
      const [byContext] = memoryAgainstContext(asked, [8192], simulateStartup);
      for (const point of [byRequests, byContext])
        assert.ok(point && Math.abs((point.fixed + point.kv) / GIB - response.vram_usage) < 1e-6, engine);
      const limit = memoryLimit(answer, asked.form) ?? assert.fail();
      const card = (asked.gpu?.totalMemoryGib ?? 0) * GIB;
      if (option === null) {
        assert.deepEqual(limit, { bytes: card, option: null });
        continue;
      }
      assert.match(limit.option ?? '', option);
      assert.ok(limit.bytes < card);
      const perToken = (byRequests?.kv ?? 0) / 8 / 8192;
      const tokens = (limit.bytes - (byRequests?.fixed ?? 0)) / perToken;
      assert.ok(Math.abs(tokens / response.kv_cache_tokens - 1) < 0.01, `${engine}: ${tokens} of ${response.kv_cache_tokens} tokens`);
    }
  });

  it('draw the budget under vLLM, and no limit without a GPU', () => {
    const asked = served('vllm');
    const answer = answerServing(asked, simulateStartup);
    assert.equal(memoryLimit(answer, asked.form)?.bytes, answer.report.perGpu.budget);
    const unknown = { ...served('sglang'), gpu: null };
    assert.equal(memoryLimit(answerServing(unknown, simulateStartup), unknown.form), null);
  });
});
