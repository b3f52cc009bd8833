import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { analyze } from '../../../src/analysis/analyze';
import type { PlacedFinding } from '../../../src/analysis/analysis';
import { resolveGpu } from '../../../src/analysis/gpu';
import { applyEdits, editsFor } from '../../../src/deployments/edits';
import { readVllmYaml } from '../../../src/deployments/vllmYaml';
import { Catalogue } from '../../../src/models/catalogue';
import { architectureFromConfig } from '../../../src/models/hfConfig';
import type { ModelFacts } from '../../../src/models/source';
import { RULES, ruleInfo } from '../../../src/vllm/rules/catalogue';
import { NEWEST_VERSION } from '../../../src/vllm/versions';

/**
 * Bad files by the code they must meet, with what is said about them and what the first fix makes of them.
 * UPDATE_GOLDEN=1 writes the expectations anew; read them before they are kept.
 */
const FOLDER = resolve('test/fixtures/rules');
const UPDATE = process.env['UPDATE_GOLDEN'] === '1';

const catalogue = Catalogue.parse(readFileSync(resolve('data/models.json'), 'utf8'));

/** The model of a config.json beside the file, otherwise of the catalogue. */
function factsOf(id: unknown, configPath: string): ModelFacts | null {
  if (!existsSync(configPath)) return typeof id === 'string' ? (catalogue.find(id) ?? catalogue.findByName(id)) : null;
  const answer = architectureFromConfig(JSON.parse(readFileSync(configPath, 'utf8')));
  assert.ok(!('problem' in answer));
  const model = { architecture: answer.architecture, quantization: answer.quantization, exactBytes: null };
  return { id: String(id), model, parameters: 0, source: 'folder', origin: configPath, confidence: 'exact', assumptions: [] };
}

function findingsIn(text: string, configPath: string): readonly PlacedFinding[] {
  const deployment = readVllmYaml(text);
  const version = deployment.vllmVersion ?? NEWEST_VERSION;
  const facts = factsOf(deployment.args.get('model'), configPath);
  const hints = deployment.gpuHints.map(({ name, count, totalMemoryGib, source }) => ({ name, count, totalMemoryGib, source }));
  const gpu = resolveGpu(hints, deployment.args);
  return analyze({ deployment, facts, modelProblem: null, gpu, version, text }).findings;
}

/** Rules whose words hold estimated figures, which other tests judge. */
function isEstimated(code: string): boolean {
  const basis = ruleInfo(code)?.basis;
  return basis === 'startup' || basis === 'advice';
}

function described(text: string, finding: PlacedFinding): string {
  const before = text.slice(0, finding.start);
  const line = before.split('\n').length;
  const column = before.length - before.lastIndexOf('\n');
  const lines = [
    `${finding.severity} ${finding.code} ${line}:${column} ${JSON.stringify(text.slice(finding.start, finding.end))}`,
    `  ${finding.message}`,
    ...(finding.vllmMessage === null ? [] : [`  vLLM: ${finding.vllmMessage}`]),
    ...finding.fixes.map((fix) => `  fix${fix.preferred ? ' (preferred)' : ''}: ${fix.title}`),
  ];
  return isEstimated(finding.code) ? `${lines[0] ?? ''}\n  (figures)` : lines.join('\n');
}

function expectFile(path: string, actual: string): void {
  if (UPDATE) writeFileSync(path, actual);
  assert.ok(existsSync(path), `${path} is missing; UPDATE_GOLDEN=1 writes it`);
  assert.equal(actual, readFileSync(path, 'utf8'));
}

/** A version just before another: one patch or one minor release less. */
function releaseBefore(version: string): string {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  return patch > 0 ? `${major}.${minor}.${patch - 1}` : `${major}.${minor - 1}.9`;
}

/** A version that is later than another in its minor release. */
function releaseAfter(version: string): string {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return `${major}.${minor + 1}.0`;
}

const codes = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.yaml') && !name.endsWith('.fixed.yaml'))
  .map((name) => name.slice(0, -'.yaml'.length));

describe('what is said about a bad file', () => {
  for (const code of codes) {
    it(code, () => {
      const text = readFileSync(resolve(FOLDER, `${code}.yaml`), 'utf8');
      const configPath = resolve(FOLDER, `${code}.config.json`);
      const findings = findingsIn(text, configPath);
      const [finding] = findings.filter((candidate) => candidate.code === code);
      assert.ok(finding, `${code} is not found, but ${findings.map((other) => other.code).join(', ')}`);
      const shown = findings.filter((each) => each.code === code || !isEstimated(each.code));
      expectFile(resolve(FOLDER, `${code}.findings.txt`), shown.map((each) => `${described(text, each)}\n`).join(''));
      const [fix] = finding.fixes;
      if (!fix) return;
      const fixed = applyEdits(text, editsFor(text, readVllmYaml(text), fix));
      if (!isEstimated(code)) expectFile(resolve(FOLDER, `${code}.fixed.yaml`), fixed);
      for (const each of finding.fixes) {
        const after = findingsIn(applyEdits(text, editsFor(text, readVllmYaml(text), each)), configPath);
        const same = (list: readonly PlacedFinding[]): number => list.filter((other) => other.code === code).length;
        assert.ok(same(after) < same(findings), `${each.title} does not mend ${code}`);
        const before = new Set(findings.map((other) => other.code));
        const added = after.filter((other) => other.severity === 'error' && !before.has(other.code));
        assert.deepEqual(
          added.map((other) => `${other.code}: ${other.message}`),
          [],
          `${each.title} mends ${code} and breaks something else`,
        );
      }
    });
  }

  for (const code of codes) {
    const rule = ruleInfo(code);
    const outside = [...(rule?.since ? [releaseBefore(rule.since)] : []), ...(rule?.until ? [releaseAfter(rule.until)] : [])];
    if (outside.length === 0) continue;
    it(`${code}: nothing in versions without the rule (${outside.join(', ')})`, () => {
      const text = readFileSync(resolve(FOLDER, `${code}.yaml`), 'utf8');
      for (const version of outside) {
        const elsewhere = `# vram: vllm=${version}\n${text.replaceAll(/\bvllm=\S+/g, '')}`;
        const found = findingsIn(elsewhere, resolve(FOLDER, `${code}.config.json`)).map((each) => each.code);
        assert.ok(!found.includes(code), `${version}: ${found.join(', ')}`);
      }
    });
  }

  it('names only rules of the table', () => {
    const known = new Set(RULES.map((rule) => rule.code));
    assert.deepEqual(
      codes.filter((code) => !known.has(code)),
      [],
    );
  });
});
