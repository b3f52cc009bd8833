import type { VNode } from 'preact';
import type { FinetuningAnswer, FinetuningForm } from '../../src/analysis/finetuningScenario';
import {
  FRAMEWORK_NAMES,
  MEMORY_COMPONENTS,
  type FinetuningRequest,
  type FinetuningResponse,
} from '../../src/estimator/contracts/finetuning';
import type { Gpu } from '../../src/estimator/hardware/gpu';
import { formatCount, formatGib, formatHours, formatPercent, formatRough, formatShort, gibNumber } from '../../src/estimator/figures';
import { between, exactly } from '../../src/estimator/ranged';
import { trainingRun } from '../../src/estimator/training/estimate';
import { GIB } from '../../src/estimator/units';
import type { ModelFacts } from '../../src/models/source';
import { FINETUNING_FIELDS } from '../fields/finetuning';
import { inLabels, problemInLabels, problemsInLabels } from '../fields/said';
import type { Planner } from '../planner';
import { Plot } from '../plots/plot';
import { Timeline } from '../plots/timeline';
import { setupMessage } from '../serving';
import { MAX_PINS } from '../state';
import { Sweep } from '../sweep';
import { COMPONENT_LOOKS, holdingCards, training, type Training, type TrainingOption } from '../training';
import { Dropdown } from '../ui/controls';
import { tokens } from '../words';
import { Assumptions } from './assumptions';
import { GpuChooser, ModelChooser } from './choosers';
import { Figures } from './figures';
import { Form } from './form';
import { departures, geometric, numbered } from './formTools';
import { MemoryBarView } from './memoryBar';
import { fold } from './fold';
import { CHOOSE_MODEL, NoModel } from './noModel';
import { TakeAway } from './takeaway';
import { trainingFigures } from './trainingAnswer';
import { FurtherSavings, Savings } from './trainingOptimizations';
import { VerdictView } from './verdict';
import type { Verdict } from '../words';

/** The fine-tuning tab. Loaded with its engine when it is first shown. */
export class FinetuningTab {
  private readonly cards: Sweep<string, TrainingOption>;

  constructor(private readonly planner: Planner) {
    this.cards = new Sweep<string, TrainingOption>(
      () => this.holdingCards(),
      () => planner.redraw(),
    );
  }

  view(): VNode {
    return <FinetuningView planner={this.planner} training={training(this.planner)} cards={this.cards} />;
  }

  private holdingCards(): Iterator<TrainingOption | null> {
    const { answer, model } = training(this.planner);
    // The frameworks of the form train with CUDA or ROCm.
    const gpus = (this.planner.host?.gpus ?? []).filter(
      (gpu) => !gpu.key.startsWith('custom') && (gpu.vendor === 'NVIDIA' || gpu.vendor === 'AMD'),
    );
    return answer?.ok && model?.state === 'known' ? holdingCards(answer.request, model.facts, gpus) : [][Symbol.iterator]();
  }
}

interface FinetuningProps {
  readonly planner: Planner;
  readonly training: Training;
  readonly cards: Sweep<string, TrainingOption>;
}

