// Bundles the product and its tests.
//   node esbuild.js [--production]   extension, command line and planner page into dist/
//   node esbuild.js --tests          every test and test helper into out/test, one bundle each
//   node esbuild.js --benchmarks     every benchmark into out/benchmark
//   node esbuild.js --scripts        every maintenance script into out/scripts
const { build, transform } = require('esbuild');
const { chmodSync, cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } = require('node:fs');
const path = require('node:path');

const flag = (name) => process.argv.includes(`--${name}`);
const production = flag('production');

/** Options of everything that runs in Node: the extension host, the command line, tests. */
const node = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  logLevel: 'warning',
};

/** The extension's own script stands alone, so that activation reads a few kilobytes: it loads the session when first needed. */
const sessionApart = {
  name: 'session-apart',
  setup(bundler) {
    bundler.onResolve({ filter: /^\.\/features\/session$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: './session.js', external: true } : null,
    );
  },
};

/**
 * Packages whose files are free of side effects, but do not say so. Said here, the bundler drops what nobody uses: 230 kB of task descriptions,
 * of which the GGUF reader wants two enums, and how the YAML library writes.
 */
const WITHOUT_SIDE_EFFECTS = ['@huggingface/tasks', 'yaml'];

const withoutUnused = {
  name: 'without-unused',
  setup(bundler) {
    bundler.onResolve({ filter: /./ }, async ({ path: name, pluginData, ...from }) => {
      const isOfOne = WITHOUT_SIDE_EFFECTS.some((one) => name === one || from.importer.includes(`node_modules/${one}/`));
      if (!isOfOne || pluginData === 'resolving') return undefined;
      const { path: resolved } = await bundler.resolve(name, { resolveDir: from.resolveDir, kind: from.kind, pluginData: 'resolving' });
      return { path: resolved, sideEffects: false };
    });
  },
};

/** The YAML library gives Node a CommonJS build, of which no bundler can drop what nobody uses; its other build is the same code as ES modules. */
const asModules = { yaml: './node_modules/yaml/browser/index.js' };

/**
 * Files are read with the YAML library's parser alone: taken from the files that hold it, or the bundler would load all of it with the editor,
 * and without what writes tokens, which nobody does.
 */
const yamlParserApart = {
  name: 'yaml-parser-apart',
  setup(bundler) {
    const [parse, virtual] = [path.resolve('node_modules/yaml/browser/dist/parse'), 'yaml-parser'];
    const used = ['DOCUMENT', 'FLOW_END', 'SCALAR', 'isCollection', 'resolveAsScalar'].join(', ');
    const sources = {
      parser: `import { ${used} } from './cst.js'; export const CST = { ${used} };
        export { Lexer } from './lexer.js'; export { Parser } from './parser.js';`,
      writer: 'export function stringifyString() {}',
    };
    bundler.onResolve({ filter: /^yaml$/ }, ({ importer }) =>
      importer.includes(path.join('src', 'deployments', 'yaml')) ? { path: 'parser', namespace: virtual } : null,
    );
    bundler.onResolve({ filter: /stringifyString/ }, ({ importer }) =>
      importer.startsWith(parse) ? { path: 'writer', namespace: virtual } : null,
    );
    bundler.onLoad({ filter: /./, namespace: virtual }, ({ path: name }) => ({ contents: sources[name], resolveDir: parse }));
  },
};

/** The bundler would copy the editor's whole interface into each module that imports it, which is a fifth of the time that loading takes. */
const withoutCopies = (text) => text.replace(/import\s*\*\s*as ([\w$]+) from\s*"vscode";/g, 'const $1 = require("vscode");');

/**
 * Bundles what runs in the extension host, which gives 'vscode' to modules that are required, not to those that are imported. Only ES modules
 * can be cut into files that share what they have in common, so they are made first, and each file is turned into CommonJS then.
 */
async function buildRequired(shipped, options) {
  const sourcemap = shipped.sourcemap && 'inline';
  const built = await build({
    ...node,
    ...shipped,
    ...options,
    format: 'esm',
    write: false,
    sourcemap,
    external: ['vscode'],
    alias: asModules,
    outdir: 'dist',
  });
  mkdirSync('dist', { recursive: true });
  const required = { format: 'cjs', target: node.target, minify: shipped.minify, supported: { 'dynamic-import': false }, sourcemap };
  for (const { path: file, text } of built.outputFiles) writeFileSync(file, (await transform(withoutCopies(text), required)).code);
  return built;
}

