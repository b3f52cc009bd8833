import * as vscode from 'vscode';
import { parseLink, type DeploymentLink, type Followed, type PageCommand } from '../../protocol/messages';
import type { ActiveFile } from '../activeFile';
import type { Documents } from '../documents';
import { log } from '../log';
import type { Models } from '../models';
import { Conversation, type Place } from './conversation';
import { EditorServices } from './editorServices';
import { deploymentAt } from './followed';
import { plannerHtml } from './html';
import { PANEL, type PlannerHost } from './plannerViews';
import { PreviewDocuments } from './previewDocuments';
import { SavedScenarios } from './savedScenarios';

/** A page that has not said ready by then probably never will: some remotes cannot show webviews. */
const READY_LIMIT_MS = 15_000;

/** What the planner asks of the rest of the session. */
export interface PlannerNeeds {
  readonly context: vscode.ExtensionContext;
  readonly documents: Documents;
  readonly models: Models;
  readonly activeFile: ActiveFile;
  /** Opens a file's report as a Markdown document. */
  readonly showReport: (uri: vscode.Uri | undefined) => Promise<void>;
  /** Asks for the GPU of a file's deployments. */
  readonly chooseGpu: (uri: vscode.Uri | undefined) => Promise<void>;
  /** Asks the Hub about the active file's model. */
  readonly fetchModelFacts: () => Promise<void>;
}

/** All planner pages of a window: the side view, and one panel per deployment. */
export class Planners implements PlannerHost, vscode.Disposable {
  private readonly pages = new Map<vscode.Webview, { readonly conversation: Conversation; readonly visible: () => boolean }>();
  private readonly panels = new Map<string, vscode.WebviewPanel>();
  private readonly services: EditorServices;
  private readonly disposables: vscode.Disposable[];
  private readonly offered = new Set<Place>();

  constructor(private readonly needs: PlannerNeeds) {
    const { context, documents, models, activeFile } = needs;
    const previews = new PreviewDocuments();
    this.services = new EditorServices({
      documents,
      models,
      previews,
      saved: new SavedScenarios(context.workspaceState),
      command: (command, followed) => void this.run(command, followed),
      onSaved: () => this.pages.forEach(({ conversation }) => conversation.refreshSaved()),
    });
    const refresh = (): void => this.refresh();
    this.disposables = [
      previews,
      activeFile.onDidChange(refresh),
      documents.onDidType(refresh),
      documents.onDidSettle(refresh),
      documents.onDidClose(refresh),
      vscode.window.onDidChangeTextEditorSelection(refresh),
    ];
  }

  fillSide(view: vscode.WebviewView): void {
    const attached = this.attach(view.webview, 'side', null, () => view.visible);
    view.onDidChangeVisibility(() => {
      if (view.visible) this.refresh();
    });
    view.onDidDispose(() => attached.dispose());
  }

  revive(panel: vscode.WebviewPanel, state: unknown): void {
    const link = typeof state === 'object' && state !== null && 'link' in state ? parseLink(state.link) : null;
    this.fillPanel(panel, link);
  }

  /** Opens the planner on the deployment that is meant: that of a file, or the one under the cursor. */
  open(uri: vscode.Uri | undefined, index: number | undefined): void {
    const link = this.linkTo(uri, index);
    const known = this.panels.get(keyOf(link));
    if (known) return known.reveal();
    const name = link === null ? '' : `: ${link.uri.slice(link.uri.lastIndexOf('/') + 1)}`;
    const title = vscode.l10n.t('VRAM planner') + decodeURIComponent(name);
    this.fillPanel(vscode.window.createWebviewPanel(PANEL, title, vscode.ViewColumn.Beside, { enableFindWidget: true }), link);
  }

  dispose(): void {
    for (const { conversation } of this.pages.values()) conversation.close();
    this.pages.clear();
    vscode.Disposable.from(...this.disposables).dispose();
  }

