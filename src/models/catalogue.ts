import { plainQuantization, type Architecture, type CheckpointQuantization, type LayerKind, type Model } from '../estimator/architecture';
import { parameterCount } from '../estimator/parameters';
import { Reading } from '../deployments/reading';
import { isJsonObject } from './config/fields';
import type { JsonObject } from './config/fields';
import { formatNote, isFormatNote } from './formatNote';
import { architectureFromConfig } from './hfConfig';
import { formatInside } from './nameFormats';
import { NameIndex } from './nameIndex';
import type { NamedModel, NameMatch, Shape } from './nameIndex';
import { readName } from './names';
import { ollamaModel } from './ollamaNames';
import type { Confidence, ModelFacts } from './source';

/**
 * One model of the data file: id, index into `configs`, index into `sources`, and what differs from the config:
 * `q` index into `quantizations`; `p` longest context in tokens; `pb` where it is from (`stated` by a deployment recipe,
 * `sibling` taken from the base model; absent: its own config); `d` dtype; `s` the sizes are not of its own config (`SIZES_FROM`);
 * `n` indexes into `notes`.
 */
export type CatalogueEntry = readonly [
  id: string,
  config: number,
  source: number,
  rest?: {
    readonly q?: number;
    readonly p?: number;
    readonly pb?: 'stated' | 'sibling';
    readonly d?: string;
    readonly s?: 1 | 2;
    readonly n?: readonly number[];
  },
];

/** The data file: every list is shared by index so that copies of one architecture cost a few bytes. */
export interface CatalogueData {
  readonly version: 1;
  readonly configs: readonly JsonObject[];
  readonly quantizations: readonly Partial<CheckpointQuantization>[];
  readonly sources: readonly string[];
  readonly notes: readonly string[];
  readonly models: readonly CatalogueEntry[];
}

/** What `s` of an entry says: where its sizes come from, none being its own config.json. */
const SIZES_FROM = {
  1: 'sizes as its card or its base model gives them: no config.json of its own was read',
  2: 'sizes by the public record that is its source: its own config.json was not read',
} as const;

/** A config read into an architecture, with what that cost to work out. */
interface BuiltModel {
  readonly architecture: Architecture;
  readonly parameters: number;
  readonly assumptions: readonly string[];
  /** Whether every part was counted by its own rule. */
  readonly exact: boolean;
}

/** An entry as the index of names sees it. */
interface NamedEntry extends NamedModel {
  readonly entry: CatalogueEntry;
}

/** Models whose facts ship with the product. Pure: the text of the data file comes from the caller. */
export class Catalogue {
  private readonly byId = new Map<string, CatalogueEntry>();
  private readonly built = new Map<string, BuiltModel>();
  private readonly names = new Reading(NameIndex.of(this.namedEntries()));

  private constructor(private readonly data: CatalogueData) {
    for (const entry of data.models) this.byId.set(entry[0].toLowerCase(), entry);
  }

  /** Reads the data file's text; throws a SyntaxError or TypeError when the file is damaged. */
  static parse(text: string): Catalogue {
    const data: unknown = JSON.parse(text);
    if (!isCatalogueData(data)) throw new TypeError('The model catalogue has an unknown format.');
    return new Catalogue(data);
  }

  /** All ids, in the file's order. */
  ids(): readonly string[] {
    return this.data.models.map(([id]) => id);
  }

  /** The model of exactly this Hub id, whatever its case; null when the catalogue does not have it. */
  find(id: string): ModelFacts | null {
    const entry = this.byId.get(id.toLowerCase());
    return entry ? this.facts(id, entry) : null;
  }

  /** Makes ready for `findByName`, in slices, where nobody else on the thread should wait for it. */
  async prepareNames(): Promise<void> {
    await this.names.inSlices();
  }

