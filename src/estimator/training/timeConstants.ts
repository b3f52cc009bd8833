import type { KernelClass } from './frameworks';

/** The figures of the time model that are measured rather than derived. */
export interface TimeConstants {
  /** Share of the dense peak that large matrix products reach, all kernels of a layer included. */
  readonly efficiency: Readonly<Record<KernelClass, number>>;
  /** Seconds that launching one layer's kernels takes per pass. */
  readonly secondsPerLayer: Readonly<Record<KernelClass, number>>;
  /** Share of the compute time that can hide communication. */
  readonly overlap: number;
  /** GB/s per GPU between machines. */
  readonly networkGbS: number;
  /** GB/s per direction where nothing is known of the link. */
  readonly unknownLinkGbS: number;
  /** Range of the step time, as a factor either way. */
  readonly spread: number;
}

export const TIME_CONSTANTS: TimeConstants = {
  efficiency: { eager: 0.5, compiled: 0.6, fused: 0.55 },
  secondsPerLayer: { eager: 1e-3, compiled: 4e-4, fused: 6e-4 },
  overlap: 0.7,
  networkGbS: 40,
  unknownLinkGbS: 20,
  spread: 1.8,
};
