import type { Model } from '../estimator/architecture';
import type { InferenceResponse } from '../estimator/contracts/inference';
import { estimateInference, poolEnd, type PoolEnd } from '../estimator/contracts/inferenceEstimate';
import type { GpuSetup } from '../estimator/hardware/gpu';
import type { RuntimeMemory } from '../estimator/runtime/memory';
import type { ModelFacts } from '../models/source';
import { GIB } from '../estimator/units';
import type { VllmArguments } from '../vllm/arguments';
import type { StartupInput, StartupReport } from '../vllm/startup/report';
import { draftEdits, draftingIn } from './drafting';
import { ownShareOf, startupMemory, type HeldLoad } from './startupMemory';
import {
  editsBetween,
  inferenceRequestOf,
  promptTokens,
  withEdits,
  withWeightFormat,
  type ArgumentEdits,
  type InferenceForm,
} from './scenario';

/** The simulated start-up, handed in so that callers decide what to cache. */
export type Simulate = (input: StartupInput) => StartupReport;

/** What is asked about serving one model: the file's own deployment and the form that departs from it. */
export interface ServingQuestion {
  readonly form: InferenceForm;
  /** The form as the file has it; the same as `form` when nothing was changed. */
  readonly fileForm: InferenceForm;
  readonly fileArgs: VllmArguments;
  readonly facts: ModelFacts;
  readonly gpu: GpuSetup | null;
  /** The draft model that the arguments name, where it is known. */
  readonly draft?: Model | null;
  /** Environment of the engine, as far as the file and the settings say. */
  readonly environment?: ReadonlyMap<string, string>;
}

/** A start-up under a load. Bytes are per GPU. */
export interface ServingAnswer {
  readonly report: StartupReport;
  /** What the form changes in the file's arguments, and the arguments after that. */
  readonly edits: ArgumentEdits;
  readonly args: VllmArguments;
  /** Requests in flight: users times requests per user. */
  readonly requests: number;
  /** Tokens that one request may have; null where neither the arguments nor the model say. */
  readonly context: number | null;
  /** KV cache that this many requests of the full context need; null when one request's need is unknown. */
  readonly kvForLoad: number | null;
  /** The engine starts and holds the whole load at once; null when no GPU is known. */
  readonly holdsLoad: boolean | null;
  /**
   * Speed, power and, for engines other than vLLM, memory, as the public contract gives them; null when no GPU is known. Under vLLM
   * its memory is that of `report`.
   */
  readonly response: InferenceResponse | null;
}

/** Simulates the start-up that the form describes and sets its KV cache against the load. */
export function answerServing(question: ServingQuestion, simulate: Simulate): ServingAnswer {
  const started = startPlan(question, simulate);
  const { gpu } = question;
  const { report, kvForLoad, context } = started;
  const form = { ...question.form, seq_length: context ?? 0 };
  const response = gpu && respond(form, report.input.model, gpu, report);
  return { ...started, holdsLoad: holds(form, report, kvForLoad, response), response };
}

/** The start-up alone, without speed and power. */
function startPlan(question: ServingQuestion, simulate: Simulate): Omit<ServingAnswer, 'holdsLoad' | 'response'> {
  const { form, fileForm, fileArgs, facts, gpu, draft = null, environment = new Map<string, string>() } = question;
  const model = withWeightFormat(facts.model, form.quantization === fileForm.quantization ? 'checkpoint' : form.quantization);
  const version = form.engine_version;
  // Layers and percentages are shares of what one GPU would hold without offloading.
  const needsWeights = form.enable_offloading && form.offload_by !== 'amount';
  const weights = needsWeights ? weightsWithoutOffload(question, simulate) : 0;
  const plain = editsBetween(fileForm, form, weights, model.architecture.layout.length);
  const edits =
    form.speculative_tokens === fileForm.speculative_tokens ? plain : joined(plain, draftEdits(fileArgs, form.speculative_tokens));
  const args = withEdits(fileArgs, edits);
  const report = simulate({ model, gpu, args, version, draft, environment });
  const requests = form.concurrent_users * form.batch_size;
  const kvForLoad = kvForRequests(report, form, requests);
  const context = form.seq_length === 0 ? report.settings.maxModelLen : form.seq_length;
  return { report, edits, args, requests, context, kvForLoad };
}

function joined(a: ArgumentEdits, b: ArgumentEdits): ArgumentEdits {
  return { set: { ...a.set, ...b.set }, remove: [...a.remove, ...b.remove] };
}

/** Whether everything fits at once. */
function holds(form: InferenceForm, report: StartupReport, kvForLoad: number | null, response: InferenceResponse | null): boolean | null {
  if (form.engine !== 'vllm') return response && response.actual_vram_percentage <= 100;
  const available = report.perGpu.kvCache?.value;
  if (report.outcome === null || available === undefined || kvForLoad === null) return null;
  return report.outcome === 'ok' && kvForLoad <= available;
}

/** The contract's answer; under vLLM on the memory of the simulated start-up. */
export function respond(form: InferenceForm, model: Model, setup: GpuSetup, report: StartupReport): InferenceResponse {
  const gpu = { ...setup.gpu, totalMemoryGib: setup.totalMemoryGib };
  const memory = form.engine === 'vllm' ? (): RuntimeMemory => startupMemory(report, loadOf(report, form)) : undefined;
  const drafting = form.engine === 'vllm' ? draftingIn(report) : undefined;
  return estimateInference(inferenceRequestOf(form), { model, gpu, memory, drafting });
}

function weightsWithoutOffload(question: ServingQuestion, simulate: Simulate): number {
  const form = { ...question.form, enable_offloading: false };
  return startPlan({ ...question, form }, simulate).report.perGpu.weights.value;
}

