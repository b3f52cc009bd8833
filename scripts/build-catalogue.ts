// Writes data/models.json from a file of model facts (one JSON object per line).
//   node out/scripts/build-catalogue.js FACTS.jsonl [data/models.json]
import { readFileSync, writeFileSync } from 'node:fs';
import type { CheckpointQuantization } from '../src/estimator/architecture';
import { parameterCount } from '../src/estimator/parameters';
import type { CatalogueData, CatalogueEntry } from '../src/models/catalogue';
import { Fields, isJsonObject } from '../src/models/config/fields';
import type { JsonObject } from '../src/models/config/fields';
import { checkpointQuantization } from '../src/models/config/quantization';
import { architectureFromConfig } from '../src/models/hfConfig';
import { ADDITIONS } from './catalogue/additions';
import { CARD_ADDITIONS } from './catalogue/cardConfigs';
import { FINE_TUNES } from './catalogue/fineTunes';
import { PUBLISHED_ADDITIONS } from './catalogue/publishedConfigs';
import { RECORDED_ADDITIONS } from './catalogue/recordedConfigs';
import { minimalConfig } from './catalogue/minimalConfig';
import { rowQuantization, withoutDefaults } from './catalogue/rowQuantization';
import { rowToConfig } from './catalogue/rowToConfig';

/** Items without repetition, each with its index. */
class Table<T> {
  readonly items: T[] = [];
  private readonly indices = new Map<string, number>();

  index(item: T): number {
    const key = JSON.stringify(item);
    const known = this.indices.get(key);
    if (known !== undefined) return known;
    this.indices.set(key, this.items.length);
    this.items.push(item);
    return this.items.length - 1;
  }
}

/** Counts the row's own source got wrong or counted differently; the architecture is sound (see the parameter tests). */
const DIFFERENT_COUNTS: ReadonlySet<string> = new Set([
  'openbmb/MiniCPM3-4B',
  'openbmb/MiniCPM3-4B-GPTQ-Int4',
  'Skywork/Skywork-Reward-Llama-3.1-8B-v0.2',
  'intfloat/e5-mistral-7b-instruct',
  'stepfun-ai/Step-3.7-Flash',
  'stepfun-ai/Step-3.7-Flash-FP8',
  'stepfun-ai/Step-3.7-Flash-NVFP4',
]);

/**
 * Qwen2.5's instruct models from 1.5B on: the rows carry the base models' 131,072, which the cards reach with YaRN; "the current config.json is
 * set for context length up to 32,768 tokens" (model cards). The rope table of Qwen2.5-72B-Instruct on four H100 is that of 32,768 positions.
 */
const SHORTER_INSTRUCT = /\/Qwen2\.5-(?:Coder-)?[\d.]+B-Instruct(?!.*-(?:1M|128K))/i;
const INSTRUCT_POSITIONS = 32768;

/** Repositories in Mistral's format whose params.json states no length: vLLM takes 128,000 (`max_seq_len` in transformers_utils/configs/mistral.py). */
const MISTRAL_FORMAT_DEFAULT: ReadonlySet<string> = new Set(['mistralai/Pixtral-12B-2409']);

const [input, output = 'data/models.json'] = process.argv.slice(2);
if (input === undefined) {
  console.error('Usage: node out/scripts/build-catalogue.js FACTS.jsonl [OUTPUT.json]');
  process.exit(2);
}

const rows = readFileSync(input, 'utf8')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line): unknown => JSON.parse(line))
  .filter(isJsonObject)
  .map((row) => new Fields(row));
const rowsById = new Map(rows.map((row) => [row.string('id') ?? '', row]));

const configs = new Table<JsonObject>();
const quantizations = new Table<Partial<CheckpointQuantization>>();
const sources = new Table<string>();
const notes = new Table<string>();
const models: CatalogueEntry[] = [];
const left: string[] = [];

for (const row of rows) {
  const id = row.string('id') ?? '';
  const problem = addModel(id, row);
  if (problem !== null) left.push(`${id}: ${problem}`);
}

function addModel(id: string, row: Fields): string | null {
  if (row.string('confidence') === 'partial') return 'only some figures are known';
  if (isListed(id)) return 'the same id in another case is there';
  const rowNotes: string[] = [];
  const config = withOwnClass(id, row, rowToConfig(row, rowNotes));
  const answer = architectureFromConfig(config);
  if ('problem' in answer) return answer.problem;
  if (!answer.known) return `model_type ${answer.architecture.modelType} has no rule`;
  const stated = row.number('params_total');
  const counted = parameterCount(answer.architecture);
  if (stated !== null && stated !== counted && !DIFFERENT_COUNTS.has(id)) return `${counted} parameters by the rules, ${stated} stated`;
  const context = contextOf(row);
  const quantization = rowQuantization(id, row, answer.architecture.layout.length);
  const dtype = inherited(row, 'torch_dtype');
  const shared = minimalConfig(config);
  const rest = {
    ...(quantization ? { q: quantizations.index(quantization) } : {}),
    ...(context ? { p: context.length, ...(context.basis === null ? {} : { pb: context.basis }) } : {}),
    ...(typeof dtype === 'string' && dtype !== 'bfloat16' ? { d: dtype } : {}),
    ...(isSiblings(row) ? { s: 1 as const } : {}),
    ...(rowNotes.length > 0 ? { n: rowNotes.map((note) => notes.index(note)) } : {}),
  };
  const head = [id, configs.index(shared), sources.index(sourceOf(row))] as const;
  models.push(Object.keys(rest).length > 0 ? [...head, rest] : head);
  return null;
}

