import { gguf, GGMLFileQuantizationType, GGMLQuantizationType } from '@huggingface/gguf';
import type { GGUFParseOutput } from '@huggingface/gguf';
import { GGML_BYTES_PER_WEIGHT } from '../estimator/formats';
import type { JsonObject } from './config/fields';
import { factsOf } from './facts';
import { FileProblem } from './files';
import type { ModelFiles } from './files';
import { configFromGguf, ggufQuantization } from './ggufConfig';
import { architectureFromConfig } from './hfConfig';
import type { ModelFacts, ModelSourceId } from './source';
import { summarizeWeights } from './weights';
import type { StoredTensor } from './weights';

/** Bytes of one file the header reader may ask for: headers carry the vocabulary and stay below 40 MB. */
const MAX_HEADER_BYTES = 128 * 1024 * 1024;

type Fetch = typeof fetch;

/**
 * A local GGUF file (with its further shards, if it is the first of several) as model facts; `config` is the config.json beside it, which vLLM
 * takes instead of the header. Throws a FileProblem.
 */
export async function readGgufFile(files: ModelFiles, file: string, id: string, config: unknown = null): Promise<ModelFacts> {
  const shards = shardNames(file);
  const fetchSlice = localFetch(files);
  const parsed = await Promise.all(shards.map((shard) => parse(localUrl(shard), fetchSlice, shard)));
  return ggufFacts(parsed, { id, origin: file, source: 'gguf', config });
}

/** A GGUF file behind a URL, read by range requests with the given `fetch`. Throws a FileProblem. */
export async function readGgufUrl(url: string, request: Fetch, file: Omit<GgufOrigin, 'source'>): Promise<ModelFacts> {
  const urls = shardNames(url);
  const parsed = await Promise.all(urls.map((shard) => parse(shard, limited(request), shard)));
  return ggufFacts(parsed, { ...file, source: 'hub' });
}

async function parse(url: string, request: Fetch, name: string): Promise<GGUFParseOutput> {
  try {
    return await gguf(url, { fetch: request });
  } catch (error) {
    if (error instanceof FileProblem) throw error;
    throw new FileProblem(`${name} cannot be read as GGUF: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** All shards of a file named "…-00001-of-00003.gguf", else the file itself. */
function shardNames(file: string): readonly string[] {
  const match = /^(.*-)(00001)(-of-)(\d{5})(\.gguf)$/i.exec(file);
  if (!match) return [file];
  const [, stem = '', , of = '', total = '1', end = ''] = match;
  return Array.from(
    { length: Math.min(Number(total), MAX_SHARDS) },
    (_, i) => `${stem}${String(i + 1).padStart(5, '0')}${of}${total}${end}`,
  );
}

/** Published GGUF models have at most a few dozen shards. */
const MAX_SHARDS = 200;

/** The reader speaks range requests; local files answer them through the guarded file access. */
function localFetch(files: ModelFiles): Fetch {
  return limited(async (input, init) => {
    const file = decodeURIComponent(new URL(requestUrl(input)).searchParams.get('file') ?? '');
    const [from = 0, to = 0] = (/bytes=(\d+)-(\d+)/.exec(new Headers(init?.headers).get('range') ?? '') ?? []).slice(1).map(Number);
    const slice = await files.slice(file, from, to - from + 1);
    if (!slice) throw new FileProblem(`${file} does not exist.`);
    const end = from + slice.bytes.length - 1;
    return new Response(new Uint8Array(slice.bytes), { status: 206, headers: { 'content-range': `bytes ${from}-${end}/${slice.size}` } });
  });
}

function localUrl(file: string): string {
  return `http://local.invalid/?file=${encodeURIComponent(encodeURIComponent(file))}`;
}

function requestUrl(input: Parameters<Fetch>[0]): string {
  return typeof input === 'string' ? input : input instanceof URL ? input.href : input.url;
}

/** Refuses requests beyond the largest plausible header, whatever the file claims. */
function limited(request: Fetch): Fetch {
  return (input, init) => {
    const to = Number(/bytes=\d+-(\d+)/.exec(new Headers(init?.headers).get('range') ?? '')?.[1] ?? 0);
    const beyond = to > MAX_HEADER_BYTES;
    return beyond ? Promise.reject(new FileProblem(`a header of more than ${MAX_HEADER_BYTES} bytes`)) : request(input, init);
  };
}

interface GgufOrigin {
  readonly id: string;
  readonly origin: string;
  readonly source: ModelSourceId;
  /** The config.json beside the file; null without. */
  readonly config: unknown;
}

function ggufFacts(parsed: readonly GGUFParseOutput[], { id, origin, source, config }: GgufOrigin): ModelFacts {
  const [first] = parsed;
  if (!first) throw new FileProblem(`${origin} holds no GGUF header.`);
  const tensors = parsed.flatMap((shard) => shard.tensorInfos.map(storedTensor));
  const metadata: JsonObject = { ...first.metadata };
  const answer = architectureFromConfig(config ?? configFromGguf(metadata, tensors));
  if ('problem' in answer) throw new FileProblem(`${origin}: ${answer.problem}`);
  const type: unknown = metadata['general.file_type'];
  const fileType = typeof type === 'number' ? (GGMLFileQuantizationType[type] ?? null) : null;
  const read = { ...answer, quantization: ggufQuantization(fileType, tensors) };
  const facts = factsOf({ id, origin, source, read, assumptions: answer.assumptions, weights: summarizeWeights(tensors, null) });
  return { ...facts, source };
}

function storedTensor(info: GGUFParseOutput['tensorInfos'][number]): StoredTensor {
  const dtype: string = GGMLQuantizationType[info.dtype] ?? 'F16';
  const shape = info.shape.map(Number);
  const elements = shape.reduce((product, side) => product * side, 1);
  return { name: info.name, dtype, shape, bytes: Math.ceil(elements * (GGML_BYTES_PER_WEIGHT[dtype] ?? 2)) };
}
