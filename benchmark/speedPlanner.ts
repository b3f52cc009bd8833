// The planner's page in a headless Chromium, over the real engine: how soon it shows a figure and how fast it answers.
import { readFileSync } from 'node:fs';
import { Catalogue } from '../src/models/catalogue';
import { launchChromium } from '../test/host/browser';
import { openPage, PageServer } from '../test/webview/page';
import { deployment, playEditor } from '../test/webview/services';

interface Row {
  readonly name: string;
  readonly unit: string;
  readonly values: readonly number[];
}

/** Milliseconds from each step of a slider to the frame that shows its answer; runs in the page. */
async function dragSlider(steps: number): Promise<number[]> {
  const slider = document.querySelector<HTMLInputElement>('input[type=range]');
  if (!slider) throw new Error('the page has no slider');
  const nextFrame = (): Promise<number> =>
    new Promise((resolve) => {
      requestAnimationFrame(() => {
        // A task queued in the frame's callback runs after that frame is painted.
        const channel = new MessageChannel();
        channel.port1.onmessage = () => resolve(performance.now());
        channel.port2.postMessage(null);
      });
    });
  const low = Number(slider.min);
  const high = Number(slider.max);
  const taken: number[] = [];
  for (let step = 0; step < steps; step += 1) {
    await nextFrame();
    const before = document.querySelector('.figures')?.textContent;
    // Up and down through every stop, so that each step asks for another answer.
    const round = step % (2 * (high - low));
    slider.value = String(low + Math.min(round, 2 * (high - low) - round));
    const began = performance.now();
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    let painted = await nextFrame();
    // Figures that are still the old ones were not drawn in time.
    if (document.querySelector('.figures')?.textContent === before) painted = await nextFrame();
    taken.push(painted - began);
  }
  return taken;
}

interface Metafile {
  readonly outputs: Readonly<Record<string, { readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>> }>>;
}

/** What was loaded, by what it is made of; the build wrote down which inputs each file has. */
function bytesByPart(loaded: readonly { readonly file: string; readonly bytes: number }[]): readonly (readonly [string, number])[] {
  const metafiles = JSON.parse(readFileSync('out/metafiles.json', 'utf8')) as Metafile[];
  const outputs = new Map(metafiles.flatMap((metafile) => Object.entries(metafile.outputs)));
  const parts = new Map<string, number>();
  for (const { file, bytes } of loaded) {
    const inputs = Object.entries(outputs.get(`dist/${file}`)?.inputs ?? {});
    const of = inputs.reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0);
    // What the bundler adds belongs to the inputs in proportion.
    for (const [input, { bytesInOutput }] of inputs)
      parts.set(partOf(input), (parts.get(partOf(input)) ?? 0) + Math.round((bytesInOutput / of) * bytes));
  }
  const all = loaded.reduce((sum, { bytes }) => sum + bytes, 0);
  return [['all', all], ...parts];
}

function partOf(input: string): string {
  if (/node_modules\/(@vscode|@microsoft|tslib)\//.test(input)) return 'the toolkit';
  if (input.startsWith('node_modules/')) return 'preact and valibot';
  if (input.startsWith('src/')) return 'the engine';
  return /^webview\/plots\/|servingPlots/.test(input) ? 'plots' : 'the page itself';
}

export async function measurePlanner(): Promise<Row[]> {
  const catalogue = Catalogue.parse(readFileSync('data/models.json', 'utf8'));
  const server = await PageServer.start();
  const browser = await launchChromium();
  try {
    const shown = deployment(catalogue, {
      model: 'Qwen/Qwen3-8B',
      gpu: 'rtx_4090',
      count: 2,
      args: { 'tensor-parallel-size': 2, 'max-model-len': 32768 },
    });
    const { page } = await openPage(browser, server, { place: 'panel', services: playEditor(catalogue, shown), width: 1400 });
    const figures = page.locator('.figures').first();
    await figures.waitFor();
    const opened: number[] = [];
    for (let round = 0; round < 10; round += 1) {
      const began = performance.now();
      await page.reload({ waitUntil: 'commit' });
      await figures.waitFor();
      opened.push(performance.now() - began);
    }
    await page.locator('#plot-speed-title').waitFor();
    const loaded = await page.evaluate(() =>
      (performance.getEntriesByType('resource') as PerformanceResourceTiming[]).map((entry) => ({
        file: new URL(entry.name).pathname.slice(1),
        bytes: entry.decodedBodySize,
      })),
    );
    const repaint = await page.evaluate(dragSlider, 120);
    return [
      ...bytesByPart(loaded).map(([name, bytes]) => ({
        name: `planner: Inference tab with its plots, ${name}`,
        unit: 'bytes',
        values: [bytes],
      })),
      { name: 'planner: open to first figure', unit: 'ms', values: opened },
      { name: 'planner: input to repaint, dragging the context slider', unit: 'ms', values: repaint },
    ];
  } finally {
    await browser.close();
    await server.stop();
  }
}
