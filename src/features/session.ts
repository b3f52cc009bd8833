import * as vscode from 'vscode';
import { ActiveFile } from './activeFile';
import type { GpuRequest } from './chooseGpu';
import { CodeActions } from './codeActions';
import { CodeLenses } from './codeLens';
import { Completions } from './completion';
import { LocalGpus } from './detectedGpus';
import { Diagnostics } from './diagnostics';
import { Documents } from './documents';
import { Estimates } from './estimate';
import { Hovers } from './hover';
import { HubAccess } from './hubAccess';
import { InlayHints } from './inlayHints';
import { disposeLog, log } from './log';
import { Models } from './models';
import { Neighbours } from './neighbours';
import type * as OnDemand from './onDemand';
import type { Planners } from './planner/planners';
import type { PlannerHost } from './planner/plannerViews';
import { ReadonlyDocuments } from './readonlyDocuments';
import { registerRuleCommands } from './rules';
import { Status } from './status';
import { EditorSurroundings } from './surroundings';

export type CommandName =
  'estimate' | 'chooseGpu' | 'chooseModelConfig' | 'showModelFacts' | 'fetchModelFacts' | 'setHubToken' | 'openPlanner' | 'showLog';

/** What runs once the engine is loaded. */
export interface Session {
  /** What fills the planner's views, loaded when first asked for. */
  planners(): Promise<PlannerHost>;
  run(command: CommandName, parameters: readonly unknown[]): Promise<void>;
}

/** Files of these languages are looked at; which of them are vLLM's, their content decides. */
const SELECTOR: vscode.DocumentSelector = { language: 'yaml' };

/** Builds the features around one shared set of documents. */
export function startSession(context: vscode.ExtensionContext): Session {
  const began = performance.now();
  const own = <T extends vscode.Disposable>(part: T): T => {
    context.subscriptions.push(part);
    return part;
  };
  own({ dispose: disposeLog });
  const gpus = own(new LocalGpus());
  const hubAccess = own(new HubAccess(context));
  const models = own(new Models(hubAccess));
  const documents = own(new Documents(own(new EditorSurroundings(models, gpus))));
  const readonlyDocuments = own(new ReadonlyDocuments());
  const neighbours = own(new Neighbours(documents, context.extensionUri));
  const estimates = own(new Estimates(documents, readonlyDocuments));
  own(new Diagnostics(documents));
  own(registerRuleCommands(context.extensionUri));
  const activeFile = own(new ActiveFile(documents));
  own(new Status(activeFile));
  const lenses = own(new CodeLenses(documents));
  own(vscode.languages.registerCodeLensProvider(SELECTOR, lenses));
  own(vscode.languages.registerHoverProvider(SELECTOR, new Hovers(documents, neighbours)));
  own(vscode.languages.registerCodeActionsProvider(SELECTOR, new CodeActions(documents), CodeActions.metadata));
  own(vscode.languages.registerCompletionItemProvider(SELECTOR, new Completions(documents, neighbours), ...Completions.triggerCharacters));
  own(vscode.languages.registerInlayHintsProvider(SELECTOR, own(new InlayHints(documents))));
  activeFile.update();
  // What a command asks for is loaded with the command.
  const onDemand = (): Promise<typeof OnDemand> => import('./onDemand');
  const chooseGpu = async (request: GpuRequest): Promise<void> => (await onDemand()).chooseGpu(documents, gpus.current(), request);
  const fetchModelFacts = async (): Promise<void> => (await onDemand()).fetchModelFacts(activeFile.current(), hubAccess, models);
  const plannersOf = async (): Promise<Planners> => {
    const module = await import('./planner/planners');
    return own(
      new module.Planners({
        context,
        documents,
        models,
        activeFile,
        showReport: (uri) => estimates.run(uri),
        chooseGpu: (uri) => chooseGpu(uri === undefined ? {} : { uri: uri.toString() }),
        fetchModelFacts,
      }),
    );
  };
  let loading: Promise<Planners> | undefined;
  const planners = (): Promise<Planners> => (loading ??= plannersOf());

  const commands: Readonly<Record<CommandName, (parameter: unknown) => Promise<void> | void>> = {
    estimate: (parameter) => estimates.run(uriIn(parameter) ?? activeFile.meant()),
    chooseGpu: (parameter) => chooseGpu(gpuRequest(parameter)),
    chooseModelConfig: async () => (await onDemand()).chooseModelConfig(activeFile.current()),
    showModelFacts: async () => (await onDemand()).showModelFacts(activeFile.current(), documents, readonlyDocuments),
    fetchModelFacts,
    openPlanner: async (parameter) => (await planners()).open(uriIn(parameter) ?? activeFile.meant(), undefined),
    setHubToken: () => hubAccess.askForToken(),
    showLog: () => log().show(),
  };
  log().info(`Loaded in ${Math.round(performance.now() - began)} ms`);
  return { planners, run: async (command, [parameter]) => commands[command](parameter) };
}

/** Menus pass the URI of a file, links its text. */
function uriIn(parameter: unknown): vscode.Uri | undefined {
  if (parameter instanceof vscode.Uri) return parameter;
  return typeof parameter === 'string' ? vscode.Uri.parse(parameter, true) : undefined;
}

function gpuRequest(parameter: unknown): GpuRequest {
  const uri = uriIn(parameter);
  if (uri !== undefined) return { uri: uri.toString() };
  return typeof parameter === 'object' && parameter !== null ? parameter : {};
}
