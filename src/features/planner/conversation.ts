import {
  parseParams,
  parseToHost,
  PROTOCOL_VERSION,
  type DeploymentLink,
  type Followed,
  type Method,
  type PageCommand,
  type Params,
  type Result,
  type SavedScenario,
  type Snapshot,
  type ToHost,
  type ToPage,
} from '../../protocol/messages';

/** Where a page is shown. */
export type Place = 'side' | 'panel';

/** A stop button that work looks at; the shape of the editor's own cancellation token. */
export interface Cancellation {
  readonly isCancellationRequested: boolean;
  onCancellationRequested(listener: () => void): { dispose(): void };
}

/** Work on a request: may report how far it is and be told to stop. */
export interface Work {
  readonly cancellation: Cancellation;
  progress(message: string): void;
}

/** What the extension can do for a page. Rejections carry words for the person. */
export interface PlannerServices {
  /** Catalogue and saved scenarios; the same for every page. */
  catalogue(): Pick<Snapshot, 'gpus' | 'interconnects' | 'versions'>;
  saved(): readonly SavedScenario[];
  /** The deployment a page is about: the linked one, or what the editor shows. */
  followed(link: DeploymentLink | null): Promise<Followed | null>;
  handle<M extends Method>(method: M, params: Params<M>, work: Work): Promise<Result<M>>;
  command(command: PageCommand, followed: Followed | null): void;
}

/** A stop button that the conversation presses. */
class StopButton implements Cancellation {
  isCancellationRequested = false;
  private readonly listeners = new Set<() => void>();

  onCancellationRequested(listener: () => void): { dispose(): void } {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  }

  press(): void {
    this.isCancellationRequested = true;
    for (const listener of this.listeners) listener();
    this.listeners.clear();
  }
}

/**
 * The host's end of the conversation with one webview, whose page may be loaded several times. Only the page that said ready last is
 * listened to; what does not parse, what comes from an earlier load and what asks for a deployment that this page was not shown is refused.
 */
export class Conversation {
  private client: string | null = null;
  private sequence = 0;
  private turn = 0;
  private shown: Followed | null = null;
  private link: DeploymentLink | null;
  private readonly work = new Map<number, StopButton>();
  /** Messages refused so far. */
  refused = 0;

  /**
   * @param link the deployment the page was opened on; null to show whatever the editor does
   */
  constructor(
    private readonly services: PlannerServices,
    private readonly post: (message: ToPage) => void,
    link: DeploymentLink | null,
    private readonly onReady: () => void = () => undefined,
  ) {
    this.link = link;
  }

  /** The deployment that was last sent, for the editor to find. */
  get followed(): Followed | null {
    return this.shown;
  }

  receive(message: unknown): void {
    const parsed = parseToHost(message);
    if (!parsed || (parsed.type !== 'ready' && parsed.client !== this.client)) {
      this.refused++;
      return;
    }
    switch (parsed.type) {
      case 'ready':
        return void this.welcome(parsed);
      case 'request':
        return void this.answer(parsed);
      case 'cancel':
        return this.work.get(parsed.request)?.press();
      case 'command':
        return this.services.command(parsed.command, this.shown);
    }
  }

  /** Tells the page what it is about now: after the document, the cursor, the model or the GPU changed. */
  async refresh(): Promise<void> {
    const client = this.client;
    if (client === null) return;
    const turn = ++this.turn;
    const followed = await this.services.followed(this.link);
    // A slower look at an earlier state must not overwrite a later one.
    if (client !== this.client || turn !== this.turn) return;
    this.shown = followed;
    this.post({ type: 'followed', client, sequence: this.next(), followed });
  }

  /** Turns to another deployment. */
  turnTo(link: DeploymentLink | null): Promise<void> {
    this.link = link;
    return this.refresh();
  }

  /** Tells the page what is saved now. */
  refreshSaved(): void {
    if (this.client !== null) this.post({ type: 'saved', client: this.client, sequence: this.next(), saved: [...this.services.saved()] });
  }

  /** The page is gone or hidden: nothing more is sent until it says ready again. */
  close(): void {
    this.client = null;
    for (const button of this.work.values()) button.press();
    this.work.clear();
  }

  private async welcome({ client, link, protocol }: Extract<ToHost, { type: 'ready' }>): Promise<void> {
    if (protocol !== PROTOCOL_VERSION) {
      this.refused++;
      return;
    }
    this.close();
    this.client = client;
    this.link ??= link;
    const turn = ++this.turn;
    const followed = await this.services.followed(this.link);
    if (this.client !== client) return;
    // Something changed meanwhile: its own look is on the way, but the page needs the catalogue first.
    if (turn !== this.turn) return this.welcome({ type: 'ready', client, link, protocol });
    this.shown = followed;
    const saved = [...this.services.saved()];
    this.post({
      type: 'snapshot',
      protocol: PROTOCOL_VERSION,
      client,
      sequence: this.next(),
      followed,
      saved,
      ...this.services.catalogue(),
    });
    this.onReady();
  }

  private async answer({ client, request, method, params }: Extract<ToHost, { type: 'request' }>): Promise<void> {
    const known = parseParams(method, params);
    if (!known || this.work.has(request)) {
      this.refused++;
      this.post({ type: 'failure', client, sequence: this.next(), request, message: 'The request was malformed and was not carried out.' });
      return;
    }
    if ('link' in known && known.link.uri !== this.shown?.link.uri) {
      this.refused++;
      this.post({ type: 'failure', client, sequence: this.next(), request, message: 'The planner now shows another file. Try again.' });
      return;
    }
    const cancellation = new StopButton();
    this.work.set(request, cancellation);
    const send = (message: ToPage): void => {
      if (this.client === client && this.work.get(request) === cancellation) this.post(message);
    };
    const progress = (message: string): void => send({ type: 'progress', client, sequence: this.next(), request, message });
    try {
      const result = await this.services.handle(method, known, { cancellation, progress });
      send({ type: 'reply', client, sequence: this.next(), request, result });
    } catch (error) {
      send({ type: 'failure', client, sequence: this.next(), request, message: error instanceof Error ? error.message : String(error) });
    } finally {
      this.work.delete(request);
    }
  }

  private next(): number {
    return ++this.sequence;
  }
}