/** The fine-tuning tab: the questions on the left, the answer on the right. */
function FinetuningView({ planner, training, cards }: FinetuningProps): VNode {
  const { form, base, model, answer, card } = training;
  const change = (changes: Partial<FinetuningForm>): void => planner.change({ finetuning: departures(base, { ...form, ...changes }) });
  return (
    <>
      {answer?.ok ? <Headline estimate={answer} training={training} /> : null}
      <div class="columns">
        <section class="questions" aria-label="Inputs">
          <Form
            id="finetuning"
            fields={FINETUNING_FIELDS}
            form={form}
            changed={new Set()}
            problems={answer ? problemsOf(answer) : new Map()}
            open={planner.state.open}
            onChange={(name, value) => change({ [name]: value })}
            onFold={(section, open) => fold(planner, section, open)}
            lead={
              <>
                <ModelChooser id="finetuning-model" planner={planner} value={form.llm_key} onChoose={(llm_key) => change({ llm_key })} />
                <GpuChooser
                  id="finetuning-gpu"
                  gpus={planner.host?.gpus ?? []}
                  value={form.gpu_key}
                  onChoose={(gpu_key) => change({ gpu_key })}
                />
              </>
            }
          />
        </section>
        <section class="answers" aria-label="Answer">
          {answer?.ok && card && model?.state === 'known' ? (
            <Answer
              planner={planner}
              training={training}
              cards={cards}
              request={answer.request}
              response={answer.response}
              facts={model.facts}
              card={card}
              onChange={change}
            />
          ) : answer && !answer.ok ? (
            <Problems problems={problemsOf(answer)} />
          ) : (
            <NoModel planner={planner} model={model}>
              <p class="quiet">{CHOOSE_MODEL}</p>
            </NoModel>
          )}
        </section>
      </div>
    </>
  );
}

/** The verdict and the bar, above everything so that they are seen at any width. */
function Headline({ estimate, training }: { readonly estimate: FinetuningEstimate; readonly training: Training }): VNode {
  const { gpu } = training;
  const { response } = estimate;
  return (
    <section class="headline" aria-label="Verdict">
      <VerdictView verdict={trainingVerdict(estimate, training)} />
      <MemoryBarView
        stretches={response.memory_breakdown
          .filter(({ size_gb }) => size_gb > 0)
          .map(({ label, size_gb }) => ({ id: COMPONENT_LOOKS[label], name: label, bytes: exactly(size_gb * GIB) }))}
        capacity={gpu ? gpu.totalMemoryGib * GIB : null}
        budget={null}
      />
    </section>
  );
}

function Problems({ problems }: { readonly problems: ReadonlyMap<string, string> }): VNode {
  return (
    <div class="problem" role="alert">
      <ul>
        {[...problems].map(([field, message]) => (
          <li key={field}>✖ {message}</li>
        ))}
      </ul>
    </div>
  );
}

interface AnswerProps extends FinetuningProps {
  readonly request: FinetuningRequest;
  readonly response: FinetuningResponse;
  readonly facts: ModelFacts;
  readonly card: Gpu;
  readonly onChange: (changes: Partial<FinetuningForm>) => void;
}

function Answer({ planner, training, cards, request, response, facts, card, onChange }: AnswerProps): VNode {
  const { form, gpu } = training;
  const capacityGib = gpu && gpu.totalMemoryGib;
  const pin = (): void => {
    const name = numbered(`${form.finetuning_method} of ${form.llm_key.split('/').at(-1) ?? ''}`, planner);
    planner.change({
      pins: [
        ...planner.state.pins,
        { name, kind: 'finetuning' as const, values: { ...form }, args: [], environment: [], gpu: setupMessage(gpu) },
      ].slice(0, MAX_PINS),
    });
    planner.say({ kind: 'done', text: `Pinned “${name}”: see Compare.` });
  };
  cards.start(JSON.stringify([request, facts.id, facts.parameters]));
  return (
    <>
      <TakeAway
        planner={planner}
        kind="finetuning"
        values={{ ...form }}
        args={new Map()}
        fileArgs={new Map()}
        environment={[]}
        gpu={setupMessage(gpu)}
        edits={null}
        onPin={pin}
        canPin={planner.state.pins.length < MAX_PINS}
      />
      <Figures figures={trainingFigures(response, gpu !== null)} />
      {gpu && response.total_training_time_hours !== null ? (
        <Timeline
          epochs={request.num_epochs}
          hours={response.total_training_time_hours}
          range={response.range['total_training_time_hours'] ?? null}
          steps={response.total_steps}
          tokens={response.total_tokens}
          energyKwh={response.energy_kwh}
        />
      ) : null}
      <div class="plots">
        <Growth planner={planner} request={request} card={card} capacityGib={capacityGib} facts={facts} />
        <div>
          <Savings response={response} />
          <FurtherSavings form={form} facts={facts} card={card} capacityGib={capacityGib} onUse={onChange} />
        </div>
      </div>
      <Cards cards={cards} count={form.num_gpus} />
      <Assumptions
        planner={planner}
        section="finetuning/assumptions"
        assumptions={[...response.assumptions.map((said) => inLabels(said, FINETUNING_FIELDS)), ...facts.assumptions]}
      />
    </>
  );
}

