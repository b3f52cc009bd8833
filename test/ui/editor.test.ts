// The packaged extension in a real VS Code, used by mouse and keyboard; a screenshot of each step is kept for people to look at.
import * as assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { launchChromium, runFromPalette } from '../host/browser';
import { root, startServer, type Server } from '../host/server';

const THEMES = { dark: 'Default Dark Modern', light: 'Default Light Modern', contrast: 'Default High Contrast' } as const;
const shots = process.env['SHOTS_DIR'] ?? path.join(root, '.vscode-test', 'screenshots');

for (const [name, theme] of Object.entries(THEMES)) {
  describe(`the editor, ${name} theme`, () => {
    let workspace: string;
    let server: Server | undefined;
    let browser: Browser | undefined;
    let page: Page;

    const shoot = async (step: string): Promise<void> => {
      // Hovers and lists fade in.
      await page.waitForTimeout(400);
      await page.screenshot({ path: path.join(shots, `${name}-${step}.png`) });
    };
    const lines = (): Locator => page.locator('.editor-instance .view-lines').first();
    const lens = (text: RegExp): Locator => page.locator('.codelens-decoration a', { hasText: text }).first();
    const openFile = async (file: string): Promise<void> => {
      await page.keyboard.press('Control+P');
      await page.locator('.quick-input-widget input').first().fill(file);
      await page.locator('.quick-input-list .monaco-list-row').filter({ hasText: file }).first().click();
      await page.locator('.tabs-container .tab.active').filter({ hasText: file }).waitFor();
    };
    const hover = async (text: string): Promise<Locator> => {
      await page.mouse.move(5, 5);
      await lines().getByText(text, { exact: true }).first().hover();
      const shown = page.locator('.monaco-hover:not(.hidden)').first();
      await shown.waitFor();
      return shown;
    };

    before(async () => {
      mkdirSync(shots, { recursive: true });
      workspace = mkdtempSync(path.join(os.tmpdir(), 'vram-planner-ui-'));
      cpSync(path.join(root, 'test', 'fixtures', 'workspace'), workspace, { recursive: true });
      const settings = { 'workbench.colorTheme': theme, 'editor.hover.delay': 100 };
      server = await startServer({ vsix: path.join(root, 'vllm-vram-planner.vsix'), settings });
      browser = await launchChromium();
      page = await browser.newPage({ viewport: { width: 1400, height: 860 } });
      await page.goto(server.address(workspace, [['openFile', server.remoteUri(path.join(workspace, 'qwen3-8b.yaml'))]]));
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
      rmSync(workspace, { recursive: true, force: true });
    });

    afterEach(async function () {
      if (this.currentTest?.state === 'failed') await shoot(`failed-${this.currentTest.title.replaceAll(/\W+/g, '-')}`);
      for (let i = 0; i < 3; i++) await page.keyboard.press('Escape');
    });

    it('shows the verdict above the file, in the status bar, and figures behind values', async () => {
      await lens(/KV cache [\d,]+ tokens/).waitFor({ timeout: 90_000 });
      await page
        .locator('.statusbar-item')
        .filter({ hasText: /of 20\.00 GiB/ })
        .waitFor();
      await lines().getByText('→ 10.00 GiB per GPU').waitFor();
      await shoot('1-open');
    });

    it('shows where the budget goes in a hover', async () => {
      const shown = await hover('gpu-memory-utilization');
      await shown.getByText('KV cache').first().waitFor();
      await shown.getByText('Open planner').waitFor();
      await shoot('2-hover');
    });

    it('underlines the key to blame and offers what would start', async () => {
      await openFile('too-long.yaml');
      await page.locator('.squiggly-error').first().waitFor();
      await lens(/would not start/).waitFor();
      // What comes into the editor later, the figures behind values for one, would close the menu.
      await lines().getByText('18.82 GiB per GPU').waitFor();
      await lines().getByText('max_model_len', { exact: true }).click();
      await page.locator('.monaco-editor [class*="codicon-light-bulb"], .monaco-editor [class*="codicon-lightbulb"]').first().waitFor();
      await page.keyboard.press('Control+.');
      const menu = page.locator('.action-widget');
      await menu
        .getByText(/^max-model-len: \d+/)
        .first()
        .waitFor();
      await menu.getByText('Disable kv-too-small for this line').waitFor();
      await shoot('3-fixes');
    });

    it('lists it among the problems, with a link to the explanation', async () => {
      await page.keyboard.press('Control+Shift+M');
      const panel = page.locator('.markers-panel');
      await panel
        .getByText(/One request of max-model-len 40,960/)
        .first()
        .waitFor();
      await panel.getByText('kv-too-small').first().waitFor();
      await shoot('4-problems');
      await page.keyboard.press('Control+Shift+M');
    });

    it('asks for the GPU where the file does not say, and writes it where it is told', async () => {
      await openFile('no-gpu.yaml');
      await lens(/^Choose GPU$/).click();
      await page.locator('.quick-input-widget input').first().fill('RTX 4090');
      const card = page.locator('.quick-input-list .monaco-list-row').filter({ hasText: 'NVIDIA GeForce RTX 4090' }).first();
      await card.waitFor();
      await shoot('5-choose-gpu');
      await card.click();
      await page.locator('.quick-input-title').filter({ hasText: '2/3' }).waitFor();
      await page.keyboard.press('Enter');
      await page.locator('.quick-input-title').filter({ hasText: '3/3' }).waitFor();
      await page.keyboard.press('Enter');
      await lens(/^GPU: RTX 4090$/).waitFor();
      assert.match((await lines().textContent()) ?? '', /gpu=rtx_4090\scount=1/);
    });

    it('completes keys', async () => {
      await openFile('typing.yaml');
      await lines().getByText('max-model-len').click();
      await page.keyboard.press('Control+End');
      await page.keyboard.type('kv-ca', { delay: 60 });
      await page.locator('.suggest-widget').getByText('kv-cache-dtype').first().waitFor();
      await shoot('6-completion');
    });

    it('reports on the file as a document', async () => {
      await openFile('qwen3-8b.yaml');
      await runFromPalette(page, 'vLLM VRAM: Estimate VRAM');
      await page
        .locator('.tab')
        .filter({ hasText: /VRAM of qwen3-8b\.yaml/ })
        .waitFor();
      // The preview renders in a webview.
      await page.waitForTimeout(1500);
      await shoot('7-report');
    });
  });
}
