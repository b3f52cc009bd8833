// A VS Code server on a free loopback port, with its own data folder, ended whole.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';

export const root = path.resolve(__dirname, '..', '..', '..');

export interface ServerOptions {
  /** Which of hosts.json; `newest` unless CODE_HOST says otherwise. */
  readonly host?: string;
  /** Taken when it is free; otherwise, and when none is given, any free one. */
  readonly port?: number;
  /** Asks the browser for a random token: on a machine with several people, a loopback port is open to all of them. */
  readonly secret?: boolean;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Packaged extensions to install first. */
  readonly vsix?: string | readonly string[];
  /** Lets the address name an extension and its test suite; VS Code then shows no notifications. */
  readonly testDriver?: boolean;
  readonly env?: NodeJS.ProcessEnv;
}

export interface Server {
  readonly authority: string;
  /** Settles when the server process is gone. */
  readonly ended: Promise<void>;
  address(folder: string, payload?: readonly (readonly [string, string])[]): string;
  /** The URI by which the window knows a file of this machine. */
  remoteUri(file: string): string;
  log(): string;
  stop(): Promise<void>;
}

/** Keeps the window still, in English and off the network. */
const quietSettings = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.enableExperiments': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'telemetry.telemetryLevel': 'off',
  'extensions.ignoreRecommendations': true,
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'update.mode': 'none',
  'security.workspace.trust.enabled': false,
  'chat.disableAIFeatures': true,
  'git.enabled': false,
  'remote.autoForwardPorts': false,
};

/** The port itself where nothing listens on it, otherwise any free one. */
async function freePort(wanted = 0): Promise<number> {
  const probe = createServer();
  try {
    await new Promise<void>((resolve, reject) => probe.once('error', reject).listen(wanted, '127.0.0.1', resolve));
  } catch (error) {
    if (wanted === 0) throw error;
    return freePort();
  }
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const name = options.host ?? process.env['CODE_HOST'] ?? 'newest';
  const folder = path.join(process.env['CODE_HOSTS_DIR'] ?? path.join(root, '.vscode-test', 'hosts'), name);
  const nodeBin = path.join(folder, 'node', 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');
  // VS Code's own entry point: code-server's front end adds nothing here, and older ones cannot pass the test flag on.
  const main = path.join(folder, 'code-server', 'node_modules', 'code-server', 'lib', 'vscode', 'out', 'server-main.js');
  if (!existsSync(main)) throw new Error(`no VS Code server in ${folder}: run node test/host/install.mjs ${name}`);

  const data = mkdtempSync(path.join(os.tmpdir(), 'vram-planner-host-'));
  const userData = path.join(data, 'user-data');
  for (const part of ['User', 'tmp']) mkdirSync(path.join(userData, part), { recursive: true });
  writeFileSync(path.join(userData, 'User', 'settings.json'), JSON.stringify({ ...quietSettings, ...options.settings }));
  // An editor's terminal sets variables that would make this server believe it is that editor's.
  const inherited = Object.entries({ ...process.env, ...options.env }).filter(([key]) => !/^(VSCODE_|ELECTRON_)/.test(key));
  const env: NodeJS.ProcessEnv = { ...Object.fromEntries(inherited), TMPDIR: path.join(userData, 'tmp'), LANG: 'C.UTF-8' };
  const common = [
    main,
    ...['--accept-server-license-terms', '--disable-telemetry'],
    ...['--server-data-dir', data, '--user-data-dir', userData, '--extensions-dir', path.join(data, 'extensions')],
  ];
  for (const vsix of [options.vsix ?? []].flat()) {
    const done = spawnSync(nodeBin, [...common, '--install-extension', vsix, '--force'], { env, encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`installing ${vsix} failed:\n${done.stdout}${done.stderr}`);
  }

  const authority = `127.0.0.1:${await freePort(options.port)}`;
  const token = options.secret === true ? randomBytes(16).toString('hex') : null;
  const tokenFile = path.join(data, 'token');
  if (token !== null) writeFileSync(tokenFile, token, { mode: 0o600 });
  const logFile = path.join(data, 'server.log');
  const log = openSync(logFile, 'w');
  const child = spawn(
    nodeBin,
    [
      ...common,
      ...['--host', '127.0.0.1', '--port', authority.slice(authority.indexOf(':') + 1)],
      ...(token === null ? ['--without-connection-token'] : ['--connection-token-file', tokenFile]),
      '--disable-workspace-trust',
      ...(options.testDriver === true ? ['--enable-smoke-test-driver'] : []),
    ],
    // A process group of its own: extension hosts and file watchers outlive the server by seconds otherwise.
    { env, stdio: ['ignore', log, log], detached: true },
  );
  closeSync(log);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const signalGroup = (signal: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // The group is gone already.
    }
  };
  const cleanUp = (): void => {
    signalGroup('SIGKILL');
    rmSync(data, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  };
  process.once('exit', cleanUp);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));

  const server: Server = {
    authority,
    ended,
    address: (opened, payload) =>
      `http://${authority}/?${token === null ? '' : `tkn=${token}&`}folder=${encodeURIComponent(opened)}` +
      (payload ? `&payload=${encodeURIComponent(JSON.stringify(payload))}` : ''),
    remoteUri: (file) => `vscode-remote://${authority}${encodeURI(file)}`,
    log: () => readFileSync(logFile, 'utf8'),
    stop: async () => {
      signalGroup('SIGTERM');
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 3000))]);
      cleanUp();
      process.off('exit', cleanUp);
    },
  };
  const deadline = Date.now() + 60_000;
  const answers = (): Promise<boolean> =>
    fetch(`http://${authority}/version`).then(
      (response) => response.ok,
      () => false,
    );
  while (!(await answers())) {
    if (child.exitCode !== null || Date.now() > deadline) {
      const said = server.log();
      await server.stop();
      throw new Error(`the VS Code server did not start:\n${said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return server;
}