type FinetuningEstimate = Extract<FinetuningAnswer, { readonly ok: true }>;

/** What is wrong with the question by itself, or for the model and the framework. */
function problemsOf(answer: FinetuningAnswer): ReadonlyMap<string, string> {
  return problemsInLabels(answer.ok ? (answer.response.problems ?? []) : answer.problems, FINETUNING_FIELDS);
}

function trainingVerdict({ request, response }: FinetuningEstimate, { gpu, form }: Training): Verdict {
  const [refusal] = response.problems ?? [];
  if (refusal)
    return {
      mood: 'bad',
      headline: `${FRAMEWORK_NAMES[request.framework]} would not start`,
      detail: problemInLabels(refusal, FINETUNING_FIELDS),
    };
  const [low, high] = response.range['vram_usage'] ?? [response.vram_usage, response.vram_usage];
  const { value, spelledRange } = formatRough(between(low * GIB, response.vram_usage * GIB, high * GIB), formatGib);
  const each = form.num_gpus > 1 ? ' per GPU' : '';
  if (!gpu) return { mood: 'unknown', headline: `Needs ${value}${each}`, detail: `${spelledRange}. Choose a GPU for time and energy.` };
  const has = gpu.totalMemoryGib;
  const detail = `Needs ${value}${each}, ${spelledRange}, of ${formatGib(has * GIB)}.`;
  if (low > has) return { mood: 'bad', headline: `Does not fit on ${gpu.count} × ${gpu.gpu.label}`, detail };
  if (high <= has) return { mood: 'good', headline: `Fits on ${gpu.count} × ${gpu.gpu.label}`, detail };
  return {
    mood: 'unsure',
    headline:
      response.vram_usage <= has
        ? `Probably fits on ${gpu.count} × ${gpu.gpu.label}`
        : `Probably does not fit on ${gpu.count} × ${gpu.gpu.label}`,
    detail,
  };
}

/** Shown before the rest of the cards is asked for. */
const FIRST_CARDS = 8;

