import type { VNode } from 'preact';
import type { Mood, Verdict } from '../words';

const SIGNS: Readonly<Record<Mood, string>> = { good: '✔', unsure: '⚠', bad: '✖', unknown: '?' };

export function VerdictView({ verdict }: { readonly verdict: Verdict }): VNode {
  return (
    <div class={`verdict ${verdict.mood}`} role="status">
      <span class="sign" aria-hidden="true">
        {SIGNS[verdict.mood]}
      </span>
      <div>
        <strong>{verdict.headline}</strong>
        {verdict.detail === '' ? null : <div class="detail">{verdict.detail}</div>}
      </div>
    </div>
  );
}
