import * as assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';

interface Metafile {
  readonly outputs: Readonly<
    Record<
      string,
      {
        readonly bytes: number;
        readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>>;
        readonly imports: readonly { readonly path: string; readonly kind: string }[];
      }
    >
  >;
}

/** What the last production build wrote down about its bundles. */
function inputsOf(bundle: string): string[] {
  const metafiles = JSON.parse(readFileSync('out/metafiles.json', 'utf8')) as Metafile[];
  const output = metafiles.flatMap((metafile) => Object.entries(metafile.outputs)).find(([name]) => name === bundle);
  assert.ok(output, `${bundle} was not built`);
  return Object.keys(output[1].inputs);
}

/** The outputs that a page loads before it can draw anything: its script and all that this imports, but not what it loads later. */
function pageOutputs(): readonly Metafile['outputs'][string][] {
  const metafiles = JSON.parse(readFileSync('out/metafiles.json', 'utf8')) as Metafile[];
  const outputs = metafiles.find((metafile) => 'dist/webview.js' in metafile.outputs)?.outputs ?? {};
  const found = new Map<string, Metafile['outputs'][string]>();
  const visit = (name: string): void => {
    const output = outputs[name];
    if (!output || found.has(name)) return;
    found.set(name, output);
    for (const { path, kind } of output.imports) if (kind === 'import-statement') visit(path);
  };
  visit('dist/webview.js');
  return [...found.values()];
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

  /** What is loaded at activation, with the first vLLM file, and on request: bytes, a little above what they are. */
  const budgets = { 'dist/extension.js': 10_000, 'dist/session.js': 780_000, 'dist/hub.js': 200_000 };
  for (const [bundle, budget] of Object.entries(budgets)) {
    it(`keeps ${bundle} below ${budget.toLocaleString('en-US')} bytes`, () => {
      assert.ok(statSync(bundle).size < budget, `${statSync(bundle).size} bytes`);
    });
  }

  it('keeps what the page loads to draw itself below 200 kB without its plots', () => {
    const outputs = pageOutputs();
    const plots = outputs.flatMap(({ inputs }) => Object.entries(inputs)).filter(([name]) => name.startsWith('webview/plots/'));
    const bytes =
      outputs.reduce((sum, output) => sum + output.bytes, 0) - plots.reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0);
    assert.ok(bytes > 100_000 && bytes < 200_000, `${bytes} bytes`);
  });

  it('keeps the YAML parser and the catalogues out of the page', () => {
    const metafiles = JSON.parse(readFileSync('out/metafiles.json', 'utf8')) as Metafile[];
    const page = metafiles.find((metafile) => 'dist/webview.js' in metafile.outputs)?.outputs ?? {};
    const inputs = Object.values(page).flatMap((output) => Object.keys(output.inputs));
    assert.ok(inputs.length > 50);
    assert.deepEqual(
      inputs.filter((input) => /node_modules\/yaml\/|hardware\/gpus\.json|argumentTable/.test(input)),
      [],
    );
  });
});
