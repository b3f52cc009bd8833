import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { closeAll, extension, fixture, lensText, open, setting, until } from './support';

/** The Markdown that the extension wrote for people, by a word of its title. */
function written(word: string): vscode.TextDocument | undefined {
  return vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === 'vllm-vram' && uri.path.includes(word));
}

function tabLabels(): string[] {
  return vscode.window.tabGroups.all.flatMap((group) => group.tabs.map(({ label }) => label));
}

describe('commands', () => {
  before(extension);
  afterEach(async () => {
    await setting('gpu', undefined);
    await setting('gpuCount', undefined);
    await closeAll();
  });

  it('Estimate VRAM reports on the active file', async () => {
    await open('qwen3-8b.yaml');
    await vscode.commands.executeCommand('vramPlanner.estimate');
    const report = await until('the report', () => written('qwen3-8b'));
    assert.match(report.getText(), /Qwen\/Qwen3-8B/);
    assert.match(report.getText(), /KV cache/);
  });

  it('Estimate VRAM reports on a file that is not open', async () => {
    await vscode.commands.executeCommand('vramPlanner.estimate', fixture('typing.yaml'));
    await until('the report', () => written('typing'));
  });

  it('Estimate VRAM asks which file when none is open', async () => {
    await closeAll();
    let answered = false;
    void vscode.commands.executeCommand('vramPlanner.estimate').then(() => (answered = true));
    await until('an answer', async () => {
      await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
      return answered;
    });
    await until('the report', () => tabLabels().some((label) => label.includes('VRAM of ')));
  });

  it('Show Model Facts opens what is known of the model', async () => {
    const { document } = await open('qwen3-8b.yaml');
    await until('the verdict', async () => /tokens/.test(await lensText(document)));
    await vscode.commands.executeCommand('vramPlanner.showModelFacts');
    const facts = await until('the facts', () => written('Facts of Qwen'));
    assert.match(facts.getText(), /36/);
  });

  it('Explain opens the documentation of a rule', async () => {
    await open('qwen3-8b.yaml');
    await vscode.commands.executeCommand('vramPlanner.explainRule', 'kv-too-small');
    await until('the preview', () =>
      vscode.window.tabGroups.all.some((group) => group.tabs.some(({ label }) => label.includes('rules.md'))),
    );
  });

  it('Open Planner opens a panel', async () => {
    await open('qwen3-8b.yaml');
    await vscode.commands.executeCommand('vramPlanner.openPlanner');
    await until('the panel', () =>
      vscode.window.tabGroups.all.some((group) =>
        group.tabs.some(({ input }) => input instanceof vscode.TabInputWebview && input.viewType.includes('vramPlanner')),
      ),
    );
  });

  it('Choose GPU writes a directive into the file, as one undoable edit', async () => {
    const { document } = await open('no-gpu.yaml');
    const before = document.getText();
    await vscode.commands.executeCommand('vramPlanner.chooseGpu', { uri: document.uri.toString(), gpu: 'l40s', count: 2, where: 'file' });
    assert.equal(document.getText(), `# vram: gpu=l40s count=2\n${before}`);
    await until('the verdict for it', async () => /2 x .*L40S/.test(await lensText(document)));
    await vscode.commands.executeCommand('undo');
    assert.equal(document.getText(), before);
  });

  it('Choose GPU writes the settings of the workspace', async () => {
    const { document } = await open('no-gpu.yaml');
    await vscode.commands.executeCommand('vramPlanner.chooseGpu', {
      uri: document.uri.toString(),
      gpu: 'NVIDIA H100 80GB HBM3',
      count: 1,
      where: 'workspace',
    });
    const configuration = vscode.workspace.getConfiguration('vramPlanner');
    assert.equal(configuration.get('gpu'), 'h100_80');
    assert.equal(configuration.get('gpuCount'), 1);
    await until('the verdict for it', async () => /H100/.test(await lensText(document)));
  });

  it('Choose GPU asks first and writes nothing when it is dismissed', async () => {
    const { document } = await open('no-gpu.yaml');
    const before = document.getText();
    const asked = vscode.commands.executeCommand('vramPlanner.chooseGpu');
    await new Promise((resolve) => setTimeout(resolve, 500));
    await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
    await asked;
    assert.equal(document.getText(), before);
    assert.equal(vscode.workspace.getConfiguration('vramPlanner').get('gpu'), '');
  });
});
