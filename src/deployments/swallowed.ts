/**
 * Keys that ended up in a comment: `max-num-seqs: 8 # 最大并发数 max-model-len: 4096` is one key to YAML. Only an entry at the very end
 * of a comment behind a value counts, with the full name of an argument that the file does not give elsewhere.
 */
import { resolveArgumentName } from '../vllm/argumentTable';
import type { DeploymentArgument, DeploymentProblem } from './deployment';
import { plainScalarValue, valueFor } from './values';

const ENTRY_AT_END = /(?:^|[^\w.:/-])([a-z][a-z0-9]*(?:[-_][a-z0-9]+)+):[ \t]+([\w./-]+)[ \t]*$/i;
const COMMENT_BEHIND = /^[ \t]+#([^\r\n]*)/;

/** Longer comments are prose, and would cost time to search. */
const LONGEST = 300;

/** The argument named by an entry in a comment, when it takes such a value; null otherwise. */
function entryIn(comment: string, version: string): { readonly name: string; readonly value: string; readonly at: number } | null {
  const match = comment.length > LONGEST ? null : ENTRY_AT_END.exec(comment);
  const [, key = '', value = ''] = match ?? [];
  const resolved = resolveArgumentName(key, version);
  if (!match || resolved.kind !== 'known' || resolved.negated) return null;
  const { type, choices } = resolved.argument;
  const taken = valueFor(resolved.argument, plainScalarValue(value));
  const fits =
    type === 'boolean' || type === 'flag'
      ? typeof taken === 'boolean'
      : type === 'integer' || type === 'number'
        ? typeof taken === 'number'
        : choices !== null && choices.includes(value);
  return fits ? { name: resolved.argument.name, value, at: match.index + match[0].indexOf(key) } : null;
}

/** Every key of a file that a comment swallowed. */
export function swallowedKeys(text: string, args: readonly DeploymentArgument[], version: string): readonly DeploymentProblem[] {
  const given = new Set(args.map(({ name }) => name));
  return args.flatMap(({ range }): DeploymentProblem[] => {
    const comment = COMMENT_BEHIND.exec(text.slice(range.end));
    const body = comment?.[1] ?? '';
    const entry = entryIn(body, version);
    if (!comment || !entry || given.has(entry.name)) return [];
    const start = range.end + comment[0].length - body.length + entry.at;
    return [
      {
        kind: 'swallowed',
        message: `${entry.name} stands in a comment, so vLLM does not see it.`,
        range: { start, end: range.end + comment[0].trimEnd().length },
        edits: { [entry.name]: plainScalarValue(entry.value) },
      },
    ];
  });
}
