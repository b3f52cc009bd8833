import { answerServing, type ServingAnswer, type ServingQuestion, type Simulate } from '../src/analysis/plan';
import { sizedModel } from '../src/analysis/sizedModel';
import { formOfReport, type InferenceForm } from '../src/analysis/scenario';
import type { Gpu, GpuSetup } from '../src/estimator/hardware/gpu';
import type { ModelFacts } from '../src/models/source';
import type { Followed } from '../src/protocol/messages';
import type { VllmArguments } from '../src/vllm/arguments';
import type { StartupReport } from '../src/vllm/startup/report';
import { INFERENCE_DEFAULTS, INFERENCE_FIELDS } from './fields/inference';
import { restoreForm } from './fields/field';
import type { HostState, ModelEntry, Planner } from './planner';

/** The serving question as the page stands, and its answer as far as it can be given. */
export interface Serving {
  readonly form: InferenceForm;
  readonly fileForm: InferenceForm;
  readonly model: ModelEntry | null;
  readonly gpu: GpuSetup | null;
  readonly question: ServingQuestion | null;
  readonly answer: ServingAnswer | null;
  /** The report on the file as it is written, without the form's changes. */
  readonly fileReport: StartupReport | null;
}

/** The model of which only the size is known. */
export const SIZED = 'custom';

const NO_ARGUMENTS: VllmArguments = new Map();

/** The deployment of the file, read once per message. */
export class FileDeployment {
  private seen: HostState | null = null;
  private form: InferenceForm = INFERENCE_DEFAULTS;
  private args: VllmArguments = NO_ARGUMENTS;
  private setup: GpuSetup | null = null;
  private fileReport: StartupReport | null = null;
  private size = 0;
  private sizedFacts: ModelFacts | null = null;

  constructor(private readonly simulate: Simulate) {}

  serving(planner: Planner): Serving {
    const { host } = planner;
    if (host !== null && host !== this.seen) this.read(host);
    const form = restoreForm(this.form, INFERENCE_FIELDS, { ...this.form, ...planner.state.inference });
    const model = form.llm_key === SIZED ? this.sized(form.custom_parameters) : planner.model(form.llm_key);
    const gpu = this.setupOf(form, host?.gpus ?? []);
    const fileArgs = this.args;
    const question = model?.state === 'known' ? { form, fileForm: this.form, fileArgs, facts: model.facts, gpu } : null;
    const answer = question && answerServing(question, this.simulate);
    return { form, fileForm: this.form, model, gpu, question, answer, fileReport: this.fileReport };
  }

  private sized(billions: number): ModelEntry {
    if (billions !== this.size) [this.size, this.sizedFacts] = [billions, sizedModel(billions)];
    return this.sizedFacts ? { state: 'known', facts: this.sizedFacts } : { state: 'problem', message: 'Choose a size.' };
  }

  private read(host: HostState): void {
    this.seen = host;
    const { followed, followedFacts, versions, gpus } = host;
    const defaults = { ...INFERENCE_DEFAULTS, engine_version: versions[0] ?? '' };
    this.args = followed ? new Map(followed.args) : NO_ARGUMENTS;
    this.setup = followed ? setupOf(followed, gpus) : null;
    this.fileReport = null;
    this.form = defaults;
    if (followed && followedFacts) {
      this.fileReport = this.simulate({ model: followedFacts.model, gpu: this.setup, args: this.args, version: followed.version });
      this.form = formOfReport(this.fileReport, followed.modelName ?? followedFacts.id, defaults);
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

function setupOf(followed: Followed, gpus: readonly Gpu[]): GpuSetup | null {
  const { gpu } = followed;
  const found = gpu && gpus.find((candidate) => candidate.key === gpu.key);
  return found && gpu
    ? { gpu: found, count: gpu.count, totalMemoryGib: gpu.totalMemoryGib, freeMemoryGib: gpu.freeMemoryGib, source: gpu.source }
    : null;
}
