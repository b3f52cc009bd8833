import * as assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { Catalogue } from '../../src/models/catalogue';
import type { Place } from '../../src/features/planner/conversation';
import { inChromium } from './inChromium';
import type { OpenPage } from './page';
import { deployment, playEditor } from './services';
import { THEMES } from './themes';

const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
  }[];
}

/** Everything axe has to say about a page, whatever its impact. */
async function violationsOf(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe);
  const result = (await page.evaluate('axe.run()')) as AxeResult;
  return result.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary}`),
  );
}

/** Whether the page is wider than its window: nobody should have to scroll sideways for text. */
function overflow(page: Page): Promise<number> {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    // The tabs clip what is wider than they are, so their parts are looked at themselves.
    const parts = [...document.querySelectorAll('.headline, .columns, .answers')].map((part) => part.getBoundingClientRect().right);
    return Math.max(scrollWidth, ...parts) - clientWidth;
  });
}

interface Setting {
  readonly name: string;
  readonly place: Place;
  readonly width: number;
  readonly zoom: number;
  readonly tab: string;
}

const SETTINGS: readonly Setting[] = [
  { name: 'side view at 240 px', place: 'side', width: 240, zoom: 1, tab: 'inference' },
  { name: 'side view at 400 px and 200 %', place: 'side', width: 400, zoom: 2, tab: 'inference' },
  { name: 'inference at 240 px', place: 'panel', width: 240, zoom: 1, tab: 'inference' },
  { name: 'inference at 1,600 px', place: 'panel', width: 1600, zoom: 1, tab: 'inference' },
  { name: 'inference at 1,600 px and 200 %', place: 'panel', width: 1600, zoom: 2, tab: 'inference' },
  { name: 'fine-tuning at 1,000 px', place: 'panel', width: 1000, zoom: 1, tab: 'finetuning' },
  { name: 'fine-tuning at 240 px', place: 'panel', width: 240, zoom: 1, tab: 'finetuning' },
  { name: 'comparison at 1,000 px', place: 'panel', width: 1000, zoom: 1, tab: 'compare' },
  { name: 'comparison at 240 px', place: 'panel', width: 240, zoom: 1, tab: 'compare' },
];

/** Sections that are unfolded, so that axe sees what is in them. */
const OPEN = [
  'inference/Runtime',
  'inference/Load',
  'inference/Parallelism',
  'inference/Offloading',
  'inference/solve',
  'inference/assumptions',
  'finetuning/Optimizer',
  'finetuning/Activations',
  'side/assumptions',
];

describe('the planner page, for everybody', () => {
  const catalogue = Catalogue.parse(readFileSync('data/models.json', 'utf8'));
  const finding = {
    code: 'advice',
    severity: 'warning' as const,
    key: 'max-num-seqs',
    message: 'Too many.',
    fixes: [{ title: 'Set max-num-seqs to 64', edits: { set: { 'max-num-seqs': 64 }, remove: [] }, preferred: true }],
  };
  const qwen = deployment(catalogue, {
    model: 'Qwen/Qwen3-8B',
    gpu: 'rtx_4090',
    count: 2,
    args: { 'tensor-parallel-size': 2, 'max-model-len': 32768 },
    findings: [finding],
  });
  const form = { llm_key: 'Qwen/Qwen3-8B', gpu_key: 'rtx_4090', num_gpus: 2, seq_length: 4096, engine_version: qwen.version };
  const pins = [1, 4].map((concurrent_users) => ({
    name: `${concurrent_users} users`,
    kind: 'inference',
    values: { ...form, concurrent_users },
    args: [
      ['model', 'Qwen/Qwen3-8B'],
      ['max-model-len', 4096],
    ],
  }));
  const openPage = inChromium();
  let open: OpenPage | undefined;

  afterEach(() => open?.close());

  for (const setting of SETTINGS) {
    for (const theme of THEMES) {
      it(`${setting.name}, ${theme.name}: axe finds nothing and nothing sticks out`, async () => {
        const { place, width, zoom, tab } = setting;
        open = await openPage({
          place,
          services: playEditor(catalogue, qwen),
          theme,
          width,
          zoom,
          state: { version: 1, tab, open: OPEN, pins },
        });
        const { page } = open;
        await page
          .locator(tab === 'compare' ? '.compare' : '.verdict')
          .first()
          .waitFor();
        if (tab === 'compare') await page.getByText(/^\d+ found\. /).waitFor();
        assert.deepEqual(await violationsOf(page), []);
        assert.ok((await overflow(page)) <= 0, `${await overflow(page)} px wider than the window`);
        assert.deepEqual(open.complaints, []);
      });
    }
  }

  it('can be walked through by the tab key, each stop visible and named', async () => {
    open = await openPage({
      place: 'panel',
      services: playEditor(catalogue, qwen),
      width: 1200,
      state: { version: 1, tab: 'inference', open: OPEN },
    });
    const { page } = open;
    await page.locator('#plot-speed-title').waitFor();
    const stops: string[] = [];
    for (let step = 0; step < 120; step++) {
      await page.keyboard.press('Tab');
      const stop = await page.evaluate(() => {
        const host = document.activeElement;
        if (!host || host === document.body) return null;
        const inner = host.shadowRoot?.activeElement ?? host;
        const box = inner.getBoundingClientRect();
        const name = host.getAttribute('aria-label') ?? host.textContent ?? '';
        const labelled = host.id !== '' && document.querySelector(`label[for="${host.id}"]`) !== null;
        return { what: `${host.localName}#${host.id}`, named: name.trim() !== '' || labelled, shown: box.width > 0 && box.height > 0 };
      });
      if (stop === null) break;
      assert.ok(stop.named, `${stop.what} has no name`);
      assert.ok(stop.shown, `${stop.what} is not to be seen`);
      stops.push(stop.what);
    }
    for (const needed of [
      'input#inference-model',
      'input#inference-gpu',
      'vscode-text-field#inference-seq_length',
      'input#inference-seq_length-slider',
      'vscode-button#inference-pin',
    ]) {
      assert.ok(stops.includes(needed), `${needed} is not reached: ${stops.join(' ')}`);
    }
    assert.equal(
      new Set(stops.filter((stop) => !stop.endsWith('#'))).size,
      stops.filter((stop) => !stop.endsWith('#')).length,
      'no stop comes twice',
    );
  });

  it('moves between tabs by arrow keys', async () => {
    open = await openPage({ place: 'panel', services: playEditor(catalogue, qwen), width: 1000 });
    const { page } = open;
    await page.getByRole('tab', { name: 'Inference' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.getByText(/^Smallest that holds it/).waitFor();
    await page.keyboard.press('ArrowRight');
    await page.getByText('Nothing is pinned.').waitFor();
  });

  it('never loses the focus to the top of the page', async () => {
    open = await openPage({ place: 'panel', services: playEditor(catalogue, qwen), width: 1200 });
    const { page } = open;
    const focused = (): Promise<string> =>
      page.evaluate(() => {
        const element = document.activeElement;
        return element === null || element === document.body
          ? 'nothing'
          : element.id || (element.getAttribute('aria-label') ?? element.localName);
      });
    await page.locator('#inference-seq_length').locator('input').fill('4096');
    await page.locator('#apply').focus();
    await page.keyboard.press('Enter');
    await page.locator('#apply-now').waitFor();
    assert.equal(await focused(), 'Changes to the file', 'the preview takes the focus');
    await page.keyboard.press('Escape');
    await page.locator('#apply-now').waitFor({ state: 'detached' });
    assert.equal(await focused(), 'apply', 'and gives it back');
    await page.locator('#reset').focus();
    await page.keyboard.press('Enter');
    await page.locator('#reset[aria-disabled=true]').waitFor();
    assert.equal(await focused(), 'reset', 'a button that has nothing more to do keeps it');
    await page.locator('#inference-copy').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'YAML');
    await page.keyboard.press('Escape');
    assert.equal(await focused(), 'inference-copy');
    await page.locator('#inference-pin').click();
    await page.getByRole('tab', { name: 'Compare' }).click();
    await page.getByRole('button', { name: /^Unpin/ }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('Nothing is pinned.').waitFor();
    assert.notEqual(await focused(), 'nothing');
  });

  it('gives every part of the bar a pattern or an edge of its own, not only a colour', async () => {
    open = await openPage({ place: 'side', services: playEditor(catalogue, qwen), width: 300 });
    const patterns = await open.page.evaluate(() =>
      [...document.querySelectorAll('.bar rect[fill]')].map((rect) => {
        const id = /url\(#(.*)\)/.exec(rect.getAttribute('fill') ?? '')?.[1] ?? '';
        return document.getElementById(id)?.innerHTML ?? 'missing';
      }),
    );
    assert.ok(patterns.length >= 4);
    assert.equal(new Set(patterns).size, patterns.length);
  });
});
