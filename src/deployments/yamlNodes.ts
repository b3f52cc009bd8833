/** Reads YAML nodes without ever converting the tree: a hostile file (nested aliases) costs no more than its limit. */
import type { ArgumentValue } from '../vllm/arguments';
import type { TextRange } from './deployment';
import { finish } from './steps';
import { plainScalarValue } from './values';
import { isMergeKey } from './yaml/construction';
import { meant, type Alias, type Mapping, type Node, type Scalar } from './yaml/nodes';

/** Nodes read through aliases of one file; beyond, values count as unknown. Real configurations stay below a few hundred. */
const EXPANSION_LIMIT = 10_000;
/** Deepest nesting that is followed through aliases: each adds what it stands for. */
const DEEPEST = 1000;
const SCALAR_TAGS: ReadonlySet<string> = new Set(['int', 'float', 'bool', 'null'].map((type) => `tag:yaml.org,2002:${type}`));
const STRING_TAG = 'tag:yaml.org,2002:str';
/** Entries of a mapping read between two pauses: a millisecond's worth. */
const STEP = 200;
/** Text that another program replaces before vLLM reads the file. */
const PLACEHOLDER = /\$\{[^{}]*\}|\{\{[^{}]*\}\}|\$\([A-Za-z_]\w*\)/;

/** A key and its value, merge keys (`<<`) resolved. */
export interface Entry {
  readonly key: string;
  readonly keyRange: TextRange;
  readonly value: Node;
}

/** The text a value occupies, without properties before and line ends after it; null when it is empty. */
export function valueRangeOf({ start, end }: Node, text: string): TextRange | null {
  const trimmed = start + text.slice(start, end).trimEnd().length;
  return trimmed > start ? { start, end: trimmed } : null;
}

/** Whether an alias stands inside what it stands for. */
function isRecursive({ target, start }: Alias): boolean {
  return target.start <= start && start < target.end;
}

/** Reads the nodes of one document. */
export class NodeReader {
  /** Nodes read through aliases so far. */
  private expanded = 0;
  private depth = 0;

  /** The entries of a mapping in PyYAML's order: those merged in first, then its own; duplicates stay. */
  entries(map: Mapping): readonly Entry[] {
    const merged: Entry[] = [];
    const own: Entry[] = [];
    for (const { key, value } of map.pairs) {
      const written = meant(key);
      if (written.kind !== 'scalar') continue;
      if (isMergeKey(key)) merged.push(...this.mergedEntries(value));
      else own.push({ key: written.value, keyRange: { start: key.start, end: key.end }, value });
    }
    return [...merged, ...own];
  }

  private mergedEntries(value: Node): readonly Entry[] {
    if (value.kind === 'alias' && isRecursive(value)) return [];
    const target = meant(value);
    if (target.kind === 'mapping') {
      this.expanded += target.pairs.length;
      return this.expanded > EXPANSION_LIMIT ? [] : this.entries(target);
    }
    // Of several mappings the first wins, so it comes last.
    return target.kind === 'sequence' ? [...target.items].reverse().flatMap((item) => this.mergedEntries(item)) : [];
  }

  /** The value of a node by YAML 1.1; undefined when it cannot be known (placeholder, foreign tag, too much). */
  value(node: Node): ArgumentValue | undefined {
    return finish(this.valueSteps(node));
  }

  /** As `value`, with pauses inside long mappings. */
  *valueSteps(node: Node, inAlias = false): Generator<void, ArgumentValue | undefined> {
    if (inAlias && ++this.expanded > EXPANSION_LIMIT) return undefined;
    if (node.kind === 'alias') return isRecursive(node) ? undefined : yield* this.valueSteps(node.target, true);
    if (node.kind === 'scalar') return scalarValue(node);
    if (this.depth >= DEEPEST) return undefined;
    this.depth++;
    const value = node.kind === 'mapping' ? yield* this.mapping(node, inAlias) : yield* this.sequence(node.items, inAlias);
    this.depth--;
    return value;
  }

  private *sequence(nodes: readonly Node[], inAlias: boolean): Generator<void, ArgumentValue | undefined> {
    const items: ArgumentValue[] = [];
    for (const [index, node] of nodes.entries()) {
      if (index % STEP === STEP - 1) yield;
      const item = yield* this.valueSteps(node, inAlias);
      if (item === undefined) return undefined;
      items.push(item);
    }
    return items;
  }

  private *mapping(map: Mapping, inAlias: boolean): Generator<void, ArgumentValue | undefined> {
    if (map.pairs.some(({ key }) => meant(key).kind !== 'scalar')) return undefined;
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

function scalarValue({ value, style, tag }: Scalar): ArgumentValue | undefined {
  if (PLACEHOLDER.test(value)) return undefined;
  if (tag === null) return style === 'plain' ? plainScalarValue(value) : value;
  if (tag.name === STRING_TAG) return value;
  // A lone `!` leaves it to the text, quotes or not.
  return tag.name === '!' || SCALAR_TAGS.has(tag.name) ? plainScalarValue(value) : undefined;
}
