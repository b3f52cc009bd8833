import * as vscode from 'vscode';
import { HUB_TIMEOUT_MS, HubSource, PUBLIC_HUB } from '../models/hub';
import { HubStore } from '../models/hubStore';

/** Name of the access token in the editor's secret storage. */
const TOKEN = 'huggingFaceHub.token';

/** The Hugging Face Hub as this editor reaches it. Nothing here uses the network by itself. */
export class HubAccess implements vscode.Disposable {
  private source: HubSource | undefined;
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly listener: vscode.Disposable;
  /** Fires when the token changed: what was refused may be open now. */
  readonly onDidChange = this.changed.event;

  constructor(private readonly context: vscode.ExtensionContext) {
    this.listener = context.secrets.onDidChange(({ key }) => {
      if (key === TOKEN) this.changed.fire();
    });
  }

  /** The Hub with answers kept from earlier; null in an untrusted workspace, which may shape the environment. */
  hub(): HubSource | null {
    if (!vscode.workspace.isTrusted) return null;
    this.source ??= this.fromSurroundings();
    return this.source;
  }

  /** Asks for an access token and keeps it in the editor's secret storage; an empty one removes it. */
  async askForToken(): Promise<void> {
    const token = await vscode.window.showInputBox({
      title: vscode.l10n.t('Access token of the Hugging Face Hub'),
      prompt: vscode.l10n.t("For gated and private models. Kept in the editor's secret storage; leave it empty to remove it."),
      password: true,
      ignoreFocusOut: true,
    });
    if (token === undefined) return;
    if (token.trim() === '') await this.context.secrets.delete(TOKEN);
    else await this.context.secrets.store(TOKEN, token.trim());
  }

  dispose(): void {
    vscode.Disposable.from(this.listener, this.changed).dispose();
  }

  private fromSurroundings(): HubSource {
    const endpoint = (process.env['HF_ENDPOINT'] || PUBLIC_HUB).replace(/\/+$/, '');
    const store = new HubStore(vscode.Uri.joinPath(this.context.globalStorageUri, 'hub').fsPath);
    const fromEnvironment = process.env['HF_TOKEN'] || process.env['HUGGING_FACE_HUB_TOKEN'] || null;
    const token = async (): Promise<string | null> => (await this.context.secrets.get(TOKEN)) ?? fromEnvironment;
    return new HubSource({ endpoint, token, timeoutMs: HUB_TIMEOUT_MS, fetch }, store);
  }
}
