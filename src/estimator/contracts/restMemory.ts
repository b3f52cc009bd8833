import type { Architecture, Model } from '../architecture';
import { parameterCount } from '../parameters';
import { bytesPerBatchedToken } from '../runtime/memory';
import { kvBytes, modelWork } from '../speed/work';
import { GIB } from '../units';
import type { ModelResolver } from './resolve';
import { type Problems } from './problem';
import { RequestReader } from './validate';

/** Bytes per weight of the REST calculator's data types. */
const DATA_TYPES = { float32: 4, float16: 2, bfloat16: 2, int8: 1, int4: 0.5 } as const;
export type DataType = keyof typeof DATA_TYPES;
export const DATA_TYPE_NAMES = Object.keys(DATA_TYPES) as DataType[];

/** Bytes of optimizer state per trained parameter: its rules of thumb. */
const OPTIMIZERS = { AdamW: 8, 'Quantized AdamW': 2, SGD: 4 } as const;
export type RestOptimizer = keyof typeof OPTIMIZERS;
export const OPTIMIZER_NAMES = Object.keys(OPTIMIZERS) as RestOptimizer[];

/** What a calculation was made with: what was sent, what a name stands for, and defaults. */
export interface RestParameters {
  /** null where the architecture itself was sent. */
  readonly model_name: string | null;
  /** Billions of parameters. */
  readonly model_size: number;
  readonly precision: DataType;
  readonly batch_size: number;
  readonly sequence_length: number;
  readonly hidden_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
  readonly head_dim: number;
  readonly use_flash_attention: boolean;
}

/** Sizes as this service writes them: "13.04 GB", of 2^30 bytes. */
export interface RestInference {
  readonly calculation_type: 'inference';
  readonly unit: 'GiB';
  readonly parameters: RestParameters & { readonly kv_cache_precision: DataType; readonly use_page_attention: boolean };
  readonly memory_requirements: {
    readonly model_weights: string;
    readonly kv_cache: string;
    readonly activation_memory: string;
    readonly inference_memory: string;
  };
}

export interface RestTraining {
  readonly calculation_type: 'training';
  readonly unit: 'GiB';
  readonly parameters: RestParameters & { readonly optimizer: RestOptimizer; readonly trainable_parameters: number };
  readonly memory_requirements: {
    readonly model_weights: string;
    readonly gradients_memory: string;
    readonly optimizer_memory: string;
    readonly activation_memory: string;
    readonly training_memory: string;
  };
}

/** What is wrong with a request. */
export interface RestRefusal {
  readonly status: 400 | 404;
  readonly problems: Problems;
}

/** A calculation, or what is wrong with the request. */
export type RestCalculation<B> = { readonly body: B } | RestRefusal;

/** Memory of serving a model. */
export function restInferenceMemory(request: unknown, models: ModelResolver): RestCalculation<RestInference> {
  const reader = new RequestReader(request);
  // Engines compute attention without a score matrix; the pages of a paged cache hold as many tokens as were asked for.
  const own = {
    use_flash_attention: reader.flag('use_flash_attention', true),
    use_page_attention: reader.flag('use_page_attention', true),
    kv_cache_precision: reader.choice('kv_cache_precision', DATA_TYPE_NAMES, null),
  };
  const read = readCommon(reader, models);
  if ('problems' in read) return read;
  const { model, precision, batchSize, sequenceLength } = read;
  const cache = own.kv_cache_precision ?? cachePrecision(precision);
  const weights = model.parameters * DATA_TYPES[precision];
  const kvCache = batchSize * model.kvElements(sequenceLength) * DATA_TYPES[cache];
  const scores = own.use_flash_attention ? 0 : BYTES_PER_SCORE * model.heads * sequenceLength;
  const activations = batchSize * sequenceLength * (model.bufferBytes + scores) * width(precision);
  return {
    body: {
      calculation_type: 'inference',
      unit: 'GiB',
      parameters: { ...shownParameters(read), ...own, kv_cache_precision: cache },
      memory_requirements: {
        model_weights: gigabytes(weights),
        kv_cache: gigabytes(kvCache),
        activation_memory: gigabytes(activations),
        inference_memory: gigabytes(weights + kvCache + activations),
      },
    },
  };
}

