import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeCheckbox,
  vsCodeDropdown,
  vsCodeOption,
  vsCodePanels,
  vsCodePanelTab,
  vsCodePanelView,
  vsCodeProgressRing,
  vsCodeTextField,
} from '@vscode/webview-ui-toolkit';
import { Component, type ComponentChildren, type VNode } from 'preact';
import type { Choice } from '../fields/field';

/**
 * The only importer of @vscode/webview-ui-toolkit. The rest of the page knows the components below, which speak of values
 * and not of events, so that another kit can take the toolkit's place in this file alone.
 */
export function registerToolkit(): void {
  provideVSCodeDesignSystem().register(
    vsCodeButton(),
    vsCodeCheckbox(),
    vsCodeDropdown(),
    vsCodeOption(),
    vsCodePanels(),
    vsCodePanelTab(),
    vsCodePanelView(),
    vsCodeProgressRing(),
    vsCodeTextField(),
  );
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

  override render({ id, label, value, choices, onChoose }: DropdownProps): VNode {
    return (
      <div class="dropdown">
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

export interface Tab {
  readonly id: string;
  readonly title: string;
  /** Rendered only while the tab is shown. */
  readonly view: () => VNode;
}

export interface TabsProps {
  readonly label: string;
  readonly tabs: readonly Tab[];
  readonly active: string;
  readonly onShow: (id: string) => void;
}

export function Tabs({ label, tabs, active, onShow }: TabsProps): VNode {
  return (
    <vscode-panels
      activeid={`tab-${active}`}
      aria-label={label}
      onChange={(event) => {
        const element = event.currentTarget as HTMLElement;
        if (event.target !== element) return;
        // The attribute follows the property only in a later task.
        const shown = ('activeid' in element ? String(element.activeid) : '').replace(/^tab-/, '');
        if (shown !== active && tabs.some((tab) => tab.id === shown)) onShow(shown);
      }}
    >
      {tabs.map((tab) => (
        <vscode-panel-tab key={`tab-${tab.id}`} id={`tab-${tab.id}`}>
          {tab.title}
        </vscode-panel-tab>
      ))}
      {tabs.map((tab) => (
        <vscode-panel-view key={`view-${tab.id}`} id={`view-${tab.id}`}>
          {tab.id === active ? tab.view() : null}
        </vscode-panel-view>
      ))}
    </vscode-panels>
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

function valueOf(event: Event): string {
  return (event.currentTarget as HTMLInputElement).value;
}
