import * as vscode from 'vscode';

/** Ids that the manifest and the serializer know. */
const SIDE_VIEW = 'vramPlanner.side';
export const PANEL = 'vramPlanner.panel';

/** What the loaded extension does with a webview once the editor has made it. */
export interface PlannerHost {
  /** Fills the side bar's view, which follows the active editor. */
  fillSide(view: vscode.WebviewView): void;
  /** Fills a panel that the editor brought back after a restart, from what its page had kept. */
  revive(panel: vscode.WebviewPanel, state: unknown): void;
}

/**
 * Registers the side view and the panel's revival at once; what fills them is loaded when one of them is shown, so a window without a
 * planner pays nothing.
 */
export function registerPlannerViews(load: () => Promise<PlannerHost>): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.window.registerWebviewViewProvider(SIDE_VIEW, { resolveWebviewView: async (view) => (await load()).fillSide(view) }),
    vscode.window.registerWebviewPanelSerializer(PANEL, {
      deserializeWebviewPanel: async (panel, state: unknown) => (await load()).revive(panel, state),
    }),
  );
}
