import { Component, type VNode } from 'preact';
import type { Planner, Preview } from '../planner';
import { Button } from '../ui/toolkit';

/** The lines that a change would write, before it is written. */
export function PreviewView({ planner }: { readonly planner: Planner }): VNode | null {
  return planner.preview ? <PreviewDialog planner={planner} preview={planner.preview} /> : null;
}

interface PreviewProps {
  readonly planner: Planner;
  readonly preview: Preview;
}

/** Takes the focus when it appears, and gives it back to the button that brought it up. */
class PreviewDialog extends Component<PreviewProps> {
  private root: HTMLElement | null = null;
  private before: Element | null = null;

  override componentDidMount(): void {
    this.before = document.activeElement;
    this.root?.focus();
    this.root?.scrollIntoView({ block: 'nearest' });
  }

  override componentWillUnmount(): void {
    if (this.root?.contains(document.activeElement) && this.before instanceof HTMLElement) this.before.focus();
  }

  override render({ planner, preview }: PreviewProps): VNode {
    const params = { link: preview.link, edits: { set: { ...preview.edits.set }, remove: [...preview.edits.remove] } };
    const apply = (): void => {
      planner.act('applyEdits', params, ({ changed }) => {
        planner.closePreview();
        return changed ? 'Written into the file. Undo takes it back.' : 'The file already says so.';
      });
    };
    return (
      <section
        class="preview"
        role="dialog"
        aria-label="Changes to the file"
        tabindex={-1}
        ref={(element) => {
          this.root = element;
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape') planner.closePreview();
        }}
      >
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
