/** Changes inside a mapping that leave its other fields, their order and their comments as they are. */
import type { ArgumentValue } from '../vllm/arguments';
import type { TextRange } from './deployment';
import type { TextEdit } from './edits';
import { lineStart } from './lines';
import { finish } from './steps';
import { readYamlSteps } from './yaml/composer';
import { meant, type Mapping, type Node, type Pair } from './yaml/nodes';
import { valueRangeOf } from './yamlNodes';

type Fields = { readonly [key: string]: ArgumentValue };

/** A mapping in the file, parsed alone, with the offset that leads back. */
interface Alone {
  readonly map: Mapping;
  /** What was parsed. */
  readonly parsed: string;
  readonly offset: number;
  readonly column: number;
}

function mappingAt(text: string, { start, end }: TextRange): Alone | null {
  const column = start - lineStart(text, start);
  const parsed = ' '.repeat(column) + text.slice(start, end);
  const { roots, refusal } = finish(readYamlSteps(parsed));
  const [map] = roots;
  return map?.kind === 'mapping' && refusal === null ? { map, parsed, offset: start - column, column } : null;
}

function rangeOf(node: Node, { parsed, offset }: Alone): TextRange {
  const range = valueRangeOf(node, parsed) ?? { start: node.start, end: node.start };
  return { start: range.start + offset, end: range.end + offset };
}

function pairOf({ pairs }: Mapping, name: string): Pair | undefined {
  return pairs.find(({ key }) => {
    const written = meant(key);
    return written.kind === 'scalar' && written.value === name;
  });
}

function endOf({ key, value }: Pair, alone: Alone): number {
  return Math.max(rangeOf(key, alone).end, rangeOf(value, alone).end);
}

/** The whole lines of a field of a block mapping. */
function linesOf(text: string, pair: Pair, alone: Alone): TextRange | null {
  const last = endOf(pair, alone);
  const rest = /[^\r\n]*(?:\r\n|\n|\r)?/.exec(text.slice(last))?.[0].length ?? 0;
  const key = rangeOf(pair.key, alone);
  const start = lineStart(text, key.start);
  return /^[ \t]*$/.test(text.slice(start, key.start)) ? { start, end: last + rest } : null;
}

function addition(text: string, alone: Alone, entries: readonly string[]): TextEdit | null {
  const { map, column } = alone;
  const last = map.pairs.at(-1);
  if (!last) return null;
  const end = endOf(last, alone);
  if (map.isFlow) return { start: end, end, text: entries.map((entry) => `, ${entry}`).join('') };
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
  const alone = mappingAt(text, range);
  if (!alone) return null;
  const { map } = alone;
  const edits: TextEdit[] = [];
  const added: string[] = [];
  for (const [key, value] of Object.entries(to)) {
    const pair = pairOf(map, key);
    if (!pair) {
      added.push(`${map.isFlow ? JSON.stringify(key) : key}: ${inYaml(value)}`);
      continue;
    }
    if (JSON.stringify(from[key]) === JSON.stringify(value)) continue;
    const place = pair.value.kind === 'scalar' ? rangeOf(pair.value, alone) : null;
    if (!place || place.end <= place.start) return null;
    edits.push({ ...place, text: inYaml(value) });
  }
  for (const key of Object.keys(from).filter((name) => !(name in to))) {
    const pair = pairOf(map, key);
    const lines = pair && !map.isFlow && map.pairs.length > 1 ? linesOf(text, pair, alone) : null;
    // The first field of a mapping may share its line with the key above it.
    if (!lines || lines.start < lineStart(text, range.start)) return null;
    edits.push({ ...lines, text: '' });
  }
  if (added.length > 0) {
    const more = addition(text, alone, added);
    if (!more) return null;
    edits.push(more);
  }
  return edits;
}
