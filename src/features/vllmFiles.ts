import * as vscode from 'vscode';
import { looksLikeVllm } from '../deployments/detect';
import type { Documents } from './documents';
import { log, reason } from './log';

/** Files looked into when a person asks for a list; a monorepo may hold tens of thousands. */
const MAX_FILES = 500;
/** Folders looked into where the editor cannot search. */
const MAX_FOLDERS = 2000;
/** Files read at a time. */
const BATCH = 20;
/** A configuration is a few kilobytes; larger YAML files are data. */
const MAX_BYTES = 512 * 1024;
const SKIPPED = ['node_modules', '.git', '.venv', 'venv', 'site-packages', 'dist', 'build'];

interface FileItem extends vscode.QuickPickItem {
  readonly uri: vscode.Uri;
}

/** Asks which file is meant: open ones first, then those of the workspace that look like vLLM's. */
export async function askForFile(documents: Documents): Promise<vscode.Uri | undefined> {
  const found = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: vscode.l10n.t('Looking for vLLM files'), cancellable: true },
    (_progress, token) => findVllmFiles(documents, token),
  );
  if (found.length === 0) return browse();
  const items = found.map((uri): FileItem => ({
    uri,
    label: uri.path.slice(uri.path.lastIndexOf('/') + 1),
    description: vscode.workspace.asRelativePath(uri),
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Estimate VRAM'),
    placeHolder: vscode.l10n.t('The vLLM file to estimate'),
    matchOnDescription: true,
  });
  return picked?.uri;
}

async function browse(): Promise<vscode.Uri | undefined> {
  const chosen = await vscode.window.showOpenDialog({
    title: vscode.l10n.t('No vLLM file was found here. Choose one'),
    filters: { YAML: ['yaml', 'yml'] },
  });
  return chosen?.[0];
}

async function findVllmFiles(documents: Documents, token: vscode.CancellationToken): Promise<readonly vscode.Uri[]> {
  const open = documents.open().map((document) => document.uri);
  const known = new Set(open.map(String));
  const candidates = (await yamlFiles(token)).filter((uri) => !known.has(uri.toString())).sort((a, b) => a.path.localeCompare(b.path));
  const found: vscode.Uri[] = [...open];
  for (let start = 0; start < candidates.length && !token.isCancellationRequested; start += BATCH) {
    const batch = candidates.slice(start, start + BATCH);
    const ours = await Promise.all(batch.map(isVllmFile));
    found.push(...batch.filter((_, index) => ours[index] === true));
  }
  return found;
}

/** The workspace's YAML files by the editor's search; where it cannot search (virtual workspaces, some servers), by listing folders. */
async function yamlFiles(token: vscode.CancellationToken): Promise<readonly vscode.Uri[]> {
  try {
    return await vscode.workspace.findFiles('**/*.{yaml,yml}', `**/{${SKIPPED.join(',')}}/**`, MAX_FILES, token);
  } catch (error) {
    log().debug(`The editor cannot search files here: ${reason(error)}`);
    return listYamlFiles(token);
  }
}

async function listYamlFiles(token: vscode.CancellationToken): Promise<readonly vscode.Uri[]> {
  const files: vscode.Uri[] = [];
  const folders = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri);
  for (let next = 0; next < Math.min(folders.length, MAX_FOLDERS) && files.length < MAX_FILES && !token.isCancellationRequested; next++) {
    const folder = folders[next];
    if (folder === undefined) break;
    const entries = await vscode.workspace.fs.readDirectory(folder).then(undefined, () => []);
    for (const [name, type] of entries) {
      // Links are not followed: they may lead in circles.
      if (type === vscode.FileType.Directory && !SKIPPED.includes(name)) folders.push(vscode.Uri.joinPath(folder, name));
      else if (type === vscode.FileType.File && /\.ya?ml$/i.test(name)) files.push(vscode.Uri.joinPath(folder, name));
    }
  }
  return files.slice(0, MAX_FILES);
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
