import * as assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'mocha';
import { finish } from '../../../src/deployments/steps';
import { NOT_PRINTABLE } from '../../../src/deployments/yaml/characters';
import { readYamlSteps } from '../../../src/deployments/yaml/composer';
import { constructionRefusals } from '../../../src/deployments/yaml/construction';
import type { Node } from '../../../src/deployments/yaml/nodes';

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

/** What is told otherwise than PyYAML tells it: escapes from their backslash, both of two anchors in one sentence. */
const TOLD_OTHERWISE = /escape|second occurrence/;

function check(row: Row): void {
  const { roots, refusal } = finish(readYamlSteps(row.text));
  const [root] = roots;
  const control = NOT_PRINTABLE.test(row.text.replace(/^\ufeff/, ' '));
  const made = !refusal && root ? finish(constructionRefusals(root)) : [];
  if ('tree' in row) {
    assert.deepEqual({ refusal, made, control }, { refusal: null, made: [], control: false });
    assert.deepEqual(tree(root), row.tree);
    return;
  }
  assert.ok(control || refusal !== null || made.length > 0, `PyYAML refuses it: ${row.said ?? row.kind}`);
  if (row.said === null || TOLD_OTHERWISE.test(row.said)) return;
  const told = refusal ? [refusal] : made;
  const isSame = told.some(({ said, range }) => said === row.said && (row.kind === 'ConstructorError' || range.start === row.at));
  assert.ok(isSame, `${row.said} at ${row.at}, not ${JSON.stringify(told)}`);
}

describe('YAML as PyYAML reads it', () => {
  const [read, refused] = [rows.filter((row) => 'tree' in row), rows.filter((row) => !('tree' in row))];
  const checkAll = (some: readonly Row[]): void => {
    for (const row of some) {
      try {
        check(row);
      } catch (error) {
        assert.fail(`${JSON.stringify(row.text)}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  };

  it('makes the same of what safe_load reads', () => {
    assert.ok(read.length > 200);
    checkAll(read);
  });

  it('refuses what safe_load refuses, at the same place in the same words', () => {
    assert.ok(refused.length > 400);
    checkAll(refused);
  });
});
