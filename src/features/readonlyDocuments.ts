import * as vscode from 'vscode';

/** Scheme of the documents that this extension writes for people: reports and model facts, as Markdown. */
export const SCHEME = 'vllm-vram';
/** Texts kept for documents that may still be open somewhere. */
const MAX_TEXTS = 50;

/** Read-only Markdown documents by title; opening one again renews its text. */
export class ReadonlyDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly texts = new Map<string, string>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);
  readonly onDidChange = this.changed.event;

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.toString()) ?? '';
  }

  /** Whether a document of this title was opened and not forgotten. */
  has(title: string): boolean {
    return this.texts.has(uriOf(title).toString());
  }

  /** Renews a document's text; an open editor or preview follows. */
  write(title: string, markdown: string): vscode.Uri {
    const uri = uriOf(title);
    this.texts.delete(uri.toString());
    this.texts.set(uri.toString(), markdown);
    for (const oldest of [...this.texts.keys()].slice(0, Math.max(0, this.texts.size - MAX_TEXTS))) this.texts.delete(oldest);
    this.changed.fire(uri);
    return uri;
  }

  /** Shows it rendered beside the file, or as text where the editor has no Markdown preview. */
  async show(title: string, markdown: string): Promise<void> {
    const uri = this.write(title, markdown);
    if (vscode.extensions.getExtension('vscode.markdown-language-features') !== undefined) {
      await vscode.commands.executeCommand('markdown.showPreviewToSide', uri);
    } else {
      await vscode.window.showTextDocument(uri, { viewColumn: vscode.ViewColumn.Beside, preview: true });
    }
  }

  dispose(): void {
    vscode.Disposable.from(this.registration, this.changed).dispose();
  }
}

function uriOf(title: string): vscode.Uri {
  return vscode.Uri.from({ scheme: SCHEME, path: `/${title.replace(/[/\\?#%:]/g, ' ')}.md` });
}
