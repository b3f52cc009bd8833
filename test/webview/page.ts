// Serves the planner's page to a browser with an editor's end of the conversation behind it, without VS Code.
import { createServer, type Server } from 'node:http';
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { Conversation, type Place, type PlannerServices } from '../../src/features/planner/conversation';
import { plannerHtml } from '../../src/features/planner/html';
import type { DeploymentLink, ToPage } from '../../src/protocol/messages';
import { THEMES, type Theme } from './themes';

/** Where the built page lies. */
const dist = path.resolve(process.env['PLANNER_DIST'] ?? 'dist');

const TYPES: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.css': 'text/css', '.html': 'text/html' };

/** The page's files on a loopback port. */
export class PageServer {
  private constructor(
    private readonly server: Server,
    readonly origin: string,
  ) {}

  static async start(): Promise<PageServer> {
    const server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
      const send = (type: string, body: string | Buffer): void => void response.writeHead(200, { 'content-type': type }).end(body);
      if (pathname === '/page') {
        const place = searchParams.get('place') === 'side' ? 'side' : 'panel';
        return send('text/html', plannerHtml(place, { script: '/webview.js', style: '/webview.css', source: "'self'" }));
      }
      readFile(path.join(dist, path.normalize(pathname))).then(
        (body) => send(TYPES[path.extname(pathname)] ?? 'application/octet-stream', body),
        () => response.writeHead(404).end(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new PageServer(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  stop(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}

/** One page in a window with its conversation. */
export interface OpenPage {
  readonly page: Page;
  readonly conversation: Conversation;
  /** CSP violations and errors that the page reported. */
  readonly complaints: string[];
  /** Hands the page any message, well-formed or not. */
  post(message: unknown): Promise<void>;
  /** Stamped like the last good message, to be bent by tests. */
  readonly sent: ToPage[];
  /** What the page keeps over a reload. */
  state(): unknown;
  close(): Promise<void>;
}

export interface OpenOptions {
  readonly place: Place;
  readonly services: PlannerServices;
  readonly link?: DeploymentLink;
  readonly theme?: Theme;
  readonly width?: number;
  readonly height?: number;
  /** 2 for 200 %. */
  readonly zoom?: number;
  /** What an earlier page kept. */
  readonly state?: unknown;
}

export async function openPage(browser: Browser, server: PageServer, options: OpenOptions): Promise<OpenPage> {
  const { place, services, theme = THEMES[0], width = 1000, height = 900, zoom = 1 } = options;
  const context = await browser.newContext({
    viewport: { width: Math.round(width / zoom), height: Math.round(height / zoom) },
    deviceScaleFactor: zoom,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  const sent: ToPage[] = [];
  let kept: unknown = options.state;
  const post = async (message: unknown): Promise<void> => {
    await page.evaluate((data) => window.postMessage(data, '*'), message).catch(() => undefined);
  };
  const conversation = new Conversation(
    services,
    (message) => {
      sent.push(message);
      void post(message);
    },
    options.link ?? null,
  );
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(server.origin) && !request.url().startsWith('data:')) complaints.push(`network: ${request.url()}`);
  });
  await page.exposeFunction('toHost', (message: unknown) => conversation.receive(message));
  await page.exposeFunction('keepState', (state: unknown) => {
    kept = state;
  });
  await page.addInitScript(
    ({ state, body, colors }) => {
      let current: unknown = state;
      const host = window as unknown as { toHost(message: unknown): void; keepState(state: unknown): void };
      Object.assign(window, {
        acquireVsCodeApi: () => ({
          postMessage: (message: unknown) => host.toHost(JSON.parse(JSON.stringify(message))),
          getState: () => current,
          setState: (next: unknown) => {
            current = JSON.parse(JSON.stringify(next));
            host.keepState(current);
          },
        }),
      });
      document.addEventListener('securitypolicyviolation', (event) => {
        console.error(`blocked: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
      });
      document.addEventListener('DOMContentLoaded', () => {
        document.body.classList.add(body);
        for (const [name, value] of Object.entries(colors)) document.documentElement.style.setProperty(`--vscode-${name}`, value);
      });
    },
    { state: kept, body: theme?.body ?? 'vscode-dark', colors: theme?.colors ?? {} },
  );
  await page.goto(`${server.origin}/page?place=${place}`);
  await page.locator('body[data-ready="yes"]').waitFor({ timeout: 20_000 });
  return { page, conversation, complaints, post, sent, state: () => kept, close: () => context.close() };
}
