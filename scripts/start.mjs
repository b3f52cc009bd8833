// npm start: a real VS Code with this extension and the sample workspace.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { canRunDesktop, run } from './environment.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);

if (!existsSync('node_modules/esbuild')) run('npm', ['ci', '--no-audit', '--no-fund']);
// A copy, so that trying things out leaves the samples as they are.
const workspace = path.join(root, '.vscode-test', 'samples');
if (!existsSync(workspace)) cpSync('samples', workspace, { recursive: true });

if (await canRunDesktop()) {
  console.log('Desktop VS Code (downloaded by @vscode/test-electron), because there is a display and the download answers.');
  run('node', ['esbuild.js', '--production']);
  const { downloadAndUnzipVSCode } = await import('@vscode/test-electron');
  const code = await downloadAndUnzipVSCode('stable');
  console.log(`It opens ${workspace}: open one of the .yaml files, the verdict stands above its first line.`);
  const own = (name) => path.join(root, '.vscode-test', name);
  spawnSync(
    code,
    [
      workspace,
      `--extensionDevelopmentPath=${root}`,
      `--user-data-dir=${own('user-data')}`,
      `--extensions-dir=${own('extensions')}`,
      '--disable-workspace-trust',
      '--skip-welcome',
      '--wait',
    ],
    { stdio: 'inherit' },
  );
} else {
  console.log('VS Code server from the npm registry, in your browser, because no desktop VS Code can be downloaded or shown here.');
  run('node', ['test/host/install.mjs', 'newest']);
  run('npm', ['run', '--silent', 'package']);
  run('node', ['esbuild.js', '--tests']);
  run('node', ['out/test/host/serve.js', workspace, 'vllm-vram-planner.vsix']);
}
