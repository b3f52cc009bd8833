// Beside Red Hat's YAML extension. The real one is not in the npm registry: a stand-in of the same name offers its interface
// (`registerContributor`, as its README documents it) and tells what it was given.
import * as assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { createVSIX } from '@vscode/vsce';
import type { Browser, Page } from 'playwright-core';
import { launchChromium, runFromPalette } from '../host/browser';
import { root, startServer, type Server } from '../host/server';

const STAND_IN = `
const vscode = require('vscode');
exports.activate = () => {
  const contributors = [];
  vscode.commands.registerCommand('standIn.ask', async () => {
    const resource = vscode.window.activeTextEditor.document.uri.toString();
    const [contributor] = contributors;
    const schema = contributor && contributor.requestSchema(resource);
    const title = schema ? JSON.parse(await contributor.requestSchemaContent(schema)).title : 'none';
    vscode.window.showInformationMessage('Schema: ' + title);
  });
  return {
    registerContributor(name, requestSchema, requestSchemaContent) {
      contributors.push({ name, requestSchema, requestSchemaContent });
      return true;
    },
  };
};`;

async function packStandIn(folder: string): Promise<string> {
  const manifest = {
    name: 'vscode-yaml',
    publisher: 'redhat',
    version: '0.0.1',
    engines: { vscode: '^1.100.0' },
    main: './main.js',
    activationEvents: ['onLanguage:yaml'],
    contributes: { commands: [{ command: 'standIn.ask', title: 'Stand-in: Ask Schema' }] },
  };
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify(manifest));
  writeFileSync(path.join(folder, 'main.js'), STAND_IN);
  writeFileSync(path.join(folder, 'README.md'), 'Stand-in for tests.');
  const packagePath = path.join(folder, 'stand-in.vsix');
  await createVSIX({ cwd: folder, packagePath, dependencies: false, allowMissingRepository: true, skipLicense: true });
  return packagePath;
}

describe("beside Red Hat's YAML extension", () => {
  let folder: string;
  let server: Server | undefined;
  let browser: Browser | undefined;
  let page: Page;

  before(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'vram-planner-neighbour-'));
    const workspace = path.join(folder, 'workspace');
    cpSync(path.join(root, 'test', 'fixtures', 'workspace'), workspace, { recursive: true });
    const vsix = [await packStandIn(path.join(folder, 'stand-in')), path.join(root, 'vllm-vram-planner.vsix')];
    server = await startServer({ vsix, settings: { 'vramPlanner.schemaForAllFiles': true, 'editor.hover.delay': 100 } });
    browser = await launchChromium();
    page = await browser.newPage({ viewport: { width: 1400, height: 860 } });
    await page.goto(server.address(workspace, [['openFile', server.remoteUri(path.join(workspace, 'qwen3-8b.yaml'))]]));
    await page.locator('.codelens-decoration a').first().waitFor({ timeout: 90_000 });
  });

  after(async () => {
    await browser?.close();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('gives it the schema of a vLLM file, when the setting asks for that', async () => {
    await runFromPalette(page, 'Stand-in: Ask Schema');
    await page.locator('.notification-toast').getByText('Schema: vLLM server configuration').waitFor();
    await page.keyboard.press('Escape');
  });

  it('leaves the description of a key to it and keeps the figures', async () => {
    await page.locator('.editor-instance .view-lines').first().getByText('gpu-memory-utilization', { exact: true }).first().hover();
    const shown = page.locator('.monaco-hover:not(.hidden)').first();
    await shown.getByText('KV cache').first().waitFor();
    assert.doesNotMatch((await shown.textContent()) ?? '', /Share of each GPU's total memory/);
  });
});
