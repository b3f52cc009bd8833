import type { Architecture, Model } from '../architecture';
import { activeParameterCount, parameterCount } from '../parameters';
import { bytesPerBatchedToken } from '../runtime/memory';
import { kvBytes, modelWork } from '../speed/work';
import { GIB } from '../units';
import { listModels } from './lists';
import type { ModelResolver } from './resolve';
import { RequestReader } from './validate';

/** The second calculator: a small REST service. Each function answers one route with a status and a body. */
export interface RestAnswer {
  readonly status: 200 | 400 | 404;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Bytes per weight of its data types. */
const DATA_TYPES = { float32: 4, float16: 2, bfloat16: 2, int8: 1, int4: 0.5 } as const;
type DataType = keyof typeof DATA_TYPES;
const DATA_TYPE_NAMES = Object.keys(DATA_TYPES) as DataType[];

/** Bytes of optimizer state per trained parameter: its rules of thumb. */
const OPTIMIZERS = { AdamW: 8, 'Quantized AdamW': 2, SGD: 4 } as const;
type Optimizer = keyof typeof OPTIMIZERS;
const OPTIMIZER_NAMES = Object.keys(OPTIMIZERS) as Optimizer[];

const CALCULATIONS = ['inference', 'training'] as const;

/** A model as these routes need it: sizes only. */
interface SizedModel {
  readonly name: string | null;
  readonly parameters: number;
  readonly layers: number;
  readonly hiddenSize: number;
  readonly heads: number;
  /** KV elements per token, all layers and heads. */
  readonly kvElements: (context: number) => number;
  /** Bytes of working buffers per token of a forward pass, in 16 bit. */
  readonly bufferBytes: number;
}

const ok = (body: RestAnswer['body']): RestAnswer => ({ status: 200, body });
const bad = (status: 400 | 404, error: string): RestAnswer => ({ status, body: { error } });

/** GET health. */
export function restHealth(): RestAnswer {
  return ok({ status: 'ok' });
}

/** GET models. */
export function restModels(ids: readonly string[]): RestAnswer {
  return ok({ models: listModels(ids).map(({ key, name }) => ({ id: key, name })) });
}

/** GET one model; 404 when unknown. */
export function restModel(name: string, models: ModelResolver): RestAnswer {
  const model = models.find(name)?.model;
  if (!model) return unknownModel(name, models);
  const { architecture } = model;
  return ok({
    model_name: name,
    parameters: parameterCount(architecture),
    active_parameters: activeParameterCount(architecture),
    hidden_size: architecture.hiddenSize,
    num_hidden_layers: architecture.layout.length,
    num_attention_heads: attentionHeads(architecture).heads,
    num_key_value_heads: attentionHeads(architecture).kvHeads,
    vocab_size: architecture.vocabSize,
    max_position_embeddings: architecture.maxPositionEmbeddings,
    torch_dtype: architecture.dtype,
    quantization: model.quantization?.method ?? null,
  });
}

/** GET options. */
export function restOptions(): RestAnswer {
  return ok({ data_types: DATA_TYPE_NAMES, optimizers: OPTIMIZER_NAMES, calculation_types: CALCULATIONS, unit: 'GiB' });
}

/** POST memory/inference. */
export function restInference(body: unknown, models: ModelResolver): RestAnswer {
  const read = readCommon(new RequestReader(body), models, () => null);
  if ('answer' in read) return read.answer;
  const { model, precision, batchSize, sequenceLength } = read;
  const weights = model.parameters * DATA_TYPES[precision];
  const kvCache = batchSize * model.kvElements(sequenceLength) * cacheBytes(precision);
  const activations = batchSize * sequenceLength * model.bufferBytes;
  return ok({
    calculation_type: 'inference',
    unit: 'GiB',
    parameters: shownParameters(read),
    memory_requirements: {
      model_weights: gigabytes(weights),
      kv_cache: gigabytes(kvCache),
      activation_memory: gigabytes(activations),
      inference_memory: gigabytes(weights + kvCache + activations),
    },
  });
}

/** POST memory/training. */
export function restTraining(body: unknown, models: ModelResolver): RestAnswer {
  const read = readCommon(new RequestReader(body), models, (reader) => ({
    optimizer: reader.choice('optimizer', OPTIMIZER_NAMES, 'AdamW'),
    trainable: reader.number('trainable_parameters', { min: 0, max: 100 }, 100),
  }));
  if ('answer' in read) return read.answer;
  const { model, precision, batchSize, sequenceLength, extra } = read;
  const trained = (model.parameters * extra.trainable) / 100;
  const weights = model.parameters * DATA_TYPES[precision];
  const gradients = trained * Math.max(2, DATA_TYPES[precision]);
  const states = trained * OPTIMIZERS[extra.optimizer];
  // Korthikanti et al. 2022, eq. 2: 34 bytes per token and hidden element in 16 bit, and 5 per attention score.
  const activations = model.layers * batchSize * sequenceLength * (34 * model.hiddenSize + 5 * model.heads * sequenceLength);
  return ok({
    calculation_type: 'training',
    unit: 'GiB',
    parameters: { ...shownParameters(read), optimizer: extra.optimizer, trainable_parameters: extra.trainable },
    memory_requirements: {
      model_weights: gigabytes(weights),
      gradients_memory: gigabytes(gradients),
      optimizer_memory: gigabytes(states),
      activation_memory: gigabytes(activations),
      training_memory: gigabytes(weights + gradients + states + activations),
    },
  });
}

/** POST memory/compare: the same calculation for several configurations, side by side. One bad configuration makes the whole answer a 400 or 404. */
export function restCompare(body: unknown, models: ModelResolver): RestAnswer {
  const reader = new RequestReader(body);
  const type = reader.choice('calculation_type', CALCULATIONS, 'inference');
  const configurations = reader.raw('configurations');
  if (!Array.isArray(configurations) || configurations.length === 0) {
    reader.report('configurations', configurations, 'a list of at least one configuration', null);
  }
  const read = reader.finish(Array.isArray(configurations) ? (configurations as readonly unknown[]) : []);
  if (!read.ok) return bad(400, read.problems.map((problem) => problem.message).join('; '));
  const answers = read.request.map((one) => (type === 'inference' ? restInference(one, models) : restTraining(one, models)));
  const wrong = answers.flatMap((answer, index) => (answer.status === 200 ? [] : [{ answer, index }]));
  const first = wrong[0];
  if (first) {
    const errors = wrong.map(({ answer, index }) => `configurations[${index}]: ${String(answer.body['error'])}`);
    return bad(first.answer.status === 404 ? 404 : 400, errors.join('; '));
  }
  return ok({ calculation_type: type, unit: 'GiB', comparisons: answers.map((answer) => answer.body) });
}

/** Answers to what no route serves: 404 for paths, 405 for methods. */
export function restNotFound(path: string): { readonly status: 404; readonly body: { readonly error: string } } {
  return {
    status: 404,
    body: { error: `There is no ${path}. Paths: health, models, models/NAME, options, memory/inference, memory/training, memory/compare.` },
  };
}

export function restWrongMethod(
  path: string,
  method: string,
  allowed: string,
): { readonly status: 405; readonly body: { readonly error: string } } {
  return { status: 405, body: { error: `${method} is not allowed on ${path}; use ${allowed}.` } };
}

interface CommonRequest<E> {
  readonly model: SizedModel;
  readonly precision: DataType;
  readonly batchSize: number;
  readonly sequenceLength: number;
  readonly extra: E;
}

const MOST = { batch: 1_000_000, tokens: 100_000_000, width: 1_000_000, billions: 1_000_000 } as const;
const COUNT = { min: 1, max: MOST.width, integer: true } as const;

function readCommon<E>(
  reader: RequestReader,
  models: ModelResolver,
  readExtra: (reader: RequestReader) => E,
): CommonRequest<E> | { readonly answer: RestAnswer } {
  const name = reader.text('model_name', null);
  const found = name === null ? null : (models.find(name)?.model ?? null);
  const size = reader.number('model_size', { min: 0.001, max: MOST.billions }, null);
  const hidden = reader.number('hidden_size', COUNT, null);
  const layers = reader.number('num_hidden_layers', COUNT, null);
  const heads = reader.number('num_attention_heads', COUNT, null);
  const kvHeads = reader.number('num_key_value_heads', COUNT, heads);
  const headDim = reader.number('head_dim', COUNT, null);
  const shared = {
    precision: reader.choice('precision', DATA_TYPE_NAMES, found ? dtypeOf(found) : 'float16'),
    batchSize: reader.number('batch_size', { min: 1, max: MOST.batch, integer: true }, 1),
    sequenceLength: reader.number('sequence_length', { min: 1, max: MOST.tokens, integer: true }, 2048),
    extra: readExtra(reader),
  };
  if (name === null) {
    const missing = { model_size: size, hidden_size: hidden, num_hidden_layers: layers, num_attention_heads: heads };
    for (const [field, value] of Object.entries(missing)) {
      if (value === null && !reader.has(field))
        reader.report(field, undefined, 'a number, or model_name instead of the architecture', null);
    }
  }
  const read = reader.finish(shared);
  if (!read.ok) return { answer: bad(400, read.problems.map((problem) => problem.message).join('; ')) };
  if (name !== null) return found ? { model: known(name, found), ...shared } : { answer: unknownModel(name, models) };
  const dims = { hidden: hidden ?? 1, layers: layers ?? 1, heads: heads ?? 1, kvHeads: kvHeads ?? 1 };
  return { model: described(size ?? 1, dims, headDim), ...shared };
}

function known(name: string, model: Model): SizedModel {
  const { architecture } = model;
  const work = modelWork(model, { format: '16bit', bits: 16, expertsOnly: false, headBits: 16, embeddingBits: 16, kvElementBytes: 1 });
  return {
    name,
    parameters: parameterCount(architecture),
    layers: architecture.layout.length,
    hiddenSize: architecture.hiddenSize,
    heads: attentionHeads(architecture).heads,
    kvElements: (context) => kvBytes(work, context),
    bufferBytes: bytesPerBatchedToken(architecture),
  };
}

/** Feed-forward width over hidden size where it is not given: 8/3 of a gated block. */
const USUAL_WIDTH = 8 / 3;

function described(
  billions: number,
  dims: { readonly hidden: number; readonly layers: number; readonly heads: number; readonly kvHeads: number },
  headDim: number | null,
): SizedModel {
  const perHead = headDim ?? dims.hidden / dims.heads;
  return {
    name: null,
    parameters: billions * 1e9,
    layers: dims.layers,
    hiddenSize: dims.hidden,
    heads: dims.heads,
    kvElements: (context) => 2 * dims.layers * dims.kvHeads * perHead * context,
    bufferBytes: 2 * dims.hidden * (6 + 2 * USUAL_WIDTH),
  };
}

function attentionHeads(architecture: Architecture): { readonly heads: number; readonly kvHeads: number } {
  for (const mixer of architecture.layerKinds.flatMap((kind) => kind.mixers)) {
    if (mixer.kind === 'attention') return { heads: mixer.heads, kvHeads: mixer.kvHeads };
    if (mixer.kind === 'mla') return { heads: mixer.heads, kvHeads: mixer.heads };
  }
  return { heads: 1, kvHeads: 1 };
}

function dtypeOf(model: Model): DataType {
  return model.architecture.dtype;
}

/** The KV cache keeps 16 bit under quantized weights. */
function cacheBytes(precision: DataType): number {
  return Math.max(2, DATA_TYPES[precision]);
}

function shownParameters(read: CommonRequest<unknown>): Readonly<Record<string, unknown>> {
  const { model, precision, batchSize, sequenceLength } = read;
  return {
    model_name: model.name,
    model_size: model.parameters / 1e9,
    precision,
    batch_size: batchSize,
    sequence_length: sequenceLength,
    hidden_size: model.hiddenSize,
    num_hidden_layers: model.layers,
    num_attention_heads: model.heads,
  };
}

function unknownModel(name: string, models: ModelResolver): RestAnswer {
  const nearest = models.nearest(name);
  return bad(404, `There is no model "${name}"${nearest === null ? '' : `; did you mean "${nearest}"?`}`);
}

/** As this service writes sizes: "14.00 GB", of 2^30 bytes. */
function gigabytes(bytes: number): string {
  return `${(bytes / GIB).toFixed(2)} GB`;
}
