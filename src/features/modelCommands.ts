import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Analysis } from '../analysis/analysis';
import { modelFactsMarkdown } from '../report/modelFacts';
import type { DocumentAnalysis, Documents } from './documents';
import type { HubAccess } from './hubAccess';
import { log } from './log';
import { requestFor } from './modelContext';
import type { Models } from './models';
import type { ReadonlyDocuments } from './readonlyDocuments';
import { settingsFor, writeSetting } from './settings';

/** The deployment a model command is about. */
interface Named {
  readonly analysis: Analysis;
  readonly document: vscode.TextDocument;
  readonly id: string;
}

/** The model that a vLLM file names; tells the person when there is none. */
function namedModel(analyzed: DocumentAnalysis | undefined): Named | null {
  for (const analysis of analyzed?.analyses ?? []) {
    const id = analysis.deployment.args.get('model');
    if (typeof id === 'string' && id.trim() !== '' && analyzed !== undefined)
      return { analysis, document: analyzed.document, id: id.trim() };
  }
  void vscode.window.showInformationMessage(vscode.l10n.t('Open a vLLM file that names a model first.'));
  return null;
}

/** Asks for the config.json of the model that the active file names, and remembers where it lies. */
export async function chooseModelConfig(analyzed: DocumentAnalysis | undefined): Promise<void> {
  const named = namedModel(analyzed);
  if (named === null) return;
  const folder = vscode.workspace.getWorkspaceFolder(named.document.uri)?.uri;
  const chosen = await vscode.window.showOpenDialog({
    title: vscode.l10n.t('config.json of {0}', named.id),
    filters: { JSON: ['json'] },
    ...(folder === undefined ? {} : { defaultUri: folder }),
  });
  const [file] = chosen ?? [];
  if (file === undefined) return;
  await useModelConfig(named.id, file, folder);
}

/** Remembers a file as a model's config.json: relative to the workspace folder where it lies in it, so that others can use the setting. */
async function useModelConfig(id: string, file: vscode.Uri, folder: vscode.Uri | undefined): Promise<void> {
  const relative = folder === undefined ? '..' : path.relative(folder.fsPath, file.fsPath);
  const outside = relative.startsWith('..') || path.isAbsolute(relative);
  const known = settingsFor(folder).modelConfigs;
  await writeSetting('modelConfigs', { ...known, [id]: outside ? file.fsPath : relative.split(path.sep).join('/') }, folder);
}

/** Opens a readable page of what is known about the model that the active file names. */
export async function showModelFacts(
  analyzed: DocumentAnalysis | undefined,
  documents: Documents,
  pages: ReadonlyDocuments,
): Promise<void> {
  const named = namedModel(analyzed);
  if (named === null) return;
  const settled = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: vscode.l10n.t('Looking up {0}', named.id), cancellable: true },
    (_progress, token) => documents.settledAnalysisOf(named.document, token),
  );
  const analysis = settled?.analyses.find(({ deployment }) => deployment.range.start === named.analysis.deployment.range.start);
  if (analysis === undefined) return;
  if (analysis.facts !== null) await pages.show(vscode.l10n.t('Facts of {0}', named.id), modelFactsMarkdown(analysis.facts));
  else void vscode.window.showInformationMessage(analysis.modelProblem?.message ?? vscode.l10n.t('Nothing is known of {0}.', named.id));
}

/** Asks the Hub about the model that the active file names: the one moment at which the network is used without the setting. */
export async function fetchModelFacts(analyzed: DocumentAnalysis | undefined, hubAccess: HubAccess, models: Models): Promise<void> {
  const named = namedModel(analyzed);
  if (named === null) return;
  const hub = hubAccess.hub();
  if (hub === null) {
    void vscode.window.showInformationMessage(vscode.l10n.t('The Hugging Face Hub is asked in trusted workspaces only.'));
    return;
  }
  const { revision } = requestFor(named.id, named.analysis.deployment, named.document.uri, settingsFor(named.document));
  const abort = new AbortController();
  const answer = await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: vscode.l10n.t('Asking the Hugging Face Hub about {0}', named.id),
      cancellable: true,
    },
    (_progress, token) => {
      token.onCancellationRequested(() => abort.abort());
      return hub.fetch(named.id, revision, abort.signal).catch(() => null);
    },
  );
  if (answer === null) return;
  if ('facts' in answer) {
    log().info(`Facts of ${named.id} from ${answer.facts.origin}`);
    models.reload();
    return;
  }
  log().warn(answer.problem);
  const setToken = vscode.l10n.t('Set access token');
  const choose = vscode.l10n.t('Choose config.json');
  const wanted = await vscode.window.showWarningMessage(answer.problem, setToken, choose);
  if (wanted === setToken) await hubAccess.askForToken();
  else if (wanted === choose) await chooseModelConfig(analyzed);
}
