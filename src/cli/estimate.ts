import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import type { Analysis } from '../analysis/analysis';
import { analyze } from '../analysis/analyze';
import { draftModelOf } from '../analysis/drafting';
import { resolveGpu } from '../analysis/gpu';
import type { GpuCandidate } from '../analysis/gpu';
import { servingSpeed } from '../analysis/speed';
import { typedValue, withArguments } from '../deployments/argumentList';
import type { Deployment } from '../deployments/deployment';
import { Lines } from '../deployments/lines';
import { readNamedFile } from '../deployments/readers';
import { findGpu, nearestGpus } from '../estimator/hardware/catalogue';
import { whyNoGpu } from '../estimator/hardware/gpuRemarks';
import { estimateJson } from '../report/estimateJson';
import type { EstimateJson } from '../report/estimateJson';
import { reportText } from '../report/text';
import { canonicalName, nearestArguments, resolveArgumentName } from '../vllm/argumentTable';
import type { ArgumentValue } from '../vllm/arguments';
import { parseRelease } from '../vllm/release';
import { NEWEST_VERSION } from '../vllm/versions';
import { estimateRows } from './bulk';
import { EXIT, parseOptions, positiveInteger, positiveNumber, UsageError } from './command';
import type { Command, Terminal } from './command';
import { CommandLineModels } from './models';

const OPTIONS = {
  json: { type: 'boolean' },
  gpu: { type: 'string' },
  'gpu-count': { type: 'string' },
  'gpu-memory-gib': { type: 'string' },
  'vllm-version': { type: 'string' },
  set: { type: 'string', multiple: true },
  'model-config': { type: 'string' },
  jsonl: { type: 'string' },
} as const;

const HELP = `usage: vllm-vram estimate FILE... [options]
       vllm-vram estimate --jsonl ROWS|- [options]

Where each GPU's memory goes under a vLLM configuration file, and whether vLLM would start.

  --gpu KEY              GPU: a key (rtx_4090) or a name ("NVIDIA L40S"); the command gpus lists them
  --gpu-count N          number of GPUs; without it, as many as the parallel sizes ask for
  --gpu-memory-gib X     memory per GPU as torch reports it, instead of the catalogue's; enough without --gpu
  --vllm-version V       vLLM release (default ${NEWEST_VERSION}); wins over the file's own directive
  --set KEY=VALUE        an argument that wins over the file's; may be repeated
  --model-config FILE    config.json of the model
  --json                 one JSON document instead of text
  --jsonl ROWS           rows of {"id", "args", "gpu": {"key" or "name", "count", "total_memory_gib",
                         "free_memory_gib"}, "vllm_version"}, one per line from a file or from
                         standard input (-); answers one JSON line each, in order

Without --gpu, a comment in the file names the GPU: # vram: gpu=rtx_4090 count=2

exit code: 0 all fit, 1 something does not, 2 input that cannot be used or judged`;

/** What the flags say, checked. */
export interface EstimateOptions {
  readonly gpu: GpuCandidate | null;
  /** null to follow the file. */
  readonly version: string | null;
  readonly set: Readonly<Record<string, ArgumentValue>>;
}

function gpuOption(name: string | undefined, count: string | undefined, memory: string | undefined): GpuCandidate | null {
  if (name === undefined && count === undefined && memory === undefined) return null;
  const totalMemoryGib = memory === undefined ? null : positiveNumber('gpu-memory-gib', memory, 'GiB');
  if (name !== undefined && !findGpu(name, totalMemoryGib ?? undefined)) {
    const near = nearestGpus(name, 5).map(({ key }) => key);
    const why = whyNoGpu(name);
    const hint = near.length > 0 ? ` Nearest keys: ${near.join(', ')}.` : '';
    throw new UsageError(`--gpu "${name}" is not known${why === null ? '' : `: ${why}`}.${hint} Other cards: --gpu-memory-gib alone.`);
  }
  return {
    name: name ?? null,
    count: count === undefined ? null : positiveInteger('gpu-count', count, 'GPUs'),
    totalMemoryGib,
    source: 'flag',
  };
}

function settings(given: readonly string[], version: string): Readonly<Record<string, ArgumentValue>> {
  const entries = given.map((text): [string, ArgumentValue] => {
    const at = text.indexOf('=');
    if (at < 1) throw new UsageError(`--set "${text}" is not allowed: key=value is needed, such as max-model-len=8192.`);
    const key = text.slice(0, at).replace(/^--/, '');
    const { kind } = resolveArgumentName(key, version);
    if (kind !== 'known' && kind !== 'prefix') {
      const near = nearestArguments(key, version).map(({ name }) => name);
      const hint = near.length > 0 ? ` Nearest: ${near.join(', ')}.` : '';
      throw new UsageError(`--set "${text}" is not allowed: vLLM ${version} has no argument ${canonicalName(key)}.${hint}`);
    }
    return [key, typedValue(text.slice(at + 1))];
  });
  return Object.fromEntries(entries);
}

