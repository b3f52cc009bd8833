// Puts a VS Code server into .vscode-test/hosts/NAME from the npm registry alone, for machines that cannot download a
// desktop VS Code. Two folders, because an npm that runs on the Node it is about to prune breaks its own children:
//   node/         the Node that this server wants
//   code-server/  VS Code's server and web workbench
// usage: node test/host/install.mjs [newest|oldest ...]      (default: newest)
// No install script is run, so no compiler is needed; what that leaves out (native logging, keytar) the editor can miss.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '..', '..');
const hosts = JSON.parse(readFileSync(path.join(here, 'hosts.json'), 'utf8'));
const base = process.env.CODE_HOSTS_DIR ?? path.join(root, '.vscode-test', 'hosts');

/** Runs npm in a folder that must not inherit what an outer `npm run` put into the environment. */
function npmInstall(folder, packages, searchPath) {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([key]) => !/^npm_(config_local_prefix|package_|lifecycle_)/i.test(key)),
  );
  const result = spawnSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...packages], {
    cwd: folder,
    env: { ...env, PATH: searchPath },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (result.status !== 0) throw new Error(`npm install ${packages.join(' ')} failed in ${folder}`);
}

function install(name) {
  const versions = hosts[name];
  if (!versions) throw new Error(`no VS Code host is called ${name}; there are ${Object.keys(hosts).join(', ')}`);
  const folder = path.join(base, name);
  const stamp = path.join(folder, `ready-${versions.codeServer}-${versions.node}`);
  if (existsSync(stamp)) return;
  if (process.platform !== 'linux')
    throw new Error('the VS Code server from npm runs on Linux only; elsewhere let the tests download VS Code');
  const began = Date.now();
  rmSync(folder, { recursive: true, force: true });
  for (const part of ['node', 'code-server']) {
    mkdirSync(path.join(folder, part), { recursive: true });
    writeFileSync(path.join(folder, part, 'package.json'), '{ "private": true }\n');
  }
  npmInstall(path.join(folder, 'node'), [`node-linux-${process.arch}@${versions.node}`], process.env.PATH);
  const nodeBin = path.join(folder, 'node', 'node_modules', `node-linux-${process.arch}`, 'bin');
  const searchPath = nodeBin + path.delimiter + process.env.PATH;
  const server = path.join(folder, 'code-server');
  npmInstall(server, [`code-server@${versions.codeServer}`], searchPath);
  // code-server keeps VS Code's own dependencies in two nested packages, which its install script would fill.
  const vscode = path.join(server, 'node_modules', 'code-server', 'lib', 'vscode');
  npmInstall(vscode, ['--omit=dev'], searchPath);
  npmInstall(path.join(vscode, 'extensions'), ['--omit=dev'], searchPath);
  writeFileSync(stamp, '');
  console.log(`VS Code ${versions.vscode} (server from npm) installed in ${((Date.now() - began) / 1000).toFixed(0)} s`);
}

const names = process.argv.slice(2);
for (const name of names.length > 0 ? names : ['newest']) install(name);