/** Some rows inherit the class of an embedding model although they generate; only names that say so keep it. */
function withOwnClass(id: string, row: Fields, config: JsonObject): JsonObject {
  const [name] = row.strings('architectures') ?? [];
  const generates = name === 'MistralModel' && !/e5|embed|bge|gte|rerank/i.test(id);
  return generates ? { ...config, architectures: ['MistralForCausalLM'] } : config;
}

interface Context {
  readonly length: number;
  readonly basis: 'stated' | 'sibling' | null;
}

/** The row's longest context, else what deployment recipes state, else the base model's. */
function contextOf(row: Fields): Context | null {
  if (MISTRAL_FORMAT_DEFAULT.has(row.string('id') ?? '')) return { length: 128_000, basis: null };
  if (SHORTER_INSTRUCT.test(row.string('id') ?? '')) return { length: INSTRUCT_POSITIONS, basis: null };
  const own = row.integer('max_position_embeddings');
  if (own !== null) return { length: own, basis: null };
  const stated = row
    .objects('context_length_stated')
    ?.map((entry) => entry.integer('value'))
    .find((value) => value !== null);
  if (stated) return { length: stated, basis: 'stated' };
  const base = inherited(row, 'max_position_embeddings');
  return typeof base === 'number' ? { length: base, basis: 'sibling' } : null;
}

/** A field of the row or of the nearest row it inherits from. */
function inherited(row: Fields, name: string): unknown {
  let current: Fields | undefined = row;
  for (let depth = 0; current && depth < 5; depth++) {
    const value = current.raw(name);
    if (value !== null) return value;
    current = rowsById.get(current.string('inherits_from') ?? '');
  }
  return null;
}

/** Whether the sizes are a sibling's and no total confirms them. Quantized copies are the same model by name. */
function isSiblings(row: Fields): boolean {
  const basis = row.string('inherit_basis') ?? '';
  if (basis === '' || row.string('confidence') === 'high') return false;
  return !basis.startsWith('quantised copy') && !basis.startsWith('same repository');
}

/** The address that shows the config, or the first one. */
function sourceOf(row: Fields): string {
  const own = row.strings('sources') ?? [];
  const base = rowsById.get(row.string('inherits_from') ?? '')?.strings('sources') ?? [];
  const all = [...own, ...base];
  const stated = all.find((source) => /^https:.*config/i.test(source)) ?? all.find((source) => source.startsWith('https:')) ?? all[0] ?? '';
  return /https:[^\s,]+/.exec(stated)?.[0] ?? stated.replace(/\s*\([^)]*\)/g, '');
}

for (const { id, source, config, derived, recorded } of [...ADDITIONS, ...PUBLISHED_ADDITIONS, ...RECORDED_ADDITIONS, ...CARD_ADDITIONS]) {
  if (isListed(id)) continue;
  const outer = new Fields(config);
  const text = outer.object('text_config') ?? outer;
  const dtype = text.string('torch_dtype');
  const positions = text.integer('max_position_embeddings');
  const quantization = checkpointQuantization(config);
  const rest = {
    ...(quantization ? { q: quantizations.index(withoutDefaults(quantization)) } : {}),
    ...(positions === null ? {} : { p: positions }),
    ...(dtype !== null && dtype !== 'bfloat16' ? { d: dtype } : {}),
    ...(derived ? { s: 1 as const } : recorded ? { s: 2 as const } : {}),
  };
  models.push([id, configs.index(minimalConfig(config)), sources.index(source), rest]);
}
for (const [id, fineTune] of Object.entries(FINE_TUNES)) {
  const { base: baseId, differs } = typeof fineTune === 'string' ? { base: fineTune } : fineTune;
  const base = models.find(([known]) => known === baseId);
  const config = base && configs.items[base[1]];
  if (!config) left.push(`${id}: its base ${baseId} is not there`);
  else if (!isListed(id)) {
    const index = differs ? configs.index(withTextFields(config, differs)) : base[1];
    models.push([id, index, sources.index(`https://huggingface.co/${id}`), { ...base[3], s: 1 }]);
  }
}

function withTextFields(config: JsonObject, fields: JsonObject): JsonObject {
  const text = config['text_config'];
  return isJsonObject(text) ? { ...config, text_config: { ...text, ...fields } } : { ...config, ...fields };
}

function isListed(id: string): boolean {
  return models.some(([known]) => known.toLowerCase() === id.toLowerCase());
}

const data: CatalogueData = {
  version: 1,
  configs: configs.items,
  quantizations: quantizations.items,
  sources: sources.items,
  notes: notes.items,
  models,
};
const lines = (list: readonly unknown[]): string => `[\n${list.map((item) => JSON.stringify(item)).join(',\n')}\n]`;
const text = `{"version":1,\n"configs":${lines(data.configs)},\n"quantizations":${lines(data.quantizations)},\n"sources":${lines(data.sources)},\n"notes":${lines(data.notes)},\n"models":${lines(data.models)}}\n`;
writeFileSync(output, text);
console.log(`${models.length} of ${rows.length} models, ${configs.items.length} architectures, ${text.length} bytes`);
for (const line of left) console.log(`left out: ${line}`);
