import { compactKey, familyKey, isSizeWord, nameKey, readName, wordsOf } from './names';

/** What the index must know of a model to compare names. */
export interface NamedModel {
  readonly id: string;
  /** The id without the endings of a checkpoint format (`readName`). */
  readonly base: string;
  /** Of two models with one name, the one of lower rank stands for it. */
  readonly rank: number;
  /** Parameters, and what the KV cache is made of; asked for where a name leaves a choice. */
  readonly shape: () => Shape | null;
}

export interface Shape {
  readonly parameters: number;
  /** Equal for architectures with the same layers and heads. */
  readonly layers: string;
}

/** A model that a name points to. */
export interface NameMatch<M> {
  readonly model: M;
  /** How the name relates to the model's. */
  readonly relation: 'is' | 'carries';
  /** Words of the name that the model's own does not have and that mean parts which it lacks ("omni", "vision"). */
  readonly parts: readonly string[];
}

/** Words of networks that go beside a model of that name: neither their size nor their shape is the model's. */
const DRAFT_WORD = /^(?:p?eagle\d?|speculators?|speculator\..*|medusa|hydra|dflash|hass|nextn|pard)$/;
/** Words of encoders added to a language model, or of another architecture under the same generation and size. */
const PART_WORD =
  /^(?:vl|v|vlm|vision|visual|image|video|omni|audio|speech|asr|tts|voice|multimodal|mm|llava|ocr|mamba|next|linear|hybrid|ov|onevision|intern(?:vl|video)\d*|internvl\d.*|diffusion|llada)$/;
/** Rounding in names: "DeepSeek-V3-671B" has 671.03, "phi-1.5 1.3B" 1.42, "phi-2 2.7B" 2.78 billion parameters. */
const SIZE_TOLERANCE = 0.15;
/** Of two totals that differ less, a name's size cannot tell. */
const SAME_SIZE = 0.05;

/** Models indexed between two pauses: a millisecond's worth, some more before the code is warm. */
const STEP = 50;

/** Known models by the ways in which people write their names. */
export class NameIndex<M extends NamedModel> {
  private readonly byName = new Map<string, M>();
  /** By the name without endings that only tell siblings apart. */
  private readonly byFamily = new Map<string, M[]>();
  /** By `compactKey` of name and family; by the same without active parameters ("qwen3-30b" for Qwen3-30B-A3B), and without sizes. */
  private readonly byCompact = new Map<string, M[]>();
  private readonly byTotal = new Map<string, M[]>();
  private readonly bySizeless = new Map<string, M[]>();
  /** By generation-less family and size ("qwen|7b"), to see whether one means several. */
  private readonly byGeneration = new Map<string, M[]>();

  /** The index of some models; pauses between some of them, as there are thousands. */
  static *of<M extends NamedModel>(models: Iterable<M>): Generator<void, NameIndex<M>> {
    const index = new NameIndex<M>();
    let count = 0;
    for (const model of models) {
      index.add(model);
      if (++count % STEP === 0) yield;
    }
    return index;
  }

  private constructor() {}

  private add(model: M): void {
    const name = nameKey(model.id);
    this.addAs(name, nameKey(model.base), model);
    const unbranded = withoutMaker(name);
    if (unbranded !== null) this.addAs(unbranded, withoutMaker(nameKey(model.base)) ?? unbranded, model);
  }

  private addAs(key: string, base: string, model: M): void {
    const held = this.byName.get(key);
    if (!held || model.rank < held.rank) this.byName.set(key, model);
    const family = familyKey(base);
    push(this.byFamily, family, model);
    const words = wordsOf(family);
    for (const compact of new Set([compactKey(wordsOf(key)), compactKey(words)])) push(this.byCompact, compact, model);
    push(this.byTotal, compactKey(words.filter((word) => !/^a\d/.test(word) || !isSizeWord(word))), model);
    push(this.bySizeless, compactKey(words.filter((word) => !isSizeWord(word))), model);
    push(this.byGeneration, generationless(words), model);
  }

  /** The model of exactly this name, whoever owns it. */
  named(id: string): M | null {
    return this.byName.get(nameKey(id)) ?? null;
  }

  /** The model a name means: its own, a copy's, or the base whose name it carries; null where nothing or several fit. */
  find(id: string): NameMatch<M> | null {
    const parts = nameParts(id);
    for (const [index, part] of parts.entries()) {
      const found = this.findPart(part, index === 0);
      if (found) return found;
    }
    return null;
  }

