import { answerServing, type ServingAnswer, type ServingQuestion, type Simulate } from '../src/analysis/plan';
import { draftModelOf } from '../src/analysis/drafting';
import type { Model } from '../src/estimator/architecture';
import { SIZED, type CustomModel } from '../src/analysis/customModel';
import { sizedModel } from '../src/analysis/sizedModel';
import { formOfReport, type InferenceForm } from '../src/analysis/scenario';
import type { Gpu, GpuSetup } from '../src/estimator/hardware/gpu';
import type { Followed, Params } from '../src/protocol/messages';
import type { VllmArguments } from '../src/vllm/arguments';
import { INFERENCE_DEFAULTS, INFERENCE_FIELDS } from './fields/inference';
import { restoreForm } from './fields/field';
import type { PlanCheck } from './planCheck';
import type { HostState, ModelEntry, Planner } from './planner';
import type { SmallestGpu } from './smallestGpu';

/** The serving question as the page stands, and its answer as far as it can be given. */
export interface Serving {
  readonly form: InferenceForm;
  readonly fileForm: InferenceForm;
  readonly model: ModelEntry | null;
  readonly gpu: GpuSetup | null;
  readonly question: ServingQuestion | null;
  readonly answer: ServingAnswer | null;
}

/** What answers a serving question, beside the answer itself. */
export interface ServingTools {
  readonly simulate: Simulate;
  readonly check: PlanCheck;
  readonly smallest: SmallestGpu;
}

/** Without a file the question is about a size, in 16 bit, so that there is an answer from the start. */
const BY_SIZE = { llm_key: SIZED, quantization: 'bf16' } as const;

/** The deployment of the file, read once per message. */
export class FileDeployment {
  private seen: HostState | null = null;
  private form: InferenceForm = INFERENCE_DEFAULTS;
  private args: VllmArguments = new Map();
  private setup: GpuSetup | null = null;
  private sizedEntry: (ModelEntry & { readonly key: string }) | null = null;
  private last: {
    readonly host: HostState | null;
    readonly inference: object;
    readonly draft: Model | null;
    readonly serving: Serving;
  } | null = null;

  constructor(private readonly simulate: Simulate) {}

  /** The question and its answer; the same object as long as nothing they depend on has changed. */
  serving(planner: Planner): Serving {
    const { host, state } = planner;
    if (host !== null && host !== this.seen) this.read(host);
    const form = restoreForm(this.form, INFERENCE_FIELDS, { ...this.form, ...state.inference });
    const model = form.llm_key === SIZED ? this.sized(form) : planner.model(form.llm_key);
    const draft = draftFor(planner, this.args);
    const { last } = this;
    if (last && last.host === host && last.inference === state.inference && last.serving.model === model && last.draft === draft)
      return last.serving;
    const gpu = this.setupOf(form, host?.gpus ?? []);
    const environment = new Map(host?.followed?.environment);
    const known = model?.state === 'known' ? model.facts : null;
    const question = known && { form, fileForm: this.form, fileArgs: this.args, facts: known, gpu, draft, environment };
    const answer = question && answerServing(question, this.simulate);
    const serving = { form, fileForm: this.form, model, gpu, question, answer };
    this.last = { host, inference: state.inference, draft, serving };
    return serving;
  }

  private sized(form: InferenceForm): ModelEntry {
    const key = customKey(form);
    if (this.sizedEntry?.key !== key) this.sizedEntry = { key, state: 'known', facts: sizedModel(form) };
    return this.sizedEntry;
  }

  private read(host: HostState): void {
    this.seen = host;
    const { followed, followedFacts, versions, gpus } = host;
    const defaults = { ...INFERENCE_DEFAULTS, engine_version: versions[0] ?? '', ...(followed ? {} : BY_SIZE) };
    // Without a file the form's own context counts, not the model's longest.
    this.args = new Map(followed?.args ?? [['max-model-len', defaults.seq_length]]);
    this.setup = followed ? setupOf(followed, gpus) : null;
    this.form = defaults;
    if (followed && followedFacts) {
      const report = this.simulate({ model: followedFacts.model, gpu: this.setup, args: this.args, version: followed.version });
      this.form = formOfReport(report, followed.modelName ?? followedFacts.id, defaults);
    } else if (this.setup) {
      this.form = { ...defaults, gpu_key: this.setup.gpu.key, num_gpus: this.setup.count, custom_vram: this.setup.totalMemoryGib };
    }
  }

  /** The file's own card keeps what was measured of it; another card comes from the catalogue. */
  private setupOf(form: InferenceForm, gpus: readonly Gpu[]): GpuSetup | null {
    if (this.setup && form.gpu_key === this.form.gpu_key && form.custom_vram === this.form.custom_vram)
      return { ...this.setup, count: form.num_gpus };
    return chosenSetup(form, gpus);
  }
}

/** The draft model that arguments name, once its facts are there. */
export function draftFor(planner: Planner, args: VllmArguments): Model | null {
  const id = draftModelOf(args);
  const entry = id === null ? null : planner.model(id);
  return entry?.state === 'known' ? entry.facts.model : null;
}

/** Tells one described model from another. */
function customKey(form: CustomModel): string {
  return [
    form.custom_parameters,
    form.custom_layers,
    form.custom_hidden_size,
    form.custom_heads,
    form.custom_kv_heads,
    form.custom_vocab_size,
  ].join();
}

/** `count` of a GPU of the catalogue, or of a custom one in the memory that the form states. */
export function chosenSetup(
  form: { readonly gpu_key: string; readonly num_gpus: number; readonly custom_vram: number },
  gpus: readonly Gpu[],
): GpuSetup | null {
  const gpu = gpus.find((candidate) => candidate.key === form.gpu_key);
  if (!gpu) return null;
  const totalMemoryGib = gpu.key.startsWith('custom') ? form.custom_vram : gpu.totalMemoryGib;
  return { gpu: { ...gpu, totalMemoryGib }, count: form.num_gpus, totalMemoryGib, freeMemoryGib: null, source: 'flag' };
}

/** A choice of GPUs for a message. */
export function setupMessage(setup: GpuSetup | null): Params<'copy'>['gpu'] {
  if (!setup) return null;
  const { gpu, count, totalMemoryGib, freeMemoryGib, source } = setup;
  return { key: gpu.key, count, totalMemoryGib, freeMemoryGib, source };
}

function setupOf(followed: Followed, gpus: readonly Gpu[]): GpuSetup | null {
  const { gpu } = followed;
  const found = gpu && gpus.find((candidate) => candidate.key === gpu.key);
  return found && gpu
    ? { gpu: found, count: gpu.count, totalMemoryGib: gpu.totalMemoryGib, freeMemoryGib: gpu.freeMemoryGib, source: gpu.source }
    : null;
}