function Cards({ cards, count }: { readonly cards: Sweep<string, TrainingOption>; readonly count: number }): VNode {
  const name = ({ gpu }: TrainingOption): string => (count === 1 ? gpu.label : `${count} × ${gpu.label}`);
  const found = [...cards.results].sort(
    (a, b) => a.gpu.totalMemoryGib - b.gpu.totalMemoryGib || a.gpu.label.localeCompare(b.gpu.label, 'en'),
  );
  const first = found[0];
  const rows = (options: readonly TrainingOption[]): VNode => (
    <table>
      <caption class="unseen">GPUs that hold the run</caption>
      <thead>
        <tr>
          <th scope="col">GPU</th>
          <th scope="col">Peak of each</th>
          <th scope="col" class="wide">
            Of the card
          </th>
          <th scope="col">Time</th>
        </tr>
      </thead>
      <tbody>
        {options.map((option) => {
          const { gpu, peakGib, hours: time } = option;
          return (
            <tr key={gpu.key}>
              <th scope="row">{name(option)}</th>
              <td>{formatGib(peakGib * GIB)}</td>
              <td class="wide">
                <meter
                  min={0}
                  max={gpu.totalMemoryGib}
                  value={peakGib}
                  aria-label={`${formatPercent(peakGib / gpu.totalMemoryGib)} of the card`}
                />
              </td>
              <td>{time === null ? 'unknown' : formatHours(time)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
  return (
    <section aria-label="Fits on">
      <h2>
        {first
          ? `Smallest that holds it: ${name(first)}`
          : cards.done
            ? 'No card of the catalogue holds it'
            : 'Looking through the cards …'}
      </h2>
      {found.length > 0 ? rows(found.slice(0, FIRST_CARDS)) : null}
      {found.length > FIRST_CARDS ? (
        <details>
          <summary>{found.length - FIRST_CARDS} more</summary>
          {rows(found.slice(FIRST_CARDS))}
        </details>
      ) : null}
    </section>
  );
}

interface GrowthProps {
  readonly planner: Planner;
  readonly request: FinetuningRequest;
  readonly card: Gpu;
  /** GiB of each card; null when none was chosen. */
  readonly capacityGib: number | null;
  readonly facts: ModelFacts;
}

const GROWTH_SECTION = 'finetuning/growth-by-batch';

/** Memory by component against sequence length or batch. */
function Growth({ planner, request, card, capacityGib, facts }: GrowthProps): VNode {
  const byBatch = planner.state.open.includes(GROWTH_SECTION);
  const smallest = byBatch ? request.num_gpus * request.gradient_accumulation_steps : 128;
  const now = byBatch ? request.batch_size : request.seq_length;
  const xs = geometric(smallest, Math.max(now * 4, smallest * 8)).map((x) =>
    byBatch ? Math.max(1, Math.round(x / smallest)) * smallest : x,
  );
  const points = [...new Set(xs)].map((x) => {
    const changed = byBatch
      ? { ...request, batch_size: x }
      : { ...request, seq_length: x, tokens_per_sample: request.lengths_stated ? Math.min(request.tokens_per_sample, x) : x };
    return { x, components: trainingRun(changed, { model: facts.model, gpu: card }).memory.peak.components };
  });
  const limit = capacityGib;
  const total = ({ components }: (typeof points)[number]): number =>
    MEMORY_COMPONENTS.reduce((sum, name) => sum + components[name], 0) / GIB;
  const broken = limit === null ? -1 : points.findIndex((point) => total(point) > limit);
  const brokenAt = points[broken]?.x;
  return (
    <section aria-label="Growth">
      <Dropdown
        id="growth-by"
        label="Memory against"
        value={byBatch ? 'batch' : 'sequence'}
        choices={[
          { value: 'sequence', label: 'Sequence length' },
          { value: 'batch', label: 'Batch size' },
        ]}
        onChoose={(by) => fold(planner, GROWTH_SECTION, by === 'batch')}
      />
      <Plot
        id="plot-training"
        title={`Memory by component against ${byBatch ? 'batch size' : 'sequence length'}`}
        xName={byBatch ? 'Batch' : 'Sequence'}
        xUnit={byBatch ? 'samples' : 'tokens'}
        yName="per GPU"
        yUnit="GiB"
        format={(gib) => gibNumber(gib * GIB)}
        xs={points.map(({ x }) => x)}
        xAxis="log"
        stacked
        series={MEMORY_COMPONENTS.filter((name) => points.some(({ components }) => components[name] > 0)).map((name) => ({
          name,
          look: COMPONENT_LOOKS[name],
          values: points.map(({ components }) => components[name] / GIB),
        }))}
        limit={limit === null ? null : { y: limit, label: `Card ${formatGib(limit * GIB)}` }}
        breakAt={
          brokenAt === undefined
            ? null
            : {
                x: brokenAt,
                label:
                  broken === 0
                    ? `No ${byBatch ? 'batch' : 'length'} fits`
                    : `Breaks near ${byBatch ? formatCount(brokenAt) : tokens(brokenAt)}`,
              }
        }
        here={now}
        formatX={byBatch ? formatCount : tokens}
        formatY={formatShort}
      />
    </section>
  );
}