  private findPart(id: string, isLast: boolean): NameMatch<M> | null {
    const key = nameKey(readName(id).base);
    const words = wordsOf(key);
    const own = this.byName.get(key) ?? this.byName.get(nameKey(id));
    if (own) return { model: own, relation: 'is', parts: [] };
    if (isDraftHead(id)) return null;
    const sibling = this.sibling(words) ?? this.bySizeStated(words, readName(id).billions);
    if (sibling) return { model: sibling, relation: 'carries', parts: [] };
    return this.carried(words) ?? this.aroundSize(words) ?? this.shortened(words) ?? (isLast ? this.onlySize(words) : null);
  }

  /** A name that differs from a known one by separators, or by what tells siblings apart. */
  private sibling(words: readonly string[]): M | null {
    const family = familyKey(words.join('-'));
    const compact = compactKey(wordsOf(family));
    const found = this.choose(this.byFamily.get(family), words) ?? this.choose(this.byCompact.get(compactKey(words)), words);
    const named = found ?? this.choose(this.byCompact.get(compact), words) ?? this.byTotalSize(wordsOf(family));
    return named && (words.some(isSizeWord) || this.isOneSize(compact)) ? named : null;
  }

  private byTotalSize(words: readonly string[]): M | null {
    if (!words.some(isSizeWord)) return null;
    const total = this.byTotal.get(compactKey(words)) ?? this.byTotal.get(compactKey(words.filter((word) => word !== 'moe')));
    return this.choose(total, words);
  }

  /** A known name with its size added: "DeepSeek-V3-671B". The total must agree. */
  private bySizeStated(words: readonly string[], billions: number | null): M | null {
    if (billions === null) return null;
    const without = words.filter((word) => !isSizeWord(word));
    const family = familyKey(without.join('-'));
    const known = this.byFamily.get(family) ?? this.byCompact.get(compactKey(wordsOf(family)));
    const near = known?.filter((model) => Math.abs((model.shape()?.parameters ?? 0) / (billions * 1e9) - 1) < SIZE_TOLERANCE);
    return this.choose(near, without);
  }

  /** The longest known name with a size that stands, between separators, inside the words. */
  private carried(words: readonly string[]): NameMatch<M> | null {
    for (let length = words.length; length > 1; length--) {
      for (let from = 0; from + length <= words.length; from++) {
        const inside = words.slice(from, from + length);
        if (!inside.some(isSizeWord) || isSizeWord(inside[0] ?? '')) continue;
        const model = this.byName.get(inside.join('-')) ?? this.sibling(inside);
        if (!model || (from > 0 && this.isOfSeveralGenerations(inside))) continue;
        return { model, relation: 'carries', parts: partWords(words, model) };
      }
    }
    return null;
  }

  /** Words put between a generation and its size: "Llama-3.3-Swallow-70B", as Meta's licence wants derivatives to be named. */
  private aroundSize(words: readonly string[]): NameMatch<M> | null {
    const at = words.findIndex(isSizeWord);
    const sizes = words.filter(isSizeWord);
    if (at < 2) return null;
    const parts = words.filter((word) => PART_WORD.test(word));
    for (let length = at - 1; length > 0; length--) {
      for (let from = 0; from + length <= at; from++) {
        const generation = words.slice(from, from + length);
        if (!/[a-z].*\d/.test(generation.join('')) || !parts.every((part) => generation.includes(part))) continue;
        const model = this.sibling([...generation, ...sizes]);
        if (model) return { model, relation: 'carries', parts: [] };
      }
    }
    return null;
  }

  /** The end or middle of known names, all of one shape: "Nemotron-Super-49B" for Llama-3.3-Nemotron-Super-49B. */
  private shortened(words: readonly string[]): NameMatch<M> | null {
    const family = familyKey(words.join('-'));
    const own = wordsOf(family).filter((word) => !isSizeWord(word));
    if (own.length < 2 || !words.some(isSizeWord)) return null;
    const holders = [...this.byFamily].filter(([key]) => `-${key}-`.includes(`-${family}-`)).flatMap(([, models]) => models);
    const shapes = new Set(holders.map((model) => model.shape()?.layers));
    const model = shapes.size === 1 ? this.choose(holders, words) : null;
    return model ? { model, relation: 'carries', parts: [] } : null;
  }

