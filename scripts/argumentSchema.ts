import { ARGUMENTS, availabilityIn, defaultOf, isOnByDefault } from '../src/vllm/argumentTable';
import type { Argument, ArgumentField } from '../src/vllm/argumentTable';
import { NEWEST_VERSION } from '../src/vllm/versions';

type Json = { readonly [key: string]: unknown };

/** The arguments that the newest known release has. */
export function presentArguments(): readonly Argument[] {
  return ARGUMENTS.filter((argument) => availabilityIn(argument, NEWEST_VERSION) !== 'absent');
}

function fieldSchema(field: ArgumentField): Json {
  const examples = field.choices ?? field.suggestions ?? (field.type === 'boolean' ? [true, false] : []);
  return {
    ...(field.meaning === undefined ? {} : { description: field.meaning }),
    ...(field.default === undefined ? {} : { default: field.default }),
    ...(examples.length > 0 ? { examples } : {}),
  };
}

function argumentSchema(argument: Argument): Json {
  const examples = argument.choices ?? (argument.type === 'boolean' || argument.type === 'flag' ? [true] : argument.suggestions);
  const initial = defaultOf(argument, NEWEST_VERSION);
  const fields = argument.fields.map((field) => [field.name, fieldSchema(field)] as const);
  return {
    description: argument.meaning,
    ...(initial === null ? {} : { default: initial }),
    ...(examples.length > 0 ? { examples } : {}),
    ...(fields.length > 0 ? { properties: Object.fromEntries(fields) } : {}),
  };
}

/** Every spelling of a name that has an underscore in it. */
function otherSpellings(name: string): string {
  return `^(?=.*_)${name.replaceAll('-', '[-_]')}$`;
}

/**
 * The JSON schema of a vLLM file. It describes and proposes but refuses nothing: what is wrong with a value, the extension says
 * itself, with vLLM's own words, and nobody should read it twice.
 */
export function configSchema(): Json {
  const present = presentArguments();
  const spellings = present.flatMap((argument) => {
    const off = argument.type === 'boolean' && isOnByDefault(argument, NEWEST_VERSION) ? [`no-${argument.name}`] : [];
    return [[argument.name, argument.name], ...off.map((name) => [name, argument.name])] as const;
  });
  const refs = spellings.map(([name = '', definition = '']) => {
    const ref: Json =
      name === definition ? { $ref: `#/definitions/${definition}` } : { description: `Turns ${definition} off.`, examples: [true] };
    return [name, ref] as const;
  });
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'vLLM server configuration',
    description: `Arguments of vllm serve ${NEWEST_VERSION} as a YAML file for --config.`,
    type: 'object',
    properties: Object.fromEntries(refs),
    patternProperties: Object.fromEntries(refs.filter(([name]) => name.includes('-')).map(([name, ref]) => [otherSpellings(name), ref])),
    definitions: Object.fromEntries(present.map((argument) => [argument.name, argumentSchema(argument)])),
  };
}
