// How fast models are resolved, by source, and how many of the model names people write are known.
//   node esbuild.js --benchmarks && node out/benchmark/models.js
// Prints; needs no network. Coverage needs ../shared/corpus beside the repository and says so when it is not there.
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { layersOf } from '../src/estimator/architecture';
import { cacheFolders } from '../src/models/caches';
import { Catalogue } from '../src/models/catalogue';
import { HubSource } from '../src/models/hub';
import { HubStore } from '../src/models/hubStore';
import { resolveModel } from '../src/models/resolve';
import type { ModelContext } from '../src/models/resolve';
import { HubServer } from '../test/unit/models/hubServer';
import { checkpointTensors, contextFor, safetensorsBytes, withFolder, writeJson } from '../test/unit/models/support';

const RUNS = 20;
/** Latency of the test server, milliseconds. */
const LATENCY_MS = 30;
/** Shards of the measured folder; its model has as many layers. */
const SHARDS = 100;
const CONFIG = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 4096,
  intermediate_size: 14336,
  num_hidden_layers: SHARDS,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  vocab_size: 128256,
  max_position_embeddings: 131072,
  torch_dtype: 'bfloat16',
};

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

async function timed(what: string, run: () => Promise<unknown>, runs = RUNS): Promise<void> {
  const times: number[] = [];
  for (let i = 0; i < runs; i++) {
    const begun = performance.now();
    await run();
    times.push(performance.now() - begun);
  }
  console.log(`| ${what.padEnd(46)} | ${(times[0] ?? 0).toFixed(1).padStart(8)} | ${median(times).toFixed(2).padStart(8)} |`);
}

async function resolved(id: string, context: ModelContext): Promise<void> {
  const answer = await resolveModel(id, context);
  if (!answer || !('facts' in answer)) throw new Error(`${id} was not resolved: ${JSON.stringify(answer)}`);
}

/** A folder of SHARDS weight files, each one layer, of the nominal size without data. */
async function writeShards(folder: string): Promise<Readonly<Record<string, Buffer>>> {
  const built = catalogueArchitecture();
  const tensors = checkpointTensors(built);
  const files: Record<string, Buffer> = { 'config.json': Buffer.from(JSON.stringify(CONFIG)) };
  const weightMap: Record<string, string> = {};
  for (let index = 0; index < SHARDS; index++) {
    const name = `model-${String(index + 1).padStart(5, '0')}-of-${String(SHARDS).padStart(5, '0')}.safetensors`;
    const part = tensors.filter((tensor) => (/layers\.(\d+)\./.exec(tensor.name)?.[1] ?? '0') === String(index));
    for (const { name: tensor } of part) weightMap[tensor] = name;
    files[name] = safetensorsBytes(part);
  }
  files['model.safetensors.index.json'] = Buffer.from(JSON.stringify({ metadata: {}, weight_map: weightMap }));
  await mkdir(folder, { recursive: true });
  for (const [name, bytes] of Object.entries(files)) {
    await writeFile(path.join(folder, name), bytes);
    if (name.endsWith('.safetensors')) await truncate(path.join(folder, name), 5e9);
  }
  return files;
}

function catalogueArchitecture(): Parameters<typeof checkpointTensors>[0] {
  const base = Catalogue.parse(readFileSync('data/models.json', 'utf8')).find('meta-llama/Llama-3.1-8B')?.model.architecture;
  if (!base) throw new Error('the catalogue has no Llama-3.1-8B');
  return { ...base, layout: Array.from({ length: SHARDS }, () => 0), layerKinds: layersOf(base).slice(0, 1) };
}

async function speed(): Promise<void> {
  console.log('| source                                         | first ms | median ms |');
  console.log('|------------------------------------------------|----------|----------|');
  const text = readFileSync('data/models.json', 'utf8');
  await timed('catalogue: parse the data file', () => Promise.resolve(Catalogue.parse(text)));
  const catalogue = Catalogue.parse(text);
  await timed('catalogue: one id', () => Promise.resolve(catalogue.find('Qwen/Qwen3-235B-A22B')));
  await timed('catalogue: a repack by its name', () => Promise.resolve(catalogue.findByName('org/Qwen3-8B-GPTQ-Int4')));
  await timed('catalogue: all ids', () => Promise.resolve(catalogue.ids().map((id) => catalogue.find(id))), 3);
  await withFolder(async (folder) => {
    await writeJson(path.join(folder, 'plain', 'config.json'), CONFIG);
    const files = await writeShards(path.join(folder, 'sharded'));
    await writeJson(path.join(folder, 'home/.cache/huggingface/hub/models--org--cached/snapshots/abc/config.json'), CONFIG);
    const context = contextFor(folder);
    await timed('folder: config.json', () => resolved('./plain', context));
    await timed(`folder: headers of ${SHARDS} shards`, () => resolved('./sharded', context));
    await timed('Hugging Face cache', () => resolved('org/cached', { ...context, caches: cacheFolders({}, path.join(folder, 'home')) }));
    await hub(folder, files);
  });
  const { heapUsed, rss } = process.memoryUsage();
  console.log(`\nmemory after all of it: ${(heapUsed / 1e6).toFixed(0)} MB heap, ${(rss / 1e6).toFixed(0)} MB resident`);
}

