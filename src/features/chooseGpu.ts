import * as vscode from 'vscode';
import type { Analysis } from '../analysis/analysis';
import { formatGib } from '../estimator/figures';
import { findGpu, GPUS } from '../estimator/hardware/catalogue';
import type { Gpu } from '../estimator/hardware/gpu';
import { GIB } from '../estimator/units';
import type { DetectedGpus } from './nvidiaSmi';
import type { ChosenGpu } from './directiveEdits';
import { directiveEdit } from './directiveEdits';
import type { DocumentAnalysis, Documents } from './documents';
import { writeSetting } from './settings';
import { applyToDocument } from './textEdits';

/** A GPU choice made in advance, as links and tests give it. Whatever is missing is asked. */
export interface GpuRequest {
  readonly uri?: string;
  readonly gpu?: string;
  readonly count?: number;
  readonly where?: Place;
}

type Place = 'file' | 'workspace';

interface GpuItem extends vscode.QuickPickItem {
  readonly gpu?: Gpu;
}

/** Asks for card, number and where to write it; the person decides each, nothing is written before the last answer. */
export async function chooseGpu(documents: Documents, detected: DetectedGpus | null, request: GpuRequest): Promise<void> {
  const analyzed = targetOf(documents, request.uri);
  const gpu = request.gpu === undefined ? await askForGpu(detected) : findGpu(request.gpu);
  if (gpu === undefined || gpu === null) return;
  const count = request.count ?? (await askForCount(gpu, analyzed?.analyses[0], detected));
  if (count === undefined) return;
  const place = request.where ?? (analyzed === undefined ? 'workspace' : await askForPlace(analyzed));
  if (place === undefined) return;
  if (place === 'file' && analyzed !== undefined) await writeDirective(analyzed, { key: gpu.key, count });
  else await writeToSettings(analyzed?.document.uri, gpu, count);
}

/** The document to be asked about: the one named, otherwise that of the active editor, if it is about vLLM. */
function targetOf(documents: Documents, uri: string | undefined): DocumentAnalysis | undefined {
  const active = vscode.window.activeTextEditor?.document;
  const document = uri === undefined ? active : vscode.workspace.textDocuments.find((candidate) => candidate.uri.toString() === uri);
  return document === undefined ? undefined : documents.analysisOf(document);
}

async function askForGpu(detected: DetectedGpus | null): Promise<Gpu | undefined> {
  const local = detected === null ? null : findGpu(detected.name, detected.memoryGib);
  const items: GpuItem[] = [];
  if (local !== null) items.push(separator(vscode.l10n.t('In this machine')), itemFor(local));
  for (const vendor of new Set(GPUS.map((gpu) => gpu.vendor))) {
    items.push(
      separator(vendor),
      ...GPUS.filter((gpu) => gpu.vendor === vendor)
        .sort(newestFirst)
        .map(itemFor),
    );
  }
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Choose GPU (1/3)'),
    placeHolder: vscode.l10n.t('The GPU this deployment runs on'),
    matchOnDescription: true,
  });
  return picked?.gpu;
}

function separator(label: string): GpuItem {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}

function newestFirst(a: Gpu, b: Gpu): number {
  return (b.releaseYear ?? 0) - (a.releaseYear ?? 0) || b.totalMemoryGib - a.totalMemoryGib;
}

function itemFor(gpu: Gpu): GpuItem {
  return { gpu, label: gpu.label, description: `${formatGib(gpu.totalMemoryGib * GIB)} · ${gpu.architecture} · ${gpu.key}` };
}

interface CountItem extends vscode.QuickPickItem {
  readonly count: number;
}

async function askForCount(gpu: Gpu, analysis: Analysis | undefined, detected: DetectedGpus | null): Promise<number | undefined> {
  const settings = analysis?.report?.settings;
  const needed = settings === undefined ? 1 : settings.tensorParallelSize * settings.pipelineParallelSize * settings.dataParallelSize;
  const present = detected !== null && findGpu(detected.name, detected.memoryGib)?.key === gpu.key ? detected.count : null;
  const counts = [...new Set([needed, ...(present === null ? [] : [present]), 1, 2, 4, 8, 16])];
  const items = counts.map((count): CountItem => {
    const reasons = [
      ...(count === needed && settings !== undefined ? [vscode.l10n.t("what this file's parallel sizes need")] : []),
      ...(count === present ? [vscode.l10n.t('in this machine')] : []),
    ];
    return { count, label: String(count), description: reasons.join(', ') };
  });
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Choose GPU (2/3)'),
    placeHolder: vscode.l10n.t('How many {0} this deployment has', gpu.label),
  });
  return picked?.count;
}

interface PlaceItem extends vscode.QuickPickItem {
  readonly place: Place;
}

async function askForPlace(analyzed: DocumentAnalysis): Promise<Place | undefined> {
  const items: PlaceItem[] = [
    {
      place: 'file',
      label: vscode.l10n.t('In this file'),
      description: vscode.l10n.t('a comment, # vram: gpu=…, that vLLM ignores'),
    },
    {
      place: 'workspace',
      label: vscode.l10n.t('In the settings'),
      description: vscode.l10n.t('for every deployment here whose file names no GPU'),
    },
  ];
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Choose GPU (3/3)'),
    placeHolder: vscode.l10n.t('Where to write it for {0}', vscode.workspace.asRelativePath(analyzed.document.uri)),
  });
  return picked?.place;
}

async function writeDirective(analyzed: DocumentAnalysis, gpu: ChosenGpu): Promise<void> {
  const [first] = analyzed.analyses;
  if (first === undefined) return;
  const applied = await applyToDocument(analyzed, [directiveEdit(analyzed.text, first.deployment, gpu)]);
  if (!applied) {
    void vscode.window.showWarningMessage(
      vscode.l10n.t('The file changed while the GPU was chosen, so nothing was written. Choose it again.'),
    );
  }
}

async function writeToSettings(uri: vscode.Uri | undefined, gpu: Gpu, count: number): Promise<void> {
  await writeSetting('gpu', gpu.key, uri);
  await writeSetting('gpuCount', count, uri);
}
