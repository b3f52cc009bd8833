import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { actionsAt, closeAll, extension, hoverText, lenses, open, positionOf, problems } from './support';

describe('a YAML file that is not about vLLM', () => {
  afterEach(closeAll);

  it('gets no lens, problem, hover, hint, completion or fix', async () => {
    await extension();
    const { document } = await open('plain.yaml');
    const everything = new vscode.Range(0, 0, document.lineCount, 0);
    assert.deepEqual(await lenses(document), []);
    assert.equal(await hoverText(document, positionOf(document, 'name')), '');
    assert.deepEqual(await actionsAt(document, everything), []);
    assert.deepEqual(await vscode.commands.executeCommand('vscode.executeInlayHintProvider', document.uri, everything), []);
    const list = await vscode.commands.executeCommand<vscode.CompletionList>(
      'vscode.executeCompletionItemProvider',
      document.uri,
      new vscode.Position(1, 0),
    );
    assert.deepEqual(
      list.items.filter(({ kind }) => kind !== vscode.CompletionItemKind.Text),
      [],
    );
    assert.deepEqual(problems(document), []);
  });
});
