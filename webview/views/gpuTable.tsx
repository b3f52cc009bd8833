import { Component, type VNode } from 'preact';
import { SIZED } from '../../src/analysis/customModel';
import { type ServingQuestion } from '../../src/analysis/plan';
import { bySize, type GpuOption } from '../../src/analysis/solve';
import { formatCount, formatGib, formatShort } from '../../src/estimator/figures';
import { GIB } from '../../src/estimator/units';
import type { Planner } from '../planner';
import type { Serving } from '../serving';
import type { SortKey } from '../state';
import type { Sweep } from '../sweep';
import { TextField } from '../ui/controls';
import { Button, Progress } from '../ui/toolkit';
import { servingFigures } from './answer';
import { wordsOf } from './figures';
import { changeInference } from './formTools';

interface SortableColumn {
  readonly key: SortKey;
  readonly label: string;
  readonly direction: 'ascending' | 'descending';
  readonly order: (a: GpuOption, b: GpuOption) => number;
  /** The order in words. */
  readonly words: string;
}

const COLUMNS: readonly SortableColumn[] = [
  {
    key: 'size',
    label: 'Memory in all',
    direction: 'ascending',
    order: bySize,
    words: 'Smallest first: by the memory of all GPUs together, then by fewer GPUs.',
  },
  {
    key: 'left',
    label: 'Left for KV cache, per GPU',
    direction: 'descending',
    order: (a, b) => kvLeft(b) - kvLeft(a),
    words: 'Most memory left first.',
  },
  { key: 'speed', label: 'Tokens/s, all', direction: 'descending', order: (a, b) => speed(b) - speed(a), words: 'Fastest first.' },
  { key: 'power', label: 'Power', direction: 'ascending', order: (a, b) => power(a) - power(b), words: 'Least power first.' },
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

/** Shown before more is asked for, and how many more each time. */
const PAGE_ROWS = 20;

export interface GpuTableProps {
  readonly planner: Planner;
  readonly serving: Serving;
  readonly options: Sweep<ServingQuestion, GpuOption>;
}

interface GpuTableState {
  readonly filter: string;
  readonly rows: number;
}

/** Every number of every GPU of the catalogue that holds the model with its context and load. */
export class GpuTable extends Component<GpuTableProps, GpuTableState> {
  override state: GpuTableState = { filter: '', rows: PAGE_ROWS };

  override render({ planner, serving, options }: GpuTableProps, { filter, rows }: GpuTableState): VNode {
    const { question, form } = serving;
    if (!question) return <p class="quiet">Choose a model on the first tab to see which GPUs hold it.</p>;
    const context = serving.answer?.context ?? null;
    if (context === null)
      return <p class="quiet">Enter the context on the first tab to see which GPUs hold it: the model does not say it.</p>;
    options.start(question);
    const by = COLUMNS.find(({ key }) => key === planner.state.sort);
    const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
    const found = options.results.filter((option) => words.every((word) => matches(option, word)));
    const shown = (by ? found.sort(by.order) : found).slice(0, rows);
    const load = serving.answer?.requests ?? 1;
    return (
      <section>
        <h2>
          GPUs that hold {form.llm_key === SIZED ? `${formatShort(form.custom_parameters)} billion parameters` : form.llm_key} with{' '}
          {formatCount(load)} {load === 1 ? 'request' : 'requests'} of {formatCount(context)} tokens
        </h2>
        <div class="filter">
          <TextField
            id="gpu-filter"
            label="Filter by number and name, as “1 × h100”"
            value={filter}
            invalid={false}
            onText={(text) => this.setState({ filter: text, rows: PAGE_ROWS })}
          />
          {options.done ? (
            <p role="status">
              {found.length} found. {by?.words}
            </p>
          ) : (
            <Progress text="Trying every GPU of the catalogue" onCancel={() => options.stop()} />
          )}
        </div>
        <div class="scroll" tabindex={0} role="region" aria-label="GPUs that hold it">
          <table class="gpus">
            <caption class="unseen">GPUs that hold it</caption>
            <thead>
              <tr>
                <th scope="col">GPUs</th>
                {COLUMNS.map(({ key, label, direction }) => (
                  <th key={key} scope="col" aria-sort={by?.key === key ? direction : 'none'}>
                    <button type="button" class="sort" onClick={() => planner.change({ sort: key })}>
                      {label} <span aria-hidden="true">{by?.key !== key ? '' : direction === 'ascending' ? '▴' : '▾'}</span>
                    </button>
                  </th>
                ))}
                <th scope="col">Requests at full length</th>
                <th scope="col">
                  <span class="unseen">Take it</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map((option) => (
                <Row key={nameOf(option)} option={option} onUse={() => use(planner, serving, option)} />
              ))}
            </tbody>
          </table>
        </div>
        {found.length > shown.length ? (
          <Button onPress={() => this.setState({ rows: rows + PAGE_ROWS * 5 })}>Show more of {formatCount(found.length)}</Button>
        ) : null}
      </section>
    );
  }
}

function Row({ option, onUse }: { readonly option: GpuOption; readonly onUse: () => void }): VNode {
  const { answer, form } = option.solution;
  const figures = new Map(servingFigures(answer, form).map((figure) => [figure.name, figure]));
  const cell = (name: string): VNode => {
    const known = figures.get(name);
    if (!known?.figure) return <td>unknown</td>;
    const { value, spelledRange } = wordsOf(known.figure, known);
    return <td title={spelledRange}>{value}</td>;
  };
  return (
    <tr>
      <th scope="row">{nameOf(option)}</th>
      <td>{formatGib(option.gpu.totalMemoryGib * option.count * GIB)}</td>
      <td>{formatGib(kvLeft(option))}</td>
      {cell('All, prompts included')}
      {cell('Power')}
      {cell('Requests at full length')}
      <td>
        <Button onPress={onUse} label={`Use ${nameOf(option)}`}>
          Use
        </Button>
      </td>
    </tr>
  );
}

/** A lone small number is the number of GPUs, anything else a part of the name. */
function matches(option: GpuOption, word: string): boolean {
  return /^\d{1,2}$/.test(word) ? option.count === Number(word) : nameOf(option).toLowerCase().includes(word);
}

function nameOf({ gpu, count }: GpuOption): string {
  return `${count} × ${gpu.label}`;
}

/** Takes the GPUs into the serving form. */
function use(planner: Planner, serving: Serving, { solution }: GpuOption): void {
  const { gpu_key, num_gpus, inference_parallelism } = solution.form;
  planner.change({ tab: 'inference' });
  changeInference(planner, serving, { gpu_key, num_gpus, inference_parallelism });
}
