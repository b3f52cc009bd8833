import type { TrainingPlan } from './plan';
import { layerParameters } from './shape';

/** Bytes per GPU of what a step needs whatever its batch, before offloading. */
export interface StateBytes {
  readonly weights: number;
  /** Weights of the largest layer, and of the largest table, frozen models' beside the trained one's. */
  readonly layerWeights: number;
  readonly tableWeights: number;
  readonly adapters: number;
  readonly gradients: number;
  readonly optimizer: number;
  /** Buckets and gathered layers of data-parallel communication. */
  readonly communication: number;
  /** Copies the optimizer's update makes. */
  readonly update: number;
  /** Gradients of the largest layer. */
  readonly layerGradients: number;
  /** All gradients that exist at once when the optimizer runs in the backward pass: a layer's, or those of a table, which come as one tensor. */
  readonly liveGradients: number;
}

/** Elements of one kind of parameter that one GPU holds before ZeRO shards them. */
interface Holdings {
  readonly linear: number;
  readonly experts: number;
  readonly rest: number;
  readonly embeddings: number;
  readonly towers: number;
}

/** DeepSpeed's default `reduce_bucket_size` and `allgather_bucket_size`, elements of 2 bytes, and the two copies `overlap_comm` keeps (its configuration reference). */
const BUCKET_BYTES = 2 * 5e8 * 2;
/** DeepSpeed's default `stage3_max_live_parameters`. */
const LIVE_ELEMENTS = 1e9;
/** Layers whose full weights exist at once under ZeRO 3 and FSDP: the one computed and the one prefetched. */
const GATHERED_LAYERS = 2;

/** Weights, adapters, gradients, optimizer states and communication buffers of one GPU, in bytes. */
export function stateBytes(plan: TrainingPlan): StateBytes {
  const { parallel } = plan;
  const held = holdings(plan);
  const weightShards = parallel.zeroStage >= 3 ? parallel.shards : 1;
  const expertWeightShards = parallel.zeroStage >= 3 ? parallel.expertShards : 1;
  const { linear, rest } = plan.base;
  const unsharded = held.linear * linear + (held.rest + held.embeddings + held.towers) * rest;
  const models = 1 + plan.objective.critics;
  const ownWeights = unsharded / weightShards + (held.experts * linear) / expertWeightShards;
  const weights = ownWeights * models + frozenBytes(plan, held);

  const trained = trainedElements(plan, held);
  const gradientShards = parallel.zeroStage >= 2 ? parallel.shards : 1;
  const optimizerShards = parallel.zeroStage >= 1 ? parallel.shards : 1;
  const expertGradientShards = parallel.zeroStage >= 2 ? parallel.expertShards : 1;
  const expertOptimizerShards = parallel.zeroStage >= 1 ? parallel.expertShards : 1;
  const perElement = optimizerBytesPerElement(plan);
  const perTable = tableBytesPerElement(plan);
  const adapterWeightShards = parallel.zeroStage >= 3 ? parallel.shards : 1;
  const gradients =
    models * ((trained.dense * plan.gradientBytes) / gradientShards + (trained.experts * plan.gradientBytes) / expertGradientShards);
  const dense = trained.dense * perElement + trained.tables * (perTable - perElement);
  const optimizer = models * (dense / optimizerShards + (trained.experts * perElement) / expertOptimizerShards);
  const updated = models * (trained.dense / optimizerShards + trained.experts / expertOptimizerShards);
  const frozen = frozenModels(plan) * plan.base.compute;
  const bytes = { linear: models * linear + frozen, rest: models * rest + frozen };
  const largest = largestParts(plan, bytes, { dense: weightShards, experts: expertWeightShards });
  const live = largestGradients(plan, { dense: gradientShards, experts: expertGradientShards });
  return {
    weights,
    layerWeights: largest.layer,
    tableWeights: largest.table,
    adapters: (models * trained.adapters * plan.framework.adapterBytes) / adapterWeightShards,
    gradients,
    optimizer,
    communication: communicationBytes(plan, held, trained.dense + trained.experts),
    update: updateBytes(plan, updated),
    layerGradients: Math.min(gradients, models * live.layer),
    liveGradients: Math.min(gradients, models * Math.max(live.layer, live.table)),
  };
}

/** Bytes per element of linear layers and of the rest: norms, biases, tables. */
interface ElementBytes {
  readonly linear: number;
  readonly rest: number;
}

/** Into how many shards ZeRO cuts what a GPU holds. */
interface Shards {
  readonly dense: number;
  readonly experts: number;
}

/** Bytes of the largest layer and of the largest table on one GPU, of one model. */
interface LargestParts {
  readonly layer: number;
  readonly table: number;
}

