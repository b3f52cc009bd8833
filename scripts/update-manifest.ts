/**
 * Writes into package.json what the tables of the product decide: the codes of the rules whose severity can be set, and the
 * schema of a model described by hand.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { RULES } from '../src/vllm/rules/catalogue';

interface Setting {
  propertyNames?: { enum: readonly string[] };
  additionalProperties?: unknown;
}

interface Manifest {
  readonly contributes: { readonly configuration: readonly { readonly properties: Record<string, Setting> }[] };
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;

function setting(name: string): Setting {
  const found = manifest.contributes.configuration.map(({ properties }) => properties[name]).find((candidate) => candidate);
  if (!found) throw new Error(`package.json has no setting ${name}`);
  return found;
}

/** VS Code reads the schema of a setting in place; what only a file of its own needs is left out. */
function modelSchema(): unknown {
  const { $schema, title, ...schema } = JSON.parse(readFileSync('data/model-config.schema.json', 'utf8')) as Record<string, unknown>;
  if (typeof $schema !== 'string' || typeof title !== 'string') throw new Error('data/model-config.schema.json has no $schema or title');
  return schema;
}

setting('vramPlanner.rules').propertyNames = { enum: [...new Set(RULES.map(({ code }) => code))].sort() };
const described = modelSchema();
setting('vramPlanner.models').additionalProperties = described;
setting('vramPlanner.modelConfigs').additionalProperties = { anyOf: [{ type: 'string' }, described] };
writeFileSync('package.json', `${JSON.stringify(manifest, null, 2)}\n`);
