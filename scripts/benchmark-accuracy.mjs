// npm run benchmark:accuracy [-- startups|training|speed] [FILE] [--leave-out]: estimated against recorded figures, all tables or one.
// A file alone chooses the table its rows are for.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const TABLES = { startups: 'accuracy', training: 'accuracyTraining', speed: 'accuracySpeed' };

/** The table of a file, by the fields of its first row. */
function tableOf(file) {
  const [first] = readFileSync(file, 'utf8').split('\n', 1);
  const row = JSON.parse(first);
  if ('metric' in row) return 'speed';
  return 'micro_batch_size' in row || 'row_kind' in row ? 'training' : 'startups';
}

function chosenTables([first]) {
  if (first === undefined || first.startsWith('--')) return Object.keys(TABLES);
  if (Object.hasOwn(TABLES, first)) return [first];
  if (existsSync(first)) return [tableOf(first)];
  console.error(`error: "${first}" is neither a table (${Object.keys(TABLES).join(', ')}) nor a file.`);
  return process.exit(2);
}

const given = process.argv.slice(2);
const options = given.filter((argument) => !Object.hasOwn(TABLES, argument));
for (const table of chosenTables(given)) {
  console.log(`\n## ${table}`);
  const { status } = spawnSync(process.execPath, [`out/benchmark/${TABLES[table]}.js`, ...options], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
