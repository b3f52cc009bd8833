import * as vscode from 'vscode';
import type { Analysis } from '../analysis/analysis';
import type { Deployment } from '../deployments/deployment';
import { looksLikeVllm } from '../deployments/detect';
import { readDeploymentsSteps } from '../deployments/readers';
import { Reading } from '../deployments/reading';
import { YamlReader } from '../deployments/yaml/reader';
import { pathOf } from './documentPath';
import { log, reason } from './log';

/** Users of YAML extensions already live with a pause of this length before problems appear. */
const PAUSE_MS = 200;
/** Parsed documents kept at a time; whoever has more open than this sees the least recently used ones parsed again. */
const MAX_PARSED = 32;

/** All that is known of one version of a document. Immutable. */
export interface DocumentAnalysis {
  readonly document: vscode.TextDocument;
  /** Of the document, when it was read. */
  readonly version: number;
  readonly text: string;
  readonly analyses: readonly Analysis[];
  /** Facts of some model are still being looked up: figures will come. */
  readonly pending: boolean;
  /** What reading and analyzing took, milliseconds. */
  readonly tookMs: number;
}

/** One deployment judged. */
export interface Judged {
  readonly analysis: Analysis;
  readonly pending: boolean;
}

/** What the editor knows beside the document's text: the model, the GPU, the settings. */
export interface Surroundings extends vscode.Disposable {
  /** Fires when some answer may be another now. */
  readonly onDidChange: vscode.Event<void>;
  /** vLLM version whose names apply where the file names none. */
  versionFor(document: vscode.TextDocument): string;
  /** The analysis with what is known when it begins; `pending` when more is on its way. */
  analyzeSteps(document: vscode.TextDocument, text: string, deployment: Deployment): Generator<void, Judged>;
  /** Settles when nothing that this deployment waits for is on its way any more. */
  settled(document: vscode.TextDocument, deployment: Deployment, token: vscode.CancellationToken): Promise<void>;
}

/** The parse of one version of a document. */
interface Parse {
  readonly version: number;
  readonly assumed: string;
  readonly text: string;
  readonly work: Reading<readonly Deployment[]>;
}

/** What a parse comes to with what was known in one round. */
interface Judgement {
  readonly parse: Parse;
  readonly round: number;
  readonly work: Reading<readonly Judged[]>;
  /** The outcome, once somebody asked for it. */
  value: DocumentAnalysis | null;
}

interface Entry {
  /** The cheap look, by document version. */
  look: { readonly version: number; readonly ours: boolean } | null;
  parse: Parse | null;
  judgement: Judgement | null;
  /** Knows the version read before. */
  yaml: YamlReader;
}

/**
 * One look, one parse and one analysis per document version, made when first asked for and shared by every feature.
 * A long file is parsed in slices and any analyzed so, so that nothing else waits for it. Dropped when the document closes.
 */
export class Documents implements vscode.Disposable {
  private readonly entries = new Map<string, Entry>();
  private readonly settledEvent = new vscode.EventEmitter<vscode.TextDocument>();
  private readonly typedEvent = new vscode.EventEmitter<vscode.TextDocumentChangeEvent>();
  private readonly closedEvent = new vscode.EventEmitter<vscode.TextDocument>();
  private readonly pauses = new Map<string, NodeJS.Timeout>();
  private readonly disposables: vscode.Disposable[];
  /** Grows with each change of the surroundings: analyses of an earlier round are stale. */
  private round = 0;

  /** Fires when a document was opened, after a pause in typing, and when facts arrived; its analysis is there by then. */
  readonly onDidSettle = this.settledEvent.event;
  /** Fires at each change of a document's text. */
  readonly onDidType = this.typedEvent.event;
  readonly onDidClose = this.closedEvent.event;

  constructor(private readonly surroundings: Surroundings) {
    this.disposables = [
      surroundings.onDidChange(() => this.refresh()),
      vscode.workspace.onDidOpenTextDocument((document) => {
        if (document.languageId === 'yaml') this.settle(document);
      }),
      vscode.workspace.onDidChangeTextDocument((event) => this.typed(event)),
      vscode.workspace.onDidCloseTextDocument((document) => this.close(document)),
    ];
  }

