/** Walks YAML nodes without ever converting the tree: a hostile file (nested aliases) costs no more than its limit. */
import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Document, Node, Pair, ParsedNode, YAMLMap } from 'yaml';
import type { ArgumentValue } from '../vllm/arguments';
import type { TextRange } from './deployment';
import { plainScalarValue } from './values';

/** Nodes read for one value; beyond, the value counts as unknown. Real configurations stay below a few hundred. */
const NODE_LIMIT = 20_000;
const STRING_TAGS: ReadonlySet<string> = new Set(['!', 'tag:yaml.org,2002:str']);
const SCALAR_TAGS: ReadonlySet<string> = new Set(['int', 'float', 'bool', 'null'].map((type) => `tag:yaml.org,2002:${type}`));
/** Text that another program replaces before vLLM reads the file. */
const PLACEHOLDER = /\$\{[^}]*\}|\{\{.*\}\}|\$\([A-Za-z_]\w*\)/;

export type YamlDocument = Document.Parsed<ParsedNode>;

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

/** Reads the nodes of one document. */
export class NodeReader {
  private nodes = 0;

  constructor(private readonly document: YamlDocument) {}

  /** The entries of a mapping in PyYAML's order: those merged in first, then its own; duplicates stay. */
  entries(map: YAMLMap): readonly Entry[] {
    const merged: Entry[] = [];
    const own: Entry[] = [];
    for (const pair of map.items as readonly Pair<unknown, unknown>[]) {
      const { key, value } = pair;
      if (!isScalar(key) || typeof key.value !== 'string') continue;
      const keyRange = rangeOf(key);
      if (!keyRange) continue;
      if (key.source === '<<' && key.type === 'PLAIN') merged.push(...this.mergedEntries(value));
      else own.push({ key: key.value, keyRange, value: isScalar(value) || isMap(value) || isSeq(value) || isAlias(value) ? value : null });
    }
    return [...merged, ...own];
  }

  private mergedEntries(value: unknown): readonly Entry[] {
    if (++this.nodes > NODE_LIMIT) return [];
    const target = isAlias(value) ? value.resolve(this.document) : value;
    if (isMap(target)) return this.entries(target);
    // Of several mappings the first wins, so it comes last.
    return isSeq(target) ? [...target.items].reverse().flatMap((item) => this.mergedEntries(item)) : [];
  }

  /** The value of a node by YAML 1.1; undefined when it cannot be known (placeholder, foreign tag, broken alias). */
  value(node: unknown): ArgumentValue | undefined {
    if (++this.nodes > NODE_LIMIT) return undefined;
    if (node === null || node === undefined) return null;
    if (isAlias(node)) {
      const target = node.resolve(this.document);
      return target ? this.value(target) : undefined;
    }
    if (isScalar(node)) return this.scalar(node.value, node.type, node.tag);
    if (isSeq(node)) {
      const items = node.items.map((item) => this.value(item));
      return items.every((item) => item !== undefined) ? items : undefined;
    }
    return isMap(node) ? this.mapping(node) : undefined;
  }

  private scalar(value: unknown, type: string | null | undefined, tag: string | undefined): ArgumentValue | undefined {
    if (typeof value !== 'string' || PLACEHOLDER.test(value)) return undefined;
    if (tag === undefined) return type === 'PLAIN' ? plainScalarValue(value) : value;
    if (STRING_TAGS.has(tag)) return value;
    return SCALAR_TAGS.has(tag) ? plainScalarValue(value) : undefined;
  }

  private mapping(map: YAMLMap): ArgumentValue | undefined {
    if (map.items.some(({ key }) => !isScalar(key) && key !== null)) return undefined;
    const fields: [string, ArgumentValue][] = [];
    for (const entry of this.entries(map)) {
      const value = this.value(entry.value);
      if (value === undefined) return undefined;
      fields.push([entry.key, value]);
    }
    return Object.fromEntries(fields);
  }
}
