import * as os from 'node:os';
import type { Host } from '../deployments/deployment';
import { GIB } from '../estimator/units';
import type { GpuSource } from '../estimator/hardware/gpu';
import type { Settings } from './settings';

/** Set in every process of the Windows Subsystem for Linux, where memory cannot be pinned. */
const WSL = 'WSL_DISTRO_NAME';

/** This machine: its memory in bytes and its environment. */
export interface Machine {
  readonly memoryBytes: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * The machine that runs vLLM, as the settings describe it. What the extension's own machine is counts only where vLLM's GPUs were
 * found in it; of its environment only what tells the kind of machine, since vLLM is not started from here.
 */
export function hostFor(
  settings: Pick<Settings, 'hostMemoryGib' | 'environment'>,
  gpus: GpuSource | null,
  machine: Machine = here(),
): Host {
  const isHere = gpus === 'detected';
  const wsl = machine.environment[WSL];
  const stated = Object.entries(settings.environment).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return {
    memoryGib: settings.hostMemoryGib ?? (isHere ? machine.memoryBytes / GIB : null),
    environment: new Map([...(isHere && wsl !== undefined ? [[WSL, wsl] as const] : []), ...stated]),
  };
}

function here(): Machine {
  return { memoryBytes: os.totalmem(), environment: process.env };
}
