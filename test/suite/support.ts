import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { ExtensionApi } from '../../src/extension';

export const EXTENSION_ID = 'vllm-vram-planner.vllm-vram-planner';

/** Waits until `get` gives something other than undefined or false. */
export async function until<T>(
  what: string,
  get: () => T | undefined | false | PromiseLike<T | undefined | false>,
  timeoutMs = 15_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await get();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`timed out waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

export function fixture(name: string): vscode.Uri {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder, 'a workspace folder is open');
  return vscode.Uri.joinPath(folder.uri, name);
}

export async function open(name: string): Promise<vscode.TextEditor> {
  return vscode.window.showTextDocument(await vscode.workspace.openTextDocument(fixture(name)));
}

export async function extension(): Promise<ExtensionApi> {
  const found = vscode.extensions.getExtension<ExtensionApi>(EXTENSION_ID);
  assert.ok(found, 'the extension is known to the host');
  return found.activate();
}

/** Undoes every change to the workspace's files and closes all editors. */
export async function closeAll(): Promise<void> {
  const changed = vscode.workspace.textDocuments.filter(({ isDirty, languageId }) => isDirty && languageId === 'yaml');
  for (const document of changed) {
    await vscode.window.showTextDocument(document);
    await vscode.commands.executeCommand('workbench.action.files.revert');
    await until('the file as it was', () => !document.isDirty);
  }
  await vscode.commands.executeCommand('workbench.action.closeAllEditors');
}

/** Position of the first occurrence of a text. */
export function positionOf(document: vscode.TextDocument, text: string, plus = 1): vscode.Position {
  const at = document.getText().indexOf(text);
  assert.ok(at >= 0, `${text} stands in ${document.uri.path}`);
  return document.positionAt(at + plus);
}

export async function hoverText(document: vscode.TextDocument, at: vscode.Position): Promise<string> {
  const hovers = await vscode.commands.executeCommand<vscode.Hover[]>('vscode.executeHoverProvider', document.uri, at);
  return hovers
    .flatMap((hover) => hover.contents)
    .map((content) => (typeof content === 'string' ? content : content.value))
    .join('\n');
}

export async function lenses(document: vscode.TextDocument): Promise<vscode.CodeLens[]> {
  return vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', document.uri, 10);
}

/** Titles of the CodeLenses, one line each. */
export async function lensText(document: vscode.TextDocument): Promise<string> {
  return (await lenses(document)).map((lens) => lens.command?.title ?? '').join('\n');
}

export function problems(document: vscode.TextDocument): vscode.Diagnostic[] {
  return vscode.languages.getDiagnostics(document.uri).filter(({ source }) => source === 'vLLM VRAM');
}

export function codeOf(diagnostic: vscode.Diagnostic): string {
  return String(typeof diagnostic.code === 'object' ? diagnostic.code.value : diagnostic.code);
}

export async function actionsAt(document: vscode.TextDocument, range: vscode.Range): Promise<vscode.CodeAction[]> {
  const found = await vscode.commands.executeCommand<(vscode.CodeAction | vscode.Command)[]>(
    'vscode.executeCodeActionProvider',
    document.uri,
    range,
    undefined,
    50,
  );
  return found.filter((action): action is vscode.CodeAction => action instanceof vscode.CodeAction);
}

export async function apply(action: vscode.CodeAction): Promise<void> {
  if (action.edit !== undefined) assert.ok(await vscode.workspace.applyEdit(action.edit));
  const { command } = action;
  if (command !== undefined) await vscode.commands.executeCommand(command.command, ...((command.arguments ?? []) as unknown[]));
}

export async function setting(name: string, value: unknown): Promise<void> {
  await vscode.workspace.getConfiguration('vramPlanner').update(name, value, vscode.ConfigurationTarget.Workspace);
}