const foundation = 'node_modules/@microsoft/fast-foundation/dist/esm/index.js';

/** Which file of a package exports a name, followed from its index: `Button` -> `…/button/button.js`. */
function exportingFiles(index, found = new Map()) {
  const text = readFileSync(index, 'utf8');
  const beside = (file) => path.resolve(path.dirname(index), file);
  for (const [, from] of text.matchAll(/^export \* from "(.+)";$/gm)) exportingFiles(beside(from), found);
  for (const [, names, from] of text.matchAll(/^export \{([^}]*)\} from "(.+)";$/gm))
    for (const name of names.split(',')) found.set(name.trim(), beside(from));
  for (const [, name] of text.matchAll(/^export (?:const|class|function|let|var) (\w+)/gm)) found.set(name, path.resolve(index));
  return found;
}

/**
 * The toolkit imports its foundation from one index, and chunks are cut along files, so one button would bring every control with it: here
 * each name is imported from its own file. And it writes markup and styles as indented templates, which no minifier touches: 5 kB.
 */
const leanToolkit = {
  name: 'lean-toolkit',
  setup(bundler) {
    const files = exportingFiles(foundation);
    const apart = (statement, names) =>
      names
        .split(',')
        .map((name) => name.trim())
        .filter(Boolean)
        .map((name) => `import { ${name} } from ${JSON.stringify(files.get(name.split(' ')[0]) ?? '@microsoft/fast-foundation')};`)
        .join('');
    bundler.onLoad({ filter: /node_modules\/@(vscode\/webview-ui-toolkit|microsoft\/fast-foundation)\/.*\.js$/ }, ({ path: file }) => ({
      contents: readFileSync(file, 'utf8')
        .replace(/\n\s+/g, '\n')
        .replace(/import \{([^}]*)\} from ["']@microsoft\/fast-foundation["'];/g, apart),
    }));
  },
};

/** All TypeScript files below a folder, relative to the root. */
function typescriptBelow(folder) {
  return readdirSync(folder, { recursive: true })
    .map((file) => path.join(folder, String(file)))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'));
}

/** Development programs keep their npm packages outside the bundle. */
async function buildPrograms(folder, outdir) {
  rmSync(outdir, { recursive: true, force: true });
  await build({
    ...node,
    sourcemap: 'inline',
    entryPoints: typescriptBelow(folder),
    outbase: '.',
    outdir: 'out',
    packages: 'external',
    external: ['vscode'],
  });
}

async function buildProduct() {
  rmSync('dist', { recursive: true, force: true });
  const shipped = { minify: production, sourcemap: production ? false : 'linked', metafile: true };
  const results = await Promise.all([
    buildRequired(shipped, { entryPoints: ['src/extension.ts'], plugins: [sessionApart] }),
    buildRequired(shipped, {
      entryPoints: { session: 'src/features/session.ts', cli: 'src/cli/main.ts' },
      // What several of them need, and what one imports dynamically, is a file of its own.
      splitting: true,
      chunkNames: 'node-[name]-[hash]',
      plugins: [yamlParserApart, withoutUnused],
    }),
    build({
      ...shipped,
      bundle: true,
      platform: 'browser',
      format: 'esm',
      // What only one tab needs is loaded with that tab.
      splitting: true,
      target: 'es2022',
      logLevel: 'warning',
      entryPoints: { webview: 'webview/main.ts' },
      outdir: 'dist',
      chunkNames: 'webview-[name]-[hash]',
      plugins: [leanToolkit],
    }),
    build({
      ...shipped,
      bundle: true,
      target: 'es2022',
      logLevel: 'warning',
      entryPoints: { webview: 'webview/main.css' },
      outdir: 'dist',
    }),
  ]);
  // Read when first needed; the other data files are part of the bundles.
  cpSync('data/models.json', 'dist/data/models.json');
  // What each bundle is made of, for the test that no test code and no second copy of a framework ships.
  mkdirSync('out', { recursive: true });
  writeFileSync('out/metafiles.json', JSON.stringify(results.map((result) => result.metafile)));
  chmodSync('dist/cli.js', 0o755);
}

async function main() {
  if (flag('tests')) {
    await buildPrograms('test', 'out/test');
    chmodSync('out/test/host/code.js', 0o755);
  } else if (flag('benchmarks')) await buildPrograms('benchmark', 'out/benchmark');
  else if (flag('scripts')) await buildPrograms('scripts', 'out/scripts');
  else await buildProduct();
}

main().catch((error) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
