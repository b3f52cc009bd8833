/**
 * What goes wrong between a YAML file and vLLM's argument parser, before any setting is judged: names it does not know, values it
 * cannot read, and keys it drops without a word (vLLM, `vllm/utils/argparse_utils.py`; see docs/rules.md for each).
 */
import { isOnByDefault, nearestArguments, resolveArgumentName } from '../vllm/argumentTable';
import type { Argument, Removal, ResolvedName } from '../vllm/argumentTable';
import type { ArgumentValue } from '../vllm/arguments';
import { toObject } from '../vllm/argumentValues';
import type { Fix } from '../vllm/findings';
import { isRuleIn } from '../vllm/rules/catalogue';
import type { Deployment, DeploymentArgument } from './deployment';
import { removeThis, trapOn } from './trap';
import type { Trap } from './trap';
import { valueTraps } from './valueTraps';

function renameTo(argument: DeploymentArgument, name: string, preferred: boolean): Fix {
  return { title: `Rename to ${name}`, edits: {}, remove: [], rename: { [argument.written]: name }, preferred };
}

function unrecognized(argument: DeploymentArgument): string {
  return `vllm: error: unrecognized arguments: --${argument.written.replaceAll('_', '-')}`;
}

/** True when vLLM never looks at the key: `false` and empty lists are dropped on the way to its parser. */
function isDropped({ value }: DeploymentArgument): boolean {
  return value === false || (Array.isArray(value) && value.length === 0);
}

function replacementFixes(argument: DeploymentArgument, removal: Removal, deployment: Deployment): readonly Fix[] {
  const { replacement } = removal;
  const remove = removeThis(argument, replacement === null);
  if (!replacement) return [remove];
  if ('rename' in replacement) return [renameTo(argument, replacement.rename, true), remove];
  const title = (text: string): string => `Replace ${argument.written} by ${text}`;
  const removeAt = [argument.keyRange.start];
  if ('set' in replacement) {
    const wanted = Object.entries(replacement.set).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
    if (argument.value !== true) return [remove];
    return [{ title: title(wanted.join(', ')), edits: replacement.set, remove: [], removeAt, preferred: true }, remove];
  }
  const [key, field] = replacement.field;
  if (argument.value === undefined || argument.value === null) return [remove];
  const inner: ArgumentValue = typeof argument.value === 'string' ? (toObject(argument.value) ?? argument.value) : argument.value;
  const fields = { ...toObject(deployment.args.get(key)), [field]: inner };
  return [{ title: title(`${key}.${field}`), edits: { [key]: fields }, remove: [], removeAt, preferred: true }, remove];
}

function removedTrap(argument: DeploymentArgument, name: string, removal: Removal, deployment: Deployment, version: string): Trap {
  const dropped = isDropped(argument);
  const code = dropped
    ? 'yaml-unknown-false'
    : name === 'calculate-kv-scales' && isRuleIn('kvdtype-calc-scales', version)
      ? 'kvdtype-calc-scales'
      : 'yaml-removed';
  const gone = `vLLM ${version} no longer has ${name}; ${removal.lastSeen} was the last known to have it.`;
  const note = removal.note === null ? '' : ` ${removal.note}`;
  return trapOn(argument, code, {
    message: `${gone}${note}${dropped ? ' It is ignored without a word because its value is false.' : ''}`,
    vllmMessage: dropped ? null : unrecognized(argument),
    fixes: dropped ? [removeThis(argument, true)] : replacementFixes(argument, removal, deployment),
  });
}

/** Unknown keys for which others are proposed: a file with more is hardly about vLLM, and each costs a search. */
const PROPOSED_FOR = 20;

function unknownTrap(argument: DeploymentArgument, version: string, isProposed: boolean): Trap {
  const near = isProposed ? nearestArguments(argument.written, version) : [];
  const [first] = near;
  const question = first ? ` Did you mean ${near.map(({ name }) => name).join(' or ')}?` : '';
  const renames = near.map(({ name }, index) => renameTo(argument, name, index === 0 && near.length === 1));
  if (isDropped(argument)) {
    return trapOn(argument, 'yaml-unknown-false', {
      message: `vLLM has no argument ${argument.written}, and drops it without a word because its value is ${argument.value === false ? 'false' : 'empty'}.${question}`,
      fixes: [...renames, removeThis(argument)],
    });
  }
  return trapOn(argument, 'yaml-unknown', {
    message: `vLLM ${version} has no argument ${argument.written}.${question}`,
    vllmMessage: unrecognized(argument),
    fixes: [...renames, removeThis(argument)],
  });
}

/** Candidates of an ambiguous abbreviation that a message lists. */
const CANDIDATES_SHOWN = 5;

