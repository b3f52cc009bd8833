/** Anchors, aliases, tags and directives, for which PyYAML 6.0 (`scanner.py`) has narrower rules than the `yaml` package. */
import type { CST } from 'yaml';
import type { Tag } from './nodes';
import { refuse, shown } from './refusal';

/** Prefixes of tags by their handles. */
export type Handles = Map<string, string>;

export function defaultHandles(): Handles {
  return new Map([
    ['!', '!'],
    ['!!', 'tag:yaml.org,2002:'],
  ]);
}

/** The name of an anchor or of an alias, which is of these characters alone, so that `[*a, b]` has one meaning. */
export function nameOf({ source, offset }: { readonly source: string; readonly offset: number }, text: string): string {
  const name = /^[\w-]*/.exec(source.slice(1))?.[0] ?? '';
  const at = offset + 1 + name.length;
  if (name === '' || at < offset + source.length)
    refuse('name', `expected alphabetic or numeric character, but found ${shown(text, at)}`, at, at + 1, offset);
  return name;
}

/** A tag in full, or its handle and its rest. */
const TAG = /^(?:!<(?<whole>[^<>]+)>|(?<handle>!(?:[\w-]*!)?)(?<rest>(?:[^%<]|%[\dA-Fa-f]{2})*))$/;

/** @param since where the properties of its node begin. */
export function tagOf({ source, offset }: CST.SourceToken, handles: Handles, text: string, since: number): Tag {
  const end = offset + source.length;
  const { whole, handle = '', rest = '' } = TAG.exec(source)?.groups ?? {};
  const isLone = source === '!';
  if (source === '!<>') refuse('tag', "expected URI, but found '>'", end - 1, end, offset);
  if (/\S/.test(text.charAt(end)) || !(isLone || whole || rest))
    refuse('tag', `expected ${whole || rest ? "' '" : 'URI'}, but found ${shown(text, end)}`, end, end + 1, offset);
  const prefix = whole ? '' : handles.get(handle);
  if (prefix === undefined) refuse('tag', `found undefined tag handle '${handle}'`, offset, end, since);
  return { name: isLone ? '!' : prefix + (whole ?? rest), range: { start: offset, end } };
}

/** How a directive begins: its name, and for `YAML` the digits of its version. */
const DIRECTIVE = [
  [/^%[\w-]/, 'alphabetic or numeric character'],
  [/^%[\w-]+(?=\s|$)/, 'alphabetic or numeric character'],
  [/^%(?:(?!YAML\s)[^]|YAML +\d)/, 'a digit'],
] as const;

/** Reads a line that begins with `%` into the handles; others than these two mean nothing. */
export function readDirective({ source, offset }: CST.Directive, handles: Handles, text: string): void {
  for (const [pattern, expected] of DIRECTIVE) {
    if (pattern.test(source)) continue;
    const at = offset + (/^%(?:YAML +|[\w-]*)/.exec(source)?.[0].length ?? 0);
    refuse('directive', `expected ${expected}, but found ${shown(text, at)}`, at, at + 1, offset);
  }
  const [, name] = /^%([\w-]+)(?!\S)/.exec(source) ?? [];
  const [, handle, prefix] = /^%TAG +(!(?:[\w-]*!)?) +(\S+) *$/.exec(source) ?? [];
  const isRight = name === 'YAML' ? /^%YAML +1\.\d+ *$/.test(source) : name === 'TAG' ? handle !== undefined : name !== undefined;
  if (!isRight) refuse('directive', 'found incompatible YAML document (version 1.* is required)', offset, offset + source.length, offset);
  if (handle !== undefined && prefix !== undefined) handles.set(handle, prefix);
}