  /** The cheap look: whether the document configures vLLM. */
  isOurs(document: vscode.TextDocument): boolean {
    if (document.languageId !== 'yaml') return false;
    const entry = this.entryOf(document);
    if (entry.look?.version !== document.version) {
      const ours = looksLikeVllm(pathOf(document), document.getText());
      entry.look = { version: document.version, ours };
      if (!ours) forget(entry);
    }
    return entry.look.ours;
  }

  /**
   * The analysis of the document as it stands, or undefined when it is not about vLLM. At once, also of a long file that is not read
   * yet: for commands. Whoever can wait asks `read`. A defect costs this version of this document its figures, never the session.
   */
  analysisOf(document: vscode.TextDocument): DocumentAnalysis | undefined {
    if (!this.isOurs(document)) return undefined;
    const entry = this.entryOf(document);
    try {
      const parse = this.parseOf(entry, document);
      parse.work.now();
      const judgement = this.judgementOf(entry, document, parse);
      judgement.value ??= outcomeOf(document, judgement);
      this.forgetOldest(document);
      return judgement.value;
    } catch (error) {
      log().error(error instanceof Error ? error : reason(error));
      entry.look = { version: document.version, ours: false };
      return undefined;
    }
  }

  /** Begins to read and analyze a document that is about vLLM; true when the first slices were enough. */
  begin(document: vscode.TextDocument): boolean {
    if (!this.isOurs(document)) return true;
    const entry = this.entryOf(document);
    const parse = this.parseOf(entry, document);
    return isBegun(parse.work) && isBegun(this.judgementOf(entry, document, parse).work);
  }

  /** As `analysisOf`, read in slices; of the newest version when the document changes meanwhile. Undefined when cancelled or closed. */
  async read(document: vscode.TextDocument, token?: vscode.CancellationToken): Promise<DocumentAnalysis | undefined> {
    while (token?.isCancellationRequested !== true && !document.isClosed && this.isOurs(document)) {
      const { version } = document;
      const entry = this.entryOf(document);
      const parse = this.parseOf(entry, document);
      if (!(await isDone(parse.work)) || document.version !== version || document.isClosed) continue;
      const judgement = this.judgementOf(entry, document, parse);
      const isJudged = await isDone(judgement.work);
      const isNow = document.version === version && judgement.round === this.round && !document.isClosed;
      if (isJudged && isNow) return this.analysisOf(document);
    }
    return undefined;
  }

  /** As `read`, once every fact it waits for has come or the token is cancelled. */
  async settledAnalysisOf(document: vscode.TextDocument, token: vscode.CancellationToken): Promise<DocumentAnalysis | undefined> {
    const first = await this.read(document, token);
    if (first === undefined || !first.pending) return first;
    await Promise.all(first.analyses.map(({ deployment }) => this.surroundings.settled(document, deployment, token)));
    return this.read(document, token);
  }

  /** Open documents that configure vLLM. */
  open(): readonly vscode.TextDocument[] {
    return vscode.workspace.textDocuments.filter((document) => this.isOurs(document));
  }

  dispose(): void {
    for (const timer of this.pauses.values()) clearTimeout(timer);
    this.entries.clear();
    vscode.Disposable.from(...this.disposables, this.settledEvent, this.typedEvent, this.closedEvent).dispose();
  }

  private entryOf(document: vscode.TextDocument): Entry {
    const key = document.uri.toString();
    let entry = this.entries.get(key);
    if (entry === undefined) {
      entry = { look: null, parse: null, judgement: null, yaml: new YamlReader() };
      // A request may come late, for a document that is closed already: it is answered but not remembered.
      if (!document.isClosed) this.entries.set(key, entry);
    }
    return entry;
  }

