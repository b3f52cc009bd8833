import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { closeAll, extension, open, setting, until } from './support';

async function hints(document: vscode.TextDocument, lines: readonly [number, number] = [0, document.lineCount]): Promise<string[]> {
  const found = await vscode.commands.executeCommand<vscode.InlayHint[]>(
    'vscode.executeInlayHintProvider',
    document.uri,
    new vscode.Range(lines[0], 0, lines[1], 0),
  );
  return found.map(({ label }) => (typeof label === 'string' ? label : label.map(({ value }) => value).join('')));
}

describe('inlay hints', () => {
  before(extension);
  afterEach(async () => {
    await setting('inlayHints.budget', undefined);
    await closeAll();
  });

  it('stand behind values: the budget, the cost of a request', async () => {
    const { document } = await open('qwen3-8b.yaml');
    const shown = await until('the hints', async () => {
      const found = await hints(document);
      return found.length > 2 && found;
    });
    assert.ok(shown.includes('→ 10.00 GiB per GPU'), shown.join());
    assert.ok(
      shown.some((hint) => /KV cache per request/.test(hint)),
      shown.join(),
    );
  });

  it('are given for the lines asked for only', async () => {
    const { document } = await open('qwen3-8b.yaml');
    await until('the hints', async () => (await hints(document)).length > 2);
    assert.deepEqual(await hints(document, [0, 2]), []);
  });

  it('can be turned off by kind', async () => {
    const { document } = await open('qwen3-8b.yaml');
    await until('the hints', async () => (await hints(document)).length > 2);
    await setting('inlayHints.budget', false);
    const left = await until('no budget', async () => {
      const found = await hints(document);
      return !found.some((hint) => hint === '10.00 GiB per GPU') && found;
    });
    assert.ok(left.length > 0);
  });
});