function largestParts(plan: TrainingPlan, bytes: ElementBytes, shards: Shards): LargestParts {
  const { shape, parallel } = plan;
  const layers = shape.layers.map(({ linearParameters, otherParameters, expertParameters }) => {
    const dense = (linearParameters / parallel.tensor) * bytes.linear + otherParameters * bytes.rest;
    return dense / shards.dense + ((expertParameters / expertSplit(plan)) * bytes.linear) / shards.experts;
  });
  const table = (Math.max(shape.embeddingParameters, shape.headParameters) / parallel.tensor) * bytes.rest;
  return { layer: Math.max(0, ...layers), table: table / shards.dense };
}

/** The same of the gradients. */
function largestGradients(plan: TrainingPlan, shards: Shards): LargestParts {
  const { shape, adapters, gradientBytes: bytes, trainedShare } = plan;
  const { layer, table } = largestParts(plan, { linear: bytes, rest: bytes }, shards);
  if (!adapters) return { layer: layer * trainedShare, table: table * trainedShare };
  const perLayer = adapters.parameters / Math.max(1, shape.layerCount);
  return { layer: (perLayer / shards.dense) * bytes, table: plan.trainsEmbeddings ? table : 0 };
}

/** Into how many parts the GPUs of one replica cut the experts. */
function expertSplit({ parallel }: TrainingPlan): number {
  return parallel.expert > 1 ? parallel.expert : parallel.tensor;
}

/** Reference, teacher and reward models; with adapters, the trained model without them is its own reference. */
function frozenModels({ objective, adapters }: TrainingPlan): number {
  return objective.frozenModels + (adapters ? 0 : objective.references);
}

/** Weights of reference, teacher and reward models, in 16 bits and sharded as ZeRO 3 shards the trained model's. */
function frozenBytes(plan: TrainingPlan, held: Holdings): number {
  const { parallel, base } = plan;
  const stage3 = parallel.zeroStage >= 3;
  const dense = (held.linear + held.rest + held.embeddings + held.towers) / (stage3 ? parallel.shards : 1);
  return frozenModels(plan) * base.compute * (dense + held.experts / (stage3 ? parallel.expertShards : 1));
}

/** Copies made while the optimizer updates: an fp32 gradient for fp32 masters, or the multi-tensor path's copy of the weights. */
function updateBytes(plan: TrainingPlan, updated: number): number {
  if (plan.masterBytes > 0) return plan.gradientBytes < plan.masterBytes ? plan.masterBytes * updated : 0;
  return plan.framework.fusedUpdate ? 0 : plan.optimizer.updateCopies * plan.trainedBytes * updated;
}

/** What the GPU of the fullest pipeline stage holds. The first and last stage also hold the embedding and the head. */
function holdings(plan: TrainingPlan): Holdings {
  const { shape, parallel } = plan;
  let linear = 0;
  let experts = 0;
  let rest = shape.otherParameters;
  // With a pipeline the largest stage holds its share of every kind of layer, rounded up to whole layers.
  const stage = parallel.pipeline === 1 ? 1 : Math.ceil(shape.layerCount / parallel.pipeline) / Math.max(1, shape.layerCount);
  for (const layer of shape.layers) {
    linear += layer.count * layer.linearParameters * stage;
    experts += layer.count * layer.expertParameters * stage;
    rest += layer.count * layer.otherParameters * stage;
  }
  const tables =
    parallel.pipeline === 1 ? shape.embeddingParameters + shape.headParameters : Math.max(shape.embeddingParameters, shape.headParameters);
  return {
    linear: linear / parallel.tensor,
    experts: experts / expertSplit(plan),
    rest,
    embeddings: tables / parallel.tensor,
    towers: shape.towerParameters,
  };
}

interface TrainedElements {
  /** Adapters or dense weights. */
  readonly dense: number;
  /** Embedding and head among them. */
  readonly tables: number;
  readonly experts: number;
  /** Adapters alone. */
  readonly adapters: number;
}

function trainedElements(plan: TrainingPlan, held: Holdings): TrainedElements {
  if (plan.adapters) {
    const perStage = plan.adapters.parameters / plan.parallel.pipeline;
    const embeddings = plan.trainsEmbeddings ? held.embeddings : 0;
    return { dense: perStage + embeddings, tables: embeddings, experts: 0, adapters: perStage };
  }
  const towers = plan.request.train_vision_tower ? held.towers : 0;
  const share = plan.trainedShare;
  const dense = (held.linear + held.rest + held.embeddings + towers) * share;
  return { dense, tables: held.embeddings * share, experts: held.experts * share, adapters: 0 };
}

