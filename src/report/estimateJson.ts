/** One estimate as JSON: the shape that the command line, the HTTP server and the agent tools share. */
import type { Analysis, PlacedFinding } from '../analysis/analysis';
import { usedShare } from '../analysis/derived';
import type { Deployment, ReaderId } from '../deployments/deployment';
import type { Position } from '../deployments/lines';
import type { GpuSource } from '../estimator/hardware/gpu';
import { memoryStatus } from '../estimator/memoryStatus';
import type { MemoryStatus } from '../estimator/contracts/finetuning';
import type { Ranged } from '../estimator/ranged';
import type { InferenceResponse } from '../estimator/contracts/inference';
import { GIB } from '../estimator/units';
import type { Confidence, ModelSourceId } from '../models/source';
import type { ArgumentValue } from '../vllm/arguments';
import type { Fix, Severity } from '../vllm/findings';
import type { Outcome, StartupReport } from '../vllm/startup/report';

export interface DiagnosticJson {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  /** vLLM's own words; null when it says nothing. */
  readonly vllm_message: string | null;
  readonly key: string | null;
  /** null when the arguments come from no file. */
  readonly range: RangeInFile | null;
  readonly fixes: readonly FixJson[];
}

export interface FixJson {
  readonly title: string;
  readonly edits: Readonly<Record<string, ArgumentValue>>;
  readonly remove?: readonly string[];
  readonly rename?: Readonly<Record<string, string>>;
  /** Text to put in place of what stands there. */
  readonly replace?: readonly { readonly range: RangeInFile; readonly text: string }[];
}

interface RangeInFile {
  readonly start: Position;
  readonly end: Position;
}

type Low = number;
type High = number;
type RangeJson = readonly [Low, High] | null;

/** Memory in GiB, lengths in tokens, speed as the names say; what is not known is null. */
export interface EstimateJson {
  readonly file: string | null;
  /** 1-based line where the deployment begins. */
  readonly line: number | null;
  readonly reader: ReaderId;
  readonly model: {
    readonly id: string | null;
    readonly source: ModelSourceId | null;
    readonly parameters: number | null;
    readonly confidence: Confidence | null;
  };
  readonly gpu: {
    readonly key: string;
    readonly label: string;
    readonly count: number;
    readonly total_memory_gib: number;
    readonly source: GpuSource;
  } | null;
  readonly vllm_version: string;
  readonly per_gpu: {
    readonly budget_gib: number | null;
    readonly weights_gib: number | null;
    /** As the first rank prints it; what is left for the KV cache counts the fullest rank's, which in a pipeline is the last. */
    readonly activation_peak_gib: number | null;
    readonly cuda_graph_gib: number | null;
    readonly non_torch_gib: number | null;
    readonly kv_cache_gib: number | null;
    readonly peak_used_gib: number | null;
  };
  readonly kv_cache: {
    readonly bytes_per_token_per_gpu: number | null;
    readonly tokens: number | null;
    readonly block_size: number | null;
    readonly max_concurrency: number | null;
    readonly needed_for_max_model_len_gib: number | null;
    readonly max_model_len_that_fits: number | null;
  };
  readonly host: { readonly cpu_offload_gib: number | null; readonly ram_required_gib: number | null };
  readonly outcome: Outcome | null;
  readonly memory_status: MemoryStatus | null;
  readonly range: {
    readonly weights_gib: RangeJson;
    readonly activation_peak_gib: RangeJson;
    readonly cuda_graph_gib: RangeJson;
    readonly non_torch_gib: RangeJson;
    readonly kv_cache_gib: RangeJson;
    readonly kv_cache_tokens: RangeJson;
    readonly max_concurrency: RangeJson;
    readonly max_model_len_that_fits: RangeJson;
  };
  readonly speed: SpeedJson;
  readonly assumptions: readonly string[];
  readonly diagnostics: readonly DiagnosticJson[];
}

/** Serving speed of one request alone. */
export interface SpeedJson {
  readonly time_to_first_token_ms: number | null;
  readonly ms_per_token: number | null;
  readonly per_user_tps: number | null;
  readonly throughput_tps: number | null;
  readonly power_w: number | null;
}

function speedJson(speed: InferenceResponse | null): SpeedJson {
  return {
    time_to_first_token_ms: rounded(speed?.ttft_ms),
    ms_per_token: rounded(speed?.tpot_ms),
    per_user_tps: rounded(speed?.per_user_tps),
    throughput_tps: rounded(speed?.estimated_throughput_tps),
    power_w: rounded(speed?.estimated_power_draw),
  };
}

/** Where a deployment stands. */
export interface Place {
  readonly file: string;
  /** Position of an offset. */
  readonly positionAt: (offset: number) => Position;
}

/** Digits that survive: a tenth of a MiB, a thousandth of a request. */
const DECIMALS = 1e4;

function rounded(value: number | null | undefined): number | null {
  return value === null || value === undefined || !Number.isFinite(value) ? null : Math.round(value * DECIMALS) / DECIMALS;
}

/** As many digits, and never more requests than fit. */
function floored(value: number | null | undefined): number | null {
  return value === null || value === undefined || !Number.isFinite(value) ? null : Math.floor(value * DECIMALS) / DECIMALS;
}

function inGib(bytes: number | null | undefined): number | null {
  return bytes === null || bytes === undefined ? null : rounded(bytes / GIB);
}

