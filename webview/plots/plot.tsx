import { Component, type VNode } from 'preact';
import { formatCount } from '../../src/estimator/figures';
import { brokenScale, linearScale, logScale, nearestIndex, type Scale } from './scale';
import { Swatch } from './swatch';

/** One line, or one layer of a stack. */
export interface Series {
  readonly name: string;
  /** Class that gives colour and pattern (`kv_cache`, `weights` …). */
  readonly look: string;
  readonly values: readonly number[];
}

export interface PlotProps {
  readonly id: string;
  readonly title: string;
  readonly xName: string;
  /** What is counted along the axis, where its name does not say it. */
  readonly xUnit: string;
  readonly yName: string;
  readonly yUnit: string;
  readonly xs: readonly number[];
  readonly xAxis: 'linear' | 'log';
  readonly series: readonly Series[];
  /** Layers are drawn upon each other instead of as lines. */
  readonly stacked: boolean;
  /** A level that must not be passed. */
  readonly limit: { readonly y: number; readonly label: string } | null;
  /** Where the limit is passed. */
  readonly breakAt: { readonly x: number; readonly label: string } | null;
  /** Where the form stands now. */
  readonly here: number | null;
  /** Labels of the axes' ticks. */
  readonly formatX: (x: number) => string;
  readonly formatY: (y: number) => string;
  /** A value in full, where it is read: without its unit. */
  readonly format: (y: number) => string;
}

interface PlotState {
  readonly width: number;
  /** The table was unfolded; its many cells are made only then. */
  readonly opened: boolean;
  readonly reading: number | null;
}

const HEIGHT = 220;
const MARGIN = { left: 52, right: 12, top: 12, bottom: 40 };
/** Room that one tick label needs, px. */
const TICK_WIDTH = 64;
const FIRST_WIDTH = 320;

/** A plot in the editor's colours that can be read by pointer, by arrow keys and as a table. */
export class Plot extends Component<PlotProps, PlotState> {
  override state: PlotState = { width: FIRST_WIDTH, opened: false, reading: null };
  private frame: HTMLElement | null = null;
  private observer: ResizeObserver | null = null;

  override componentDidMount(): void {
    this.observer = new ResizeObserver((entries) => {
      const width = Math.floor(entries[0]?.contentRect.width ?? 0);
      if (width > 0 && width !== this.state.width) this.setState({ width });
    });
    if (this.frame) this.observer.observe(this.frame);
  }

  override componentWillUnmount(): void {
    this.observer?.disconnect();
  }

  override render(): VNode {
    const { id, title, series } = this.props;
    return (
      <figure class="plot" aria-labelledby={`${id}-title`}>
        <figcaption id={`${id}-title`}>{title}</figcaption>
        <ul class="legend" aria-hidden="true">
          {series.map((one) => (
            <li key={one.name}>
              <Swatch look={one.look} />
              {one.name}
            </li>
          ))}
        </ul>
        <div
          ref={(element) => {
            this.frame = element;
          }}
        >
          {this.drawing()}
        </div>
        <p class="reading" id={`${id}-reading`} aria-live={this.state.reading === null ? 'off' : 'polite'}>
          {this.reading()}
        </p>
        {this.table()}
      </figure>
    );
  }

