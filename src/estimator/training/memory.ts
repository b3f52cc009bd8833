import type { MemoryComponent } from '../contracts/finetuning';
import { GIB, clamp } from '../units';
import { dynamicBytes, hasUnknownLengths } from './activations';
import type { DynamicBytes } from './activations';
import { TRAINING_CONSTANTS } from './constants';
import { encoderBytes } from './encoder';
import type { TrainingConstants } from './constants';
import type { TrainingPlan } from './plan';
import { offloadStates } from './offload';
import { stateBytes } from './states';
import type { StateBytes } from './states';

/** Moments of a run at which memory may peak. */
export type TrainingPhase = 'load' | 'encoder' | 'forward' | 'loss' | 'backward' | 'optimizer_step';

/** Bytes of one GPU at one moment, by component. */
export interface PhaseMemory {
  readonly phase: TrainingPhase;
  readonly components: Readonly<Record<MemoryComponent, number>>;
  readonly total: number;
}

/** Memory of one GPU over a step, in bytes, as the asked-for measure reports it. */
export interface TrainingMemory {
  readonly peak: PhaseMemory;
  /** Moments of a step in order. */
  readonly phases: readonly [PhaseMemory, ...PhaseMemory[]];
  /** What does not depend on the batch. */
  readonly static: number;
  readonly low: number;
  readonly high: number;
  /** Bytes one GPU's rank keeps in host memory, and on NVMe. */
  readonly onHost: number;
  readonly onNvme: number;
}

/**
 * Memory of one GPU while training.
 *
 * @param capacity bytes of the card, at which paged optimizer states start to move to the host.
 */
export function trainingMemory(plan: TrainingPlan, capacity: number, constants: TrainingConstants = TRAINING_CONSTANTS): TrainingMemory {
  const { peak, phases, onHost, onNvme } = peakMemory(plan, capacity, constants);
  const spread = halfWidth(plan, peak, constants);
  // Where nobody states the samples' lengths, the low end is that of samples none of which fills the window.
  const shorter = hasUnknownLengths(plan.request)
    ? peakMemory(withShorterSamples(plan, constants), capacity, constants).peak.total
    : Infinity;
  return {
    peak,
    phases,
    static: peak.total - peak.components.Activations - peak.components['Logits and Loss'],
    low: Math.max(0, Math.min(peak.total - spread, shorter)),
    high: peak.total + spread * constants.spreadAbove,
    onHost,
    onNvme,
  };
}

/** The same run on samples that are at most the usual mean of those that fill its window. */
function withShorterSamples(plan: TrainingPlan, constants: TrainingConstants): TrainingPlan {
  return { ...plan, request: { ...plan.request, seq_length: plan.request.seq_length / constants.longestOverMean } };
}

type Peak = Pick<TrainingMemory, 'peak' | 'phases' | 'onHost' | 'onNvme'>;

function peakMemory(plan: TrainingPlan, capacity: number, constants: TrainingConstants): Peak {
  const dynamic = dynamicBytes(plan, constants);
  const placed = offloadStates(plan, seenStates(plan, stateBytes(plan)));
  const phases = stepPhases(plan, placed.gpu, dynamic, constants);
  const highest = phases.reduce((a, b) => (b.total > a.total ? b : a));
  const spilled = plan.optimizer.paged ? clamp(highest.total - capacity, 0, placed.gpu.optimizer) : 0;
  const peak = spilled > 0 ? withoutSpilled(highest, spilled) : highest;
  return {
    peak,
    phases,
    onHost: placed.onHost + spilled + dynamic.offloaded + encoderBytes(plan, constants).offloaded,
    onNvme: placed.onNvme,
  };
}

/** Paged states are unified memory, which torch's own counters do not see. */
function seenStates(plan: TrainingPlan, state: StateBytes): StateBytes {
  const unseen = plan.optimizer.paged && plan.request.gpu_memory_measure !== 'nvidia_smi';
  return unseen ? { ...state, optimizer: 0 } : state;
}

function withoutSpilled(phase: PhaseMemory, spilled: number): PhaseMemory {
  const components = { ...phase.components, 'Optimizer States': phase.components['Optimizer States'] - spilled };
  return { ...phase, components, total: phase.total - spilled };
}

