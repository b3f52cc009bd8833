import { Component, type VNode } from 'preact';

export interface ComboOption {
  readonly value: string;
  readonly label: string;
  /** Beside the label, quieter. */
  readonly detail: string;
}

export interface ComboboxProps {
  readonly id: string;
  readonly label: string;
  /** What is chosen now. */
  readonly value: string;
  readonly placeholder: string;
  readonly options: readonly ComboOption[];
  /** Something is still being looked up. */
  readonly busy: boolean;
  /** Called with what is typed; the owner narrows `options`. */
  readonly onQuery: (query: string) => void;
  readonly onChoose: (value: string) => void;
}

interface ComboboxState {
  /** What is typed while choosing; null when the list is closed. */
  readonly typed: string | null;
  readonly active: number;
}

/** More than this nobody scrolls through; typing narrows the list. */
const MAX_OPTIONS = 60;

/** A search box over a long list, after the ARIA pattern "editable combobox with list autocomplete". The toolkit has none. */
export class Combobox extends Component<ComboboxProps, ComboboxState> {
  override state: ComboboxState = { typed: null, active: 0 };
  private list: HTMLElement | null = null;

  override componentDidUpdate(): void {
    this.list?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
  }

  override render({ id, label, value, placeholder, options, busy }: ComboboxProps, { typed, active }: ComboboxState): VNode {
    const open = typed !== null;
    const shown = options.slice(0, MAX_OPTIONS);
    return (
      <div class="combobox">
        <label for={id}>{label}</label>
        <input
          id={id}
          type="text"
          role="combobox"
          autocomplete="off"
          spellcheck={false}
          aria-autocomplete="list"
          aria-expanded={open}
          aria-controls={`${id}-list`}
          aria-activedescendant={open && shown[active] ? `${id}-${active}` : ''}
          aria-busy={busy}
          placeholder={placeholder}
          value={typed ?? value}
          onFocus={(event) => event.currentTarget.select()}
          onInput={(event) => this.type(event.currentTarget.value)}
          onClick={() => typed ?? this.type('')}
          onKeyDown={(event) => this.key(event, shown)}
          onBlur={() => this.close()}
        />
        <ul
          id={`${id}-list`}
          role="listbox"
          aria-label={label}
          hidden={!open}
          ref={(element) => {
            this.list = element;
          }}
        >
          {open
            ? shown.map((option, index) => (
                <li
                  key={option.value}
                  id={`${id}-${index}`}
                  role="option"
                  aria-selected={index === active}
                  // Before the blur of the input closes the list.
                  onPointerDown={(event) => {
                    event.preventDefault();
                    this.choose(option);
                  }}
                >
                  <span>{option.label}</span> <span class="quiet">{option.detail}</span>
                </li>
              ))
            : null}
        </ul>
        {open && shown.length === 0 ? (
          <p class="quiet" role="status">
            {busy ? 'Searching …' : 'Nothing found.'}
          </p>
        ) : null}
        {open && options.length > MAX_OPTIONS ? <p class="quiet">{options.length - MAX_OPTIONS} more; type to narrow.</p> : null}
      </div>
    );
  }

  private type(typed: string): void {
    this.setState({ typed, active: 0 });
    this.props.onQuery(typed);
  }

  private close(): void {
    this.setState({ typed: null, active: 0 });
  }

  private choose(option: ComboOption): void {
    this.close();
    this.props.onChoose(option.value);
  }

  private key(event: KeyboardEvent, shown: readonly ComboOption[]): void {
    const { typed, active } = this.state;
    switch (event.key) {
      case 'ArrowDown':
      case 'ArrowUp': {
        event.preventDefault();
        if (typed === null) return this.type('');
        const by = event.key === 'ArrowDown' ? 1 : -1;
        this.setState({ active: Math.max(0, Math.min(shown.length - 1, active + by)) });
        return;
      }
      case 'Enter': {
        const option = shown[active];
        if (typed !== null && option) {
          event.preventDefault();
          this.choose(option);
        }
        return;
      }
      case 'Escape':
        this.close();
    }
  }
}
