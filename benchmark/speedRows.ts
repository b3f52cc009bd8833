import { existsSync, readFileSync } from 'node:fs';
import { vllmMemory } from '../src/analysis/inferenceMemory';
import { requestModels } from '../src/cli/requests';
import { servingOf } from '../src/estimator/contracts/inferenceEstimate';
import { resolveInference } from '../src/estimator/contracts/inferenceRequest';
import type { SpeedConstants } from '../src/estimator/speed/constants';
import { estimateSpeed, type SpeedEstimate, type SpeedInput } from '../src/estimator/speed/estimate';
import type { Ranged } from '../src/estimator/ranged';
import type { Catalogue } from '../src/models/catalogue';
import { simulateStartup } from '../src/vllm/startup/simulate';

/** One published measurement of inference speed; null where the source does not say. */
export interface SpeedRow {
  readonly id: string;
  readonly source: string;
  readonly grade: string;
  readonly engine_norm: string;
  readonly engine_version: string | null;
  readonly model: string;
  readonly quantization: string | null;
  readonly weight_format: string | null;
  readonly kv_dtype: string | null;
  readonly gpu_name: string | null;
  readonly gpu_norm: string | null;
  readonly gpu_count: number | null;
  readonly tp: number | null;
  readonly pp: number | null;
  readonly ep_dp: string | null;
  readonly input_len: number | null;
  readonly output_len: number | null;
  readonly concurrency: number | null;
  readonly metric: string;
  readonly value: number;
}

/** Quantities that are judged, each over the rows of some metrics. */
export type SpeedQuantityName = 'single-stream decode' | 'TPOT under load' | 'TTFT and prefill' | 'power' | 'throughput';

/** Ways to ask about the same row: what a caller may leave out of the request, or say otherwise. */
export const VARIANTS = {
  'as written': {},
  'without engine_version': { withoutVersion: true },
  'tensor parallelism by name': { parallelismByName: true },
  'num_gpus alone': { gpusAlone: true },
  'seq_length for input_length': { contextForPrompt: true },
} as const satisfies Readonly<Record<string, Variant>>;

export interface Variant {
  readonly withoutVersion?: boolean;
  /** `inference_parallelism: tensor` instead of the sizes. */
  readonly parallelismByName?: boolean;
  /** Neither sizes nor `inference_parallelism`. */
  readonly gpusAlone?: boolean;
  readonly contextForPrompt?: boolean;
}

/** One row with the request that asks for its figure. */
export interface SpeedCase {
  readonly row: SpeedRow;
  readonly quantity: SpeedQuantityName;
  readonly request: Readonly<Record<string, unknown>>;
  /** What the product makes of the request. */
  readonly input: SpeedInput;
}

/** A row the product does not answer, and why. */
export interface RefusedRow {
  readonly row: SpeedRow;
  readonly problems: readonly string[];
}

/** The project's own rows leave out what their sources do not state. */
const NOTHING_STATED: Partial<SpeedRow> = {
  engine_version: null,
  quantization: null,
  weight_format: null,
  kv_dtype: null,
  gpu_name: null,
  gpu_norm: null,
  gpu_count: null,
  tp: null,
  pp: null,
  ep_dp: null,
  input_len: null,
  output_len: null,
  concurrency: null,
};

/** The rows of a JSON Lines file. */
export function readSpeedRows(path: string): readonly SpeedRow[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({ ...NOTHING_STATED, ...(JSON.parse(line) as Partial<SpeedRow>) }) as SpeedRow);
}

/** The rows beside the repository where they are, otherwise the project's own copy of those that are judged. */
export function defaultSpeedRows(): string {
  const shared = '../shared/measurements/speed.jsonl';
  return existsSync(shared) ? shared : 'test/fixtures/measured/speed.jsonl';
}

/** Judged rows of grade A or B as requests, resolved as the command line resolves them, and the rows it refuses. */
export function askSpeed(
  rows: readonly SpeedRow[],
  catalogue: Catalogue,
  variant: Variant = {},
): { readonly cases: readonly SpeedCase[]; readonly refused: readonly RefusedRow[] } {
  const models = requestModels(catalogue);
  const memory = vllmMemory(simulateStartup);
  const cases: SpeedCase[] = [];
  const refused: RefusedRow[] = [];
  for (const row of rows) {
    const quantity = quantityOf(row);
    if (quantity === null || row.grade === 'C') continue;
    const request = requestOf(row, variant);
    const resolved = resolveInference(request, models);
    if (!resolved.ok) {
      refused.push({ row, problems: resolved.problems.map((problem) => problem.message) });
      continue;
    }
    const { facts, request: read } = resolved.request;
    cases.push({ row, quantity, request, input: servingOf(read, { ...facts, memory }) });
  }
  return { cases, refused };
}

/** The cases alone, as the rows are written. */
export function speedCases(rows: readonly SpeedRow[], catalogue: Catalogue): readonly SpeedCase[] {
  return askSpeed(rows, catalogue).cases;
}