  private drawing(): VNode {
    const { id, title, xs, xAxis, series, stacked, limit, breakAt, here, yUnit, formatX, formatY } = this.props;
    const { width, reading } = this.state;
    const right = width - MARGIN.right;
    const bottom = HEIGHT - MARGIN.bottom;
    const first = xs[0] ?? 0;
    const last = xs[xs.length - 1] ?? 1;
    const tickCount = Math.max(2, Math.floor((right - MARGIN.left) / TICK_WIDTH));
    const x =
      xAxis === 'log'
        ? logScale(Math.max(first, 1), last, MARGIN.left, right, tickCount)
        : linearScale(last, MARGIN.left, right, tickCount);
    const tops = xs.map((_, index) =>
      stacked
        ? series.reduce((sum, one) => sum + (one.values[index] ?? 0), 0)
        : Math.max(0, ...series.map((one) => one.values[index] ?? 0)),
    );
    // What dwarfs the limit would hide it, so twice the limit gets most of the axis.
    const most = Math.max(0, ...tops, limit?.y ?? 0);
    const y = brokenScale(most, limit ? limit.y * 2 : most, bottom, MARGIN.top, 4);
    const compressed = y.brokenAt === null ? '' : ` Above ${formatY(y.brokenAt)} ${yUnit} the axis is compressed.`;
    const clip = `${id}-clip`;
    return (
      <svg
        width={width}
        height={HEIGHT}
        viewBox={`0 0 ${width} ${HEIGHT}`}
        role="img"
        tabindex={0}
        aria-label={`${title}. Left and right arrows read the values; the same numbers are in the table below.${compressed}`}
        onPointerMove={(event) => this.point(event, x, xs)}
        onPointerLeave={() => this.setState({ reading: null })}
        onKeyDown={(event) => this.step(event, xs.length)}
      >
        <clipPath id={clip}>
          <rect x={MARGIN.left} y={MARGIN.top} width={Math.max(0, right - MARGIN.left)} height={bottom - MARGIN.top} />
        </clipPath>
        {y.ticks.map((tick) => (
          <g key={`y${tick}`} class="tick">
            <line x1={MARGIN.left} x2={right} y1={y.toPixel(tick)} y2={y.toPixel(tick)} />
            <text x={MARGIN.left - 6} y={y.toPixel(tick)} text-anchor="end" dominant-baseline="middle">
              {formatY(tick)}
            </text>
          </g>
        ))}
        {x.ticks.map((tick) => (
          <text key={`x${tick}`} class="tick" x={x.toPixel(tick)} y={bottom + 15} text-anchor="middle">
            {formatX(tick)}
          </text>
        ))}
        <text class="axis" x={(MARGIN.left + right) / 2} y={HEIGHT - 6} text-anchor="middle">
          {this.xTitle()}
        </text>
        <text
          class="axis"
          x={12}
          y={(MARGIN.top + bottom) / 2}
          text-anchor="middle"
          transform={`rotate(-90 12 ${(MARGIN.top + bottom) / 2})`}
        >
          {this.yTitle()}
        </text>
        <g clip-path={`url(#${clip})`}>
          {stacked ? layers(xs, series, x, y) : lines(xs, series, x, y)}
          {here !== null && here >= first && here <= last ? (
            <Upright look="here" x={x.toPixel(here)} top={MARGIN.top} bottom={bottom} />
          ) : null}
          {reading !== null && xs[reading] !== undefined ? (
            <Upright look="crosshair" x={x.toPixel(xs[reading])} top={MARGIN.top} bottom={bottom} />
          ) : null}
        </g>
        {y.brokenAt === null ? null : <Break y={y.toPixel(y.brokenAt) - BREAK_RISE} left={MARGIN.left - 4} right={right} />}
        {limit ? (
          <g class="limit">
            {['halo', 'mark'].map((look) => (
              <line key={look} class={look} x1={MARGIN.left} x2={right} y1={y.toPixel(limit.y)} y2={y.toPixel(limit.y)} />
            ))}
            <text x={MARGIN.left + 4} y={Math.max(MARGIN.top + 8, y.toPixel(limit.y) - 5)}>
              {limit.label}
            </text>
          </g>
        ) : null}
        {limit && breakAt && breakAt.x >= first && breakAt.x <= last ? (
          <g class="break">
            {['halo', 'mark'].map((look) => (
              <path key={look} class={look} d={cross(x.toPixel(breakAt.x), y.toPixel(limit.y), 5)} />
            ))}
            <text
              x={x.toPixel(breakAt.x)}
              y={y.toPixel(limit.y) + 18}
              text-anchor={x.toPixel(breakAt.x) > (MARGIN.left + right) / 2 ? 'end' : 'start'}
            >
              {breakAt.label}
            </text>
          </g>
        ) : null}
      </svg>
    );
  }

  private point(event: PointerEvent, x: Scale, xs: readonly number[]): void {
    const box = (event.currentTarget as SVGElement).getBoundingClientRect();
    const reading = nearestIndex(xs, x.toPixel, event.clientX - box.left);
    if (reading !== this.state.reading) this.setState({ reading });
  }

  private step(event: KeyboardEvent, count: number): void {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (by === 0) return;
    event.preventDefault();
    const from = this.state.reading ?? (by > 0 ? -1 : count);
    this.setState({ reading: Math.min(count - 1, Math.max(0, from + by)) });
  }

  private xTitle(): string {
    const { xName, xUnit } = this.props;
    return xUnit === '' ? xName : `${xName}, ${xUnit}`;
  }

  private yTitle(): string {
    const { yName, yUnit } = this.props;
    return yName === '' ? yUnit : `${yUnit} ${yName}`;
  }

