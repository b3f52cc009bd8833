import * as vscode from 'vscode';
import type { TextRange } from '../deployments/deployment';

/** Where offsets lie in a document. */
export function rangeOf(document: vscode.TextDocument, range: TextRange): vscode.Range {
  return new vscode.Range(document.positionAt(range.start), document.positionAt(range.end));
}
