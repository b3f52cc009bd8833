import type { Architecture } from '../../estimator/architecture';
import { GIB } from '../../estimator/units';
import type { EngineSettings } from '../defaults/settings';
import type { PipelineStage } from './stages';
import type { StoredParameter } from './weightsPerGpu';

/** Weights that live in host memory instead of on the GPU, per rank. */
export interface Offload {
  /** Bytes that left the GPU. */
  readonly saved: number;
  /** Bytes held in pinned host memory. */
  readonly pinned: number;
  /** Bytes one forward pass reads over PCIe. */
  readonly readPerStep: number;
  /** What left, in words for the report's structure; null when nothing did. */
  readonly description: string | null;
}

const NOTHING: Offload = { saved: 0, pinned: 0, readPerStep: 0, description: null };

/** Methods whose weights are replaced by a repacked copy after loading; bitsandbytes and unquantized weights stay as they are. */
const KEEPS_WEIGHTS: ReadonlySet<string> = new Set(['bitsandbytes', 'gguf']);

/**
 * What leaves the GPU. `cpu-offload-gb`: whole parameters of decoder layers in definition order until the limit is reached, the last
 * one may overshoot (vllm/model_executor/models/utils.py, maybe_offload_to_cpu). Prefetch offloading: the last `n` layers of each group.
 */
export function offloadOf(
  architecture: Architecture,
  stage: PipelineStage,
  parametersByKind: readonly (readonly StoredParameter[])[],
  settings: EngineSettings,
  method: string | null,
): Offload {
  const { offload } = settings;
  if (offload.backend === 'prefetch') return prefetched(stage, architecture, parametersByKind, settings);
  const limit = offload.cpuOffloadGib * GIB;
  if (limit <= 0) return NOTHING;
  const putsBack = settings.engine === 'V1' && !settings.rules.reoffloadsRepackedWeights && method !== null && !KEEPS_WEIGHTS.has(method);
  let pinned = 0;
  let saved = 0;
  let whole = 0;
  let partial: readonly string[] = [];
  for (let layer = stage.start; layer < stage.end && pinned < limit; layer++) {
    const parameters = (parametersByKind[architecture.layout[layer] ?? 0] ?? []).filter((parameter) => parameter.group !== 'absorbed');
    const names: string[] = [];
    for (const parameter of parameters) {
      if (pinned >= limit) break;
      pinned += parameter.bytes;
      if (!putsBack || !parameter.quantized) saved += parameter.bytes;
      names.push(parameter.name);
    }
    if (names.length === parameters.length) whole++;
    else partial = names;
  }
  return { saved, pinned, readPerStep: saved, description: describe(stage.start, whole, partial) };
}

function describe(start: number, whole: number, partial: readonly string[]): string {
  const layers = whole === 0 ? '' : whole === 1 ? `layer ${start}` : `layers ${start}-${start + whole - 1}`;
  const rest = partial.length === 0 ? '' : `${partial.join(', ')} of layer ${start + whole}`;
  return [layers, rest].filter((text) => text !== '').join(' and ');
}

/** Saving `(layers x n / group - step) x layer`: `step` layers are kept on the GPU as a pool (vllm prefetch offloader, 0.17). */
function prefetched(
  stage: PipelineStage,
  architecture: Architecture,
  parametersByKind: readonly (readonly StoredParameter[])[],
  { offload }: EngineSettings,
): Offload {
  if (offload.groupSize <= 0) return NOTHING;
  let pinned = 0;
  let largest = 0;
  let layers = 0;
  for (let layer = stage.start; layer < stage.end; layer++) {
    if ((layer - stage.start) % offload.groupSize < offload.groupSize - offload.numInGroup) continue;
    const bytes = (parametersByKind[architecture.layout[layer] ?? 0] ?? []).reduce((sum, parameter) => sum + parameter.bytes, 0);
    pinned += bytes;
    largest = Math.max(largest, bytes);
    layers++;
  }
  if (layers === 0) return NOTHING;
  const saved = Math.max(0, pinned - offload.prefetchStep * largest);
  return { saved, pinned, readPerStep: pinned, description: `${offload.numInGroup} of every ${offload.groupSize} layers, prefetched` };
}
