import * as os from 'node:os';
import * as vscode from 'vscode';
import type { Analysis } from '../analysis/analysis';
import type { CompletionItem } from '../analysis/completion';
import { cachedModelIds, cacheFolders } from '../models/caches';
import { loadCatalogue } from '../models/catalogueFile';
import { ModelFiles } from '../models/files';
import { simulateStartup } from '../vllm/startup/simulate';
import type { Documents } from './documents';
import type { Neighbours } from './neighbours';
import { rangeOf } from './textEdits';

/** Model ids offered at a time; typing narrows them. */
const MAX_MODELS = 40;

/** Facts that come later than this are not waited for: a list without effects is better than none. */
const PATIENCE_MS = 250;

const KINDS: Readonly<Record<CompletionItem['kind'], vscode.CompletionItemKind>> = {
  key: vscode.CompletionItemKind.Property,
  field: vscode.CompletionItemKind.Field,
  value: vscode.CompletionItemKind.Value,
  model: vscode.CompletionItemKind.Module,
};

/** Keys, values and fields, each with what it would do here. */
export class Completions implements vscode.CompletionItemProvider {
  /** A blank behind a colon asks for values. */
  static readonly triggerCharacters: readonly string[] = [' '];

  constructor(
    private readonly documents: Documents,
    private readonly neighbours: Neighbours,
  ) {}

  async provideCompletionItems(
    document: vscode.TextDocument,
    position: vscode.Position,
    token: vscode.CancellationToken,
  ): Promise<vscode.CompletionList | undefined> {
    if (!this.documents.isOurs(document)) return undefined;
    const facts = this.documents.settledAnalysisOf(document, token);
    const [{ complete }, catalogue, cached] = await Promise.all([import('./onDemand'), loadCatalogue(), modelsOnDisk()]);
    await Promise.race([facts, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
    if (token.isCancellationRequested) return undefined;
    const analyzed = await this.documents.read(document, token);
    const offset = document.offsetAt(position);
    const analysis = analyzed && deploymentAt(analyzed.analyses, offset);
    if (analyzed === undefined || analysis === undefined) return undefined;
    const items = complete({
      text: analyzed.text,
      offset,
      deployment: analysis.deployment,
      report: analysis.report,
      version: analysis.version,
      simulate: simulateStartup,
      modelIds: (typed) => withCached(typed, cached, catalogue.search(typed, MAX_MODELS)),
    });
    const described = this.neighbours.describes(document);
    const shown = items.filter((item) => !described || item.kind === 'model' || (item.kind === 'value' && item.effect !== null));
    // A search finds more models as more is typed; everything else is filtered by the editor.
    const isIncomplete = shown.some(({ kind }) => kind === 'model');
    return new vscode.CompletionList(
      shown.map((item) => completionItem(document, position, item)),
      isIncomplete,
    );
  }
}

/** Models in the cache of this machine; none until the workspace is trusted, since it may shape the environment. */
async function modelsOnDisk(): Promise<readonly string[]> {
  if (!vscode.workspace.isTrusted) return [];
  return cachedModelIds(new ModelFiles(null), cacheFolders(process.env, os.homedir())).catch(() => []);
}

/** What is on disk first: it needs no download. */
function withCached(typed: string, cached: readonly string[], known: readonly string[]): readonly string[] {
  const words = typed.toLowerCase().split(/\s+/);
  const local = cached.filter((id) => words.every((word) => id.toLowerCase().includes(word)));
  return [...new Set([...local, ...known])].slice(0, MAX_MODELS);
}

function deploymentAt(analyses: readonly Analysis[], offset: number): Analysis | undefined {
  return analyses.find(({ deployment: { range } }) => range.start <= offset && offset <= range.end) ?? analyses.at(-1);
}

function completionItem(document: vscode.TextDocument, position: vscode.Position, item: CompletionItem): vscode.CompletionItem {
  // What a value is stands in its row; of a key, only what it would do.
  const description = [item.effect ?? '', item.kind === 'value' ? item.detail : ''].filter((part) => part !== '').join(', ');
  const made = new vscode.CompletionItem(description === '' ? item.label : { label: item.label, description }, KINDS[item.kind]);
  const replacing = rangeOf(document, item.range);
  made.range = { inserting: new vscode.Range(replacing.start, position), replacing };
  made.insertText = item.insertText;
  made.detail = item.detail;
  if (item.documentation !== '') made.documentation = new vscode.MarkdownString(item.documentation);
  made.sortText = item.sortText;
  if (item.insertText.endsWith(' ')) made.command = { command: 'editor.action.triggerSuggest', title: vscode.l10n.t('Suggest values') };
  return made;
}
