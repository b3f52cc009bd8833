import * as vscode from 'vscode';
import { inlayHints } from '../report/inlay';
import type { Documents } from './documents';
import { settingsFor } from './settings';

/** Figures behind values; each kind can be turned off. */
export class InlayHints implements vscode.InlayHintsProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly listener: vscode.Disposable;
  readonly onDidChangeInlayHints = this.changed.event;

  constructor(private readonly documents: Documents) {
    this.listener = documents.onDidSettle(() => this.changed.fire());
  }

  async provideInlayHints(
    document: vscode.TextDocument,
    range: vscode.Range,
    token: vscode.CancellationToken,
  ): Promise<vscode.InlayHint[]> {
    const analyzed = await this.documents.read(document, token);
    if (analyzed === undefined) return [];
    const wanted = settingsFor(document).inlayHints;
    return analyzed.analyses
      .flatMap(inlayHints)
      .filter(({ kind }) => wanted[kind])
      .map(({ offset, label }) => ({ position: document.positionAt(offset), label }))
      .filter(({ position }) => range.contains(position))
      .map(({ position, label }) => {
        // Set apart from the value, with which a figure would run together: "2 2.61 GiB".
        const hint = new vscode.InlayHint(position, label.startsWith('=') ? label : `→ ${label}`);
        hint.paddingLeft = true;
        return hint;
      });
  }

  dispose(): void {
    vscode.Disposable.from(this.listener, this.changed).dispose();
  }
}
