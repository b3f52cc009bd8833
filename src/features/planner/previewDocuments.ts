import * as vscode from 'vscode';

const SCHEME = 'vllm-vram-preview';

/** The text a file would have, for the editor's own diff view. Kept only as long as the window lives. */
export class PreviewDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly texts = new Map<string, string>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);
  readonly onDidChange = this.changed.event;

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.toString()) ?? '';
  }

  /** Opens the file beside what it would become. */
  async compare(file: vscode.Uri, text: string): Promise<void> {
    const proposed = file.with({ scheme: SCHEME, authority: '', query: '', fragment: '' });
    this.texts.set(proposed.toString(), text);
    this.changed.fire(proposed);
    const name = file.path.slice(file.path.lastIndexOf('/') + 1);
    await vscode.commands.executeCommand('vscode.diff', file, proposed, vscode.l10n.t('{0}: file and plan', name), { preview: true });
  }

  dispose(): void {
    this.texts.clear();
    vscode.Disposable.from(this.registration, this.changed).dispose();
  }
}
