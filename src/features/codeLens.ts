import * as vscode from 'vscode';
import type { Analysis } from '../analysis/analysis';
import { verdict } from '../report/verdict';
import { gpuName } from '../report/words';
import type { DocumentAnalysis, Documents } from './documents';
import { settingsFor } from './settings';

/** Icons of the verdict's level, by their names in the editor's icon font. */
export const ICONS = { ok: '$(pass)', warning: '$(warning)', error: '$(error)', unknown: '$(question)' } as const;

/** Longest refusal above a line, characters: the lenses after it must stay on the screen. The tooltip has the whole. */
const LONGEST = 124;

/** Words of a card's name that nobody needs to recognise it. */
const VENDOR = /NVIDIA (?:GeForce )?/g;

/**
 * The verdict above each deployment. The number of lenses does not change while figures are recomputed, and the last good answer
 * stays until the next one is there, so that the text below never jumps.
 */
export class CodeLenses implements vscode.CodeLensProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly disposables: vscode.Disposable[];
  private readonly lastGood = new Map<string, readonly Analysis[]>();
  readonly onDidChangeCodeLenses = this.changed.event;

  constructor(private readonly documents: Documents) {
    this.disposables = [
      documents.onDidSettle(() => this.changed.fire()),
      documents.onDidClose((document) => this.lastGood.delete(document.uri.toString())),
    ];
  }

  async provideCodeLenses(document: vscode.TextDocument, token: vscode.CancellationToken): Promise<vscode.CodeLens[]> {
    const analyzed = settingsFor(document).codeLens ? await this.documents.read(document, token) : undefined;
    if (analyzed === undefined) return [];
    const shown = this.toShow(analyzed);
    return analyzed.analyses.flatMap((analysis, index) => this.lensesOf(analyzed, shown[index] ?? analysis, index));
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables, this.changed).dispose();
  }

  private toShow(analyzed: DocumentAnalysis): readonly Analysis[] {
    const key = analyzed.document.uri.toString();
    const last = this.lastGood.get(key);
    if (analyzed.pending) return last?.length === analyzed.analyses.length ? last : analyzed.analyses;
    this.lastGood.set(key, analyzed.analyses);
    return analyzed.analyses;
  }

  private lensesOf({ document, analyses, pending }: DocumentAnalysis, analysis: Analysis, index: number): vscode.CodeLens[] {
    const own = analyses[index] ?? analysis;
    // A flat file is one deployment: its verdict stands on top, above any comment.
    const line = analyses.length === 1 ? 0 : document.positionAt(own.deployment.range.start).line;
    const range = new vscode.Range(line, 0, line, 0);
    const uri = document.uri.toString();
    const { level, line: whole, brief } = verdict(analysis);
    const title =
      pending && analysis.facts === null
        ? vscode.l10n.t('{0} Looking up the model', '$(loading~spin)\u00a0')
        : // The editor swallows a plain blank between an icon and the text.
          `${ICONS[level]}\u00a0 ${shortened(brief.replace(VENDOR, ''))}`;
    return [
      new vscode.CodeLens(range, {
        title,
        tooltip: vscode.l10n.t('{0}\nOpen the report: where the memory goes, and what was assumed', whole),
        command: 'vramPlanner.estimate',
        arguments: [document.uri],
      }),
      new vscode.CodeLens(range, {
        title: gpuTitle(analysis),
        tooltip: gpuTooltip(analysis),
        command: 'vramPlanner.chooseGpu',
        arguments: [{ uri }],
      }),
      ...waysOn(document.uri, analysis, !pending && own.deployment.args.has('model')).map((command) => new vscode.CodeLens(range, command)),
    ];
  }
}

/** A model that nobody knows needs its config; one that is only guessed can do with it. */
function waysOn(uri: vscode.Uri, { facts }: Analysis, namesModel: boolean): readonly vscode.Command[] {
  if (facts === null) return [namesModel ? CHOOSE_CONFIG : planner(uri)];
  return facts.confidence === 'guessed' ? [CHOOSE_CONFIG, planner(uri)] : [planner(uri)];
}

/** The way out where nobody knows the model. */
const CHOOSE_CONFIG: vscode.Command = {
  title: vscode.l10n.t('Choose config.json'),
  tooltip: vscode.l10n.t("Point to the model's config.json on this machine"),
  command: 'vramPlanner.chooseModelConfig',
};

function planner(uri: vscode.Uri): vscode.Command {
  return {
    title: vscode.l10n.t('Open planner'),
    tooltip: vscode.l10n.t('Try other settings beside the file'),
    command: 'vramPlanner.openPlanner',
    arguments: [uri],
  };
}

function gpuTitle({ gpu }: Analysis): string {
  return gpu === null ? vscode.l10n.t('Choose GPU') : vscode.l10n.t('GPU: {0}', gpuName(gpu).replace(VENDOR, ''));
}

function gpuTooltip({ gpu, gpuProblem }: Analysis): string {
  if (gpuProblem !== null) return gpuProblem;
  return gpu === null
    ? vscode.l10n.t('Name the GPU in this file or in the settings')
    : vscode.l10n.t('Choose another GPU, and where to write it: in this file or in the settings');
}

/** Cut between words. */
function shortened(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, text.lastIndexOf(' ', LONGEST))} …`;
}