async function hub(folder: string, files: Readonly<Record<string, Buffer>>): Promise<void> {
  const one = Buffer.concat([safetensorsBytes(checkpointTensors(catalogueArchitecture()).slice(0, 12)), Buffer.alloc(1)]);
  const server = new HubServer({
    'org/config': { sha: 'a'.repeat(40), files: { 'config.json': files['config.json'] ?? Buffer.alloc(0) } },
    'org/sharded': {
      sha: 'b'.repeat(40),
      files: Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, padded(name, bytes)])),
    },
    'org/one': { sha: 'c'.repeat(40), files: { 'config.json': files['config.json'] ?? Buffer.alloc(0), 'x.safetensors': one } },
  });
  const endpoint = await server.start();
  server.trouble = { delayMs: LATENCY_MS };
  const source = new HubSource(
    { endpoint, token: () => Promise.resolve(null), timeoutMs: 15_000, fetch: globalThis.fetch },
    new HubStore(path.join(folder, 'kept')),
  );
  const context = contextFor('/nonexistent', { hub: source, mayFetch: true });
  await timed(`Hub, ${LATENCY_MS} ms latency: config only`, () => resolved('org/config', context), 5);
  await timed(`Hub, ${LATENCY_MS} ms latency: headers of ${SHARDS} shards`, () => resolved('org/sharded', context), 3);
  await timed('Hub: the kept answer', () => resolved('org/sharded', { ...context, mayFetch: false }));
  await server.stop();
}

/** The Hub's reader checks that tensors lie within the file; the test server only has the headers, so the offsets are cut to fit. */
function padded(name: string, bytes: Buffer): Buffer {
  if (!name.endsWith('.safetensors')) return bytes;
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString()) as Record<string, { dtype: string; shape: readonly number[] }>;
  const shrunk = Object.entries(header)
    .filter(([key]) => key !== '__metadata__')
    .map(([key, { dtype, shape }]) => ({ name: key, dtype, shape: shape.map(() => 1) }));
  return Buffer.concat([safetensorsBytes(shrunk), Buffer.alloc(64)]);
}

/** Distinct `model` values of the corpus, wherever a file has them. */
function corpusModels(index: string): readonly string[] {
  const found = new Set<string>();
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(walk);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) {
        if (key === 'model' && typeof inner === 'string') found.add(inner);
        walk(inner);
      }
    }
  };
  for (const line of readFileSync(index, 'utf8').split('\n')) if (line !== '') walk(JSON.parse(line));
  return [...found];
}

async function coverage(): Promise<void> {
  const index = '../shared/corpus/index.jsonl';
  if (!existsSync(index)) {
    console.log(`\ncoverage: ${index} is not here`);
    return;
  }
  const byConfidence = new Map<string, string[]>();
  const models = corpusModels(index);
  for (const id of models) {
    const answer = await resolveModel(id, contextFor('/nonexistent'));
    const kind = answer && 'facts' in answer ? answer.facts.confidence : 'unknown';
    byConfidence.set(kind, [...(byConfidence.get(kind) ?? []), id]);
  }
  console.log(`\n${models.length} distinct model values that people write:`);
  for (const kind of ['exact', 'derived', 'guessed', 'unknown']) {
    const ids = byConfidence.get(kind) ?? [];
    console.log(`  ${kind.padEnd(8)} ${String(ids.length).padStart(4)}  ${((100 * ids.length) / models.length).toFixed(0)} %`);
  }
  console.log(`  unknown: ${(byConfidence.get('unknown') ?? []).join(', ')}`);
  console.log(`  guessed: ${(byConfidence.get('guessed') ?? []).join(', ')}`);
}

async function main(): Promise<void> {
  await speed();
  await coverage();
}

void main();
