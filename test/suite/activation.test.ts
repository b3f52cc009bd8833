import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { closeAll, extension, EXTENSION_ID, open, until } from './support';

// Runs first: file names are in order, and what is loaded once stays loaded.
describe(`activation in ${vscode.env.appName} ${vscode.version}`, () => {
  afterEach(closeAll);

  it('does not load the engine for a YAML file that is not about vLLM', async () => {
    await open('plain.yaml');
    const found = vscode.extensions.getExtension(EXTENSION_ID);
    await until('activation', () => found?.isActive);
    assert.equal((await extension()).isLoaded(), false);
  });

  it('loads it for one that is', async () => {
    const api = await extension();
    await open('qwen3-8b.yaml');
    await until('the engine', () => api.isLoaded());
  });

  it('registers every command of the manifest', async () => {
    const manifest = vscode.extensions.getExtension(EXTENSION_ID)?.packageJSON as { contributes: { commands: { command: string }[] } };
    const registered = new Set(await vscode.commands.getCommands(true));
    const declared = manifest.contributes.commands.map(({ command }) => command);
    assert.ok(declared.length > 0);
    assert.deepEqual(
      declared.filter((command) => !registered.has(command)),
      [],
    );
  });
});
