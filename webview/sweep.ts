/** How long one slice may keep the page busy, ms: half a frame at 60 Hz leaves room for drawing. */
const SLICE_MS = 8;

/**
 * Long work in slices between frames. Starting it with another subject drops what was under way, so a slider never waits for
 * the answer to a question that nobody asks any more.
 */
export class Sweep<S, R> {
  private subject: S | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private found: readonly R[] = [];
  private finished = true;

  /**
   * @param steps the work as a generator that yields after each piece
   * @param onProgress called after each slice
   */
  constructor(
    private readonly steps: (subject: S) => Iterator<R | null>,
    private readonly onProgress: () => void,
  ) {}

  get results(): readonly R[] {
    return this.found;
  }

  get done(): boolean {
    return this.finished;
  }

  /** Begins anew unless `subject` is what is being worked on. */
  start(subject: S): void {
    if (subject === this.subject) return;
    clearTimeout(this.timer);
    this.subject = subject;
    this.finished = false;
    const results: R[] = [];
    const iterator = this.steps(subject);
    const slice = (): void => {
      const end = performance.now() + SLICE_MS;
      do {
        const step = iterator.next();
        if (step.done) {
          this.finished = true;
          break;
        }
        if (step.value !== null) results.push(step.value);
      } while (performance.now() < end);
      this.found = [...results];
      this.onProgress();
      if (!this.finished) this.timer = setTimeout(slice);
    };
    this.timer = setTimeout(slice);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.subject = null;
    this.finished = true;
  }
}
