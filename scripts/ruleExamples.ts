import { existsSync, readFileSync } from 'node:fs';
import type { Example } from './argumentDocs';

/** The example of a rule from the files that its test reads. */
export function exampleOf(code: string): Example | null {
  const bad = `test/fixtures/rules/${code}.yaml`;
  const fixed = `test/fixtures/rules/${code}.fixed.yaml`;
  if (!existsSync(bad)) return null;
  return { bad: readFileSync(bad, 'utf8'), fixed: existsSync(fixed) ? readFileSync(fixed, 'utf8') : null };
}
