#!/usr/bin/env node
// Takes the arguments that @vscode/test-electron gives a desktop `code`, and runs the same suite in the extension host
// of a VS Code server shown by a headless Chromium. Ends with 0 only when the suite itself said that it passed.
import { createServer } from 'node:net';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { launchChromium } from './browser';
import { startServer } from './server';

interface Request {
  readonly folder: string;
  readonly extension: string;
  readonly suite: string;
}

function parseArguments(args: readonly string[]): Request {
  const option = (name: string): string | undefined => args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
  const extension = option('extensionDevelopmentPath');
  const suite = option('extensionTestsPath');
  if (extension === undefined || suite === undefined) {
    throw new Error('usage: code [folder] --extensionDevelopmentPath=DIR --extensionTestsPath=FILE');
  }
  return {
    folder: path.resolve(args.find((arg) => !arg.startsWith('-')) ?? extension),
    extension: path.resolve(extension),
    suite: path.resolve(suite),
  };
}

async function main(): Promise<number> {
  const request = parseArguments(process.argv.slice(2));
  const limitMs = Number(process.env['TEST_TIMEOUT_MS'] ?? 300_000);

  // The exit code that the workbench reports is 0 as well when the extension host dies half way, so the verdict comes
  // over this socket.
  let passed: boolean | undefined;
  const relay = createServer((socket) => {
    createInterface(socket).on('line', (line) => {
      const said = JSON.parse(line) as { out?: string; passed?: boolean };
      if (said.out !== undefined) console.log(said.out);
      passed = said.passed ?? passed;
    });
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  const { port } = relay.address() as { port: number };

  const server = await startServer({
    testDriver: true,
    settings: { 'files.autoSave': 'off' },
    env: { HOSTED_SUITE: request.suite, HOSTED_SUITE_PORT: String(port) },
  });
  const browser = await launchChromium();
  const windowLog: string[] = [];
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.on('crash', () => windowLog.push('the window crashed'));
    page.on('pageerror', (error) => windowLog.push(`error in the window: ${error.stack ?? error.message}`));
    const exit = new Promise<number | undefined>((resolve) => {
      const timer = setTimeout(() => resolve(undefined), limitMs);
      void page.exposeFunction(
        'codeAutomationLog',
        (kind: string, values: unknown[]) => void windowLog.push(`${kind} ${values.map(String).join(' ')}`),
      );
      void page.exposeFunction('codeAutomationExit', (code: number) => {
        clearTimeout(timer);
        resolve(code);
      });
      void server.ended.then(() => resolve(undefined));
    });
    await page.goto(
      server.address(request.folder, [
        ['extensionDevelopmentPath', server.remoteUri(request.extension)],
        ['extensionTestsPath', server.remoteUri(path.join(__dirname, 'relay.js'))],
        ['skipWelcome', 'true'],
      ]),
    );
    const code = await exit;
    if (code === undefined) console.error(`no result from the extension host within ${limitMs} ms`);
    else if (passed === undefined) console.error('the extension host ended before the suite did');
    if (passed === undefined || process.env['VERBOSE'] !== undefined) {
      console.error(`--- window\n${windowLog.join('\n')}\n--- server\n${server.log()}`);
    }
    return code === 0 && passed === true ? 0 : 1;
  } finally {
    await browser.close();
    await server.stop();
    relay.close();
  }
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
