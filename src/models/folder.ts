import * as path from 'node:path';
import type { CheckpointQuantization } from '../estimator/architecture';
import { isJsonObject } from './config/fields';
import type { JsonObject } from './config/fields';
import { quantizationOf } from './config/quantization';
import { factsOf } from './facts';
import { FileProblem, MAX_CONFIG_BYTES } from './files';
import type { ModelFiles } from './files';
import { chooseGguf, chosenFacts } from './ggufChoice';
import { architectureFromConfig } from './hfConfig';
import type { ConfigFacts } from './hfConfig';
import { configFromMistralParams } from './mistralParams';
import { safetensorsHeaders, shardsOf } from './safetensors';
import type { ModelFacts, ModelSourceId } from './source';
import { summarizeWeights } from './weights';

/** What a folder turned out to be: a model, an adapter of another model, or nothing of ours. */
export type FolderAnswer = { readonly facts: ModelFacts } | { readonly adapterOf: string } | { readonly problem: string } | null;

/**
 * Reads a model folder: config.json (or Mistral's params.json), the quantizer's own description where the config has none,
 * and the headers of its weights. `source` names what kind of folder it is when no weights are there. Never runs the
 * model's own code (`auto_map` is not looked at).
 */
export async function readFolder(files: ModelFiles, folder: string, id: string, source: ModelSourceId): Promise<FolderAnswer> {
  try {
    return await read(files, folder, id, source);
  } catch (error) {
    if (error instanceof FileProblem) return { problem: error.message };
    throw error;
  }
}

async function read(files: ModelFiles, folder: string, id: string, source: ModelSourceId): Promise<FolderAnswer> {
  const config = await files.json(path.join(folder, 'config.json'), MAX_CONFIG_BYTES);
  const names = await files.list(folder);
  const usable = config ?? configFromMistralParams(await files.json(path.join(folder, 'params.json'), MAX_CONFIG_BYTES));
  if (usable === null) return withoutConfig(files, folder, names, id);
  const stated = architectureFromConfig(usable);
  if ('problem' in stated) return { problem: `${path.join(folder, 'config.json')}: ${stated.problem}` };
  const described = await quantizerDescription(files, folder);
  const limited = await withLimits(files, folder, stated);
  const read: ConfigFacts = limited.quantization || !described ? limited : { ...limited, quantization: described };
  const shards = await shardsOf(files, folder, names);
  const gguf = shards.files.length === 0 ? await ggufFacts(files, folder, names, id, config) : null;
  if (gguf) return gguf;
  const assumptions = [...read.assumptions];
  if (shards.missing > 0) assumptions.push(`${shards.missing} weight files of the index are not there yet: sizes computed from the config`);
  const complete = shards.missing === 0 && shards.files.length > 0;
  const weights = complete ? summarizeWeights(await safetensorsHeaders(files, shards.files), read.architecture.layout.length) : null;
  return { facts: factsOf({ id, origin: folder, source, read, assumptions, weights }) };
}

/** The files quantizers leave beside a config that does not mention them. */
async function quantizerDescription(files: ModelFiles, folder: string): Promise<CheckpointQuantization | null> {
  for (const name of ['hf_quant_config.json', 'quantize_config.json', 'quant_config.json']) {
    const description = await files.json(path.join(folder, name), MAX_CONFIG_BYTES);
    const quantization = isJsonObject(description) ? quantizationOf(description) : null;
    if (quantization) return quantization;
  }
  return null;
}

/**
 * The limits on the context that other files of the folder state, as vLLM takes them (`_get_and_verify_max_len`): the length
 * of a sentence-transformers config replaces the config's; the tokenizer's only lowers that of encoders with learned positions.
 */
async function withLimits(files: ModelFiles, folder: string, facts: ConfigFacts): Promise<ConfigFacts> {
  const { architecture } = facts;
  const sentences = await lengthIn(files, path.join(folder, 'sentence_bert_config.json'), 'max_seq_length');
  if (sentences !== null) return limitedTo(facts, sentences, 'sentence_bert_config.json');
  if (architecture.task !== 'pooling' || architecture.learnedPositions === 0) return facts;
  const tokenizer = await lengthIn(files, path.join(folder, 'tokenizer_config.json'), 'model_max_length');
  const lowers = tokenizer !== null && tokenizer < (architecture.maxPositionEmbeddings ?? Infinity);
  return lowers ? limitedTo(facts, tokenizer, 'tokenizer_config.json') : facts;
}

function limitedTo(facts: ConfigFacts, length: number, file: string): ConfigFacts {
  const { architecture, assumptions } = facts;
  return {
    ...facts,
    architecture: { ...architecture, maxPositionEmbeddings: length },
    assumptions: [...assumptions, `${file} limits inputs to ${length} tokens`],
  };
}

/** A positive whole number of a JSON file; null without. Tokenizers without a limit state 10^30. */
async function lengthIn(files: ModelFiles, file: string, field: string): Promise<number | null> {
  const value = await files.json(file, MAX_CONFIG_BYTES);
  const length: unknown = isJsonObject(value) ? value[field] : null;
  return typeof length === 'number' && Number.isSafeInteger(length) && length > 0 ? length : null;
}

/** A folder without config: one GGUF file, a LoRA adapter, or no model. */
async function withoutConfig(files: ModelFiles, folder: string, names: readonly string[], id: string): Promise<FolderAnswer> {
  const adapter = await files.json(path.join(folder, 'adapter_config.json'), MAX_CONFIG_BYTES);
  const base = isJsonObject(adapter) ? baseOf(adapter) : null;
  if (base !== null) return { adapterOf: base };
  return ggufFacts(files, folder, names, id, null);
}

/** What the model's file says in a folder of GGUF files; null where it has none. */
async function ggufFacts(files: ModelFiles, folder: string, names: readonly string[], id: string, config: unknown): Promise<FolderAnswer> {
  const chosen = chooseGguf(names, id, folder);
  if (chosen === null) return null;
  const { readGgufFile } = await import('./ggufFile');
  return { facts: chosenFacts(await readGgufFile(files, path.join(folder, chosen.file), id, config), chosen) };
}

function baseOf(adapter: JsonObject): string | null {
  const base: unknown = adapter['base_model_name_or_path'];
  return typeof base === 'string' && base !== '' ? base : null;
}
