import { activeParameterCount, parameterCount } from '../parameters';
import type { ModelResolver } from './resolve';
import {
  attentionHeads,
  DATA_TYPE_NAMES,
  knownModel,
  OPTIMIZER_NAMES,
  restInferenceMemory,
  restTrainingMemory,
  storedPrecision,
  type RestCalculation,
  type RestInference,
  type RestRefusal,
  type RestTraining,
} from './restMemory';
import { placedProblem, type Problems } from './problem';
import { RequestReader } from './validate';

/** The second calculator: a small REST service. An answer of one of its routes; every error says which and why, beside what could be answered. */
export type RestAnswer<B = object> =
  | { readonly status: 200; readonly body: B }
  | { readonly status: RestFailure; readonly body: { readonly error: string } & Partial<RestComparison> };

/** Bad or missing parameters; an unknown model or path; a wrong method; a failure of the calculator itself. */
export type RestFailure = 400 | 404 | 405 | 500;

/** What the service knows. */
export interface RestService {
  readonly models: ModelResolver;
  /** Ids of the models it lists. */
  readonly ids: readonly string[];
  readonly version: string;
}

/** A request as it arrives: the body is text, JSON or not. */
export interface RestRequest {
  readonly method: string;
  /** With or without `/api/` before it and a query behind it. */
  readonly path: string;
  readonly body: string;
}

const CALCULATIONS = ['inference', 'training'] as const;

const ok = <B>(body: B): RestAnswer<B> => ({ status: 200, body });
const failed = (status: RestFailure, error: string): RestAnswer<never> => ({ status, body: { error } });

/** What a handler gets of a request: what stands in for `NAME` in the path, and the body; null without one. */
interface RouteInput {
  readonly name: string;
  readonly body: unknown;
}

/** A route: its place, and the one method it serves. */
interface Route {
  readonly place: string;
  readonly pattern: RegExp;
  readonly method: 'GET' | 'POST';
  readonly answer: (service: RestService, input: RouteInput) => RestAnswer;
}

const ROUTES: readonly Route[] = [
  { place: 'health', pattern: /^health$/, method: 'GET', answer: health },
  { place: 'models', pattern: /^models$/, method: 'GET', answer: listed },
  { place: 'models/NAME', pattern: /^models\/(.+)$/, method: 'GET', answer: details },
  { place: 'options', pattern: /^(?:config\/)?options$/, method: 'GET', answer: options },
  { place: 'memory/inference', pattern: /^memory\/inference$/, method: 'POST', answer: inference },
  { place: 'memory/training', pattern: /^memory\/training$/, method: 'POST', answer: training },
  { place: 'memory/compare', pattern: /^memory\/compare$/, method: 'POST', answer: compare },
];

/** Answers a request. Never throws. */
export function answerRest(request: RestRequest, service: RestService): RestAnswer {
  const method = request.method.toUpperCase();
  const place = placeOf(request.path);
  const route = ROUTES.find(({ pattern }) => pattern.test(place));
  if (!route) return failed(404, `There is no ${request.path}. Paths: ${ROUTES.map((one) => one.place).join(', ')}.`);
  if (route.method !== method) return failed(405, `${method} is not allowed on ${route.place}; use ${route.method}.`);
  const body = method === 'POST' ? parsed(request.body) : { value: null };
  if ('why' in body) return failed(400, `The body of ${method} ${route.place} is no JSON: ${body.why}`);
  try {
    return route.answer(service, { name: route.pattern.exec(place)?.[1] ?? '', body: body.value });
  } catch (error) {
    return failed(500, `${method} ${route.place} failed in the calculator itself, not by the request: ${kindOf(error)}.`);
  }
}

