import { vsCodeButton } from '@vscode/webview-ui-toolkit/dist/button';
import { vsCodeProgressRing } from '@vscode/webview-ui-toolkit/dist/progress-ring';
import { provideVSCodeDesignSystem } from '@vscode/webview-ui-toolkit/dist/vscode-design-system';
import type { ComponentChildren, VNode } from 'preact';

/**
 * This folder is the only importer of @vscode/webview-ui-toolkit. The rest of the page knows its components, which speak of values and
 * not of events, so that another kit can take the toolkit's place here alone. Each module registers what it uses: buttons at once, the
 * controls of a form and the tabs with the parts of the page that have them.
 */
export function registerToolkit(): void {
  provideVSCodeDesignSystem().register(vsCodeButton(), vsCodeProgressRing());
}

export interface ButtonProps {
  readonly onPress: () => void;
  readonly children: ComponentChildren;
  readonly primary?: boolean;
  readonly disabled?: boolean;
  /** Name for screen readers when the visible words alone do not say enough. */
  readonly label?: string;
  readonly id?: string;
  /** The button opens a menu; whether it is open. */
  readonly popup?: boolean;
}

/** A button that is disabled keeps its place in the tab order, so that focus is not lost when pressing it disables it. */
export function Button({ onPress, children, primary = false, disabled = false, label, id, popup }: ButtonProps): VNode {
  return (
    <vscode-button
      appearance={primary ? 'primary' : 'secondary'}
      aria-disabled={disabled ? 'true' : 'false'}
      onClick={disabled ? undefined : onPress}
      {...(label === undefined ? {} : { 'aria-label': label })}
      {...(id === undefined ? {} : { id })}
      {...(popup === undefined ? {} : { 'aria-haspopup': 'menu', 'aria-expanded': popup ? 'true' : 'false' })}
    >
      {children}
    </vscode-button>
  );
}

/** Work in progress that can be stopped. */
export function Progress({ text, onCancel }: { readonly text: string; readonly onCancel: () => void }): VNode {
  return (
    <div class="progress" role="status">
      <vscode-progress-ring aria-label={text} />
      <span>{text}</span>
      <Button onPress={onCancel}>Cancel</Button>
    </div>
  );
}
