import type { VNode } from 'preact';
import { answerServing, type ServingQuestion, type Simulate } from '../../src/analysis/plan';
import { bySize, candidates, onGpus, type GpuOption } from '../../src/analysis/solve';
import type { FinetuningForm } from '../../src/analysis/finetuningScenario';
import { formatCount, formatGib, formatParameters } from '../../src/estimator/figures';
import type { GpuSetup } from '../../src/estimator/hardware/gpu';
import type { CustomModel } from '../../src/analysis/customModel';
import { sizedModel } from '../../src/analysis/sizedModel';
import type { ModelFacts } from '../../src/models/source';
import type { SavedScenario } from '../../src/protocol/messages';
import { restoreForm } from '../fields/field';
import { FINETUNING_DEFAULTS, FINETUNING_FIELDS } from '../fields/finetuning';
import { INFERENCE_DEFAULTS, INFERENCE_FIELDS, WEIGHT_FORMATS } from '../fields/inference';
import type { Planner } from '../planner';
import { usableGpus } from '../smallestGpu';
import { chosenSetup, SIZED, type Serving } from '../serving';
import type { SortKey } from '../state';
import { Sweep } from '../sweep';
import { pinnedResponse } from '../training';
import { Button, Progress } from '../ui/toolkit';
import { hours, milliseconds, short, whole } from '../words';
import { departures } from './formTools';
import { fold } from './side';
import { servingVerdict } from './verdict';

/** The comparison tab. Loaded when it is first shown. */
export class CompareTab {
  private readonly options: Sweep<ServingQuestion, GpuOption>;
  private simulate: Simulate | null = null;

  constructor(private readonly planner: Planner) {
    this.options = new Sweep<ServingQuestion, GpuOption>(
      (question) => (this.simulate ? gpuOptions(planner, question, this.simulate) : [][Symbol.iterator]()),
      () => planner.redraw(),
    );
  }

  view(serving: Serving, simulate: Simulate): VNode {
    this.simulate = simulate;
    return <CompareView planner={this.planner} serving={serving} simulate={simulate} options={this.options} />;
  }
}

interface CompareProps {
  readonly planner: Planner;
  readonly serving: Serving;
  readonly simulate: Simulate;
  readonly options: Sweep<ServingQuestion, GpuOption>;
}

/** The comparison tab: pinned scenarios side by side, what is saved, and all GPUs that would hold the serving question. */
function CompareView(props: CompareProps): VNode {
  const { planner } = props;
  const pins = planner.state.pins;
  const columns = (kind: SavedScenario['kind']): readonly SavedScenario[] => pins.filter((pin) => pin.kind === kind);
  return (
    <div class="answers">
      {pins.length === 0 ? (
        <p class="quiet">Nothing is pinned. “Pin to compare” on the other tabs puts a scenario here, six at most.</p>
      ) : null}
      {columns('inference').length > 0 ? (
        <Columns title="Serving" planner={planner} columns={columns('inference').map((pin) => servingColumn(pin, props))} />
      ) : null}
      {columns('finetuning').length > 0 ? (
        <Columns title="Fine-tuning" planner={planner} columns={columns('finetuning').map((pin) => trainingColumn(pin, planner))} />
      ) : null}
      <Saved planner={planner} serving={props.serving} />
      <GpuTable {...props} />
    </div>
  );
}

interface Column {
  readonly pin: SavedScenario;
  /** By row, in the order of the rows; a row that is missing is unknown. */
  readonly cells: ReadonlyMap<string, string>;
}

/** What a pinned scenario says and comes to. */
function servingColumn(pin: SavedScenario, { planner, simulate }: CompareProps): Column {
  const form = restoreForm(
    { ...INFERENCE_DEFAULTS, engine_version: String(pin.values['engine_version'] ?? '') },
    INFERENCE_FIELDS,
    pin.values,
  );
  const facts = factsOf(planner, form);
  const gpu = chosenSetup(form, planner.host?.gpus ?? []);
  const cells = new Map<string, string>([
    ['Model', form.llm_key === SIZED ? `${short(form.custom_parameters)} B` : form.llm_key],
    ['GPU', gpu ? `${gpu.count} × ${gpu.gpu.label}` : 'any'],
    ['Weights', WEIGHT_FORMATS.find(({ value }) => value === form.quantization)?.label ?? form.quantization],
    ['KV cache format', form.kv_cache_quantization],
    ['Context', whole(form.seq_length)],
    ['Users', whole(form.concurrent_users * form.batch_size)],
    ['Share of GPU memory', short(form.gpu_memory_utilization)],
    ['Split', form.inference_parallelism],
  ]);
  if (!facts) return { pin, cells };
  // The pinned arguments are those after the form's changes; only the format of the weights is not among them.
  const fileForm = { ...form, quantization: 'checkpoint' };
  const answer = answerServing({ form, fileForm, fileArgs: new Map(pin.args), facts, gpu }, simulate);
  const { perGpu, kvCache } = answer.report;
  const add = (row: string, value: string | null): void => void (value === null ? null : cells.set(row, value));
  add('Verdict', gpu ? servingVerdict(answer, form).headline : null);
  add('Weights per GPU', formatGib(perGpu.weights.value));
  add('Activation peak', perGpu.activationPeak && formatGib(perGpu.activationPeak.value));
  add('KV cache per GPU', perGpu.kvCache && formatGib(perGpu.kvCache.value));
  add('KV cache tokens', kvCache.tokens && formatCount(Math.max(0, kvCache.tokens.value)));
  add('Requests at full length', kvCache.maxConcurrency && short(Math.max(0, kvCache.maxConcurrency.value)));
  add('Longest context that fits', kvCache.maxModelLenThatFits && formatCount(Math.max(0, kvCache.maxModelLenThatFits.value)));
  const { response } = answer;
  add('First token', response && milliseconds(response.ttft_ms));
  add('Tokens/s each', response && short(response.per_user_tps));
  add('Tokens/s, all', response && short(response.estimated_throughput_tps));
  add('Power', response && `${whole(response.estimated_power_draw)} W`);
  add('Peak on the GPU', perGpu.peakUsed && formatGib(perGpu.peakUsed.value));
  return { pin, cells };
}

