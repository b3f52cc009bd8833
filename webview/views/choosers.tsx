import { Component, type VNode } from 'preact';
import { SIZED } from '../../src/analysis/customModel';
import { formatShort } from '../../src/estimator/figures';
import type { Gpu } from '../../src/estimator/hardware/gpu';
import type { Call } from '../connection';
import type { Planner } from '../planner';
import { Combobox, type ComboOption } from '../ui/combobox';
import { Button, Progress } from '../ui/toolkit';

interface ModelChooserProps {
  readonly id: string;
  readonly planner: Planner;
  readonly value: string;
  readonly onChoose: (id: string) => void;
}

interface ModelChooserState {
  readonly found: readonly ComboOption[];
  readonly busy: boolean;
}

/** Waits for a pause in the typing before the extension is asked. */
const SEARCH_PAUSE_MS = 120;

const BY_SIZE: ComboOption = { value: SIZED, label: 'Any model of a given size', detail: '' };

/** Finds a model by name among all that the extension knows. */
export class ModelChooser extends Component<ModelChooserProps, ModelChooserState> {
  override state: ModelChooserState = { found: [BY_SIZE], busy: false };
  private timer: ReturnType<typeof setTimeout> | undefined;
  private call: Call<unknown> | null = null;

  override componentWillUnmount(): void {
    clearTimeout(this.timer);
    this.call?.cancel();
  }

  override render({ id, planner, value, onChoose }: ModelChooserProps, { found, busy }: ModelChooserState): VNode {
    const entry = value === SIZED ? null : planner.model(value);
    const loading = entry?.state === 'loading' ? entry : null;
    const problem = entry?.state === 'problem' ? entry : null;
    return (
      <div class="field">
        <Combobox
          id={id}
          label="Model"
          value={value === SIZED ? BY_SIZE.label : value}
          placeholder="Search by name, as on the Hub"
          options={found}
          busy={busy}
          onQuery={(query) => this.search(query)}
          onChoose={onChoose}
        />
        {loading ? <Progress text={loading.message} onCancel={loading.cancel} /> : null}
        {problem ? (
          <div class="problem" role="alert">
            ✖ {problem.message} <Button onPress={() => planner.retryModel(value)}>Try again</Button>
          </div>
        ) : null}
      </div>
    );
  }

  private search(query: string): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.call?.cancel();
      this.setState({ busy: true });
      const call = this.props.planner.request('searchModels', { query });
      this.call = call;
      call.answer.then(
        (models) => {
          if (this.call !== call) return;
          const found = models.map(({ id, parameters }) => ({
            value: id,
            label: id,
            detail: parameters === null ? '' : `${formatShort(parameters / 1e9)}B`,
          }));
          this.setState({ found: [BY_SIZE, ...found], busy: false });
        },
        () => {
          if (this.call === call) this.setState({ found: [BY_SIZE], busy: false });
        },
      );
    }, SEARCH_PAUSE_MS);
  }
}

interface GpuChooserProps {
  readonly id: string;
  readonly gpus: readonly Gpu[];
  readonly value: string;
  readonly onChoose: (key: string) => void;
}

/** Finds a GPU by any part of its name or its memory. */
export class GpuChooser extends Component<GpuChooserProps, { readonly query: string }> {
  override state = { query: '' };

  override render({ id, gpus, value, onChoose }: GpuChooserProps, { query }: { readonly query: string }): VNode {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    const found = gpus
      .map((gpu) => ({ value: gpu.key, label: gpu.label, detail: `${formatShort(gpu.memoryGb)} GB` }))
      .filter((option) => words.every((word) => `${option.value} ${option.label} ${option.detail}`.toLowerCase().includes(word)));
    const chosen = gpus.find((gpu) => gpu.key === value);
    return (
      <div class="field">
        <Combobox
          id={id}
          label="GPU"
          value={chosen?.label ?? ''}
          placeholder="Any: shows what it needs"
          options={words.length === 0 ? [{ value: '', label: 'Any', detail: 'shows what it needs' }, ...found] : found}
          busy={false}
          onQuery={(typed) => this.setState({ query: typed })}
          onChoose={onChoose}
        />
      </div>
    );
  }
}
