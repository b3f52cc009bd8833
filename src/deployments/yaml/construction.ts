/** What PyYAML 6.0's safe constructor refuses of nodes that it could read (`constructor.py`). */
import { plainScalarKind } from '../values';
import { meant, type Mapping, type Node, type Scalar, type Sequence } from './nodes';
import type { Refusal, RefusalCode } from './refusal';

const YAML_TAG = 'tag:yaml.org,2002:';
/** Kinds of values that the safe constructor makes, by what they are made of. */
const SCALAR_KINDS: ReadonlySet<string> = new Set(['null', 'bool', 'int', 'float', 'binary', 'timestamp', 'str']);
const SEQUENCE_KINDS: ReadonlySet<string> = new Set(['seq', 'omap', 'pairs']);
const MAPPING_KINDS: ReadonlySet<string> = new Set(['map', 'set']);

/** Nodes looked at between two pauses. */
const STEP = 400;

/** Every place that the constructor would refuse, in the order of the text. */
export function* constructionRefusals(root: Node): Generator<void, readonly Refusal[]> {
  const found: Refusal[] = [];
  const waiting: { readonly node: Node; readonly isKey: boolean }[] = [{ node: root, isKey: false }];
  for (let seen = 1; ; seen++) {
    const next = waiting.pop();
    if (!next) break;
    const { node, isKey } = next;
    if (node.kind !== 'alias') found.push(...ofNode(node, isKey));
    if (node.kind === 'sequence') for (const item of [...node.items].reverse()) waiting.push({ node: item, isKey: false });
    if (node.kind === 'mapping') {
      for (const { key, value } of [...node.pairs].reverse()) waiting.push({ node: value, isKey: false }, { node: key, isKey: true });
      for (const { key, value } of node.pairs) found.push(...(isMergeKey(key) ? ofMerge(value) : ofKey(key)));
    }
    if (seen % STEP === 0) yield;
  }
  return found.sort((a, b) => a.range.start - b.range.start);
}

/** `<<` as a key, without quotes: what it stands before is merged in. */
export function isMergeKey(node: Node): boolean {
  return kindOf(node) === 'merge';
}

/** What a node is constructed as: of YAML's own kinds the name alone (`int`), of others the whole tag. */
function kindOf(node: Node): string {
  const { kind, tag } = meant(node);
  if (tag !== null && tag.name !== '!') return tag.name.startsWith(YAML_TAG) ? tag.name.slice(YAML_TAG.length) : tag.name;
  if (kind === 'sequence') return 'seq';
  if (kind === 'mapping') return 'map';
  return scalarKind(meant(node) as Scalar);
}

function scalarKind({ value, style, tag }: Scalar): string {
  return style === 'plain' || tag?.name === '!' ? plainScalarKind(value) : 'str';
}

function refusal(code: RefusalCode, said: string, node: Node): Refusal {
  const { start, end } = node;
  return { code, said, range: { start, end: Math.max(end, start) }, since: null };
}

function ofNode(node: Scalar | Sequence | Mapping, isKey: boolean): readonly Refusal[] {
  const kind = kindOf(node);
  // As keys, `<<` merges and `=` is text.
  if (isKey && (kind === 'merge' || kind === 'value')) return [];
  const isKnown = SCALAR_KINDS.has(kind) || SEQUENCE_KINDS.has(kind) || MAPPING_KINDS.has(kind);
  if (!isKnown) {
    const whole = node.tag === null || node.tag.name === '!' ? YAML_TAG + kind : node.tag.name;
    const said = `could not determine a constructor for the tag '${whole}'`;
    return [{ code: 'unknown-tag', said, range: node.tag?.range ?? { start: node.start, end: node.end }, since: null }];
  }
  const wanted = SCALAR_KINDS.has(kind) ? 'scalar' : SEQUENCE_KINDS.has(kind) ? 'sequence' : 'mapping';
  const isOrdered = kind === 'omap' || kind === 'pairs';
  if (node.kind !== wanted) return [refusal('tag-kind', `expected a ${wanted}${isOrdered ? '' : ' node'}, but found ${node.kind}`, node)];
  if (node.kind === 'scalar') return isValue(kind, node.value) ? [] : [refusal('tag-value', `'${node.value}' is no ${kind}`, node)];
  if (node.kind === 'sequence' && isOrdered) return node.items.flatMap(ofOrderedPair);
  return [];
}

/** An entry of `!!omap` and `!!pairs`. */
function ofOrderedPair(item: Node): readonly Refusal[] {
  const node = meant(item);
  if (node.kind !== 'mapping') return [refusal('tag-kind', `expected a mapping of length 1, but found ${node.kind}`, item)];
  const { length } = node.pairs;
  return length === 1 ? [] : [refusal('tag-kind', `expected a single mapping item, but found ${length} items`, item)];
}

function ofMerge(value: Node): readonly Refusal[] {
  const node = meant(value);
  if (node.kind === 'mapping') return [];
  const items = node.kind === 'sequence' ? node.items : [value];
  const wanted = node.kind === 'sequence' ? 'a mapping for merging' : 'a mapping or list of mappings for merging';
  return items
    .filter((item) => meant(item).kind !== 'mapping')
    .map((item) => refusal('merge', `expected ${wanted}, but found ${meant(item).kind}`, value.kind === 'alias' ? value : item));
}

function ofKey(key: Node): readonly Refusal[] {
  return meant(key).kind === 'scalar' ? [] : [refusal('key-kind', 'found unhashable key', key)];
}

const INTEGER = /^[-+]?(?:0b[01]+|0x[0-9a-f]+|0[0-7]*|[1-9][0-9]*|[0-9]+(?::[0-9]+)+)$/i;
const FLOAT = /^[-+]?(?:\.inf|\.nan|inf|infinity|nan|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?|[0-9.]+(?::[0-9.]+)+)$/i;
const TIMESTAMP = /^(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.\d*)?(?:[ \t]*(?:Z|[-+](\d\d?)(?::(\d\d))?))?)?$/;

/** Whether Python makes a value of the text; what is not written without quotes need not have been recognised as one. */
function isValue(kind: string, value: string): boolean {
  const digits = value.replaceAll('_', '');
  switch (kind) {
    case 'int':
      return INTEGER.test(digits);
    case 'float':
      return FLOAT.test(digits);
    case 'bool':
      return /^(?:yes|no|true|false|on|off)$/i.test(value);
    case 'timestamp':
      return isTimestamp(value);
    case 'binary':
      return isBase64(value);
    default:
      return true;
  }
}

function isTimestamp(value: string): boolean {
  const match = TIMESTAMP.exec(value);
  if (!match) return false;
  const numbers = match.slice(1).map((part: string | undefined) => Number(part ?? 0));
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, zoneHours = 0, zoneMinutes = 0] = numbers;
  const daysOfMonth = new Date(Date.UTC(2000, month, 0)).getUTCDate();
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = month === 2 && !isLeap ? 28 : daysOfMonth;
  const isDate = year > 0 && month >= 1 && month <= 12 && day >= 1 && day <= days;
  return isDate && hour < 24 && minute < 60 && second < 60 && zoneHours * 60 + zoneMinutes < 24 * 60;
}

/** Python skips what is none of the alphabet, and refuses padding that does not add up. */
function isBase64(value: string): boolean {
  if (!/^[\0-\x7f]*$/.test(value)) return false;
  const digits = value.replace(/[^A-Za-z0-9+/=]/g, '');
  const [data = ''] = digits.split('=');
  const padding = digits.length - data.length;
  return data.length % 4 === 0 || (data.length % 4 > 1 && padding >= 4 - (data.length % 4));
}
