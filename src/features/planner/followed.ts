import * as vscode from 'vscode';
import type { Analysis } from '../../analysis/analysis';
import { encodeFacts } from '../../protocol/facts';
import type { Followed } from '../../protocol/messages';
import type { DocumentAnalysis } from '../documents';
import { findingMessages } from './findings';

/** One deployment of a document as the page is told of it; null when the document has no such deployment. */
export function followedOf({ document, version, analyses }: DocumentAnalysis, index: number): Followed | null {
  const analysis = analyses[index];
  if (!analysis) return null;
  const { facts, gpu } = analysis;
  const named = analysis.deployment.args.get('model');
  return {
    link: { uri: document.uri.toString(), version, index },
    fileName: document.uri.path.slice(document.uri.path.lastIndexOf('/') + 1),
    writable: vscode.workspace.fs.isWritableFileSystem(document.uri.scheme) !== false,
    args: [...analysis.deployment.args],
    environment: [...(analysis.report?.input.environment ?? [])],
    version: analysis.version,
    facts: facts && encodeFacts(facts),
    modelName: facts?.id ?? (typeof named === 'string' ? named : null),
    modelProblem: analysis.modelProblem?.message ?? null,
    gpu: gpu && {
      key: gpu.gpu.key,
      count: gpu.count,
      totalMemoryGib: gpu.totalMemoryGib,
      freeMemoryGib: gpu.freeMemoryGib,
      source: gpu.source,
    },
    gpuProblem: analysis.gpuProblem,
    findings: findingMessages(analysis),
  };
}

/** Which of a file's deployments an offset belongs to: the one it lies in, otherwise the last that began before it. */
export function deploymentAt(analyses: readonly Analysis[], offset: number): number {
  const inside = analyses.findIndex(({ deployment: { range } }) => range.start <= offset && offset <= range.end);
  if (inside >= 0) return inside;
  const begun = analyses.filter(({ deployment: { range } }) => range.start <= offset).length;
  return Math.max(0, begun - 1);
}
