import * as assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';

interface Output {
  readonly entryPoint?: string;
  readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>>;
  readonly imports: readonly { readonly path: string; readonly kind: string }[];
}

/** What the last production build wrote down about its files, by their names. */
function outputs(): Readonly<Record<string, Output>> {
  const metafiles = JSON.parse(readFileSync('out/metafiles.json', 'utf8')) as { readonly outputs: Readonly<Record<string, Output>> }[];
  return Object.assign({}, ...metafiles.map((metafile) => metafile.outputs)) as Readonly<Record<string, Output>>;
}

/** The files that entries (their names, or the sources they begin with) cannot run without; `later`: and those that they load when needed. */
function filesOf(entries: readonly string[], later = false): string[] {
  const all = outputs();
  const found = new Set<string>();
  const visit = (name: string): void => {
    const output = all[name];
    if (!output || found.has(name)) return;
    found.add(name);
    for (const { path, kind } of output.imports) if (later || kind === 'import-statement') visit(path);
  };
  for (const entry of entries) {
    const name = entry in all ? entry : Object.keys(all).find((file) => all[file]?.entryPoint === entry);
    assert.ok(name !== undefined, `${entry} was not built`);
    visit(name);
  }
  return [...found];
}

/** The sources of files, with the bytes that they come to. */
function inputsOf(files: readonly string[]): readonly (readonly [input: string, bytes: number])[] {
  const all = outputs();
  return files.flatMap((file) =>
    Object.entries(all[file]?.inputs ?? {}).map(([input, { bytesInOutput }]) => [input, bytesInOutput] as const),
  );
}

function sizeOf(files: readonly string[]): number {
  return files.reduce((sum, file) => sum + statSync(file).size, 0);
}

/** What a page needs for its first figure: its script, the engine, and the view. */
const PAGE = ['dist/webview.js', 'webview/engine.ts'];
const VIEWS = {
  side: [...PAGE, 'webview/views/side.tsx'],
  panel: [...PAGE, 'webview/views/panel.tsx', 'webview/views/inference.tsx'],
};

describe('bundles', () => {
  for (const bundle of ['dist/extension.js', 'dist/session.js', 'dist/cli.js', 'dist/webview.js']) {
    it(`${bundle} ships no test code and no UI framework nobody asked for`, () => {
      const inputs = inputsOf(filesOf([bundle], true));
      assert.ok(inputs.length > 1);
      assert.deepEqual(
        inputs.filter(([input]) =>
          /^(test|benchmark|scripts)\/|node_modules\/(react|react-dom|mocha|playwright-core|fast-check)\//.test(input),
        ),
        [],
      );
    });
  }

  /** What is loaded at activation, and with the first vLLM file: bytes, a little above what they are. */
  const budgets = { 'dist/extension.js': 10_000, 'dist/session.js': 560_000 };
  for (const [bundle, budget] of Object.entries(budgets)) {
    it(`keeps what is loaded with ${bundle} below ${budget.toLocaleString('en-US')} bytes`, () => {
      const size = sizeOf(filesOf([bundle]));
      assert.ok(size < budget, `${size} bytes`);
    });
  }

  it('opens a file without what only the planner, a command, a completion, a copied text or a GGUF file needs', () => {
    const later =
      /^src\/(features\/(planner\/planners|chooseGpu|modelCommands)|analysis\/completion|report\/(markdown|modelFacts)|estimator\/(training\/|contracts\/finetuning)|models\/ggufFile)|node_modules\/(valibot|diff|yaml\/browser\/dist\/(schema|stringify)|@huggingface)\//;
    const apart = (files: readonly string[]): readonly string[] =>
      inputsOf(files).flatMap(([input, bytes]) => (bytes > 0 && later.test(input) ? [input] : []));
    assert.deepEqual(apart(filesOf(['dist/session.js'])), []);
    assert.ok(apart(filesOf(['dist/session.js'], true)).length > 30);
  });

  it("takes the editor's interface as it is, in place of a copy for each module", () => {
    for (const entry of ['dist/extension.js', 'dist/session.js']) {
      const uses = filesOf([entry]).flatMap((file) => readFileSync(file, 'utf8').match(/[=(,]\s*require\("vscode"\)/g) ?? []);
      assert.ok(uses.length > 0);
      assert.deepEqual([...new Set(uses)], ['=require("vscode")'], entry);
    }
  });

  for (const [place, views] of Object.entries(VIEWS)) {
    it(`keeps what the ${place} loads for its first figure below 200 kB without engine and plots, and below 300 kB in all`, () => {
      const loaded = inputsOf(filesOf(views));
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
        inputsOf(filesOf(views)).filter(([input]) => controls.test(input)),
        [],
      );
    }
  });

  it('keeps the YAML parser and the catalogues out of the page', () => {
    const inputs = inputsOf(filesOf(['dist/webview.js'], true));
    assert.ok(inputs.length > 50);
    assert.deepEqual(
      inputs.filter(([input]) => /node_modules\/yaml\/|hardware\/gpus\.json|argumentTable/.test(input)),
      [],
    );
  });
});
