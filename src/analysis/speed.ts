import type { CheckpointQuantization } from '../estimator/architecture';
import { storedWeights, type StoredWeights } from '../estimator/runtime/weightChoices';
import { estimateSpeed, type SpeedEstimate } from '../estimator/speed/estimate';
import type { Load } from '../estimator/speed/serving';
import { modelWork } from '../estimator/speed/work';
import type { EffectiveSettings, StartupReport } from '../vllm/startup/report';

/** One request alone, of a chat's usual length. */
const ONE_REQUEST = { concurrency: 1, promptTokens: 1024, outputTokens: 256, cachedShare: 0, draftTokens: 0 } as const;

/**
 * How fast the simulated deployment serves: vLLM's own weights, KV cache and offloading under a load.
 *
 * @param load what differs from one request of 1024 prompt and 256 output tokens; the prompt is cut to the deployment's longest context.
 * @returns null when no GPU is known.
 */
export function servingSpeed(report: StartupReport, load: Partial<Omit<Load, 'kvCacheTokens'>> = {}): SpeedEstimate | null {
  const { settings, input, host, perGpu, kvCache } = report;
  if (!input.gpu) return null;
  const wanted = { ...ONE_REQUEST, ...load };
  const outputTokens = Math.max(1, Math.min(wanted.outputTokens, (settings.maxModelLen ?? Infinity) - 1));
  const promptTokens = Math.max(1, Math.min(wanted.promptTokens, (settings.maxModelLen ?? Infinity) - outputTokens));
  const ranks = settings.tensorParallelSize * settings.pipelineParallelSize;
  const weightBytes = perGpu.weights.value * ranks + host.cpuOffloadBytes;
  const stored = runtimeWeights(settings, input.model.quantization);
  const kvElementBytes = settings.kvCacheDtype.startsWith('fp8') ? 1 : 2;
  const tokens = kvCache.tokens?.value ?? 0;
  return estimateSpeed({
    work: modelWork(input.model, { ...stored, kvElementBytes }, weightBytes),
    setup: {
      gpu: input.gpu.gpu,
      engine: 'vllm',
      engineVersion: input.version,
      tensorParallel: settings.tensorParallelSize,
      pipelineParallel: settings.pipelineParallelSize,
      dataParallel: settings.dataParallelSize,
      expertParallel: settings.expertParallel,
      link: null,
      eager: settings.enforceEager,
      offloadBytes: host.bytesPerStepOverPcie,
      offloadTarget: 'cpu_ram',
    },
    load: { ...wanted, promptTokens, outputTokens, kvCacheTokens: tokens > promptTokens ? tokens : null },
  });
}

/** How vLLM keeps the weights: quantized while loading, or as the checkpoint has them. */
function runtimeWeights(settings: EffectiveSettings, checkpoint: CheckpointQuantization | null): StoredWeights {
  if (checkpoint !== null) return storedWeights('checkpoint', checkpoint);
  if (settings.quantization === 'fp8') return storedWeights('fp8', null);
  if (settings.quantization === 'bitsandbytes') return storedWeights('nf4', null);
  return storedWeights(settings.dtype === 'float32' ? 'fp32' : 'fp16', null);
}