function quantityOf(row: SpeedRow): SpeedQuantityName | null {
  const loaded = row.concurrency !== null && row.input_len !== null && row.output_len !== null && row.tp !== null;
  const alone = row.concurrency === null || row.concurrency === 1;
  switch (row.metric) {
    case 'decode_tps_single_stream':
      return alone ? 'single-stream decode' : null;
    case 'tpot_ms':
      return loaded ? 'TPOT under load' : null;
    case 'ttft_ms':
      return loaded ? 'TTFT and prefill' : null;
    case 'prefill_tps':
      return row.input_len !== null && alone ? 'TTFT and prefill' : null;
    case 'decode_tps_total':
      return loaded ? 'throughput' : null;
    case 'power_w':
      // A server whose meter mostly saw it idle is not judged: those rows have no concurrency.
      return row.concurrency === null ? null : 'power';
    default:
      return null;
  }
}

/** A row's fields under the contract's names, values as they are written. */
export function requestOf(row: SpeedRow, variant: Variant = {}): Readonly<Record<string, unknown>> {
  const times = timesCounted(row);
  const once = (size: number | null): number | null => (size === null || size === 1 ? size : size / times);
  const gpus = once(row.gpu_count ?? row.tp) ?? 1;
  const sizes = {
    tensor_parallel_size: once(row.tp),
    pipeline_parallel_size: row.pp,
    data_parallel_size: once(rankOf(row, 'attn_dp')),
    expert_parallel_size: rankOf(row, 'moe_ep'),
  };
  const parallelism = variant.gpusAlone ? {} : variant.parallelismByName ? (gpus > 1 ? { inference_parallelism: 'tensor' } : {}) : sizes;
  const lengths = variant.contextForPrompt
    ? { seq_length: row.input_len === null ? null : Math.max(1, row.input_len + (row.output_len ?? 0)), output_length: row.output_len }
    : { input_length: row.input_len, output_length: row.output_len };
  return {
    gpu_key: row.gpu_norm ?? row.gpu_name,
    llm_key: row.model,
    quantization: row.quantization,
    kv_cache_quantization: row.kv_dtype,
    num_gpus: gpus,
    ...parallelism,
    ...lengths,
    concurrent_users: row.concurrency,
    engine: row.engine_norm,
    engine_version: variant.withoutVersion ? null : row.engine_version,
  };
}

/**
 * How often a row counts its GPUs. The table of aiconfigurator's measurements multiplies the expert parallel size with the tensor parallel size,
 * of which it is a part: figures of rows on 64 and on 16 GPUs ("moe_tp8 moe_ep8", "moe_tp4 moe_ep4") are those of rows on 8 and on 4
 * ("moe_tp1 moe_ep8", "moe_tp1 moe_ep4") to the last digit. Rows of TensorRT-LLM's own notation, where both do multiply, leave `attn_dp` open.
 */
function timesCounted(row: SpeedRow): number {
  const [tensor, expert] = [rankOf(row, 'moe_tp') ?? 1, rankOf(row, 'moe_ep') ?? 1];
  return tensor === expert && tensor * expert === row.gpu_count && rankOf(row, 'attn_dp') !== null ? tensor : 1;
}

/** The size of one kind of parallelism in a source's own notation ("moe_tp8 moe_ep8 attn_dp1"); null where it states none. */
function rankOf(row: SpeedRow, name: string): number | null {
  return Number(new RegExp(`${name}(\\d+)`).exec(row.ep_dp ?? '')?.[1] ?? 0) || null;
}

/** What the row's source divides by what: Qwen's tables count the prompt's time in the speed of generation. */
const COUNTS_PREFILL = new Set(['qwen-speed-docs', 'qwen-v1-readme']);

/** The estimate of a row's figure, in the row's unit. */
export function estimateOf(testCase: SpeedCase, constants?: SpeedConstants): Ranged {
  return figureOf(testCase, estimateSpeed(testCase.input, constants));
}

function figureOf({ row, input }: SpeedCase, estimate: SpeedEstimate): Ranged {
  switch (row.metric) {
    case 'decode_tps_single_stream': {
      if (!COUNTS_PREFILL.has(row.source)) return estimate.decodeTpsSingleStream;
      const { decodeTpsSingleStream: decode, prefillMs } = estimate;
      const rate = (tps: number, ms: number): number => (input.load.outputTokens * 1e3) / (ms + (input.load.outputTokens * 1e3) / tps);
      return {
        ...decode,
        value: rate(decode.value, prefillMs.value),
        low: rate(decode.low, prefillMs.high),
        high: rate(decode.high, prefillMs.low),
      };
    }
    case 'tpot_ms':
      return estimate.tpotMs;
    case 'ttft_ms':
      return estimate.ttftMs;
    case 'prefill_tps':
      return estimate.prefillTps;
    case 'power_w':
      return estimate.powerW;
    default:
      return estimate.throughputTps;
  }
}
