import type { Gpu } from '../hardware/gpu';

/** Share of the power limit that a training step draws while it computes: GPT-style training on A100 and H100 nodes runs at 80 to 95 % of it. */
const TRAINING_SHARE = 0.88;
/** Share of the limit drawn while waiting for communication or the host. */
const WAITING_SHARE = 0.4;

/** Watts of one GPU that computes for `busy` of the time; null without a power limit. */
export function trainingPower(gpu: Gpu, busy: number): number | null {
  if (gpu.tdpW === null) return null;
  return gpu.tdpW * (TRAINING_SHARE * busy + WAITING_SHARE * (1 - busy));
}
