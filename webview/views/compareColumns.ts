import { answerServing, type Simulate } from '../../src/analysis/plan';
import { SIZED, type CustomModel } from '../../src/analysis/customModel';
import type { FinetuningForm } from '../../src/analysis/finetuningScenario';
import type { InferenceForm } from '../../src/analysis/scenario';
import { sizedModel } from '../../src/analysis/sizedModel';
import { formatCount, formatGib, formatPercent, formatShort } from '../../src/estimator/figures';
import { GIB } from '../../src/estimator/units';
import type { ModelFacts } from '../../src/models/source';
import type { SavedScenario } from '../../src/protocol/messages';
import { RANGE_REASONS } from '../../src/report/words';
import { between } from '../../src/estimator/ranged';
import { restoreForm, type Field } from '../fields/field';
import { FINETUNING_DEFAULTS, FINETUNING_FIELDS } from '../fields/finetuning';
import { INFERENCE_FIELDS } from '../fields/inference';
import { problemInLabels } from '../fields/said';
import type { Planner } from '../planner';
import { chosenSetup, draftFor, pinnedSetup, servingFormOf } from '../serving';
import { pinnedResponse } from '../training';
import { servingFigures } from './answer';
import { wordsOf, type Figure } from './figures';
import { trainingFigures } from './trainingAnswer';
import { servingVerdict } from './servingVerdict';

/** One value of a scenario. */
export interface Cell {
  readonly value: string;
  /** Range of the value, when it is wide enough to matter. */
  readonly range: string;
}

/** A pinned scenario: what was asked and what it comes to. */
export interface Column {
  readonly pin: SavedScenario;
  /** What tells it from the other columns, in a few words. */
  readonly title: string;
  /** By row, in the order of the rows; a row that is missing is unknown. */
  readonly cells: ReadonlyMap<string, Cell>;
}

/** A row that says what was asked. `phrase` is how a title says it. */
interface Input<F> {
  readonly row: string;
  readonly value: (form: F, planner: Planner, pin: SavedScenario) => string;
  readonly phrase?: (value: string) => string;
  /** Whether it is told even where no scenario differs in it. */
  readonly isTold?: (pin: SavedScenario) => boolean;
}

type Asked = CustomModel & { readonly llm_key: string; readonly gpu_key: string; readonly num_gpus: number; readonly custom_vram: number };

const SUBJECT: readonly Input<Asked>[] = [
  { row: 'Model', value: (form) => (form.llm_key === SIZED ? `${formatShort(form.custom_parameters)} B` : form.llm_key) },
  {
    row: 'GPU',
    value: (form, planner) => {
      const setup = chosenSetup(form, planner.host?.gpus ?? []);
      return setup ? `${setup.count} × ${setup.gpu.label}` : 'any';
    },
  },
];

/** Fields that a row or a title names otherwise than the form does. */
const SAID: Readonly<Record<string, { readonly row?: string; readonly phrase?: (value: string) => string }>> = {
  kv_cache_quantization: { row: 'KV cache format' },
  concurrent_users: { phrase: (value) => (value === '1' ? '1 user' : `${value} users`) },
  num_samples: { phrase: (value) => `${value} samples` },
  num_epochs: { phrase: (value) => `${value} epochs` },
  finetuning_method: { phrase: (value) => value },
};

const SERVING_SHOWN = ['quantization', 'kv_cache_quantization', 'seq_length', 'concurrent_users'] as const;

const SERVING: readonly Input<InferenceForm>[] = [...SUBJECT, ...fieldInputs(INFERENCE_FIELDS, SERVING_SHOWN)];

const SERVING_REST: readonly Input<InferenceForm>[] = [
  { row: 'vLLM', value: (form) => form.engine_version },
  {
    row: 'Environment',
    value: (_form, _planner, { environment }) => environmentWords(environment),
    isTold: ({ environment }) => environment.length > 0,
  },
  ...restOf(INFERENCE_FIELDS, [...SERVING_SHOWN, 'num_gpus', 'custom_vram']),
];

const TRAINING_SHOWN = [
  'finetuning_method',
  'objective',
  'lora_rank',
  'batch_size',
  'seq_length',
  'num_samples',
  'num_epochs',
  'optimizer',
] as const;

const TRAINING: readonly Input<FinetuningForm>[] = [...SUBJECT, ...fieldInputs(FINETUNING_FIELDS, TRAINING_SHOWN)];

const TRAINING_REST = restOf(FINETUNING_FIELDS, [...TRAINING_SHOWN, 'num_gpus', 'custom_vram']);

/** The pinned scenarios of serving, side by side. */
export function servingColumns(pins: readonly SavedScenario[], planner: Planner, simulate: Simulate): readonly Column[] {
  const forms = pins.map(servingFormOf);
  return columns(pins, forms, planner, SERVING, SERVING_REST, (form, pin) => {
    const facts = factsOf(planner, form);
    if (!facts) return [];
    const gpu = pinnedSetup(pin, form, planner.host?.gpus ?? []);
    // The pinned arguments are those after the form's changes; only the format of the weights is not among them.
    const fileForm = { ...form, quantization: 'checkpoint' };
    const fileArgs = new Map(pin.args);
    const draft = draftFor(planner, fileArgs);
    const answer = answerServing({ form, fileForm, fileArgs, facts, gpu, draft, environment: new Map(pin.environment) }, simulate);
    const { weights, activationPeak, kvCache } = answer.report.perGpu;
    return [
      ...(gpu ? [['Verdict', plain(servingVerdict(answer, form, facts).headline)] as const] : []),
      ...figureCells([
        { name: 'Weights per GPU', figure: weights, format: formatGib },
        { name: 'Activation peak', figure: activationPeak, format: formatGib },
        { name: 'KV cache per GPU', figure: kvCache, format: formatGib },
        ...servingFigures(answer, form),
      ]),
    ];
  });
}

