/** A part of the page that is loaded when it is first looked at. */
export class Lazy<T> {
  private loaded: T | null = null;
  private started = false;

  constructor(
    private readonly load: () => Promise<T>,
    private readonly onLoad: () => void,
  ) {}

  /** The part, or null while it is on its way. */
  get value(): T | null {
    if (!this.started) {
      this.started = true;
      this.load().then(
        (part) => {
          this.loaded = part;
          this.onLoad();
        },
        // The next look tries again.
        () => {
          this.started = false;
        },
      );
    }
    return this.loaded;
  }
}
