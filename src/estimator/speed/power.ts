import type { Gpu } from '../hardware/gpu';
import { gpusPerReplica, type SpeedSetup } from './step';
import type { ServingTime } from './serving';

/** Share of the board's limit beyond idle that a GPU draws while it waits for launches and latencies. */
const WAITING_SHARE = 0.35;
/** Share of the board's limit that it draws while memory or arithmetic is the limit. */
const BUSY_SHARE = 0.95;
/** Idle draw over the board's limit where no idle figure is known: cards with both have 0.03 to 0.13. */
const IDLE_SHARE = 0.08;
/** Watts of a host without its GPUs: the bench machines of the wall measurements draw 10 (Raspberry Pi) to 80 (desktop). */
const HOST_W = 25;
/** Watts of a server's host, fans and network per GPU over the board power: DGX H100 is rated 10.2 kW with 5.6 kW of GPUs; under load about a quarter. */
const SERVER_SHARE = 0.25;
/** GPUs from which the machine is a server rather than a workstation. */
const SERVER_GPUS = 4;
/** Power supplies of the 80 PLUS Gold class. */
const SUPPLY_EFFICIENCY = 0.92;
/** Board limit where a data sheet gives none. */
const FALLBACK_TDP_W = 300;

/** Watts one GPU draws on average under the load. */
export function gpuPowerW(gpu: Gpu, served: ServingTime): number {
  const limit = gpu.tdpW ?? FALLBACK_TDP_W;
  const idle = gpu.idleW ?? limit * IDLE_SHARE;
  const { step } = served;
  const busy = Math.min(1, (step.weights + step.kvCache) / Math.max(step.total, 1e-9));
  return idle + (limit - idle) * (WAITING_SHARE + (BUSY_SHARE - WAITING_SHARE) * busy);
}

/** Watts at the wall of the machine under the load: all GPUs, host and power supply. */
export function wallPowerW(setup: SpeedSetup, served: ServingTime): number {
  const count = gpusPerReplica(setup) * setup.dataParallel;
  // Pipeline stages take turns when fewer requests run than there are stages.
  const active = Math.min(1, Math.max(1, served.running) / setup.pipelineParallel);
  const limit = setup.gpu.tdpW ?? FALLBACK_TDP_W;
  const idle = setup.gpu.idleW ?? limit * IDLE_SHARE;
  const perGpu = idle + (gpuPowerW(setup.gpu, served) - idle) * active;
  const host = setup.gpu.unifiedMemory ? 0 : HOST_W + (count >= SERVER_GPUS ? SERVER_SHARE * perGpu * count : 0);
  return (perGpu * count + host) / SUPPLY_EFFICIENCY;
}
