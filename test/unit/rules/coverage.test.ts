import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { RULE_TEXTS } from '../../../scripts/ruleTexts';
import { RULES } from '../../../src/vllm/rules/catalogue';
import { ARGUMENT_RULES } from '../../../src/vllm/rules/check';

/** Files in which codes are given that no rule of the arguments has. */
const OTHER_SOURCES = [
  'src/deployments/traps.ts',
  'src/deployments/valueTraps.ts',
  'src/analysis/outcome.ts',
  'src/analysis/analyze.ts',
  'src/analysis/advice.ts',
  'src/analysis/suppressions.ts',
];

describe('the rules', () => {
  const text = OTHER_SOURCES.map((path) => readFileSync(path, 'utf8')).join('\n');
  const reported = new Set([
    ...ARGUMENT_RULES.map(({ code }) => code),
    ...RULES.map(({ code }) => code).filter((code) => text.includes(`'${code}'`)),
  ]);

  it('are all reported somewhere, or say why not', () => {
    assert.deepEqual(
      RULES.filter(({ code }) => reported.has(code) === (RULE_TEXTS[code]?.unreported !== undefined)).map(({ code }) => code),
      [],
    );
  });

  it('are checked once each, under a code of the table', () => {
    const codes = ARGUMENT_RULES.map(({ code }) => code);
    assert.equal(new Set(codes).size, codes.length);
    const known = new Set(RULES.map(({ code }) => code));
    assert.deepEqual(
      codes.filter((code) => !known.has(code)),
      [],
    );
  });

  it('are all explained, and nothing else is', () => {
    assert.deepEqual(Object.keys(RULE_TEXTS).sort(), RULES.map(({ code }) => code).sort());
  });

  it('hold every rule that was read in vLLM', function () {
    const path = resolve('../shared/vllm/validation-rules.json');
    if (!existsSync(path)) {
      console.log(`      (skipped: ${path} is not here)`);
      this.skip();
    }
    const { rules } = JSON.parse(readFileSync(path, 'utf8')) as { readonly rules: readonly { readonly id: string }[] };
    const known = new Set(RULES.map(({ code }) => code));
    assert.deepEqual(
      rules.map(({ id }) => id).filter((id) => !known.has(id)),
      [],
    );
  });
});
