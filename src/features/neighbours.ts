import * as vscode from 'vscode';

/** Red Hat's YAML extension: shows the descriptions of the JSON schema that this extension contributes. */
const RED_HAT_YAML = 'redhat.vscode-yaml';

/**
 * Whether another extension already shows what the contributed schema says of a file: then this one leaves key names and
 * descriptions to it and keeps what no schema knows, the figures.
 */
export class Neighbours implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly listener: vscode.Disposable;
  private present = isInstalled();
  /** Fires when such an extension came or went. */
  readonly onDidChange = this.changed.event;

  constructor() {
    this.listener = vscode.extensions.onDidChange(() => {
      const now = isInstalled();
      if (now === this.present) return;
      this.present = now;
      this.changed.fire();
    });
  }

  /** The schema is contributed for these names only; elsewhere nobody else describes vLLM's keys. */
  describes(document: vscode.TextDocument): boolean {
    return this.present && /\.vllm\.ya?ml$/i.test(document.uri.path);
  }

  dispose(): void {
    this.listener.dispose();
    this.changed.dispose();
  }
}

function isInstalled(): boolean {
  return vscode.extensions.getExtension(RED_HAT_YAML) !== undefined;
}
