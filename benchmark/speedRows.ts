import { existsSync, readFileSync } from 'node:fs';
import { findGpu } from '../src/estimator/hardware/catalogue';
import type { Gpu } from '../src/estimator/hardware/gpu';
import type { Model } from '../src/estimator/architecture';
import { findEngine } from '../src/estimator/speed/engines';
import { estimateSpeed, type SpeedInput } from '../src/estimator/speed/estimate';
import type { SpeedConstants } from '../src/estimator/speed/constants';
import type { Ranged } from '../src/estimator/ranged';
import { kvBytes, modelWork, type KernelFormat, type ModelWork, type WorkFormat } from '../src/estimator/speed/work';
import { GIB } from '../src/estimator/units';
import type { Catalogue } from '../src/models/catalogue';

/** One published measurement of inference speed; null where the source does not say. */
export interface SpeedRow {
  readonly id: string;
  readonly source: string;
  readonly grade: string;
  readonly engine_norm: string;
  readonly engine_version: string | null;
  readonly model: string;
  readonly quantization: string | null;
  readonly weight_bits: number | null;
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
  readonly fold5: number;
}

/** Quantities that are judged, each over the rows of some metrics. */
export type SpeedQuantityName = 'single-stream decode' | 'TPOT under load' | 'TTFT and prefill' | 'power' | 'throughput';

/** One row with what the estimator needs for it. */
export interface SpeedCase {
  readonly row: SpeedRow;
  readonly quantity: SpeedQuantityName;
  readonly gpu: Gpu;
  readonly input: SpeedInput;
}

/** Measured rows name some models loosely. */
const MODEL_NAMES: Readonly<Record<string, string>> = {
  'LLaMA 70B': 'meta-llama/Llama-2-70b-hf',
  'Llama 2 7 B': 'meta-llama/Llama-2-7b-hf',
  'Llama 2 13 B': 'meta-llama/Llama-2-13b-hf',
  'CodeLlama 34 B': 'codellama/CodeLlama-34b-Instruct-hf',
  'phi-1.5 1.3 B': 'microsoft/phi-1_5',
  'deepseek-r1:14b (Qwen2.5-14B distill)': 'Qwen/Qwen2.5-14B-Instruct',
  'gpt-oss:20b': 'openai/gpt-oss-20b',
  'llama3.2:3b': 'meta-llama/Llama-3.2-3B-Instruct',
  'llama3.1:70b': 'meta-llama/Llama-3.1-70B-Instruct',
  'llama3.1:405b': 'meta-llama/Llama-3.1-405B-Instruct',
  'Llama2-7B': 'meta-llama/Llama-2-7b-hf',
  'Llama2-13B': 'meta-llama/Llama-2-13b-hf',
  'Llama2-70B': 'meta-llama/Llama-2-70b-hf',
  'llama2-7b': 'meta-llama/Llama-2-7b-hf',
  'llama2-70b': 'meta-llama/Llama-2-70b-hf',
  'llama2-70b-99': 'meta-llama/Llama-2-70b-hf',
};

/** The rows of a JSON Lines file. */
export function readSpeedRows(path: string): readonly SpeedRow[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as SpeedRow);
}

/** The rows beside the repository where they are, otherwise the project's own sample. */
export function defaultSpeedRows(): string {
  const shared = '../shared/measurements/speed.jsonl';
  return existsSync(shared) ? shared : 'test/fixtures/measured/speed.jsonl';
}

/** Rows the estimator can be asked about: known model and GPU, graded A or B. */
export function speedCases(rows: readonly SpeedRow[], catalogue: Catalogue): readonly SpeedCase[] {
  return rows.flatMap((row) => {
    const quantity = quantityOf(row);
    const gpu = findGpu(row.gpu_norm ?? '') ?? findGpu(row.gpu_name ?? '');
    const name = MODEL_NAMES[row.model] ?? row.model;
    const facts = catalogue.find(name) ?? catalogue.findByName(name);
    if (!quantity || !gpu || !facts || row.grade === 'C') return [];
    return [{ row, quantity, gpu, input: inputOf(row, gpu, facts.model) }];
  });
}

function quantityOf(row: SpeedRow): SpeedQuantityName | null {
  const loaded = row.concurrency !== null && row.input_len !== null && row.output_len !== null && row.tp !== null;
  switch (row.metric) {
    case 'decode_tps_single_stream':
      return row.concurrency === null || row.concurrency === 1 ? 'single-stream decode' : null;
    case 'tpot_ms':
      return loaded ? 'TPOT under load' : null;
    case 'ttft_ms':
      return loaded ? 'TTFT and prefill' : null;
    case 'prefill_tps':
      return row.input_len !== null && (row.concurrency === null || row.concurrency === 1) ? 'TTFT and prefill' : null;
    case 'decode_tps_total':
      return loaded ? 'throughput' : null;
    case 'power_w':
      return row.concurrency === null ? null : 'power';
    default:
      return null;
  }
}

/** Measured power of a whole server whose meter mostly saw it idle is not taken: those rows have no concurrency. */
const DEFAULT_OUTPUT = 128;

