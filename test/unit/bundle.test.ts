import * as assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';

interface Metafile {
  readonly outputs: Readonly<Record<string, { readonly inputs: Readonly<Record<string, unknown>> }>>;
}

/** What the last production build wrote down about its bundles. */
function inputsOf(bundle: string): string[] {
  const metafiles = JSON.parse(readFileSync('out/metafiles.json', 'utf8')) as Metafile[];
  const output = metafiles.flatMap((metafile) => Object.entries(metafile.outputs)).find(([name]) => name === bundle);
  assert.ok(output, `${bundle} was not built`);
  return Object.keys(output[1].inputs);
}

describe('bundles', () => {
  for (const bundle of ['dist/extension.js', 'dist/session.js', 'dist/hub.js', 'dist/cli.js', 'dist/webview.js']) {
    it(`${bundle} ships no test code and no UI framework nobody asked for`, () => {
      assert.deepEqual(
        inputsOf(bundle).filter((input) =>
          /^(test|benchmark|scripts)\/|node_modules\/(react|react-dom|mocha|playwright-core|fast-check)\//.test(input),
        ),
        [],
      );
    });
  }

  /** What is loaded at activation, with the first vLLM file, on request, and by the page: bytes, a little above what they are. */
  const budgets = { 'dist/extension.js': 10_000, 'dist/session.js': 750_000, 'dist/hub.js': 200_000, 'dist/webview.js': 380_000 };
  for (const [bundle, budget] of Object.entries(budgets)) {
    it(`keeps ${bundle} below ${budget.toLocaleString('en-US')} bytes`, () => {
      assert.ok(statSync(bundle).size < budget, `${statSync(bundle).size} bytes`);
    });
  }

  it('keeps the YAML parser out of the page', () => {
    assert.deepEqual(
      inputsOf('dist/webview.js').filter((input) => /node_modules\/yaml\//.test(input)),
      [],
    );
  });
});
