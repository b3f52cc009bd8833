import * as vscode from 'vscode';
import { looksLikeVllm } from '../deployments/detect';
import type { Documents } from './documents';

/** Files looked into when a person asks for a list; a monorepo may hold tens of thousands. */
const MAX_FILES = 500;
/** Files read at a time. */
const BATCH = 20;
/** A configuration is a few kilobytes; larger YAML files are data. */
const MAX_BYTES = 512 * 1024;
const EXCLUDED = '**/{node_modules,.git,.venv,venv,site-packages,dist,build}/**';

/** Asks which file is meant: open ones first, then those of the workspace that look like vLLM's. */
export async function askForFile(documents: Documents): Promise<vscode.Uri | undefined> {
  const source = new vscode.CancellationTokenSource();
  const items = findFiles(documents, source.token).then((uris) =>
    uris.map((uri): vscode.QuickPickItem & { readonly uri: vscode.Uri } => ({
      uri,
      label: uri.path.slice(uri.path.lastIndexOf('/') + 1),
      description: vscode.workspace.asRelativePath(uri),
    })),
  );
  try {
    const found = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Window, title: vscode.l10n.t('Looking for vLLM files') },
      () => items,
    );
    if (found.length === 0) return await browse();
    const picked = await vscode.window.showQuickPick(found, {
      title: vscode.l10n.t('Estimate VRAM'),
      placeHolder: vscode.l10n.t('The vLLM file to estimate'),
      matchOnDescription: true,
    });
    return picked?.uri;
  } finally {
    source.cancel();
    source.dispose();
  }
}

async function browse(): Promise<vscode.Uri | undefined> {
  const chosen = await vscode.window.showOpenDialog({
    title: vscode.l10n.t('No vLLM file was found here. Choose one'),
    filters: { YAML: ['yaml', 'yml'] },
  });
  return chosen?.[0];
}

async function findFiles(documents: Documents, token: vscode.CancellationToken): Promise<readonly vscode.Uri[]> {
  const open = documents.open().map((document) => document.uri);
  const known = new Set(open.map(String));
  const candidates = await vscode.workspace.findFiles('**/*.{yaml,yml}', EXCLUDED, MAX_FILES, token);
  const rest = candidates.filter((uri) => !known.has(uri.toString())).sort((a, b) => a.path.localeCompare(b.path));
  const found: vscode.Uri[] = [...open];
  for (let start = 0; start < rest.length && !token.isCancellationRequested; start += BATCH) {
    const batch = rest.slice(start, start + BATCH);
    const ours = await Promise.all(batch.map(isVllmFile));
    found.push(...batch.filter((_, i) => ours[i] === true));
  }
  return found;
}

async function isVllmFile(uri: vscode.Uri): Promise<boolean> {
  try {
    const { size } = await vscode.workspace.fs.stat(uri);
    if (size > MAX_BYTES) return false;
    const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
    return looksLikeVllm(vscode.workspace.asRelativePath(uri), text);
  } catch {
    // A file that cannot be read, or was deleted since it was listed, is none to offer.
    return false;
  }
}
