// npm run fuzz: the property tests with other random inputs than `npm test`, and many more of them.
//   --times N   runs of each property, as a multiple of those in npm test (default 50)
//   --seed N    the seed of an earlier run, to see the same inputs again
//   --grep TEXT only the tests whose names contain it
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { times: { type: 'string' }, seed: { type: 'string' }, grep: { type: 'string' } } });
const seed = values.seed ?? String(randomInt(2 ** 31));
const times = values.times ?? '50';
const files = readdirSync('test/unit', { recursive: true })
  .map((file) => path.join('test/unit', file))
  .filter((file) => file.endsWith('.test.ts') && readFileSync(file, 'utf8').includes("/properties'"));
const run = (...args) =>
  spawnSync(process.execPath, args, {
    stdio: 'inherit',
    env: { ...process.env, PROPERTY_SEED: seed, PROPERTY_TIMES: times },
  }).status;

console.log(`seed ${seed}, ${times} times the runs of npm test, ${files.length} files`);
process.exitCode =
  run('esbuild.js', '--production') ||
  run('esbuild.js', '--tests') ||
  run(
    'node_modules/mocha/bin/mocha.js',
    ...['--timeout', '0', ...(values.grep === undefined ? [] : ['--fgrep', values.grep])],
    ...files.map((file) => `out/${file.replace(/\.ts$/, '.js')}`),
  );
console.log(`seed ${seed}`);
