import type { ArgumentEdits } from '../src/analysis/scenario';
import { decodeFacts } from '../src/protocol/facts';
import type { Gpu } from '../src/estimator/hardware/gpu';
import type { ModelFacts } from '../src/models/source';
import type { DeploymentLink, Followed, Method, PageCommand, Params, Result, SavedScenario, Snapshot } from '../src/protocol/messages';
import { Connection, type Call, type HostMessage, type VsCodeApi } from './connection';
import { INITIAL_STATE, restoreState, savedState, type PageState } from './state';

/** What is known of a model that the form names. */
export type ModelEntry =
  | { readonly state: 'loading'; readonly message: string; readonly cancel: () => void }
  | { readonly state: 'known'; readonly facts: ModelFacts }
  | { readonly state: 'problem'; readonly message: string };

/** What the extension said last, complete. */
export interface HostState {
  readonly followed: Followed | null;
  readonly followedFacts: ModelFacts | null;
  readonly followedModel: ModelEntry | null;
  readonly gpus: readonly Gpu[];
  readonly interconnects: readonly string[];
  readonly versions: readonly string[];
  readonly saved: readonly SavedScenario[];
}

/** A line to the person: what an action did, or why it did not. */
export interface Notice {
  readonly kind: 'done' | 'problem';
  readonly text: string;
}

/** Changes waiting for a yes, with the lines they touch. */
export interface Preview {
  readonly link: DeploymentLink;
  readonly edits: ArgumentEdits;
  readonly lines: Result<'previewEdits'>;
}

export type Place = 'side' | 'panel';

/** Keeps what the page knows and remembers, and asks for a drawing when any of it changes: at most one per frame. */
export class Planner {
  state: PageState;
  host: HostState | null = null;
  notice: Notice | null = null;
  preview: Preview | null = null;
  readonly models = new Map<string, ModelEntry>();
  private readonly connection: Connection;
  private frame = 0;

  constructor(
    readonly place: Place,
    private readonly api: VsCodeApi,
    private readonly draw: () => void,
  ) {
    this.state = restoreState(api.getState());
    this.connection = new Connection(api, (message) => this.receive(message));
  }

  start(): void {
    this.connection.open(this.place === 'panel' ? this.state.link : null);
    this.redraw();
  }

  /** Messages that were not obeyed. */
  get refused(): number {
    return this.connection.refused;
  }

  change(changes: Partial<PageState>): void {
    this.state = { ...this.state, ...changes };
    this.notice = null;
    this.api.setState(savedState(this.state));
    this.redraw();
  }

  /** Forgets what was typed, so that the form shows the file again. */
  reset(): void {
    this.change({ inference: INITIAL_STATE.inference, finetuning: INITIAL_STATE.finetuning, opened: null });
  }

  command(command: PageCommand): void {
    this.connection.command(command);
  }

  request<M extends Method>(method: M, params: Params<M>, onProgress?: (message: string) => void): Call<Result<M>> {
    return this.connection.request(method, params, onProgress);
  }

  /** Runs a request whose outcome is a line to the person. */
  act<M extends Method>(method: M, params: Params<M>, done: (result: Result<M>) => string | null): void {
    this.request(method, params).answer.then(
      (result) => {
        const text = done(result);
        this.say(text === null ? null : { kind: 'done', text });
      },
      (error: unknown) => this.say({ kind: 'problem', text: messageOf(error) }),
    );
  }

  say(notice: Notice | null): void {
    this.notice = notice;
    this.redraw();
  }

  /** Shows which lines the edits would change, and waits for a yes. */
  propose(edits: ArgumentEdits): void {
    const link = this.host?.followed?.link;
    if (!link) return;
    const params = { link, edits: { set: { ...edits.set }, remove: [...edits.remove] } };
    this.act('previewEdits', params, (lines) => {
      this.preview = { link, edits, lines };
      return null;
    });
  }

  closePreview(): void {
    this.preview = null;
    this.redraw();
  }

  /** The model's facts if they are there; asks for them otherwise. */
  model(id: string): ModelEntry | null {
    if (id === '') return null;
    const followed = this.host?.followed;
    if (followed && this.host?.followedModel && followed.modelName === id) return this.host.followedModel;
    const known = this.models.get(id);
    if (known || !this.host) return known ?? null;
    return this.fetchModel(id);
  }

  private fetchModel(id: string): ModelEntry {
    const progress = (message: string): void => {
      this.models.set(id, { state: 'loading', message, cancel: () => call.cancel() });
      this.redraw();
    };
    const call = this.request('modelFacts', { id }, progress);
    const entry: ModelEntry = { state: 'loading', message: `Looking for ${id}`, cancel: () => call.cancel() };
    this.models.set(id, entry);
    call.answer.then(
      (result) => {
        const facts = decodeFacts(result);
        this.models.set(
          id,
          facts ? { state: 'known', facts } : { state: 'problem', message: 'The facts about this model could not be read.' },
        );
        this.redraw();
      },
      (error: unknown) => {
        this.models.set(id, { state: 'problem', message: messageOf(error) });
        this.redraw();
      },
    );
    return entry;
  }

  /** Asks again for a model that could not be had. */
  retryModel(id: string): void {
    this.models.delete(id);
    this.redraw();
  }

  private receive(message: HostMessage): void {
    if (message.type === 'snapshot') {
      this.host = hostState(message);
      for (const [id, entry] of this.models) if (entry.state === 'problem') this.models.delete(id);
      if (this.place === 'panel') this.change({ link: message.followed?.link ?? this.state.link });
    } else if (this.host && message.type === 'followed') {
      this.host = { ...this.host, ...followedState(message.followed) };
      // The lines of a preview are those of an older version of the document.
      if (this.preview && message.followed?.link.version !== this.preview.link.version) this.preview = null;
    } else if (this.host && message.type === 'saved') {
      this.host = { ...this.host, saved: message.saved };
    }
    this.redraw();
  }

  redraw(): void {
    if (this.frame !== 0) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }
}

function hostState({ followed, gpus, interconnects, versions, saved }: Snapshot): HostState {
  return { ...followedState(followed), gpus, interconnects, versions, saved };
}

function followedState(followed: Followed | null): Pick<HostState, 'followed' | 'followedFacts' | 'followedModel'> {
  const followedFacts = followed?.facts ? decodeFacts(followed.facts) : null;
  return { followed, followedFacts, followedModel: followedFacts && { state: 'known', facts: followedFacts } };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
