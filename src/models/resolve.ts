import * as path from 'node:path';
import { huggingFaceSnapshot, isHubId, modelScopeFolder } from './caches';
import type { CacheFolders } from './caches';
import type { Catalogue } from './catalogue';
import type { JsonObject } from './config/fields';
import { FileProblem, MAX_CONFIG_BYTES, ModelFiles } from './files';
import { readFolder } from './folder';
import { ggufTypeIn } from './ggufChoice';
import type { HubSource } from './hub';
import { factsFromConfig, manualEntry } from './manual';
import { encoderDecoderProblem } from './encoderDecoder';
import { guessFromName } from './sizeGuess';
import type { ModelAnswer, ModelFacts, ModelSourceId } from './source';

/** What a resolution may use. Nothing here is looked up by itself: no environment, no network without `hub`. */
export interface ModelContext {
  /** Folders that a relative model path starts from, nearest first. */
  readonly baseFolders: readonly string[];
  /** Folders to which all reading is limited (an untrusted workspace's own folders); null: every path may be read. */
  readonly allowedRoots: readonly string[] | null;
  /** Model caches of this machine; null: not looked at. */
  readonly caches: CacheFolders | null;
  /** Answers of earlier fetches, and the Hub itself when the person allowed it; null: neither. */
  readonly hub: HubSource | null;
  /** Whether the Hub may be asked over the network now. Reading its kept answers needs no permission. */
  readonly mayFetch: boolean;
  /** The shipped catalogue, loaded when first needed. */
  readonly catalogue: () => Promise<Catalogue>;
  /** Models described by hand, config by id. */
  readonly manual: JsonObject;
  /** `revision` argument of the deployment; null: the default branch. */
  readonly revision: string | null;
  readonly signal?: AbortSignal;
}

/** Adapters of adapters are followed this far. */
const MAX_ADAPTER_STEPS = 4;

/**
 * Everything known of the model a deployment names. Sources in order of trust: what was written by hand, the weights or
 * config of a folder, a GGUF file, the Hugging Face and ModelScope caches, answers of the Hub, the catalogue, the name. A
 * source that fails leaves its reason among the assumptions of the next best answer. Rejects only when aborted.
 */
export async function resolveModel(id: string, context: ModelContext): Promise<ModelAnswer> {
  const files = new ModelFiles(context.allowedRoots, context.signal);
  const troubles: string[] = [];
  const name = defaultOf(id);
  if (name !== id) troubles.push(`"${id}" read as its default, ${name}`);
  const answer = await firstAnswer(name, context, files, troubles, 0);
  const dependsOn = files.paths;
  if (answer) return { facts: { ...answer, id, assumptions: [...answer.assumptions, ...troubles] }, dependsOn };
  const reason = troubles.length > 0 ? ` ${troubles.join(' ')}` : '';
  const why = encoderDecoderProblem(shortened(name)) ?? `No source knows the model "${shortened(id)}".`;
  return { problem: { message: `${why}${reason}` }, dependsOn };
}

/** A name as it is quoted back. */
function shortened(id: string): string {
  return id.length > 200 ? `${id.slice(0, 200)}…` : id;
}

/** The default of a shell-style substitution ("${MODEL:-org/name}"), which stands when nobody sets the variable; else the id itself. */
function defaultOf(id: string): string {
  return /^\$\{\w+:?-([^${}]+)\}$/.exec(id.trim())?.[1] ?? id;
}

async function firstAnswer(
  id: string,
  context: ModelContext,
  files: ModelFiles,
  troubles: string[],
  depth: number,
): Promise<ModelFacts | null> {
  const trying = async (step: () => Promise<ModelFacts | null>): Promise<ModelFacts | null> => {
    try {
      return await step();
    } catch (error) {
      context.signal?.throwIfAborted();
      if (!(error instanceof FileProblem)) throw error;
      troubles.push(error.message);
      return null;
    }
  };
  const follow = (base: string): Promise<ModelFacts | null> =>
    depth >= MAX_ADAPTER_STEPS ? Promise.resolve(null) : firstAnswer(base, context, files, troubles, depth + 1);
  const steps: readonly (() => Promise<ModelFacts | null>)[] = [
    () => byHand(id, context, files),
    () => fromPath(id, context, files, follow),
    () => fromCaches(id, context, files, follow),
    () => fromHub(id, context, troubles),
    async () => catalogued(id, await context.catalogue()),
    () => Promise.resolve(guessFromName(id)),
  ];
  for (const step of steps) {
    const facts = await trying(step);
    if (facts) return facts;
  }
  return null;
}

