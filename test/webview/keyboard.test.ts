import * as assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { catalogue, eventually, field, planner, qwen } from './plannerPage';
import { playEditor } from './services';
import { THEMES } from './themes';

/** Sections that are unfolded, so that the walk passes through all there is. */
const OPEN = [
  ...['Runtime', 'Load', 'Parallelism', 'Offloading'].map((name) => `inference/${name}`),
  ...['solve', 'assumptions'].map((name) => `inference/${name}`),
  ...['Data set', 'Precision', 'Adapter', 'Optimizer', 'Activations', 'Offloading', 'Parallelism', 'Software'].map(
    (name) => `finetuning/${name}`,
  ),
  'finetuning/assumptions',
];

/** One stop of a walk. */
interface Stop {
  readonly what: string;
  /** It lies outside the window, so nobody sees it. */
  readonly outside: boolean;
  /** Whether the stop before this one looked otherwise while it had the focus; null for the first. */
  readonly wasSeen: boolean | null;
  /** It is where the walk began, so the walk is over. */
  readonly first: boolean;
  readonly again: boolean;
}

/** Looks at what has the focus now, and at the last stop without it. */
function stopNow(page: Page): Promise<Stop | null> {
  return page.evaluate(() => {
    const look = (element: Element): string =>
      [element, ...(element.shadowRoot?.querySelectorAll('*') ?? [])]
        .map((part) => {
          const style = getComputedStyle(part);
          const outline = style.outlineStyle === 'none' ? '' : `${style.outlineWidth} ${style.outlineColor}`;
          return [outline, style.borderColor, style.boxShadow, style.backgroundColor].join('|');
        })
        .join('\n');
    const memory = window as Window & { walked?: { element: Element; look: string }[] };
    const walked = (memory.walked ??= []);
    const last = walked.at(-1);
    const wasSeen = last === undefined ? null : !last.element.isConnected || look(last.element) !== last.look;
    const host = document.activeElement;
    if (!host || host === document.body) return null;
    const again = walked.some(({ element }) => element === host);
    const first = walked[0]?.element === host;
    walked.push({ element: host, look: look(host) });
    const { left, top, right, bottom } = (host.shadowRoot?.activeElement ?? host).getBoundingClientRect();
    const outside = right <= 0 || bottom <= 0 || left >= window.innerWidth || top >= window.innerHeight;
    const words = host.getAttribute('aria-label') ?? host.textContent?.trim().slice(0, 40) ?? '';
    return { what: `${host.localName}#${host.id} ${words}`, outside, wasSeen, first, again };
  });
}

/** More stops than any tab has: a walk that does not end is a trap. */
const MOST_STOPS = 250;

/** Presses `key` until the focus leaves the page or is where it began. */
async function walk(page: Page, key: 'Tab' | 'Shift+Tab'): Promise<readonly string[]> {
  await page.evaluate(() => {
    (document.activeElement as HTMLElement | null)?.blur();
    Object.assign(window, { walked: [] });
  });
  const stops: string[] = [];
  for (let step = 0; step < MOST_STOPS; step++) {
    await page.keyboard.press(key);
    const stop = await stopNow(page);
    if (stop?.wasSeen === false) assert.fail(`the focus on ${String(stops.at(-1))} is not to be seen`);
    if (stop === null || stop.first) return stops;
    assert.ok(!stop.again, `${stop.what} comes twice`);
    assert.ok(!stop.outside, `${stop.what} has the focus outside the window`);
    stops.push(stop.what);
  }
  throw new Error(`no end after ${MOST_STOPS} stops: ${stops.slice(-8).join(' | ')}`);
}

/** What the browser tells assistive technology of everything that takes the focus. */
async function namelessIn(page: Page): Promise<readonly string[]> {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  await session.detach();
  const focusable = nodes.filter(
    ({ ignored, role, properties }) =>
      !ignored && role?.value !== 'RootWebArea' && properties?.some(({ name, value }) => name === 'focusable' && value.value === true),
  );
  assert.ok(focusable.length > 20, `${focusable.length} stops`);
  return focusable
    .filter(({ name, role }) => String(name?.value ?? '').trim() === '' || ['generic', 'none', ''].includes(String(role?.value ?? '')))
    .map(({ role, name }) => `${String(role?.value)} “${String(name?.value)}”`);
}

