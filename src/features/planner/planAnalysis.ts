import type { Analysis } from '../../analysis/analysis';
import { analyze } from '../../analysis/analyze';
import { draftModelOf } from '../../analysis/drafting';
import { withWeightFormat } from '../../analysis/scenario';
import { SIZED, type CustomModel } from '../../analysis/customModel';
import { sizedModel } from '../../analysis/sizedModel';
import { customGpu, findGpu } from '../../estimator/hardware/catalogue';
import { isCustomGpuKey } from '../../estimator/hardware/gpu';
import type { Model } from '../../estimator/architecture';
import type { GpuSetup } from '../../estimator/hardware/gpu';
import type { ModelFacts } from '../../models/source';
import type { FormValues, Params } from '../../protocol/messages';
import type { VllmArguments } from '../../vllm/arguments';

/** The form's own beginning, for values that hold no size. */
const USUAL_BILLIONS = 8;

/** Formats that vLLM makes of a 16-bit checkpoint. */
const LOADED: ReadonlySet<string> = new Set(['fp8', 'nf4']);

/** Finds a model's facts; rejects with words for the person when no source knows it. */
export type ResolveModel = (id: string) => Promise<ModelFacts>;

/** The model a plan is about, in the format that the plan wants it in. */
export async function factsOfPlan(values: FormValues, resolve: ResolveModel): Promise<ModelFacts> {
  const id = String(values['llm_key'] ?? '');
  const facts = id === SIZED ? sizedModel(customModelOf(values)) : await resolve(id);
  const format = String(values['quantization'] ?? '');
  // What vLLM quantizes while loading is among the arguments; everything else is a checkpoint of its own.
  const loaded = format === '' || format === 'checkpoint' || LOADED.has(format);
  return loaded ? facts : { ...facts, model: withWeightFormat(facts.model, format) };
}

function customModelOf(values: FormValues): CustomModel {
  const number = (name: keyof CustomModel): number => Math.max(0, Number(values[name] ?? 0) || 0);
  return {
    custom_parameters: number('custom_parameters') || USUAL_BILLIONS,
    custom_layers: number('custom_layers'),
    custom_hidden_size: number('custom_hidden_size'),
    custom_heads: number('custom_heads'),
    custom_kv_heads: number('custom_kv_heads'),
    custom_vocab_size: number('custom_vocab_size'),
  };
}

/** The cards of a plan; null when none are chosen. */
export function setupOfPlan(chosen: Params<'checkPlan'>['gpu']): GpuSetup | null {
  if (!chosen) return null;
  const { key, count, totalMemoryGib, freeMemoryGib, source } = chosen;
  const gpu = isCustomGpuKey(key) ? customGpu(key, totalMemoryGib) : findGpu(key);
  return gpu && { gpu, count, totalMemoryGib, freeMemoryGib, source };
}

/** The draft model that a plan's arguments name; null when there is none or no source knows it. */
async function draftOfPlan(args: VllmArguments, resolve: ResolveModel): Promise<Model | null> {
  const id = draftModelOf(args);
  if (id === null) return null;
  return resolve(id).then(
    ({ model }) => model,
    () => null,
  );
}

/** The analysis of arguments that stand in no file. */
export async function analysisOfPlan(plan: Params<'checkPlan'>, resolve: ResolveModel): Promise<Analysis> {
  const { args, environment, gpu, values } = plan;
  const facts = await factsOfPlan(values, resolve);
  const version = String(values['engine_version'] ?? '');
  const deployment = {
    reader: 'arguments' as const,
    arguments: [],
    args: new Map(args),
    range: { start: 0, end: 0 },
    gpuHints: [],
    vllmVersion: version,
    host: { memoryGib: null, environment: new Map(environment) },
    problems: [],
  };
  return analyze({
    deployment,
    facts,
    modelProblem: null,
    gpu: { gpu: setupOfPlan(gpu), problem: null, assumptions: [] },
    version,
    draft: await draftOfPlan(deployment.args, resolve),
    text: '',
  });
}
