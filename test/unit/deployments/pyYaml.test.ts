import * as assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'mocha';
import { finish } from '../../../src/deployments/steps';
import { readYamlSteps } from '../../../src/deployments/yaml/composer';
import { constructionRefusals } from '../../../src/deployments/yaml/construction';
import type { Node } from '../../../src/deployments/yaml/nodes';
import { NOT_PRINTABLE, type Refusal } from '../../../src/deployments/yaml/refusal';

/** What PyYAML 6.0.3 made of a text: `record.py` beside the rows says how. */
type Row = { readonly text: string } & (
  { readonly tree: unknown } | { readonly kind: string; readonly said: string | null; readonly at: number | null }
);

const rows = readFileSync('test/fixtures/yaml/pyyaml.jsonl', 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Row);

function tree(node: Node | undefined): unknown {
  if (!node) return null;
  const tag = node.tag?.name ?? null;
  switch (node.kind) {
    case 'alias':
      return ['alias', node.name];
    case 'scalar':
      return ['scalar', node.value, node.style, tag, node.anchor];
    case 'sequence':
      return ['sequence', node.items.map(tree), tag, node.anchor];
    case 'mapping':
      return ['mapping', node.pairs.map(({ key, value }) => [tree(key), tree(value)]), tag, node.anchor];
  }
}

/** Texts in which the parser's rules are others than PyYAML's, and that nobody writes into a configuration. */
const READ_OTHERWISE: Readonly<Record<string, RegExp>> = {
  'separators of Unicode, which folded text keeps': /[\u2028\u2029]/,
  'a sign of blocks in brackets': /[[{,]\s*(?:\?|-[^\w-])/,
};

function isReadOtherwise({ text }: Row): boolean {
  return Object.values(READ_OTHERWISE).some((pattern) => pattern.test(text));
}

interface Outcome {
  readonly tree: unknown;
  readonly refusals: readonly Refusal[];
  readonly control: boolean;
}

function outcome({ text }: Row): Outcome {
  const { roots, refusal } = finish(readYamlSteps(text));
  const [root] = roots;
  const refusals = refusal ? [refusal] : root ? finish(constructionRefusals(root)) : [];
  return { tree: tree(root), refusals, control: NOT_PRINTABLE.test(text.replace(/^\ufeff/, ' ')) };
}

/** Whether a text is read to the same tree, or refused where PyYAML refuses it. */
function agrees(row: Row): boolean {
  const { tree: read, refusals, control } = outcome(row);
  const isRefused = refusals.length > 0 || control;
  return 'tree' in row ? !isRefused && JSON.stringify(read) === JSON.stringify(row.tree) : isRefused;
}

/** Escapes are told from their backslash, both of two anchors in one sentence. */
const TOLD_OTHERWISE = /escape|second occurrence/;

/** Whether it is refused at the same place in the same words. */
function saysTheSame(row: Row): boolean {
  if ('tree' in row || row.said === null || TOLD_OTHERWISE.test(row.said)) return true;
  return outcome(row).refusals.some(({ said, range }) => said === row.said && (row.kind === 'ConstructorError' || range.start === row.at));
}

describe('YAML as PyYAML reads it', () => {
  it('makes the same of what safe_load reads, and refuses what it refuses', () => {
    const wrong = rows.filter((row) => !isReadOtherwise(row) && !agrees(row)).map(({ text }) => text);
    assert.deepEqual(wrong, []);
  });

  it('is told otherwise only for few kinds of texts', () => {
    const agreed = rows.filter(agrees).length / rows.length;
    assert.ok(agreed >= 693 / 700, `${agreed} of ${rows.length}`);
    for (const [kind, pattern] of Object.entries(READ_OTHERWISE))
      assert.ok(
        rows.some((row) => pattern.test(row.text) && !agrees(row)),
        `no longer: ${kind}`,
      );
  });

  it('refuses a directive without a document', () => {
    for (const text of ['%a\n', '%YAML 1.1\n', '%TAG ! x\n# c\n']) {
      const { refusal } = finish(readYamlSteps(text));
      assert.equal(refusal?.said, "expected '<document start>', but found '<stream end>'");
    }
  });

  it('mostly says what safe_load says, at the same place', () => {
    const refused = rows.filter((row) => !('tree' in row));
    const same = refused.filter(saysTheSame).length / refused.length;
    assert.ok(refused.length > 400 && same >= 402 / 426, `${same} of ${refused.length}`);
  });
});
