/** Completion in a flat vLLM file: keys, values, and the fields of arguments that hold JSON. */
import type { Deployment, TextRange } from '../deployments/deployment';
import { prefersUnderscores } from '../deployments/edits';
import { lineStart } from '../deployments/lines';
import { ARGUMENTS, availabilityIn, defaultOf, findArgument, isOnByDefault, resolveArgumentName } from '../vllm/argumentTable';
import type { Argument, ArgumentField, ArgumentType } from '../vllm/argumentTable';
import type { ArgumentValue } from '../vllm/arguments';
import type { StartupReport } from '../vllm/startup/report';
import { defaultText, proposedFieldValues, proposedValues } from './completionValues';
import type { ProposedValue } from './completionValues';
import { effectOf } from './effects';
import type { Simulate } from './plan';

export interface CompletionItem {
  readonly kind: 'key' | 'field' | 'value' | 'model';
  readonly label: string;
  /** What replaces `range`. */
  readonly insertText: string;
  readonly range: TextRange;
  /** Type and default, or what a value is. */
  readonly detail: string;
  /** What it means, one line; empty for values. */
  readonly documentation: string;
  /** What it would do here; null when nothing or not known. */
  readonly effect: string | null;
  /** Orders the list. */
  readonly sortText: string;
}

export interface CompletionQuestion {
  readonly text: string;
  /** UTF-16 offset of the cursor. */
  readonly offset: number;
  readonly deployment: Deployment;
  /** The present start-up; null when the model is unknown. */
  readonly report: StartupReport | null;
  readonly version: string;
  readonly simulate: Simulate;
  /** Ids of models that begin like what is typed. */
  readonly modelIds: (typed: string) => readonly string[];
}

/** Where the cursor stands. */
type Place =
  | { readonly kind: 'key'; readonly range: TextRange; readonly hasColon: boolean }
  | { readonly kind: 'value'; readonly key: string; readonly range: TextRange }
  | { readonly kind: 'field'; readonly key: string; readonly range: TextRange; readonly hasColon: boolean }
  | { readonly kind: 'field-value'; readonly key: string; readonly field: string; readonly range: TextRange };

const KEY_LINE = /^([\w.-]+)([ \t]*:)(?:[ \t]+|$)/;

function lineAt(text: string, offset: number): { readonly start: number; readonly content: string } {
  const start = lineStart(text, offset);
  const length = /[\r\n]/.exec(text.slice(start))?.index ?? text.length - start;
  return { start, content: text.slice(start, start + length) };
}

