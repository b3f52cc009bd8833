import type { VNode } from 'preact';

export interface SliderProps {
  readonly id: string;
  readonly label: string;
  readonly value: number;
  /** Values the slider stops at, ascending. */
  readonly stops: readonly number[];
  readonly format: (value: number) => string;
  readonly onSlide: (value: number) => void;
}

/** A range input over uneven stops; the toolkit has none. A value between two stops stands at the nearer one. */
export function Slider({ id, label, value, stops, format, onSlide }: SliderProps): VNode {
  const position = stops.reduce((best, stop, index) => (Math.abs(stop - value) < Math.abs((stops[best] ?? 0) - value) ? index : best), 0);
  return (
    <input
      id={id}
      class="slider"
      type="range"
      min={0}
      max={stops.length - 1}
      step={1}
      value={position}
      aria-label={label}
      aria-valuetext={format(value)}
      onInput={(event) => onSlide(stops[Number(event.currentTarget.value)] ?? value)}
    />
  );
}
