import * as vscode from 'vscode';
import { applyEdits, editsFor, type TextEdit } from '../../deployments/edits';
import { customGpu, GPUS } from '../../estimator/hardware/catalogue';
import { INTERCONNECTS } from '../../estimator/hardware/interconnects';
import { loadCatalogue } from '../../models/catalogueFile';
import type { ModelFacts } from '../../models/source';
import { encodeFacts } from '../../protocol/facts';
import type { DeploymentLink, Followed, Method, PageCommand, Params, Result, SavedScenario } from '../../protocol/messages';
import { turningPoints } from '../../vllm/versions';
import type { DocumentAnalysis, Documents } from '../documents';
import type { Models } from '../models';
import { applyToDocument } from '../textEdits';
import { changedLines } from './changedLines';
import type { PlannerServices, Work } from './conversation';
import { findingMessages } from './findings';
import { deploymentAt, followedOf } from './followed';
import { analysisOfPlan } from './planAnalysis';
import type { PreviewDocuments } from './previewDocuments';
import type { SavedScenarios } from './savedScenarios';

/** Memory that a custom card starts with, GB; the form has its own field for it. */
const CUSTOM_GB = 24;
/** Found models shown at a time. */
const MAX_FOUND = 60;

/** What the services need from the rest of the extension. */
export interface PlannerParts {
  readonly documents: Documents;
  readonly models: Models;
  readonly previews: PreviewDocuments;
  readonly saved: SavedScenarios;
  /** Carries out a command of the page for the deployment it shows. */
  readonly command: (command: PageCommand, followed: Followed | null) => void;
  /** Something that every page shows has changed. */
  readonly onSaved: () => void;
}

/** The editor's side of every request that a page can make. */
export class EditorServices implements PlannerServices {
  /** The vLLM file that was looked at last: a click into the page itself takes the focus from its editor. */
  private last: { readonly document: vscode.TextDocument; offset: number } | null = null;

  constructor(private readonly parts: PlannerParts) {}

  catalogue(): ReturnType<PlannerServices['catalogue']> {
    const gpus = [...GPUS, customGpu('custom_discrete', CUSTOM_GB), customGpu('custom_apple_silicon', CUSTOM_GB)];
    return { gpus, interconnects: INTERCONNECTS.map(({ key }) => key), versions: [...turningPoints()] };
  }

  saved(): readonly SavedScenario[] {
    return this.parts.saved.all();
  }

  command(command: PageCommand, followed: Followed | null): void {
    this.parts.command(command, followed);
  }

  async followed(link: DeploymentLink | null): Promise<Followed | null> {
    if (link !== null) {
      const document = await openDocument(link.uri);
      const analyzed = document && (await this.parts.documents.read(document));
      return analyzed ? (followedOf(analyzed, link.index) ?? followedOf(analyzed, 0)) : null;
    }
    this.look();
    if (!this.last || this.last.document.isClosed) return null;
    const analyzed = await this.parts.documents.read(this.last.document);
    return analyzed ? followedOf(analyzed, deploymentAt(analyzed.analyses, this.last.offset)) : null;
  }

  /** Notes what the active editor shows. Editors that hold no file of the person's (output, diffs) change nothing. */
  private look(): void {
    const editor = vscode.window.activeTextEditor ?? (this.last ? undefined : this.visibleEditor());
    if (!editor || editor.document.uri.scheme === 'output' || editor.document.uri.scheme === 'debug') return;
    this.last = { document: editor.document, offset: editor.document.offsetAt(editor.selection.active) };
  }

  /** A vLLM file in sight while no editor has the focus, as after a restart that brought a panel back. */
  private visibleEditor(): vscode.TextEditor | undefined {
    return vscode.window.visibleTextEditors.find(({ document }) => this.parts.documents.isOurs(document));
  }

