import { MEMORY_COMPONENTS } from '../contracts/finetuning';
import type { FinetuningRequest, FinetuningResponse, MemoryComponent, OptimizationSaving } from '../contracts/finetuning';
import { runProblems } from '../contracts/finetuningProblems';
import type { FinetuningFacts } from '../contracts/finetuningRequest';
import type { Architecture } from '../architecture';
import type { Gpu } from '../hardware/gpu';
import { memoryStatus } from '../memoryStatus';
import { GIB } from '../units';
import { hasUnknownLengths } from './activations';
import { assumptionsOf } from './assumptions';
import { onCheckpoint } from './checkpointBase';
import { TRAINING_CONSTANTS } from './constants';
import { trainingMemory } from './memory';
import type { TrainingMemory } from './memory';
import { planTraining } from './plan';
import type { TrainingPlan } from './plan';
import { trainingPower } from './power';
import { activeOptimizations, presetOf } from './savings';
import { trainedParameters } from './states';
import { stepTime } from './time';
import type { StepTime } from './time';

/** One run as planned: what the response and the curves are made of. */
export interface TrainingRun {
  readonly plan: TrainingPlan;
  readonly memory: TrainingMemory;
  readonly time: StepTime | null;
}

/** Plans a request and computes memory and time, without what the response adds. */
export function trainingRun(request: FinetuningRequest, facts: FinetuningFacts): TrainingRun {
  return runOf(onCheckpoint(request, facts.model).request, facts);
}

/** The same of a request whose base is settled. */
function runOf(request: FinetuningRequest, facts: FinetuningFacts): TrainingRun {
  const plan = planTraining(request, facts.model.architecture);
  return { plan, memory: trainingMemory(plan, facts.gpu.totalMemoryGib * GIB), time: stepTime(plan, facts.gpu) };
}

/** Memory, speed, time and energy of a fine-tuning run. Pure arithmetic: the same request always gives the same response. */
export function estimateFinetuning(asked: FinetuningRequest, facts: FinetuningFacts): FinetuningResponse {
  const base = onCheckpoint(asked, facts.model);
  const { request } = base;
  const run = runOf(request, facts);
  const { plan, memory, time } = run;
  const { gpu } = facts;
  const percentage = (memory.peak.total / (gpu.totalMemoryGib * GIB)) * 100;
  const optimizations = activeOptimizations(request);
  const names = optimizations.map((optimization) => optimization.name);
  const [problem, ...more] = [...base.problems, ...runProblems(request, facts.model)];
  return {
    unit: 'GiB',
    vram_usage: memory.peak.total / GIB,
    vram_percentage: Math.min(100, percentage),
    actual_vram_percentage: percentage,
    memory_status: problem ? 'error' : memoryStatus(percentage / 100),
    static_shared_memory: memory.static / GIB,
    ...progress(plan, time, gpu),
    mfu: time === null ? null : time.mfu,
    estimated_system_ram_required: hostRam(run) / GIB,
    offloaded_memory: ((memory.onHost + memory.onNvme) * plan.parallel.gpus) / GIB,
    active_optimizations: names,
    optimization_preset: presetOf(names),
    savings: optimizations.map(({ name, without }) => savingOf(name, run, runOf(without, facts))),
    memory_details: details(memory),
    memory_breakdown: breakdown(memory),
    trainable_parameters: trainedParameters(plan),
    total_parameters: plan.shape.parameters,
    range: ranges(run, gpu, facts.model.architecture),
    assumptions: [...(facts.assumptions ?? []), ...base.said, ...assumptionsOf(plan, gpu, memory.peak.phase), ...hiddenLink(request, time)],
    ...(problem && { problems: [problem, ...more] }),
  };
}

/** What is said of a link that is named but never waited for. */
function hiddenLink({ interconnect_type: link, num_gpus }: FinetuningRequest, time: StepTime | null): readonly string[] {
  if (link === null || num_gpus === 1 || time === null || time.communication > 0) return [];
  return [`What the GPUs send over ${link} hides behind the computation.`];
}

type Progress = Pick<
  FinetuningResponse,
  | 'training_tps'
  | 'samples_per_second'
  | 'steps_per_second'
  | 'total_tokens'
  | 'total_steps'
  | 'total_training_time_hours'
  | 'estimated_power_draw'
  | 'energy_kwh'
>;

function progress(plan: TrainingPlan, time: StepTime | null, gpu: Gpu): Progress {
  const { request } = plan;
  const { samplesPerStep, tokensPerStep, tokensPerSample } = stepSize(plan);
  const samples = samplesOf(plan);
  const steps = stepsOf(plan);
  const power = time === null ? null : trainingPower(gpu, busyShare(time));
  const watts = power === null ? null : power * request.num_gpus;
  const hours = steps === null || time === null ? null : (steps * time.total) / 3600;
  return {
    training_tps: time === null ? null : tokensPerStep / time.total,
    samples_per_second: time === null ? null : samplesPerStep / time.total,
    steps_per_second: time === null ? null : 1 / time.total,
    total_tokens: samples === null ? null : samples * tokensPerSample,
    total_steps: steps,
    total_training_time_hours: hours,
    estimated_power_draw: watts,
    energy_kwh: watts === null || hours === null ? null : (watts * hours) / 1000,
  };
}