  /** The deployment of a file; of the active editor's when no file is named; null when there is none. */
  private linkTo(uri: vscode.Uri | undefined, index: number | undefined): DeploymentLink | null {
    const editor = vscode.window.activeTextEditor;
    const document = uri
      ? vscode.workspace.textDocuments.find((candidate) => candidate.uri.toString() === uri.toString())
      : editor?.document;
    const analyzed = document && this.needs.documents.analysisOf(document);
    if (!analyzed || analyzed.analyses.length === 0) return null;
    const atCursor = document === editor?.document ? deploymentAt(analyzed.analyses, document.offsetAt(editor.selection.active)) : 0;
    return { uri: document.uri.toString(), version: analyzed.version, index: index ?? atCursor };
  }

  private fillPanel(panel: vscode.WebviewPanel, link: DeploymentLink | null): void {
    const key = keyOf(link);
    this.panels.set(key, panel);
    // Unlike the icon of a view, that of a tab is shown in its own colours.
    const media = (name: string): vscode.Uri => vscode.Uri.joinPath(this.needs.context.extensionUri, 'media', name);
    panel.iconPath = { light: media('planner-light.svg'), dark: media('planner.svg') };
    const attached = this.attach(panel.webview, 'panel', link, () => panel.visible);
    panel.onDidDispose(() => {
      attached.dispose();
      if (this.panels.get(key) === panel) this.panels.delete(key);
    });
  }

  /** Starts the conversation with a webview and gives it its page. */
  private attach(webview: vscode.Webview, place: Place, link: DeploymentLink | null, visible: () => boolean): vscode.Disposable {
    const { extensionUri } = this.needs.context;
    const began = performance.now();
    const timer = setTimeout(() => {
      if (visible()) void this.offerText(place);
    }, READY_LIMIT_MS);
    const conversation = new Conversation(
      this.services,
      (message) => void webview.postMessage(message),
      link,
      () => {
        clearTimeout(timer);
        log().info(`The planner (${place}) was ready after ${Math.round(performance.now() - began)} ms`);
      },
    );
    this.pages.set(webview, { conversation, visible });
    const listener = webview.onDidReceiveMessage((message: unknown) => conversation.receive(message));
    const dist = vscode.Uri.joinPath(extensionUri, 'dist');
    webview.options = { enableScripts: true, localResourceRoots: [dist] };
    webview.html = plannerHtml(place, {
      script: webview.asWebviewUri(vscode.Uri.joinPath(dist, 'webview.js')).toString(),
      style: webview.asWebviewUri(vscode.Uri.joinPath(dist, 'webview.css')).toString(),
      source: webview.cspSource,
    });
    return new vscode.Disposable(() => {
      clearTimeout(timer);
      listener.dispose();
      conversation.close();
      this.pages.delete(webview);
    });
  }

  private refresh(): void {
    // A hidden page has no script that could listen: it asks again when it is shown.
    for (const { conversation, visible } of this.pages.values()) if (visible()) void conversation.refresh();
  }

  private async run(command: PageCommand, followed: Followed | null): Promise<void> {
    const uri = followed === null ? undefined : vscode.Uri.parse(followed.link.uri, true);
    switch (command) {
      case 'openPlanner':
        return this.open(uri, followed?.link.index);
      case 'openDocument':
        return this.needs.showReport(uri);
      case 'chooseGpu':
        return this.needs.chooseGpu(uri);
      case 'fetchModel':
        return this.needs.fetchModelFacts();
      case 'reveal':
        if (uri) await vscode.window.showTextDocument(uri, { viewColumn: vscode.ViewColumn.One });
    }
  }

  /** The same content as a document, where no page can be shown; asked once per kind of page. */
  private async offerText(place: Place): Promise<void> {
    if (this.offered.has(place)) return;
    this.offered.add(place);
    log().warn(`The planner (${place}) did not load within ${READY_LIMIT_MS / 1000} s`);
    const open = vscode.l10n.t('Open as text');
    const chosen = await vscode.window.showWarningMessage(
      vscode.l10n.t('The planner cannot be shown here. Its content can be opened as a document.'),
      open,
    );
    if (chosen === open) await this.needs.showReport(vscode.window.activeTextEditor?.document.uri);
  }
}

function keyOf(link: DeploymentLink | null): string {
  return link === null ? '' : `${link.uri} ${link.index}`;
}
