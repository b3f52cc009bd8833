import * as assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Locator, Page } from 'playwright-core';
import { Catalogue } from '../../src/models/catalogue';
import { inChromium } from './inChromium';
import type { OpenOptions, OpenPage } from './page';
import { deployment, type PlayedEditor } from './services';

export const catalogue = Catalogue.parse(readFileSync('data/models.json', 'utf8'));

/** A deployment that starts, on two cards. */
export const qwen = deployment(catalogue, {
  model: 'Qwen/Qwen3-8B',
  gpu: 'rtx_4090',
  count: 2,
  args: { 'tensor-parallel-size': 2, 'max-model-len': 32768 },
});

/** What opens the planner over an editor. After each test of the suite that calls this, no page may have complained, and all are closed. */
export function planner(): (services: PlayedEditor, options?: Partial<OpenOptions>) => Promise<OpenPage> {
  const openPage = inChromium();
  const opened: OpenPage[] = [];

  afterEach(async () => {
    const complaints = opened.flatMap((page) => page.complaints);
    await Promise.all(opened.splice(0).map((page) => page.close()));
    // Neither the page's policy nor the network nor a script may have anything to say in any test.
    assert.deepEqual(complaints, []);
  });

  return async (services, options = {}) => {
    const page = await openPage({ place: 'panel', services, ...options });
    opened.push(page);
    return page;
  };
}

/** The input of a field of the Inference tab. */
export const field = (page: Page, name: string): Locator => page.locator(`#inference-${name}`).locator('input');

export const verdict = (page: Page): Locator => page.locator('.verdict').first();

/** The page draws in the next frame, so what it shows is asked for until it is right. */
export async function eventually<T>(look: () => Promise<T>, expected: T): Promise<void> {
  for (let tries = 0; tries < 50 && (await look()) !== expected; tries++) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(await look(), expected);
}
