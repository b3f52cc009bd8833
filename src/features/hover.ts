import * as vscode from 'vscode';
import type { Analysis } from '../analysis/analysis';
import type { DeploymentArgument, TextRange } from '../deployments/deployment';
import { hoverMarkdown } from '../report/hover';
import type { DocumentAnalysis, Documents } from './documents';
import type { Neighbours } from './neighbours';
import { rangeOf } from './textEdits';

/** The only commands a link in our Markdown can run. */
const LINKED_COMMANDS = [
  'vramPlanner.openPlanner',
  'vramPlanner.estimate',
  'vramPlanner.chooseGpu',
  'vramPlanner.chooseModelConfig',
  'vramPlanner.fetchModelFacts',
];

/** What a key means here, in numbers. */
export class Hovers implements vscode.HoverProvider {
  constructor(
    private readonly documents: Documents,
    private readonly neighbours: Neighbours,
  ) {}

  async provideHover(
    document: vscode.TextDocument,
    position: vscode.Position,
    token: vscode.CancellationToken,
  ): Promise<vscode.Hover | undefined> {
    const at = document.offsetAt(position);
    const { version } = document;
    const found = hitIn(await this.documents.read(document, token), at);
    if (found === undefined) return undefined;
    const analyzed = await this.documents.settledAnalysisOf(document, token);
    const hit = hitIn(analyzed, at);
    if (analyzed === undefined || hit === undefined || analyzed.version !== version) return undefined;
    const { analysis, argument, range } = hit;
    const described = this.neighbours.describes(document);
    const wordRange = document.getWordRangeAtPosition(position, /[\w-]+/);
    const word = wordRange && range === argument.valueRange ? document.getText(wordRange) : '';
    const options = { withoutDescription: described, word, links: links(document) };
    const text = new vscode.MarkdownString(hoverMarkdown(analysis, argument, options));
    text.isTrusted = { enabledCommands: LINKED_COMMANDS };
    return new vscode.Hover(text, rangeOf(document, range));
  }
}

interface Hit {
  readonly analysis: Analysis;
  readonly argument: DeploymentArgument;
  readonly range: TextRange;
}

/** The argument whose key or value is at an offset. */
function hitIn(analyzed: DocumentAnalysis | undefined, at: number): Hit | undefined {
  for (const analysis of analyzed?.analyses ?? []) {
    for (const argument of analysis.deployment.arguments) {
      const range = [argument.keyRange, argument.valueRange].find(
        (candidate) => candidate !== null && candidate.start <= at && at <= candidate.end,
      );
      if (range !== undefined && range !== null) return { analysis, argument, range };
    }
  }
  return undefined;
}

function links(document: vscode.TextDocument): string {
  const parameters = encodeURIComponent(JSON.stringify([document.uri.toString()]));
  return [
    `[${vscode.l10n.t('Full report')}](command:vramPlanner.estimate?${parameters})`,
    `[${vscode.l10n.t('Open planner')}](command:vramPlanner.openPlanner?${parameters})`,
  ].join(' · ');
}
