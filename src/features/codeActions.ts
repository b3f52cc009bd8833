import * as vscode from 'vscode';
import type { Analysis, PlacedFinding } from '../analysis/analysis';
import { worldSize } from '../analysis/gpu';
import { withEdits } from '../analysis/scenario';
import { disableForLine } from '../analysis/suppressions';
import { editsFor, type TextEdit } from '../deployments/edits';
import type { Fix } from '../vllm/findings';
import { ruleInfo } from '../vllm/rules/catalogue';
import { countEdit } from './directiveEdits';
import { DIAGNOSTIC_SOURCE } from './diagnostics';
import type { DocumentAnalysis, Documents } from './documents';
import { log } from './log';
import { DISABLE_RULE, EXPLAIN_RULE } from './rules';
import { rangeOf, workspaceEdit } from './textEdits';

const FIX_ALL = vscode.CodeActionKind.SourceFixAll.append('vramPlanner');

/** An action whose edit is made when it is chosen, from the analysis it was offered for. */
class FixAction extends vscode.CodeAction {
  constructor(
    title: string,
    kind: vscode.CodeActionKind,
    readonly analyzed: DocumentAnalysis,
    readonly fixes: readonly { readonly analysis: Analysis; readonly fix: Fix }[],
  ) {
    super(title, kind);
  }
}

/** Quick fixes for the problems under the cursor; their edits touch nothing else. */
export class CodeActions implements vscode.CodeActionProvider<vscode.CodeAction> {
  static readonly metadata: vscode.CodeActionProviderMetadata = {
    providedCodeActionKinds: [vscode.CodeActionKind.QuickFix, FIX_ALL],
  };

  constructor(private readonly documents: Documents) {}

  async provideCodeActions(
    document: vscode.TextDocument,
    range: vscode.Range,
    context: vscode.CodeActionContext,
    token: vscode.CancellationToken,
  ): Promise<vscode.CodeAction[]> {
    const { version } = document;
    const analyzed = await this.documents.read(document, token);
    // A range of an earlier version says nothing about this one.
    if (analyzed === undefined || analyzed.version !== version) return [];
    const actions: vscode.CodeAction[] = [];
    if (wants(context, vscode.CodeActionKind.QuickFix)) actions.push(...quickFixes(analyzed, range, context));
    if (wants(context, FIX_ALL)) actions.push(...fixAll(analyzed));
    return actions;
  }

  resolveCodeAction(action: vscode.CodeAction): vscode.CodeAction {
    if (!(action instanceof FixAction)) return action;
    const { analyzed } = action;
    const edits = apart(action.fixes.flatMap(({ analysis, fix }) => editsOf(analyzed.text, analysis, fix)));
    const edit = workspaceEdit(analyzed, edits);
    if (edit === null) log().info(`Not applied, because the file changed meanwhile: ${action.title}`);
    else action.edit = edit;
    return action;
  }
}

/** Of edits that overlap, the first. */
function apart(edits: readonly TextEdit[]): readonly TextEdit[] {
  return edits.filter((edit, index) => !edits.slice(0, index).some((before) => before.start < edit.end && edit.start < before.end));
}

/** A fix that needs more GPUs than the file's directive states says so there as well: otherwise vLLM would lack them. */
function editsOf(text: string, { deployment, gpu }: Analysis, fix: Fix): readonly TextEdit[] {
  const edits = editsFor(text, deployment, fix);
  const needed = worldSize(withEdits(deployment.args, { set: fix.edits, remove: fix.remove }));
  const count = gpu?.source === 'directive' && needed > gpu.count ? countEdit(text, deployment, needed) : null;
  return count === null ? edits : [...edits, count];
}

function wants(context: vscode.CodeActionContext, kind: vscode.CodeActionKind): boolean {
  return context.only === undefined || context.only.intersects(kind);
}

