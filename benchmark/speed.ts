// npm run benchmark:speed: how fast the product is on this machine. Reads what `node esbuild.js --production` and
// `vsce package` left behind; prints one table.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { gzipSync } from 'node:zlib';
import { mark } from './speedFiles';
import { measurePlanner } from './speedPlanner';

interface Row {
  readonly name: string;
  readonly unit: string;
  readonly values: readonly number[];
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

function show(value: number, unit: string): string {
  return unit === 'ms' ? value.toFixed(value < 10 ? 2 : 0) : Math.round(value).toLocaleString('en-US');
}

interface Output {
  readonly imports: readonly { readonly path: string; readonly kind: string }[];
}

/** The files without which a bundle does not run: itself, and all that it imports at once. */
function filesOf(bundle: string): readonly string[] {
  const metafiles = JSON.parse(readFileSync('out/metafiles.json', 'utf8')) as { readonly outputs: Readonly<Record<string, Output>> }[];
  const outputs = new Map(metafiles.flatMap((metafile) => Object.entries(metafile.outputs)));
  const found = new Set([bundle]);
  for (const file of found) {
    for (const { path: imported, kind } of outputs.get(file)?.imports ?? []) {
      if (kind === 'import-statement' && outputs.has(imported)) found.add(imported);
    }
  }
  return [...found];
}

function bytesOf(bundle: string): Row[] {
  const contents = filesOf(bundle).map((file) => readFileSync(file));
  const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0);
  return [
    { name: `loaded with ${bundle}`, unit: 'bytes', values: [sum(contents.map((content) => content.length))] },
    { name: `loaded with ${bundle}, gzip`, unit: 'bytes', values: [sum(contents.map((content) => gzipSync(content).length))] },
  ];
}

/** Estimates per second of the bulk command, process start included and left out. */
function bulk(): Row[] {
  const rows = 20_000;
  const models = [
    'Qwen/Qwen3-8B',
    'meta-llama/Llama-3.1-8B-Instruct',
    'deepseek-ai/DeepSeek-V3',
    'google/gemma-3-27b-it',
    'openai/gpt-oss-20b',
  ];
  const input = Array.from({ length: rows }, (_, index) =>
    JSON.stringify({
      id: String(index),
      args: { model: models[index % models.length], 'tensor-parallel-size': 2 ** (index % 4), 'max-model-len': 4096 + 8 * index },
      gpu: { key: 'h100_80', count: 2 ** (index % 4) },
      vllm_version: '0.19.0',
    }),
  ).join('\n');
  const run = (text: string): number => {
    const began = performance.now();
    const done = spawnSync(process.execPath, ['dist/cli.js', 'estimate', '--jsonl', '-'], { input: text, maxBuffer: 2 ** 30 });
    if (done.status === 2 || done.stdout.length === 0) throw new Error(`bulk estimate failed: ${done.stderr.toString()}`);
    return performance.now() - began;
  };
  const one = run(input.slice(0, input.indexOf('\n')));
  const all = run(input);
  return [
    { name: 'estimate in a terminal, one row, process start included', unit: 'ms', values: [one] },
    {
      name: `bulk estimates per second (${rows.toLocaleString('en-US')} rows, five models)`,
      unit: 'per second',
      values: [(rows - 1) / ((all - one) / 1000)],
    },
  ];
}

/** Runs the measuring suite in the extension host of a real VS Code. */
async function editor(): Promise<Row[]> {
  const workspace = mkdtempSync(path.join(os.tmpdir(), 'vram-planner-speed-'));
  mkdirSync(workspace, { recursive: true });
  const child = spawn(
    process.execPath,
    [
      'out/test/host/code.js',
      workspace,
      `--extensionDevelopmentPath=${process.cwd()}`,
      `--extensionTestsPath=${path.resolve('out/benchmark/speedSuite.js')}`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise((resolve) => child.once('close', resolve));
  rmSync(workspace, { recursive: true, force: true });
  if (code !== 0) throw new Error(`the measuring suite failed:\n${said}`);
  return said
    .split('\n')
    .filter((line) => line.startsWith(mark))
    .map((line) => JSON.parse(line.slice(mark.length)) as Row);
}

async function main(): Promise<void> {
  const vsix = 'vllm-vram-planner.vsix';
  const rows = [
    ...(await editor()),
    ...(await measurePlanner()),
    ...bulk(),
    ...['dist/extension.js', 'dist/session.js', 'dist/cli.js'].flatMap(bytesOf),
    ...(existsSync(vsix) ? [{ name: `${vsix} (the package)`, unit: 'bytes', values: [statSync(vsix).size] }] : []),
  ];
  console.log(
    `node ${process.version}, ${os.cpus().length} x ${os.cpus()[0]?.model ?? 'unknown processor'}, load ${(os.loadavg()[0] ?? 0).toFixed(1)}\n`,
  );
  console.log('| what | n | minimum | median | 95th percentile | unit |');
  console.log('|---|---:|---:|---:|---:|---|');
  for (const { name, unit, values } of rows) {
    const figures = [Math.min(...values), quantile(values, 0.5), quantile(values, 0.95)].map((value) => show(value, unit));
    console.log(`| ${name} | ${values.length} | ${figures.join(' | ')} | ${unit} |`);
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
