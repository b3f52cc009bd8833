import type { Ranged } from '../ranged';
import { SPEED_CONSTANTS, type SpeedConstants } from './constants';
import { USUAL_DRAFTING } from './drafting';
import { wallPowerW } from './power';
import { lacksLatentKernels } from './prefill';
import { serve, type Load } from './serving';
import { spreadRate, spreadTime, spreadUnder } from './spread';
import { gpusPerReplica, type SpeedSetup, type StepTime } from './step';
import type { ModelWork } from './work';

/** Everything a speed estimate depends on, in plain numbers. */
export interface SpeedInput {
  readonly setup: SpeedSetup;
  readonly work: ModelWork;
  readonly load: Load;
}

/** How fast and how hungry a deployment is. Times in milliseconds, rates in tokens per second. */
export interface SpeedEstimate {
  /** Time to first token under the load, waiting included. */
  readonly ttftMs: Ranged;
  /** Time per output token under the load. */
  readonly tpotMs: Ranged;
  /** Forward pass over one prompt, alone. */
  readonly prefillMs: Ranged;
  /** Prompt tokens per second of one request alone. */
  readonly prefillTps: Ranged;
  /** Output tokens per second of one request alone, first token aside. */
  readonly decodeTpsSingleStream: Ranged;
  /** Output tokens per second each user sees under the load, first token aside. */
  readonly perUserTps: Ranged;
  /** Output tokens per second over all users and replicas. */
  readonly throughputTps: Ranged;
  /** Requests that run together over all replicas; the rest waits for KV cache. */
  readonly running: number;
  /** One decode step under the load by cause. */
  readonly step: StepTime;
  /** Watts at the wall: GPUs, host and power supply. */
  readonly powerW: Ranged;
  /** Watt-hours at the wall per thousand output tokens. */
  readonly energyWhPer1kTokens: Ranged;
  readonly assumptions: readonly string[];
}

/** Estimates the speed of a deployment under a load. Pure and quick enough for every move of a slider. */
export function estimateSpeed(input: SpeedInput, constants: SpeedConstants = SPEED_CONSTANTS): SpeedEstimate {
  const { setup, work, load } = input;
  const alone: Load = { ...load, concurrency: 1 };
  const loaded = serve(setup, work, load, constants);
  const single = serve({ ...setup, dataParallel: setup.expertParallel ? setup.dataParallel : 1 }, work, alone, constants);
  const queued = loaded.running * setup.dataParallel < load.concurrency;
  const spread = spreadUnder({ setup, load, queued, untuned: lacksLatentKernels(setup, work) });
  const power = wallPowerW(setup, loaded);
  const fresh = Math.max(1, load.promptTokens * (1 - load.cachedShare));
  return {
    ttftMs: spreadTime(loaded.ttftMs, 'ttft', spread),
    tpotMs: spreadTime(loaded.tpotMs, load.concurrency > setup.dataParallel ? 'tpot' : 'step', spread),
    prefillMs: spreadTime(single.prefillMs, 'prefill', spread),
    prefillTps: spreadRate((fresh * 1e3) / single.prefillMs, 'prefill', spread),
    decodeTpsSingleStream: spreadRate(1e3 / single.tpotMs, 'step', spread),
    perUserTps: spreadRate(1e3 / loaded.tpotMs, load.concurrency > setup.dataParallel ? 'tpot' : 'step', spread),
    throughputTps: spreadRate(loaded.throughputTps, 'throughput', spread),
    running: loaded.running * setup.dataParallel,
    step: loaded.step,
    powerW: spreadTime(power, 'power', spread),
    energyWhPer1kTokens: spreadTime((power * 1000) / 3600 / loaded.throughputTps, 'throughput', spread),
    assumptions: assumptionsOf(input, queued),
  };
}

/**
 * First tokens of DeepSeek's prompts of 8,192 tokens under SGLang in fp8 (speed.jsonl), 0.5.10 on B300 against 0.5.9 on B200: 2,050 ms against 479
 * for 4 requests on eight GPUs, on four 3,229 against 586 for 4 and 5,463 against 997 for 16. Whether a later release is quicker, nobody has measured.
 */
const UNTUNED =
  'SGLang 0.5.10 was measured to take 4 to 6 times as long to the first token on B300 as 0.5.9 on B200, for prompts of 8,192 tokens of a model with latent attention; a later version may have mended that';

function draftingAssumption({ draftTokens, drafting = USUAL_DRAFTING }: Load): string {
  const { low, value, high } = drafting.acceptance;
  const percent = (share: number): number => Math.round(share * 100);
  return `${draftTokens} ${draftTokens === 1 ? 'token' : 'tokens'} drafted per step by ${drafting.by}, ${percent(value)} % of them accepted (${percent(low)} to ${percent(high)} % by text)`;
}

function assumptionsOf({ setup, work, load }: SpeedInput, queued: boolean): readonly string[] {
  const said: string[] = [];
  if (setup.gpu.bandwidthGbS === null) said.push(`no memory bandwidth is known for ${setup.gpu.label}`);
  if (setup.offloadBytes > 0) said.push('every step reads the offloaded weights over the host link');
  if (setup.offloadKvCache === true) said.push('every step reads the offloaded KV cache over the host link');
  if (load.draftTokens > 0) said.push(draftingAssumption(load));
  if (queued) said.push('the KV cache does not hold all requests at once: the rest waits');
  if (lacksLatentKernels(setup, work)) said.push(UNTUNED);
  if (gpusPerReplica(setup) > 1 && setup.link === null) said.push(`GPUs are linked by ${setup.gpu.link ?? 'PCIe 4'}`);
  said.push('power is at the wall, host and power supply included');
  return said;
}
