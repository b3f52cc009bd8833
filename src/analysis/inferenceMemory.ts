import type { InferencePlan } from '../estimator/contracts/inferenceEstimate';
import type { InferenceFacts } from '../estimator/contracts/inferenceEstimate';
import { exactly } from '../estimator/ranged';
import type { RuntimeMemory } from '../estimator/runtime/memory';
import { ownKvShare } from '../estimator/speed/work';
import { GIB } from '../estimator/units';
import type { ArgumentValue, VllmArguments } from '../vllm/arguments';
import { NEWEST_VERSION } from '../vllm/versions';
import { withWeightFormat } from './scenario';
import type { Simulate } from './plan';

/**
 * Memory of a request for vLLM from the simulated start-up; null for other engines and where no start-up can be simulated, for which the
 * estimator's own figures stand.
 */
export function vllmMemory(simulate: Simulate): NonNullable<InferenceFacts['memory']> {
  return (plan) => {
    const { question, request, quantization } = plan;
    if (plan.engine !== 'vllm' || question.gpu.computeCapability === null || question.offloadKvCache) return null;
    const gpu = {
      gpu: question.gpu,
      count: request.num_gpus,
      totalMemoryGib: question.gpu.totalMemoryGib,
      freeMemoryGib: null,
      source: 'flag',
    } as const;
    const model = withWeightFormat(plan.model, LOADED_AS[quantization] === undefined ? quantization : 'checkpoint');
    const version = request.engine_version?.match(/^\d+\.\d+(\.\d+)?/)?.[0] ?? NEWEST_VERSION;
    const report = simulate({ model, gpu, args: argumentsOf(plan), version });
    const perSequence = report.kvCache.neededForMaxModelLen;
    if (perSequence === null || report.perGpu.activationPeak === null) return null;
    const sequences = Math.ceil(question.sequences / question.dataParallel);
    const own = perSequence * ownKvShare(plan.work.kv, question.context, question.sharedTokens);
    return {
      weights: report.perGpu.weights,
      kvCache: exactly(perSequence + (sequences - 1) * own),
      kvCachePerSequence: own,
      activations: report.perGpu.activationPeak,
      cudaGraphs: report.perGpu.cudaGraphs ?? exactly(0),
      overhead: report.perGpu.nonTorch ?? exactly(0),
      kvCacheTokens: Math.max(0, report.kvCache.tokens?.value ?? 0),
      offloadedWeights: report.host.bytesPerStepOverPcie,
      offloadedKvCache: 0,
    } satisfies RuntimeMemory;
  };
}

/** Weight formats that vLLM makes of a 16-bit checkpoint while loading, as its arguments. */
const LOADED_AS: Readonly<Record<string, Readonly<Record<string, ArgumentValue>>>> = {
  fp32: { dtype: 'float32' },
  fp16: { dtype: 'float16' },
  bf16: { dtype: 'bfloat16' },
  fp8: { quantization: 'fp8' },
  nf4: { quantization: 'bitsandbytes' },
};

function argumentsOf(plan: InferencePlan): VllmArguments {
  const { question, request, quantization, work } = plan;
  const given: Record<string, ArgumentValue> = {
    'max-model-len': Math.ceil(question.context),
    'tensor-parallel-size': question.tensorParallel,
    'pipeline-parallel-size': question.pipelineParallel,
    'data-parallel-size': question.dataParallel,
    ...(question.expertParallel ? { 'enable-expert-parallel': true } : {}),
    ...(request.enforce_eager ? { 'enforce-eager': true } : {}),
    ...(request.max_num_batched_tokens === null ? {} : { 'max-num-batched-tokens': request.max_num_batched_tokens }),
    ...(request.kv_cache_quantization === 'fp8' ? { 'kv-cache-dtype': 'fp8' } : {}),
    ...LOADED_AS[quantization],
  };
  if (question.offloadedShare > 0) {
    const layers = (work.denseBytes + work.expertBytes) / (question.tensorParallel * question.pipelineParallel);
    given['cpu-offload-gb'] = Math.round(((question.offloadedShare * layers) / GIB) * 10) / 10;
  }
  return new Map(Object.entries(given));
}