describe('the planner by keyboard', () => {
  const open = planner();
  const state = (tab: string): object => ({
    version: 1,
    tab,
    open: OPEN,
    finetuning: { num_gpus: 4 },
    inference: { enable_offloading: true },
  });

  for (const tab of ['inference', 'finetuning', 'compare']) {
    for (const theme of THEMES) {
      it(`${tab}, ${theme.name}: is walked there and back, each stop seen, named and left`, async () => {
        const services = playEditor(catalogue, qwen);
        const { page } = await open(services, { theme, width: 1100, state: state(tab) });
        await page.locator(tab === 'compare' ? '#gpu-filter' : `#${tab}-num_gpus`).waitFor();
        if (tab === 'compare') await page.getByText(/^\d+ found\. /).waitFor();
        assert.deepEqual(await namelessIn(page), []);
        const there = await walk(page, 'Tab');
        assert.ok(there.length > 20, `${there.length} stops`);
        const back = await walk(page, 'Shift+Tab');
        assert.deepEqual([...back].reverse(), there);
      });
    }
  }

  it('moves sliders by arrows, switches boxes by Space, and opens sections by Enter', async () => {
    const { page } = await open(playEditor(catalogue, qwen), { width: 1100 });
    await page.locator('#inference-concurrent_users-slider').focus();
    await page.keyboard.press('ArrowRight');
    await eventually(() => field(page, 'concurrent_users').inputValue(), '2');
    await page.keyboard.press('ArrowLeft');
    await eventually(() => field(page, 'concurrent_users').inputValue(), '1');
    await page.locator('summary', { hasText: 'Offloading' }).focus();
    await page.keyboard.press('Enter');
    await page.locator('#inference-enable_offloading').focus();
    await page.keyboard.press('Space');
    await page.locator('#inference-cpu_offload_gb').waitFor();
    await page.locator('#inference-enable_offloading').focus();
    await page.keyboard.press('Space');
    await page.locator('#inference-cpu_offload_gb').waitFor({ state: 'detached' });
  });

  it('presses buttons by Enter and by Space, once each', async () => {
    const { page } = await open(playEditor(catalogue, qwen), { width: 1100 });
    await page.locator('#inference-pin').focus();
    await page.keyboard.press('Enter');
    await page.getByText('Pinned “Qwen3-8B on 2 × NVIDIA GeForce RTX 4090”: see Compare.').waitFor();
    await page.locator('#inference-save').focus();
    await page.keyboard.press('Space');
    await page.locator('#inference-name').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('tab', { name: 'Compare' }).click();
    await eventually(() => page.getByRole('button', { name: /^Unpin/ }).count(), 1);
  });

  it('closes by Escape what is open, which gives the focus back and changes nothing', async () => {
    const { page } = await open(playEditor(catalogue, qwen), { width: 1100 });
    const focused = (): Promise<string | undefined> => page.evaluate(() => document.activeElement?.id);
    const weights = page.locator('#inference-quantization');
    await weights.focus();
    await page.keyboard.press('Space');
    await eventually(() => weights.getAttribute('aria-expanded'), 'true');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Escape');
    await eventually(() => weights.getAttribute('aria-expanded'), 'false');
    await eventually(() => page.locator('.field.changed').count(), 0);
    await eventually(focused, 'inference-quantization');

    const gpu = page.getByRole('combobox', { name: 'GPU' });
    await gpu.focus();
    await page.keyboard.press('ArrowDown');
    await eventually(() => gpu.getAttribute('aria-expanded'), 'true');
    await page.keyboard.type('h100');
    await page.keyboard.press('Escape');
    await eventually(() => gpu.getAttribute('aria-expanded'), 'false');
    await eventually(() => gpu.inputValue(), 'NVIDIA GeForce RTX 4090');
    await eventually(focused, 'inference-gpu');

    await page.locator('#inference-save').focus();
    await page.keyboard.press('Enter');
    await eventually(focused, 'inference-name');
    await page.keyboard.press('Escape');
    await page.locator('#inference-name').waitFor({ state: 'detached' });
    await eventually(focused, 'inference-save');

    const reason = page.locator('.reason').first();
    await reason.focus();
    const tip = page.locator('.reason + .tip').first();
    await tip.waitFor();
    await page.keyboard.press('Escape');
    await tip.waitFor({ state: 'hidden' });
  });
});
