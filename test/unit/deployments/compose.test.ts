import * as assert from 'node:assert/strict';
import { Composer, isCollection, isMap, isNode, isPair, isScalar, Parser } from 'yaml';
import type { ParsedNode } from 'yaml';
import { describe, it } from 'mocha';
import { SteppedComposer } from '../../../src/deployments/compose';
import { YAML_OPTIONS } from '../../../src/deployments/yaml';
import type { YamlDocument } from '../../../src/deployments/yaml';

/** What readers see of a node: its kind, position, value, anchor and tag. */
function seen(node: unknown): unknown {
  if (isPair(node)) return { key: seen(node.key), value: seen(node.value) };
  if (!isNode(node)) return node ?? null;
  const common = { range: node.range?.slice(0, 2), tag: node.tag, anchor: 'anchor' in node ? node.anchor : undefined };
  if (isCollection(node)) return { ...common, kind: isMap(node) ? 'map' : 'seq', items: node.items.map(seen) };
  return isScalar(node) ? { ...common, value: node.value, type: node.type, source: node.source } : { ...common, alias: node.toString() };
}

function told(documents: readonly YamlDocument[]): unknown {
  return documents.map(({ contents, errors }) => ({ contents: seen(contents), errors: errors.map(({ code, pos }) => [code, pos]) }));
}

function atOnce(text: string): readonly YamlDocument[] {
  return [...new Composer<ParsedNode>(YAML_OPTIONS).compose(new Parser().parse(text))];
}

function inPortions(text: string, portion: number): { readonly documents: readonly YamlDocument[]; readonly steps: number } {
  const composer = new SteppedComposer(YAML_OPTIONS, portion);
  for (const token of new Parser().parse(text)) composer.next(token, text.length);
  const work = composer.end();
  for (let steps = 0; ; steps++) {
    const step = work.next();
    if (step.done === true) return { documents: step.value, steps };
  }
}

const long = Array.from({ length: 20 }, (_, index) => `  option_${index}: { value: ${index}, note: "kept" }`).join('\n');

const texts: Readonly<Record<string, string>> = {
  'flat keys': 'model: a/b\nmax-model-len: 32k\ntensor-parallel-size: 2\ndtype: auto\n',
  'comments, empty values and a key without one': '# top\nmodel: a/b # why\n\n# between\nport:\nhost: ""\nempty: ~\n# end\n',
  'a long nested mapping, then more': `model: a/b\nhf-overrides:\n${long}\nmax-model-len: 8192\n`,
  'mappings in mappings': `a:\n  b:\n    c:\n${long.replace(/^/gm, '    ')}\n    d: 1\n  e: 2\nf: 3\n`,
  'sequences of mappings': `a:\n- x: 1\n  y:\n${long}\n- z: [1, 2,\n   3]\nb:\n  - 1\n  - 2\n`,
  'anchors, aliases, tags and merges': 'a: &base !!map\n  x: 1\n  y: !!str 2\nb:\n  <<: *base\n  z: 3\nc: *base\n',
  'block scalars and text over lines': 'a: |\n  one\n  two\nb: >-\n  three\n\n  four\nc: "five\n  six"\nd: seven\n  eight\n',
  'several documents': `---\na: 1\nb:\n${long}\n...\n---\nc: 2\nd:\n  e: 3\n`,
  'a directive': `%YAML 1.1\n%TAG !e! tag:example.com:\n---\na: !e!x 1\nb:\n${long}\n`,
  'a wrong indentation': `a: 1\n b: 2\nc:\n${long}\n   d: 3\ne: 4\n`,
  'an unclosed quote': `a: 1\nb:\n${long}\n  c: "never closed\nd: 2\n`,
  'a key without its colon': `a: 1\nb\nc:\n${long}\n  d\ne: 2\n`,
  'tabs and brackets': `a:\n\tb: 1\nc: [1, 2\nd:\n${long}\n`,
};

describe('composing in portions', () => {
  for (const [what, text] of Object.entries(texts)) {
    it(`makes the same nodes and errors of ${what}`, () => {
      for (const portion of [1, 10, 40, 300, 100_000])
        assert.deepEqual(told(inPortions(text, portion).documents), told(atOnce(text)), `${portion}`);
    });
  }

  it('pauses inside a long nested mapping', () => {
    const { steps } = inPortions(texts['a long nested mapping, then more'] ?? '', 50);
    assert.ok(steps > 10, `${steps} steps`);
  });
});
