import { downloadFile, HubApiError, listFiles, modelInfo, parseSafetensorsMetadata } from '@huggingface/hub';
import type { SafetensorsParseFromRepo } from '@huggingface/hub';
import { isJsonObject } from './config/fields';
import { quantizationOf } from './config/quantization';
import { factsOf } from './facts';
import { FileProblem, MAX_CONFIG_BYTES, parseJson } from './files';
import { chooseGguf, chosenFacts, ggufTypeIn } from './ggufChoice';
import { architectureFromConfig } from './hfConfig';
import type { HubAccess } from './hub';
import type { KeptModel } from './hubStore';
import { boundedFetch } from './boundedFetch';
import { configFromMistralParams } from './mistralParams';
import { tensorsOf } from './safetensors';
import type { ModelFacts } from './source';
import { factsToJson } from './source';
import { summarizeWeights } from './weights';
import type { StoredTensor } from './weights';

/** Asks the Hub about a model. Rejects when it is aborted, and with errors that {@link explain} puts into words. */
export async function download(id: string, revision: string | null, access: HubAccess, signal?: AbortSignal): Promise<KeptModel> {
  const [name = id] = id.split(':');
  const request = withToken(boundedFetch(access.fetch, access.timeoutMs, signal), access.endpoint, await access.token());
  const common = { hubUrl: access.endpoint, fetch: request };
  const info = await modelInfo({ name, ...common, ...(revision === null ? {} : { revision }), additionalFields: ['sha'] });
  const commit = info.sha;
  const repo: Repo = { ...common, repo: name, revision: commit };
  const origin = `${access.endpoint}/${name}/tree/${commit}`;
  // Asked for at once: each round trip costs as much as the slowest of them.
  const [stated, beside, tensors] = await Promise.all([json(repo, 'config.json'), json(repo, 'hf_quant_config.json'), storedTensors(repo)]);
  const config = stated ?? configFromMistralParams(await json(repo, 'params.json'));
  // Repositories of GGUF files often have the base model's config.json beside them.
  const mayBeGguf = config === null || tensors === null || ggufTypeIn(id) !== null;
  const fromFile = mayBeGguf ? await fromGguf(repo, id, origin, stated) : null;
  const facts = fromFile ?? fromConfig({ id, origin, config, beside, tensors });
  return { commit, facts: factsToJson(facts) };
}

/** The model's file in a repository of GGUF files; null where it has none. */
async function fromGguf(repo: Repo, id: string, origin: string, config: unknown): Promise<ModelFacts | null> {
  const names: string[] = [];
  for await (const entry of listFiles({ ...repo, recursive: true })) names.push(entry.path);
  const chosen = chooseGguf(names, id, origin);
  if (chosen === null) return null;
  const encoded = chosen.file.split('/').map(encodeURIComponent).join('/');
  const url = `${repo.hubUrl}/${repo.repo}/resolve/${repo.revision}/${encoded}`;
  const { readGgufUrl } = await import('./ggufFile');
  const facts = await readGgufUrl(url, repo.fetch, { id, origin: `${origin}/${chosen.file}`, config });
  return chosenFacts(facts, chosen);
}

async function json(repo: Repo, file: string): Promise<unknown> {
  const blob = await downloadFile({ ...repo, path: file });
  if (blob === null) return null;
  if (blob.size > MAX_CONFIG_BYTES) throw new FileProblem(`${file} of ${repo.repo} has ${blob.size} bytes; that is no ${file}.`);
  return parseJson(await blob.text(), `${file} of ${repo.repo}`);
}

/** What a repository holds of one model. */
interface Found {
  readonly id: string;
  readonly origin: string;
  readonly config: unknown;
  /** hf_quant_config.json, which ModelOpt leaves beside configs that do not mention it. */
  readonly beside: unknown;
  readonly tensors: readonly StoredTensor[] | null;
}

function fromConfig({ id, origin, config, beside, tensors }: Found): ModelFacts {
  const answer = architectureFromConfig(config);
  if ('problem' in answer) throw new FileProblem(`${origin}: ${answer.problem}`);
  const read = !answer.quantization && isJsonObject(beside) ? { ...answer, quantization: quantizationOf(beside) } : answer;
  const weights = tensors ? summarizeWeights(tensors, read.architecture.layout.length) : null;
  const facts = factsOf({ id, origin, source: 'hub', read, assumptions: answer.assumptions, weights });
  return { ...facts, source: 'hub' };
}

interface Repo {
  readonly repo: string;
  readonly revision: string;
  readonly hubUrl: string;
  readonly fetch: typeof fetch;
}

/**
 * `fetch` that shows the token to the endpoint and to nobody else: storage servers a download is redirected to never see
 * it. (The library would accept only tokens of the public Hub's form; mirrors have others.)
 */
function withToken(request: typeof fetch, endpoint: string, token: string | null): typeof fetch {
  if (token === null) return request;
  return (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    const headers = new Headers(init?.headers);
    if (new URL(url).origin === new URL(endpoint).origin) headers.set('authorization', `Bearer ${token}`);
    return request(input, { ...init, headers });
  };
}

/** Headers of all shards by range requests; null when the repository has no safetensors. */
async function storedTensors(repo: Repo): Promise<readonly StoredTensor[] | null> {
  let parsed: SafetensorsParseFromRepo;
  try {
    parsed = await parseSafetensorsMetadata({ ...repo });
  } catch (error) {
    if (error instanceof HubApiError || isNetworkError(error)) throw error;
    return null;
  }
  const headers = parsed.sharded ? Object.values(parsed.headers) : [parsed.header];
  return headers.flatMap((header) => tensorsOf(header, repo.repo));
}

function isNetworkError(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof DOMException && error.name !== 'SyntaxError');
}

/** What went wrong, where, and the way out. */
export function explain(error: unknown, id: string, access: HubAccess): string {
  const host = hostOf(access.endpoint);
  if (error instanceof FileProblem) return error.message;
  if (error instanceof HubApiError) return explainStatus(error.statusCode, id, host);
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return `${host} did not answer within ${access.timeoutMs / 1000} seconds. Try again, or set HF_ENDPOINT to a nearer mirror.`;
  }
  if (error instanceof SyntaxError)
    return `${host} answered for ${id} with something that is not JSON. Check HF_ENDPOINT and any proxy in between.`;
  const cause =
    error instanceof Error && error.cause instanceof Error ? error.cause.message : error instanceof Error ? error.message : String(error);
  return `${host} cannot be reached (${cause}). Check the connection, or put the model's config.json beside the file.`;
}

function explainStatus(status: number, id: string, host: string): string {
  switch (status) {
    case 401:
      return `${host} asks for a token for ${id}, or does not know it (401). Set an access token, or check the name.`;
    case 403:
      return `${host} refuses ${id} with this token (403). Accept the model's conditions on its page, or use another token.`;
    case 404:
      return `${host} has no model ${id}, or not at this revision (404). Check the name and the revision.`;
    case 429:
      return `${host} asks to wait (429, too many requests). Try again in a few minutes, or set an access token.`;
    default:
      return status >= 500 ? `${host} has a problem of its own (${status}). Try again later.` : `${host} answered ${status} for ${id}.`;
  }
}

function hostOf(endpoint: string): string {
  try {
    return new URL(endpoint).host;
  } catch {
    return endpoint;
  }
}
