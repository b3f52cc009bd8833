import { Component, type VNode } from 'preact';
import { formatFigure, formatRough, type FigureWords } from '../../src/estimator/figures';
import type { Ranged } from '../../src/estimator/ranged';

/** One number that people ask for, with its range and, on hover or focus, the reason of the range. */
export interface Figure {
  readonly name: string;
  /** null when it is not known: shown as such. */
  readonly figure: Ranged | null;
  readonly format: (value: number) => string;
  /** Nothing prints it exactly: of a wide range, digits that say nothing are left out. */
  readonly rough?: boolean;
  /** Why it is not known, or what it means. */
  readonly note?: string;
}

export function Figures({ figures }: { readonly figures: readonly Figure[] }): VNode {
  return (
    <dl class="figures">
      {figures.map((figure, index) => (
        <div key={figure.name}>
          <dt>{figure.name}</dt>
          <dd>
            <Explained id={`figure-${index}`} {...figure} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** What the figure comes to, and its range. */
export function wordsOf(figure: Ranged, { format, rough = false }: Pick<Figure, 'format' | 'rough'>): FigureWords {
  return (rough ? formatRough : formatFigure)(figure, format);
}

/** A figure, its range below it where it is wide, and an explanation that shows on hover and on focus and is read out after it. */
function Explained({ id, figure, note = '', ...how }: Figure & { readonly id: string }): VNode {
  if (!figure) return note === '' ? <span>unknown</span> : <WithReason id={id} text="unknown" range="" reason={note} />;
  const { value, range, spelledRange } = wordsOf(figure, how);
  const between = spelledRange === '' ? '' : `Between ${spelledRange.replace(' to ', ' and ')}`;
  const why = [between, figure.reason].filter(Boolean).join(': ');
  const reason = [note, why].filter(Boolean).join('. ');
  return reason === '' ? <span>{value}</span> : <WithReason id={id} text={value} range={range} reason={reason} />;
}

interface WithReasonProps {
  readonly id: string;
  readonly text: string;
  readonly range: string;
  readonly reason: string;
}

/** A value whose reason shows while it has the pointer or the focus; Escape puts the reason away until then anew. */
class WithReason extends Component<WithReasonProps, { readonly away: boolean }> {
  override state = { away: false };

  override render({ id, text, range, reason }: WithReasonProps, { away }: { readonly away: boolean }): VNode {
    return (
      <span class="explained">
        <button
          type="button"
          class="reason"
          aria-describedby={id}
          onKeyDown={({ key }) => {
            if (key === 'Escape') this.setState({ away: true });
          }}
          onBlur={() => this.setState({ away: false })}
          onPointerEnter={() => this.setState({ away: false })}
        >
          <span class="value">{text}</span>
          {range === '' ? null : <span class="range"> {range}</span>}
        </button>
        <span id={id} class={away ? 'tip away' : 'tip'} role="tooltip">
          {reason}
        </span>
      </span>
    );
  }
}