function versionOption(version: string | undefined): string | null {
  if (version === undefined) return null;
  if (!parseRelease(version))
    throw new UsageError(`--vllm-version "${version}" is not allowed: a release such as ${NEWEST_VERSION} is needed.`);
  return version;
}

/** One file that gave no estimate. */
interface Skipped {
  readonly file: string;
  readonly reason: string;
}

/** Where the models that files name come from. */
type FileModels = Pick<CommandLineModels, 'find' | 'findDraft'>;

interface FileEstimate {
  readonly analysis: Analysis;
  readonly file: string;
  readonly lines: Lines;
}

/** What a file's deployments come to, or why it is skipped: a file on which the estimate fails costs the others nothing. */
export async function estimateFile(
  file: string,
  options: EstimateOptions,
  models: FileModels,
  cwd: string,
): Promise<readonly FileEstimate[] | Skipped> {
  const location = path.resolve(cwd, file);
  let text: string;
  try {
    text = await readFile(location, 'utf8');
  } catch (error) {
    return { file, reason: error instanceof Error ? error.message : String(error) };
  }
  try {
    const deployments = readNamedFile(path.relative(cwd, location), text, options.version ?? NEWEST_VERSION);
    if (deployments.length === 0) return { file, reason: 'It configures no vLLM engine: no key of `vllm serve` stands at its top level.' };
    const lines = new Lines(text);
    const folders = [path.dirname(location), cwd];
    return await Promise.all(
      deployments.map(async (read) => ({ analysis: await judge(read, text, options, models, folders), file, lines })),
    );
  } catch (error) {
    return {
      file,
      reason: `The estimate itself fails on it: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`,
    };
  }
}

async function judge(
  read: Deployment,
  text: string,
  options: EstimateOptions,
  models: FileModels,
  folders: readonly string[],
): Promise<Analysis> {
  const version = options.version ?? read.vllmVersion ?? NEWEST_VERSION;
  const deployment = withArguments(read, options.set, version);
  const { facts, problem } = await models.find(deployment.args.get('model'), deployment.args.get('revision'), folders);
  const draftId = draftModelOf(deployment.args);
  const draft = draftId === null ? null : (await models.findDraft(draftId, folders)).facts;
  const gpu = resolveGpu([...(options.gpu ? [options.gpu] : []), ...deployment.gpuHints], deployment.args);
  return analyze({ deployment, facts, modelProblem: problem, gpu, version, draft: draft?.model ?? null, text });
}

/** The exit code of one estimate: what cannot be judged is not called fitting. */
function exitOf({ report, findings }: Analysis): number {
  if (findings.some(({ severity }) => severity === 'error')) return EXIT.doesNotFit;
  if (!report || report.outcome === null) return EXIT.unusable;
  return report.outcome === 'ok' ? EXIT.ok : EXIT.doesNotFit;
}

function isSkipped(result: readonly FileEstimate[] | Skipped): result is Skipped {
  return 'reason' in result;
}

async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseOptions(args, OPTIONS);
  const version = versionOption(values['vllm-version']);
  const options: EstimateOptions = {
    gpu: gpuOption(values.gpu, values['gpu-count'], values['gpu-memory-gib']),
    version,
    set: settings(values.set ?? [], version ?? NEWEST_VERSION),
  };
  const models = await CommandLineModels.open(values['model-config'], terminal.cwd);
  if (values.jsonl !== undefined) {
    if (positionals.length > 0) throw new UsageError(`--jsonl takes no files beside it: ${positionals.join(', ')}.`);
    return estimateRows(values.jsonl, options, models, terminal);
  }
  if (positionals.length === 0) throw new UsageError('no file is given: vllm-vram estimate FILE... or --jsonl ROWS.');
  const results = await Promise.all(positionals.map((file) => estimateFile(file, options, models, terminal.cwd)));
  const skipped = results.filter(isSkipped);
  const estimates = results.flatMap((result) => (isSkipped(result) ? [] : result));
  await terminal.write(values.json === true ? asJson(estimates, skipped) : asText(estimates));
  for (const { file, reason } of skipped) terminal.writeError(`${file}: skipped: ${reason}\n`);
  return Math.max(skipped.length > 0 ? EXIT.unusable : EXIT.ok, ...estimates.map(({ analysis }) => exitOf(analysis)));
}

function asJson(estimates: readonly FileEstimate[], skipped: readonly Skipped[]): string {
  const deployments: readonly EstimateJson[] = estimates.map(({ analysis, file, lines }) =>
    estimateJson(analysis, { file, positionAt: (offset) => lines.positionAt(offset) }, analysis.report && servingSpeed(analysis.report)),
  );
  return `${JSON.stringify({ deployments, skipped }, null, 2)}\n`;
}

function asText(estimates: readonly FileEstimate[]): string {
  return estimates
    .map(({ analysis, file, lines }) => `${reportText(analysis, file, (offset) => lines.positionAt(offset).line + 1)}\n`)
    .join('\n');
}

export const estimateCommand: Command = {
  name: 'estimate',
  summary: 'memory, KV cache and verdict of vLLM configuration files, or of many rows at once',
  help: HELP,
  run,
};