  /** A name without its size, where all that is known of that name has one size: "llama3.3", "tinyllama". */
  private onlySize(words: readonly string[]): NameMatch<M> | null {
    if (words.some(isSizeWord)) return null;
    const compact = compactKey(wordsOf(familyKey(words.join('-'))));
    const models = this.bySizeless.get(compact);
    const model = compact.length > 2 && this.isOneSize(compact) ? this.choose(models, words) : null;
    return model ? { model, relation: 'carries', parts: [] } : null;
  }

  private isOneSize(sizeless: string): boolean {
    const [first, ...others] = (this.bySizeless.get(sizeless) ?? []).map((model) => model.shape()?.parameters ?? 0);
    return first === undefined || others.every((parameters) => Math.abs(parameters / first - 1) < SAME_SIZE);
  }

  /** "Qwen-7B" inside a longer name may mean any generation of Qwen with 7 billion parameters; they differ in their heads. */
  private isOfSeveralGenerations(words: readonly string[]): boolean {
    if (words.some((word) => !isSizeWord(word) && /\d/.test(word))) return false;
    const shapes = (this.byGeneration.get(generationless(words)) ?? []).map((model) => model.shape()?.layers);
    return new Set(shapes).size > 1;
  }

  /** Of several models the one that shares most words with the name, then the one of lowest rank. */
  private choose(models: readonly M[] | undefined, words: readonly string[]): M | null {
    let best: { readonly model: M; readonly score: number } | null = null;
    for (const model of models ?? []) {
      const own = new Set(wordsOf(nameKey(model.id)));
      const score = words.filter((word) => own.has(word)).length;
      if (best === null || score > best.score || (score === best.score && model.rank < best.model.rank)) best = { model, score };
    }
    return best?.model ?? null;
  }
}

function push<M>(map: Map<string, M[]>, key: string, model: M): void {
  if (key === '') return;
  const held = map.get(key);
  if (!held) map.set(key, [model]);
  else if (!held.includes(model)) held.push(model);
}

/** Makers' names that they put before some models and people leave out. */
const MAKERS: ReadonlySet<string> = new Set(['nvidia', 'meta', 'c4ai', 'ai21', 'ibm']);

/** A name key without the maker's name before it ("nvidia-nemotron-…", "c4ai-command-r"); null where there is none. */
function withoutMaker(key: string): string | null {
  const [first = '', ...rest] = key.split('-');
  return MAKERS.has(first) && rest.length > 1 ? rest.join('-') : null;
}

function generationless(words: readonly string[]): string {
  return compactKey(words.map((word) => (isSizeWord(word) ? word : word.replace(/[\d.]+$/, ''))).filter((word) => word !== ''));
}

/** Words of a name that mean parts the model's own name does not announce. */
function partWords(words: readonly string[], model: NamedModel): readonly string[] {
  const own = new Set(wordsOf(nameKey(model.id)));
  if ([...own].some((word) => PART_WORD.test(word))) return [];
  return words.filter((word) => PART_WORD.test(word));
}

/** Whether a name says that it is a draft head trained for the model it names; Google calls those of Gemma assistants. */
export function isDraftHead(id: string): boolean {
  const words = wordsOf(nameKey(readName(id).base));
  // A name of nothing else ("Eagle2-2B") is a model's own.
  const namesTarget = words.some((word) => !DRAFT_WORD.test(word) && !isSizeWord(word));
  return (namesTarget && words.some((word) => DRAFT_WORD.test(word))) || (words.at(-1) === 'assistant' && words.includes('gemma'));
}

/** Folders that say nothing of the model they hold are passed over this far up a path. */
const FOLDERS_UP = 3;

/**
 * The parts of an id that may name the model, best first: a cache folder's "models--org--name", else the last part; of a path or
 * address also the folders above ("…/Qwen2.5-7B-sft/checkpoint-500").
 */
function nameParts(id: string): readonly string[] {
  const cached = /models--([\w.-]+)/.exec(id)?.[0];
  if (cached !== undefined) return [cached];
  const parts = id
    .replace(/^[a-z][\w+.-]*:\/\//i, '')
    .split(/[\\/]+/)
    .filter((part) => part !== '');
  const isPath = parts.length > 2 || /^(?:[./~$]|[a-z]:[\\/])/i.test(id);
  const last = isPath ? (parts.at(-1) ?? id) : id;
  const above = isPath ? parts.slice(-1 - FOLDERS_UP, -1).reverse() : [];
  return [last, ...above];
}
