/**
 * Refits the constants of the speed model to measured rows and prints them.
 *
 * Usage: fit-speed [ROWS.jsonl] [--without SOURCE] [--rounds N]
 */
import { readFileSync } from 'node:fs';
import { fittedCases, leavesOf, SpeedFit, type Tree } from '../benchmark/fitSpeed';
import { defaultSpeedRows, readSpeedRows, speedCases } from '../benchmark/speedRows';
import { SPEED_CONSTANTS } from '../src/estimator/speed/constants';
import { Catalogue } from '../src/models/catalogue';

function main(args: readonly string[]): void {
  const option = (name: string): string | null => (args.includes(name) ? (args[args.indexOf(name) + 1] ?? null) : null);
  const path = args[0]?.endsWith('.jsonl') === true ? args[0] : defaultSpeedRows();
  const catalogue = Catalogue.parse(readFileSync('data/models.json', 'utf8'));
  const without = option('--without');
  const cases = fittedCases(speedCases(readSpeedRows(path), catalogue));
  const fitted = new SpeedFit(cases, SPEED_CONSTANTS).fit((c) => c.row.source !== without, Number(option('--rounds') ?? 12));
  for (const { path: names, value } of leavesOf(fitted as unknown as Tree))
    process.stdout.write(`${names.join('.')}\t${value.toPrecision(4)}\n`);
}

main(process.argv.slice(2));
