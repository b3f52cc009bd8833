import * as assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';

interface Metafile {
  readonly outputs: Readonly<
    Record<
      string,
      {
        readonly bytes: number;
        readonly entryPoint?: string;
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

/** Entry points whose bundles a page needs for its first figure: the engine's, and the view's. */
const ENGINE = ['webview/engine.ts'];
const VIEWS = { side: ['webview/views/side.tsx'], panel: ['webview/views/panel.tsx', 'webview/views/inference.tsx'] };

/** What a page loads until its first figure: its script, the bundles of `entries`, and all that these import, with bytes by input. */
function loadedFor(entries: readonly string[]): readonly (readonly [input: string, bytes: number])[] {
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
  for (const entry of entries) {
    const output = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === entry);
    assert.ok(output, `${entry} is no bundle`);
    visit(output[0]);
  }
  return [...found.values()].flatMap(({ inputs }) =>
    Object.entries(inputs).map(([input, { bytesInOutput }]) => [input, bytesInOutput] as const),
  );
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

  for (const [place, views] of Object.entries(VIEWS)) {
    it(`keeps what the ${place} loads for its first figure below 200 kB without engine and plots, and below 300 kB in all`, () => {
      const loaded = loadedFor([...ENGINE, ...views]);
      const bytes = (counts: (input: string) => boolean): number =>
        loaded.reduce((sum, [input, size]) => (counts(input) ? sum + size : sum), statSync('dist/webview.css').size);
      const page = bytes((input) => !/^src\/|^webview\/plots\//.test(input));
      assert.ok(page > 100_000 && page < 200_000, `${page} bytes without engine and plots`);
      assert.ok(bytes(() => true) < 300_000, `${bytes(() => true)} bytes`);
    });
  }

  it('loads no control of the form before there is a form', () => {
    const controls = /toolkit\/dist\/(dropdown|checkbox|text-field|option)\/|fast-foundation\/dist\/esm\/(select|listbox|checkbox)\//;
    for (const views of Object.values(VIEWS)) {
      assert.deepEqual(
        loadedFor([...ENGINE, ...views]).filter(([input]) => controls.test(input)),
        [],
      );
    }
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
