import type { VNode } from 'preact';
import { formatCount, formatRough, formatHours, formatShort } from '../../src/estimator/figures';
import { between } from '../../src/estimator/ranged';

export interface TimelineProps {
  readonly epochs: number;
  /** Hours of the whole run. */
  readonly hours: number;
  /** Its lowest and highest likely value. */
  readonly range: readonly [number, number] | null;
  readonly steps: number | null;
  readonly tokens: number | null;
  readonly energyKwh: number | null;
}

/** Epochs drawn as stretches; beyond this many they would be hairlines. */
const DRAWN_EPOCHS = 24;

/** A run from start to end, epoch by epoch, with the same as a table. */
export function Timeline({ epochs, hours, range, steps, tokens, energyKwh }: TimelineProps): VNode {
  const [low, high] = range ?? [hours, hours];
  const taken = formatRough(between(low, hours, high), formatHours);
  const said = [taken.value, taken.spelledRange].filter(Boolean).join(', ');
  const count = Math.ceil(epochs);
  const shown = Math.min(count, DRAWN_EPOCHS);
  const share = (epoch: number): number => Math.min(1, epoch / epochs);
  const rows = Array.from({ length: shown }, (_, index) => {
    const end = index === shown - 1 ? 1 : share(((index + 1) * count) / shown);
    const start = share((index * count) / shown);
    const name = shown === count ? `Epoch ${index + 1}` : `To epoch ${formatCount(((index + 1) * count) / shown)}`;
    return { name, start, end };
  });
  const part = (value: number | null, end: number, format: (value: number) => string): string =>
    value === null ? 'unknown' : format(value * end);
  return (
    <figure class="plot" aria-labelledby="timeline-title">
      <figcaption id="timeline-title">The run: {said}</figcaption>
      <svg class="bar" width="100%" height="44" role="img" aria-label={`${formatCount(count)} epochs in ${said}`}>
        {rows.map(({ name, start, end }, index) => (
          <g key={name}>
            <rect class="fill kv_cache" x={`${start * 100}%`} y="2" width={`${(end - start) * 100}%`} height="20" />
            {index % 2 === 1 ? (
              <rect fill="url(#pattern-kv_cache)" x={`${start * 100}%`} y="2" width={`${(end - start) * 100}%`} height="20" />
            ) : null}
            <line class="bar-edge" x1={`${end * 100}%`} x2={`${end * 100}%`} y1="2" y2="22" />
          </g>
        ))}
        <text x="0" y="38">
          0
        </text>
        <text x="50%" y="38" text-anchor="middle">
          {formatHours(hours / 2)}
        </text>
        <text x="100%" y="38" text-anchor="end">
          {formatHours(hours)}
        </text>
      </svg>
      <details class="data">
        <summary>Data</summary>
        <div class="scroll" tabindex={0} role="region" aria-label="Data of the run">
          <table>
            <caption>The run, cumulative</caption>
            <thead>
              <tr>
                <th scope="col">Part</th>
                <th scope="col">Time</th>
                <th scope="col">Steps</th>
                <th scope="col">Tokens</th>
                <th scope="col">Energy</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ name, end }) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td>{formatHours(hours * end)}</td>
                  <td>{part(steps, end, formatCount)}</td>
                  <td>{part(tokens, end, formatCount)}</td>
                  <td>{part(energyKwh, end, (energy) => `${formatShort(energy)} kWh`)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}