/** Memory of training a model. */
export function restTrainingMemory(request: unknown, models: ModelResolver): RestCalculation<RestTraining> {
  const reader = new RequestReader(request);
  const own = {
    use_flash_attention: reader.flag('use_flash_attention', false),
    optimizer: reader.choice('optimizer', OPTIMIZER_NAMES, 'AdamW'),
    trainable_parameters: reader.number('trainable_parameters', { min: 0, max: 100 }, 100),
  };
  const read = readCommon(reader, models);
  if ('problems' in read) return read;
  const { model, precision, batchSize, sequenceLength } = read;
  const trained = (model.parameters * own.trainable_parameters) / 100;
  const weights = model.parameters * DATA_TYPES[precision];
  const gradients = trained * Math.max(2, DATA_TYPES[precision]);
  const states = trained * OPTIMIZERS[own.optimizer];
  // Korthikanti et al. 2022, eq. 2: 34 bytes per token and hidden element in 16 bit, and 5 per attention score where scores are kept.
  const scores = own.use_flash_attention ? 0 : 5 * model.heads * sequenceLength;
  const perToken = model.layers * (34 * model.hiddenSize + scores) * width(precision);
  const activations = batchSize * sequenceLength * perToken;
  return {
    body: {
      calculation_type: 'training',
      unit: 'GiB',
      parameters: { ...shownParameters(read), ...own },
      memory_requirements: {
        model_weights: gigabytes(weights),
        gradients_memory: gigabytes(gradients),
        optimizer_memory: gigabytes(states),
        activation_memory: gigabytes(activations),
        training_memory: gigabytes(weights + gradients + states + activations),
      },
    },
  };
}

/** A model as these calculations need it: sizes only. */
interface SizedModel {
  readonly name: string | null;
  readonly parameters: number;
  readonly layers: number;
  readonly hiddenSize: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  /** KV elements of a context, all layers and heads. */
  readonly kvElements: (context: number) => number;
  /** Bytes of working buffers per token of a forward pass, in 16 bit. */
  readonly bufferBytes: number;
}

/** Bytes of one attention score, in 16 bit. */
const BYTES_PER_SCORE = 2;

/** Activations are computed in 16 bit, but in 32 under float32. */
function width(precision: DataType): number {
  return Math.max(1, DATA_TYPES[precision] / 2);
}

/** The KV cache keeps 16 bit under quantized weights. */
function cachePrecision(precision: DataType): DataType {
  return DATA_TYPES[precision] < 2 ? 'float16' : precision;
}

interface CommonRequest {
  readonly model: SizedModel;
  readonly precision: DataType;
  readonly batchSize: number;
  readonly sequenceLength: number;
}

/** Largest values accepted: beyond any model or load, and small enough that products stay finite. */
const MOST = { batch: 1_000_000, tokens: 100_000_000, width: 1_000_000, billions: 1_000_000 } as const;
const COUNT = { min: 1, max: MOST.width, integer: true } as const;
const SIZE = { min: 0.001, max: MOST.billions } as const;

function readCommon(
  reader: RequestReader,
  models: ModelResolver,
): CommonRequest | { readonly status: 400 | 404; readonly problems: Problems } {
  const name = reader.text('model_name', null);
  const isNamed = reader.has('model_name');
  const found = name === null ? null : knownModel(name, models);
  const shape = readShape(reader);
  const request = {
    precision: reader.choice('precision', DATA_TYPE_NAMES, found ? storedPrecision(found) : 'float16'),
    batchSize: reader.number('batch_size', { min: 1, max: MOST.batch, integer: true }, 1),
    sequenceLength: reader.number('sequence_length', { min: 1, max: MOST.tokens, integer: true }, 2048),
  };
  if (!isNamed) reportMissing(reader);
  const isSound = reader.isSound();
  if (name !== null && found === null)
    reader.report('model_name', name, 'a model that GET models lists, or one made of it', models.nearest(name));
  const read = reader.finish(found && name !== null ? known(name, found) : described(shape));
  if (!read.ok) return { status: isSound ? 404 : 400, problems: read.problems };
  return { model: read.request, ...request };
}

