import type { Browser } from 'playwright-core';
import { launchChromium } from '../host/browser';
import { openPage, PageServer, type OpenOptions, type OpenPage } from './page';

/** What opens pages in one browser, from one server; both live as long as the suite that calls this. */
export function inChromium(): (options: OpenOptions) => Promise<OpenPage> {
  let server: PageServer;
  let browser: Browser;

  before(async () => {
    server = await PageServer.start();
    browser = await launchChromium();
  });

  after(async () => {
    await browser.close();
    await server.stop();
  });

  return (options) => openPage(browser, server, options);
}
