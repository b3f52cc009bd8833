// The suite inside the extension host, through @vscode/test-electron: a downloaded desktop VS Code, or whatever
// VSCODE_EXECUTABLE names. The suite gets a copy of the fixture workspace, so it may edit what it likes.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { runTests } from '@vscode/test-electron';
import { root } from './server';

async function main(): Promise<void> {
  const workspace = mkdtempSync(path.join(os.tmpdir(), 'vram-planner-workspace-'));
  cpSync(path.join(root, 'test', 'fixtures', 'workspace'), workspace, { recursive: true });
  const executable = process.env['VSCODE_EXECUTABLE'];
  const version = process.env['VSCODE_VERSION'];
  try {
    await runTests({
      extensionDevelopmentPath: root,
      extensionTestsPath: path.join(root, 'out', 'test', 'suite', 'index.js'),
      ...(executable === undefined ? {} : { vscodeExecutablePath: path.resolve(executable) }),
      ...(version === undefined ? {} : { version }),
      launchArgs: [workspace, '--disable-extensions'],
    });
  } finally {
    rmSync(workspace, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
