import * as vscode from 'vscode';
import type { Documents } from './documents';
import { log, reason } from './log';
import { SECTION, settingsFor } from './settings';

/** Red Hat's YAML extension: completes and describes keys from JSON schemas. */
const RED_HAT_YAML = 'redhat.vscode-yaml';
/** Under this name, which is also a URI scheme, it asks for the schema of files that have no name of their own for vLLM. */
const CONTRIBUTOR = 'vllm-config';
const SCHEMA_URI = `${CONTRIBUTOR}://schema/vllm-config.schema.json`;

/** The part of its interface that is used here. */
interface SchemaApi {
  registerContributor(
    name: string,
    requestSchema: (resource: string) => string | undefined,
    requestSchemaContent: (uri: string) => Promise<string>,
  ): boolean;
}

/**
 * Whether another extension already shows what the contributed schema says of a file: then this one leaves key names and
 * descriptions to it and keeps what no schema knows, the figures. On request it gets the schema for every vLLM file.
 */
export class Neighbours implements vscode.Disposable {
  private readonly disposables: vscode.Disposable[];
  private present = isInstalled();
  private registered = false;

  constructor(
    private readonly documents: Documents,
    private readonly extension: vscode.Uri,
  ) {
    this.disposables = [
      vscode.extensions.onDidChange(() => {
        this.present = isInstalled();
        void this.offerSchema();
      }),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(`${SECTION}.schemaForAllFiles`)) void this.offerSchema();
      }),
    ];
    void this.offerSchema();
  }

  /** True for a file whose keys the other extension describes. */
  describes(document: vscode.TextDocument): boolean {
    if (!this.present || settingsFor(document).standBack === 'never') return false;
    return /\.vllm\.ya?ml$/i.test(document.uri.path) || (this.registered && settingsFor(document).schemaForAllFiles);
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables).dispose();
  }

  /** Offers the schema once; whether it is given for a file is decided each time the other extension asks. */
  private async offerSchema(): Promise<void> {
    if (this.registered || !this.present || !settingsFor(undefined).schemaForAllFiles) return;
    try {
      const api: unknown = await vscode.extensions.getExtension(RED_HAT_YAML)?.activate();
      if (!isSchemaApi(api)) return;
      this.registered = api.registerContributor(
        CONTRIBUTOR,
        (resource) => (this.wantsSchema(resource) ? SCHEMA_URI : undefined),
        () => this.schema(),
      );
    } catch (error) {
      log().warn(`The YAML extension did not take the schema: ${reason(error)}`);
    }
  }

  private wantsSchema(resource: string): boolean {
    const document = vscode.workspace.textDocuments.find(({ uri }) => uri.toString() === vscode.Uri.parse(resource).toString());
    return document !== undefined && settingsFor(document).schemaForAllFiles && this.documents.isOurs(document);
  }

  private async schema(): Promise<string> {
    const file = vscode.Uri.joinPath(this.extension, 'schema', 'vllm-config.schema.json');
    return new TextDecoder().decode(await vscode.workspace.fs.readFile(file));
  }
}

function isInstalled(): boolean {
  return vscode.extensions.getExtension(RED_HAT_YAML) !== undefined;
}

function isSchemaApi(api: unknown): api is SchemaApi {
  return typeof api === 'object' && api !== null && 'registerContributor' in api && typeof api.registerContributor === 'function';
}
