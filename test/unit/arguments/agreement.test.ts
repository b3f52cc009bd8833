import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { argumentsPage, rulesPage } from '../../../scripts/argumentDocs';
import { configSchema, presentArguments } from '../../../scripts/argumentSchema';
import { exampleOf } from '../../../scripts/ruleExamples';
import { RULE_TEXTS } from '../../../scripts/ruleTexts';
import { analyze } from '../../../src/analysis/analyze';
import { resolveGpu } from '../../../src/analysis/gpu';
import { hoverMarkdown } from '../../../src/report/hover';
import { complete } from '../../../src/analysis/completion';
import { deploymentOfArguments } from '../../../src/deployments/argumentList';
import { findTraps } from '../../../src/deployments/traps';
import { readVllmYaml } from '../../../src/deployments/vllmYaml';
import { ARGUMENTS } from '../../../src/vllm/argumentTable';
import { RULES } from '../../../src/vllm/rules/catalogue';
import { simulateStartup } from '../../../src/vllm/startup/simulate';
import { NEWEST_VERSION } from '../../../src/vllm/versions';

const names = presentArguments().map(({ name }) => name);

/** What is committed, against what the tables make today. */
function assertFresh(path: string, made: string, script: string): void {
  assert.equal(readFileSync(path, 'utf8'), made, `${path} is stale: run ${script}`);
}

describe('the table of arguments is the one owner', () => {
  it('of the JSON schema', () => {
    assertFresh('schema/vllm-config.schema.json', `${JSON.stringify(configSchema(), null, 1)}\n`, 'build-schema');
    const { definitions } = configSchema() as { readonly definitions: Readonly<Record<string, unknown>> };
    assert.deepEqual(Object.keys(definitions), names);
  });

  it('of the schema that the manifest contributes', () => {
    const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
      readonly contributes: { readonly yamlValidation: readonly { readonly url: string }[] };
    };
    assert.deepEqual(
      manifest.contributes.yamlValidation.map(({ url }) => url),
      ['./schema/vllm-config.schema.json'],
    );
  });

  it('of the pages', () => {
    assertFresh('docs/arguments.md', argumentsPage(), 'build-arguments');
    assertFresh('docs/rules.md', rulesPage(exampleOf), 'build-arguments');
    const page = argumentsPage();
    assert.deepEqual(
      ARGUMENTS.filter((argument) => argument.removal !== null || names.includes(argument.name))
        .map(({ name }) => name)
        .filter((name) => !page.includes(`| \`${name}\` |`)),
      [],
    );
  });

  it('of completion', () => {
    const deployment = readVllmYaml('');
    const items = complete({
      text: '',
      offset: 0,
      deployment,
      report: null,
      version: NEWEST_VERSION,
      simulate: simulateStartup,
      modelIds: () => [],
    });
    const offered = items.map(({ label }) => label).filter((label) => names.includes(label));
    // A file cannot name another one, and removed arguments are not offered.
    const expected = presentArguments().filter(({ name, removal }) => name !== 'config' && removal === null);
    assert.deepEqual([...offered].sort(), expected.map(({ name }) => name).sort());
  });

  it('of the hover', () => {
    for (const { name, meaning } of presentArguments()) {
      const deployment = readVllmYaml(`${name}: 1\n`);
      const analysis = analyze({
        deployment,
        facts: null,
        modelProblem: null,
        gpu: resolveGpu([], deployment.args),
        version: NEWEST_VERSION,
      });
      const [argument] = deployment.arguments;
      assert.ok(argument, name);
      // What a model is, its hover tells by the model itself.
      if (name !== 'model') assert.ok(hoverMarkdown(analysis, argument).includes(meaning), name);
    }
  });

  it('of what a file and the command line may name', () => {
    for (const name of names) {
      for (const written of [name, name.replaceAll('-', '_')]) {
        const codes = findTraps(readVllmYaml(`${written}: null\n`), NEWEST_VERSION).map(({ code }) => code);
        assert.ok(!codes.some((code) => /unknown|removed|too-new|short|ambiguous|prefix/.test(code)), `${written}: ${codes.join(', ')}`);
        assert.ok(deploymentOfArguments({ [written]: 1 }, NEWEST_VERSION).arguments[0]?.known, written);
      }
    }
  });
});

describe('the table of rules', () => {
  it('has one heading per code, which links can name', () => {
    const headings = [...rulesPage(exampleOf).matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    assert.deepEqual(
      headings,
      RULES.map(({ code }) => code),
    );
    assert.equal(new Set(headings.map((heading) => heading?.toLowerCase())).size, headings.length);
  });

  it('is written in sentences', () => {
    for (const [code, text] of Object.entries(RULE_TEXTS)) {
      assert.ok(text);
      const { why, remedy, title } = text;
      assert.match(why, /^\S.*\.$/, code);
      assert.match(remedy, /^\S.*\.$/, code);
      assert.doesNotMatch(title, /\.$/, code);
    }
  });
});
