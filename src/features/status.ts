import * as vscode from 'vscode';
import { verdict } from '../report/verdict';
import type { ActiveFile } from './activeFile';
import { ICONS } from './codeLens';
import type { DocumentAnalysis } from './documents';
import { settingsFor } from './settings';

/** A slower analysis than this is worth knowing about. */
const SLOW_MS = 500;

/** The verdict in the status bar and in the language status while a vLLM file is active; nothing otherwise. */
export class Status implements vscode.Disposable {
  private readonly listener: vscode.Disposable;
  private item: vscode.StatusBarItem | undefined;
  private language: vscode.LanguageStatusItem | undefined;

  constructor(activeFile: ActiveFile) {
    this.listener = activeFile.onDidChange((analyzed) => this.show(analyzed));
    this.show(activeFile.current());
  }

  dispose(): void {
    this.listener.dispose();
    this.hide();
  }

  private show(analyzed: DocumentAnalysis | undefined): void {
    const [analysis] = analyzed?.analyses ?? [];
    if (analyzed === undefined || analysis === undefined) {
      this.hide();
      return;
    }
    const { level, short, line } = verdict(analysis);
    this.showItem(analyzed, `${ICONS[level]} ${short}`, line);
    this.showLanguageStatus(analyzed, level, line);
  }

  private showItem(analyzed: DocumentAnalysis, text: string, tooltip: string): void {
    if (!settingsFor(analyzed.document).statusBar) {
      this.item?.dispose();
      this.item = undefined;
      return;
    }
    if (this.item === undefined) {
      this.item = vscode.window.createStatusBarItem('verdict', vscode.StatusBarAlignment.Right, 100);
      this.item.name = vscode.l10n.t('vLLM VRAM');
    }
    this.item.text = text;
    this.item.tooltip = tooltip;
    this.item.accessibilityInformation = { label: vscode.l10n.t('vLLM VRAM: {0}', tooltip), role: 'button' };
    this.item.command = { command: 'vramPlanner.estimate', title: vscode.l10n.t('Estimate VRAM'), arguments: [analyzed.document.uri] };
    this.item.show();
  }

  private showLanguageStatus(analyzed: DocumentAnalysis, level: keyof typeof ICONS, line: string): void {
    const [analysis] = analyzed.analyses;
    this.language ??= vscode.languages.createLanguageStatusItem('vramPlanner.verdict', { language: 'yaml' });
    this.language.name = vscode.l10n.t('vLLM VRAM');
    this.language.text = line;
    this.language.busy = analyzed.pending;
    this.language.severity =
      level === 'error'
        ? vscode.LanguageStatusSeverity.Error
        : level === 'warning'
          ? vscode.LanguageStatusSeverity.Warning
          : vscode.LanguageStatusSeverity.Information;
    const version = vscode.l10n.t('vLLM {0}', analysis?.version ?? '');
    this.language.detail = analyzed.tookMs > SLOW_MS ? vscode.l10n.t('{0} · took {1} ms', version, Math.round(analyzed.tookMs)) : version;
    this.language.command = { command: 'vramPlanner.showLog', title: vscode.l10n.t('Show log') };
  }

  private hide(): void {
    this.item?.dispose();
    this.item = undefined;
    this.language?.dispose();
    this.language = undefined;
  }
}
