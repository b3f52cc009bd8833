// The Chromium of this machine, for windows of the VS Code server and for the planner's page.
import { existsSync } from 'node:fs';
import type { Browser, Frame, Page } from 'playwright-core';
import { chromium } from 'playwright-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/usr/bin/google-chrome-stable'];

/** Path of a Chromium, or null when none is installed. CHROMIUM_PATH wins. */
function findChromium(): string | null {
  return [process.env['CHROMIUM_PATH'] ?? '', ...places].find((place) => place !== '' && existsSync(place)) ?? null;
}

export async function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === null) throw new Error('no Chromium found: apt-get install chromium, or set CHROMIUM_PATH');
  return chromium.launch({
    executablePath,
    headless: process.env['HEADED'] === undefined,
    args: [
      // Chromium's sandbox refuses to run as root; /dev/shm is small in containers; there is no GPU to use.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      ...['--disable-dev-shm-usage', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ],
  });
}

/** The innermost frame of the webview that holds `selector`; webviews lie two frames below the window. */
export async function webviewWith(page: Page, selector: string, timeoutMs = 30_000): Promise<Frame> {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    for (const frame of page.frames()) {
      const inner = /\/fake\.html/.test(frame.url()) || frame.name() === 'active-frame';
      if (
        inner &&
        (await frame
          .locator(selector)
          .count()
          .catch(() => 0)) > 0
      )
        return frame;
    }
    await page.waitForTimeout(100);
  }
  throw new Error(
    `no webview holds ${selector}; frames: ${page
      .frames()
      .map((frame) => frame.url())
      .join(' | ')}`,
  );
}

/** Runs a command from the palette by its full title. */
export async function runFromPalette(page: Page, title: string): Promise<void> {
  await page.keyboard.press('F1');
  const input = page.locator('.quick-input-widget input').first();
  await input.waitFor();
  await input.fill(`>${title}`);
  await page.locator('.quick-input-list .monaco-list-row').filter({ hasText: title }).first().waitFor();
  await page.keyboard.press('Enter');
}