  /**
   * A model known under another name: a quantized repack ("…-AWQ"), a copy of another owner or folder, a fine-tune that
   * carries its base's name. The answer is `derived` and its assumptions say from what.
   */
  findByName(id: string): ModelFacts | null {
    const name = ollamaModel(id) ?? id;
    const { base, quantization, says16Bit } = readName(name);
    // A copy of a maker's own repack ("/models/Qwen3-8B-FP8") has its format, unless its owner is one who quantizes in his own way.
    const repack = quantization && !QUANTIZERS.test(name) ? this.nameIndex().named(name) : null;
    if (repack && !QUANTIZERS.test(repack.id) && readName(repack.id).quantization)
      return this.derived(id, repack.entry, this.quantization(repack.entry[3]?.q), 'whose name it has');
    const match = this.sameOwner(base) ?? this.nameIndex().find(name);
    if (!match) return null;
    const { entry } = match.model;
    // A repack may stand for its unquantized namesake; its format goes only with a name that announces one.
    const own = says16Bit || readName(entry[0]).quantization ? null : this.quantization(entry[3]?.q);
    const named = quantization ?? (match.relation === 'carries' && !says16Bit ? formatInside(name) : null);
    const facts = this.derived(id, entry, named ?? own, match.relation === 'is' ? 'whose name it has' : 'whose name it carries');
    if (!facts || match.parts.length === 0) return facts;
    const missing = `"${match.parts.join('", "')}" in the name means parts that ${entry[0]} does not have; they are not counted`;
    return { ...facts, confidence: 'guessed', assumptions: [...facts.assumptions, missing] };
  }

  private sameOwner(base: string): NameMatch<NamedEntry> | null {
    const known = this.byId.get(base.toLowerCase());
    return known ? { model: this.named(known), relation: 'is', parts: [] } : null;
  }

  /** Ids that contain every word of `text`, best first: shorter ids before longer, unquantized before quantized. */
  search(text: string, limit = 50): readonly string[] {
    const words = text
      .toLowerCase()
      .split(/[\s/]+/)
      .filter((word) => word !== '');
    const hits = this.data.models.filter(([id]) => words.every((word) => id.toLowerCase().includes(word)));
    const rank = ([id, , , rest]: CatalogueEntry): number => id.length + (rest?.q === undefined ? 0 : 100);
    return [...hits]
      .sort((a, b) => rank(a) - rank(b))
      .slice(0, limit)
      .map(([id]) => id);
  }

  private nameIndex(): NameIndex<NamedEntry> {
    return this.names.now();
  }

  private *namedEntries(): Generator<NamedEntry> {
    for (const entry of this.data.models) yield this.named(entry);
  }

  private named(entry: CatalogueEntry): NamedEntry {
    const { base, quantization } = readName(entry[0]);
    return { id: entry[0], base, entry, rank: rankOf(entry, quantization !== null), shape: () => shapeOf(this.architecture(entry)) };
  }

  private facts(id: string, entry: CatalogueEntry): ModelFacts | null {
    const [, , source, rest] = entry;
    const built = this.architecture(entry);
    if (!built) return null;
    const quantization = this.quantization(rest?.q);
    const confidence: Confidence = !built.exact || rest?.s !== undefined || quantization?.basis === 'name' ? 'derived' : 'exact';
    return {
      id,
      model: { architecture: built.architecture, quantization, exactBytes: null },
      parameters: built.parameters,
      source: 'catalogue',
      origin: this.data.sources[source] ?? entry[0],
      confidence,
      assumptions: [...built.assumptions, ...(quantization?.basis === 'name' ? [formatNote(quantization)] : [])],
    };
  }

  private derived(id: string, entry: CatalogueEntry, quantization: CheckpointQuantization | null, relation: string): ModelFacts | null {
    const base = this.facts(entry[0], entry);
    if (!base) return null;
    const model: Model = { ...base.model, quantization };
    const assumptions = [`architecture of ${entry[0]}, ${relation}`, ...base.assumptions.filter((known) => !isFormatNote(known))];
    if (quantization?.basis === 'name') assumptions.push(formatNote(quantization));
    return { ...base, id, model, origin: entry[0], confidence: 'derived', assumptions };
  }