function inputOf(row: SpeedRow, gpu: Gpu, model: Model): SpeedInput {
  const engine = findEngine(row.engine_norm) ?? 'transformers';
  const rank = (name: string): number => Number(new RegExp(`${name}(\\d+)`).exec(row.ep_dp ?? '')?.[1] ?? 1) || 1;
  const dataParallel = rank('attn_dp');
  const gpus = row.gpu_count ?? row.tp ?? 1;
  // llama.cpp and ExLlama split by layers whatever the row calls it.
  const byLayers = engine === 'llama_cpp' || engine === 'exllama';
  const tensorParallel = byLayers ? 1 : Math.max(1, Math.min(gpus, row.tp ?? 1));
  const work = modelWork(model, storedFormat(row, model));
  const setup = {
    gpu,
    engine,
    engineVersion: row.engine_version,
    tensorParallel,
    pipelineParallel: byLayers ? gpus : Math.max(1, row.pp ?? 1),
    dataParallel,
    expertParallel: dataParallel > 1,
    link: null,
    eager: false,
    offloadBytes: 0,
    offloadTarget: 'cpu_ram',
  } as const;
  const promptTokens = row.input_len ?? 0;
  const outputTokens = row.output_len ?? DEFAULT_OUTPUT;
  return {
    setup,
    work,
    load: {
      concurrency: Math.max(1, row.concurrency ?? 1),
      promptTokens,
      outputTokens,
      kvCacheTokens: kvCapacity(work, gpu, setup.tensorParallel * setup.pipelineParallel, dataParallel, promptTokens + outputTokens),
      cachedShare: 0,
      draftTokens: 0,
    },
  };
}

/** Share of memory engines give to weights and KV cache, and what the rest of a process takes, GiB. */
const USED_SHARE = 0.9;
const OTHER_GIB = 2;

function kvCapacity(work: ModelWork, gpu: Gpu, gpus: number, replicas: number, context: number): number {
  const weights = work.denseBytes / gpus + work.expertBytes / gpus / replicas;
  const perGpu = gpu.totalMemoryGib * GIB * USED_SHARE - weights - OTHER_GIB * GIB;
  const perToken = kvBytes(work, context) / context / Math.min(gpus, work.kvShards);
  return Math.max(context, perGpu / perToken);
}

const FORMATS: Readonly<Record<string, KernelFormat>> = {
  '16-bit': '16bit',
  '32-bit': '32bit',
  fp8: 'fp8',
  'nvfp4/fp4': 'fp4',
  mxfp4: 'fp4',
  'bnb-4bit': 'nf4',
  'int8 W8A8': 'w8a8',
  'int8 weight-only': 'int8',
  'int4 weight-only (AWQ/W4A16)': 'int4',
  'int4 weight-only (GPTQ)': 'int4',
  'int4 weight-only': 'int4',
};

function storedFormat(row: SpeedRow, model: Model): WorkFormat {
  const name = row.weight_format ?? '16-bit';
  const file = row.engine_norm === 'llama.cpp' || name.startsWith('gguf');
  const native = model.quantization;
  const stated = row.weight_format === null && native ? native.bits : null;
  const bits = row.weight_bits ?? stated ?? 16;
  const format: KernelFormat = file && bits < 16 ? 'ggml' : (FORMATS[name] ?? '16bit');
  const fourBit = format === 'fp4' || format === 'int4';
  return {
    format: row.weight_format === null && stated === 8 ? 'fp8' : format,
    bits: format === 'fp4' && bits === 4 ? 4.5 : bits,
    expertsOnly: !file && fourBit,
    embeddingBits: file ? Math.min(16, bits) : 16,
    headBits: file ? Math.min(16, bits < 16 ? Math.max(6.6, bits) : 16) : 16,
    // ModelOpt's fp8 and fp4 checkpoints, which TensorRT-LLM runs, carry scales for an fp8 KV cache.
    kvElementBytes:
      row.kv_dtype === 'fp8' || (row.kv_dtype === null && row.engine_norm.startsWith('TensorRT') && /^(fp8|fp4)$/.test(format)) ? 1 : 2,
  };
}

/** What the row's source divides by what: Qwen's tables count the prompt's time in the speed of generation. */
const COUNTS_PREFILL = new Set(['qwen-speed-docs', 'qwen-v1-readme']);

/** The estimate of a row's figure, in the row's unit. */
export function estimateOf(testCase: SpeedCase, constants?: SpeedConstants): Ranged {
  const estimate = estimateSpeed(testCase.input, constants);
  const { row, input } = testCase;
  switch (row.metric) {
    case 'decode_tps_single_stream': {
      if (!COUNTS_PREFILL.has(row.source)) return estimate.decodeTpsSingleStream;
      const { decodeTpsSingleStream: decode, prefillMs } = estimate;
      const rate = (tps: number, ms: number): number => (input.load.outputTokens * 1e3) / (ms + (input.load.outputTokens * 1e3) / tps);
      return { value: rate(decode.value, prefillMs.value), low: rate(decode.low, prefillMs.high), high: rate(decode.high, prefillMs.low) };
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