  async handle<M extends Method>(method: M, params: Params<M>, work: Work): Promise<Result<M>> {
    const handlers: { readonly [K in Method]: (params: Params<K>, work: Work) => Promise<Result<K>> } = {
      searchModels: (query) => this.searchModels(query),
      modelFacts: ({ id }, itsWork) => this.modelFacts(id, itsWork).then(encodeFacts),
      previewEdits: async (asked) => {
        const { analyzed, edits } = this.edits(asked);
        return [...changedLines(analyzed.text, applyEdits(analyzed.text, edits))];
      },
      applyEdits: async (asked) => {
        const { analyzed, edits } = this.edits(asked);
        if (edits.length === 0) return { changed: false };
        if (!(await applyToDocument(analyzed, edits))) throw new Error(stale());
        return { changed: true };
      },
      compareInEditor: async (asked) => {
        const { analyzed, edits } = this.edits(asked);
        await this.parts.previews.compare(analyzed.document.uri, applyEdits(analyzed.text, edits));
        return null;
      },
      copy: async (asked, itsWork) => {
        // It brings the estimators of speed and of training with it, which nothing else in the editor asks.
        const { textToCopy } = await import('./copyText');
        const text = await textToCopy(asked, (id) => this.modelFacts(id, itsWork));
        await vscode.env.clipboard.writeText(text);
        return { characters: text.length };
      },
      checkPlan: async (plan, itsWork) => {
        return findingMessages(await analysisOfPlan(plan, (id) => this.modelFacts(id, itsWork)));
      },
      saveScenario: async (scenario) => {
        await this.parts.saved.save(scenario);
        this.parts.onSaved();
        return null;
      },
      deleteScenario: async ({ name }) => {
        await this.parts.saved.delete(name);
        this.parts.onSaved();
        return null;
      },
    };
    return handlers[method](params, work);
  }

  private async searchModels({ query }: Params<'searchModels'>): Promise<Result<'searchModels'>> {
    const catalogue = await loadCatalogue();
    const found = catalogue.search(query, MAX_FOUND);
    const typed = query.trim();
    // A name that the catalogue does not have may still be a folder, a cached model or one of the Hub.
    const ids = typed === '' || found.includes(typed) ? found : [...found, typed];
    return ids.map((id) => ({ id, parameters: catalogue.find(id)?.parameters ?? null }));
  }

  private async modelFacts(id: string, { cancellation, progress }: Work): Promise<ModelFacts> {
    progress(vscode.l10n.t('Looking for {0}', id));
    const abort = new AbortController();
    const listener = cancellation.onCancellationRequested(() => abort.abort());
    try {
      const answer = await this.parts.models.find(id, abort.signal);
      if (answer && 'facts' in answer) return answer.facts;
      throw new Error(answer?.problem.message ?? vscode.l10n.t('No source knows the model {0}.', id));
    } finally {
      listener.dispose();
    }
  }

  /** The edits for the document as it stands, if it is still the one that the page was shown. */
  private edits({ link, edits }: Params<'applyEdits'>): { readonly analyzed: DocumentAnalysis; readonly edits: readonly TextEdit[] } {
    const document = vscode.workspace.textDocuments.find(({ uri }) => uri.toString() === link.uri);
    const analyzed = document && this.parts.documents.analysisOf(document);
    const analysis = analyzed?.analyses[link.index];
    if (!analyzed || !analysis || analyzed.version !== link.version) throw new Error(stale());
    const changes = { edits: edits.set, remove: edits.remove };
    return { analyzed, edits: editsFor(analyzed.text, analysis.deployment, changes) };
  }
}

function stale(): string {
  return vscode.l10n.t('The file changed meanwhile, so nothing was written. Look at the change again.');
}

/** The document of a link, opened if need be; undefined when it is gone. */
async function openDocument(uri: string): Promise<vscode.TextDocument | undefined> {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri);
  if (open) return open;
  try {
    return await vscode.workspace.openTextDocument(vscode.Uri.parse(uri, true));
  } catch {
    return undefined;
  }
}
