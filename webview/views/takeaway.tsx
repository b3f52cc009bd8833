import { Component, type VNode } from 'preact';
import type { ArgumentEdits } from '../../src/analysis/scenario';
import { isEmptyEdit } from '../../src/analysis/scenario';
import type { FormValues, Params } from '../../src/protocol/messages';
import type { VllmArguments } from '../../src/vllm/arguments';
import type { Planner } from '../planner';
import { TextField } from '../ui/controls';
import { Menu } from '../ui/menu';
import { Button } from '../ui/toolkit';
import { PreviewView } from './preview';

interface TakeAwayProps {
  readonly planner: Planner;
  readonly kind: 'inference' | 'finetuning';
  readonly values: FormValues;
  readonly args: VllmArguments;
  readonly fileArgs: VllmArguments;
  readonly environment: Params<'copy'>['environment'];
  readonly gpu: Params<'copy'>['gpu'];
  readonly edits: ArgumentEdits | null;
  readonly onPin: () => void;
  readonly canPin: boolean;
}

const FORMATS: readonly { readonly format: Params<'copy'>['format']; readonly label: string; readonly serving: boolean }[] = [
  { format: 'serve', label: 'vllm serve command', serving: true },
  { format: 'yaml', label: 'YAML', serving: true },
  { format: 'json', label: 'JSON', serving: false },
  { format: 'markdown', label: 'Markdown report', serving: false },
];

interface TakeAwayState {
  /** What is typed as the name of a scenario; null while nobody is saving. */
  readonly name: string | null;
}

/** Everything one can do with an answer, in one row: pin, write into the file, copy, save. */
export class TakeAway extends Component<TakeAwayProps, TakeAwayState> {
  override state: TakeAwayState = { name: null };

  override render(props: TakeAwayProps, { name }: TakeAwayState): VNode {
    const { planner, kind, edits, onPin, canPin } = props;
    const followed = planner.host?.followed ?? null;
    const nothing = edits === null || isEmptyEdit(edits);
    return (
      <section class="takeaway" aria-label="Take it away">
        <div class="actions" role="group" aria-label="Actions">
          {followed && kind === 'inference' ? (
            <>
              <Button id="apply" primary disabled={nothing || !followed.writable} onPress={() => edits && planner.propose(edits)}>
                Apply to file …
              </Button>
              <Button id="reset" disabled={nothing && planner.state.opened === null} onPress={() => planner.reset()}>
                Back to the file
              </Button>
            </>
          ) : null}
          <Button
            id={`${kind}-pin`}
            onPress={onPin}
            disabled={!canPin}
            {...(canPin ? {} : { label: 'Pin to compare: six are pinned, unpin one first' })}
          >
            Pin to compare
          </Button>
          <Menu
            id={`${kind}-copy`}
            label="Copy"
            items={FORMATS.filter(({ serving }) => kind === 'inference' || !serving).map(({ format, label }) => ({
              label,
              onPick: () => this.copy(format, label),
            }))}
          />
          <Button id={`${kind}-save`} onPress={() => this.toggleSave(name === null)}>
            Save …
          </Button>
        </div>
        {name === null ? null : (
          <div
            class="actions save"
            onKeyDown={(event) => {
              if (event.key !== 'Enter' && event.key !== 'Escape') return;
              // The key must not also press the button that then has the focus.
              event.preventDefault();
              if (event.key === 'Enter') this.save(name);
              else this.toggleSave(false);
            }}
          >
            <TextField
              id={`${kind}-name`}
              label="Name of the scenario"
              value={name}
              invalid={false}
              onText={(text) => this.setState({ name: text })}
            />
            <Button primary disabled={name.trim() === ''} onPress={() => this.save(name)}>
              Save in workspace
            </Button>
          </div>
        )}
        <PreviewView planner={planner} />
      </section>
    );
  }

  private copy(format: Params<'copy'>['format'], label: string): void {
    const { planner, kind, values, args, environment, gpu } = this.props;
    planner.act('copy', { format, kind, values, args: [...args], environment, gpu }, () => `Copied as ${label}.`);
  }

  /** Shows the name's field with the focus in it, or puts it away and the focus back. */
  private toggleSave(show: boolean): void {
    const { kind } = this.props;
    this.setState({ name: show ? '' : null }, () => document.getElementById(`${kind}-${show ? 'name' : 'save'}`)?.focus());
  }

  private save(typed: string): void {
    const { planner, kind, values, fileArgs, environment, gpu } = this.props;
    const name = typed.trim();
    if (name === '') return;
    planner.act('saveScenario', { name, kind, values, args: [...fileArgs], environment, gpu }, () => `Saved as “${name}”: see Compare.`);
    this.toggleSave(false);
  }
}