/** The model of a name; null where its name tells no more than a size, of which the service would have to invent the rest. */
export function knownModel(name: string, models: ModelResolver): Model | null {
  const found = models.find(name);
  return found === null || found.isGuess ? null : found.model;
}

/** Fields of an architecture that is sent instead of a name. */
const REQUIRED = ['model_size', 'hidden_size', 'num_hidden_layers', 'num_attention_heads'] as const;

function reportMissing(reader: RequestReader): void {
  for (const field of REQUIRED) {
    if (reader.has(field)) continue;
    const { min, max } = field === 'model_size' ? SIZE : COUNT;
    const allowed = field === 'model_size' ? `billions of parameters from ${min} to ${max}` : `a whole number from ${min} to ${max}`;
    reader.report(field, undefined, `${allowed}, or model_name instead of the architecture`, null);
  }
}

/** Sizes of an architecture. */
interface Shape {
  readonly billions: number;
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
}

function readShape(reader: RequestReader): Shape {
  const hidden = reader.number('hidden_size', COUNT, 1);
  const heads = reader.number('num_attention_heads', COUNT, 1);
  return {
    billions: reader.number('model_size', SIZE, 1),
    hidden,
    layers: reader.number('num_hidden_layers', COUNT, 1),
    heads,
    kvHeads: reader.number('num_key_value_heads', COUNT, heads),
    headDim: reader.number('head_dim', COUNT, hidden / heads),
  };
}

function known(name: string, model: Model): SizedModel {
  const { architecture } = model;
  const work = modelWork(model, { format: '16bit', bits: 16, besideExperts: null, headBits: 16, embeddingBits: 16, kvElementBytes: 1 });
  return {
    name,
    parameters: parameterCount(architecture),
    layers: architecture.layout.length,
    hiddenSize: architecture.hiddenSize,
    ...attentionHeads(architecture),
    kvElements: (context) => kvBytes(work, context),
    bufferBytes: bytesPerBatchedToken(architecture),
  };
}

/** Feed-forward width over hidden size where it is not given: 8/3 of a gated block. */
const USUAL_WIDTH = 8 / 3;

function described({ billions, hidden, layers, heads, kvHeads, headDim }: Shape): SizedModel {
  return {
    name: null,
    parameters: billions * 1e9,
    layers,
    hiddenSize: hidden,
    heads,
    kvHeads,
    headDim,
    kvElements: (context) => 2 * layers * kvHeads * headDim * context,
    bufferBytes: 2 * hidden * (6 + 2 * USUAL_WIDTH),
  };
}

/** Heads of the first layer with attention; none where no layer has it. */
export function attentionHeads(architecture: Architecture): { readonly heads: number; readonly kvHeads: number; readonly headDim: number } {
  for (const mixer of architecture.layerKinds.flatMap((kind) => kind.mixers)) {
    if (mixer.kind === 'attention') return { heads: mixer.heads, kvHeads: mixer.kvHeads, headDim: mixer.headDim };
    if (mixer.kind === 'mla') return { heads: mixer.heads, kvHeads: mixer.heads, headDim: mixer.qkNopeHeadDim + mixer.qkRopeHeadDim };
    if (mixer.kind === 'compressed_latent') return { heads: mixer.heads, kvHeads: 1, headDim: mixer.headDim };
  }
  return { heads: 0, kvHeads: 0, headDim: 0 };
}

/** The data type nearest to what a checkpoint stores its weights in. */
export function storedPrecision({ architecture, quantization }: Model): DataType {
  if (quantization === null) return architecture.dtype;
  return quantization.bits < 6 ? 'int4' : quantization.bits < 12 ? 'int8' : architecture.dtype;
}

function shownParameters({ model, precision, batchSize, sequenceLength }: CommonRequest): Omit<RestParameters, 'use_flash_attention'> {
  return {
    model_name: model.name,
    model_size: model.parameters / 1e9,
    precision,
    batch_size: batchSize,
    sequence_length: sequenceLength,
    hidden_size: model.hiddenSize,
    num_hidden_layers: model.layers,
    num_attention_heads: model.heads,
    num_key_value_heads: model.kvHeads,
    head_dim: model.headDim,
  };
}

function gigabytes(bytes: number): string {
  return `${(bytes / GIB).toFixed(2)} GB`;
}
