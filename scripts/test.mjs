// npm test: everything that must be true of this project, from types to a real VS Code. Ends with one line of counts.
//   --fast   only what needs neither a browser nor VS Code
import { spawn } from 'node:child_process';
import { canRunDesktop, ensureChromium } from './environment.mjs';

const fast = process.argv.includes('--fast');
const counts = { passing: 0, failing: 0, pending: 0 };
const failed = [];

/** Runs one step, shows its output and adds up what mocha says in it. */
async function step(name, command, args, env = {}) {
  const began = Date.now();
  console.log(`\n== ${name}`);
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (chunk) => {
    process.stdout.write(chunk);
    said += chunk;
  });
  const code = await new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('close', resolve);
  });
  for (const [, count, word] of said.matchAll(/^\s*(\d+) (passing|failing|pending)\b/gm)) counts[word] += Number(count);
  if (code !== 0) failed.push(name);
  console.log(`== ${name}: ${code === 0 ? 'ok' : 'FAILED'} after ${((Date.now() - began) / 1000).toFixed(0)} s`);
  return code === 0;
}

const node = process.execPath;
const mocha = (spec, timeout) => ['node_modules/mocha/bin/mocha.js', '--no-color', '--timeout', String(timeout), '--recursive', spec];

await step('types, lint, format', 'npm', ['run', '--silent', 'check']);
const built = (await step('build', node, ['esbuild.js', '--production'])) && (await step('build tests', node, ['esbuild.js', '--tests']));
if (built) {
  await step('unit tests', node, mocha('out/test/unit/**/*.test.js', 20_000));
  if (!fast) {
    ensureChromium();
    await step('the planner page in a browser', node, mocha('out/test/webview/**/*.test.js', 60_000));
    const desktop = await canRunDesktop();
    console.log(
      `\nVS Code for the tests: ${desktop ? 'desktop, downloaded' : 'server from the npm registry, because no desktop VS Code can be downloaded or shown here'}`,
    );
    const served = await step('install the VS Code servers', node, ['test/host/install.mjs', 'newest', 'oldest']);
    for (const [host, version] of [
      ['newest', 'stable'],
      ['oldest', '1.100.3'],
    ]) {
      const env = desktop ? { VSCODE_VERSION: version } : { CODE_HOST: host, VSCODE_EXECUTABLE: 'out/test/host/code.js' };
      if (desktop || served) await step(`the ${host} supported VS Code`, node, ['out/test/host/runSuite.js'], env);
    }
    if (served && (await step('package', 'npm', ['run', '--silent', 'package:built']))) {
      await step('the packaged extension as a person uses it', node, mocha('out/test/ui/**/*.test.js', 180_000));
    }
  }
}

if (failed.length > 0) console.log(`\nfailed: ${failed.join(', ')}`);
// A step can fail without a failing test (types, a crash): it counts as one, so that the line never looks green.
const failures = Math.max(counts.failing, failed.length);
console.log(`\ntests: ${counts.passing} passed, ${failures} failed, ${counts.pending} skipped`);
process.exitCode = failures === 0 && counts.passing > 0 ? 0 : 1;
