import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { answerRow } from '../../../src/cli/bulk';
import { CommandLineModels } from '../../../src/cli/models';
import type { EstimateJson } from '../../../src/report/estimateJson';
import { estimateRow, parseStartupRows, type StartupRow } from '../../../benchmark/startupRows';
import { quantile } from '../../../benchmark/statistics';

interface Run {
  readonly row: StartupRow;
  readonly answer: EstimateJson;
}

const ROWS = path.join(process.cwd(), 'test', 'fixtures', 'measured', 'vllm-startups.jsonl');

/** What `estimate --jsonl` answers for each recorded row, by the row's fields alone. */
async function answerAll(): Promise<readonly Run[]> {
  const models = await CommandLineModels.open(undefined, process.cwd());
  return parseStartupRows(readFileSync(ROWS, 'utf8')).flatMap((row) => {
    const answer = answerRow(JSON.stringify(estimateRow(row, false)), { gpu: null, version: null, set: {} }, models);
    return 'error' in answer ? [] : [{ row, answer }];
  });
}

/** Weights of a model on one card large enough for it, GiB. */
function weightsOf(models: CommandLineModels, model: string, version: string, extra: Readonly<Record<string, string>> = {}): number {
  const row = {
    args: { model, max_model_len: 2048, ...extra },
    gpu: { name: 'H100', total_memory_gib: 4000, count: 1 },
    vllm_version: version,
  };
  const answer = answerRow(JSON.stringify(row), { gpu: null, version: null, set: {} }, models);
  if ('error' in answer) throw new Error(answer.error);
  return answer.per_gpu.weights_gib ?? NaN;
}

describe('weights of checkpoints by their published sizes', () => {
  const published: readonly (readonly [
    what: string,
    model: string,
    gib: number,
    relative: number,
    extra?: Readonly<Record<string, string>>,
  ])[] = [
    // "Model loading took" of v0.19.0 on H100.
    ['a vision model whose projector joins four layers', 'ibm-granite/granite-vision-3.3-2b', 5.54, 0.01],
    [
      'a w4a16 checkpoint that vLLM ran as GPTQ',
      'RedHatAI/Meta-Llama-3.1-8B-Instruct-quantized.w4a16',
      5.38,
      0.01,
      { quantization: 'gptq_marlin' },
    ],
    // Sizes of the published repositories.
    ['fp8 with experts in four bits', 'deepseek-ai/DeepSeek-V4-Pro', 805.34, 0.03],
    ['block-wise fp8', 'zai-org/GLM-5.2-FP8', 703.75, 0.02],
    ['packed experts of Kimi', 'moonshotai/Kimi-K2.6', 554.27, 0.01],
  ];
  for (const [what, model, gib, relative, extra] of published) {
    it(`${what}: ${model}`, async () => {
      const weights = weightsOf(await CommandLineModels.open(undefined, process.cwd()), model, '0.19.0', extra);
      assert.ok(Math.abs(weights / gib - 1) <= relative, `${weights} GiB against ${gib}`);
    });
  }
});

