/** Longest slice of work between two turns of the event loop, milliseconds: half a frame at 60 frames a second. */
const SLICE_MS = 8;

/**
 * Work in steps that several ask for and that is done once: in slices, with everything else getting its turn between them, or at
 * once from wherever it stands.
 */
export class Reading<T> {
  /** What it took so far, milliseconds, without the turns of others. */
  tookMs = 0;
  private outcome: { readonly value: T } | { readonly error: unknown } | undefined;
  private running: Promise<T | undefined> | undefined;
  private abandoned = false;

  constructor(private readonly steps: Generator<void, T>) {}

  /** The rest of the work without a pause. Throws what the work throws. */
  now(): T {
    this.advance(Infinity);
    return this.result();
  }

  /** The work in slices, the first of them at once; undefined when it was abandoned before its end. */
  inSlices(): Promise<T | undefined> {
    this.running ??= this.run();
    return this.running;
  }

  /** Whether all is done. */
  get isDone(): boolean {
    return this.outcome !== undefined;
  }

  /** No more slices are done: nobody wants this any more. */
  abandon(): void {
    this.abandoned = true;
  }

  private async run(): Promise<T | undefined> {
    for (;;) {
      if (this.abandoned) return undefined;
      if (this.advance(SLICE_MS)) return this.result();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Works for so long; true at the end. */
  private advance(milliseconds: number): boolean {
    const began = performance.now();
    while (this.outcome === undefined) {
      try {
        const step = this.steps.next();
        if (step.done === true) this.outcome = { value: step.value };
      } catch (error) {
        this.outcome = { error };
      }
      if (performance.now() - began >= milliseconds) break;
    }
    this.tookMs += performance.now() - began;
    return this.outcome !== undefined;
  }

  private result(): T {
    if (this.outcome === undefined) throw new Error('The work has not ended.');
    if ('error' in this.outcome) throw this.outcome.error;
    return this.outcome.value;
  }
}