function stepPhases(
  plan: TrainingPlan,
  state: StateBytes,
  dynamic: DynamicBytes,
  constants: TrainingConstants,
): readonly [PhaseMemory, ...PhaseMemory[]] {
  const { working, logits } = dynamic;
  const encoder = encoderBytes(plan, constants);
  const held = encoder.pixels + encoder.kept;
  const stored = dynamic.stored + held;
  const inBackward = plan.request.optimization_config.optimizer_in_backward;
  const whole = inBackward ? state.liveGradients : state.gradients;
  // Gradients of earlier micro batches wait while the next one runs; without accumulation they grow as activations go.
  // DeepSpeed's ZeRO 3 keeps the gradients' partitions allocated, as Megatron its buffers.
  const partitions = plan.framework.fixedBuckets && plan.parallel.zeroStage >= 3;
  const waiting = plan.accumulation > 1 || plan.framework.persistentGradients || partitions ? whole : 0;
  const at = (phase: TrainingPhase, gradients: number, activations: number, loss: number, update: number): PhaseMemory =>
    phaseMemory(plan, state, constants, { phase, gradients, activations, loss, update });
  return [
    at('load', 0, 0, 0, 0),
    ...(plan.images === null ? [] : [at('encoder', waiting, held + encoder.working, 0, 0)]),
    at('forward', waiting, stored + working / 2, 0, 0),
    at('loss', waiting, stored, logits, 0),
    at('backward', Math.max(waiting, state.layerGradients), stored + working, 0, 0),
    at('optimizer_step', whole, 0, 0, inBackward ? state.update * (whole / Math.max(1, state.gradients)) : state.update),
  ];
}

interface PhaseParts {
  readonly phase: TrainingPhase;
  readonly gradients: number;
  readonly activations: number;
  readonly loss: number;
  readonly update: number;
}

function phaseMemory(plan: TrainingPlan, state: StateBytes, constants: TrainingConstants, parts: PhaseParts): PhaseMemory {
  const dynamic = parts.activations + parts.loss;
  const fixed = state.weights + state.adapters + state.optimizer + parts.gradients + parts.update;
  const components: Record<MemoryComponent, number> = {
    'Base Model Weights': state.weights,
    'LoRA Adapters': state.adapters,
    Gradients: parts.gradients,
    'Optimizer States': state.optimizer + parts.update,
    Activations: parts.activations,
    'Logits and Loss': parts.loss,
    'Communication Buffers': state.communication,
    'Framework Overhead': overheadBytes(plan, fixed, dynamic, constants),
  };
  const total = Object.values(components).reduce((sum, bytes) => sum + bytes, 0);
  return { phase: parts.phase, components, total };
}

/** Workspaces, the allocator's cached blocks and the CUDA context, as far as the measure sees them. */
function overheadBytes(plan: TrainingPlan, fixed: number, dynamic: number, constants: TrainingConstants): number {
  const measure = plan.request.gpu_memory_measure;
  const workspace = constants.workspaceGib * GIB;
  if (measure === 'allocated') return workspace;
  const slack = fixed * constants.slackOfStatic + dynamic * constants.slackOfDynamic;
  return workspace + slack + (measure === 'nvidia_smi' ? constants.contextGib * GIB : 0);
}

/** Half-width of the range below the value, in bytes. */
function halfWidth(plan: TrainingPlan, peak: PhaseMemory, constants: TrainingConstants): number {
  const { components } = peak;
  const state = components['Base Model Weights'] + components.Gradients + components['Optimizer States'];
  const dynamic = components.Activations + components['Logits and Loss'];
  const parts = [
    constants.spreadOfStates * state,
    constants.spreadOfDynamic * dynamic,
    constants.spreadOfBuffers * components['Communication Buffers'],
    constants.spreadGib * GIB,
  ];
  const unknown = hasUnknownLengths(plan.request);
  const several = plan.parallel.gpus === 1 ? 1 : unknown ? constants.spreadOfSeveralUnknown : constants.spreadOfSeveral;
  return Math.hypot(...parts) * several;
}
