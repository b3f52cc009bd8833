/** What the simulated start-up means for the file: the error vLLM would raise, on the key to blame. */
import { formatCount, formatGib, formatGibRange } from '../estimator/figures';
import { GIB } from '../estimator/units';
import type { Confidence } from '../models/source';
import type { Finding, Fix } from '../vllm/findings';
import { isRuleIn } from '../vllm/rules/catalogue';
import { makeFinding } from '../vllm/rules/rule';
import type { StartupReport } from '../vllm/startup/report';

/** The parts of an outcome's finding before its certainty is known. */
interface Refusal {
  readonly code: string;
  readonly keys: readonly string[];
  readonly message: string;
  readonly vllmMessage: string;
}

function kvTooSmall(report: StartupReport): Refusal {
  const { kvCache, perGpu, settings } = report;
  const length = settings.maxModelLen ?? 0;
  const needed = kvCache.neededForMaxModelLen ?? 0;
  const available = perGpu.kvCache?.value ?? 0;
  const fits = Math.trunc(kvCache.maxModelLenThatFits?.value ?? 0);
  const two = (bytes: number): string => (bytes / GIB).toFixed(2);
  const newEngine =
    `To serve at least one request with the models's max seq len (${length}), (${two(needed)} GiB KV cache is needed, which is larger than ` +
    `the available KV cache memory (${two(available)} GiB). Based on the available memory, the estimated maximum model length is ${fits}. ` +
    'Try increasing `gpu_memory_utilization` or decreasing `max_model_len` when initializing the engine.';
  const oldEngine =
    `The model's max seq len (${length}) is larger than the maximum number of tokens that can be stored in KV cache ` +
    `(${Math.trunc(kvCache.tokens?.value ?? 0)}). Try increasing \`gpu_memory_utilization\` or decreasing \`max_model_len\` when initializing the engine.`;
  return {
    code: 'kv-too-small',
    keys: ['max-model-len', 'gpu-memory-utilization', 'kv-cache-dtype'],
    message:
      `One request of max-model-len ${formatCount(length)} needs ${formatGib(needed)} of KV cache per GPU; ${formatGibRange(perGpu.kvCache)} are left. ` +
      `The longest that fits is ${formatCount(fits)}.`,
    vllmMessage: settings.engine === 'V0' ? oldEngine : newEngine,
  };
}

function noKvBlocks(report: StartupReport): Refusal {
  const { perGpu, settings } = report;
  const missing = -(perGpu.kvCache?.value ?? 0);
  return {
    code: 'kv-none',
    keys: ['gpu-memory-utilization', 'max-num-batched-tokens', 'max-num-seqs', 'tensor-parallel-size', 'quantization'],
    message:
      `No memory is left for the KV cache: weights ${formatGib(perGpu.weights.value)}, activation peak ${formatGibRange(perGpu.activationPeak)} and the rest ` +
      `exceed the budget of ${formatGib(perGpu.budget)} (gpu-memory-utilization ${settings.gpuMemoryUtilization}) by ${formatGib(missing)}.`,
    vllmMessage: 'No available memory for the cache blocks. Try increasing `gpu_memory_utilization` when initializing the engine.',
  };
}

/** `max-model-len: auto` or -1: vLLM looks for the longest context that fits, and finds none. */
function noLengthFits(report: StartupReport): Refusal {
  return {
    ...noKvBlocks(report),
    code: 'autofit-none',
    vllmMessage:
      'Cannot auto-fit max_model_len: not enough GPU memory available to serve even a single token. Try increasing `gpu_memory_utilization`.',
  };
}

function looksForLength({ input }: StartupReport): boolean {
  const length = input.args.get('max-model-len');
  return (length === 'auto' || length === -1) && isRuleIn('autofit-none', input.version);
}

function outOfMemoryWhileLoading(report: StartupReport): Refusal {
  const { perGpu } = report;
  return {
    code: 'load-oom',
    keys: ['tensor-parallel-size', 'quantization', 'cpu-offload-gb', 'model'],
    message: `The weights do not fit while loading: they take ${formatGib(perGpu.weights.value)} per GPU, of ${formatGib(perGpu.total)}.`,
    vllmMessage: 'torch.OutOfMemoryError: CUDA out of memory.',
  };
}

function outOfMemoryWhileProfiling(report: StartupReport): Refusal {
  const { perGpu, settings } = report;
  const requests = Math.min(settings.maxNumSeqs, settings.maxNumBatchedTokens);
  return {
    code: 'sampler-oom',
    keys: ['max-num-seqs', 'max-num-batched-tokens', 'gpu-memory-utilization'],
    message:
      `The GPU runs out of memory in the profile run: beside weights of ${formatGib(perGpu.weights.value)}, the activations of ` +
      `${formatCount(settings.maxNumBatchedTokens)} tokens and ${formatCount(requests)} requests need ${formatGibRange(perGpu.activationPeak)}.`,
    vllmMessage:
      `CUDA out of memory occurred when warming up sampler with ${requests} dummy requests. Please try lowering \`max_num_seqs\` or ` +
      '`gpu_memory_utilization` when initializing the engine.',
  };
}

