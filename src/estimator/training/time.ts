import type { Gpu } from '../hardware/gpu';
import { hostBandwidth } from '../hardware/interconnects';
import { communicationSeconds, heldParameters, trainedHere } from './communication';
import type { StepSeconds } from './communication';
import { computeSeconds, microBatchWork, orthogonalisationSeconds, passesOf } from './compute';
import { encoderWork } from './encoder';
import type { TrainingPlan } from './plan';
import { peakRate } from './rates';
import { TIME_CONSTANTS } from './timeConstants';
import type { TimeConstants } from './timeConstants';

/** Seconds of one optimizer step, by what they are spent on. */
export interface StepTime {
  readonly total: number;
  readonly compute: number;
  /** Dequantizing and updating weights in the GPU's memory. */
  readonly memory: number;
  /** Communication that compute does not hide. */
  readonly communication: number;
  /** Transfers to host memory or NVMe that compute does not hide. */
  readonly offload: number;
  /** Model FLOPs utilisation: FLOPs the model needs, recomputation not counted, over the dense peak of the compute dtype. */
  readonly mfu: number;
  readonly low: number;
  readonly high: number;
}

/** Time of one optimizer step, or null when the card's rates are unknown. */
export function stepTime(plan: TrainingPlan, gpu: Gpu, constants: TimeConstants = TIME_CONSTANTS): StepTime | null {
  const work = microBatchWork(plan, constants);
  const compute = computeSeconds(plan, gpu, work, constants);
  const peak = peakRate(gpu, plan.request.compute_dtype);
  if (compute === null || peak === null) return null;
  const memory = memorySeconds(plan, gpu, constants);
  const busy = compute + memory.perMicroBatch;
  const communication = communicationSeconds(plan, gpu, constants);
  const offload = offloadSeconds(plan, gpu);
  const exposed = exposedSeconds(communication.background, offload, constants.overlap * busy);
  const micros = plan.accumulation * pipelineBubble(plan, constants);
  const total =
    micros * (busy + communication.blocking + exposed.perMicroBatch) + memory.perStep + exposed.perStep + constants.secondsPerStep;
  const needed = work.modelFlops + (encoderWork(plan, constants)?.modelFlops ?? 0);
  const modelFlops = needed * plan.accumulation * plan.parallel.data;
  return {
    total,
    compute: micros * compute,
    memory: micros * memory.perMicroBatch + memory.perStep,
    communication:
      micros * (communication.blocking + exposed.perMicroBatch * (1 - exposed.offloadShare)) + exposed.perStep - offload.perStep,
    offload: micros * exposed.perMicroBatch * exposed.offloadShare + offload.perStep,
    mfu: modelFlops / (total * plan.parallel.gpus * peak),
    low: total / constants.spread,
    high: total * constants.spread,
  };
}

interface Exposed extends StepSeconds {
  /** Share of what is exposed per micro batch that is transfers to the host. */
  readonly offloadShare: number;
}

/** What of the transfers in the background compute does not hide: they share what it can hide, and a step's end gets what is left of it. */
function exposedSeconds(background: StepSeconds, offload: StepSeconds, hideable: number): Exposed {
  const transfers = background.perMicroBatch + offload.perMicroBatch;
  const left = Math.max(0, hideable - transfers);
  return {
    perMicroBatch: Math.max(0, transfers - hideable),
    perStep: Math.max(0, background.perStep - left) + offload.perStep,
    offloadShare: transfers === 0 ? 0 : offload.perMicroBatch / transfers,
  };
}

/** Step time over the time all stages compute: (stages - 1) / micro batches idle, less with interleaved chunks (arXiv 2104.04473). */
function pipelineBubble(plan: TrainingPlan, constants: TimeConstants): number {
  const interleaved = plan.request.framework === 'megatron' || plan.request.framework === 'fsdp' ? constants.interleaved : 1;
  return 1 + (plan.parallel.pipeline - 1) / (plan.pipelineMicros * interleaved);
}