/** Samples of all epochs; null when the request does not say how many there are. */
function samplesOf({ request }: TrainingPlan): number | null {
  return request.num_samples === null ? null : request.num_samples * request.num_epochs;
}

/** Optimizer steps of the whole run; null when the request does not say how many samples there are. */
export function stepsOf(plan: TrainingPlan): number | null {
  const samples = samplesOf(plan);
  return samples === null ? null : Math.ceil(samples / stepSize(plan).samplesPerStep);
}

interface StepSize {
  /** Samples of the dataset in one optimizer step; packed sequences hold several. */
  readonly samplesPerStep: number;
  readonly tokensPerStep: number;
  readonly tokensPerSample: number;
}

function stepSize(plan: TrainingPlan): StepSize {
  const { request, stepSequences } = plan;
  const tokensPerSample = request.packing ? request.tokens_per_sample : Math.min(request.tokens_per_sample, request.seq_length);
  const perSequence = request.packing ? request.seq_length / tokensPerSample : 1;
  const samplesPerStep = stepSequences * perSequence;
  const tokens = tokensPerSample * plan.sequences;
  return { samplesPerStep, tokensPerStep: samplesPerStep * tokens, tokensPerSample: tokens };
}

function busyShare(time: StepTime): number {
  return Math.min(1, (time.compute + time.memory) / time.total);
}

/** Host memory one machine needs besides what was offloaded: the checkpoint's largest file and the processes themselves. */
function hostRam(run: TrainingRun): number {
  const { plan, memory } = run;
  const ranks = Math.min(plan.parallel.gpus, GPUS_PER_MACHINE);
  return ranks * (memory.onHost + PROCESS_GIB * GIB) + Math.min(LARGEST_FILE_GIB * GIB, plan.shape.parameters * 2);
}

/** GPUs that share one machine's memory. */
const GPUS_PER_MACHINE = 8;
/** Resident memory of one training process with torch and CUDA loaded, GiB. */
const PROCESS_GIB = 4;
/** Size above which checkpoints are split (`max_shard_size` of transformers' `save_pretrained`), GiB. */
const LARGEST_FILE_GIB = 5;

function savingOf(optimization: string, run: TrainingRun, without: TrainingRun): OptimizationSaving {
  const speed =
    run.time === null || without.time === null ? null : tokensPerSecond(run.plan, run.time) / tokensPerSecond(without.plan, without.time);
  return { optimization, saved_gb: (without.memory.peak.total - run.memory.peak.total) / GIB, speed_factor: speed };
}

function tokensPerSecond(plan: TrainingPlan, time: StepTime): number {
  return stepSize(plan).tokensPerStep / time.total;
}

function details(memory: TrainingMemory): Readonly<Record<MemoryComponent, number>> {
  const { components } = memory.peak;
  const inGib = (component: MemoryComponent): number => components[component] / GIB;
  return {
    'Base Model Weights': inGib('Base Model Weights'),
    'LoRA Adapters': inGib('LoRA Adapters'),
    Gradients: inGib('Gradients'),
    'Optimizer States': inGib('Optimizer States'),
    Activations: inGib('Activations'),
    'Logits and Loss': inGib('Logits and Loss'),
    'Communication Buffers': inGib('Communication Buffers'),
    'Framework Overhead': inGib('Framework Overhead'),
  };
}

function breakdown(memory: TrainingMemory): FinetuningResponse['memory_breakdown'] {
  const { components, total } = memory.peak;
  return MEMORY_COMPONENTS.map((label) => ({ label, value: (components[label] / total) * 100, size_gb: components[label] / GIB }));
}

function ranges(run: TrainingRun, gpu: Gpu, architecture: Architecture): FinetuningResponse['range'] {
  const { plan, memory, time } = run;
  const { low, high } = memory;
  const capacity = gpu.totalMemoryGib * GIB;
  const range: Record<string, readonly [number, number]> = {
    vram_usage: [low / GIB, high / GIB],
    actual_vram_percentage: [(low / capacity) * 100, (high / capacity) * 100],
  };
  if (time === null) return range;
  const ends = [progress(plan, { ...time, total: time.high }, gpu), progress(plan, { ...time, total: time.low }, gpu)];
  if (hasUnknownLengths(plan.request)) ends.push(...endsOfShortSamples(run, gpu, architecture));
  for (const figure of RANGED) {
    const values = ends.map((end) => end[figure]).filter((value) => value !== null);
    if (values.length > 0) range[figure] = [Math.min(...values), Math.max(...values)];
  }
  return range;
}

const RANGED = ['training_tps', 'samples_per_second', 'steps_per_second', 'total_training_time_hours', 'energy_kwh'] as const;

/** The slow and the fast end of the same run on samples whose mean is the usual share of their longest, where nobody states their lengths. */
function endsOfShortSamples({ plan }: TrainingRun, gpu: Gpu, architecture: Architecture): readonly Progress[] {
  const { request } = plan;
  const shorter = planTraining({ ...request, tokens_per_sample: request.seq_length / TRAINING_CONSTANTS.longestOverMean }, architecture);
  const time = stepTime(shorter, gpu);
  if (time === null) return [];
  return [time.high, time.low].map((total) => progress(shorter, { ...time, total }, gpu));
}