function gibRange(figure: Ranged | null | undefined): RangeJson {
  return figure ? [rounded(figure.low / GIB) ?? 0, rounded(figure.high / GIB) ?? 0] : null;
}

function tokenRange(figure: Ranged | null | undefined): RangeJson {
  return figure ? [Math.trunc(figure.low), Math.trunc(figure.high)] : null;
}

function wholeTokens(value: number | null | undefined): number | null {
  return value === null || value === undefined || !Number.isFinite(value) ? null : Math.trunc(value);
}

/** The keys a fix takes out, as written in the file. */
function removedKeys({ remove, removeAt = [] }: Fix, { arguments: written }: Deployment): readonly string[] {
  return [...remove, ...written.filter(({ keyRange }) => removeAt.includes(keyRange.start)).map((argument) => argument.written)];
}

function rangeIn({ positionAt }: Place, { start, end }: { readonly start: number; readonly end: number }): RangeInFile {
  return { start: positionAt(start), end: positionAt(end) };
}

function fixJson(fix: Fix, deployment: Deployment, place: Place | null): FixJson {
  const remove = removedKeys(fix, deployment);
  const { title, edits, rename } = fix;
  const replace = place && fix.replace?.map((edit) => ({ range: rangeIn(place, edit), text: edit.text }));
  return { title, edits, ...(remove.length > 0 ? { remove } : {}), ...(rename ? { rename } : {}), ...(replace ? { replace } : {}) };
}

function diagnostic(finding: PlacedFinding, deployment: Deployment, place: Place | null): DiagnosticJson {
  const { code, severity, message, vllmMessage, key, fixes } = finding;
  return {
    code,
    severity,
    message,
    vllm_message: vllmMessage,
    key,
    range: place && rangeIn(place, finding),
    fixes: fixes.map((fix) => fixJson(fix, deployment, place)),
  };
}

function status(report: StartupReport | null): MemoryStatus | null {
  if (!report || report.outcome === null) return null;
  if (report.outcome === 'invalid') return 'error';
  return report.outcome === 'ok' ? memoryStatus(usedShare(report) ?? NaN) : 'insufficient';
}

/** The estimate of one deployment; `place` is null when its arguments come from no file, `speed` when it is unknown. */
export function estimateJson(analysis: Analysis, place: Place | null, speed: InferenceResponse | null): EstimateJson {
  const { deployment, facts, gpu, report, version, findings, gpuAssumptions } = analysis;
  const model = deployment.args.get('model');
  const perGpu = report?.perGpu;
  const cache = report?.kvCache;
  return {
    file: place?.file ?? null,
    line: place ? place.positionAt(deployment.range.start).line + 1 : null,
    reader: deployment.reader,
    model: {
      id: typeof model === 'string' ? model : null,
      source: facts?.source ?? null,
      parameters: facts?.parameters ?? null,
      confidence: facts?.confidence ?? null,
    },
    gpu: gpu && {
      key: gpu.gpu.key,
      label: gpu.gpu.label,
      count: gpu.count,
      total_memory_gib: gpu.totalMemoryGib,
      source: gpu.source,
    },
    vllm_version: version,
    per_gpu: {
      budget_gib: inGib(perGpu?.budget),
      weights_gib: inGib(perGpu?.weights.value),
      activation_peak_gib: inGib(perGpu?.firstRankActivation),
      cuda_graph_gib: inGib(perGpu?.cudaGraphs?.value),
      non_torch_gib: inGib(perGpu?.nonTorch?.value),
      kv_cache_gib: inGib(perGpu?.kvCache?.value),
      peak_used_gib: inGib(perGpu?.peakUsed?.value),
    },
    kv_cache: {
      bytes_per_token_per_gpu: rounded(cache?.bytesPerTokenPerGpu),
      tokens: wholeTokens(cache?.tokens?.value),
      block_size: cache?.blockSize ?? null,
      max_concurrency: floored(cache?.maxConcurrency?.value),
      needed_for_max_model_len_gib: inGib(cache?.neededForMaxModelLen),
      max_model_len_that_fits: wholeTokens(cache?.maxModelLenThatFits?.value),
    },
    host: { cpu_offload_gib: inGib(report?.host.cpuOffloadBytes), ram_required_gib: inGib(report?.host.required?.value) },
    outcome: report?.outcome ?? null,
    memory_status: status(report),
    range: {
      weights_gib: gibRange(perGpu?.weights),
      activation_peak_gib: gibRange(perGpu?.activationPeak),
      cuda_graph_gib: gibRange(perGpu?.cudaGraphs),
      non_torch_gib: gibRange(perGpu?.nonTorch),
      kv_cache_gib: gibRange(perGpu?.kvCache),
      kv_cache_tokens: tokenRange(cache?.tokens),
      max_concurrency: cache?.maxConcurrency ? [floored(cache.maxConcurrency.low) ?? 0, floored(cache.maxConcurrency.high) ?? 0] : null,
      max_model_len_that_fits: tokenRange(cache?.maxModelLenThatFits),
    },
    speed: speedJson(speed),
    assumptions: [...gpuAssumptions, ...(facts?.assumptions ?? []), ...(report?.assumptions ?? [])],
    diagnostics: findings.map((finding) => diagnostic(finding, deployment, place)),
  };
}
