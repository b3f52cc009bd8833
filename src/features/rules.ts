import * as vscode from 'vscode';
import { ruleInfo } from '../vllm/rules/catalogue';
import { settingsFor, writeSetting } from './settings';

/** Commands behind links and quick fixes; not in the palette, since they need a rule. */
export const DISABLE_RULE = 'vramPlanner.disableRule';
export const EXPLAIN_RULE = 'vramPlanner.explainRule';

/** Turns rules off and explains them. Codes come from links, so each is looked up before it is used. */
export function registerRuleCommands(extension: vscode.Uri): vscode.Disposable {
  const documentation = vscode.Uri.joinPath(extension, 'docs', 'rules.md');
  return vscode.Disposable.from(
    vscode.commands.registerCommand(DISABLE_RULE, async (code: unknown, uri: unknown) => {
      if (typeof code !== 'string' || ruleInfo(code) === null) return;
      const scope = typeof uri === 'string' ? vscode.Uri.parse(uri) : undefined;
      await writeSetting('rules', { ...settingsFor(scope).rules, [code]: 'off' }, scope);
    }),
    vscode.commands.registerCommand(EXPLAIN_RULE, async (code: unknown) => {
      if (typeof code !== 'string' || ruleInfo(code) === null) return;
      await vscode.commands.executeCommand('markdown.showPreviewToSide', documentation.with({ fragment: code.toLowerCase() }));
    }),
  );
}

/** A link that explains a rule. */
export function explanationOf(code: string): vscode.Uri {
  return vscode.Uri.parse(`command:${EXPLAIN_RULE}?${encodeURIComponent(JSON.stringify([code]))}`);
}
