import * as vscode from 'vscode';
import { looksLikeVllm } from './deployments/detect';
import { pathOf } from './features/documentPath';
import { registerPlannerViews } from './features/planner/plannerViews';
import type { CommandName, Session } from './features/session';

/** Every command of the manifest; the session knows what each does. */
const COMMANDS: readonly CommandName[] = [
  'estimate',
  'chooseGpu',
  'chooseModelConfig',
  'showModelFacts',
  'fetchModelFacts',
  'setHubToken',
  'openPlanner',
  'showLog',
];

/** While a file is being written it may become one of vLLM's; looking at each key press would cost every YAML file something. */
const LOOK_AGAIN_MS = 300;

/** What the extension gives its tests and other extensions. */
export interface ExtensionApi {
  /** Whether the engine was loaded: not before a command or a file that looks like vLLM's. */
  isLoaded(): boolean;
}

/** Without its engine the extension shows nothing at all, which nobody could tell from a file without problems. */
function tell(error: unknown): void {
  const why = error instanceof Error ? error.message : String(error);
  void vscode.window.showErrorMessage(vscode.l10n.t('vLLM VRAM Planner could not start: {0}', why));
}

/** Returns at once: the engine is loaded with the first document that looks like vLLM's, or the first command. */
export function activate(context: vscode.ExtensionContext): ExtensionApi {
  let session: Promise<Session> | undefined;
  const watch: vscode.Disposable[] = [];
  const load = (): Promise<Session> => {
    while (watch.length > 0) watch.pop()?.dispose();
    session ??= import('./features/session').then(({ startSession }) => startSession(context));
    return session;
  };

  for (const name of COMMANDS) {
    context.subscriptions.push(
      vscode.commands.registerCommand(`vramPlanner.${name}`, async (...parameters: unknown[]) => (await load()).run(name, parameters)),
    );
  }

  context.subscriptions.push(registerPlannerViews(async () => (await load()).planners()));

  const look = (document: vscode.TextDocument): void => {
    if (session === undefined && document.languageId === 'yaml' && looksLikeVllm(pathOf(document), document.getText())) load().catch(tell);
  };
  let timer: NodeJS.Timeout | undefined;
  watch.push(
    vscode.workspace.onDidOpenTextDocument(look),
    vscode.workspace.onDidChangeTextDocument(({ document }) => {
      clearTimeout(timer);
      timer = setTimeout(() => look(document), LOOK_AGAIN_MS);
    }),
    { dispose: () => clearTimeout(timer) },
  );
  context.subscriptions.push({ dispose: () => watch.forEach((part) => part.dispose()) });
  vscode.workspace.textDocuments.forEach(look);
  return { isLoaded: () => session !== undefined };
}