function trainingColumn(pin: SavedScenario, planner: Planner): Column {
  const form: FinetuningForm = restoreForm(FINETUNING_DEFAULTS, FINETUNING_FIELDS, pin.values);
  const setup: GpuSetup | null = chosenSetup(form, planner.host?.gpus ?? []);
  const cells = new Map<string, string>([
    ['Model', form.llm_key === SIZED ? `${short(form.custom_parameters)} B` : form.llm_key],
    ['GPU', setup ? `${setup.count} × ${setup.gpu.label}` : 'any'],
    ['Method', form.finetuning_method],
    ['Rank', form.finetuning_method === 'full' ? 'none' : whole(form.lora_rank)],
    ['Batch', whole(form.batch_size)],
    ['Sequence', whole(form.seq_length)],
    ['Optimizer', form.optimizer],
    ['Checkpointing', form.gradient_checkpointing],
    ['ZeRO stage', whole(form.zero_stage)],
  ]);
  const response = pinnedResponse(form, factsOf(planner, form), setup?.gpu ?? null);
  if (response) {
    cells.set('Memory per GPU', `${short(response.vram_usage)} GiB`);
    cells.set('Of the card', `${short(response.actual_vram_percentage)} %`);
    cells.set('Trained parameters', formatParameters(response.trainable_parameters));
    if (response.training_tps !== null) cells.set('Tokens per second', whole(response.training_tps));
    if (response.total_training_time_hours !== null) cells.set('Time', hours(response.total_training_time_hours));
    if (response.energy_kwh !== null) cells.set('Energy', `${short(response.energy_kwh)} kWh`);
  }
  return { pin, cells };
}

function factsOf(planner: Planner, form: CustomModel & { readonly llm_key: string }): ModelFacts | null {
  if (form.llm_key === SIZED) return sizedModel(form);
  const entry = planner.model(form.llm_key);
  return entry?.state === 'known' ? entry.facts : null;
}

