import * as assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import { finish } from '../../../src/deployments/steps';
import { readYamlSteps, type YamlText } from '../../../src/deployments/yaml/composer';
import type { Mapping, Node } from '../../../src/deployments/yaml/nodes';
import { YamlReader } from '../../../src/deployments/yaml/reader';

/** Keys that hold the same long mapping of options as `inner`. */
function file(inner: string): string {
  return `# first\nmodel: x\nhf-overrides:\n  one: { a: 1 }\n  two: { b: 2 }\n${inner}  four: |\n    text\n\n  five: 5\nseed: !!int 3\nlast: 1\n`;
}

function mapping(node: Node | undefined): Mapping {
  assert.ok(node?.kind === 'mapping');
  return node;
}

/** The values of the entries of a text, and of those of its second. */
function valuesOf({ roots: [root] }: YamlText): readonly Node[] {
  const { pairs } = mapping(root);
  return [...pairs, ...mapping(pairs[1]?.value).pairs].map(({ value }) => value);
}

/** What is read, without what an alias stands for, which may hold itself, and without whether something has a name. */
function shown({ roots, refusal }: YamlText): string {
  return JSON.stringify({ roots, refusal }, (key, value: unknown) => (key === 'target' ? null : value));
}

const TEXTS = readFileSync('test/fixtures/yaml/pyyaml.jsonl', 'utf8')
  .trim()
  .split('\n')
  .map((line) => (JSON.parse(line) as { readonly text: string }).text);

const LINES = [
  'model: x\n',
  'a:\n',
  '  b: 1\n',
  '  c:\n',
  '    d: "e f"\n',
  '    g: |\n      text\n\n',
  '- 1\n',
  'p: word\n  more\n',
  '# c\n',
  '\n',
];

const SIGNS = [
  '\n',
  '\n  ',
  ' ',
  '\t',
  '#',
  '"',
  "'",
  '[',
  '{',
  '}',
  ',',
  ':',
  ': ',
  '- ',
  '? ',
  '|',
  '---\n',
  '...\n',
  '%',
  '&a ',
  '*a',
  'a',
  'k: v\n',
  '  k: v\n',
  '\ufeff',
];

describe('a YAML text read version by version', () => {
  it('keeps the entries that a change does not touch', () => {
    const reader = new YamlReader();
    const before = valuesOf(finish(reader.read(file('  three: 3\n'))));
    const same = finish(reader.read(file('  three: 4\n')));
    const after = valuesOf(same);
    assert.equal(shown(same), shown(finish(readYamlSteps(file('  three: 4\n')))));
    assert.deepEqual(
      after.map((value, index) => value === before[index]),
      // The mapping that holds the change is another one, and of its entries the one that was changed and the one that ends in it.
      [true, false, true, true, true, true, false, true, true],
    );
  });

  it('makes the same of every version as of the text alone', () => {
    const edits = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(6), fc.constantFrom('', ...SIGNS)), {
      maxLength: 5,
    });
    const texts = fc.oneof(
      fc.constantFrom(...TEXTS),
      fc.array(fc.constantFrom(...LINES), { maxLength: 9 }).map((lines) => lines.join('')),
    );
    fc.assert(
      fc.property(texts, edits, (first, changes) => {
        const reader = new YamlReader();
        let text = first;
        finish(reader.read(text));
        for (const [share, cut, put] of changes) {
          const at = Math.floor(share * text.length);
          text = text.slice(0, at) + put + text.slice(at + cut);
          assert.equal(shown(finish(reader.read(text))), shown(finish(readYamlSteps(text))));
        }
      }),
      { numRuns: 500 },
    );
  });
});
