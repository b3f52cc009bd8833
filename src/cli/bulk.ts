/** Estimates by the thousand: one JSON row in, one JSON line out, in order. */
import { createInterface } from 'node:readline';
import { analyze } from '../analysis/analyze';
import { draftModelOf } from '../analysis/drafting';
import type { Analysis } from '../analysis/analysis';
import { resolveGpu, roomierCard } from '../analysis/gpu';
import type { GpuCandidate, GpuResolution } from '../analysis/gpu';
import { servingSpeed } from '../analysis/speed';
import { deploymentOfArguments, withArguments } from '../deployments/argumentList';
import { estimateJson } from '../report/estimateJson';
import type { EstimateJson } from '../report/estimateJson';
import type { ArgumentValue } from '../vllm/arguments';
import { parseRelease } from '../vllm/release';
import { NEWEST_VERSION, UNKNOWN_VERSION } from '../vllm/versions';
import { EXIT, openInput, UsageError } from './command';
import type { Terminal } from './command';
import type { EstimateOptions } from './estimate';
import { lookupInConfig } from './models';
import type { CommandLineModels, ModelLookup } from './models';

/** A row's answer: the estimate, or why there is none. */
export type RowAnswer = ({ readonly id: unknown } & EstimateJson) | { readonly id: unknown; readonly error: string };

/** What a row says that cannot be used. */
class RowError extends Error {}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new RowError(`${what} must be an object`);
  return value as Fields;
}

/** A field of a type; null when it is absent or null. */
function field<T extends 'string' | 'number'>(fields: Fields, name: string, type: T): (T extends 'string' ? string : number) | null {
  const value = fields[name];
  if (value === undefined || value === null) return null;
  if (typeof value !== type) throw new RowError(`${name} must be a ${type}, not ${JSON.stringify(value)}`);
  return value as T extends 'string' ? string : number;
}

function positive(fields: Fields, name: string): number | null {
  const value = field(fields, name, 'number');
  if (value !== null && !(value > 0 && Number.isFinite(value))) throw new RowError(`${name} must be above 0, not ${value}`);
  return value;
}

function gpuOf(row: Fields): GpuCandidate | null {
  if (row['gpu'] === undefined || row['gpu'] === null) return null;
  const gpu = fieldsOf(row['gpu'], 'gpu');
  const count = positive(gpu, 'count');
  if (count !== null && !Number.isInteger(count)) throw new RowError(`gpu.count must be a whole number, not ${count}`);
  return {
    name: field(gpu, 'key', 'string') ?? field(gpu, 'name', 'string'),
    count,
    totalMemoryGib: positive(gpu, 'total_memory_gib'),
    freeMemoryGib: positive(gpu, 'free_memory_gib'),
    source: 'flag',
  };
}

/** Builds without a release: "0.1.dev1+g0a1b2c3" is what setuptools-scm makes of a checkout without tags. */
const NO_RELEASE = /^v?0\.[01](\.0)?\.?dev/;

/**
 * The row's version; unknown when the row says null or names no release, so that the ranges span the versions in use; null when it does not
 * say.
 */
function versionOf(row: Fields): string | null {
  if (row['vllm_version'] === null) return UNKNOWN_VERSION;
  const version = field(row, 'vllm_version', 'string');
  return version === null || (parseRelease(version) && !NO_RELEASE.test(version)) ? version : UNKNOWN_VERSION;
}

function modelOf(row: Fields, model: ArgumentValue | undefined, models: CommandLineModels): ModelLookup {
  const id = typeof model === 'string' ? model : '';
  if (row['model_config'] !== undefined && row['model_config'] !== null) return lookupInConfig(row['model_config'], id, 'the row');
  if (id === '' && !models.isManual) throw new RowError('args.model must name the model');
  return models.findById(id);
}

/** Answers one row. Never throws: what cannot be used becomes the row's error. */
export function answerRow(line: string, options: EstimateOptions, models: CommandLineModels): RowAnswer {
  let id: unknown = null;
  try {
    const row = fieldsOf(JSON.parse(line), 'a row');
    id = row['id'] ?? null;
    const version = options.version ?? versionOf(row) ?? NEWEST_VERSION;
    const args = fieldsOf(row['args'], 'args') as Readonly<Record<string, ArgumentValue>>;
    const deployment = withArguments(deploymentOfArguments(args, version), options.set, version);
    const { facts, problem } = modelOf(row, deployment.args.get('model'), models);
    if (!facts) throw new RowError(problem.message);
    const stated = gpuOf(row);
    const candidates = [options.gpu, stated].filter((candidate) => candidate !== null);
    const gpu = resolveGpu(candidates, deployment.args);
    if (gpu.problem !== null) throw new RowError(gpu.problem);
    const draftId = draftModelOf(deployment.args);
    const draft = draftId === null ? null : (models.findDraftById(draftId).facts?.model ?? null);
    const analyzed = (on: GpuResolution): Analysis =>
      analyze({ deployment, facts, modelProblem: null, gpu: on, version, draft, withoutRemedies: true });
    const first = analyzed(gpu);
    const roomier = first.report && roomierCard(gpu, first.report.perGpu);
    const analysis = roomier ? analyzed(roomier) : first;
    return { id, ...estimateJson(analysis, null, analysis.report && servingSpeed(analysis.report)) };
  } catch (error) {
    if (error instanceof RowError) return { id, error: error.message };
    if (error instanceof SyntaxError) return { id, error: `no JSON: ${error.message}` };
    return { id, error: `internal: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function codeOf(answer: RowAnswer): number {
  if ('error' in answer) return EXIT.unusable;
  if (answer.diagnostics.some(({ severity }) => severity === 'error')) return EXIT.doesNotFit;
  if (answer.outcome === null) return EXIT.unusable;
  return answer.outcome === 'ok' ? EXIT.ok : EXIT.doesNotFit;
}

/** Characters gathered before they are written. */
const BATCH = 64 * 1024;

/** Answers every row of a file, or of standard input for `-`, as it is read. */
export async function estimateRows(
  source: string,
  options: EstimateOptions,
  models: CommandLineModels,
  terminal: Terminal,
): Promise<number> {
  let code: number = EXIT.ok;
  let batch = '';
  try {
    for await (const line of createInterface({ input: openInput(source, terminal), crlfDelay: Infinity })) {
      if (line.trim() === '') continue;
      const answer = answerRow(line, options, models);
      code = Math.max(code, codeOf(answer));
      batch += `${JSON.stringify(answer)}\n`;
      if (batch.length >= BATCH) {
        await terminal.write(batch);
        batch = '';
      }
    }
  } catch (error) {
    throw new UsageError(`--jsonl "${source}" cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
  }
  await terminal.write(batch);
  return code;
}