function nameTrap(
  argument: DeploymentArgument,
  resolved: ResolvedName,
  deployment: Deployment,
  version: string,
  isProposed: boolean,
): Trap | null {
  switch (resolved.kind) {
    case 'known':
      return null;
    case 'prefix': {
      const name = resolved.negated ? `no-${resolved.argument.name}` : resolved.argument.name;
      return trapOn(argument, 'yaml-prefix', {
        message: `${argument.written} is taken as the beginning of ${name}.`,
        fixes: [renameTo(argument, name, true)],
      });
    }
    case 'ambiguous': {
      const shown = resolved.candidates.slice(0, CANDIDATES_SHOWN);
      const option = `--${argument.written.replaceAll('_', '-')}`;
      return trapOn(argument, 'yaml-ambiguous', {
        message: `${argument.written} is the beginning of ${shown.join(', ')}${resolved.candidates.length > shown.length ? ' and others' : ''}.`,
        vllmMessage: `ambiguous option: ${option} could match ${resolved.candidates.map((name) => `--${name}`).join(', ')}`,
        fixes: shown.map((name) => renameTo(argument, name, false)),
      });
    }
    case 'short-alias':
      return trapOn(argument, 'yaml-short', {
        message: `-${argument.written} is a short form of the command line; as a key it becomes --${argument.written}, which vLLM does not know.`,
        vllmMessage: unrecognized(argument),
        fixes: [renameTo(argument, resolved.argument.name, true)],
      });
    case 'removed':
      return removedTrap(argument, resolved.argument.name, resolved.removal, deployment, version);
    case 'too-new':
      return trapOn(argument, isDropped(argument) ? 'yaml-unknown-false' : 'yaml-too-new', {
        message: `vLLM ${version} does not have ${resolved.argument.name} yet; ${resolved.since} does.`,
        vllmMessage: isDropped(argument) ? null : unrecognized(argument),
        fixes: [removeThis(argument)],
      });
    case 'unknown':
      return unknownTrap(argument, version, isProposed);
  }
}

function falseTrap(argument: DeploymentArgument, spec: Argument, negated: boolean, version: string): Trap | null {
  if (argument.value !== false || spec.type !== 'boolean') return null;
  if (negated || !isOnByDefault(spec, version)) return null;
  const name = `no-${spec.name}`;
  return trapOn(argument, 'yaml-false-dropped', {
    message: `vLLM drops keys with the value false, so ${spec.name} stays on. Write ${name}: true to turn it off.`,
    fixes: [
      {
        title: `Write ${name}: true`,
        edits: { [spec.name]: true },
        rename: { [argument.written]: name },
        remove: [],
        preferred: true,
      },
    ],
  });
}

/** What an argument is called once all spellings are one: without `no-`, with its dotted part. */
function oneName(resolved: ResolvedName, argument: DeploymentArgument): string {
  if (resolved.kind !== 'known' && resolved.kind !== 'prefix') return argument.written;
  return [resolved.argument.name, ...resolved.path].join('.');
}

function duplicateTraps(named: readonly { readonly argument: DeploymentArgument; readonly name: string }[]): readonly Trap[] {
  const last = new Map<string, DeploymentArgument>();
  for (const { argument, name } of named) if (!isDropped(argument)) last.set(name, argument);
  return named.flatMap(({ argument, name }) => {
    const winner = last.get(name);
    if (!winner || winner === argument || isDropped(argument) || winner.keyRange.start < argument.keyRange.start) return [];
    const spelling = winner.written === argument.written ? 'again' : `as ${winner.written}`;
    return [
      trapOn(argument, 'yaml-dup', {
        message: `${argument.written} is given ${spelling} further down; the last one wins, so this one has no effect.`,
        fixes: [removeThis(argument)],
      }),
    ];
  });
}

/** A file without a model cannot start by itself; the command line may name one, so it is a hint only. */
function modelTrap(deployment: Deployment): readonly Trap[] {
  const [first] = deployment.arguments;
  if (!first || deployment.arguments.some(({ name }) => name === 'model')) return [];
  return [
    {
      ...trapOn(first, 'yaml-nomodel', {
        message: 'The file names no model, so the command line must.',
        vllmMessage: 'No model specified! Please specify model either as a positional argument or in a config file.',
      }),
      key: 'model',
    },
  ];
}

/** Every trap of one deployment in the order of the file. Only flat vLLM files have them. */
export function findTraps(deployment: Deployment, version: string): readonly Trap[] {
  if (deployment.reader !== 'vllm-yaml') return [];
  // Arguments laid over the file have no place in it.
  const written = deployment.arguments.filter(({ keyRange }) => keyRange.end > keyRange.start);
  const resolved = written.map((argument) => ({ argument, resolved: resolveArgumentName(argument.written, version) }));
  let unknown = 0;
  const single = resolved.flatMap(({ argument, resolved: name }) => {
    if (name.kind === 'unknown') unknown++;
    const traps = [nameTrap(argument, name, deployment, version, unknown <= PROPOSED_FOR)];
    if (name.kind === 'known' || name.kind === 'prefix') {
      traps.push(falseTrap(argument, name.argument, name.negated, version));
      if (!name.negated && name.path.length === 0) traps.push(...valueTraps(argument, name.argument, version));
    }
    return traps.filter((trap) => trap !== null);
  });
  const duplicates = duplicateTraps(resolved.map(({ argument, resolved: name }) => ({ argument, name: oneName(name, argument) })));
  const traps = [...single, ...duplicates, ...modelTrap(deployment)];
  return traps.filter(({ code }) => isRuleIn(code, version)).sort((a, b) => a.start - b.start);
}