/** The form's load as one replica sees it. */
function loadOf(report: StartupReport, form: InferenceForm): HeldLoad {
  const sequences = Math.ceil((form.concurrent_users * form.batch_size) / report.settings.dataParallelSize);
  return { sequences, ownShare: ownShare(report, form), offloadKvCache: form.enable_offloading && form.offload_kv_cache };
}

/**
 * Bytes of KV cache per GPU for `requests` requests of the full context, spread over the replicas. With prefix caching the shared part of the prompt is
 * stored once: each request but the first adds only what it keeps for itself.
 */
export function kvForRequests(report: StartupReport, form: InferenceForm, requests: number): number | null {
  const need = report.kvCache.neededForMaxModelLen;
  if (need === null) return null;
  const perReplica = Math.ceil(requests / report.settings.dataParallelSize);
  return need * (1 + (perReplica - 1) * ownShare(report, form));
}

/** The largest number of requests whose KV cache fits into `bytes`; the inverse of `kvForRequests`. */
export function requestsIn(bytes: number, report: StartupReport, form: InferenceForm): number | null {
  const need = report.kvCache.neededForMaxModelLen;
  if (need === null || need <= 0) return null;
  const own = ownShare(report, form);
  if (bytes < need) return 0;
  if (own <= 0) return Infinity;
  return (1 + Math.floor((bytes / need - 1) / own)) * report.settings.dataParallelSize;
}

/** Share of its KV cache that each request keeps for itself. */
function ownShare(report: StartupReport, form: InferenceForm): number {
  const context = form.seq_length === 0 ? (report.settings.maxModelLen ?? 0) : form.seq_length;
  if (!form.enable_prefix_caching || context === 0) return 1;
  const shared = form.shared_prefix_ratio * promptTokens({ ...form, seq_length: context });
  return ownShareOf(report, context, shared);
}

/** Bytes per GPU at one setting: what is there whatever the load, and the KV cache of the load. */
export interface MemoryPoint {
  readonly x: number;
  readonly fixed: number;
  readonly kv: number;
}

/** Everything in the budget but the KV cache. */
export function fixedBytes(report: StartupReport): number {
  const { perGpu } = report;
  const graphs = perGpu.cudaGraphsInBudget ? (perGpu.cudaGraphs?.value ?? 0) : 0;
  return perGpu.weights.value + (perGpu.activationPeak?.value ?? 0) + (perGpu.nonTorch?.value ?? 0) + graphs;
}

/** Memory against context length, at the form's load. */
export function memoryAgainstContext(question: ServingQuestion, lengths: readonly number[], simulate: Simulate): readonly MemoryPoint[] {
  return lengths.map((length) => {
    const form = { ...question.form, seq_length: length };
    // Written out, since the file may leave the length to a model of which it is unknown.
    const fileArgs = new Map([...question.fileArgs, ['max-model-len', length] as const]);
    const { report, kvForLoad } = startPlan({ ...question, form, fileArgs }, simulate);
    return { x: length, ...(engineMemory(form, report) ?? { fixed: fixedBytes(report), kv: kvForLoad ?? 0 }) };
  });
}

/** Memory against requests in flight, at the form's context; empty when a request's KV cache is unknown. The start-up does not depend on them, so it is simulated once. */
export function memoryAgainstRequests(answer: ServingAnswer, form: InferenceForm, counts: readonly number[]): readonly MemoryPoint[] {
  const { report, context } = answer;
  const fixed = fixedBytes(report);
  return counts.flatMap((requests) => {
    const own = engineMemory({ ...form, seq_length: context ?? 0, concurrent_users: requests, batch_size: 1 }, report);
    if (own) return { x: requests, ...own };
    const kv = kvForRequests(report, form, requests);
    return kv === null ? [] : { x: requests, fixed, kv };
  });
}

/** The memory of engines other than vLLM, which is the contract's; null for vLLM, and where no GPU is known. */
function engineMemory(form: InferenceForm, report: StartupReport): Omit<MemoryPoint, 'x'> | null {
  const { model, gpu } = report.input;
  if (form.engine === 'vllm' || !gpu) return null;
  const { vram_usage: total, memory_details: parts } = respond(form, model, gpu, report);
  return { fixed: (total - parts['KV Cache']) * GIB, kv: parts['KV Cache'] * GIB };
}

/** Up to where an answer's memory may fill each card under its engine; null where no GPU is known. Under vLLM the budget. */
export function memoryLimit({ report, context }: ServingAnswer, form: InferenceForm): PoolEnd | null {
  const { budget } = report.perGpu;
  if (form.engine === 'vllm') return budget === null ? null : { bytes: budget, option: 'gpu_memory_utilization' };
  const { model, gpu: setup } = report.input;
  if (!setup) return null;
  const gpu = { ...setup.gpu, totalMemoryGib: setup.totalMemoryGib };
  return poolEnd(inferenceRequestOf({ ...form, seq_length: context ?? 0 }), { model, gpu });
}

/** Tokens per second at a number of requests in flight. */
export interface SpeedPoint {
  readonly requests: number;
  /** Output tokens per second of each request, and of all together. */
  readonly each: number;
  readonly all: number;
}

/** Speed against requests in flight, at the form's lengths; empty when no GPU is known. */
export function speedAgainstRequests(question: ServingQuestion, answer: ServingAnswer, counts: readonly number[]): readonly SpeedPoint[] {
  const { gpu } = question;
  if (!gpu) return [];
  const { report, context } = answer;
  const form = { ...question.form, seq_length: context ?? 0 };
  return counts.map((requests) => {
    const loaded = { ...form, concurrent_users: requests, batch_size: 1 };
    const response = respond(loaded, report.input.model, gpu, report);
    return { requests, each: response.per_user_tps, all: response.estimated_throughput_tps };
  });
}