/** The pinned fine-tuning runs, side by side. */
export function trainingColumns(pins: readonly SavedScenario[], planner: Planner): readonly Column[] {
  const forms = pins.map(({ values }) => restoreForm(FINETUNING_DEFAULTS, FINETUNING_FIELDS, values));
  return columns(pins, forms, planner, TRAINING, TRAINING_REST, (form) => {
    const setup = chosenSetup(form, planner.host?.gpus ?? []);
    const response = pinnedResponse(form, factsOf(planner, form), setup?.gpu ?? null);
    if (!response) return [];
    const [low, high] = response.range['vram_usage'] ?? [response.vram_usage, response.vram_usage];
    const memory = between(low * GIB, response.vram_usage * GIB, high * GIB, RANGE_REASONS.trainingMemory);
    const refused = (response.problems ?? []).map((problem) => problemInLabels(problem, FINETUNING_FIELDS)).join(' ');
    return [
      ...(refused === '' ? [] : [['Refused', plain(refused)] as const]),
      ...figureCells([{ name: 'Memory per GPU', figure: memory, format: formatGib, rough: true }]),
      ['Of the card', plain(formatPercent(response.actual_vram_percentage / 100))] as const,
      ...figureCells(trainingFigures(response, setup !== null)),
    ];
  });
}

/** Rows that are always shown, then those in which the scenarios differ, then what each comes to. */
function columns<F>(
  pins: readonly SavedScenario[],
  forms: readonly F[],
  planner: Planner,
  always: readonly Input<F>[],
  rest: readonly Input<F>[],
  outcome: (form: F, pin: SavedScenario) => readonly (readonly [string, Cell])[],
): readonly Column[] {
  // A field that one form does not even ask for follows from another, in which they differ.
  const scenarios = forms.flatMap((form, index) => (pins[index] ? [{ form, pin: pins[index] }] : []));
  const differs = ({ value }: Input<F>): boolean =>
    new Set(scenarios.map(({ form, pin }) => value(form, planner, pin)).filter((said) => said !== NOT_ASKED)).size > 1;
  const inputs = [...always, ...rest.filter((input) => differs(input) || pins.some((pin) => input.isTold?.(pin)))];
  const telling = inputs.filter(differs);
  return scenarios.map(({ form, pin }) => {
    const said = telling.map(({ value, phrase }) => (phrase ?? String)(value(form, planner, pin)));
    return {
      pin,
      title: said.length > 0 ? said.join(' · ') : pin.name,
      cells: new Map([...inputs.map(({ row, value }) => [row, plain(value(form, planner, pin))] as const), ...outcome(form, pin)]),
    };
  });
}

function fieldInputs<F extends object>(fields: readonly Field<F>[], names: readonly (keyof F & string)[]): readonly Input<F>[] {
  return names.flatMap((name) => {
    const field = fields.find((candidate) => candidate.name === name);
    return field ? [fieldInput(field)] : [];
  });
}

function restOf<F extends object>(fields: readonly Field<F>[], shown: readonly (keyof F & string)[]): readonly Input<F>[] {
  return fields.filter(({ name }) => !shown.includes(name)).map((field) => fieldInput(field));
}

/** The variables that a scenario was estimated with. */
function environmentWords(environment: SavedScenario['environment']): string {
  return environment.length === 0 ? 'no variables' : environment.map(([name, value]) => `${name}=${value}`).join(' ');
}

/** Stands for the value of a field that a form does not ask for. */
const NOT_ASKED = 'none';

/** A field of the form as a row. */
function fieldInput<F extends object>(field: Field<F>): Input<F> {
  const value = (form: F): string => {
    if (field.when && !field.when(form)) return NOT_ASKED;
    const raw: unknown = form[field.name];
    if (field.kind === 'check') return raw === true ? 'on' : 'off';
    if (field.kind === 'choice') return field.choices.find((choice) => choice.value === raw)?.label ?? String(raw);
    const number = Number(raw);
    if (field.automatic !== undefined && number === field.min) return field.automatic;
    return `${field.integer ? formatCount(number) : formatShort(number)}${field.unit === '' ? '' : ` ${field.unit}`}`;
  };
  const { row = field.label, phrase } = SAID[field.name] ?? {};
  return { row, value, phrase: phrase ?? ((said) => `${field.label}: ${said}`) };
}

function figureCells(figures: readonly Figure[]): readonly (readonly [string, Cell])[] {
  return figures.flatMap(({ figure, ...how }) => (figure ? [[how.name, wordsOf(figure, how)] as const] : []));
}

function plain(value: string): Cell {
  return { value, range: '' };
}

function factsOf(planner: Planner, form: CustomModel & { readonly llm_key: string }): ModelFacts | null {
  if (form.llm_key === SIZED) return sizedModel(form);
  const entry = planner.model(form.llm_key);
  return entry?.state === 'known' ? entry.facts : null;
}
