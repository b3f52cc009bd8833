import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { closeAll, extension, open, until } from './support';

/** Types at the end of the file and gives the completions offered there. */
async function offered(editor: vscode.TextEditor, typed: string): Promise<vscode.CompletionItem[]> {
  const { document } = editor;
  await editor.edit((edit) => edit.insert(document.lineAt(document.lineCount - 1).range.end, typed));
  const at = document.lineAt(document.lineCount - 1).range.end;
  const list = await vscode.commands.executeCommand<vscode.CompletionList>('vscode.executeCompletionItemProvider', document.uri, at);
  // The editor's own words of the file come without a detail.
  return list.items.filter(({ kind }) => kind !== vscode.CompletionItemKind.Text);
}

const labelOf = ({ label }: vscode.CompletionItem): string => (typeof label === 'string' ? label : label.label);

describe('completion', () => {
  before(extension);
  afterEach(closeAll);

  it('offers the keys that are not there yet, in the spelling of the file', async () => {
    const labels = (await offered(await open('typing.yaml'), 'max')).map(labelOf);
    assert.ok(labels.includes('max-num-seqs') && labels.includes('max-num-batched-tokens'), labels.join());
    assert.ok(!labels.includes('max-model-len'), 'written already');
  });

  it('offers tensor-parallel sizes that divide the heads', async () => {
    const items = await offered(await open('typing.yaml'), 'tensor-parallel-size: ');
    const labels = items.map(labelOf);
    assert.ok(labels.includes('2') && labels.includes('4'), labels.join());
    assert.ok(!labels.includes('3') && !labels.includes('5'), labels.join());
  });

  it('offers models of the catalogue', async () => {
    const editor = await open('no-gpu.yaml');
    const { document } = editor;
    const line = document.lineAt(0);
    await editor.edit((edit) => edit.replace(line.range, 'model: qwen3-32'));
    const items = await until('a model', async () => {
      const list = await vscode.commands.executeCommand<vscode.CompletionList>(
        'vscode.executeCompletionItemProvider',
        document.uri,
        document.lineAt(0).range.end,
      );
      const labels = list.items.map(labelOf);
      return labels.includes('Qwen/Qwen3-32B') && labels;
    });
    assert.ok(items.length > 0);
  });

  it('offers nothing in a comment', async () => {
    assert.deepEqual(await offered(await open('typing.yaml'), '# max'), []);
  });
});
