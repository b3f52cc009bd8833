import type { VNode } from 'preact';
import type { Ranged } from '../../src/estimator/ranged';
import { spread } from '../words';

/** One number that people ask for, with its range and, on hover or focus, the reason of the range. */
export interface Figure {
  readonly name: string;
  /** null when it is not known: shown as such. */
  readonly figure: Ranged | null;
  readonly format: (value: number) => string;
  /** Why it is not known, or what it means. */
  readonly note?: string;
}

export function Figures({ figures }: { readonly figures: readonly Figure[] }): VNode {
  return (
    <dl class="figures">
      {figures.map(({ name, figure, format, note }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {figure === null ? (
              <WithReason text="unknown" reason={note ?? ''} quiet />
            ) : (
              <RangedValue figure={figure} format={format} note={note ?? ''} />
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function RangedValue({
  figure,
  format,
  note,
}: {
  readonly figure: Ranged;
  readonly format: (value: number) => string;
  readonly note: string;
}): VNode {
  const width = spread(figure);
  const range = width === '' ? '' : `${format(figure.low)} to ${format(figure.high)}`;
  const reason = [range, figure.reason, note].filter(Boolean).join('; ');
  return (
    <WithReason text={format(figure.value)} reason={reason} quiet={false}>
      {width === '' ? null : <span class="quiet"> {width}</span>}
    </WithReason>
  );
}

interface WithReasonProps {
  readonly text: string;
  readonly reason: string;
  readonly quiet: boolean;
  readonly children?: VNode | null;
}

/** Text whose explanation shows on hover and on focus, and is read out after it. */
export function WithReason({ text, reason, quiet, children }: WithReasonProps): VNode {
  if (reason === '') {
    return (
      <span class={quiet ? 'quiet' : ''}>
        {text}
        {children}
      </span>
    );
  }
  return (
    <button type="button" class={quiet ? 'reason quiet' : 'reason'} aria-label={`${text}: ${reason}`}>
      {text}
      {children}
      <span class="tip" aria-hidden="true">
        {reason}
      </span>
    </button>
  );
}
