/**
 * Composes long documents in steps. The `yaml` library turns the tokens of a document into nodes in one go, which holds up whoever shares
 * the thread; here its composer is given the entries of a long block a few at a time, and the nodes are put together again.
 */
import { Composer, isCollection, isPair } from 'yaml';
import type { DocumentOptions, ParseOptions, ParsedNode, SchemaOptions, YAMLMap, YAMLSeq, CST } from 'yaml';
import type { YamlDocument } from './yaml';

export type ComposeOptions = ParseOptions & DocumentOptions & SchemaOptions;

type Block = CST.BlockMap | CST.BlockSequence;
type Collection = (YAMLMap | YAMLSeq) & { range?: [number, number, number] | null };

/** Characters composed in one go: a hundred lines or two, a millisecond once the code is warm. */
const PORTION = 6000;

function isBlock(token: CST.Token | null | undefined): token is Block {
  return token?.type === 'block-map' || token?.type === 'block-seq';
}

function startOf({ start, key, sep, value }: CST.CollectionItem): number {
  return start[0]?.offset ?? key?.offset ?? sep?.[0]?.offset ?? value?.offset ?? Infinity;
}

/** Some entries of a block, and the long block that the last of them holds, if it does. */
interface Portion {
  readonly items: readonly CST.CollectionItem[];
  readonly end: number;
  readonly long: Block | null;
}

/** @param end where the block ends, an offset in the text. */
function portionsOf(block: Block, end: number, portion: number): readonly Portion[] {
  const portions: Portion[] = [];
  let items: CST.CollectionItem[] = [];
  let began = block.offset;
  block.items.forEach((item: CST.CollectionItem, index) => {
    items.push(item);
    const next = block.items[index + 1];
    const itemEnd = next ? startOf(next) : end;
    const isLong = itemEnd - startOf(item) > portion && isBlock(item.value);
    if (!isLong && itemEnd - began < portion && next) return;
    portions.push({ items, end: itemEnd, long: isLong && isBlock(item.value) ? item.value : null });
    items = [];
    began = itemEnd;
  });
  return portions;
}

/** The block without its entries. */
function emptied(block: Block): Block {
  return { ...block, items: [] };
}

function withItems(block: Block, { items, long }: Portion): Block {
  const kept = items.map((item) => (long !== null && item.value === long ? { ...item, value: emptied(long) } : item));
  // The library's two kinds of entries differ in types alone.
  return { ...block, offset: Math.max(block.offset, startOf(items[0] ?? { start: [] })), items: kept } as Block;
}

/** What an entry holds. */
function valueOf(item: unknown): unknown {
  return isPair(item) ? item.value : item;
}

/** Composes documents of one text. */
export class SteppedComposer {
  private readonly composer: Composer<ParsedNode>;
  private readonly documents: YamlDocument[] = [];
  /** Documents begun so far, and those of them whose entries are still to be composed. */
  private begun = 0;
  private readonly long = new Map<number, { readonly block: Block; readonly end: number }>();
  /** Directives change how tags are read: such a document is composed as it stands. */
  private hasDirective = false;

  constructor(
    private readonly options: ComposeOptions,
    private readonly portion: number = PORTION,
  ) {
    this.composer = new Composer<ParsedNode>(options);
  }

  /** @param end offset up to which the text was read when the token was complete. */
  next(token: CST.Token, end: number): void {
    this.hasDirective ||= token.type === 'directive';
    if (token.type !== 'document') {
      this.documents.push(...this.composer.next(token));
      return;
    }
    const isLong = !this.hasDirective && isBlock(token.value) && end - token.value.offset > this.portion;
    if (isLong && isBlock(token.value)) this.long.set(this.begun, { block: token.value, end });
    this.begun++;
    this.documents.push(...this.composer.next(isLong && isBlock(token.value) ? { ...token, value: emptied(token.value) } : token));
  }

  /** The documents, complete. */
  *end(): Generator<void, readonly YamlDocument[]> {
    this.documents.push(...this.composer.end());
    for (const [index, { block, end }] of this.long) {
      const document = this.documents[index];
      if (!document || !isCollection(document.contents)) continue;
      yield* this.fill(document.contents, block, end, document);
      document.errors.sort((a, b) => a.pos[0] - b.pos[0]);
    }
    return this.documents;
  }

  /** Puts the entries of a block into the node that stands for it, and their errors into the document. */
  private *fill(into: Collection, block: Block, end: number, document: YamlDocument): Generator<void, void> {
    for (const portion of portionsOf(block, end, this.portion)) {
      yield;
      const [part] = new Composer<ParsedNode>(this.options).compose([
        { type: 'document', offset: block.offset, start: [], value: withItems(block, portion) },
      ]);
      const contents = part?.contents;
      if (!part || !isCollection(contents)) continue;
      document.errors.push(...part.errors);
      const last: unknown = contents.items.at(-1);
      const inner = valueOf(last);
      let [, valueEnd, nodeEnd] = contents.range;
      if (portion.long !== null && isCollection(inner)) {
        yield* this.fill(inner, portion.long, portion.end, document);
        [, valueEnd = valueEnd, nodeEnd = nodeEnd] = inner.range ?? [];
      }
      for (const item of contents.items) (into.items as unknown[]).push(item);
      into.range = [into.range?.[0] ?? block.offset, valueEnd, nodeEnd];
    }
  }
}
