/**
 * Changes to a vLLM file that touch nothing but what they change: comments, order, quotes, line ends and every other byte stay.
 * All offsets are UTF-16 units of the text the deployment was read from.
 */
import { findArgument } from '../vllm/argumentTable';
import type { ArgumentValue } from '../vllm/arguments';
import type { Deployment, DeploymentArgument, TextRange } from './deployment';
import { lineStart } from './lines';
import { nestedEdits } from './nestedEdits';
import { isPlainSafe } from './values';

/** Replace `start` to `end` (exclusive) by `text`. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The changes of one fix, by canonical argument name. */
export interface Changes {
  readonly edits?: Readonly<Record<string, ArgumentValue>>;
  readonly remove?: readonly string[];
  /** Written name -> new canonical name; the value stays. */
  readonly rename?: Readonly<Record<string, string>>;
  /** Key offsets of single arguments to take out. */
  readonly removeAt?: readonly number[];
  /** Characters to replace, whatever they stand for. */
  readonly replace?: readonly TextEdit[];
}

/** The text after edits that do not overlap. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  return [...edits]
    .sort((a, b) => b.start - a.start || b.end - a.end)
    .reduce((current, edit) => current.slice(0, edit.start) + edit.text + current.slice(edit.end), text);
}

/** The file's line end: that of its first line, otherwise `\n`. */
function lineEndOf(text: string): string {
  return /\r\n|\n|\r/.exec(text)?.[0] ?? '\n';
}

/** Whether the file joins words by `_` more often than by `-`. */
export function prefersUnderscores(deployment: Deployment): boolean {
  const joined = deployment.arguments.filter(({ written, known }) => known && /[-_]/.test(written));
  return joined.filter(({ written }) => written.includes('_')).length * 2 > joined.length;
}

/** `name` in the spelling of the file. */
function spelled(name: string, underscores: boolean): string {
  return underscores ? name.replaceAll('-', '_') : name;
}

function quoted(text: string, quote: '"' | "'"): string {
  return quote === '"' ? JSON.stringify(text) : `'${text.replaceAll("'", "''")}'`;
}

/** A value as one line of YAML: numbers and words bare where they read the same, everything else quoted or as JSON. */
function written(value: ArgumentValue, quote: '"' | "'" | null): string {
  if (typeof value === 'string') {
    const oneLine = !/[\p{Cc}\ufeff]/u.test(value);
    if (quote) return quoted(value, oneLine ? quote : '"');
    if (isPlainSafe(value)) return value;
    // JSON text reads best in single quotes.
    return quoted(value, oneLine && value.includes('"') && !value.includes("'") ? "'" : '"');
  }
  if (value === null || typeof value === 'object') return JSON.stringify(value);
  return quote && typeof value === 'number' ? quoted(String(value), quote) : String(value);
}

/** The quotes around a value as it stands, or null. */
function quotesOf(current: string): '"' | "'" | null {
  const first = current[0];
  return (first === '"' || first === "'") && current.length > 1 && current.endsWith(first) ? first : null;
}

/** End of the line of `offset`, without its line end. */
function lineEnd(text: string, offset: number): number {
  const rest = /[\r\n]/.exec(text.slice(offset));
  return rest ? offset + rest.index : text.length;
}

function lineBreakLength(text: string, offset: number): number {
  return /^(?:\r\n|\n|\r)/.exec(text.slice(offset, offset + 2))?.[0].length ?? 0;
}

