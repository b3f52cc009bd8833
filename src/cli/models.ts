import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { factsOf } from '../models/facts';
import type { Catalogue } from '../models/catalogue';
import { loadCatalogue } from '../models/catalogueFile';
import { ModelFiles } from '../models/files';
import { readFolder } from '../models/folder';
import { architectureFromConfig } from '../models/hfConfig';
import type { ModelFacts, ModelProblem } from '../models/source';
import { UsageError } from './command';

/** Facts about a model, or why there are none. */
export type ModelLookup = { readonly facts: ModelFacts; readonly problem: null } | { readonly facts: null; readonly problem: ModelProblem };

function known(facts: ModelFacts): ModelLookup {
  return { facts, problem: null };
}

function unknown(message: string): ModelLookup {
  return { facts: null, problem: { message } };
}

/** Facts from a parsed config.json. */
export function factsFromConfig(config: unknown, id: string, origin: string): ModelLookup {
  const read = architectureFromConfig(config);
  if ('problem' in read) return unknown(read.problem);
  return known(factsOf({ id, origin, source: 'manual', read, assumptions: read.assumptions, weights: null }));
}

/** Where the command line gets its models: a config.json given by a flag, a folder on disk, the catalogue. */
export class CommandLineModels {
  private readonly cache = new Map<string, ModelLookup>();

  private constructor(
    private readonly catalogue: Catalogue,
    private readonly manual: { readonly config: unknown; readonly origin: string } | null,
  ) {}

  /** @param modelConfig path of the config.json that stands for every model. */
  static async open(modelConfig: string | undefined, cwd: string): Promise<CommandLineModels> {
    const catalogue = await loadCatalogue();
    if (modelConfig === undefined) return new CommandLineModels(catalogue, null);
    const origin = path.resolve(cwd, modelConfig);
    try {
      return new CommandLineModels(catalogue, { config: JSON.parse(await readFile(origin, 'utf8')) as unknown, origin });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new UsageError(`--model-config "${modelConfig}" cannot be used: ${why}. The path of a Hugging Face config.json is needed.`);
    }
  }

  /** Whether one config.json stands for every model. */
  get isManual(): boolean {
    return this.manual !== null;
  }

  /** Facts about what a file or a row names as its model; `folder` is where relative paths begin. */
  async find(model: unknown, folder: string): Promise<ModelLookup> {
    const id = typeof model === 'string' ? model : '';
    if (this.manual) return this.findById(id);
    if (id === '') return unknown('No model is named. Give one with --set model=ID, or its config.json with --model-config.');
    const onDisk = await readFolder(new ModelFiles(null), path.resolve(folder, id), id, 'folder').catch(() => null);
    if (onDisk && 'facts' in onDisk) return known(onDisk.facts);
    return this.findById(id);
  }

  /** Facts from the config.json given by a flag or from the catalogue, at once. */
  findById(id: string): ModelLookup {
    const found = this.cache.get(id) ?? this.search(id);
    this.cache.set(id, found);
    return found;
  }

  private search(id: string): ModelLookup {
    if (this.manual) return factsFromConfig(this.manual.config, id, this.manual.origin);
    const facts = this.catalogue.find(id) ?? this.catalogue.findByName(id);
    return facts ? known(facts) : unknown(`The model ${id} is not in the catalogue. Give its config.json with --model-config.`);
  }
}
