/** Deployments that come from arguments alone: a row of a bulk request, or a file with settings of the command line laid over it. */
import { canonicalName, resolveArgumentName } from '../vllm/argumentTable';
import type { Argument } from '../vllm/argumentTable';
import type { ArgumentValue, VllmArguments } from '../vllm/arguments';
import type { Deployment, DeploymentArgument } from './deployment';
import { plainScalarValue, valueFor } from './values';

const NOWHERE = { start: 0, end: 0 } as const;

interface Resolved {
  readonly name: string;
  readonly argument: Argument | null;
}

function resolve(written: string, version: string): Resolved {
  const resolved = resolveArgumentName(written, version);
  if (resolved.kind !== 'known' && resolved.kind !== 'prefix') return { name: canonicalName(written), argument: null };
  return { name: resolved.negated ? `no-${resolved.argument.name}` : resolved.argument.name, argument: resolved.argument };
}

function argumentOf(written: string, raw: ArgumentValue, version: string): DeploymentArgument {
  const { name, argument } = resolve(written, version);
  return {
    name,
    written,
    value: valueFor(argument, raw),
    source: null,
    known: argument !== null,
    effective: raw !== null,
    keyRange: NOWHERE,
    valueRange: null,
    range: NOWHERE,
  };
}

/** The arguments that take effect, of which the last with a name wins. */
function effective(list: readonly DeploymentArgument[]): VllmArguments {
  const args = new Map<string, ArgumentValue>();
  for (const { name, value, known, effective: counts } of list) {
    if (!known || !counts || value === undefined || value === null) continue;
    // The later of `--x` and `--no-x` stands.
    args.delete(name.startsWith('no-') ? name.slice(3) : `no-${name}`);
    args.set(name, value);
  }
  return args;
}

/** The engine that arguments by name configure. Unlike in a vLLM file, `false` means off. */
export function deploymentOfArguments(args: Readonly<Record<string, ArgumentValue>>, version: string): Deployment {
  const list = Object.entries(args).map(([written, value]) => argumentOf(written, value, version));
  return {
    reader: 'arguments',
    arguments: list,
    args: effective(list),
    range: NOWHERE,
    gpuHints: [],
    vllmVersion: null,
    problems: [],
  };
}

/** `deployment` with arguments of the command line laid over it; they win, as vLLM's own do over its file. */
export function withArguments(deployment: Deployment, args: Readonly<Record<string, ArgumentValue>>, version: string): Deployment {
  const over = deploymentOfArguments(args, version);
  if (over.arguments.length === 0) return deployment;
  const merged = new Map(deployment.args);
  for (const { name } of over.arguments) {
    for (const same of [name, `no-${name}`, name.replace(/^no-/, '')]) merged.delete(same);
  }
  for (const [name, value] of over.args) merged.set(name, value);
  const names = new Set(over.arguments.map(({ name }) => name));
  const kept = deployment.arguments.map((argument) => (names.has(argument.name) ? { ...argument, effective: false } : argument));
  return { ...deployment, arguments: [...kept, ...over.arguments], args: merged };
}

/** A value as typed behind `key=` on a command line: JSON for objects and lists, otherwise as YAML reads it. */
export function typedValue(text: string): ArgumentValue {
  if (/^\s*[[{]/.test(text)) {
    try {
      return JSON.parse(text) as ArgumentValue;
    } catch {
      return text;
    }
  }
  return plainScalarValue(text.trim());
}
