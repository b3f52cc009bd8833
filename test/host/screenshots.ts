// npm run screenshots: takes README's pictures again, in a real VS Code with the packaged extension.
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Browser } from 'playwright-core';
import { launchChromium, runFromPalette, webviewWith } from './browser';
import { root, startServer, type Server } from './server';

const CONFIG = `# vram: gpu=rtx_4090 count=2
model: Qwen/Qwen3-14B
tensor-parallel-size: 2
max-model-len: 32768
gpu-memory-utilization: 0.92
max-num-seqs: 32
enable-prefix-caching: true
`;

/** Where a picture lies. */
function picture(name: string): string {
  return path.join(root, 'media', 'screenshots', `${name}.png`);
}

/** A VS Code with the extension and a browser for it, ended and forgotten after `use`. */
async function inEditor(
  settings: Readonly<Record<string, unknown>>,
  use: (server: Server, browser: Browser, folder: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'planner-pictures-'));
  const server = await startServer({
    vsix: path.join(root, 'vllm-vram-planner.vsix'),
    settings: { 'workbench.colorTheme': 'Default Dark Modern', ...settings },
  });
  const browser = await launchChromium();
  try {
    await use(server, browser, folder);
  } finally {
    await browser.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The first sample with the hover of max-model-len. */
function takeEditor(): Promise<void> {
  // Below its key, the hover leaves the verdict above the file in sight.
  const settings = { 'editor.hover.above': false, 'editor.minimap.enabled': false };
  return inEditor(settings, async (server, browser, folder) => {
    const workspace = path.join(folder, 'samples');
    cpSync(path.join(root, 'samples'), workspace, { recursive: true });
    const page = await browser.newPage({ viewport: { width: 1280, height: 620 } });
    await page.goto(server.address(workspace, [['openFile', server.remoteUri(path.join(workspace, 'qwen3-8b-2x3080.yaml'))]]));
    await page.locator('.codelens-decoration a', { hasText: /KV cache [\d,]+ tokens/ }).waitFor({ timeout: 90_000 });
    await page.locator('.editor-instance .view-lines').first().getByText('max-model-len', { exact: true }).hover();
    await page.locator('.monaco-hover:not(.hidden)').getByText('Open planner').waitFor();
    await page.waitForTimeout(1000);
    await page.screenshot({ path: picture('editor-dark') });
  });
}

function takePlanner(): Promise<void> {
  return inEditor({ 'workbench.editor.showTabs': 'single' }, async (server, browser, folder) => {
    const workspace = path.join(folder, 'deploy');
    mkdirSync(workspace);
    const file = path.join(workspace, 'serve.yaml');
    writeFileSync(file, CONFIG);
    const page = await browser.newPage({ viewport: { width: 1280, height: 860 } });
    const shoot = async (name: string): Promise<void> => {
      // The pointer away from what it would light up, and the plots drawn.
      await page.mouse.move(640, 855);
      await page.waitForTimeout(1000);
      await page.screenshot({ path: picture(`planner-${name}`) });
    };
    await page.goto(server.address(workspace, [['openFile', server.remoteUri(file)]]));
    const key = page.locator('.editor-instance .view-lines').first().getByText('max-model-len', { exact: true });
    await key.waitFor({ timeout: 90_000 });
    await page
      .locator('.activitybar')
      .getByRole('tab', { name: /vLLM VRAM/ })
      .click();
    const side = await webviewWith(page, 'body[data-place="side"][data-ready="yes"]');
    await side.locator('.figures').first().waitFor();
    await key.click();
    await shoot('side');

    await runFromPalette(page, 'vLLM VRAM: Open Planner');
    const panel = await webviewWith(page, 'body[data-place="panel"][data-ready="yes"]');
    await panel.locator('.figures').first().waitFor();
    await runFromPalette(page, 'View: Maximize Editor Group and Hide Side Bars');
    await panel.locator('#plot-context-title').waitFor();
    await shoot('inference');

    for (const users of ['4', '16']) {
      await panel.locator('#inference-pin').click();
      await panel.locator('#inference-concurrent_users').locator('input').fill(users);
    }
    await panel.locator('#inference-pin').click();
    await panel.getByRole('tab', { name: 'Compare' }).click();
    await panel.getByText(/^\d+ found\. /).waitFor({ timeout: 60_000 });
    await shoot('compare');

    await panel.getByRole('tab', { name: 'Fine-tuning' }).click();
    await panel.locator('#finetuning-finetuning_method').click();
    await panel.getByRole('option', { name: 'QLoRA' }).click();
    await panel.getByText(/^Smallest that holds it/).waitFor();
    await shoot('finetuning');
  });
}

async function main(): Promise<void> {
  await takeEditor();
  await takePlanner();
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
