import * as assert from 'node:assert/strict';
import { readTrainingRows, stepTokens, trainingCase } from '../../../benchmark/trainingCases';
import type { TrainingCase } from '../../../benchmark/trainingCases';
import { isSharded, judgesMemory, judgesSpeed, measuredSpeed } from '../../../benchmark/trainingRows';
import type { TrainingRow } from '../../../benchmark/trainingRows';
import { quantile, shareOf } from '../../../benchmark/statistics';
import { GIB } from '../../../src/estimator/units';
import { trainingMemory } from '../../../src/estimator/training/memory';
import { trainedParameters } from '../../../src/estimator/training/states';
import { stepTime } from '../../../src/estimator/training/time';

const rows = readTrainingRows('test/fixtures/measured/finetune.jsonl');

interface Judged {
  readonly error: number;
  readonly inside: boolean;
}

function caseOf(row: TrainingRow): TrainingCase {
  const found = trainingCase(row);
  if (typeof found === 'string') throw new Error(`${row.id}: ${found}`);
  return found;
}

function memory(row: TrainingRow): Judged {
  const { plan, gpu } = caseOf(row);
  const estimate = trainingMemory(plan, gpu.totalMemoryGib * GIB);
  const measured = (row.peak_memory_gib ?? Number.NaN) / (/total|sum/.test(row.memory_scope ?? '') ? plan.parallel.gpus : 1);
  const inside = measured >= estimate.low / GIB && measured <= estimate.high / GIB;
  return { error: Math.abs(estimate.peak.total / GIB / measured - 1), inside };
}

function speed(row: TrainingRow): Judged {
  const { plan, gpu } = caseOf(row);
  const time = stepTime(plan, gpu);
  assert.ok(time, row.id);
  const measured = measuredSpeed(row);
  const tokens = stepTokens(plan);
  return { error: Math.abs(tokens / time.total / measured - 1), inside: measured >= tokens / time.high && measured <= tokens / time.low };
}

function expectAccuracy(judged: readonly Judged[], median: number, p90: number): void {
  const errors = judged.map((j) => j.error);
  assert.ok(quantile(errors, 0.5) <= median, `median ${quantile(errors, 0.5)}`);
  assert.ok(quantile(errors, 0.9) <= p90, `90th percentile ${quantile(errors, 0.9)}`);
  assert.ok(shareOf(judged, (j) => j.inside) >= 0.9, `in range ${shareOf(judged, (j) => j.inside)}`);
}

describe('fine-tuning against recorded runs', () => {
  it('finds the peak memory of runs on one GPU', () => {
    const judged = rows.filter((row) => judgesMemory(row) && row.gpus === 1).map(memory);
    assert.ok(judged.length > 150);
    expectAccuracy(judged, 0.1, 0.3);
  });

  it('finds the peak memory of sharded runs', () => {
    const judged = rows.filter((row) => judgesMemory(row) && isSharded(row)).map(memory);
    assert.ok(judged.length > 70);
    // A third of these rows are rounded remarks in example scripts whose sample lengths nobody states.
    expectAccuracy(judged, 0.12, 0.35);
  });

  it('finds the tokens per second', () => {
    const judged = rows.filter(judgesSpeed).map(speed);
    assert.ok(judged.length > 350);
    expectAccuracy(judged, 0.2, 0.5);
  });

  it('counts the trained parameters that the runs printed', () => {
    // One run adapts its MLP with block-diagonal matrices, a LoRA variant of its own.
    const plain = (row: TrainingRow): boolean => row.lora_targets !== 'down_proj,gate_proj,up_proj';
    const printed = rows.filter((row) => row.trainable_params !== null && row.method === 'lora' && plain(row));
    assert.ok(printed.length >= 10);
    for (const row of printed) {
      const counted = trainedParameters(caseOf(row).plan);
      const stated = row.trainable_params ?? 0;
      // Sources round to three digits at the coarsest.
      assert.ok(Math.abs(counted / stated - 1) < 0.005, `${row.id}: ${counted} of ${stated}`);
    }
  });
});
