import * as vscode from 'vscode';

let channel: vscode.LogOutputChannel | undefined;

/** The extension's output channel, made when first needed. */
export function log(): vscode.LogOutputChannel {
  channel ??= vscode.window.createOutputChannel('vLLM VRAM Planner', { log: true });
  return channel;
}

/** Gives the channel back when the extension ends. */
export function disposeLog(): void {
  channel?.dispose();
  channel = undefined;
}

/** One line that tells what went wrong, for people; never the stack. */
export function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
