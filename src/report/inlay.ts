/** Short remarks behind values: what a share, a length or `auto` comes to here. */
import { formatBytes, formatCount, formatGib, formatRequests } from '../estimator/figures';
import type { DeploymentArgument } from '../deployments/deployment';
import { humanSize } from '../deployments/values';
import type { Analysis } from '../analysis/analysis';
import type { StartupReport } from '../vllm/startup/report';

/** Kinds that can be turned off one by one. */
export type InlayKind = 'budget' | 'kvCache' | 'weights' | 'requests' | 'resolved';

export interface InlayHint {
  /** UTF-16 offset behind the value. */
  readonly offset: number;
  readonly label: string;
  readonly kind: InlayKind;
}

type Look = (report: StartupReport, argument: DeploymentArgument) => readonly [InlayKind, string] | null;

const LOOKS: Readonly<Record<string, Look>> = {
  'gpu-memory-utilization': ({ perGpu }) => (perGpu.budget === null ? null : ['budget', `${formatGib(perGpu.budget)} per GPU`]),
  'max-model-len': ({ kvCache }) =>
    kvCache.neededForMaxModelLen === null ? null : ['kvCache', `${formatGib(kvCache.neededForMaxModelLen)} KV cache per request`],
  'max-num-seqs': ({ kvCache }) =>
    kvCache.maxConcurrency && kvCache.maxConcurrency.value > 0
      ? ['requests', `${formatRequests(kvCache.maxConcurrency.value)} of full length fit`]
      : null,
  'tensor-parallel-size': ({ perGpu }) => ['weights', `${formatGib(perGpu.weights.value)} weights per GPU`],
  'cpu-offload-gb': ({ host }) =>
    host.bytesPerStepOverPcie > 0 ? ['weights', `${formatGib(host.bytesPerStepOverPcie)} over PCIe per step`] : null,
  'kv-cache-dtype': ({ kvCache, settings }, { value }) =>
    value === 'auto'
      ? ['resolved', settings.kvCacheDtype === 'auto' ? settings.dtype : settings.kvCacheDtype]
      : kvCache.bytesPerTokenPerGpu > 0
        ? ['kvCache', `${formatBytes(kvCache.bytesPerTokenPerGpu)} per token and GPU`]
        : null,
  dtype: ({ settings }, { value }) => (value === 'auto' ? ['resolved', settings.dtype] : null),
};

/** `32k` and `auto` as the number that they are; null for values that say it themselves. */
function resolvedNumber({ name, value, source }: DeploymentArgument, report: StartupReport | null): string | null {
  if (typeof value === 'number' && source !== null && humanSize(source) !== null) return `= ${formatCount(value)}`;
  const isAuto = name === 'max-model-len' && (value === 'auto' || value === -1);
  return isAuto && report?.kvCache.maxModelLenThatFits ? `= ${formatCount(report.kvCache.maxModelLenThatFits.value)}` : null;
}

/** Every remark for a deployment in the order of the file; none behind values that vLLM drops. */
export function inlayHints({ deployment, report }: Analysis): readonly InlayHint[] {
  return deployment.arguments.flatMap((argument) => {
    const { name, effective, valueRange } = argument;
    if (!effective || !valueRange || argument.value === undefined) return [];
    const offset = valueRange.end;
    const number = resolvedNumber(argument, report);
    const look = report ? (LOOKS[name]?.(report, argument) ?? null) : null;
    return [
      ...(number === null ? [] : [{ offset, label: number, kind: 'resolved' as const }]),
      ...(look ? [{ offset, label: look[1], kind: look[0] }] : []),
    ];
  });
}
