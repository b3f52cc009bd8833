import * as vscode from 'vscode';
import type { InlayKind } from '../report/inlay';
import type { Severity } from '../vllm/findings';

/** First part of every setting, command and context key of this extension. */
export const SECTION = 'vramPlanner';

/** What a person may set for one rule. */
export type RuleSeverity = 'default' | 'off' | Severity;

/** The GPUs of the workspace's deployments, as far as the settings name them. */
export interface GpuSettings {
  /** Catalogue key or any name of a card; empty when not set. */
  readonly gpu: string;
  readonly count: number | null;
  /** Total memory per GPU as torch sees it, GiB; null for the catalogue's. */
  readonly memoryGib: number | null;
}

/** All settings that shape what is computed and shown for one file. */
export interface Settings {
  readonly gpu: GpuSettings;
  /** vLLM version whose rules apply where the file names none. */
  readonly vllmVersion: string;
  /** Memory of the machine that runs vLLM, GiB; null when not set. */
  readonly hostMemoryGib: number | null;
  /** Environment variables that vLLM sees there. */
  readonly environment: Readonly<Record<string, unknown>>;
  readonly detectGpu: boolean;
  readonly hubEnabled: boolean;
  /** Model id as configs name it -> path of its config.json, absolute or relative to the workspace folder, or its content. */
  readonly modelConfigs: Readonly<Record<string, unknown>>;
  /** Model id -> its config.json's content, or the few fields of it that matter. */
  readonly models: Readonly<Record<string, unknown>>;
  readonly codeLens: boolean;
  readonly statusBar: boolean;
  readonly diagnostics: boolean;
  /** Rule code -> severity; codes that are not named keep their own. */
  readonly rules: Readonly<Record<string, RuleSeverity>>;
  readonly inlayHints: Readonly<Record<InlayKind, boolean>>;
  /** Give Red Hat's YAML extension the schema for every vLLM file, not only for `*.vllm.yaml`. */
  readonly schemaForAllFiles: boolean;
  readonly standBack: 'auto' | 'never';
}

/** The settings in force for a file, or for the window where there is none. Cheap: VS Code keeps them in memory. */
export function settingsFor(scope: vscode.ConfigurationScope | undefined): Settings {
  const read = vscode.workspace.getConfiguration(SECTION, scope ?? null);
  return {
    gpu: {
      gpu: read.get<string>('gpu', '').trim(),
      count: positive(read.get<number | null>('gpuCount', null)),
      memoryGib: positive(read.get<number | null>('gpuMemoryGib', null)),
    },
    vllmVersion: read.get<string>('vllmVersion', '').trim(),
    hostMemoryGib: positive(read.get<number | null>('hostMemoryGib', null)),
    environment: read.get<Record<string, unknown>>('environment', {}),
    detectGpu: read.get<boolean>('detectGpu', true),
    hubEnabled: read.get<boolean>('hub.enabled', false),
    modelConfigs: read.get<Record<string, unknown>>('modelConfigs', {}),
    models: read.get<Record<string, unknown>>('models', {}),
    codeLens: read.get<boolean>('codeLens', true),
    statusBar: read.get<boolean>('statusBar', true),
    diagnostics: read.get<boolean>('diagnostics', true),
    rules: read.get<Record<string, RuleSeverity>>('rules', {}),
    inlayHints: {
      budget: read.get<boolean>('inlayHints.budget', true),
      kvCache: read.get<boolean>('inlayHints.kvCache', true),
      weights: read.get<boolean>('inlayHints.weights', true),
      requests: read.get<boolean>('inlayHints.requests', true),
      resolved: read.get<boolean>('inlayHints.resolved', true),
    },
    schemaForAllFiles: read.get<boolean>('schemaForAllFiles', false),
    standBack: read.get<'auto' | 'never'>('standBack', 'auto'),
  };
}

/** Writes a setting where it already lives, else into the workspace, else (no folder open) for the person. */
export async function writeSetting(name: string, value: unknown, scope: vscode.Uri | undefined): Promise<void> {
  const configuration = vscode.workspace.getConfiguration(SECTION, scope ?? null);
  const known = configuration.inspect(name);
  const target =
    known?.workspaceFolderValue !== undefined
      ? vscode.ConfigurationTarget.WorkspaceFolder
      : vscode.workspace.workspaceFolders !== undefined
        ? vscode.ConfigurationTarget.Workspace
        : vscode.ConfigurationTarget.Global;
  await configuration.update(name, value, target);
}

/** Numbers that make no sense in the settings count as not set. */
function positive(value: number | null): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : null;
}
