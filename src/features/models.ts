import * as vscode from 'vscode';
import { draftModelOf } from '../analysis/drafting';
import type { Deployment } from '../deployments/deployment';
import type { JsonObject } from '../models/config/fields';
import { resolveModel } from '../models/resolve';
import type { ModelAnswer } from '../models/source';
import { FolderWatch } from './folderWatch';
import type { HubAccess } from './hubAccess';
import { contextFor, requestFor, type ModelRequest } from './modelContext';
import { ModelLookup } from './modelLookup';
import { settingsFor } from './settings';

/** Model facts for the deployments of this window: asked for once, kept until something that they were read from changes. */
export class Models implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly lookup: ModelLookup<ModelRequest>;
  private readonly watch = new FolderWatch();
  private readonly disposables: vscode.Disposable[];
  readonly onDidChange = this.changed.event;

  constructor(private readonly hubAccess: HubAccess) {
    this.lookup = new ModelLookup(
      (request, signal) => this.resolve(request, signal),
      (request) => JSON.stringify(request),
      () => this.changed.fire(),
    );
    this.disposables = [this.watch.onDidChange(() => this.reload()), hubAccess.onDidChange(() => this.reload())];
  }

  /** The facts known now; undefined while they are being looked up. */
  peek(document: vscode.TextDocument, deployment: Deployment): ModelAnswer | undefined {
    const request = mainRequest(document, deployment);
    if (request !== null) return this.lookup.peek(request);
    return { problem: { message: unnamed(deployment) } };
  }

  /** As `peek`, for the draft model of speculative decoding; null where there is none. */
  peekDraft(document: vscode.TextDocument, deployment: Deployment): ModelAnswer | undefined {
    const request = draftRequest(document, deployment);
    return request === null ? null : this.lookup.peek(request);
  }

  /** Settles when the facts of a deployment's models are known, or known to be missing. */
  async settled(document: vscode.TextDocument, deployment: Deployment): Promise<void> {
    const requests = [mainRequest(document, deployment), draftRequest(document, deployment)];
    await Promise.all(requests.map((request) => (request === null ? undefined : this.lookup.settled(request))));
  }

  /** The facts of a model that no document names, looked up anew. */
  find(id: string, signal: AbortSignal): Promise<ModelAnswer> {
    const scope = vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.from({ scheme: 'untitled', path: '/' });
    return this.resolve(requestFor(id, { args: new Map() }, scope, settingsFor(scope)), signal);
  }

  /** Forgets every answer, without telling anybody. */
  refresh(): void {
    this.lookup.clear();
    this.watch.clear();
  }

  /** Forgets every answer and has them looked up again. */
  reload(): void {
    this.refresh();
    this.changed.fire();
  }

  dispose(): void {
    this.lookup.clear();
    vscode.Disposable.from(...this.disposables, this.watch, this.changed).dispose();
  }

  private async resolve(request: ModelRequest, signal: AbortSignal): Promise<ModelAnswer> {
    const models = settingsFor(undefined).models as JsonObject;
    const manual = request.describedConfig === null ? models : { ...models, [request.id]: request.describedConfig };
    const answer = await resolveModel(request.chosenConfig ?? request.id, contextFor(request, this.hubAccess.hub(), manual, signal));
    if (answer?.dependsOn !== undefined) this.watch.watch(answer.dependsOn);
    return answer !== null && 'facts' in answer ? { ...answer, facts: { ...answer.facts, id: request.id } } : answer;
  }
}

/** Why a deployment leads to no model. */
function unnamed({ args, arguments: written }: Deployment): string {
  if (args.has('model')) return vscode.l10n.t('The value of model is neither a name nor a path.');
  return written.some(({ name, value }) => name === 'model' && value === undefined)
    ? vscode.l10n.t('The value of model is not known here: it cannot be read, or another program fills it in.')
    : vscode.l10n.t('The file names no model.');
}

function mainRequest(document: vscode.TextDocument, deployment: Deployment): ModelRequest | null {
  return requestOf(document, deployment, deployment.args.get('model'));
}

function draftRequest(document: vscode.TextDocument, deployment: Deployment): ModelRequest | null {
  return requestOf(document, deployment, draftModelOf(deployment.args));
}

function requestOf(document: vscode.TextDocument, deployment: Deployment, id: unknown): ModelRequest | null {
  if (typeof id !== 'string' || id.trim() === '') return null;
  return requestFor(id.trim(), deployment, document.uri, settingsFor(document));
}
