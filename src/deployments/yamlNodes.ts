/** Walks YAML nodes without ever converting the tree: a hostile file (nested aliases) costs no more than its limit. */
import { isAlias, isMap, isNode, isScalar, isSeq, visit } from 'yaml';
import type { Alias, Node, Pair, YAMLMap } from 'yaml';
import type { ArgumentValue } from '../vllm/arguments';
import type { TextRange } from './deployment';
import { finish } from './steps';
import { plainScalarValue } from './values';
import type { YamlDocument } from './yaml';

/** Nodes read through aliases of one file; beyond, values count as unknown. Real configurations stay below a few hundred. */
const EXPANSION_LIMIT = 10_000;
const STRING_TAGS: ReadonlySet<string> = new Set(['!', 'tag:yaml.org,2002:str']);
const SCALAR_TAGS: ReadonlySet<string> = new Set(['int', 'float', 'bool', 'null'].map((type) => `tag:yaml.org,2002:${type}`));
/** Entries of a mapping read between two pauses: a millisecond's worth. */
const STEP = 200;
/** Text that another program replaces before vLLM reads the file. */
const PLACEHOLDER = /\$\{[^{}]*\}|\{\{[^{}]*\}\}|\$\([A-Za-z_]\w*\)/;

/** A key and its value, merge keys (`<<`) resolved. */
export interface Entry {
  readonly key: string;
  readonly keyRange: TextRange;
  readonly value: Node | null;
}

function rangeOf(node: Node): TextRange | null {
  return node.range ? { start: node.range[0], end: node.range[1] } : null;
}

/** The text a value occupies, without properties before and line ends after it; null when it is empty. */
export function valueRangeOf(node: Node | null, text: string): TextRange | null {
  const range = node ? rangeOf(node) : null;
  if (!range) return null;
  const end = range.start + text.slice(range.start, range.end).trimEnd().length;
  return end > range.start ? { start: range.start, end } : null;
}

/** Nodes that have an anchor, by its name, in the order of the text. */
function anchorsOf(document: YamlDocument): ReadonlyMap<string, readonly Node[]> {
  const anchors = new Map<string, Node[]>();
  visit(document, {
    Value: (_, node) => {
      if (node.anchor === undefined) return;
      const same = anchors.get(node.anchor);
      if (same) same.push(node);
      else anchors.set(node.anchor, [node]);
    },
  });
  return anchors;
}

/** Reads the nodes of one document. */
export class NodeReader {
  /** Nodes read through aliases so far. */
  private expanded = 0;
  private anchors: ReadonlyMap<string, readonly Node[]> | null = null;

  constructor(private readonly document: YamlDocument) {}

  /** The entries of a mapping in PyYAML's order: those merged in first, then its own; duplicates stay. */
  entries(map: YAMLMap): readonly Entry[] {
    const merged: Entry[] = [];
    const own: Entry[] = [];
    for (const { key, value } of map.items as readonly Pair<unknown, unknown>[]) {
      if (!isScalar(key) || typeof key.value !== 'string') continue;
      const keyRange = rangeOf(key);
      if (!keyRange) continue;
      if (key.source === '<<' && key.type === 'PLAIN') merged.push(...this.mergedEntries(value));
      else own.push({ key: key.value, keyRange, value: isNode(value) ? value : null });
    }
    return [...merged, ...own];
  }

  private mergedEntries(value: unknown): readonly Entry[] {
    const target = isAlias(value) ? this.target(value) : value;
    if (isMap(target)) {
      this.expanded += target.items.length;
      return this.expanded > EXPANSION_LIMIT ? [] : this.entries(target);
    }
    // Of several mappings the first wins, so it comes last.
    return isSeq(target) ? [...target.items].reverse().flatMap((item) => this.mergedEntries(item)) : [];
  }

  /** The node an alias stands for: the last one with its anchor before it. */
  private target(alias: Alias): Node | undefined {
    this.anchors ??= anchorsOf(this.document);
    const at = alias.range?.[0] ?? 0;
    return this.anchors
      .get(alias.source)
      ?.filter((node) => (node.range?.[1] ?? Infinity) <= at)
      .at(-1);
  }

  /** The value of a node by YAML 1.1; undefined when it cannot be known (placeholder, foreign tag, broken alias). */
  value(node: unknown): ArgumentValue | undefined {
    return finish(this.valueSteps(node));
  }

  /** As `value`, with pauses inside long mappings. */
  *valueSteps(node: unknown, inAlias = false): Generator<void, ArgumentValue | undefined> {
    if (inAlias && ++this.expanded > EXPANSION_LIMIT) return undefined;
    if (node === null || node === undefined) return null;
    if (isAlias(node)) {
      const target = this.target(node);
      return target ? yield* this.valueSteps(target, true) : undefined;
    }
    if (isScalar(node)) return this.scalar(node.value, node.type, node.tag);
    if (isSeq(node)) {
      const items: (ArgumentValue | undefined)[] = [];
      for (const item of node.items) items.push(yield* this.valueSteps(item, inAlias));
      return items.every((item) => item !== undefined) ? items : undefined;
    }
    return isMap(node) ? yield* this.mapping(node, inAlias) : undefined;
  }

  private scalar(value: unknown, type: string | null | undefined, tag: string | undefined): ArgumentValue | undefined {
    if (typeof value !== 'string' || PLACEHOLDER.test(value)) return undefined;
    if (tag === undefined) return type === 'PLAIN' ? plainScalarValue(value) : value;
    if (STRING_TAGS.has(tag)) return value;
    return SCALAR_TAGS.has(tag) ? plainScalarValue(value) : undefined;
  }

  private *mapping(map: YAMLMap, inAlias: boolean): Generator<void, ArgumentValue | undefined> {
    if (map.items.some(({ key }) => !isScalar(key) && key !== null)) return undefined;
    const fields: [string, ArgumentValue][] = [];
    for (const [index, entry] of this.entries(map).entries()) {
      if (index % STEP === STEP - 1) yield;
      const value = yield* this.valueSteps(entry.value, inAlias);
      if (value === undefined) return undefined;
      fields.push([entry.key, value]);
    }
    return Object.fromEntries(fields);
  }
}
