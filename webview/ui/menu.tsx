import { Component, type VNode } from 'preact';
import { Button } from './toolkit';

export interface MenuItem {
  readonly label: string;
  readonly onPick: () => void;
}

export interface MenuProps {
  readonly id: string;
  readonly label: string;
  readonly items: readonly MenuItem[];
}

/** A button that opens a short list of actions, after the ARIA pattern "menu button". The toolkit has none. */
export class Menu extends Component<MenuProps, { readonly open: boolean }> {
  override state = { open: false };
  private root: HTMLElement | null = null;

  override render({ id, label, items }: MenuProps, { open }: { readonly open: boolean }): VNode {
    return (
      <span
        class="menu"
        ref={(element) => {
          this.root = element;
        }}
        onKeyDown={(event) => this.key(event)}
        onFocusOut={(event) => {
          if (!(event.relatedTarget instanceof Node && this.root?.contains(event.relatedTarget))) this.setState({ open: false });
        }}
      >
        <Button id={id} popup={open} onPress={() => (open ? this.close() : this.open())}>
          {label} <span aria-hidden="true">▾</span>
        </Button>
        <ul id={`${id}-menu`} role="menu" aria-label={label} hidden={!open}>
          {items.map((item) => (
            <li key={item.label} role="none">
              <button type="button" role="menuitem" tabindex={-1} onClick={() => this.pick(item)}>
                {item.label}
              </button>
            </li>
          ))}
        </ul>
      </span>
    );
  }

  private open(): void {
    this.setState({ open: true }, () => {
      const list = this.root?.querySelector<HTMLElement>('[role=menu]');
      if (list) keepInside(list);
      this.entries()[0]?.focus();
    });
  }

  private close(): void {
    this.setState({ open: false });
    this.root?.querySelector<HTMLElement>('vscode-button')?.focus();
  }

  private pick(item: MenuItem): void {
    this.close();
    item.onPick();
  }

  private entries(): readonly HTMLElement[] {
    return [...(this.root?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])];
  }

  private key(event: KeyboardEvent): void {
    const entries = this.entries();
    const at = entries.findIndex((entry) => entry === document.activeElement);
    const { open } = this.state;
    if (!open) {
      if (event.key !== 'ArrowDown') return;
      event.preventDefault();
      this.open();
      return;
    }
    if (event.key === 'Escape') {
      event.preventDefault();
      this.close();
      return;
    }
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: entries.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    entries[(to + entries.length) % entries.length]?.focus();
  }
}

/** Moves a list to the left by what the page would cut off on its right. */
function keepInside(list: HTMLElement): void {
  list.style.marginInlineStart = '0';
  const beyond = list.getBoundingClientRect().right - document.body.getBoundingClientRect().right;
  if (beyond > 0) list.style.marginInlineStart = `${-Math.ceil(beyond)}px`;
}
