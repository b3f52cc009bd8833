/** Changes inside a mapping that leave its other fields, their order and their comments as they are. */
import { isMap, isScalar, parseDocument } from 'yaml';
import type { Node, Pair, YAMLMap } from 'yaml';
import type { ArgumentValue } from '../vllm/arguments';
import type { TextRange } from './deployment';
import type { TextEdit } from './edits';

type Fields = { readonly [key: string]: ArgumentValue };

/** A mapping in the file, parsed alone, with the offset that leads back. */
interface Mapping {
  readonly map: YAMLMap;
  readonly offset: number;
  readonly column: number;
}

function lineStart(text: string, offset: number): number {
  return Math.max(text.lastIndexOf('\n', offset - 1), text.lastIndexOf('\r', offset - 1)) + 1;
}

function mappingAt(text: string, { start, end }: TextRange): Mapping | null {
  const column = start - lineStart(text, start);
  const document = parseDocument(' '.repeat(column) + text.slice(start, end), {
    schema: 'failsafe',
    uniqueKeys: false,
    logLevel: 'silent',
    prettyErrors: false,
  });
  const { contents, errors } = document;
  return isMap(contents) && errors.length === 0 ? { map: contents, offset: start - column, column } : null;
}

function rangeOf(node: unknown, offset: number): TextRange | null {
  const range = (node as Node | null)?.range;
  return range ? { start: range[0] + offset, end: range[1] + offset } : null;
}

function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return (map.items as readonly Pair[]).find((pair) => isScalar(pair.key) && pair.key.value === key);
}

/** The whole lines of a field of a block mapping. */
function linesOf(text: string, pair: Pair, offset: number): TextRange | null {
  const key = rangeOf(pair.key, offset);
  const value = rangeOf(pair.value, offset);
  if (!key) return null;
  const last = Math.max(key.end, value?.end ?? 0);
  const rest = /[^\r\n]*(?:\r\n|\n|\r)?/.exec(text.slice(last))?.[0].length ?? 0;
  const start = lineStart(text, key.start);
  return /^[ \t]*$/.test(text.slice(start, key.start)) ? { start, end: last + rest } : null;
}

function addition(text: string, { map, offset, column }: Mapping, entries: readonly string[]): TextEdit | null {
  const last = (map.items as readonly Pair[]).at(-1);
  const end = Math.max(rangeOf(last?.key, offset)?.end ?? 0, rangeOf(last?.value, offset)?.end ?? 0);
  if (end === 0) return null;
  if (map.flow) return { start: end, end, text: entries.map((entry) => `, ${entry}`).join('') };
  const line = /[\r\n]/.exec(text.slice(end));
  const at = line ? end + line.index : text.length;
  const eol = /\r\n|\n|\r/.exec(text)?.[0] ?? '\n';
  return { start: at, end: at, text: entries.map((entry) => eol + ' '.repeat(column) + entry).join('') };
}

/**
 * The edits that turn the mapping at `range` from one set of fields into another; null when it is no mapping, or a change is not
 * that simple. `inYaml` writes a value on one line.
 */
export function nestedEdits(
  text: string,
  range: TextRange,
  from: Fields,
  to: Fields,
  inYaml: (value: ArgumentValue) => string,
): readonly TextEdit[] | null {
  const mapping = mappingAt(text, range);
  if (!mapping) return null;
  const { map, offset } = mapping;
  const edits: TextEdit[] = [];
  const added: string[] = [];
  for (const [key, value] of Object.entries(to)) {
    const pair = pairOf(map, key);
    if (!pair) {
      added.push(`${map.flow ? JSON.stringify(key) : key}: ${inYaml(value)}`);
      continue;
    }
    if (JSON.stringify(from[key]) === JSON.stringify(value)) continue;
    const place = isScalar(pair.value) ? rangeOf(pair.value, offset) : null;
    if (!place || place.end <= place.start) return null;
    edits.push({ ...place, text: inYaml(value) });
  }
  for (const key of Object.keys(from).filter((name) => !(name in to))) {
    const pair = pairOf(map, key);
    const lines = pair && !map.flow && map.items.length > 1 ? linesOf(text, pair, offset) : null;
    // The first field of a mapping may share its line with the key above it.
    if (!lines || lines.start < lineStart(text, range.start)) return null;
    edits.push({ ...lines, text: '' });
  }
  if (added.length > 0) {
    const more = addition(text, mapping, added);
    if (!more) return null;
    edits.push(more);
  }
  return edits;
}
