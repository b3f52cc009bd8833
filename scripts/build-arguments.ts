/** Writes `docs/arguments.md` and `docs/rules.md` from the tables of arguments and rules. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { argumentsPage, rulesPage } from './argumentDocs';
import { exampleOf } from './ruleExamples';

mkdirSync('docs', { recursive: true });
writeFileSync('docs/arguments.md', argumentsPage());
writeFileSync('docs/rules.md', rulesPage(exampleOf));
