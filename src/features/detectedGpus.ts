import { execFile } from 'node:child_process';
import * as vscode from 'vscode';
import { log, reason } from './log';
import type { DetectedGpus } from './nvidiaSmi';
import { NVIDIA_SMI_ARGUMENTS, parseNvidiaSmi } from './nvidiaSmi';

/** nvidia-smi answers within 2 s even with persistence mode off; a hanging driver must not hold anything up. */
const TIMEOUT_MS = 5000;

/**
 * The NVIDIA GPUs of the machine that the extension runs on: asked once in a session, when first needed, and only in a trusted
 * workspace, since the program is found through an environment that a workspace may shape.
 */
export class LocalGpus implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly abort = new AbortController();
  private found: DetectedGpus | null = null;
  private asked = false;
  /** Fires when GPUs were found. */
  readonly onDidChange = this.changed.event;

  /** What is known now; the first call starts the question in the background. */
  current(): DetectedGpus | null {
    if (!this.asked && vscode.workspace.isTrusted) {
      this.asked = true;
      execFile(
        'nvidia-smi',
        [...NVIDIA_SMI_ARGUMENTS],
        { timeout: TIMEOUT_MS, windowsHide: true, signal: this.abort.signal },
        (error, output) => {
          if (this.abort.signal.aborted) return;
          if (error) {
            log().debug(`No GPU detected: nvidia-smi: ${reason(error)}`);
            return;
          }
          this.found = parseNvidiaSmi(output);
          if (this.found === null) return;
          log().info(`Detected ${this.found.count} × ${this.found.name}`);
          this.changed.fire();
        },
      );
    }
    return this.found;
  }

  dispose(): void {
    this.abort.abort();
    this.changed.dispose();
  }
}
