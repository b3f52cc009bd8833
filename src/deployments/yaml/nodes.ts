import type { TextRange } from '../deployment';

export type ScalarStyle = 'plain' | 'single' | 'double' | 'literal' | 'folded';

/** A tag as it is meant, handles resolved, and where it is written. */
export interface Tag {
  readonly name: string;
  readonly range: TextRange;
}

/** Where a value stands, without the anchor and the tag before it. */
interface Common {
  readonly start: number;
  end: number;
  readonly anchor: string | null;
  readonly tag: Tag | null;
}

export interface Scalar extends Common {
  readonly kind: 'scalar';
  readonly value: string;
  readonly style: ScalarStyle;
}

export interface Sequence extends Common {
  readonly kind: 'sequence';
  readonly isFlow: boolean;
  readonly items: Node[];
}

export interface Mapping extends Common {
  readonly kind: 'mapping';
  readonly isFlow: boolean;
  readonly pairs: Pair[];
}

export interface Alias extends Common {
  readonly kind: 'alias';
  readonly name: string;
  /** What it stands for. A mapping or a sequence may hold an alias of itself. */
  readonly target: Node;
}

export type Node = Scalar | Sequence | Mapping | Alias;

export interface Pair {
  readonly key: Node;
  readonly value: Node;
}

/** The node that is meant, aliases followed. */
export function meant(node: Node): Exclude<Node, Alias> {
  return node.kind === 'alias' ? meant(node.target) : node;
}

/** Nothing written: `key:` alone. */
export function isEmpty(node: Node): boolean {
  return node.kind === 'scalar' && node.end === node.start;
}
