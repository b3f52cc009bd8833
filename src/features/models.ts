import * as vscode from 'vscode';
import type { Deployment } from '../deployments/deployment';
import { loadCatalogue } from '../models/catalogueFile';
import type { ModelAnswer } from '../models/source';
import { ModelLookup } from './modelLookup';

/** What the facts of a model depend on. */
interface ModelRequest {
  readonly id: string;
}

/** Model facts for the deployments of this window. */
export class Models implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly lookup: ModelLookup<ModelRequest>;
  readonly onDidChange = this.changed.event;

  constructor() {
    this.lookup = new ModelLookup(
      (request) => resolve(request),
      (request) => request.id,
      () => this.changed.fire(),
    );
  }

  /** The facts known now; undefined while they are being looked up. */
  peek(document: vscode.TextDocument, deployment: Deployment): ModelAnswer | undefined {
    const request = requestOf(document, deployment);
    return request === null ? { problem: { message: vscode.l10n.t('The file names no model.') } } : this.lookup.peek(request);
  }

  /** Settles when the facts of a deployment's model are known, or known to be missing. */
  async settled(document: vscode.TextDocument, deployment: Deployment): Promise<void> {
    const request = requestOf(document, deployment);
    if (request !== null) await this.lookup.settled(request);
  }

  refresh(): void {
    this.lookup.clear();
  }

  dispose(): void {
    this.lookup.clear();
    this.changed.dispose();
  }
}

async function resolve(request: ModelRequest): Promise<ModelAnswer> {
  const catalogue = await loadCatalogue();
  const facts = catalogue.find(request.id) ?? catalogue.findByName(request.id);
  return facts === null ? { problem: { message: vscode.l10n.t('No source knows {0}.', request.id) } } : { facts };
}

function requestOf(_document: vscode.TextDocument, deployment: Deployment): ModelRequest | null {
  const id = deployment.args.get('model');
  return typeof id === 'string' && id !== '' ? { id } : null;
}