  private architecture(entry: CatalogueEntry): BuiltModel | null {
    const [, configIndex, , rest] = entry;
    const shared = this.sharedArchitecture(configIndex, rest?.p ?? null, rest?.d ?? null);
    if (!shared) return null;
    const assumptions = [...shared.assumptions, ...(rest?.n ?? []).map((index) => this.data.notes[index] ?? '')];
    if (rest?.pb === 'stated') assumptions.push('longest context as deployment recipes state it');
    if (rest?.pb === 'sibling') assumptions.push('longest context as for its base model');
    if (rest?.s !== undefined) assumptions.push(SIZES_FROM[rest.s]);
    return { ...shared, assumptions };
  }

  private sharedArchitecture(index: number, positions: number | null, dtype: string | null): BuiltModel | null {
    const key = JSON.stringify([index, positions, dtype]);
    const known = this.built.get(key);
    if (known) return known;
    const config = this.data.configs[index];
    if (!config) return null;
    const answer = architectureFromConfig(withText(config, { max_position_embeddings: positions, torch_dtype: dtype ?? 'bfloat16' }));
    if ('problem' in answer) return null;
    const { architecture, assumptions, exact } = answer;
    const built = { architecture, parameters: parameterCount(architecture), assumptions, exact };
    this.built.set(key, built);
    return built;
  }

  private quantization(index: number | undefined): CheckpointQuantization | null {
    const stored = index === undefined ? undefined : this.data.quantizations[index];
    return stored ? { ...plainQuantization(stored.method ?? 'unknown', stored.bits ?? 16, 'config'), ...stored } : null;
  }
}

/** Sets fields of a config's text part. */
function withText(config: JsonObject, fields: JsonObject): JsonObject {
  const nested = config['text_config'];
  return isJsonObject(nested) ? { ...config, text_config: { ...fields, ...nested } } : { ...fields, ...config };
}

/** Owners that mostly republish others' models: their copy stands for a name only where no other does. */
const REPUBLISHERS = /^(unsloth|redhatai|neuralmagic|thebloke|casperhansen|cyankiwi|mlx-community|bartowski|lmstudio-community)\//i;

/** Owners who quantize others' models in a format of their own choice: a namesake's format says nothing of theirs. */
const QUANTIZERS = /^(unsloth|redhatai|neuralmagic|nvidia|amd|thebloke|casperhansen|cyankiwi|cpatonn|intel|mlx-community)\//i;

/** Of two models with one name, the unquantized, directly known one of the original owner stands for it. */
function rankOf([id, , , rest]: CatalogueEntry, isRepack: boolean): number {
  return (
    (isRepack ? 8 : 0) +
    (rest?.q === undefined ? 0 : 4) +
    (REPUBLISHERS.test(id) ? 2 : 0) +
    (rest?.s === undefined ? 0 : 1) +
    id.length / 1000
  );
}

/** What tells architectures of one size apart: width, layers, and the keys and values of each. */
function shapeOf(built: BuiltModel | null): Shape | null {
  if (!built) return null;
  const { hiddenSize, layout, layerKinds } = built.architecture;
  return {
    parameters: built.parameters,
    layers: JSON.stringify([hiddenSize, layout.length, layerKinds.map(({ mixers }) => mixers.map(keyValueSizes))]),
  };
}

function keyValueSizes(mixer: LayerKind['mixers'][number]): readonly unknown[] {
  return mixer.kind === 'attention' ? [mixer.kvHeads, mixer.headDim] : [mixer.kind];
}

function isCatalogueData(value: unknown): value is CatalogueData {
  return (
    isJsonObject(value) &&
    value['version'] === 1 &&
    ['configs', 'quantizations', 'sources', 'notes', 'models'].every((key) => Array.isArray(value[key]))
  );
}
