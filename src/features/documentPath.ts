import * as vscode from 'vscode';

/** The path that counts as evidence of what a YAML document is; one that was never saved has none, but its language is known. */
export function pathOf(document: vscode.TextDocument): string {
  return document.isUntitled ? 'untitled.yaml' : vscode.workspace.asRelativePath(document.uri);
}

/**
 * Whether a person can mend the document where it is: a file, or what is not saved yet. Old versions in a comparison, proposals and
 * other text that only shows something are described like any other, but have no problems of their own.
 */
export function canBeMended({ uri, isUntitled }: vscode.TextDocument): boolean {
  return isUntitled || vscode.workspace.fs.isWritableFileSystem(uri.scheme) === true;
}
