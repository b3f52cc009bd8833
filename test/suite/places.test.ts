import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { closeAll, codeOf, extension, fixture, hoverText, lensText, open, positionOf, problems, until } from './support';

const TEXT = '# vram: gpu=rtx_4090\nmodel: Qwen/Qwen3-8B\nmax-model-len: 40960\ngpu-memory-utilization: 1.5\n';

describe('a vLLM config', () => {
  before(extension);
  afterEach(closeAll);

  it('is known before it is ever saved', async () => {
    const document = await vscode.workspace.openTextDocument({ language: 'yaml', content: TEXT });
    await vscode.window.showTextDocument(document);
    await until('the problem', () => problems(document).some((found) => codeOf(found) === 'util-range'));
    assert.match(await hoverText(document, positionOf(document, 'max-model-len')), /40960/);
    assert.match(await lensText(document), /GPU: RTX 4090/);
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    await until('no problem once it is closed', () => problems(document).length === 0);
  });

  it('is described, but has no problems, where it only shows an old version', async () => {
    const provider = vscode.workspace.registerTextDocumentContentProvider('vram-test-old', { provideTextDocumentContent: () => TEXT });
    try {
      const old = vscode.Uri.from({ scheme: 'vram-test-old', path: '/deploy/config.yaml' });
      await vscode.commands.executeCommand('vscode.diff', old, fixture('qwen3-8b.yaml'), 'before and after');
      const document = await vscode.workspace.openTextDocument(old);
      const text = await until('the hover', async () => {
        const shown = await hoverText(document, positionOf(document, 'max-model-len'));
        return shown !== '' && shown;
      });
      assert.match(text, /40960/);
      assert.deepEqual(problems(document), []);
    } finally {
      provider.dispose();
    }
  });

  it('takes its problems along when it is renamed, and leaves none when it is deleted', async () => {
    const [from, to] = [fixture('to-rename.vllm.yaml'), fixture('renamed.vllm.yaml')];
    await vscode.workspace.fs.writeFile(from, new TextEncoder().encode(TEXT));
    const { document } = await open('to-rename.vllm.yaml');
    await until('the problem', () => problems(document).length > 0);
    const edit = new vscode.WorkspaceEdit();
    edit.renameFile(from, to);
    assert.ok(await vscode.workspace.applyEdit(edit));
    await until('the problem at the new name', () => vscode.languages.getDiagnostics(to).length > 0);
    await until('none at the old name', () => vscode.languages.getDiagnostics(from).length === 0);
    await vscode.workspace.fs.delete(to);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await until('none of the deleted file', () => vscode.languages.getDiagnostics(to).length === 0);
  });

  it('in two editors is one document with one verdict', async () => {
    const { document } = await open('qwen3-8b.yaml');
    await vscode.window.showTextDocument(document, vscode.ViewColumn.Beside);
    const text = await until('the verdict', async () => {
      const shown = await lensText(document);
      return /tokens/.test(shown) && shown;
    });
    assert.equal(text.match(/KV cache/g)?.length, 1);
  });
});
