import type { Architecture, CheckpointQuantization, Model } from '../estimator/architecture';
import { parameterCount } from '../estimator/parameters';
import { isJsonObject } from './config/fields';
import type { JsonObject } from './config/fields';
import { plainQuantization } from './config/quantization';
import { architectureFromConfig } from './hfConfig';
import { canNameModel, extraWords, nameWords } from './looseNames';
import type { NameWords } from './looseNames';
import { familyKey, nameKey, readName, sizeEnding } from './names';
import type { Confidence, ModelFacts } from './source';

/**
 * One model of the data file: id, index into `configs`, index into `sources`, and what differs from the config:
 * `q` index into `quantizations`; `p` longest context in tokens; `pb` where it is from (`stated` by a deployment recipe,
 * `sibling` taken from the base model; absent: its own config); `d` dtype; `s` the architecture is a sibling's;
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
    readonly s?: 1;
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

/** A config read into an architecture, with what that cost to work out. */
interface BuiltModel {
  readonly architecture: Architecture;
  readonly parameters: number;
  readonly assumptions: readonly string[];
  /** Whether every part was counted by its own rule. */
  readonly exact: boolean;
}

interface NameIndex {
  /** By the last part of the id. */
  readonly byName: Map<string, CatalogueEntry>;
  /** By the last part without endings that only tell siblings apart. */
  readonly byFamily: Map<string, CatalogueEntry>;
}

/** Models whose facts ship with the product. Pure: the text of the data file comes from the caller. */
export class Catalogue {
  private readonly byId = new Map<string, CatalogueEntry>();
  private readonly built = new Map<string, BuiltModel>();
  private names: NameIndex | null = null;
  private words: readonly { readonly entry: CatalogueEntry; readonly words: NameWords }[] | null = null;

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

  /**
   * A model known under another name: a quantized repack ("…-AWQ"), a copy of another owner or folder, a fine-tune that
   * carries its base's name. The answer is `derived` and its assumptions say from what.
   */
  findByName(id: string): ModelFacts | null {
    const { base, quantization, billions } = readName(id);
    const { byName, byFamily } = this.nameIndex();
    const copy = this.byId.get(base.toLowerCase()) ?? byName.get(nameKey(base)) ?? byName.get(nameKey(id));
    if (copy) return this.derived(id, copy, quantization, `architecture of ${copy[0]}, whose name it has`);
    const key = nameKey(base);
    const relative =
      byFamily.get(familyKey(key)) ??
      this.longestBaseIn(key) ??
      (billions === null ? null : this.ofSize(familyKey(key), billions)) ??
      this.loosely(base);
    return relative ? this.derived(id, relative, quantization, `architecture of ${relative[0]}, whose name it carries`) : null;
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

  private nameIndex(): NameIndex {
    if (this.names) return this.names;
    const names: NameIndex = { byName: new Map(), byFamily: new Map() };
    for (const entry of this.data.models) {
      keepBetter(names.byName, nameKey(entry[0]), entry);
      keepBetter(names.byFamily, familyKey(nameKey(readName(entry[0]).base)), entry);
    }
    this.names = names;
    return names;
  }

  /** The model whose name has every word of this one and fewest others; null when such models differ in size. */
  private loosely(name: string): CatalogueEntry | null {
    const asked = nameWords(name);
    if (!canNameModel(asked)) return null;
    this.words ??= this.data.models
      .filter(([id]) => readName(id).quantization === null)
      .map((entry) => ({ entry, words: nameWords(entry[0]) }));
    let fewest = Infinity;
    let found: CatalogueEntry[] = [];
    for (const { entry, words } of this.words) {
      const extra = extraWords(asked, words);
      if (extra === null || extra > fewest) continue;
      if (extra < fewest) found = [];
      fewest = extra;
      found.push(entry);
    }
    const sizes = found.map((entry) => this.architecture(entry)?.parameters ?? 0);
    const [first = 0] = sizes;
    const stated = readName(name.replace(/\([^)]*\)/g, ' ')).billions;
    const alike = sizes.every((size) => Math.abs(size / first - 1) < ALIKE);
    const fits = stated === null || Math.abs((stated * 1e9) / first - 1) < ALIKE;
    return alike && fits ? (found[0] ?? null) : null;
  }

  /** The longest catalogue name that stands, between separators, inside `key`; only names with a size can be a base. */
  private longestBaseIn(key: string): CatalogueEntry | null {
    const parts = key.split('-');
    const { byName, byFamily } = this.nameIndex();
    let best: { readonly length: number; readonly entry: CatalogueEntry } | null = null;
    for (let from = 0; from < parts.length; from++) {
      for (let to = parts.length; to > from + 1; to--) {
        const candidate = parts.slice(from, to).join('-');
        if (best !== null && candidate.length <= best.length) break;
        if (!/\d(?:b|m)(?![a-z])/.test(candidate)) continue;
        const entry = byFamily.get(familyKey(candidate)) ?? byName.get(candidate);
        if (entry) best = { length: candidate.length, entry };
      }
    }
    return best?.entry ?? null;
  }

