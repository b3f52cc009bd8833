// The planner of the packaged extension in a real VS Code: beside a file being typed, in a panel, over a restart, in every theme.
import * as assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Browser, Frame, Locator, Page } from 'playwright-core';
import { launchChromium, runFromPalette, webviewWith } from '../host/browser';
import { root, startServer, type Server } from '../host/server';

/** Themes by the name in the picker, with the class that the page's body then has. */
const THEMES = {
  'Light Modern': 'vscode-light',
  'Dark High Contrast': 'vscode-high-contrast',
  'Light High Contrast': 'vscode-high-contrast-light',
  'Dark Modern': 'vscode-dark',
};
const shots = process.env['SHOTS_DIR'] ?? path.join(root, '.vscode-test', 'screenshots');
/** axe-core as a script that a frame runs itself: the page's policy lets no other in. */
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string | null;
    readonly nodes: readonly { readonly html: string }[];
  }[];
}

/** What axe finds serious or critical in a frame. */
async function seriousIn(frame: Frame): Promise<readonly string[]> {
  await frame.evaluate(axe);
  const result = (await frame.evaluate('axe.run()')) as AxeResult;
  return result.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
}

describe('the planner in the editor', () => {
  let workspace: string;
  let file: string;
  let original: string;
  let server: Server;
  let browser: Browser | undefined;
  let page: Page;

  const shoot = async (name: string): Promise<void> => {
    await page.waitForTimeout(400);
    await page.screenshot({ path: path.join(shots, `planner-${name}.png`) });
  };
  const lines = (): Locator => page.locator('.editor-instance .view-lines').first();
  const side = (): Promise<Frame> => webviewWith(page, 'body[data-place="side"][data-ready="yes"]');
  const panel = (): Promise<Frame> => webviewWith(page, 'body[data-place="panel"][data-ready="yes"]');
  /** Saving is done in the background, by the editor's own timer as well. */
  const fileBecomes = async (text: string): Promise<void> => {
    await page.keyboard.press('Control+S');
    for (let tries = 0; tries < 50 && readFileSync(file, 'utf8') !== text; tries++) await page.waitForTimeout(100);
    assert.equal(readFileSync(file, 'utf8'), text);
  };
  /** Puts the text of a line's value into the editor, key by key. */
  const retype = async (key: string, value: string): Promise<void> => {
    await lines().getByText(key, { exact: true }).click();
    await page.keyboard.press('End');
    await page.keyboard.press('Control+Shift+ArrowLeft');
    await page.keyboard.type(value, { delay: 40 });
  };

  before(async function () {
    this.timeout(180_000);
    mkdirSync(shots, { recursive: true });
    workspace = mkdtempSync(path.join(os.tmpdir(), 'vram-planner-planner-'));
    cpSync(path.join(root, 'test', 'fixtures', 'workspace'), workspace, { recursive: true });
    file = path.join(workspace, 'qwen3-8b.yaml');
    original = readFileSync(file, 'utf8');
    server = await startServer({
      vsix: path.join(root, 'vllm-vram-planner.vsix'),
      settings: { 'workbench.colorTheme': 'Default Dark Modern' },
    });
    browser = await launchChromium();
    page = await browser.newPage({ viewport: { width: 1500, height: 960 } });
    await page.goto(server.address(workspace, [['openFile', server.remoteUri(file)]]));
    await lines().getByText('max-model-len', { exact: true }).waitFor({ timeout: 90_000 });
  });

  after(async () => {
    await browser?.close();
    await server.stop();
    rmSync(workspace, { recursive: true, force: true });
  });

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await shoot(`failed-${this.currentTest.title.replaceAll(/\W+/g, '-')}`);
  });

  it('shows the deployment of the active file in the side bar', async () => {
    await page
      .locator('.activitybar')
      .getByRole('tab', { name: /vLLM VRAM/ })
      .click();
    const frame = await side();
    await frame.getByText('qwen3-8b.yaml').waitFor();
    await frame
      .locator('.verdict.good')
      .getByText(/Starts · [\d.]+ requests of 4,096/)
      .waitFor();
    await frame
      .getByRole('button', { name: /^[\d,]+ tokens/ })
      .first()
      .waitFor();
  });

  it('follows the file as it is typed and leaves the focus in it', async () => {
    const frame = await side();
    await retype('max-model-len', '2048');
    await frame
      .locator('.verdict')
      .getByText(/requests of 2,048/)
      .waitFor();
    assert.equal(await page.evaluate('document.activeElement?.closest(".monaco-editor") !== null'), true, 'the editor keeps the focus');
    await retype('max-model-len', '4096');
    await frame
      .locator('.verdict')
      .getByText(/requests of 4,096/)
      .waitFor();
    await shoot('1-side');
    await fileBecomes(original);
  });

  it('opens a panel on the deployment and answers what-if questions', async () => {
    await lines().getByText('max-model-len', { exact: true }).click();
    await runFromPalette(page, 'vLLM VRAM: Open Planner');
    const frame = await panel();
    await frame.locator('#inference-seq_length').locator('input').fill('16384');
    await frame
      .locator('.verdict')
      .getByText(/requests of 16,384/)
      .waitFor();
    assert.equal(readFileSync(file, 'utf8'), original, 'nothing is written by trying');
    await shoot('2-panel');
  });

  it('writes the changed key after a preview, as one edit that undo takes back byte for byte', async () => {
    const frame = await panel();
    await frame.locator('#apply').click();
    await frame.locator('.diff .added').getByText('max-model-len: 16384').waitFor();
    await frame.locator('.diff .removed').getByText('max-model-len: 4096').waitFor();
    assert.equal(await frame.locator('.diff tbody tr').count(), 2, 'one line changes');
    await frame.locator('#apply-now').click();
    await lines().getByText('16384').waitFor();
    await lines().getByText('max-model-len', { exact: true }).click();
    await fileBecomes(original.replace('max-model-len: 4096', 'max-model-len: 16384'));
    await page.keyboard.press('Control+Z');
    await lines().getByText('4096').first().waitFor();
    await fileBecomes(original);
  });

  it('compares pinned scenarios and lists the GPUs that hold the model', async () => {
    const frame = await panel();
    await frame.locator('#inference-pin').click();
    await frame.locator('#inference-concurrent_users').locator('input').fill('8');
    await frame.locator('#inference-pin').click();
    await frame.getByRole('tab', { name: 'Compare' }).click();
    await frame.locator('.compare .differs').getByText('8', { exact: true }).waitFor();
    await frame.getByText(/^\d+ found\. /).waitFor({ timeout: 60_000 });
    await shoot('3-compare');
  });

  it('plans a fine-tuning run', async () => {
    const frame = await panel();
    await frame.getByRole('tab', { name: 'Fine-tuning' }).click();
    await frame.locator('#finetuning-lora_rank').locator('input').fill('32');
    await frame.locator('.verdict').getByText(/GiB/).first().waitFor();
    await frame.getByText(/Smallest that holds it/).waitFor();
    await shoot('4-finetuning');
  });

  it('comes back after a restart as it was', async () => {
    // The window keeps its editors' state with a delay.
    await page.waitForTimeout(6000);
    await page.goto(server.address(workspace));
    await lines().first().waitFor({ timeout: 90_000 });
    const frame = await panel();
    await frame.getByRole('tab', { name: 'Fine-tuning', selected: true }).waitFor();
    assert.equal(await frame.locator('#finetuning-lora_rank').locator('input').inputValue(), '32');
    await frame.getByRole('tab', { name: 'Compare' }).click();
    await frame.locator('.compare').waitFor();
    assert.equal(await frame.locator('.compare thead th').count(), 3, 'two scenarios are pinned');
    await frame.getByRole('tab', { name: 'Inference' }).click();
    await frame.getByText('qwen3-8b.yaml').first().waitFor();
  });

  for (const [theme, body] of Object.entries(THEMES)) {
    it(`is drawn in ${theme}, and axe finds nothing serious`, async () => {
      const row = (text: RegExp): Locator => page.locator('.quick-input-list .monaco-list-row').filter({ hasText: text }).first();
      const input = page.locator('.quick-input-widget input').first();
      await page.keyboard.press('F1');
      await input.fill('>Preferences: Color Theme');
      await row(/^Preferences: Color Theme/).click();
      await input.fill(theme);
      await row(new RegExp(`^${theme}`)).click();
      await page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
      const container = page.locator('.activitybar').getByRole('tab', { name: /vLLM VRAM/ });
      if ((await container.getAttribute('aria-selected')) !== 'true') await container.click();
      const frames = [await panel(), await side()];
      for (const frame of frames) await frame.locator(`body.${body}`).waitFor();
      await shoot(`5-${theme.replaceAll(' ', '-')}`);
      for (const frame of frames) assert.deepEqual(await seriousIn(frame), []);
    });
  }
});
