import * as path from 'node:path';
import * as vscode from 'vscode';

/** Folders watched at a time: those of the models in use. */
const MAX_FOLDERS = 40;
/** A download writes many files; one look after it is enough. */
const QUIET_MS = 300;

/** Tells when files that answers were read from change. */
export class FolderWatch implements vscode.Disposable {
  private readonly watchers = new Map<string, vscode.Disposable>();
  /** What answers depend on; other files in the same folders do not matter. */
  private readonly paths = new Set<string>();
  private readonly changed = new vscode.EventEmitter<void>();
  private timer: NodeJS.Timeout | undefined;
  readonly onDidChange = this.changed.event;

  /** Watches the folders of these files and folders, found or not. */
  watch(paths: readonly string[]): void {
    for (const file of paths) this.paths.add(file);
    for (const folder of new Set(paths.map((file) => path.dirname(file)))) {
      if (this.watchers.has(folder) || this.watchers.size >= MAX_FOLDERS) continue;
      const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(vscode.Uri.file(folder), '*'));
      const touched = (uri: vscode.Uri): void => this.touched(uri.fsPath);
      this.watchers.set(
        folder,
        vscode.Disposable.from(watcher, watcher.onDidChange(touched), watcher.onDidCreate(touched), watcher.onDidDelete(touched)),
      );
    }
  }

  /** Stops watching; the next answers say what to watch. */
  clear(): void {
    for (const watcher of this.watchers.values()) watcher.dispose();
    this.watchers.clear();
    this.paths.clear();
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.clear();
    this.changed.dispose();
  }

  private touched(file: string): void {
    if (!this.paths.has(file) && !this.paths.has(path.dirname(file))) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.changed.fire(), QUIET_MS);
  }
}