  /** What is read at each place: the series, and of a stack its height. */
  private columns(): readonly Pick<Series, 'name' | 'values'>[] {
    const { series, stacked, xs } = this.props;
    const sums = xs.map((_, index) => series.reduce((sum, one) => sum + (one.values[index] ?? 0), 0));
    return stacked && series.length > 1 ? [...series, { name: 'together', values: sums }] : series;
  }

  private reading(): string {
    const { xs, xName, xUnit, yUnit, format, limit, breakAt } = this.props;
    const at = this.state.reading;
    const x = at === null ? undefined : xs[at];
    if (at === null || x === undefined) return breakAt && limit ? `${breakAt.label}.` : '';
    const read = this.columns().map(({ name, values }) => `${name} ${format(values[at] ?? 0)}`);
    return `${xName} ${formatCount(x)}${xUnit === '' ? '' : ` ${xUnit}`}: ${read.join(', ')} ${yUnit}`;
  }

  private table(): VNode {
    const { title, xs, format } = this.props;
    const columns = this.columns();
    return (
      <details class="data" onToggle={(event) => this.setState({ opened: event.currentTarget.open })}>
        <summary>Data</summary>
        {this.state.opened ? (
          <div class="scroll" tabindex={0} role="region" aria-label={`Data of ${title}`}>
            <table>
              <caption>
                {title} ({this.yTitle()})
              </caption>
              <thead>
                <tr>
                  <th scope="col">{this.xTitle()}</th>
                  {columns.map((one) => (
                    <th key={one.name} scope="col">
                      {one.name}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {xs.map((value, index) => (
                  <tr key={value}>
                    <th scope="row">{formatCount(value)}</th>
                    {columns.map((one) => (
                      <td key={one.name}>{format(one.values[index] ?? 0)}</td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        ) : null}
      </details>
    );
  }
}

/** A line from top to bottom, set off from the layers behind it. */
function Upright({
  look,
  x,
  top,
  bottom,
}: {
  readonly look: string;
  readonly x: number;
  readonly top: number;
  readonly bottom: number;
}): VNode {
  return (
    <g>
      <line class="halo" x1={x} x2={x} y1={top} y2={bottom} />
      <line class={look} x1={x} x2={x} y1={top} y2={bottom} />
    </g>
  );
}

/** How far above the last full-size tick the break lies, px, and its teeth. */
const BREAK_RISE = 10;
const TOOTH = 5;

/** Where an axis is broken: a torn strip across the plot. */
function Break({ y, left, right }: { readonly y: number; readonly left: number; readonly right: number }): VNode {
  const teeth = Array.from(
    { length: Math.ceil((right - left) / TOOTH) + 1 },
    (_, index) => `${Math.min(right, left + index * TOOTH)},${index % 2 === 0 ? y - 2 : y + 2}`,
  );
  return (
    <g class="gap">
      <polyline class="edge" points={teeth.join(' ')} />
      <polyline class="hole" points={teeth.join(' ')} />
    </g>
  );
}

function lines(xs: readonly number[], series: readonly Series[], x: Scale, y: Scale): VNode[] {
  return series.map((one) => (
    <polyline
      key={one.name}
      class={`line ${one.look}`}
      points={xs.map((value, index) => `${x.toPixel(value)},${y.toPixel(one.values[index] ?? 0)}`).join(' ')}
    />
  ));
}

function layers(xs: readonly number[], series: readonly Series[], x: Scale, y: Scale): VNode[] {
  const below = xs.map(() => 0);
  return series.flatMap((one) => {
    const lower = xs.map((value, index) => `${x.toPixel(value)},${y.toPixel(below[index] ?? 0)}`);
    one.values.forEach((value, index) => {
      below[index] = (below[index] ?? 0) + value;
    });
    const upper = xs.map((value, index) => `${x.toPixel(value)},${y.toPixel(below[index] ?? 0)}`);
    const points = [...lower, ...upper.reverse()].join(' ');
    return [
      <polygon key={one.name} class={`fill ${one.look}`} points={points} />,
      <polygon key={`${one.name} pattern`} fill={`url(#pattern-${one.look})`} points={points} />,
    ];
  });
}

function cross(x: number, y: number, arm: number): string {
  return `M${x - arm} ${y - arm}L${x + arm} ${y + arm}M${x - arm} ${y + arm}L${x + arm} ${y - arm}`;
}
