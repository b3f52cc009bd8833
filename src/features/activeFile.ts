import * as vscode from 'vscode';
import type { DocumentAnalysis, Documents } from './documents';

/** Context key that menus ask: the active editor shows a file that configures vLLM. */
const CONTEXT_KEY = 'vramPlanner.active';

/** Follows the file that a person looks at. */
export class ActiveFile implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<DocumentAnalysis | undefined>();
  private readonly disposables: vscode.Disposable[];
  private wasOurs: boolean | undefined;
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

  update(): void {
    const analyzed = this.current();
    const ours = analyzed !== undefined;
    if (ours !== this.wasOurs) {
      this.wasOurs = ours;
      void vscode.commands.executeCommand('setContext', CONTEXT_KEY, ours);
    }
    this.changed.fire(analyzed);
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables, this.changed).dispose();
    void vscode.commands.executeCommand('setContext', CONTEXT_KEY, false);
  }
}
