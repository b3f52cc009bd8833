/**
 * Entries of a mapping without the space behind their colon: to YAML `{method:ngram}` holds one key, `method:ngram`, and nothing as its value
 * (plain scalars end at `: `, not at `:`; the same in PyYAML's `scan_plain`).
 */
import type { DeploymentProblem } from './deployment';
import type { TextEdit } from './edits';
import { isEmpty, type Node, type Pair } from './yaml/nodes';

/** A name, a colon, and what is meant as the value: quotes and brackets behind the colon begin a value of their own. */
const JOINED = /^([\w.-]+):([^\s:].*)$/s;
/** Nodes looked at between two pauses: a millisecond's worth. */
const STEP = 5000;
/** A mapping that is written like that throughout need not be told entry by entry to the end. */
const MOST_TOLD = 20;
/** Longest key that a message quotes, in characters. */
const LONGEST_QUOTED = 60;

/** Every such entry in the value of an argument, at any depth. Aliases are not followed: what they stand for is looked at in its own place. */
export function* joinedPairs(value: Node, text: string, offset: number): Generator<void, readonly DeploymentProblem[]> {
  const found: DeploymentProblem[] = [];
  const waiting: Node[] = [value];
  for (let seen = 1; found.length < MOST_TOLD; seen++) {
    const node = waiting.pop();
    if (!node) break;
    if (seen % STEP === 0) yield;
    // The next to be taken is the last, so that the entries are told in the order of the file.
    if (node.kind === 'sequence') waiting.push(...[...node.items].reverse());
    if (node.kind !== 'mapping') continue;
    for (const pair of node.pairs) found.push(...joinedPair(pair, text, offset));
    waiting.push(...node.pairs.map((pair) => pair.value).reverse());
  }
  return found.slice(0, MOST_TOLD);
}

function joinedPair({ key, value }: Pair, text: string, offset: number): readonly DeploymentProblem[] {
  const match = key.kind === 'scalar' && isEmpty(value) ? JOINED.exec(key.value) : null;
  const [written, name = '', meant = ''] = match ?? [];
  if (key.kind !== 'scalar' || written === undefined) return [];
  const quoted = written.length > LONGEST_QUOTED ? `${written.slice(0, LONGEST_QUOTED)}…` : written;
  const start = key.start + offset;
  const end = key.end + offset;
  const colon = start + name.length + 1;
  const split: TextEdit =
    key.style === 'plain'
      ? { start: colon, end: colon, text: ' ' }
      : { start, end, text: `${JSON.stringify(name)}: ${JSON.stringify(meant)}` };
  // `method:ngram:` has a second colon, which would make a mapping of the value.
  const second = /^[ \t]*:/.exec(text.slice(key.end));
  const replace = second ? [split, { start: end, end: end + second[0].length, text: '' }] : [split];
  return [
    {
      kind: 'joined',
      message: `A space is missing after the colon: to YAML ${quoted} is one key without a value, and vLLM gets ${JSON.stringify({ [quoted]: null })}.`,
      range: { start, end },
      repair: { title: 'Put a space after the colon', replace },
    },
  ];
}
