import { existsSync, readFileSync } from 'node:fs';
import { readFinetuningRequest } from '../src/estimator/contracts/finetuningRequest';
import { findGpu } from '../src/estimator/hardware/catalogue';
import type { Gpu } from '../src/estimator/hardware/gpu';
import { planTraining } from '../src/estimator/training/plan';
import type { TrainingPlan } from '../src/estimator/training/plan';
import { recordedModel } from './recordedModels';
import { rowArchitecture } from './trainingModels';
import { requestOf } from './trainingRows';
import type { TrainingRow } from './trainingRows';

const SHARED_ROWS = '../shared/measurements/finetune.jsonl';
const OWN_ROWS = 'test/fixtures/measured/finetune.jsonl';

/** A measured row and the run it describes. */
export interface TrainingCase {
  readonly row: TrainingRow;
  readonly plan: TrainingPlan;
  readonly gpu: Gpu;
}

/** The rows to judge by: those shared beside the project where they exist, else the project's own. */
export function defaultTrainingRows(): string {
  return existsSync(SHARED_ROWS) ? SHARED_ROWS : OWN_ROWS;
}

/** The project's own rows leave out what their sources do not state. */
const NOTHING_STATED: Partial<TrainingRow> = {
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

/** The card that stands for those a source does not name; only paged optimizers depend on it in memory. */
const UNNAMED_GPU = 'a100_80';

/** The run a row describes, or why there is none. */
export function trainingCase(row: TrainingRow): TrainingCase | string {
  const architecture = rowArchitecture(row.model, row.params_b, (id) => recordedModel(id)?.architecture ?? null);
  if (!architecture) return `no architecture known for ${row.model}`;
  const gpu = (row.gpu_norm === null ? null : findGpu(row.gpu_norm)) ?? findGpu(row.gpu_name ?? UNNAMED_GPU) ?? findGpu(UNNAMED_GPU);
  if (!gpu) return `no GPU known for ${row.gpu_norm}`;
  const read = readFinetuningRequest(requestOf(row, gpu.key));
  if (!read.ok) return read.problems.map((problem) => problem.message).join('; ');
  return { row, gpu, plan: planTraining(read.request, architecture) };
}

/** Tokens of one optimizer step, padding not counted. */
export function stepTokens(plan: TrainingPlan): number {
  const { request } = plan;
  return plan.stepSequences * (request.packing ? request.seq_length : Math.min(request.seq_length, request.tokens_per_sample));
}