/** A description given for exactly this id: the path of a config.json or model folder, or the config itself. */
async function byHand(id: string, context: ModelContext, files: ModelFiles): Promise<ModelFacts | null> {
  const given = manualEntry(context.manual, id);
  if (given === null || given === undefined) return null;
  if (typeof given !== 'string') return factsFromConfig(given, id, 'the settings');
  const candidates = pathsOf(given, context.baseFolders);
  for (const candidate of candidates) {
    const kind = await files.kind(candidate);
    if (kind === null) continue;
    const file = kind === 'folder' ? path.join(candidate, 'config.json') : candidate;
    return factsFromConfig(await files.json(file, MAX_CONFIG_BYTES), id, file);
  }
  throw new FileProblem(`The config given for ${id} is not there: ${candidates.join(' or ')}.`);
}

type Follow = (base: string) => Promise<ModelFacts | null>;

/** A folder or file at the path the id may be: vLLM, too, takes an existing path before a Hub id. */
async function fromPath(id: string, context: ModelContext, files: ModelFiles, follow: Follow): Promise<ModelFacts | null> {
  for (const candidate of pathsOf(id, context.baseFolders)) {
    const kind = await files.kind(candidate);
    if (kind === 'file' && path.extname(candidate).toLowerCase() === '.gguf') {
      const { readGgufFile } = await import('./ggufFile');
      return readGgufFile(files, candidate, id);
    }
    if (kind === 'file' && path.basename(candidate) === 'config.json')
      return folderFacts(files, path.dirname(candidate), id, 'folder', follow);
    if (kind === 'folder') {
      const facts = await folderFacts(files, candidate, id, 'folder', follow);
      if (facts) return facts;
    }
  }
  return null;
}

function pathsOf(id: string, baseFolders: readonly string[]): readonly string[] {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(id) || id.includes('\0')) return [];
  return path.isAbsolute(id) ? [path.normalize(id)] : baseFolders.map((folder) => path.resolve(folder, id));
}

async function folderFacts(
  files: ModelFiles,
  folder: string,
  id: string,
  source: ModelSourceId,
  follow: Follow,
): Promise<ModelFacts | null> {
  const answer = await readFolder(files, folder, id, source);
  if (answer === null) return null;
  if ('facts' in answer) return answer.facts;
  if ('problem' in answer) throw new FileProblem(answer.problem);
  const base = await follow(answer.adapterOf);
  return base
    ? { ...base, id, assumptions: [`${folder} is a LoRA adapter: facts of its base ${answer.adapterOf}`, ...base.assumptions] }
    : null;
}

async function fromCaches(id: string, context: ModelContext, files: ModelFiles, follow: Follow): Promise<ModelFacts | null> {
  const { caches } = context;
  const repository = repositoryOf(id);
  if (!caches || context.allowedRoots || !isHubId(repository)) return null;
  const snapshot = await huggingFaceSnapshot(files, caches, repository, context.revision);
  const cached = snapshot ? await folderFacts(files, snapshot, id, 'hf-cache', follow) : null;
  if (cached) return cached;
  const folder = await modelScopeFolder(files, caches, repository);
  return folder ? folderFacts(files, folder, id, 'hf-cache', follow) : null;
}

/** The repository of an id that may name one of its GGUF files ("org/name:Q4_K_M"). */
function repositoryOf(id: string): string {
  const type = ggufTypeIn(id);
  return type === null || !id.includes('/') ? id : id.slice(0, -type.length - 1);
}

async function fromHub(id: string, context: ModelContext, troubles: string[]): Promise<ModelFacts | null> {
  const { hub } = context;
  if (!hub || !isHubId(repositoryOf(id)) || !id.includes('/')) return null;
  if (context.mayFetch) {
    const answer = await hub.fetch(id, context.revision, context.signal);
    if ('facts' in answer) return answer.facts;
    troubles.push(answer.problem);
  }
  return (await hub.kept(id, context.revision))?.facts ?? null;
}

/** The catalogue's own entry, else the entry whose name the id carries; a path is known by its last part. */
async function catalogued(id: string, catalogue: Catalogue): Promise<ModelFacts | null> {
  const own = catalogue.find(id);
  if (!own) await catalogue.prepareNames();
  const found = own ?? catalogue.findByName(id);
  if (!found || isHubId(id)) return found;
  return { ...found, confidence: 'derived', assumptions: [`no folder at "${id}" on this machine`, ...found.assumptions] };
}