/** Scenarios as columns; rows in which they differ carry a mark. */
function Columns({
  title,
  planner,
  columns,
}: {
  readonly title: string;
  readonly planner: Planner;
  readonly columns: readonly Column[];
}): VNode {
  const rows = [...new Set(columns.flatMap(({ cells }) => [...cells.keys()]))];
  return (
    <div class="scroll" tabindex={0} role="region" aria-label={`${title}, side by side`}>
      <table class="compare">
        <caption>{title}</caption>
        <thead>
          <tr>
            <th scope="col">
              <span class="unseen">Figure</span>
            </th>
            {columns.map(({ pin }) => (
              <th key={pin.name} scope="col">
                <strong>{pin.name}</strong>
                <div class="actions">
                  <Button onPress={() => open(planner, pin)} label={`Open ${pin.name}`}>
                    Open
                  </Button>
                  <Button
                    onPress={() => planner.change({ pins: planner.state.pins.filter((other) => other !== pin) })}
                    label={`Unpin ${pin.name}`}
                  >
                    Unpin
                  </Button>
                </div>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const values = columns.map(({ cells }) => cells.get(row) ?? 'unknown');
            const differs = new Set(values).size > 1;
            return (
              <tr key={row} class={differs ? 'differs' : ''}>
                <th scope="row">
                  {differs ? (
                    <span title="Differs">
                      <span aria-hidden="true">≠ </span>
                      <span class="unseen">Differs: </span>
                    </span>
                  ) : null}
                  {row}
                </th>
                {values.map((value, index) => (
                  <td key={columns[index]?.pin.name}>{value}</td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** Puts a scenario back into its form. */
function open(planner: Planner, scenario: SavedScenario): void {
  if (scenario.kind === 'inference') {
    planner.change({ tab: 'inference', inference: restoreForm(INFERENCE_DEFAULTS, INFERENCE_FIELDS, scenario.values) });
  } else {
    planner.change({
      tab: 'finetuning',
      finetuning: departures(FINETUNING_DEFAULTS, restoreForm(FINETUNING_DEFAULTS, FINETUNING_FIELDS, scenario.values)),
    });
  }
}

/** What the workspace keeps. */
function Saved({ planner }: { readonly planner: Planner; readonly serving: Serving }): VNode | null {
  const saved = planner.host?.saved ?? [];
  if (saved.length === 0) return null;
  return (
    <section aria-label="Saved in the workspace">
      <h2>Saved in the workspace</h2>
      <ul class="saved">
        {saved.map((scenario) => (
          <li key={scenario.name}>
            <span>
              {scenario.name} <span class="quiet">{scenario.kind === 'inference' ? 'serving' : 'fine-tuning'}</span>
            </span>
            <span class="actions">
              <Button onPress={() => open(planner, scenario)} label={`Open ${scenario.name}`}>
                Open
              </Button>
              <Button
                onPress={() => planner.act('deleteScenario', { name: scenario.name }, () => `Deleted “${scenario.name}”.`)}
                label={`Delete ${scenario.name}`}
              >
                Delete
              </Button>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const COLUMNS: readonly { readonly key: SortKey; readonly label: string; readonly order: (a: GpuOption, b: GpuOption) => number }[] = [
  { key: 'size', label: 'GPUs, smallest first', order: bySize },
  { key: 'left', label: 'Memory left for KV cache', order: (a, b) => kvLeft(b) - kvLeft(a) },
  { key: 'speed', label: 'Tokens/s, all', order: (a, b) => speed(b) - speed(a) },
  { key: 'power', label: 'Power', order: (a, b) => power(a) - power(b) },
];

function kvLeft({ solution }: GpuOption): number {
  return solution.answer.report.perGpu.kvCache?.value ?? 0;
}

function speed({ solution }: GpuOption): number {
  return solution.answer.response?.estimated_throughput_tps ?? 0;
}

function power({ solution }: GpuOption): number {
  return solution.answer.response?.estimated_power_draw ?? Infinity;
}

const ALL_ROWS = 'compare/all';

/** Shown before the rest is asked for. */
const FIRST_ROWS = 40;

/** Every number of every GPU of the catalogue that holds the model with its context and load. */
function GpuTable({ planner, serving, options }: CompareProps): VNode {
  const { question, form } = serving;
  if (!question) return <p class="quiet">Choose a model on the first tab to see which GPUs hold it.</p>;
  options.start(question);
  const by = COLUMNS.find(({ key }) => key === planner.state.sort) ?? COLUMNS[0];
  const rows = by ? [...options.results].sort(by.order) : [];
  const all = planner.state.open.includes(ALL_ROWS);
  const shown = all ? rows : rows.slice(0, FIRST_ROWS);
  return (
    <section>
      <h2>
        GPUs that hold {form.llm_key === SIZED ? `${short(form.custom_parameters)} billion parameters` : form.llm_key} with{' '}
        {whole(form.seq_length)} tokens × {whole(serving.answer?.requests ?? 1)}
      </h2>
      {options.done ? (
        <p role="status">{rows.length} found.</p>
      ) : (
        <Progress text={`Trying every GPU of the catalogue: ${rows.length} found so far`} onCancel={() => options.stop()} />
      )}
      <div class="scroll" tabindex={0} role="region" aria-label="GPUs that hold it">
        <table>
          <caption class="unseen">GPUs that hold it</caption>
          <thead>
            <tr>
              {COLUMNS.map(({ key, label }) => (
                <th
                  key={key}
                  scope="col"
                  aria-sort={by?.key === key ? (key === 'size' || key === 'power' ? 'ascending' : 'descending') : 'none'}
                >
                  <button type="button" class="sort" onClick={() => planner.change({ sort: key })}>
                    {label} <span aria-hidden="true">{by?.key === key ? '▾' : ''}</span>
                  </button>
                </th>
              ))}
              <th scope="col">Requests at full length</th>
              <th scope="col" class="wide">
                Used
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((option) => {
              const { perGpu, kvCache } = option.solution.answer.report;
              const used = (perGpu.peakUsed?.value ?? 0) / (perGpu.total ?? 1);
              return (
                <tr key={`${option.gpu.key} ${option.count}`}>
                  <th scope="row">
                    {option.count} × {option.gpu.label}
                  </th>
                  <td>{formatGib(kvLeft(option))} per GPU</td>
                  <td>{short(speed(option))}</td>
                  <td>{whole(power(option))} W</td>
                  <td>{kvCache.maxConcurrency ? short(kvCache.maxConcurrency.value) : 'unknown'}</td>
                  <td class="wide">
                    <meter min={0} max={1} value={used} aria-label={`${short(used * 100)} % of each GPU`} />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {rows.length > shown.length ? <Button onPress={() => fold(planner, ALL_ROWS, true)}>Show all {rows.length}</Button> : null}
    </section>
  );
}

/** Tries every number of every card, the smallest first; one per step. */
function* gpuOptions(planner: Planner, question: ServingQuestion, simulate: Simulate): Generator<GpuOption | null> {
  for (const { gpu, count } of candidates(usableGpus(planner, question))) yield onGpus(question, gpu, count, simulate);
}