function quickFixes(analyzed: DocumentAnalysis, range: vscode.Range, context: vscode.CodeActionContext): vscode.CodeAction[] {
  const actions: vscode.CodeAction[] = [];
  for (const { analysis, finding } of findingsAt(analyzed, range)) {
    const diagnostics = context.diagnostics.filter((diagnostic) => isOf(diagnostic, finding));
    for (const fix of finding.fixes) {
      const action = new FixAction(fix.title, vscode.CodeActionKind.QuickFix, analyzed, [{ analysis, fix }]);
      action.diagnostics = diagnostics;
      action.isPreferred = fix.preferred;
      actions.push(action);
    }
    if (finding.code === 'model-unknown') actions.push(...modelActions(diagnostics));
    actions.push(...disableActions(analyzed, finding, diagnostics));
  }
  return actions;
}

/** Ways to tell what nobody knows about a model. */
function modelActions(diagnostics: vscode.Diagnostic[]): vscode.CodeAction[] {
  const ways: readonly (readonly [string, string])[] = [
    [vscode.l10n.t('Choose config.json of this model'), 'vramPlanner.chooseModelConfig'],
    [vscode.l10n.t('Fetch model facts from the Hugging Face Hub'), 'vramPlanner.fetchModelFacts'],
  ];
  return ways.map(([title, command]) => {
    const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
    action.command = { title, command };
    action.diagnostics = diagnostics;
    return action;
  });
}

/** Ways to turn a rule off: by a comment above the line, or by the workspace's settings. */
function disableActions(analyzed: DocumentAnalysis, finding: PlacedFinding, diagnostics: vscode.Diagnostic[]): vscode.CodeAction[] {
  const line = new vscode.CodeAction(vscode.l10n.t('Disable {0} for this line', finding.code), vscode.CodeActionKind.QuickFix);
  const edit = workspaceEdit(analyzed, [disableForLine(analyzed.text, finding)]);
  if (edit !== null) line.edit = edit;
  const workspace = new vscode.CodeAction(vscode.l10n.t('Disable {0} in the workspace', finding.code), vscode.CodeActionKind.QuickFix);
  workspace.command = { command: DISABLE_RULE, title: workspace.title, arguments: [finding.code, analyzed.document.uri.toString()] };
  const explain = new vscode.CodeAction(vscode.l10n.t('Explain {0}', finding.code), vscode.CodeActionKind.QuickFix);
  explain.command = { command: EXPLAIN_RULE, title: explain.title, arguments: [finding.code] };
  const actions = edit === null ? [workspace, explain] : [line, workspace, explain];
  for (const action of actions) action.diagnostics = diagnostics;
  return actions;
}

function findingsAt(analyzed: DocumentAnalysis, range: vscode.Range): { readonly analysis: Analysis; readonly finding: PlacedFinding }[] {
  return analyzed.analyses.flatMap((analysis) =>
    analysis.findings
      .filter((finding) => rangeOf(analyzed.document, finding).intersection(range) !== undefined)
      .map((finding) => ({ analysis, finding })),
  );
}

function isOf(diagnostic: vscode.Diagnostic, finding: PlacedFinding): boolean {
  const code = typeof diagnostic.code === 'object' ? diagnostic.code.value : diagnostic.code;
  return diagnostic.source === DIAGNOSTIC_SOURCE && code === finding.code;
}

/** The mechanical fixes that are clearly right, in one edit; of several that write one key, the first. How to spend memory is a choice. */
function fixAll(analyzed: DocumentAnalysis): vscode.CodeAction[] {
  const fixes: { analysis: Analysis; fix: Fix }[] = [];
  for (const analysis of analyzed.analyses) {
    const taken = new Set<string>();
    for (const finding of analysis.findings) {
      const fix = finding.fixes.find(({ preferred }) => preferred);
      if (fix === undefined || ruleInfo(finding.code)?.basis === 'startup') continue;
      const keys = [...Object.keys(fix.edits), ...fix.remove, ...Object.entries(fix.rename ?? {}).flat()];
      if (keys.some((key) => taken.has(key))) continue;
      for (const key of keys) taken.add(key);
      fixes.push({ analysis, fix });
    }
  }
  if (fixes.length === 0) return [];
  return [new FixAction(vscode.l10n.t('Fix all problems that vLLM would stumble over'), FIX_ALL, analyzed, fixes)];
}
