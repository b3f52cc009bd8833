import type { Gpu } from '../hardware/gpu';
import { hostBandwidth } from '../hardware/interconnects';
import { communicationSeconds, heldParameters, trainedHere } from './communication';
import type { ExposedSeconds } from './communication';
import { computeSeconds, microBatchWork, passesOf } from './compute';
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
  /** Model FLOPs of the step over all GPUs: what utilisation counts, recomputation excluded. */
  readonly modelFlops: number;
  /** Model FLOPs utilisation of the dense peak of the compute dtype. */
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
  const communication = communicationSeconds(plan, gpu, busy, constants);
  const offload = offloadSeconds(plan, gpu, busy);
  const micros = plan.accumulation * pipelineBubble(plan, constants);
  const perMicro = busy + communication.perMicroBatch + offload.perMicroBatch;
  const perStep = memory.perStep + communication.perStep + offload.perStep + constants.secondsPerStep;
  const total = micros * perMicro + perStep;
  const modelFlops = work.modelFlops * plan.accumulation * plan.parallel.data;
  return {
    total,
    compute: micros * compute,
    memory: micros * memory.perMicroBatch + memory.perStep,
    communication: micros * communication.perMicroBatch + communication.perStep,
    offload: micros * offload.perMicroBatch + offload.perStep,
    modelFlops,
    mfu: modelFlops / (total * plan.parallel.gpus * peak),
    low: total / constants.spread,
    high: total * constants.spread,
  };
}

/** Step time over the time all stages compute: (stages - 1) / micro batches idle, less with interleaved chunks (arXiv 2104.04473). */
function pipelineBubble(plan: TrainingPlan, constants: TimeConstants): number {
  const interleaved = plan.request.framework === 'megatron' || plan.request.framework === 'fsdp' ? constants.interleaved : 1;
  return 1 + (plan.parallel.pipeline - 1) / (plan.accumulation * interleaved);
}

/** Time to dequantize the weights once per pass, and to update what is trained once per step. */
function memorySeconds(plan: TrainingPlan, gpu: Gpu, constants: TimeConstants): ExposedSeconds {
  if (gpu.bandwidthGbS === null) return { perMicroBatch: 0, perStep: 0 };
  const bandwidth = gpu.bandwidthGbS * 1e9;
  const { shards, zeroStage } = plan.parallel;
  const unfused = plan.request.base_quantization === 'gptq' || plan.request.base_quantization === 'awq';
  // A fused kernel reads the packed weight and writes the 16-bit one, which the product reads.
  const perWeight = unfused ? constants.unfusedDequantization : plan.base.linear + 2 * plan.base.compute;
  const dequantized = plan.base.quantized ? heldParameters(plan) * perWeight * passesOf(plan) : 0;
  const state = plan.optimizer.statesOfWeightWidth * (plan.masterBytes || plan.trainedBytes) + plan.optimizer.fixedBytes + plan.masterBytes;
  const updated = (trainedHere(plan) / (zeroStage >= 1 ? shards : 1)) * (2 * state + 2 * plan.trainedBytes + plan.gradientBytes);
  return { perMicroBatch: dequantized / bandwidth, perStep: updated / bandwidth };
}

function offloadSeconds(plan: TrainingPlan, gpu: Gpu, computing: number): ExposedSeconds {
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
  return { perMicroBatch: Math.max(0, weights / bandwidth - computing), perStep: moved + updated };
}

/** Sequential rate of a PCIe 4 NVMe drive, GB/s (data sheets of common drives: 5 to 7). */
const NVME_GB_S = 5;
/** Host memory bandwidth one rank gets, GB/s: a quarter of an eight-channel DDR4-3200 socket (205 GB/s nominal). */
const HOST_MEMORY_GB_S = 50;
/** Bytes CPU Adam reads and writes per parameter: master and two moments in fp32, both ways, and the gradient. */
const CPU_ADAM_BYTES = 28;
