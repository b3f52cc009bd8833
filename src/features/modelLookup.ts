import type { ModelAnswer } from '../models/source';

/** Answers kept; a window rarely shows more models than this. */
const MAX_ANSWERS = 200;

interface Lookup {
  readonly abort: AbortController;
  readonly done: Promise<void>;
  answer: ModelAnswer | undefined;
}

/**
 * Model facts by request: asked for once, remembered, and available at once from then on, so that a key press that changes
 * something else waits for nothing. `onArrival` is called when an answer came in that somebody had to wait for.
 */
export class ModelLookup<Request> {
  private readonly lookups = new Map<string, Lookup>();

  constructor(
    private readonly resolve: (request: Request, signal: AbortSignal) => Promise<ModelAnswer>,
    private readonly keyOf: (request: Request) => string,
    private readonly onArrival: () => void,
  ) {}

  /** What is known now: undefined while the answer is on its way. */
  peek(request: Request): ModelAnswer | undefined {
    return this.lookupFor(request).answer;
  }

  /** Settles when the answer has come. Never fails: a problem is an answer as well. */
  settled(request: Request): Promise<void> {
    return this.lookupFor(request).done;
  }

  /** Puts an answer in place of whatever was known. */
  put(request: Request, answer: ModelAnswer): void {
    const key = this.keyOf(request);
    this.lookups.get(key)?.abort.abort();
    this.remember(key, { abort: new AbortController(), done: Promise.resolve(), answer });
    this.onArrival();
  }

  /** Forgets everything: files, settings or tokens changed. */
  clear(): void {
    for (const { abort } of this.lookups.values()) abort.abort();
    this.lookups.clear();
  }

  private lookupFor(request: Request): Lookup {
    const key = this.keyOf(request);
    const known = this.lookups.get(key);
    if (known !== undefined) return known;
    const abort = new AbortController();
    const done = this.resolve(request, abort.signal)
      .catch((error: unknown): ModelAnswer => ({ problem: { message: error instanceof Error ? error.message : String(error) } }))
      .then((answer) => {
        if (abort.signal.aborted) return;
        lookup.answer = answer;
        this.onArrival();
      });
    const lookup: Lookup = { abort, done, answer: undefined };
    this.remember(key, lookup);
    return lookup;
  }

  private remember(key: string, lookup: Lookup): void {
    this.lookups.delete(key);
    this.lookups.set(key, lookup);
    for (const oldest of [...this.lookups.keys()].slice(0, Math.max(0, this.lookups.size - MAX_ANSWERS))) {
      this.lookups.get(oldest)?.abort.abort();
      this.lookups.delete(oldest);
    }
  }
}