/** All parameters a run trains, over all GPUs. */
export function trainedParameters(plan: TrainingPlan): number {
  const { shape } = plan;
  if (plan.adapters) return plan.adapters.parameters + (plan.trainsEmbeddings ? shape.embeddingParameters + shape.headParameters : 0);
  const towers = plan.request.train_vision_tower ? 0 : shape.towerParameters;
  return Math.round((shape.parameters - towers) * plan.trainedShare);
}

function optimizerBytesPerElement(plan: TrainingPlan): number {
  const { optimizer, request, shape } = plan;
  const width = plan.masterBytes > 0 ? 4 : plan.trainedBytes;
  const states = optimizer.statesOfWeightWidth * width + optimizer.fixedBytes;
  if (optimizer.factored) return plan.masterBytes + (2 * width) / Math.max(1, shape.hiddenSize);
  // GaLore and APOLLO project the shorter side of a matrix to the rank; the projection itself is one more such matrix.
  if (optimizer.projected && !plan.adapters) return plan.masterBytes + (states + width) * Math.min(1, request.lora_rank / shape.hiddenSize);
  return plan.masterBytes + states;
}

/** Optimizer states of embedding and head: Adam's where the optimizer leaves them to it. */
function tableBytesPerElement(plan: TrainingPlan): number {
  const { optimizer } = plan;
  if (!optimizer.tablesByAdam || plan.adapters) return optimizerBytesPerElement(plan);
  const width = plan.masterBytes > 0 ? 4 : plan.trainedBytes;
  return plan.masterBytes + (optimizer.fixedBytes > 0 ? optimizer.fixedBytes : 2 * width);
}

function communicationBytes(plan: TrainingPlan, held: Holdings, trained: number): number {
  const { parallel, framework } = plan;
  if (parallel.zeroStage >= 3 && (parallel.shards > 1 || framework.fixedBuckets)) return gatheredBytes(plan, held, trained);
  const gradients = trained * plan.gradientBytes;
  if (parallel.zeroStage >= 1) return framework.fixedBuckets ? Math.min(BUCKET_BYTES, gradients) : 0;
  // DistributedDataParallel reduces through buckets that together are as large as the gradients (torch documentation, gradient_as_bucket_view).
  return parallel.shards > 1 ? gradients : 0;
}

/** Whole weights and gradients that exist beside a rank's shards under ZeRO 3 and FSDP. */
function gatheredBytes(plan: TrainingPlan, held: Holdings, trained: number): number {
  const { parallel, shape, base, framework } = plan;
  const all = held.linear + held.experts;
  const whole = all * base.gathered + held.rest * base.gatheredRest;
  const layers = Math.min(all, gatheredElements(plan));
  const gradients = plan.adapters
    ? 0
    : Math.min(framework.gathersWholeModel ? all : layers, trained) * Math.min(base.compute, plan.gradientBytes);
  if (framework.wholeStages && parallel.pipeline > 1) return whole + trained * plan.gradientBytes;
  if (framework.gathersWholeModel && parallel.shards > 1) return whole + held.embeddings * base.gatheredRest + gradients;
  const live = Math.min(all, framework.fixedBuckets ? Math.max(layers, LIVE_ELEMENTS) : layers) * base.gathered;
  const { embeddingParameters: embedding, headParameters: head } = shape;
  const outer = framework.gathersTablesTogether ? embedding + head : Math.max(embedding, head);
  const table = (outer / parallel.tensor) * base.gatheredRest;
  const { enable_offloading: offloads, offload_parts: parts, optimization_config: config } = plan.request;
  // A rank keeps its shard beside what it gathers, together at most the whole, unless the shard has another width or waits on the host.
  const others = parallel.shards === 1 ? 1 : 1 - 1 / parallel.shards;
  const replaced = base.linear === 0;
  const weightsApart = replaced || (offloads && parts !== 'optimizer');
  const gradientsApart = replaced || config.optimizer_in_backward || (offloads && parts !== 'parameters');
  const wholeWeights = whole + held.embeddings * base.gatheredRest;
  const wholeGradients = trained * Math.min(base.compute, plan.gradientBytes);
  return (
    (weightsApart ? live + table : Math.min(live + table, wholeWeights * others)) +
    (gradientsApart ? gradients : Math.min(gradients, wholeGradients * others))
  );
}

function gatheredElements(plan: TrainingPlan): number {
  const { shape, parallel } = plan;
  const largest = Math.max(0, ...shape.layers.map((layer) => layerParameters(layer) - layer.expertParameters));
  const experts = Math.max(0, ...shape.layers.map((layer) => layer.expertParameters));
  return GATHERED_LAYERS * (largest / parallel.tensor + experts / expertSplit(plan));
}
