import * as os from 'node:os';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Deployment } from '../deployments/deployment';
import { cacheFolders } from '../models/caches';
import { loadCatalogue } from '../models/catalogueFile';
import { isJsonObject } from '../models/config/fields';
import type { JsonObject } from '../models/config/fields';
import type { HubSource } from '../models/hub';
import type { ModelContext } from '../models/resolve';
import type { Settings } from './settings';

/** What the facts of one model depend on, as plain data: equal requests have equal answers until something on disk changes. */
export interface ModelRequest {
  /** As the deployment names it. */
  readonly id: string;
  /** Path of its config.json, when a person chose one; null otherwise. */
  readonly chosenConfig: string | null;
  /** Its config as the setting describes it in place; null otherwise. */
  readonly describedConfig: JsonObject | null;
  readonly revision: string | null;
  /** Folders that relative paths start from, nearest first; none in a virtual workspace. */
  readonly baseFolders: readonly string[];
  /** Folders of the workspace, to which reading is limited until it is trusted; null when it is. */
  readonly allowedRoots: readonly string[] | null;
  readonly mayFetch: boolean;
}

/** The request for the model an id names in a document. */
export function requestFor(id: string, deployment: Pick<Deployment, 'args'>, uri: vscode.Uri, settings: Settings): ModelRequest {
  const roots = (vscode.workspace.workspaceFolders ?? []).map((folder) => folder.uri).filter(isOnDisk);
  const own = isOnDisk(uri) ? [path.dirname(uri.fsPath)] : [];
  const base = vscode.workspace.getWorkspaceFolder(uri)?.uri ?? uri;
  const chosen = settings.modelConfigs[id];
  const revision = deployment.args.get('revision');
  return {
    id,
    chosenConfig: typeof chosen === 'string' && isOnDisk(base) ? path.resolve(base.fsPath, chosen) : null,
    describedConfig: isJsonObject(chosen) ? chosen : null,
    revision: typeof revision === 'string' ? revision : null,
    baseFolders: [...new Set([...own, ...roots.map((root) => root.fsPath)])],
    allowedRoots: vscode.workspace.isTrusted ? null : roots.map((root) => root.fsPath),
    mayFetch: vscode.workspace.isTrusted && settings.hubEnabled,
  };
}

/** Files of a virtual workspace have no path that this machine could read. */
function isOnDisk(uri: vscode.Uri): boolean {
  return uri.scheme === 'file';
}

/** What the resolution of a request may use. */
export function contextFor(
  request: ModelRequest,
  hub: HubSource | null,
  manual: ModelContext['manual'],
  signal: AbortSignal,
): ModelContext {
  const trusted = request.allowedRoots === null;
  return {
    baseFolders: request.baseFolders,
    allowedRoots: request.allowedRoots,
    caches: trusted ? cacheFolders(process.env, os.homedir()) : null,
    hub,
    mayFetch: request.mayFetch,
    catalogue: loadCatalogue,
    manual,
    revision: request.revision,
    signal,
  };
}
