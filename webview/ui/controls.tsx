import { vsCodeCheckbox } from '@vscode/webview-ui-toolkit/dist/checkbox';
import { vsCodeDropdown } from '@vscode/webview-ui-toolkit/dist/dropdown';
import { vsCodeOption } from '@vscode/webview-ui-toolkit/dist/option';
import { vsCodeTextField } from '@vscode/webview-ui-toolkit/dist/text-field';
import { provideVSCodeDesignSystem } from '@vscode/webview-ui-toolkit/dist/vscode-design-system';
import { Component, type ComponentChildren, type VNode } from 'preact';
import type { Choice } from '../fields/field';

provideVSCodeDesignSystem().register(vsCodeCheckbox(), vsCodeDropdown(), vsCodeOption(), vsCodeTextField());

export interface TextFieldProps {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly invalid: boolean;
  /** Called on every key press. */
  readonly onText: (text: string) => void;
  /** `decimal` brings up a number pad on touch screens. */
  readonly numeric?: boolean;
  /** The label is read out but not shown, because the field repeats what stands above it. */
  readonly hideLabel?: boolean;
  readonly disabled?: boolean;
}

export function TextField({
  id,
  label,
  value,
  invalid,
  onText,
  numeric = false,
  hideLabel = false,
  disabled = false,
}: TextFieldProps): VNode {
  return (
    <vscode-text-field
      id={id}
      class={hideLabel ? 'bare' : ''}
      value={value}
      aria-label={label}
      aria-invalid={invalid ? 'true' : 'false'}
      disabled={disabled}
      onInput={(event) => onText(valueOf(event))}
      {...(numeric ? { inputmode: 'decimal' } : {})}
    >
      {hideLabel ? null : label}
    </vscode-text-field>
  );
}

export interface CheckboxProps {
  readonly id: string;
  readonly checked: boolean;
  readonly onToggle: (checked: boolean) => void;
  readonly children: ComponentChildren;
}

export function Checkbox({ id, checked, onToggle, children }: CheckboxProps): VNode {
  return (
    <vscode-checkbox
      id={id}
      checked={checked}
      onChange={(event) => {
        const now = (event.currentTarget as HTMLInputElement).checked;
        // The element also reports changes that the page itself made.
        if (now !== checked) onToggle(now);
      }}
    >
      {children}
    </vscode-checkbox>
  );
}

export interface DropdownProps {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly choices: readonly Choice[];
  readonly onChoose: (value: string) => void;
}

/** A short list. The element takes a value only once its options are in place, so it is set after each rendering. */
export class Dropdown extends Component<DropdownProps> {
  private element: HTMLElement | null = null;

  override componentDidMount(): void {
    this.follow();
  }

  override componentDidUpdate(): void {
    this.follow();
  }

  private follow(): void {
    const { value } = this.props;
    const element = this.element as HTMLSelectElement | null;
    if (!element) return;
    if (element.value !== value) element.value = value;
    // Options upgrade in a later microtask when they are new.
    queueMicrotask(() => {
      if (this.props.value === value && element.value !== value) element.value = value;
    });
  }

  /** Escape takes back what the arrows have moved to; the element by itself would keep it. */
  private key(event: KeyboardEvent): void {
    const element = this.element as HTMLSelectElement | null;
    if (event.key === 'Escape' && element) element.value = this.props.value;
  }

  override render({ id, label, value, choices, onChoose }: DropdownProps): VNode {
    return (
      <div class="dropdown" onKeyDownCapture={(event) => this.key(event)}>
        <label id={`${id}-label`} for={id}>
          {label}
        </label>
        <vscode-dropdown
          id={id}
          ref={(element) => {
            this.element = element;
          }}
          aria-labelledby={`${id}-label`}
          aria-label={label}
          onChange={(event) => {
            const chosen = valueOf(event);
            if (chosen !== this.props.value && choices.some((choice) => choice.value === chosen)) onChoose(chosen);
          }}
        >
          {choices.map((choice) => (
            <vscode-option key={choice.value} value={choice.value} selected={choice.value === value}>
              {choice.label}
            </vscode-option>
          ))}
        </vscode-dropdown>
      </div>
    );
  }
}

function valueOf(event: Event): string {
  return (event.currentTarget as HTMLInputElement).value;
}
