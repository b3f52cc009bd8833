import * as vscode from 'vscode';
import type { TextRange } from '../deployments/deployment';
import type { TextEdit } from '../deployments/edits';
import type { DocumentAnalysis } from './documents';

/** Where offsets lie in a document. */
export function rangeOf(document: vscode.TextDocument, range: TextRange): vscode.Range {
  return new vscode.Range(document.positionAt(range.start), document.positionAt(range.end));
}

/** The edits as one undoable change, or null when the document is no longer what they were made for. */
export function workspaceEdit(analyzed: DocumentAnalysis, edits: readonly TextEdit[]): vscode.WorkspaceEdit | null {
  const { document, version } = analyzed;
  if (document.isClosed || document.version !== version) return null;
  const change = new vscode.WorkspaceEdit();
  for (const edit of edits) change.replace(document.uri, rangeOf(document, edit), edit.text);
  return change;
}

/** Writes the edits; false when the document changed meanwhile, in which case nothing is written. */
export async function applyToDocument(analyzed: DocumentAnalysis, edits: readonly TextEdit[]): Promise<boolean> {
  const change = workspaceEdit(analyzed, edits);
  return change !== null && (await vscode.workspace.applyEdit(change));
}