/** The KV cache is allocated, then CUDA graphs and whatever else the budget does not count need more than the card has. */
function outOfMemoryAfterwards(report: StartupReport): Refusal {
  const { perGpu, settings } = report;
  return {
    code: 'capture-oom',
    keys: ['gpu-memory-utilization', 'max-num-seqs', 'max-cudagraph-capture-size', 'kv-cache-memory-bytes'],
    message:
      `The budget of ${formatGib(perGpu.budget)} (gpu-memory-utilization ${settings.gpuMemoryUtilization}) leaves too little of the GPU's ` +
      `${formatGib(perGpu.total)} for what it does not count: CUDA context${settings.enforceEager ? '' : ' and CUDA graphs'}, ` +
      `${formatGibRange(perGpu.outsideBudget)}.`,
    vllmMessage: 'torch.OutOfMemoryError: CUDA out of memory.',
  };
}

/** Whether the profile run itself fits the card by the central estimate. */
function profileFits({ perGpu }: StartupReport): boolean {
  const needed = perGpu.weights.value + (perGpu.activationPeak?.value ?? 0) + (perGpu.nonTorch?.value ?? 0);
  return perGpu.total !== null && needed <= perGpu.total;
}

function tooLittleFree(report: StartupReport): Refusal {
  const { perGpu, settings, input } = report;
  const free = input.gpu?.freeMemoryGib ?? 0;
  const total = input.gpu?.totalMemoryGib ?? 0;
  return {
    code: 'free-mem-start',
    keys: ['gpu-memory-utilization'],
    message:
      `gpu-memory-utilization ${settings.gpuMemoryUtilization} asks for ${formatGib(perGpu.budget)}, but only ${free.toFixed(2)} GiB of the GPU's ` +
      `${total.toFixed(2)} GiB are free when vLLM starts.`,
    vllmMessage:
      `Free memory on device cuda:0 (${free.toFixed(2)}/${total.toFixed(2)} GiB) on startup is less than desired GPU memory utilization ` +
      `(${settings.gpuMemoryUtilization}, ${((perGpu.budget ?? 0) / GIB).toFixed(2)} GiB). Decrease GPU memory utilization or reduce GPU memory used by other processes.`,
  };
}

/** The refusal of an outcome; for `ok`, the one that the unfavourable end of the range would meet. */
function refusalOf(report: StartupReport): Refusal | null {
  switch (report.outcome) {
    case 'kv_too_small_for_max_len':
      return kvTooSmall(report);
    case 'no_kv_blocks':
      return looksForLength(report) ? noLengthFits(report) : noKvBlocks(report);
    case 'oom_load':
      return outOfMemoryWhileLoading(report);
    case 'oom_profile':
      return profileFits(report) ? outOfMemoryAfterwards(report) : outOfMemoryWhileProfiling(report);
    case 'startup_free_memory':
      return tooLittleFree(report);
    case 'ok':
      return report.certainty === 'certain' ? null : narrowly(report);
    case 'invalid':
    case null:
      return null;
  }
}

/** What the unfavourable end of a start-up that fits by the central estimate would meet. */
function narrowly(report: StartupReport): Refusal | null {
  if (report.onOtherSize) return refusalOf(report.onOtherSize);
  const { kvCache, perGpu, settings } = report;
  const left = perGpu.kvCache?.low ?? 0;
  if (left <= 0) {
    const message = `The KV cache gets ${formatGibRange(perGpu.kvCache)} of the budget of ${formatGib(perGpu.budget)}: perhaps nothing.`;
    return { ...noKvBlocks(report), message };
  }
  if (kvCache.neededForMaxModelLen === null || kvCache.neededForMaxModelLen <= left) return outOfMemoryAfterwards(report);
  const message =
    `One request of max-model-len ${formatCount(settings.maxModelLen)} needs ${formatGib(kvCache.neededForMaxModelLen)} of the KV cache's ` +
    `${formatGibRange(perGpu.kvCache)}.`;
  return { ...kvTooSmall(report), message };
}

/** Why a verdict is not sure. */
function doubt(report: StartupReport): string {
  const size = report.onOtherSize?.input.gpu?.gpu.memoryGb;
  if (size !== undefined) {
    return report.outcome === 'ok'
      ? `This is the card with ${size} GB; the one with ${report.input.gpu?.gpu.memoryGb ?? 0} GB, which is taken here, starts.`
      : `This is likely, not certain: a card of the same name with ${size} GB starts.`;
  }
  if (report.certainty === 'certain') return 'This is likely, not certain: the model is only guessed from its name.';
  return report.outcome === 'ok'
    ? 'It starts by the central estimate; the unfavourable end of its range does not.'
    : 'This is likely, not certain: at the favourable end of the estimate it starts.';
}

/**
 * The start-up's verdict as a finding; null when vLLM starts for sure or nothing can be said.
 * An error only when both ends of the range refuse and the model is known, a warning that says so otherwise.
 * @param fixes what was tried and starts.
 */
export function outcomeFinding(report: StartupReport, fixes: readonly Fix[], confidence: Confidence): Finding | null {
  const refusal = refusalOf(report);
  if (!refusal) return null;
  const certain = report.certainty === 'certain' && confidence !== 'guessed';
  return makeFinding(refusal.code, report.input.args, {
    keys: refusal.keys,
    message: certain ? refusal.message : `${refusal.message} ${doubt(report)}`,
    vllmMessage: refusal.vllmMessage,
    severity: certain ? 'error' : 'warning',
    fixes,
  });
}