/** The top-level key under which an indented line stands, when its value is a mapping; null otherwise. */
function parentKey(text: string, start: number): string | null {
  const above = text.slice(0, start).split(/\r\n|\n|\r/);
  for (const line of above.reverse()) {
    if (line.trim() === '' || /^[ \t]*#/.test(line) || /^[ \t]/.test(line)) continue;
    const match = KEY_LINE.exec(line);
    // A value on the line itself, or a block of text, has no fields below it.
    return match && /^(?:#.*)?$/.test(line.slice(match[0].length).trim()) ? (match[1] ?? null) : null;
  }
  return null;
}

/** The value's text from behind the colon to a comment or the end of the line. */
function valueRange(content: string, from: number, start: number): TextRange {
  const rest = content.slice(from);
  const comment = /(?:^|[ \t])#/.exec(rest);
  const value = (comment ? rest.slice(0, comment.index) : rest).trimEnd();
  return { start: start + from, end: start + from + value.length };
}

function placeOf(text: string, offset: number): Place | null {
  const { start, content } = lineAt(text, offset);
  const column = offset - start;
  const before = content.slice(0, column);
  if (/(?:^|[ \t])#/.test(before) || before.startsWith('---')) return null;
  const indent = /^[ \t]*/.exec(content)?.[0].length ?? 0;
  const parent = indent > 0 || (before.trim() === '' && column > 0) ? parentKey(text, start) : null;
  if ((indent > 0 || column > indent) && before.trim() === '' && column > 0 && parent === null) return null;
  const isNested = parent !== null;
  if (indent > 0 && !isNested) return null;
  const own = content.slice(indent);
  const match = KEY_LINE.exec(own);
  const colonEnd = match ? indent + (match[1] ?? '').length + (match[2] ?? '').length : -1;
  if (match && column >= colonEnd) {
    if (column === colonEnd) return null;
    const range = valueRange(content, indent + match[0].length, start);
    // Quoted text and lists are written by hand.
    if (/^["'[{|>&*]/.test(text.slice(range.start, range.end))) return null;
    const key = match[1] ?? '';
    return isNested ? { kind: 'field-value', key: parent, field: key, range } : { kind: 'value', key, range };
  }
  if (!/^[\w.-]*$/.test(before.trim()) || own.startsWith('-')) return null;
  const word = /^[\w.-]*/.exec(content.slice(indent === 0 ? 0 : Math.min(indent, column)))?.[0] ?? '';
  const wordStart = start + (indent === 0 ? 0 : Math.min(indent, column));
  const range = { start: wordStart, end: wordStart + word.length };
  const hasColon = /^[ \t]*:/.test(text.slice(range.end));
  return isNested ? { kind: 'field', key: parent, range, hasColon } : { kind: 'key', range, hasColon };
}

const TYPE_NAMES: Readonly<Record<ArgumentType, string>> = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: 'true or false',
  flag: 'true',
  json: 'mapping',
  strings: 'list',
  integers: 'list of numbers',
};

/** The keys people reach for first, by how often published files have them. */
const FIRST: readonly string[] = [
  'model',
  'max-model-len',
  'gpu-memory-utilization',
  'tensor-parallel-size',
  'dtype',
  'max-num-seqs',
  'max-num-batched-tokens',
  'quantization',
  'kv-cache-dtype',
  'enforce-eager',
  'enable-prefix-caching',
  'port',
  'host',
  'served-model-name',
  'trust-remote-code',
  'pipeline-parallel-size',
  'cpu-offload-gb',
  'speculative-config',
];

/** A change of each key whose effect tells what the key is for. */
const TYPICAL: Readonly<Record<string, ArgumentValue>> = {
  'kv-cache-dtype': 'fp8',
  'enforce-eager': true,
  quantization: 'fp8',
  'language-model-only': true,
  'disable-hybrid-kv-cache-manager': true,
  'tensor-parallel-size': 2,
  'cpu-offload-gb': 4,
  'max-num-seqs': 64,
  'enable-lora': true,
};

function rankOf(argument: Argument): string {
  const first = FIRST.indexOf(argument.name);
  if (first >= 0) return `0${String(first).padStart(2, '0')}`;
  return argument.memory.length > 0 ? '1' : '2';
}

function typicalEffect({ report, simulate }: CompletionQuestion, argument: Argument): string | null {
  const value = TYPICAL[argument.name];
  if (value === undefined || !report) return null;
  const effect = effectOf(report, argument.name, value, simulate);
  return effect === null ? null : `${String(value)}: ${effect}`;
}

function detailOf(argument: Argument, version: string): string {
  const parts = [TYPE_NAMES[argument.type], defaultText(argument, defaultOf(argument, version), version)];
  return parts.filter((part) => part !== '').join(', ');
}

/** `name` as the file spells names. */
function spelled(name: string, underscores: boolean): string {
  return underscores ? name.replaceAll('-', '_') : name;
}

function keyItems(question: CompletionQuestion, { range, hasColon }: Place & { kind: 'key' }): readonly CompletionItem[] {
  const { deployment, version, text } = question;
  const typed = text.slice(range.start, range.end);
  const underscores = typed.includes('_') || (!typed.includes('-') && prefersUnderscores(deployment));
  const others = deployment.arguments.filter(({ keyRange }) => keyRange.start !== range.start);
  const present = new Set(
    others.map(({ written }) => {
      const resolved = resolveArgumentName(written, version);
      return resolved.kind === 'known' || resolved.kind === 'prefix' ? resolved.argument.name : written;
    }),
  );
  const offered = ARGUMENTS.filter((argument) => argument.removal === null && argument.name !== 'config').filter(
    (argument) => availabilityIn(argument, version) !== 'absent' && !present.has(argument.name),
  );
  return offered.flatMap((argument) => {
    const one = (name: string, isNegated: boolean): CompletionItem => {
      const label = spelled(name, underscores);
      const takesTrue = isNegated || argument.type === 'flag';
      return {
        kind: 'key',
        label,
        insertText: hasColon ? label : `${label}: ${takesTrue ? 'true' : ''}`,
        range,
        detail: detailOf(argument, version),
        documentation: isNegated ? `Turns off: ${argument.meaning}` : argument.meaning,
        effect: isNegated ? null : typicalEffect(question, argument),
        sortText: `${rankOf(argument)}${isNegated ? 'b' : 'a'}${name}`,
      };
    };
    const isOffWorthwhile = argument.type === 'boolean' && (isOnByDefault(argument, version) || /^no[-_]/.test(typed));
    return [one(argument.name, false), ...(isOffWorthwhile ? [one(`no-${argument.name}`, true)] : [])];
  });
}

function valueItems(proposals: readonly ProposedValue[], range: TextRange, kind: 'value' | 'model'): readonly CompletionItem[] {
  return proposals.map(({ text, detail, effect }, index) => ({
    kind,
    label: text,
    insertText: text,
    range,
    detail,
    documentation: '',
    effect,
    sortText: String(index).padStart(4, '0'),
  }));
}

function argumentOf(key: string, version: string): Argument | null {
  const resolved = resolveArgumentName(key, version);
  return resolved.kind === 'known' || resolved.kind === 'prefix' ? resolved.argument : null;
}

function fieldDetail(field: ArgumentField): string {
  const { default: value } = field;
  const shown = value === undefined || value === null || typeof value === 'object' ? '' : `, default ${String(value)}`;
  return TYPE_NAMES[field.type] + shown;
}

function fieldItems(question: CompletionQuestion, place: Place & { kind: 'field' }): readonly CompletionItem[] {
  const argument = argumentOf(place.key, question.version);
  if (!argument) return [];
  const current = question.deployment.arguments.find(({ name, effective }) => name === argument.name && effective)?.value;
  const typed = question.text.slice(place.range.start, place.range.end);
  const present = typeof current === 'object' && current !== null && !Array.isArray(current) ? Object.keys(current) : [];
  return argument.fields
    .filter(({ name }) => name === typed || !present.includes(name))
    .map((field, index) => ({
      kind: 'field',
      label: field.name,
      insertText: place.hasColon ? field.name : `${field.name}: `,
      range: place.range,
      detail: fieldDetail(field),
      documentation: field.meaning ?? '',
      effect: null,
      sortText: String(index).padStart(3, '0'),
    }));
}

/** What fits at the cursor; nothing in comments, quoted text, lists and text blocks. */
export function complete(question: CompletionQuestion): readonly CompletionItem[] {
  const { text, offset, version, report, simulate, modelIds } = question;
  const place = placeOf(text, offset);
  if (!place) return [];
  if (place.kind === 'key') return keyItems(question, place);
  if (place.kind === 'field') return fieldItems(question, place);
  const argument = argumentOf(place.key, version) ?? findArgument(place.key);
  if (!argument) return [];
  const typed = text.slice(place.range.start, Math.max(place.range.start, Math.min(offset, place.range.end)));
  const values = { argument, report, version, simulate, modelIds, typed };
  if (place.kind === 'value') {
    if (/^no[-_]/.test(place.key) && argument.type === 'boolean')
      return valueItems([{ text: 'true', detail: '', effect: null }], place.range, 'value');
    return valueItems(proposedValues(values), place.range, argument.name === 'model' ? 'model' : 'value');
  }
  const field = argument.fields.find(({ name }) => name === place.field);
  return field ? valueItems(proposedFieldValues(argument, field, values), place.range, field.name === 'model' ? 'model' : 'value') : [];
}
