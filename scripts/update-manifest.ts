/** Writes into package.json what the tables of the product decide: the codes of the rules whose severity can be set. */
import { readFileSync, writeFileSync } from 'node:fs';
import { RULES } from '../src/vllm/rules/catalogue';

interface Manifest {
  readonly contributes: {
    readonly configuration: readonly { readonly properties: Record<string, { propertyNames?: { enum: readonly string[] } }> }[];
  };
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
const rules = manifest.contributes.configuration.map(({ properties }) => properties['vramPlanner.rules']).find((setting) => setting);
if (!rules) throw new Error('package.json has no setting vramPlanner.rules');
rules.propertyNames = { enum: [...new Set(RULES.map(({ code }) => code))].sort() };
writeFileSync('package.json', `${JSON.stringify(manifest, null, 2)}\n`);
