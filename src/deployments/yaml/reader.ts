/**
 * Reads one version of a text after the other: in a block of keys, those that a change does not touch are not read again. What stands
 * between the keys around it is read for itself, which comes to the same where nothing is refused and nothing has a name.
 */
import { plainOf, readPlainSteps, type YamlText } from './composer';
import type { Mapping, Node, Pair } from './nodes';
import type { Refusal } from './refusal';

/** A text that was read to its end, as one block of keys. */
interface Known {
  readonly plain: string;
  readonly root: Mapping;
}

/** What became of a known text: other characters from `start` to `end` of it, and all that follows moved by `shift`. */
interface Change {
  readonly known: string;
  readonly plain: string;
  readonly start: number;
  readonly end: number;
  readonly shift: number;
}

/** Levels of keys below keys to look into: what is read for itself is not refused for its depth in the whole text. */
const MOST_LEVELS = 4;

/** A key with a sign, whose colon is on another line, and a directive, which gives tags another meaning. */
const APART = /^(?:\?(?!\S)|%)/m;

/** Ends what stands before it as any key does. */
const ANY_KEY = 'a:\n';

export class YamlReader {
  private known: Known | null = null;

  /** As `readYamlSteps`. */
  *read(text: string): Generator<void, YamlText> {
    const plain = plainOf(text);
    const isApart = APART.test(plain);
    const again = this.known && !isApart ? yield* readAgain(this.known, plain) : null;
    const read = again ?? (yield* readPlainSteps(plain));
    const [root] = read.roots;
    if (!isApart && read.refusal === null && !read.hasAnchors && root?.kind === 'mapping' && !root.isFlow) this.known = { plain, root };
    return read;
  }
}

function* readAgain({ plain: known, root }: Known, plain: string): Generator<void, YamlText | null> {
  let start = 0;
  const shorter = Math.min(known.length, plain.length);
  while (start < shorter && known.charCodeAt(start) === plain.charCodeAt(start)) start++;
  const shift = plain.length - known.length;
  let end = known.length;
  while (end > start && end + shift > start && known.charCodeAt(end - 1) === plain.charCodeAt(end + shift - 1)) end--;
  const change = { known, plain, start, end, shift };
  const changed = yield* changedWithin(change, root, null, MOST_LEVELS);
  return changed ? { roots: [changed], refusal: null, hasAnchors: false } : yield* changedToTheEnd(change, root);
}

/** The entry in which a change begins, and what stands before it in its line. */
function entryBefore({ known, start }: Change, { pairs }: Mapping): { readonly index: number; readonly from: number } | null {
  for (let index = pairs.length - 1; index >= 0; index--) {
    const key = pairs[index]?.key;
    const from = key && key.start < start ? lineOf(known, key) : null;
    if (from !== null) return { index, from };
  }
  return null;
}

/** Where the line begins that a node is the first of; null where it is not. */
function lineOf(text: string, { start }: Node): number | null {
  const line = start === 0 ? 0 : text.lastIndexOf('\n', start - 1) + 1;
  return text.slice(line, start).trim() === '' ? line : null;
}

/**
 * A mapping with a change of some of its entries; null where it is more than that.
 * @param limit where the line begins that follows the mapping; null at the end of the text, of which only reading tells what ends there.
 */
function* changedWithin(change: Change, map: Mapping, limit: number | null, levels: number): Generator<void, Mapping | null> {
  const { known, plain, end, shift } = change;
  const entry = entryBefore(change, map);
  if (!entry) return null;
  const { index, from } = entry;
  const next = map.pairs.findIndex(({ key }, at) => at > index && key.start > end && (lineOf(known, key) ?? 0) > end);
  const following = map.pairs[next];
  const until = following ? lineOf(known, following.key) : limit;
  if (until === null || until <= end) return null;
  const pair = map.pairs[index];
  const isOfOne = following ? next === index + 1 : index === map.pairs.length - 1;
  const inner =
    pair && isOfOne && levels > 0 && pair.value.kind === 'mapping' && !pair.value.isFlow
      ? yield* changedWithin(change, pair.value, until, levels - 1)
      : null;
  const column = (pair?.key.start ?? 0) - from;
  const changed = inner && pair ? [{ key: pair.key, value: inner }] : yield* entriesOf(plain.slice(from, until + shift), column, from);
  if (!changed) return null;
  const pairs = [...map.pairs.slice(0, index), ...changed];
  if (following) for (const later of map.pairs.slice(next)) pairs.push(movedPair(later, shift));
  yield;
  return { ...map, pairs, end: pairs.at(-1)?.value.end ?? map.end };
}

/** The entries of a mapping that a text in lines holds and ends with; null where it holds anything else. */
function* entriesOf(text: string, column: number, offset: number): Generator<void, readonly Pair[] | null> {
  const { roots, refusal, hasAnchors } = yield* readPlainSteps(text + ' '.repeat(column) + ANY_KEY);
  const [root] = roots;
  if (refusal || hasAnchors || root?.kind !== 'mapping' || root.isFlow || root.start !== column) return null;
  const isWhole = root.pairs.at(-1)?.key.start === text.length + column;
  return isWhole ? root.pairs.slice(0, -1).map((pair) => movedPair(pair, offset)) : null;
}

/** A text of which the beginning is known, and the mistake in it. */
function* changedToTheEnd(change: Change, map: Mapping): Generator<void, YamlText | null> {
  const entry = entryBefore(change, map);
  if (!entry || entry.index === 0) return null;
  const { index, from } = entry;
  const read = yield* readPlainSteps(change.plain.slice(from));
  const [root, ...others] = read.roots.map((node) => moved(node, from));
  const column = (map.pairs[index]?.key.start ?? 0) - from;
  if (read.hasAnchors || root?.kind !== 'mapping' || root.isFlow || root.start !== from + column || root.pairs.length === 0) return null;
  const before = map.pairs.slice(0, index);
  // Of a mapping that is refused in its first entry, nothing has ended.
  const end = root.end > root.start ? root.end : (before.at(-1)?.value.end ?? root.end);
  const whole = { ...map, pairs: [...before, ...root.pairs], end };
  return { roots: [whole, ...others], refusal: read.refusal && movedRefusal(read.refusal, from), hasAnchors: false };
}

function movedRefusal({ range, since, ...refusal }: Refusal, by: number): Refusal {
  return { ...refusal, range: { start: range.start + by, end: range.end + by }, since: since === null ? null : since + by };
}

function movedPair({ key, value }: Pair, by: number): Pair {
  return { key: moved(key, by), value: moved(value, by) };
}

/** A node without aliases in it, at another place. */
function moved<N extends Node>(node: N, by: number): N;
function moved(node: Node, by: number): Node {
  if (by === 0) return node;
  const { start, end, tag } = node;
  const place = {
    start: start + by,
    end: end + by,
    tag: tag && { name: tag.name, range: { start: tag.range.start + by, end: tag.range.end + by } },
  };
  if (node.kind === 'mapping') return { ...node, ...place, pairs: node.pairs.map((pair) => movedPair(pair, by)) };
  if (node.kind === 'sequence') return { ...node, ...place, items: node.items.map((item) => moved(item, by)) };
  return { ...node, ...place };
}
