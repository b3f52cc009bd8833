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
      {figures.map(({ name, figure, format, note = '' }, index) => {
        const width = figure ? spread(figure) : '';
        const range = figure && width !== '' ? `${format(figure.low)} to ${format(figure.high)}` : '';
        const reason = [range, figure?.reason, note].filter(Boolean).join('; ');
        return (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <WithReason id={`figure-${index}`} text={figure ? format(figure.value) : 'unknown'} range={width} reason={reason} />
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

interface WithReasonProps {
  readonly id: string;
  readonly text: string;
  readonly range: string;
  readonly reason: string;
}

/** A figure whose explanation shows on hover and on focus, and is read out after it. */
function WithReason({ id, text, range, reason }: WithReasonProps): VNode {
  const shown = (
    <>
      {text}
      {range === '' ? null : <span class="quiet"> {range}</span>}
    </>
  );
  if (reason === '') return <span>{shown}</span>;
  return (
    <span class="explained">
      <button type="button" class="reason" aria-describedby={id}>
        {shown}
      </button>
      <span id={id} class="tip" role="tooltip">
        {reason}
      </span>
    </span>
  );
}
