import * as vscode from 'vscode';
import type { Analysis, PlacedFinding } from '../analysis/analysis';
import type { Severity } from '../vllm/findings';
import { canBeMended } from './documentPath';
import type { DocumentAnalysis, Documents } from './documents';
import { alreadyShown } from './findingsDelay';
import { explanationOf } from './rules';
import { settingsFor } from './settings';
import { rangeOf } from './textEdits';

/** Name of this extension in the Problems panel. */
export const DIAGNOSTIC_SOURCE = 'vLLM VRAM';

const SEVERITIES: Readonly<Record<Severity, vscode.DiagnosticSeverity>> = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
  hint: vscode.DiagnosticSeverity.Hint,
};

/** Codes of what has no effect; the editor fades it. */
const UNNECESSARY: ReadonlySet<string> = new Set(['yaml-unknown-false', 'yaml-dup', 'suppression-unused']);
/** Codes of what newer versions no longer have; the editor strikes it out. */
const DEPRECATED: ReadonlySet<string> = new Set(['yaml-removed', 'quant-deprecated']);

/** A finding of one of a document's deployments. */
interface Shown {
  readonly analysis: Analysis;
  readonly finding: PlacedFinding;
  readonly code: string;
  readonly key: string | null;
}

/** Problems as squiggles: one that is gone disappears at the next key press, a new one waits for a pause. */
export class Diagnostics implements vscode.Disposable {
  private readonly collection = vscode.languages.createDiagnosticCollection('vllm-vram');
  private readonly shown = new Map<string, readonly Shown[]>();
  private readonly disposables: vscode.Disposable[];

  constructor(private readonly documents: Documents) {
    this.disposables = [
      documents.onDidType(({ document }) => this.afterKeyPress(document)),
      documents.onDidSettle((document) => void this.show(document)),
      documents.onDidClose((document) => this.clear(document)),
    ];
    for (const document of vscode.workspace.textDocuments) void this.show(document);
  }

  dispose(): void {
    vscode.Disposable.from(this.collection, ...this.disposables).dispose();
  }

  private async show(document: vscode.TextDocument): Promise<void> {
    const { version } = document;
    const wanted = settingsFor(document).diagnostics && canBeMended(document);
    const analyzed = wanted ? await this.documents.read(document) : undefined;
    // A key was pressed meanwhile: new problems wait for the next pause.
    if (document.version !== version) return;
    if (analyzed === undefined) this.clear(document);
    else this.publish(analyzed, found(analyzed));
  }

  private afterKeyPress(document: vscode.TextDocument): void {
    if ((this.shown.get(document.uri.toString()) ?? []).length === 0) return;
    if (this.documents.begin(document)) this.takeAway(document, this.documents.analysisOf(document));
    else void this.takeAwayOnceRead(document);
  }

  private async takeAwayOnceRead(document: vscode.TextDocument): Promise<void> {
    const { version } = document;
    const analyzed = await this.documents.read(document);
    // Whoever pressed the next key has asked for that version.
    if (document.version === version) this.takeAway(document, analyzed);
  }

  /** Shows of the problems shown those that are still there. */
  private takeAway(document: vscode.TextDocument, analyzed: DocumentAnalysis | undefined): void {
    if (analyzed === undefined) this.clear(document);
    else this.publish(analyzed, alreadyShown(this.shown.get(document.uri.toString()) ?? [], found(analyzed)));
  }

  private publish(analyzed: DocumentAnalysis, shown: readonly Shown[]): void {
    const { document } = analyzed;
    const key = document.uri.toString();
    if (shown.length === 0 && !this.shown.has(key)) return;
    this.shown.set(key, shown);
    this.collection.set(
      document.uri,
      shown.map((item) => this.diagnostic(document, item)),
    );
  }

  private clear(document: vscode.TextDocument): void {
    if (this.shown.delete(document.uri.toString())) this.collection.delete(document.uri);
  }

  private diagnostic(document: vscode.TextDocument, { analysis, finding }: Shown): vscode.Diagnostic {
    const said = finding.vllmMessage === null ? '' : `\n${vscode.l10n.t('vLLM says: {0}', finding.vllmMessage)}`;
    const diagnostic = new vscode.Diagnostic(rangeOf(document, finding), `${finding.message}${said}`, SEVERITIES[finding.severity]);
    diagnostic.source = DIAGNOSTIC_SOURCE;
    diagnostic.code = { value: finding.code, target: explanationOf(finding.code) };
    const related = analysis.deployment.arguments.filter(
      ({ name, effective }) => effective && name !== finding.key && finding.relatedKeys.includes(name),
    );
    diagnostic.relatedInformation = related.map(
      (argument) =>
        new vscode.DiagnosticRelatedInformation(
          new vscode.Location(document.uri, rangeOf(document, argument.range)),
          vscode.l10n.t('{0} takes part in this', argument.name),
        ),
    );
    if (UNNECESSARY.has(finding.code)) diagnostic.tags = [vscode.DiagnosticTag.Unnecessary];
    else if (DEPRECATED.has(finding.code)) diagnostic.tags = [vscode.DiagnosticTag.Deprecated];
    return diagnostic;
  }
}

function found(analyzed: DocumentAnalysis): readonly Shown[] {
  return analyzed.analyses.flatMap((analysis) =>
    analysis.findings.map((finding) => ({ analysis, finding, code: finding.code, key: finding.key })),
  );
}