/** Time to dequantize the weights once per pass, and to update what is trained once per step. */
function memorySeconds(plan: TrainingPlan, gpu: Gpu, constants: TimeConstants): StepSeconds {
  if (gpu.bandwidthGbS === null) return { perMicroBatch: 0, perStep: 0 };
  const bandwidth = gpu.bandwidthGbS * 1e9;
  const { shards, zeroStage } = plan.parallel;
  const unfused = plan.request.base_quantization === 'gptq' || plan.request.base_quantization === 'awq';
  // A fused kernel reads the packed weight and writes the 16-bit one, which the product reads.
  const perWeight = unfused ? constants.unfusedDequantization : plan.base.linear + 2 * plan.base.compute;
  const dequantized = plan.base.quantized ? heldParameters(plan) * perWeight * passesOf(plan) : 0;
  const state = plan.optimizer.statesOfWeightWidth * (plan.masterBytes || plan.trainedBytes) + plan.optimizer.fixedBytes + plan.masterBytes;
  const trained = trainedHere(plan) / (zeroStage >= 1 ? shards : 1);
  const updated = (trained * updateTraffic(plan, state)) / bandwidth;
  return { perMicroBatch: dequantized / bandwidth, perStep: updated + orthogonalisationSeconds(plan, gpu, trained, constants) };
}

/** Bytes per trained parameter that the optimizer's update reads and writes. */
function updateTraffic(plan: TrainingPlan, state: number): number {
  const stepwise = plan.optimizer.updateCopies > 0 && plan.masterBytes === 0 && !plan.framework.fusedUpdate;
  return stepwise ? FOREACH_ACCESSES * plan.trainedBytes : 2 * state + 2 * plan.trainedBytes + plan.gradientBytes;
}

/**
 * Reads and writes per element of torch's foreach AdamW, which runs one kernel per operation (torch/optim/adamw.py, `_multi_tensor_adamw`):
 * weight decay 2, first moment 3, second moment 2 + 4, root 2, bias correction 2, epsilon 2, update 4; and 3 of gradient clipping.
 */
const FOREACH_ACCESSES = 24;

function offloadSeconds(plan: TrainingPlan, gpu: Gpu): StepSeconds {
  const { enable_offloading: enabled, offload_parts: parts, offload_target: target } = plan.request;
  const host = hostBandwidth(gpu);
  if (!enabled || host === null) return { perMicroBatch: 0, perStep: 0 };
  const bandwidth = Math.min(host, target === 'nvme' ? NVME_GB_S : Infinity) * 1e9;
  const { shards, zeroStage } = plan.parallel;
  const weights = parts === 'optimizer' ? 0 : (heldParameters(plan) * plan.base.linear * passesOf(plan)) / (zeroStage >= 3 ? shards : 1);
  const trained = parts === 'parameters' ? 0 : trainedHere(plan) / (zeroStage >= 1 ? shards : 1);
  // Gradients go down and updated weights come up; the CPU meanwhile reads and writes fp32 states at its memory's speed.
  const moved = (trained * (plan.gradientBytes + plan.trainedBytes)) / bandwidth;
  const updated = (trained * CPU_ADAM_BYTES) / (HOST_MEMORY_GB_S * 1e9);
  return { perMicroBatch: weights / bandwidth, perStep: moved + updated };
}

/** Sequential rate of a PCIe 4 NVMe drive, GB/s (data sheets of common drives: 5 to 7). */
const NVME_GB_S = 5;
/** Host memory bandwidth one rank gets, GB/s: a quarter of an eight-channel DDR4-3200 socket (205 GB/s nominal). */
const HOST_MEMORY_GB_S = 50;
/** Bytes CPU Adam reads and writes per parameter: master and two moments in fp32, both ways, and the gradient. */
const CPU_ADAM_BYTES = 28;
