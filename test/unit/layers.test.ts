import * as assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import * as path from 'node:path';

/** What each folder may import of the project's own, besides itself. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  'src/estimator': [],
  'src/vllm': ['src/estimator'],
  'src/deployments': ['src/vllm', 'src/estimator'],
  'src/models': ['src/deployments', 'src/vllm', 'src/estimator'],
  'src/analysis': ['src/models', 'src/deployments', 'src/vllm', 'src/estimator'],
  'src/protocol': ['src/analysis', 'src/models', 'src/deployments', 'src/vllm', 'src/estimator'],
  'src/report': ['src/protocol', 'src/analysis', 'src/models', 'src/deployments', 'src/vllm', 'src/estimator'],
  'src/cli': ['src/report', 'src/protocol', 'src/analysis', 'src/models', 'src/deployments', 'src/vllm', 'src/estimator'],
  'src/server': ['src/report', 'src/protocol', 'src/analysis', 'src/models', 'src/deployments', 'src/vllm', 'src/estimator'],
  'src/features': ['src/report', 'src/protocol', 'src/analysis', 'src/models', 'src/deployments', 'src/vllm', 'src/estimator'],
  webview: ['src/report', 'src/protocol', 'src/analysis', 'src/models', 'src/deployments', 'src/vllm', 'src/estimator'],
};

/** Layers that run unchanged in Node, in the page and in tests: no package and no platform but what is named. */
const packagesOfPureLayers: Readonly<Record<string, readonly string[]>> = {
  'src/estimator': ['fastest-levenshtein'],
  'src/vllm': ['fastest-levenshtein'],
};

interface Import {
  readonly file: string;
  readonly specifier: string;
}

function sourceFiles(): string[] {
  return ['src', 'webview'].flatMap((folder) =>
    readdirSync(folder, { recursive: true })
      .map((file) => path.posix.join(folder, String(file).split(path.sep).join('/')))
      .filter((file) => /\.tsx?$/.test(file) && !file.endsWith('.d.ts')),
  );
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8');
  const found = text.matchAll(/(?:\bfrom\s*|\bimport\s*\(\s*|^import\s+)(['"])([^'"\n]+)\1/gm);
  return [...found].map(([, , specifier]) => ({ file, specifier: specifier ?? '' }));
}

function layerOf(file: string): string | undefined {
  return Object.keys(mayImport).find((layer) => file.startsWith(`${layer}/`));
}

describe('layers', () => {
  const imports = sourceFiles().flatMap(importsOf);

  it('has files to look at', () => {
    assert.ok(existsSync('src/extension.ts') && imports.length > 100, `${imports.length} imports found: run from the project's root`);
  });

  it('import downwards only', () => {
    const wrong = imports.filter(({ file, specifier }) => {
      const from = layerOf(file);
      if (from === undefined || !specifier.startsWith('.')) return false;
      const target = path.posix.join(path.posix.dirname(file), specifier);
      const to = layerOf(`${target}/`);
      // Data files beside the source and the manifest belong to whoever imports them.
      if (to === undefined) return !target.startsWith('data/') && target !== 'package.json';
      return to !== from && !(mayImport[from] ?? []).includes(to);
    });
    assert.deepEqual(wrong, []);
  });

  it("import 'vscode' in the features only", () => {
    const wrong = imports.filter(({ file, specifier }) => specifier === 'vscode' && !/^src\/(features\/|extension\.ts)/.test(file));
    assert.deepEqual(wrong, []);
  });

  it('keep the estimator and vLLM free of packages and of Node', () => {
    const wrong = imports.filter(({ file, specifier }) => {
      const allowed = packagesOfPureLayers[layerOf(file) ?? ''];
      return allowed !== undefined && !specifier.startsWith('.') && !allowed.includes(specifier);
    });
    assert.deepEqual(wrong, []);
  });

  it('touch files and network for model facts in src/models, and for programs in the outermost layers only', () => {
    const wrong = imports.filter(
      ({ file, specifier }) => specifier.startsWith('node:') && !/^src\/(models|cli|server|features)\//.test(file),
    );
    assert.deepEqual(wrong, []);
  });

  it("import the webview toolkit in the page's one folder for it", () => {
    const wrong = imports.filter(
      ({ file, specifier }) => specifier.startsWith('@vscode/webview-ui-toolkit') && !file.startsWith('webview/ui/'),
    );
    assert.deepEqual(wrong, []);
  });
});