describe('recorded start-ups', () => {
  let runs: readonly Run[] = [];
  let complete: readonly Run[] = [];

  before(async () => {
    runs = await answerAll();
    complete = runs.filter(({ row }) => row.effective_gpu_memory_utilization !== null);
  });

  /** Absolute relative errors of a quantity over the rows that state it. */
  function errors(measured: (row: StartupRow) => number | null, predicted: (answer: EstimateJson) => number | null): number[] {
    return complete.flatMap(({ row, answer }) => {
      const truth = measured(row);
      const value = predicted(answer);
      return truth === null || truth === 0 || value === null ? [] : [Math.abs(value / truth - 1)];
    });
  }

  function assertWithin(values: readonly number[], rows: number, median: number, p90: number): void {
    assert.ok(values.length >= rows, `${values.length} rows`);
    assert.ok(quantile(values, 0.5) <= median, `median ${quantile(values, 0.5)}`);
    assert.ok(quantile(values, 0.9) <= p90, `p90 ${quantile(values, 0.9)}`);
  }

  it('predicts the weights within 1 % in the median and 4 % at the 90th percentile', () => {
    assertWithin(
      errors(
        (row) => row.model_load_gib,
        (answer) => answer.per_gpu.weights_gib,
      ),
      60,
      0.01,
      0.04,
    );
  });

  it('predicts the activation peak within 5 % and 20 %', () => {
    assertWithin(
      errors(
        (row) => row.activation_peak_gib,
        (answer) => answer.per_gpu.activation_peak_gib,
      ),
      35,
      0.05,
      0.2,
    );
  });

  it('predicts the available KV cache, its tokens and the concurrency within 4 % and 12 %', () => {
    assertWithin(
      errors(
        (row) => row.available_kv_gib,
        (answer) => answer.per_gpu.kv_cache_gib,
      ),
      60,
      0.04,
      0.12,
    );
    assertWithin(
      errors(
        (row) => row.kv_cache_tokens,
        (answer) => answer.kv_cache.tokens,
      ),
      60,
      0.04,
      0.12,
    );
    assertWithin(
      errors(
        (row) => row.max_concurrency,
        (answer) => answer.kv_cache.max_concurrency,
      ),
      60,
      0.04,
      0.12,
    );
  });

  it('predicts the outcome of at least 95 of 100', () => {
    const right = runs.filter(({ row, answer }) => row.outcome === answer.outcome);
    assert.ok(right.length >= 0.95 * runs.length, `${right.length} of ${runs.length}`);
  });

  it('foresees which gpt-oss-20b runs out of memory after its KV cache was allocated', () => {
    const outcomes = runs.filter(({ row }) => row.model === 'openai/gpt-oss-20b').map(({ row, answer }) => [row.outcome, answer.outcome]);
    assert.ok(outcomes.some(([measured]) => measured === 'oom_profile') && outcomes.some(([measured]) => measured === 'ok'));
    for (const [measured, foreseen] of outcomes) assert.equal(foreseen, measured);
  });

  it('answers every row that names its model and its GPU or a memory', () => {
    const judgeable = parseStartupRows(readFileSync(ROWS, 'utf8')).filter(
      (row) => row.model !== null && (row.gpu_name ?? row.total_gpu_memory_gib ?? row.gpu_memory_total_gib) !== null,
    );
    assert.equal(runs.filter(({ answer }) => answer.outcome !== null).length, judgeable.length);
  });

  it('keeps at least nine of ten measured KV caches inside the stated range', () => {
    const stated = complete.filter(({ row }) => row.available_kv_gib !== null);
    const inside = stated.filter(({ row, answer }) => {
      const [low, high] = answer.range.kv_cache_gib ?? [0, 0];
      const measured = row.available_kv_gib ?? 0;
      return measured >= low - 0.01 && measured <= high + 0.01;
    });
    assert.ok(inside.length >= 0.9 * stated.length, `${inside.length} of ${stated.length}`);
  });

  it('keeps at least nine of ten figures inside their ranges, each source counting the same', () => {
    const shares = new Map<string, boolean[]>();
    for (const { row, answer } of complete) {
      const figures = [
        [row.model_load_gib, answer.range.weights_gib],
        [row.activation_peak_gib, answer.range.activation_peak_gib],
        [row.graph_capture_gib !== null && row.graph_capture_gib > 0 ? row.graph_capture_gib : null, answer.range.cuda_graph_gib],
        [row.available_kv_gib, answer.range.kv_cache_gib],
        [row.kv_cache_tokens, answer.range.kv_cache_tokens],
        [row.max_concurrency, answer.range.max_concurrency],
      ] as const;
      const held = figures.flatMap(([measured, range]) =>
        measured === null || range === null ? [] : [measured >= range[0] - 0.01 && measured <= range[1] + 0.01],
      );
      shares.set(row.source_group, [...(shares.get(row.source_group) ?? []), ...held]);
    }
    const sources = [...shares.values()].filter((held) => held.length > 0);
    const mean = sources.reduce((sum, held) => sum + held.filter(Boolean).length / held.length, 0) / sources.length;
    assert.ok(sources.length >= 20 && mean >= 0.9, `${mean} over ${sources.length} sources`);
  });

  it('takes the free memory that vLLM printed', async () => {
    const models = await CommandLineModels.open(undefined, process.cwd());
    const outcome = (free: number): unknown => {
      const row = {
        args: { model: 'facebook/opt-125m', gpu_memory_utilization: 0.9 },
        gpu: { total_memory_gib: 6, free_memory_gib: free },
        vllm_version: null,
      };
      const answer = answerRow(JSON.stringify(row), { gpu: null, version: null, set: {} }, models);
      return 'error' in answer ? answer.error : answer.outcome;
    };
    // "Free memory on device (5.01/6.0 GiB) on startup is less than desired GPU memory utilization (0.9, 5.4 GiB)".
    assert.equal(outcome(5.01), 'startup_free_memory');
    assert.equal(outcome(5.6), 'ok');
  });
});
