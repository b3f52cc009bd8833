import { answerServing, type ServingAnswer, type ServingQuestion, type Simulate } from '../src/analysis/plan';
import { draftModelOf } from '../src/analysis/drafting';
import type { Model } from '../src/estimator/architecture';
import { SIZED, type CustomModel } from '../src/analysis/customModel';
import { sizedModel } from '../src/analysis/sizedModel';
import { editsBetween, formOfReport, withEdits, type ArgumentEdits, type InferenceForm } from '../src/analysis/scenario';
import type { Gpu, GpuSetup } from '../src/estimator/hardware/gpu';
import type { Params, SavedScenario } from '../src/protocol/messages';
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
  /** What makes of the file what is shown; null without an answer. */
  readonly edits: ArgumentEdits | null;
}

/** What answers a serving question, beside the answer itself. */
export interface ServingTools {
  readonly simulate: Simulate;
  readonly check: PlanCheck;
  readonly smallest: SmallestGpu;
}

/** Without a file the question is about a size, in 16 bit, so that there is an answer from the start. */
const BY_SIZE = { llm_key: SIZED, quantization: 'bf16' } as const;

/** What a form starts from: a file, or a scenario that was opened in its place. */
interface Basis {
  readonly form: InferenceForm;
  readonly args: VllmArguments;
  /** Cards with what was measured of them. */
  readonly setup: GpuSetup | null;
  readonly environment: ReadonlyMap<string, string>;
}

const NO_BASIS: Basis = { form: INFERENCE_DEFAULTS, args: new Map(), setup: null, environment: new Map() };

/** The deployment of the file, read once per message, or the scenario that was opened. */
export class FileDeployment {
  private seen: HostState | null = null;
  private file = NO_BASIS;
  private openedBasis: {
    readonly opened: SavedScenario;
    readonly host: HostState;
    readonly model: Model | null;
    readonly basis: Basis;
  } | null = null;
  private sizedEntry: (ModelEntry & { readonly key: string }) | null = null;
  private last: {
    readonly host: HostState | null;
    readonly inference: object;
    readonly basis: Basis;
    readonly draft: Model | null;
    readonly serving: Serving;
  } | null = null;

  constructor(private readonly simulate: Simulate) {}

  /** The question and its answer; the same object as long as nothing they depend on has changed. */
  serving(planner: Planner): Serving {
    const { host, state } = planner;
    if (host !== null && host !== this.seen) this.read(host);
    const basis = this.basisOf(planner);
    const form = restoreForm(basis.form, INFERENCE_FIELDS, { ...basis.form, ...state.inference });
    const model = form.llm_key === SIZED ? this.sized(form) : planner.model(form.llm_key);
    const draft = draftFor(planner, basis.args);
    const { last } = this;
    if (
      last &&
      last.host === host &&
      last.inference === state.inference &&
      last.basis === basis &&
      last.serving.model === model &&
      last.draft === draft
    )
      return last.serving;
    const gpu = setupFor(form, basis, host?.gpus ?? []);
    const known = model?.state === 'known' ? model.facts : null;
    const question = known && {
      form,
      fileForm: basis.form,
      fileArgs: basis.args,
      facts: known,
      gpu,
      draft,
      environment: basis.environment,
    };
    const answer = question && answerServing(question, this.simulate);
    const edits = answer && (basis === this.file ? answer.edits : this.editsOfFile(form, answer));
    const serving = { form, fileForm: basis.form, model, gpu, question, answer, edits };
    this.last = { host, inference: state.inference, basis, draft, serving };
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
    const args: VllmArguments = new Map(followed?.args ?? [['max-model-len', defaults.seq_length]]);
    const setup = followed ? setupOf(followed.gpu, gpus) : null;
    const environment = new Map(followed?.environment);
    const form =
      followed && followedFacts
        ? this.formOf(followedFacts.model, followed.modelName ?? followedFacts.id, { args, setup, environment }, followed.version, defaults)
        : setup
          ? { ...defaults, gpu_key: setup.gpu.key, num_gpus: setup.count, custom_vram: setup.totalMemoryGib }
          : defaults;
    this.file = { form, args, setup, environment };
  }

  /** The form that says what arguments do. */
  private formOf(
    model: Model,
    id: string,
    { args, setup, environment }: Omit<Basis, 'form'>,
    version: string,
    defaults: InferenceForm,
  ): InferenceForm {
    return formOfReport(this.simulate({ model, gpu: setup, args, version, environment }), id, defaults);
  }

  private basisOf(planner: Planner): Basis {
    const { host } = planner;
    const { opened } = planner.state;
    if (opened === null || host === null) return this.file;
    const form = servingFormOf(opened);
    const entry = form.llm_key === SIZED ? this.sized(form) : planner.model(form.llm_key);
    const model = entry?.state === 'known' ? entry.facts.model : null;
    const { openedBasis: known } = this;
    if (known && known.opened === opened && known.host === host && known.model === model) return known.basis;
    const parts = { args: new Map(opened.args), setup: pinnedSetup(opened, form, host.gpus), environment: new Map(opened.environment) };
    const said = model ? this.formOf(model, form.llm_key, parts, form.engine_version, form) : form;
    const basis = { ...parts, form: form.llm_key === SIZED ? { ...said, ...BY_SIZE } : said };
    this.openedBasis = { opened, host, model, basis };
    return basis;
  }

  /** What makes of the file what an opened scenario comes to. */
  private editsOfFile(form: InferenceForm, { report, args }: ServingAnswer): ArgumentEdits {
    const { form: fileForm, args: fileArgs } = this.file;
    const plain = editsBetween(fileForm, form, report.perGpu.weights.value, report.input.model.architecture.layout.length);
    const so = withEdits(fileArgs, plain);
    const set = [...args].filter(([key, value]) => JSON.stringify(so.get(key)) !== JSON.stringify(value));
    // A scenario that began without a file says nothing of the others.
    const remove = args.has('model') ? [...so.keys()].filter((key) => !args.has(key)) : [];
    return { set: { ...plain.set, ...Object.fromEntries(set) }, remove: [...new Set([...plain.remove, ...remove])] };
  }
}

/** The form of a scenario of serving. */
export function servingFormOf({ values }: SavedScenario): InferenceForm {
  const version = values['engine_version'];
  return restoreForm({ ...INFERENCE_DEFAULTS, engine_version: typeof version === 'string' ? version : '' }, INFERENCE_FIELDS, values);
}

/** The cards that a scenario was computed with. */
export function pinnedSetup({ gpu }: SavedScenario, form: Parameters<typeof chosenSetup>[0], gpus: readonly Gpu[]): GpuSetup | null {
  return setupOf(gpu, gpus) ?? chosenSetup(form, gpus);
}

/** The basis' own card keeps what was measured of it; another card comes from the catalogue. */
function setupFor(form: InferenceForm, { form: from, setup }: Basis, gpus: readonly Gpu[]): GpuSetup | null {
  if (setup && form.gpu_key === from.gpu_key && form.custom_vram === from.custom_vram) return { ...setup, count: form.num_gpus };
  return chosenSetup(form, gpus);
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

function setupOf(gpu: Params<'copy'>['gpu'], gpus: readonly Gpu[]): GpuSetup | null {
  const found = gpu && gpus.find((candidate) => candidate.key === gpu.key);
  return found && gpu
    ? { gpu: found, count: gpu.count, totalMemoryGib: gpu.totalMemoryGib, freeMemoryGib: gpu.freeMemoryGib, source: gpu.source }
    : null;
}
