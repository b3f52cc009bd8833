import { Component, type VNode } from 'preact';
import type { ArgumentEdits } from '../../src/analysis/scenario';
import { isEmptyEdit } from '../../src/analysis/scenario';
import type { FormValues, Params } from '../../src/protocol/messages';
import type { VllmArguments } from '../../src/vllm/arguments';
import type { Planner } from '../planner';
import { Button, TextField } from '../ui/toolkit';

/** The lines that a change would write, before it is written. */
export function PreviewView({ planner }: { readonly planner: Planner }): VNode | null {
  const { preview } = planner;
  if (!preview) return null;
  const params = { link: preview.link, edits: { set: { ...preview.edits.set }, remove: [...preview.edits.remove] } };
  const apply = (): void => {
    planner.act('applyEdits', params, ({ changed }) => {
      planner.closePreview();
      return changed ? 'Written into the file. Undo takes it back.' : 'The file already says so.';
    });
  };
  return (
    <section class="preview" role="dialog" aria-label="Changes to the file">
      <h2>Changes to the file</h2>
      <table class="diff">
        <caption class="unseen">Changed lines</caption>
        <thead class="unseen">
          <tr>
            <th scope="col">Line</th>
            <th scope="col">Change</th>
            <th scope="col">Text</th>
          </tr>
        </thead>
        <tbody>
          {preview.lines.flatMap(({ line, before, after }) => [
            before === null ? null : <DiffLine key={`${line}-`} line={line} sign="−" word="removed" text={before} />,
            after === null ? null : <DiffLine key={`${line}+`} line={line} sign="+" word="added" text={after} />,
          ])}
        </tbody>
      </table>
      {preview.lines.length === 0 ? <p>The file already says so.</p> : null}
      <div class="actions">
        <Button primary id="apply-now" onPress={apply} disabled={preview.lines.length === 0}>
          Apply
        </Button>
        <Button onPress={() => planner.act('compareInEditor', params, () => null)}>Show in diff editor</Button>
        <Button onPress={() => planner.closePreview()}>Cancel</Button>
      </div>
    </section>
  );
}

function DiffLine({
  line,
  sign,
  word,
  text,
}: {
  readonly line: number;
  readonly sign: string;
  readonly word: string;
  readonly text: string;
}): VNode {
  return (
    <tr class={word}>
      <td>{line + 1}</td>
      <td>
        <span aria-hidden="true">{sign}</span>
        <span class="unseen">{word}</span>
      </td>
      <td>
        <code>{text}</code>
      </td>
    </tr>
  );
}

interface TakeAwayProps {
  readonly planner: Planner;
  readonly kind: 'inference' | 'finetuning';
  readonly values: FormValues;
  readonly args: VllmArguments;
  readonly fileArgs: VllmArguments;
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

/** Everything one can do with an answer: pin, write into the file, copy, save. */
export class TakeAway extends Component<TakeAwayProps, { readonly name: string }> {
  override state = { name: '' };

  override render(props: TakeAwayProps, { name }: { readonly name: string }): VNode {
    const { planner, kind, edits, onPin, canPin } = props;
    const followed = planner.host?.followed ?? null;
    const nothing = edits === null || isEmptyEdit(edits);
    return (
      <section class="takeaway" aria-label="Take it away">
        <div class="actions">
          <Button id={`${kind}-pin`} onPress={onPin} disabled={!canPin}>
            Pin to compare
          </Button>
          {followed && kind === 'inference' ? (
            <Button id="apply" primary disabled={nothing || !followed.writable} onPress={() => edits && planner.propose(edits)}>
              Apply to file …
            </Button>
          ) : null}
          {followed && kind === 'inference' ? (
            <Button id="reset" disabled={nothing} onPress={() => planner.reset()}>
              Back to the file
            </Button>
          ) : null}
        </div>
        <PreviewView planner={planner} />
        <div class="actions" role="group" aria-label="Copy">
          {FORMATS.filter(({ serving }) => kind === 'inference' || !serving).map(({ format, label }) => (
            <Button key={format} onPress={() => this.copy(format, label)}>
              Copy {label}
            </Button>
          ))}
        </div>
        <div class="actions save">
          <TextField
            id={`${kind}-name`}
            label="Name of the scenario"
            value={name}
            invalid={false}
            onText={(text) => this.setState({ name: text })}
          />
          <Button disabled={name.trim() === ''} onPress={() => this.save(name.trim())}>
            Save in workspace
          </Button>
        </div>
      </section>
    );
  }

  private copy(format: Params<'copy'>['format'], label: string): void {
    const { planner, kind, values, args, gpu } = this.props;
    planner.act('copy', { format, kind, values, args: [...args], gpu }, () => `Copied as ${label}.`);
  }

  private save(name: string): void {
    const { planner, kind, values, fileArgs } = this.props;
    planner.act('saveScenario', { name, kind, values, args: [...fileArgs] }, () => `Saved as “${name}”.`);
    this.setState({ name: '' });
  }
}
