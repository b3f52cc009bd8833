import type { VNode } from 'preact';
import type { MemoryBar } from '../../src/analysis/plan';
import { Swatch } from '../plots/plot';
import { gib, SEGMENT_NAMES, short, spread } from '../words';

/** One GPU's memory as a stacked bar with the budget as a tick, and the same as a list. */
export function MemoryBarView({ bar }: { readonly bar: MemoryBar }): VNode {
  const used = bar.segments.reduce((sum, { bytes }) => sum + bytes.value, 0);
  const capacity = bar.capacity ?? used;
  const scale = Math.max(capacity, used, 1);
  const percent = (bytes: number): number => (bytes / scale) * 100;
  let start = 0;
  const stretches = bar.segments.map(({ id, bytes }) => {
    const from = start;
    start += bytes.value;
    return { id, bytes, from };
  });
  const said = bar.segments.map(({ id, bytes }) => `${SEGMENT_NAMES[id]} ${gib(bytes.value)}`).join(', ');
  const total = bar.capacity === null ? gib(used) : `${short(used / 2 ** 30)} of ${gib(bar.capacity)}`;
  return (
    <div class="memory">
      <svg class="bar" width="100%" height="30" role="img" aria-label={`Memory of each GPU: ${total}. ${said}.`}>
        <rect class="bar-empty" x="0" y="6" width={`${percent(capacity)}%`} height="18" />
        {stretches.map(({ id, bytes, from }) => (
          <g key={id}>
            <rect class={`fill ${id}`} x={`${percent(from)}%`} y="6" width={`${percent(bytes.value)}%`} height="18" />
            <rect fill={`url(#pattern-${id})`} x={`${percent(from)}%`} y="6" width={`${percent(bytes.value)}%`} height="18" />
            <line class="bar-edge" x1={`${percent(from + bytes.value)}%`} x2={`${percent(from + bytes.value)}%`} y1="6" y2="24" />
          </g>
        ))}
        {bar.budget === null ? null : (
          <line class="bar-budget" x1={`${percent(bar.budget)}%`} x2={`${percent(bar.budget)}%`} y1="0" y2="30" />
        )}
        {bar.capacity !== null && used > bar.capacity ? (
          <line class="bar-capacity" x1={`${percent(bar.capacity)}%`} x2={`${percent(bar.capacity)}%`} y1="0" y2="30" />
        ) : null}
      </svg>
      <p class="bar-total">
        <strong>{total}</strong>
        {bar.budget === null ? null : <span class="quiet"> · budget {gib(bar.budget)}</span>}
        {bar.over > 0 ? <span class="bad"> · {gib(bar.over)} too much</span> : null}
      </p>
      <ul class="legend" aria-label="Parts of the memory">
        {bar.segments.map(({ id, bytes }) => (
          <li key={id} title={[spread(bytes), bytes.reason].filter(Boolean).join(', ')}>
            <Swatch look={id} />
            {SEGMENT_NAMES[id]} {short(bytes.value / 2 ** 30)}
          </li>
        ))}
        {capacity > used ? (
          <li>
            <Swatch look="free" />
            {SEGMENT_NAMES.free} {short((capacity - used) / 2 ** 30)}
          </li>
        ) : null}
      </ul>
    </div>
  );
}
