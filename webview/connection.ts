import {
  parseResult,
  parseToPage,
  PROTOCOL_VERSION,
  type DeploymentLink,
  type Method,
  type PageCommand,
  type Params,
  type Result,
  type ToHost,
  type ToPage,
} from '../src/protocol/messages';

/** What VS Code gives a page to reach its extension. */
export interface VsCodeApi {
  postMessage(message: ToHost): void;
  getState(): unknown;
  setState(state: unknown): void;
}

/** Everything but answers to requests, which go to whoever asked. */
export type HostMessage = Exclude<ToPage, { readonly request: number }>;

/** Longest wait for an answer, ms: reading a model folder over a slow remote takes tens of seconds; longer means it is lost. */
const REQUEST_LIMIT_MS = 120_000;

interface Pending {
  readonly settle: (message: ToPage) => void;
  readonly fail: (reason: string) => void;
  readonly onProgress: (message: string) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** A request under way. */
export interface Call<T> {
  readonly answer: Promise<T>;
  cancel(): void;
}

/**
 * The page's end of the conversation. Refuses what does not parse, what was meant for an earlier page, and state that is older than
 * what was already shown; counts the refusals.
 */
export class Connection {
  /** One page load: answers to an earlier load carry another id. */
  private readonly client = crypto.randomUUID();
  private readonly pending = new Map<number, Pending>();
  private lastRequest = 0;
  private lastSequence = -1;
  /** Messages refused so far. */
  refused = 0;

  constructor(
    private readonly api: VsCodeApi,
    private readonly onMessage: (message: HostMessage) => void,
  ) {}

  /** Starts listening and asks for the snapshot. */
  open(link: DeploymentLink | null): void {
    window.addEventListener('message', (event: MessageEvent<unknown>) => this.receive(event.data));
    this.api.postMessage({ type: 'ready', protocol: PROTOCOL_VERSION, client: this.client, link });
  }

  command(command: PageCommand): void {
    this.api.postMessage({ type: 'command', client: this.client, command });
  }

  request<M extends Method>(method: M, params: Params<M>, onProgress: (message: string) => void = () => undefined): Call<Result<M>> {
    const request = ++this.lastRequest;
    const answer = new Promise<Result<M>>((resolve, reject) => {
      const finish = (): void => {
        const entry = this.pending.get(request);
        if (entry) clearTimeout(entry.timer);
        this.pending.delete(request);
      };
      const fail = (reason: string): void => {
        finish();
        reject(new Error(reason));
      };
      const settle = (message: ToPage): void => {
        if (message.type === 'failure') return fail(message.message);
        if (message.type !== 'reply') return;
        const parsed = parseResult(method, message.result);
        if (!parsed) return fail('The editor sent an answer that this page does not understand.');
        finish();
        resolve(parsed.result);
      };
      const timer = setTimeout(() => fail('The editor did not answer. Try again.'), REQUEST_LIMIT_MS);
      this.pending.set(request, { settle, fail, onProgress, timer });
    });
    this.api.postMessage({ type: 'request', client: this.client, request, method, params });
    return {
      answer,
      cancel: () => {
        this.api.postMessage({ type: 'cancel', client: this.client, request });
        this.pending.get(request)?.fail('Cancelled.');
      },
    };
  }

  private receive(data: unknown): void {
    const message = parseToPage(data);
    if (!message || message.client !== this.client) {
      this.refused++;
      return;
    }
    if ('request' in message) {
      const pending = this.pending.get(message.request);
      if (!pending) this.refused++;
      else if (message.type === 'progress') pending.onProgress(message.message);
      else pending.settle(message);
      return;
    }
    if (message.sequence <= this.lastSequence) {
      this.refused++;
      return;
    }
    this.lastSequence = message.sequence;
    this.onMessage(message);
  }
}