  /**
   * The model of the stated size that a shortened name means: one whose full name contains it ("Nemotron-Super-49B", "qwen3-coder-30b"), or
   * one whose name has no size ("Mistral-Nemo-12B", "phi-2 2.7B").
   */
  private ofSize(key: string, billions: number): CatalogueEntry | null {
    const { byName, byFamily } = this.nameIndex();
    const stem = sizeEnding(key)?.stem;
    const bare = stem === undefined ? undefined : (byName.get(stem) ?? byFamily.get(familyKey(stem)));
    const containing = [...byFamily.keys()].filter((family) => `-${family}-`.includes(`-${key}-`)).sort((a, b) => a.length - b.length);
    const candidates = [bare, ...containing.map((family) => byFamily.get(family))];
    return candidates.find((entry) => entry !== undefined && this.isOfSize(entry, billions)) ?? null;
  }

  private isOfSize(entry: CatalogueEntry, billions: number): boolean {
    const parameters = this.facts(entry[0], entry)?.parameters;
    return parameters !== undefined && Math.abs(parameters / 1e9 / billions - 1) <= SAME_SIZE;
  }

  private facts(id: string, entry: CatalogueEntry): ModelFacts | null {
    const [, , source, rest] = entry;
    const built = this.architecture(entry);
    if (!built) return null;
    const quantization = this.quantization(rest?.q);
    const confidence: Confidence = !built.exact || rest?.s === 1 || quantization?.basis === 'name' ? 'derived' : 'exact';
    return {
      id,
      model: { architecture: built.architecture, quantization, exactBytes: null },
      parameters: built.parameters,
      source: 'catalogue',
      origin: this.data.sources[source] ?? entry[0],
      confidence,
      assumptions: [...built.assumptions, ...(quantization?.basis === 'name' ? [formatAssumption(quantization)] : [])],
    };
  }

  private derived(id: string, entry: CatalogueEntry, named: CheckpointQuantization | null, assumption: string): ModelFacts | null {
    const base = this.facts(entry[0], entry);
    if (!base) return null;
    // A repack may stand for its unquantized namesake; its format goes only with a name that announces one.
    const own = readName(entry[0]).quantization === null ? base.model.quantization : null;
    const quantization = named ?? own;
    const model: Model = { ...base.model, quantization };
    const assumptions = [assumption, ...base.assumptions.filter((known) => !known.startsWith(FORMAT_PREFIX))];
    if (quantization?.basis === 'name') assumptions.push(formatAssumption(quantization));
    return { ...base, id, model, origin: entry[0], confidence: 'derived', assumptions };
  }

  private architecture(entry: CatalogueEntry): BuiltModel | null {
    const [, configIndex, , rest] = entry;
    const shared = this.sharedArchitecture(configIndex, rest?.p ?? null, rest?.d ?? null);
    if (!shared) return null;
    const assumptions = [...shared.assumptions, ...(rest?.n ?? []).map((index) => this.data.notes[index] ?? '')];
    if (rest?.pb === 'stated') assumptions.push('longest context as deployment recipes state it');
    if (rest?.pb === 'sibling') assumptions.push('longest context as for its base model');
    if (rest?.s === 1) assumptions.push('sizes as for its base model');
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

/** How far the size in a name may be from the count: "phi-1.5 1.3B" has 1.42 billion parameters, "Qwen-7B" 7.72. */
const SAME_SIZE = 0.15;
/** Models that share the words of a short name are one when their parameters differ by less. */
const ALIKE = 0.06;

const FORMAT_PREFIX = 'checkpoint format';

function formatAssumption(quantization: CheckpointQuantization): string {
  const group = quantization.groupSize !== null && quantization.groupSize > 0 ? `, groups of ${quantization.groupSize}` : '';
  const cache = quantization.kvCacheScheme === null ? '' : `, ${quantization.kvCacheScheme} KV cache as in this publisher's checkpoints`;
  return `${FORMAT_PREFIX} by the name only: ${quantization.ggufType ?? quantization.method}, ${quantization.bits} bit${group}${cache}`;
}

/** Sets fields of a config's text part. */
function withText(config: JsonObject, fields: JsonObject): JsonObject {
  const nested = config['text_config'];
  return isJsonObject(nested) ? { ...config, text_config: { ...fields, ...nested } } : { ...fields, ...config };
}

/** Owners that mostly republish others' models: their copy stands for a name only where no other does. */
const REPUBLISHERS = /^(unsloth|redhatai|neuralmagic|thebloke|casperhansen|cyankiwi|mlx-community|bartowski|lmstudio-community)\//i;

/** Of two models with one name, the unquantized, directly known one of the original owner stands for it. */
function keepBetter(map: Map<string, CatalogueEntry>, key: string, entry: CatalogueEntry): void {
  const held = map.get(key);
  const rank = ([id, , , rest]: CatalogueEntry): number =>
    (rest?.q === undefined ? 0 : 4) + (REPUBLISHERS.test(id) ? 2 : 0) + (rest?.s === 1 ? 1 : 0) + id.length / 1000;
  if (!held || rank(entry) < rank(held)) map.set(key, entry);
}

function isCatalogueData(value: unknown): value is CatalogueData {
  return (
    isJsonObject(value) &&
    value['version'] === 1 &&
    ['configs', 'quantizations', 'sources', 'notes', 'models'].every((key) => Array.isArray(value[key]))
  );
}