/** Whether the file's entries stand in one pair of braces. */
function isFlow(text: string, deployment: Deployment): boolean {
  return /[{,][ \t\r\n]*$/.test(text.slice(0, deployment.range.start)) && deployment.arguments.length > 0;
}

/** The argument that takes effect under a name, otherwise the last one written so. */
function findWritten(deployment: Deployment, name: string): DeploymentArgument | undefined {
  const same = deployment.arguments.filter((argument) => argument.name === name);
  return same.find(({ effective }) => effective) ?? same.at(-1);
}

function isFields(value: ArgumentValue | undefined): value is { readonly [key: string]: ArgumentValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function setEdits(text: string, argument: DeploymentArgument, value: ArgumentValue): readonly TextEdit[] {
  const { valueRange, keyRange } = argument;
  if (valueRange) {
    const current = text.slice(valueRange.start, valueRange.end);
    const nested =
      isFields(argument.value) && isFields(value)
        ? nestedEdits(text, valueRange, argument.value, value, (field) => written(field, null))
        : null;
    return nested ?? [{ ...valueRange, text: written(value, quotesOf(current)) }];
  }
  // A value that could not even be found cannot be replaced.
  if (argument.value === undefined) return [];
  const colon = /^[ \t]*:/.exec(text.slice(keyRange.end))?.[0].length ?? 0;
  const at = keyRange.end + colon;
  return [{ start: at, end: at, text: `${colon === 0 ? ':' : ''} ${written(value, null)}` }];
}

/** The argument after which `name` is added: the last of its own group, otherwise the last of all. */
function neighbour(text: string, deployment: Deployment, name: string): DeploymentArgument | undefined {
  const group = findArgument(name.replace(/^no-/, ''))?.group;
  const column = ({ keyRange }: DeploymentArgument): number => keyRange.start - lineStart(text, keyRange.start);
  // Arguments that a merge key brings in stand deeper, in the mapping they come from.
  const margin = isFlow(text, deployment) ? Infinity : Math.min(...deployment.arguments.map(column));
  const inOrder = deployment.arguments.filter((argument) => column(argument) <= margin).sort((a, b) => a.keyRange.start - b.keyRange.start);
  return inOrder.filter((argument) => group !== undefined && findArgument(argument.name)?.group === group).at(-1) ?? inOrder.at(-1);
}

function addEdit(text: string, deployment: Deployment, entries: readonly string[], after: DeploymentArgument | undefined): TextEdit {
  const eol = lineEndOf(text);
  if (!after) {
    const gap = text === '' || /[\r\n]$/.test(text) ? '' : eol;
    return { start: text.length, end: text.length, text: gap + entries.map((entry) => entry + eol).join('') };
  }
  if (isFlow(text, deployment))
    return { start: after.range.end, end: after.range.end, text: entries.map((entry) => `, ${entry}`).join('') };
  const margin = text.slice(lineStart(text, after.keyRange.start), after.keyRange.start);
  const at = lineEnd(text, after.range.end);
  const indent = /^[ \t]*$/.test(margin) ? margin : '';
  return { start: at, end: at, text: entries.map((entry) => eol + indent + entry).join('') };
}

/** The lines of an argument that stands alone on them; only itself where it shares a line with another. */
function removeEdit(text: string, deployment: Deployment, argument: DeploymentArgument): TextEdit {
  const { start, end } = argument.range;
  if (isFlow(text, deployment)) {
    const after = /^[ \t\r\n]*,[ \t]*/.exec(text.slice(end));
    if (after) return { start, end: end + after[0].length, text: '' };
    const before = /,?[ \t\r\n]*$/.exec(text.slice(0, start));
    return { start: start - (before?.[0].length ?? 0), end, text: '' };
  }
  const lines: TextRange = { start: lineStart(text, start), end: lineEnd(text, end) };
  const shared = deployment.arguments.some((other) => other !== argument && other.range.end > lines.start && other.range.start < lines.end);
  if (shared) return { start, end, text: '' };
  return { start: lines.start, end: lines.end + lineBreakLength(text, lines.end), text: '' };
}

function renameEdit(text: string, argument: DeploymentArgument, name: string): TextEdit {
  const current = text.slice(argument.keyRange.start, argument.keyRange.end);
  const joined = spelled(name, argument.written.includes('_') && !argument.written.includes('-'));
  const quote = quotesOf(current);
  return { ...argument.keyRange, text: quote ? quoted(joined, quote) : joined };
}

/** The edits that make `changes` to a file; what they do not concern keeps its bytes. */
export function editsFor(text: string, deployment: Deployment, changes: Changes): readonly TextEdit[] {
  const edits: TextEdit[] = [...(changes.replace ?? [])];
  const added = new Map<DeploymentArgument | undefined, string[]>();
  const underscores = prefersUnderscores(deployment);
  for (const [from, to] of Object.entries(changes.rename ?? {})) {
    const argument = deployment.arguments.find((candidate) => candidate.written === from || candidate.name === from);
    if (argument) edits.push(renameEdit(text, argument, to));
  }
  const removed = deployment.arguments.filter(
    ({ name, written: asWritten, keyRange }) =>
      (changes.remove ?? []).some((key) => key === name || key === asWritten) || (changes.removeAt ?? []).includes(keyRange.start),
  );
  edits.push(...removed.map((argument) => removeEdit(text, deployment, argument)));
  for (const [name, value] of Object.entries(changes.edits ?? {})) {
    const argument = findWritten(deployment, name);
    if (argument) edits.push(...setEdits(text, argument, value));
    else {
      const after = neighbour(text, deployment, name);
      added.set(after, [...(added.get(after) ?? []), `${spelled(name, underscores)}: ${written(value, null)}`]);
    }
  }
  for (const [after, entries] of added) edits.push(addEdit(text, deployment, entries, after));
  return edits;
}
