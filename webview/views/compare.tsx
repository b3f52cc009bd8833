import type { VNode } from 'preact';
import type { ServingQuestion, Simulate } from '../../src/analysis/plan';
import { candidates, onGpus, type GpuOption } from '../../src/analysis/solve';
import type { SavedScenario } from '../../src/protocol/messages';
import { restoreForm } from '../fields/field';
import { FINETUNING_DEFAULTS, FINETUNING_FIELDS } from '../fields/finetuning';
import type { Planner } from '../planner';
import { usableGpus } from '../smallestGpu';
import { servingFormOf, type Serving } from '../serving';
import { Sweep } from '../sweep';
import { Button } from '../ui/toolkit';
import { servingColumns, trainingColumns, type Cell, type Column } from './compareColumns';
import { GpuTable } from './gpuTable';

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
        <Columns title="Serving" planner={planner} columns={servingColumns(columns('inference'), planner, props.simulate)} />
      ) : null}
      {columns('finetuning').length > 0 ? (
        <Columns title="Fine-tuning" planner={planner} columns={trainingColumns(columns('finetuning'), planner)} />
      ) : null}
      <Saved planner={planner} />
      <GpuTable planner={planner} serving={props.serving} options={props.options} />
    </div>
  );
}

const UNKNOWN_CELL: Cell = { value: 'unknown', range: '' };

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
            {columns.map(({ pin, title: said }) => (
              <th key={pin.name} scope="col">
                <strong title={pin.name}>{said}</strong>
                <div class="actions">
                  <Button onPress={() => open(planner, pin)} label={`Open ${said}`}>
                    Open
                  </Button>
                  <Button
                    onPress={() => planner.change({ pins: planner.state.pins.filter((other) => other !== pin) })}
                    label={`Unpin ${said}`}
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
            const cells = columns.map((column) => column.cells.get(row) ?? UNKNOWN_CELL);
            const differs = new Set(cells.map(({ value }) => value)).size > 1;
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
                {cells.map(({ value, range }, index) => (
                  <td key={columns[index]?.pin.name}>
                    {value}
                    {range === '' ? null : <span class="range"> {range}</span>}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** Puts a scenario back into its form, with all that it was computed with, whatever the file says. */
function open(planner: Planner, scenario: SavedScenario): void {
  if (scenario.kind === 'inference') planner.change({ tab: 'inference', inference: servingFormOf(scenario), opened: scenario });
  else planner.change({ tab: 'finetuning', finetuning: restoreForm(FINETUNING_DEFAULTS, FINETUNING_FIELDS, scenario.values) });
}

/** What the workspace keeps. */
function Saved({ planner }: { readonly planner: Planner }): VNode | null {
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

/** Tries every number of every card, the smallest first; one per step. */
function* gpuOptions(planner: Planner, question: ServingQuestion, simulate: Simulate): Generator<GpuOption | null> {
  for (const { gpu, count } of candidates(usableGpus(planner, question))) yield onGpus(question, gpu, count, simulate);
}
