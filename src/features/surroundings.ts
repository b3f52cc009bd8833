import * as vscode from 'vscode';
import { analyzeSteps } from '../analysis/analyze';
import { applySeverities } from '../analysis/suppressions';
import type { Deployment } from '../deployments/deployment';
import type { LocalGpus } from './detectedGpus';
import type { Judged, Surroundings } from './documents';
import { gpuFor } from './gpu';
import { hostFor } from './host';
import type { Models } from './models';
import { SECTION, settingsFor } from './settings';

/** Settings that facts of models depend on. */
const MODEL_SETTINGS: readonly string[] = ['modelConfigs', 'models', 'hub'];

/** Settings, models and GPUs of this editor. */
export class EditorSurroundings implements Surroundings {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly disposables: vscode.Disposable[];
  readonly onDidChange = this.changed.event;

  constructor(
    private readonly models: Models,
    private readonly gpus: LocalGpus,
  ) {
    this.disposables = [
      models.onDidChange(() => this.changed.fire()),
      gpus.onDidChange(() => this.changed.fire()),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (!event.affectsConfiguration(SECTION)) return;
        if (MODEL_SETTINGS.some((name) => event.affectsConfiguration(`${SECTION}.${name}`))) models.refresh();
        this.changed.fire();
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        models.refresh();
        this.changed.fire();
      }),
    ];
  }

  versionFor(document: vscode.TextDocument): string {
    return settingsFor(document).vllmVersion;
  }

  *analyzeSteps(document: vscode.TextDocument, text: string, deployment: Deployment): Generator<void, Judged> {
    const settings = settingsFor(document);
    const answer = this.models.peek(document, deployment);
    const draft = this.models.peekDraft(document, deployment);
    const gpu = gpuFor(deployment, settings.gpu, () => (settings.detectGpu ? this.gpus.current() : null));
    const analysis = yield* analyzeSteps({
      deployment,
      facts: answer && 'facts' in answer ? answer.facts : null,
      modelProblem: answer && 'problem' in answer ? answer.problem : null,
      gpu,
      version: deployment.vllmVersion ?? settings.vllmVersion,
      draft: draft && 'facts' in draft ? draft.facts.model : null,
      host: hostFor(settings, gpu.gpu?.source ?? null),
      text,
    });
    const findings = applySeverities(analysis.findings, settings.rules);
    return { analysis: { ...analysis, findings }, pending: answer === undefined || draft === undefined };
  }

  settled(document: vscode.TextDocument, deployment: Deployment, token: vscode.CancellationToken): Promise<void> {
    const cancelled = new Promise<void>((resolve) => token.onCancellationRequested(() => resolve()));
    return Promise.race([this.models.settled(document, deployment), cancelled]);
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables, this.changed).dispose();
  }
}
