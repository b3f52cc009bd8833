import { SIZED } from '../src/analysis/customModel';
import { answerFinetuning, type FinetuningAnswer, type FinetuningForm } from '../src/analysis/finetuningScenario';
import { sizedModel } from '../src/analysis/sizedModel';
import type { FinetuningRequest, FinetuningResponse, MemoryComponent } from '../src/estimator/contracts/finetuning';
import type { Gpu, GpuSetup } from '../src/estimator/hardware/gpu';
import { stepsOf, trainingRun } from '../src/estimator/training/estimate';
import { GIB } from '../src/estimator/units';
import type { ModelFacts } from '../src/models/source';
import { restoreForm } from './fields/field';
import { FINETUNING_DEFAULTS, FINETUNING_FIELDS } from './fields/finetuning';
import type { ModelEntry, Planner } from './planner';
import { chosenSetup } from './serving';

/** The fine-tuning question as the page stands, and its answer as far as it can be given. */
export interface Training {
  readonly form: FinetuningForm;
  /** What the form shows where nothing was typed: the file's model and GPU, the defaults otherwise. */
  readonly base: FinetuningForm;
  readonly model: ModelEntry | null;
  /** The chosen card; null when none is. */
  readonly gpu: GpuSetup | null;
  /** The card that the answer is for: the chosen one, or the largest, whose size then plays no part; null before the catalogue is there. */
  readonly card: Gpu | null;
  readonly answer: FinetuningAnswer | null;
}

/** Reads the fine-tuning tab's question. Without a chosen GPU it is answered for the largest card, whose size then plays no part. */
export function training(planner: Planner): Training {
  const { host, state } = planner;
  const gpus = host?.gpus ?? [];
  const base: FinetuningForm = {
    ...FINETUNING_DEFAULTS,
    llm_key: host?.followedFacts ? (host.followed?.modelName ?? '') : host?.followed ? '' : SIZED,
    gpu_key: host?.followed?.gpu?.key ?? '',
    num_gpus: host?.followed?.gpu?.count ?? 1,
  };
  const form = restoreForm(base, FINETUNING_FIELDS, { ...base, ...state.finetuning });
  const model = form.llm_key === SIZED ? known(sizedModel(form)) : planner.model(form.llm_key);
  const gpu = chosenSetup(form, gpus);
  const card = gpu?.gpu ?? largest(gpus);
  const answer =
    model?.state === 'known' && card
      ? answerFinetuning({ ...form, gpu_key: card.key, custom_vram: card.totalMemoryGib }, { model: model.facts.model, gpu: card })
      : null;
  return { form, base, model, gpu, card, answer };
}

function known(facts: ModelFacts): ModelEntry {
  return { state: 'known', facts };
}

function largest(gpus: readonly Gpu[]): Gpu | null {
  return gpus.reduce<Gpu | null>((best, gpu) => (best === null || gpu.totalMemoryGib > best.totalMemoryGib ? gpu : best), null);
}

/** A card that holds the run, with what it makes of it. */
export interface TrainingOption {
  readonly gpu: Gpu;
  /** GiB per GPU at the peak. */
  readonly peakGib: number;
  readonly hours: number | null;
}

/** Which of the cards hold the run, as many of them as the form says; one card per step, null when it does not hold it. */
export function* holdingCards(request: FinetuningRequest, facts: ModelFacts, gpus: readonly Gpu[]): Generator<TrainingOption | null> {
  for (const gpu of gpus) {
    const { plan, memory, time } = trainingRun(request, { model: facts.model, gpu });
    const steps = stepsOf(plan);
    const peakGib = memory.peak.total / GIB;
    yield peakGib <= gpu.totalMemoryGib
      ? { gpu, peakGib, hours: time === null || steps === null ? null : (steps * time.total) / 3600 }
      : null;
  }
}

/** How a component of the memory looks in bars and stacks. */
export const COMPONENT_LOOKS: Readonly<Record<MemoryComponent, string>> = {
  'Base Model Weights': 'weights',
  'LoRA Adapters': 'adapter',
  Gradients: 'gradients',
  'Optimizer States': 'optimizer',
  Activations: 'activations',
  'Logits and Loss': 'logits',
  'Communication Buffers': 'communication',
  'Framework Overhead': 'runtime',
};

/** What a pinned run comes to; null while its model or card is unknown. */
export function pinnedResponse(form: FinetuningForm, facts: ModelFacts | null, gpu: Gpu | null): FinetuningResponse | null {
  if (!facts || !gpu) return null;
  const answer = answerFinetuning({ ...form, gpu_key: gpu.key }, { model: facts.model, gpu });
  return answer.ok ? answer.response : null;
}