/** A path without its query, the slashes at its ends, and `api/`; as it is where its escapes are broken. */
function placeOf(path: string): string {
  const plain = path
    .replace(/[?#].*$/s, '')
    .replace(/^\/+|\/+$/g, '')
    .replace(/^api\//, '');
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain;
  }
}

function parsed(body: string): { readonly value: unknown } | { readonly why: string } {
  if (body.trim() === '') return { why: 'it is empty' };
  try {
    return { value: JSON.parse(body) as unknown };
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
}

/** The name of an exception's class. Its message and stack may hold paths of the machine, which are nobody else's business. */
function kindOf(error: unknown): string {
  const name = error instanceof Error ? error.constructor.name : '';
  return /^\w+$/.test(name) ? name : 'an unknown error';
}

/** GET health. */
function health({ version }: RestService): RestAnswer {
  return ok({ status: 'healthy', service: 'vLLM VRAM Planner', version });
}

/** GET models. */
function listed({ ids }: RestService): RestAnswer {
  return ok({ models: ids, count: ids.length });
}

/** GET one model; 404 when unknown. */
function details({ models }: RestService, { name }: RouteInput): RestAnswer {
  const model = knownModel(name, models);
  if (model === null) {
    const nearest = models.nearest(name);
    return failed(404, `There is no model "${name}"${nearest === null ? '' : `; did you mean "${nearest}"?`}`);
  }
  const { architecture } = model;
  const { heads, kvHeads, headDim } = attentionHeads(architecture);
  const sizes = {
    hidden_size: architecture.hiddenSize,
    num_hidden_layers: architecture.layout.length,
    num_attention_heads: heads,
    num_key_value_heads: kvHeads,
    head_dim: headDim,
  };
  const parameters = parameterCount(architecture);
  return ok({
    model_name: name,
    parameters,
    active_parameters: activeParameterCount(architecture),
    config: {
      model_type: architecture.modelType,
      ...sizes,
      vocab_size: architecture.vocabSize,
      max_position_embeddings: architecture.maxPositionEmbeddings,
      tie_word_embeddings: architecture.tieWordEmbeddings,
      torch_dtype: architecture.dtype,
      quantization: model.quantization?.method ?? null,
    },
    extracted_params: { model_size: parameters / 1e9, precision: storedPrecision(model), ...sizes },
  });
}

/** GET options. */
function options({ ids }: RestService): RestAnswer {
  return ok({
    data_types: DATA_TYPE_NAMES,
    optimizers: OPTIMIZER_NAMES,
    calculation_types: CALCULATIONS,
    available_models: ids,
    unit: 'GiB',
  });
}

/** POST memory/inference. */
function inference({ models }: RestService, { body }: RouteInput): RestAnswer<RestInference> {
  return answered(restInferenceMemory(body, models));
}

/** POST memory/training. */
function training({ models }: RestService, { body }: RouteInput): RestAnswer<RestTraining> {
  return answered(restTrainingMemory(body, models));
}

/** Several calculations side by side. */
export interface RestComparison {
  readonly calculation_type: (typeof CALCULATIONS)[number];
  readonly unit: 'GiB';
  /** In the order of the configurations: what each comes to, or its error. */
  readonly comparisons: readonly (RestInference | RestTraining | { readonly error: string })[];
}

/**
 * POST memory/compare: the same calculation for several configurations, in their order. With one that is bad the status is 400 or 404 and the error
 * says which; the others are answered beside it.
 */
function compare({ models }: RestService, { body }: RouteInput): RestAnswer<RestComparison> {
  const reader = new RequestReader(body);
  const type = reader.choice('calculation_type', CALCULATIONS, 'inference');
  const list = reader.list('configurations', 'a list of at least one configuration');
  const read = reader.finish(list);
  if (!read.ok) return failed(400, messagesOf(read.problems));
  const comparison = restComparison(type, read.request, models);
  if (!('problems' in comparison)) return ok(comparison.body);
  const error = messagesOf(comparison.problems);
  return { status: comparison.status, body: 'body' in comparison ? { error, ...comparison.body } : { error } };
}

/** The calculations of a comparison; every problem of every configuration, beside what could be calculated if anything could. */
export function restComparison(
  type: RestComparison['calculation_type'],
  configurations: readonly unknown[],
  models: ModelResolver,
): RestCalculation<RestComparison> | (RestRefusal & { readonly body: RestComparison }) {
  const calculate = type === 'inference' ? restInferenceMemory : restTrainingMemory;
  const calculations: readonly RestCalculation<RestInference | RestTraining>[] = configurations.map((one) => calculate(one, models));
  const refused = calculations.flatMap((one, index) =>
    'problems' in one ? [{ status: one.status, problems: one.problems.map((problem) => placedProblem(problem, index)) }] : [],
  );
  const comparisons = calculations.map((one) => ('body' in one ? one.body : { error: messagesOf(one.problems) }));
  const body: RestComparison = { calculation_type: type, unit: 'GiB', comparisons };
  const [first, ...more] = refused.flatMap(({ problems }) => problems);
  if (!first) return { body };
  const status = refused.every((one) => one.status === 404) ? 404 : 400;
  return { status, problems: [first, ...more], ...(refused.length < calculations.length && { body }) };
}

function answered<B>(calculation: RestCalculation<B>): RestAnswer<B> {
  return 'body' in calculation ? ok(calculation.body) : failed(calculation.status, messagesOf(calculation.problems));
}

function messagesOf(problems: Problems): string {
  return problems.map(({ message }) => message).join('; ');
}
