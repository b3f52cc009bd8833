import * as assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { NEWEST_VERSION } from '../../../src/vllm/versions';
import { RULES } from '../../../src/vllm/rules/catalogue';

interface Setting {
  readonly type: unknown;
  readonly default: unknown;
  readonly scope?: string;
  readonly markdownDescription?: string;
  readonly enum?: readonly string[];
  readonly markdownEnumDescriptions?: readonly string[];
  readonly additionalProperties?: {
    readonly enum?: readonly string[];
    readonly enumDescriptions?: readonly string[];
    readonly anyOf?: readonly unknown[];
  };
  readonly propertyNames?: { readonly enum?: readonly string[] };
  readonly properties?: Readonly<Record<string, Setting>>;
}

interface Manifest {
  readonly activationEvents: readonly string[];
  readonly capabilities: { readonly untrustedWorkspaces: { readonly restrictedConfigurations: readonly string[] } };
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly title: string; readonly category: string }[];
    readonly menus: Readonly<Record<string, readonly { readonly command: string; readonly when?: string }[]>>;
    readonly configuration: readonly { readonly title: string; readonly properties: Readonly<Record<string, Setting>> }[];
  };
}

const text = readFileSync('package.json', 'utf8');
const manifest = JSON.parse(text) as Manifest;
const words = JSON.parse(readFileSync('package.nls.json', 'utf8')) as Record<string, string>;
const settings = Object.fromEntries(manifest.contributes.configuration.flatMap(({ properties }) => Object.entries(properties)));
const commands = manifest.contributes.commands.map(({ command }) => command);

function sources(folder: string): string {
  return readdirSync(folder, { recursive: true })
    .map((file) => `${folder}/${String(file)}`)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
}

describe('the manifest', () => {
  it('has a text for every key it names, and names every text', () => {
    const used = [...text.matchAll(/%([\w.-]+)%/g)].map(([, key]) => key ?? '');
    assert.deepEqual([...new Set(used)].sort(), Object.keys(words).sort());
  });

  it('declares the commands that the extension registers, under one category', () => {
    const listed = /const COMMANDS[^=]*=\s*\[([^\]]*)\]/.exec(readFileSync('src/extension.ts', 'utf8'))?.[1] ?? '';
    const registered = [...listed.matchAll(/'(\w+)'/g)].map(([, name]) => `vramPlanner.${name ?? ''}`);
    assert.deepEqual([...commands].sort(), registered.sort());
    assert.deepEqual([...new Set(manifest.contributes.commands.map(({ category }) => category))], ['vLLM VRAM']);
  });

  it('has the schema of a model described by hand where one can be written', () => {
    const { $schema, title, ...schema } = JSON.parse(readFileSync('data/model-config.schema.json', 'utf8')) as Record<string, unknown>;
    assert.ok($schema !== undefined && title !== undefined);
    assert.deepEqual(settings['vramPlanner.models']?.additionalProperties, schema);
    assert.deepEqual(settings['vramPlanner.modelConfigs']?.additionalProperties?.anyOf, [{ type: 'string' }, schema]);
  });

  it('puts declared commands into menus', () => {
    const inMenus = Object.values(manifest.contributes.menus)
      .flat()
      .map(({ command }) => command);
    assert.deepEqual(
      inMenus.filter((command) => !commands.includes(command)),
      [],
    );
  });

  it('reads every setting it declares', () => {
    const code = readFileSync('src/features/settings.ts', 'utf8');
    const parts = Object.keys(settings).map((name) => name.replace(/^vramPlanner\./, ''));
    assert.deepEqual(
      parts.filter((name) => !code.includes(`'${name}'`)),
      [],
    );
  });

  it('declares every setting it reads', () => {
    const read = [...sources('src/features').matchAll(/\.get<[^(]*>\('([\w.]+)'/g)].map(([, name]) => `vramPlanner.${name ?? ''}`);
    assert.ok(read.length > 8);
    assert.deepEqual(
      read.filter((name) => !(name in settings)),
      [],
    );
  });

  it('describes every setting and every choice, and gives a default and a scope', () => {
    for (const [name, setting] of Object.entries(settings)) {
      assert.ok(setting.markdownDescription, `${name} has a description`);
      assert.notEqual(setting.default, undefined, `${name} has a default`);
      assert.ok(setting.scope, `${name} has a scope`);
      assert.equal(setting.markdownEnumDescriptions?.length, setting.enum?.length, `${name} describes its choices`);
      assert.equal(setting.additionalProperties?.enumDescriptions?.length, setting.additionalProperties?.enum?.length, name);
    }
  });

  it('refers to settings that exist', () => {
    const named = Object.values(words).flatMap((word) => [...word.matchAll(/#(vramPlanner\.[\w.]+)#/g)].map(([, name]) => name ?? ''));
    const restricted = manifest.capabilities.untrustedWorkspaces.restrictedConfigurations;
    assert.deepEqual(
      [...named, ...restricted].filter((name) => !(name in settings)),
      [],
    );
  });

  it('offers a severity for every rule', () => {
    const codes = settings['vramPlanner.rules']?.propertyNames?.enum ?? [];
    assert.deepEqual(
      RULES.map(({ code }) => code).filter((code) => !codes.includes(code)),
      [],
    );
  });

  it('defaults to the newest vLLM version whose rules are known', () => {
    assert.equal(settings['vramPlanner.vllmVersion']?.default, NEWEST_VERSION);
    assert.ok(words['setting.vllmVersion']?.includes(NEWEST_VERSION));
  });

  it('has one drawing for the icon of its tab, bright on dark and dark on bright', () => {
    const [dark, light] = ['planner.svg', 'planner-light.svg'].map((name) => readFileSync(`media/${name}`, 'utf8'));
    assert.equal(light, dark?.replaceAll('#fff', '#424242'));
    assert.match(sources('src'), /light: media\('planner-light\.svg'\), dark: media\('planner\.svg'\)/);
  });

  it('ships the files it names', () => {
    const files = [...text.matchAll(/"(?:icon|svg|markdown|path|url)": "(?!\$\()([^"]+)"/g)].map(([, file]) => file ?? '');
    assert.ok(files.length > 0);
    assert.deepEqual(
      files.filter((file) => !existsSync(file)),
      [],
    );
  });
});
