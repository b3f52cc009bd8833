import type { GpuCandidate, GpuResolution } from '../analysis/gpu';
import { resolveGpu } from '../analysis/gpu';
import type { Deployment } from '../deployments/deployment';
import { findGpu } from '../estimator/hardware/catalogue';
import type { DetectedGpus } from './nvidiaSmi';
import type { GpuSettings } from './settings';

/**
 * The GPUs of a deployment in the editor: what the file says, then the settings, then this machine. `detect` is asked only
 * where the others name nothing.
 */
export function gpuFor(deployment: Deployment, settings: GpuSettings, detect: () => DetectedGpus | null): GpuResolution {
  const stated: GpuCandidate[] = [...deployment.gpuHints];
  if (settings.gpu !== '' || settings.memoryGib !== null) {
    stated.push({
      name: settings.gpu === '' ? null : settings.gpu,
      count: settings.count,
      totalMemoryGib: settings.memoryGib,
      source: 'setting',
    });
  }
  const resolution = resolveGpu(stated, deployment.args);
  if (resolution.gpu !== null || resolution.problem !== null) return resolution;
  const detected = detect();
  return detected === null ? resolution : resolveGpu([...stated, candidateOf(detected)], deployment.args);
}

/** The driver's memory figure tells sizes of one card apart; it is not what torch sees, so the catalogue's is used. */
function candidateOf({ name, count, memoryGib }: DetectedGpus): GpuCandidate {
  return { name: findGpu(name, memoryGib)?.key ?? name, count, totalMemoryGib: null, source: 'detected' };
}
