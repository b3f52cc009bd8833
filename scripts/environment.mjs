// What this machine has, and what it lacks and can be given. Shared by `npm start` and `npm test`.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const updateService = 'https://update.code.visualstudio.com/api/releases/stable';
const chromiums = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/usr/bin/google-chrome-stable'];

/** Runs a command with its output shown; throws when it fails. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { stdio: 'inherit', ...options });
  if (result.error) throw result.error;
  if (result.status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${result.status ?? result.signal}`);
}

/** Whether a desktop VS Code can be downloaded and shown here. */
export async function canRunDesktop() {
  const display = process.platform !== 'linux' || Boolean(process.env.DISPLAY ?? process.env.WAYLAND_DISPLAY);
  if (!display) return false;
  try {
    return (await fetch(updateService, { signal: AbortSignal.timeout(4000) })).ok;
  } catch {
    return false;
  }
}

/** Makes sure that a Chromium is there: installs Debian's as root, says what to do otherwise. */
export function ensureChromium() {
  if (process.env.CHROMIUM_PATH || chromiums.some((place) => existsSync(place))) return;
  if (process.platform !== 'linux' || process.getuid() !== 0) {
    throw new Error('the browser tests need Chromium: install it (sudo apt-get install chromium) or set CHROMIUM_PATH');
  }
  console.log('installing Chromium …');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['install', '-y', '--no-install-recommends', 'chromium', 'fonts-dejavu-core'];
  const quiet = { env, stdio: ['ignore', 'ignore', 'inherit'] };
  if (spawnSync('apt-get', install, { env, stdio: 'ignore' }).status === 0) return;
  run('apt-get', ['update'], quiet);
  run('apt-get', install, quiet);
}
