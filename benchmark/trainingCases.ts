import { existsSync, readFileSync } from 'node:fs';
import { requestModels } from '../src/cli/requests';
import type { FinetuningResponse } from '../src/estimator/contracts/finetuning';
import { resolveFinetuning } from '../src/estimator/contracts/finetuningRequest';
import type { Gpu } from '../src/estimator/hardware/gpu';
import { estimateFinetuning } from '../src/estimator/training/estimate';
import { planTraining } from '../src/estimator/training/plan';
import type { TrainingPlan } from '../src/estimator/training/plan';
import { recordedModels } from './recordedModels';
import { requestOf } from './trainingRows';
import type { RequestKind, TrainingRow } from './trainingRows';

const models = requestModels(recordedModels);

const SHARED_ROWS = '../shared/measurements/finetune.jsonl';
const OWN_ROWS = 'test/fixtures/measured/finetune.jsonl';

/** A measured row and the run it describes. */
export interface TrainingCase {
  readonly row: TrainingRow;
  readonly plan: TrainingPlan;
  /** What the calculator answers. */
  readonly response: FinetuningResponse;
  readonly gpu: Gpu;
}

/** The rows to judge by: those shared beside the project where they exist, else the project's own. */
export function defaultTrainingRows(): string {
  return existsSync(SHARED_ROWS) ? SHARED_ROWS : OWN_ROWS;
}

/** The project's own rows leave out what their sources do not state. */
const NOTHING_STATED: Partial<TrainingRow> = {
  source_url: null,
  framework_version: null,
  params_b: null,
  base_precision: null,
  compute_dtype: null,
  quantization: null,
  lora_rank: null,
  lora_targets: null,
  trainable_params: null,
  micro_batch_size: null,
  gradient_accumulation: null,
  seq_length: null,
  seq_note: null,
  packing: null,
  optimizer: null,
  master_weights: null,
  gradient_checkpointing: null,
  flash_attention: null,
  fused_cross_entropy: null,
  compile: null,
  activation_offload: null,
  zero_stage: null,
  parallelism: null,
  cpu_offload: null,
  gpus: null,
  gpu_name: null,
  gpu_norm: null,
  peak_memory_gib: null,
  memory_raw: null,
  notes: null,
  memory_kind: null,
  memory_scope: null,
  tokens_per_second: null,
  tokens_per_second_scope: null,
  extra: null,
};

export function readTrainingRows(file: string): readonly TrainingRow[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => ({ ...NOTHING_STATED, ...(JSON.parse(line) as Partial<TrainingRow>) }) as TrainingRow);
}

/** The run a row describes, as the calculator reads it, or why it cannot be read. */
export function trainingCase(row: TrainingRow, kind: RequestKind = 'stated'): TrainingCase | string {
  const read = resolveFinetuning(requestOf(row, kind), models);
  if (!read.ok) return read.problems.map((problem) => problem.message).join('; ');
  const { request, facts } = read.request;
  return { row, gpu: facts.gpu, plan: planTraining(request, facts.model.architecture), response: estimateFinetuning(request, facts) };
}

/** Tokens of one optimizer step, padding not counted. */
export function stepTokens(plan: TrainingPlan): number {
  const { request } = plan;
  const tokens = request.packing ? request.seq_length : Math.min(request.seq_length, request.tokens_per_sample);
  return plan.stepSequences * plan.sequences * tokens;
}
