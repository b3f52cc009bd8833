import * as vscode from 'vscode';
import type { DocumentAnalysis, Documents } from './documents';

/** Context key that menus ask: the active editor shows a file that configures vLLM. */
const CONTEXT_KEY = 'vramPlanner.active';

/** Follows the file that a person looks at. */
export class ActiveFile implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<DocumentAnalysis | undefined>();
  private readonly disposables: vscode.Disposable[];
  private wasOurs: boolean | undefined;
  private lastDocument: vscode.TextDocument | undefined;
  /** Fires with the analysis of the active editor's file, or undefined where it is not about vLLM. */
  readonly onDidChange = this.changed.event;

  constructor(private readonly documents: Documents) {
    this.disposables = [
      vscode.window.onDidChangeActiveTextEditor(() => this.update()),
      documents.onDidSettle((document) => {
        if (document === vscode.window.activeTextEditor?.document) this.update();
      }),
    ];
  }

  current(): DocumentAnalysis | undefined {
    const document = vscode.window.activeTextEditor?.document;
    return document === undefined ? undefined : this.documents.analysisOf(document);
  }

  /** The vLLM file that a person means where a webview has the focus: the one looked at last. */
  meant(): vscode.Uri | undefined {
    const editor = vscode.window.activeTextEditor;
    if (editor !== undefined) return this.documents.isOurs(editor.document) ? editor.document.uri : undefined;
    return this.lastDocument === undefined || this.lastDocument.isClosed ? undefined : this.lastDocument.uri;
  }

  update(): void {
    const document = vscode.window.activeTextEditor?.document;
    const ours = document !== undefined && this.documents.isOurs(document);
    if (ours) this.lastDocument = document;
    if (ours !== this.wasOurs) {
      this.wasOurs = ours;
      void vscode.commands.executeCommand('setContext', CONTEXT_KEY, ours);
    }
    if (document === undefined || !ours) this.changed.fire(undefined);
    else void this.tellOf(document);
  }

  private async tellOf(document: vscode.TextDocument): Promise<void> {
    const analyzed = await this.documents.read(document);
    if (document === vscode.window.activeTextEditor?.document) this.changed.fire(analyzed);
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables, this.changed).dispose();
    void vscode.commands.executeCommand('setContext', CONTEXT_KEY, false);
  }
}
