import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { Catalogue } from '../../../../src/models/catalogue';
import { GIB } from '../../../../src/estimator/units';
import type { StartupReport } from '../../../../src/vllm/startup/report';
import { simulateStartup } from '../../../../src/vllm/startup/simulate';
import { UNKNOWN_VERSION } from '../../../../src/vllm/versions';
import { argumentsOf, gpuOf, modelName, parseStartupRows, type StartupRow } from '../../../../benchmark/startupRows';
import { quantile } from '../../../../benchmark/statistics';

interface Run {
  readonly row: StartupRow;
  readonly report: StartupReport;
}

function simulateAll(): readonly Run[] {
  const root = path.resolve(process.cwd());
  const catalogue = Catalogue.parse(readFileSync(path.join(root, 'data', 'models.json'), 'utf8'));
  const rows = parseStartupRows(readFileSync(path.join(root, 'test', 'fixtures', 'measured', 'vllm-startups.jsonl'), 'utf8'));
  return rows.flatMap((row) => {
    const name = modelName(row);
    const model = name === null ? null : (catalogue.find(name) ?? catalogue.findByName(name))?.model;
    const gpu = gpuOf(row);
    return model && gpu
      ? [{ row, report: simulateStartup({ model, gpu, args: argumentsOf(row), version: row.vllm_version ?? UNKNOWN_VERSION }) }]
      : [];
  });
}

describe('recorded start-ups', () => {
  const runs = simulateAll();
  const complete = runs.filter(({ row }) => row.vllm_version !== null && row.effective_gpu_memory_utilization !== null);

  /** Absolute relative errors of a quantity over the rows that state it. */
  function errors(measured: (row: StartupRow) => number | null, predicted: (report: StartupReport) => number | undefined): number[] {
    return complete.flatMap(({ row, report }) => {
      const truth = measured(row);
      const value = predicted(report);
      return truth === null || truth === 0 || value === undefined ? [] : [Math.abs(value / truth - 1)];
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
        (report) => report.perGpu.weights.value / GIB,
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
        (report) => (report.perGpu.activationPeak?.value ?? 0) / GIB,
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
        (report) => (report.perGpu.kvCache?.value ?? 0) / GIB,
      ),
      60,
      0.04,
      0.12,
    );
    assertWithin(
      errors(
        (row) => row.kv_cache_tokens,
        (report) => report.kvCache.tokens?.value,
      ),
      60,
      0.04,
      0.12,
    );
    assertWithin(
      errors(
        (row) => row.max_concurrency,
        (report) => report.kvCache.maxConcurrency?.value,
      ),
      60,
      0.04,
      0.12,
    );
  });

  it('keeps at least nine of ten measured KV caches inside the stated range', () => {
    const stated = complete.filter(({ row }) => row.available_kv_gib !== null);
    const inside = stated.filter(({ row, report }) => {
      const { low, high } = report.perGpu.kvCache ?? { low: 0, high: 0 };
      const measured = row.available_kv_gib ?? 0;
      return measured >= low / GIB - 0.01 && measured <= high / GIB + 0.01;
    });
    assert.ok(inside.length >= 0.9 * stated.length, `${inside.length} of ${stated.length}`);
  });

  it('is never certain that a start succeeds which vLLM refused for want of KV cache', () => {
    const refused = runs.filter(({ row }) => row.outcome === 'kv_too_small_for_max_len');
    assert.ok(refused.length > 0);
    for (const { row, report } of refused) assert.ok(report.outcome !== 'ok' || report.certainty === 'likely', row.id);
  });
});
