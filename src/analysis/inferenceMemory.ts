import type { KvCacheChoice } from '../estimator/contracts/inference';
import type { InferenceFacts, InferencePlan } from '../estimator/contracts/inferenceEstimate';
import { runtimeMemory } from '../estimator/runtime/memory';
import { GIB } from '../estimator/units';
import type { ArgumentValue, VllmArguments } from '../vllm/arguments';
import { checkRules } from '../vllm/rules/check';
import { NEWEST_VERSION } from '../vllm/versions';
import { kvCacheDtype, withWeightFormat } from './scenario';
import type { Simulate } from './plan';
import { ownShareOf, startupMemory } from './startupMemory';

/**
 * Memory of a request for vLLM from the simulated start-up; null for other engines and where no start-up can be simulated, for which the
 * estimator's own figures stand.
 */
export function vllmMemory(simulate: Simulate): NonNullable<InferenceFacts['memory']> {
  return (plan) => {
    const { question, request, quantization } = plan;
    if (plan.engine !== 'vllm' || question.gpu.computeCapability === null) return null;
    const gpu = {
      gpu: question.gpu,
      count: request.num_gpus,
      totalMemoryGib: question.gpu.totalMemoryGib,
      freeMemoryGib: null,
      source: 'flag',
    } as const;
    const model = withWeightFormat(plan.model, LOADED_AS[quantization] === undefined ? quantization : 'checkpoint');
    const version = request.engine_version?.match(/^\d+\.\d+(\.\d+)?/)?.[0] ?? NEWEST_VERSION;
    const args = argumentsOf(plan);
    const report = simulate({ model, gpu, args, version });
    const perSequence = report.kvCache.neededForMaxModelLen;
    if (perSequence === null || report.perGpu.activationPeak === null) return null;
    const memory = startupMemory(report, {
      sequences: Math.ceil(question.sequences / question.dataParallel),
      ownShare: ownShareOf(report, question.context, question.sharedTokens),
      offloadKvCache: question.offloadKvCache,
    });
    const replaced =
      kvCacheChoice(plan) === request.kv_cache_quantization ? [] : ['an fp8 KV cache: vLLM has no int4 cache for latent attention'];
    const refused = checkRules({ args, model, gpu, settings: report.settings, version, report: null, modelIsCertain: true })
      .filter(({ code, severity }) => severity === 'error' && !OF_SIZES.has(code))
      .map(({ message }) => `vLLM itself would not start like this: ${message}`);
    return { ...memory, assumptions: [...replaced, ...refused] };
  };
}

/** Rules about how a model is cut, which the request's own problems tell. */
const OF_SIZES: ReadonlySet<string> = new Set(['heads-tp', 'kvheads-tp', 'interm-tp', 'vocab-tp']);

/** Weight formats that vLLM makes of a 16-bit checkpoint while loading, as its arguments. It quantizes bitsandbytes' scales once more in any case. */
const LOADED_AS: Readonly<Record<string, Readonly<Record<string, ArgumentValue>>>> = {
  fp32: { dtype: 'float32' },
  fp16: { dtype: 'float16' },
  bf16: { dtype: 'bfloat16' },
  fp8: { quantization: 'fp8' },
  nf4: { quantization: 'bitsandbytes' },
  nf4_double: { quantization: 'bitsandbytes' },
};

function argumentsOf(plan: InferencePlan): VllmArguments {
  const { question, request, quantization } = plan;
  const given: Record<string, ArgumentValue> = {
    'max-model-len': Math.ceil(question.context),
    'tensor-parallel-size': question.tensorParallel,
    'pipeline-parallel-size': question.pipelineParallel,
    'data-parallel-size': question.dataParallel,
    ...(question.expertParallel ? { 'enable-expert-parallel': true } : {}),
    ...(request.enforce_eager ? { 'enforce-eager': true } : {}),
    ...(request.max_num_batched_tokens === null ? {} : { 'max-num-batched-tokens': request.max_num_batched_tokens }),
    ...(kvCacheChoice(plan) === 'auto' ? {} : { 'kv-cache-dtype': kvCacheDtype(kvCacheChoice(plan)) }),
    ...LOADED_AS[quantization],
  };
  if (question.offloadedShare > 0) given['cpu-offload-gb'] = runtimeMemory(question).offloadedWeights / GIB;
  return new Map(Object.entries(given));
}

/** The KV cache that is simulated: latent attention has no kernels for 4-bit caches. */
function kvCacheChoice({ request, model }: InferencePlan): KvCacheChoice {
  const latent = model.architecture.layerKinds.some((kind) =>
    kind.mixers.some((mixer) => mixer.kind === 'mla' || mixer.kind === 'compressed_latent'),
  );
  return latent && request.kv_cache_quantization === 'int4' ? 'fp8' : request.kv_cache_quantization;
}