  private parseOf(entry: Entry, document: vscode.TextDocument): Parse {
    const assumed = this.surroundings.versionFor(document);
    if (entry.parse?.version !== document.version || entry.parse.assumed !== assumed) {
      entry.parse?.work.abandon();
      const text = document.getText();
      const work = new Reading(readDeploymentsSteps(pathOf(document), text, assumed, entry.yaml));
      entry.parse = { version: document.version, assumed, text, work };
    }
    return entry.parse;
  }

  /** @param parse complete. */
  private judgementOf(entry: Entry, document: vscode.TextDocument, parse: Parse): Judgement {
    if (entry.judgement?.parse !== parse || entry.judgement.round !== this.round) {
      entry.judgement?.work.abandon();
      entry.judgement = { parse, round: this.round, work: new Reading(this.judgeSteps(document, parse)), value: null };
    }
    return entry.judgement;
  }

  private *judgeSteps(document: vscode.TextDocument, { text, work }: Parse): Generator<void, readonly Judged[]> {
    const judged: Judged[] = [];
    for (const deployment of work.now()) judged.push(yield* this.surroundings.analyzeSteps(document, text, deployment));
    return judged;
  }

  /** Keeps the analyses of the most recently used documents; a `Map` remembers the order of insertion. */
  private forgetOldest(document: vscode.TextDocument): void {
    const key = document.uri.toString();
    const entry = this.entries.get(key);
    if (entry === undefined) return;
    this.entries.delete(key);
    this.entries.set(key, entry);
    const parsed = [...this.entries.values()].filter(({ judgement }) => judgement !== null && judgement.value !== null);
    for (const old of parsed.slice(0, Math.max(0, parsed.length - MAX_PARSED))) forget(old);
  }

  private typed(event: vscode.TextDocumentChangeEvent): void {
    const { document } = event;
    if (document.languageId !== 'yaml' || event.contentChanges.length === 0) return;
    this.typedEvent.fire(event);
    const key = document.uri.toString();
    clearTimeout(this.pauses.get(key));
    this.pauses.set(
      key,
      setTimeout(() => {
        this.pauses.delete(key);
        this.settle(document);
      }, PAUSE_MS),
    );
  }

  private close(document: vscode.TextDocument): void {
    const key = document.uri.toString();
    clearTimeout(this.pauses.get(key));
    this.pauses.delete(key);
    const entry = this.entries.get(key);
    if (entry) forget(entry);
    this.entries.delete(key);
    this.closedEvent.fire(document);
  }

  private refresh(): void {
    this.round++;
    for (const document of this.open()) this.settle(document);
  }

  /** Tells everyone of a document once it is read; of another version than this the next pause will tell. */
  private settle(document: vscode.TextDocument): void {
    const { version } = document;
    void this.read(document).then(() => {
      if (!document.isClosed && document.version === version) this.settledEvent.fire(document);
    });
  }
}

/** Stops what is still going on for an entry, and drops what came of it. */
function forget(entry: Entry): void {
  entry.parse?.work.abandon();
  entry.judgement?.work.abandon();
  entry.parse = null;
  entry.judgement = null;
  entry.yaml = new YamlReader();
}

function outcomeOf(document: vscode.TextDocument, { parse, work }: Judgement): DocumentAnalysis {
  const judged = work.now();
  return {
    document,
    version: parse.version,
    text: parse.text,
    analyses: judged.map(({ analysis }) => analysis),
    pending: judged.some(({ pending }) => pending),
    tookMs: parse.work.tookMs + work.tookMs,
  };
}

/** Begins work; whether its first slice was enough. Who reads on is told of a failure; so is who asks for the analysis. */
function isBegun(work: Reading<unknown>): boolean {
  work.inSlices().catch(() => undefined);
  return work.isDone;
}

/** Does work in slices; false when it was abandoned. What it throws is told where its outcome is asked for. */
function isDone(work: Reading<unknown>): Promise<boolean> {
  return work.inSlices().then(
    (outcome) => outcome !== undefined,
    () => true,
  );
}
