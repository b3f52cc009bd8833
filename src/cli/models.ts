import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import * as path from 'node:path';
import { cacheFolders } from '../models/caches';
import type { Catalogue } from '../models/catalogue';
import { loadCatalogue } from '../models/catalogueFile';
import { FileProblem } from '../models/files';
import { factsFromConfig } from '../models/manual';
import { resolveModel, type ModelContext } from '../models/resolve';
import { encoderDecoderProblem } from '../models/encoderDecoder';
import { guessFromName } from '../models/sizeGuess';
import type { ModelFacts, ModelProblem } from '../models/source';
import { UsageError } from './command';

/** Facts about a model, or why there are none. */
export type ModelLookup = { readonly facts: ModelFacts; readonly problem: null } | { readonly facts: null; readonly problem: ModelProblem };

const WAY_OUT = 'Give its config.json with --model-config.';

function known(facts: ModelFacts): ModelLookup {
  return { facts, problem: null };
}

function unknown(message: string): ModelLookup {
  return { facts: null, problem: { message } };
}

/** Facts from a parsed config.json. */
export function lookupInConfig(config: unknown, id: string, origin: string): ModelLookup {
  try {
    return known(factsFromConfig(config, id, origin));
  } catch (error) {
    if (error instanceof FileProblem) return unknown(error.message);
    throw error;
  }
}

/** Where the command line gets its models: a config.json given by a flag, this machine's folders and caches, the catalogue. Never the network. */
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
      const config: unknown = JSON.parse(await readFile(origin, 'utf8'));
      const { problem } = lookupInConfig(config, '', origin);
      if (problem) throw new Error(problem.message);
      return new CommandLineModels(catalogue, { config, origin });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new UsageError(`--model-config "${modelConfig}" cannot be used: ${why}. The path of a Hugging Face config.json is needed.`);
    }
  }

  /** Whether one config.json stands for every model. */
  get isManual(): boolean {
    return this.manual !== null;
  }

  /**
   * Facts about the model that a file names. A config.json given by a flag stands for the main model, not for its draft.
   * @param folders where relative paths begin, nearest first.
   */
  async find(model: unknown, revision: unknown, folders: readonly string[]): Promise<ModelLookup> {
    const id = typeof model === 'string' ? model.trim() : '';
    if (this.manual) return this.findById(id);
    if (model !== undefined && typeof model !== 'string') return unknown(`The value of model is neither a name nor a path. ${WAY_OUT}`);
    if (id === '') return unknown(`The file names no model. Give one with --set model=ID. ${WAY_OUT}`);
    return this.resolve(id, typeof revision === 'string' ? revision : null, folders);
  }

  /** Facts about a draft model, whatever the flag says of the main one. */
  findDraft(id: string, folders: readonly string[]): Promise<ModelLookup> {
    return this.resolve(id, null, folders);
  }

  /** As `findDraft`, from the catalogue at once. */
  findDraftById(id: string): ModelLookup {
    const facts = this.catalogue.find(id) ?? this.catalogue.findByName(id);
    return facts ? known(facts) : unknown(`The model "${id}" is not in the catalogue.`);
  }

  private async resolve(id: string, revision: string | null, folders: readonly string[]): Promise<ModelLookup> {
    const context: ModelContext = {
      baseFolders: folders,
      allowedRoots: null,
      caches: cacheFolders(process.env, homedir()),
      hub: null,
      mayFetch: false,
      catalogue: loadCatalogue,
      manual: {},
      revision,
    };
    const answer = await resolveModel(id, context);
    if (answer && 'facts' in answer) return known(answer.facts);
    return unknown(`${answer?.problem.message ?? `No source knows the model "${id}".`} ${WAY_OUT}`);
  }

  /** Facts from the config.json given by a flag, the catalogue or the name, at once. */
  findById(id: string): ModelLookup {
    const found = this.cache.get(id) ?? this.search(id);
    this.cache.set(id, found);
    return found;
  }

  private search(id: string): ModelLookup {
    if (this.manual) return lookupInConfig(this.manual.config, id, this.manual.origin);
    const facts = this.catalogue.find(id) ?? this.catalogue.findByName(id) ?? guessFromName(id);
    if (facts) return known(facts);
    return unknown(encoderDecoderProblem(id) ?? `The model "${id}" is not in the catalogue, and its name tells no size.`);
  }
}
