import * as vscode from 'vscode';
import type { DocumentAnalysis, Documents } from './documents';
import { log, reason } from './log';
import type * as OnDemand from './onDemand';
import type { ReadonlyDocuments } from './readonlyDocuments';
import { askForFile } from './vllmFiles';

/** "Estimate VRAM": the report on a file, kept up to date while the file is edited. */
export class Estimates implements vscode.Disposable {
  private readonly listener: vscode.Disposable;

  constructor(
    private readonly documents: Documents,
    private readonly reports: ReadonlyDocuments,
  ) {
    this.listener = documents.onDidSettle((document) => {
      if (reports.has(titleOf(document.uri))) void this.renew(document);
    });
  }

  /** Reports on the file given, or on the one the person picks. */
  async run(uri: vscode.Uri | undefined): Promise<void> {
    const target = uri ?? (await askForFile(this.documents));
    if (target === undefined) return;
    const analyzed = await this.analyze(target);
    if (analyzed === undefined) return;
    const { reportMarkdown } = await import('./onDemand');
    await this.reports.show(titleOf(target), textOf(analyzed, reportMarkdown));
  }

  dispose(): void {
    this.listener.dispose();
  }

  private async renew(document: vscode.TextDocument): Promise<void> {
    // It is loaded: a report was shown.
    const { reportMarkdown } = await import('./onDemand');
    const analyzed = this.documents.analysisOf(document);
    if (analyzed !== undefined && !analyzed.pending) this.reports.write(titleOf(document.uri), textOf(analyzed, reportMarkdown));
  }

  private async analyze(uri: vscode.Uri): Promise<DocumentAnalysis | undefined> {
    const name = vscode.workspace.asRelativePath(uri);
    try {
      const document = await vscode.workspace.openTextDocument(uri);
      const now = this.documents.analysisOf(document);
      const analyzed = now?.pending === true ? await this.wait(document, name) : now;
      if (analyzed === undefined && !this.documents.isOurs(document)) {
        void vscode.window.showInformationMessage(
          vscode.l10n.t('{0} configures no vLLM engine: it has none of the keys of vllm serve at its top level.', name),
        );
      }
      return analyzed;
    } catch (error) {
      log().error(`${name}: ${reason(error)}`);
      void vscode.window.showErrorMessage(vscode.l10n.t('{0} could not be read: {1}', name, reason(error)));
      return undefined;
    }
  }

  /** Waits for the model's facts, where the person sees it and can stop it. */
  private async wait(document: vscode.TextDocument, name: string): Promise<DocumentAnalysis | undefined> {
    return vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: vscode.l10n.t('Estimating {0}', name), cancellable: true },
      (_progress, token) => this.documents.settledAnalysisOf(document, token),
    );
  }
}

function titleOf(uri: vscode.Uri): string {
  return vscode.l10n.t('VRAM of {0}', vscode.workspace.asRelativePath(uri));
}

function textOf(analyzed: DocumentAnalysis, reportMarkdown: typeof OnDemand.reportMarkdown): string {
  return analyzed.analyses.map((analysis) => reportMarkdown(analysis, vscode.workspace.asRelativePath(analyzed.document.uri))).join('\n\n');
}
