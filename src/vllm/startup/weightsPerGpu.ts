import type { Architecture, LayerKind } from '../../estimator/architecture';
import { matrixTensors, plainFormat, type WeightFormat } from '../../estimator/formats';
import { allocatedBytes } from '../../estimator/memory/allocator';
import { layerTensors, outerTensors } from '../../estimator/parameters';
import type { ParameterGroup, TensorSpec } from '../../estimator/tensors';
import { MIB, ceilDiv, roundUp } from '../../estimator/units';
import { modulePaths, namesLayer, type IgnoredModules, type QuantizationScheme } from './quantization';
import type { PipelineStage } from './stages';

/** How the weights of one rank are cut and stored. */
export interface WeightLayout {
  readonly architecture: Architecture;
  readonly scheme: QuantizationScheme;
  readonly tensorParallel: number;
  /** Ranks that share the experts: tensor x data x prefill-context parallel. */
  readonly expertRanks: number;
  readonly expertParallel: boolean;
  readonly redundantExperts: number;
  /** Bytes of an unquantized element. */
  readonly dtypeBytes: number;
  readonly loadTowers: boolean;
  /** Towers are replicated instead of cut (`mm-encoder-tp-mode: data`). */
  readonly replicateTowers: boolean;
  /** MLA models keep 16-bit copies of the absorbed up projections (since 0.7). */
  readonly absorbedCopies: boolean;
  readonly wholeSegmentsAbove20Mib: boolean;
  /** Stored over computed bytes by tensor group, from the checkpoint's weight headers; null when they were not read. */
  readonly headerRatios: ReadonlyMap<string, number> | null;
}

/** One parameter as a rank allocates it. */
export interface StoredParameter {
  readonly name: string;
  readonly group: ParameterGroup | 'absorbed';
  /** Bytes the allocator reports. */
  readonly bytes: number;
  /** Linear weights of a quantized layer are repacked after loading. */
  readonly quantized: boolean;
}

/** Name of the rotary tables among the outer parameters: no checkpoint stores them. */
const ROPE_TABLE = 'rotary cos/sin';

/** Blocks above this are never split when `wholeSegmentsAbove20Mib` (max_split_size of #41268). */
const MAX_SPLIT_BYTES = 20 * MIB;

/** Vocabulary rows are padded to this before they are divided (DEFAULT_VOCAB_PADDING_SIZE, vocab_parallel_embedding.py). */
const VOCAB_PADDING = 64;

const tensorsOfKind = new WeakMap<LayerKind, readonly TensorSpec[]>();
const tensorsOutside = new WeakMap<Architecture, readonly TensorSpec[]>();

/** `layerTensors`, worked out once per layer kind: bulk estimates meet the same models again and again. */
export function tensorsOfLayer(architecture: Architecture, kind: LayerKind): readonly TensorSpec[] {
  const known = tensorsOfKind.get(kind);
  if (known) return known;
  const tensors = layerTensors(architecture, asAllocated(kind));
  tensorsOfKind.set(kind, tensors);
  return tensors;
}

/**
 * vLLM's merged QKV matrix has a K and a V slot in every layer, also where the model takes V from K or reads an earlier
 * layer's cache (`QKVParallelLinear` in gemma4.py and gemma3n.py).
 */
function asAllocated(kind: LayerKind): LayerKind {
  const mixers = kind.mixers.map((mixer) => (mixer.kind === 'attention' ? { ...mixer, keyIsValue: false, sharesKvCache: false } : mixer));
  return { ...kind, mixers };
}

function tensorsOutsideLayers(architecture: Architecture): readonly TensorSpec[] {
  const known = tensorsOutside.get(architecture);
  if (known) return known;
  const tensors = outerTensors(architecture);
  tensorsOutside.set(architecture, tensors);
  return tensors;
}

/** The parameters of one decoder layer of kind `kind`, in definition order, as one rank allocates them. */
export function layerParameters(layout: WeightLayout, kind: number): readonly StoredParameter[] {
  const layerKind = layout.architecture.layerKinds[kind];
  if (!layerKind) return [];
  const layers = layout.architecture.layout.flatMap((entry, index) => (entry === kind ? [index] : []));
  const parameters = mergeTensors(layout, tensorsOfLayer(layout.architecture, layerKind), quantizedShare(layout.scheme, layers));
  if (layout.absorbedCopies) {
    for (const mixer of layerKind.mixers) {
      if (mixer.kind !== 'mla') continue;
      const heads = mixer.heads / layout.tensorParallel;
      const copy = (width: number): number => allocate(layout, 2 * mixer.kvLoraRank * heads * width);
      parameters.push(
        { name: 'W_UK_T', group: 'absorbed', bytes: copy(mixer.qkNopeHeadDim), quantized: false },
        { name: 'W_UV', group: 'absorbed', bytes: copy(mixer.vHeadDim), quantized: false },
      );
    }
  }
  return parameters;
}

/** The parameters outside the decoder layers on one pipeline stage: embedding, head, towers, rope tables. */
export function outerParameters(layout: WeightLayout, stage: PipelineStage): readonly StoredParameter[] {
  const { architecture } = layout;
  const tensors = tensorsOutsideLayers(architecture);
  const towers = new Set<TensorSpec>(architecture.towers.flatMap((tower) => tower.tensors));
  const onStage = tensors.filter((tensor) => {
    if (towers.has(tensor)) return stage.first && layout.loadTowers;
    if (tensor.group === 'lm_head' || tensor.group === 'norm') return stage.last;
    if (tensor.group === 'embed') return stage.first || (stage.last && architecture.tieWordEmbeddings && tensor.name === 'embed_tokens');
    return stage.first;
  });
  const cut = onStage.map((tensor) => (towers.has(tensor) ? towerTensor(layout, tensor) : tensor));
  const parameters = mergeTensors(layout, cut, () => 1);
  architecture.rope.lengths.forEach((length, index) => {
    const bytes = allocate(layout, length * (architecture.rope.dims[index] ?? 0) * layout.dtypeBytes);
    parameters.push({ name: ROPE_TABLE, group: 'other', bytes, quantized: false });
  });
  return parameters;
}

/**
 * A tower's tensor as vLLM cuts it. Where only the tower's total is known, it stands as one vector: its matrices, nearly all of it, are cut
 * like a decoder's.
 */
function towerTensor(layout: WeightLayout, tensor: TensorSpec): TensorSpec {
  if (layout.replicateTowers) return { ...tensor, sharding: 'replicated' };
  return tensor.inFeatures === 1 && tensor.outFeatures > WHOLE_TOWER ? { ...tensor, sharding: 'column' } : tensor;
}

/** No bias or norm of a tower is this long; a longer vector is a whole tower. */
const WHOLE_TOWER = 2 ** 20;

/** Total bytes of parameters. */
export function bytesOf(parameters: readonly StoredParameter[]): number {
  return parameters.reduce((sum, parameter) => sum + parameter.bytes, 0);
}

/** Local rows and columns of a tensor and how many copies of it a rank holds. */
export function localShape(
  layout: WeightLayout,
  tensor: TensorSpec,
): { readonly out: number; readonly in: number; readonly copies: number } {
  const { tensorParallel: tp, expertRanks } = layout;
  const { outFeatures: out, inFeatures: input, copies } = tensor;
  switch (tensor.sharding) {
    case 'column':
      return { out: ceilDiv(out, tp), in: input, copies };
    case 'row':
      return { out, in: ceilDiv(input, tp), copies };
    case 'kv':
      return { out: ceilDiv(out, Math.min(tp, tensor.heads ?? tp)), in: input, copies };
    case 'vocab':
      return { out: roundUp(out, VOCAB_PADDING) / tp, in: input, copies };
    case 'expert':
      if (layout.expertParallel) return { out, in: input, copies: ceilDiv(copies + layout.redundantExperts, expertRanks) };
      if (tensor.expertCut === 'column') return { out: ceilDiv(out, expertRanks), in: input, copies };
      return { out, in: input === 1 ? 1 : ceilDiv(input, expertRanks), copies };
    case 'replicated':
      return { out, in: input, copies };
  }
}

/** Adjacent tensors that vLLM allocates as one parameter become one; every other stands alone. */
function mergeTensors(layout: WeightLayout, tensors: readonly TensorSpec[], shareOf: (tensor: TensorSpec) => number): StoredParameter[] {
  const merged: StoredParameter[] = [];
  const done = new Set<string>();
  for (const tensor of tensors) {
    if (tensor.fusedInto !== undefined) {
      if (done.has(tensor.fusedInto)) continue;
      done.add(tensor.fusedInto);
    }
    const parts = tensor.fusedInto === undefined ? [tensor] : tensors.filter((other) => other.fusedInto === tensor.fusedInto);
    const share = shareOf(tensor);
    const format = formatOf(layout.scheme, tensor);
    const plain = plainFormat(tensor.fp32 === true ? 4 : layout.dtypeBytes);
    const quantizedBytes = format && share > 0 ? storedBytes(layout, parts, format) : 0;
    const plainBytes = !format || share < 1 ? storedBytes(layout, parts, plain) : 0;
    const ratio = layout.headerRatios?.get(tensor.group) ?? 1;
    const bytes = ratio * (format ? share * quantizedBytes + (1 - share) * plainBytes : plainBytes);
    merged.push({ name: tensor.fusedInto ?? tensor.name, group: tensor.group, bytes, quantized: format !== null && share > 0 });
  }
  return merged;
}

/** The format a scheme stores a tensor in; null for the model's dtype. */
export function formatOf(scheme: QuantizationScheme, tensor: TensorSpec): WeightFormat | null {
  if (tensor.group === 'lm_head') return tensor.inFeatures > 1 ? scheme.lmHead : null;
  if (tensor.name === 'embed_tokens') return scheme.embedding;
  if (!tensor.quantizable || tensor.group === 'vision' || tensor.group === 'audio') return null;
  return tensor.group === 'experts' ? scheme.experts : scheme.linear;
}

/** Scales are counted per merged part, then weights, scales and zero points are each one allocation. */
function storedBytes(layout: WeightLayout, parts: readonly TensorSpec[], format: WeightFormat): number {
  const sums: number[] = [];
  let copiesOfVectors = 1;
  for (const part of parts) {
    const { out, in: input, copies } = paddedShape(layout, part);
    const stacked = part.group === 'experts';
    if (!stacked) copiesOfVectors = copies;
    matrixTensors(format, out, input).forEach((bytes, index) => {
      sums[index] = (sums[index] ?? 0) + bytes * (stacked ? copies : 1);
    });
  }
  return copiesOfVectors * sums.reduce((sum, bytes) => sum + allocate(layout, bytes), 0);
}

/** The local shape, with expert matrices padded to what their kernel wants. */
function paddedShape(layout: WeightLayout, tensor: TensorSpec): ReturnType<typeof localShape> {
  const shape = localShape(layout, tensor);
  const padding = layout.scheme.expertPadding;
  if (!padding || tensor.group !== 'experts' || tensor.inFeatures === 1) return shape;
  const [out, input] = tensor.expertCut === 'column' ? [padding.intermediate, padding.hidden] : [padding.hidden, padding.intermediate];
  return { ...shape, out: roundUp(shape.out, out), in: roundUp(shape.in, input) };
}

function allocate(layout: WeightLayout, bytes: number): number {
  return allocatedBytes(bytes, layout.wholeSegmentsAbove20Mib ? MAX_SPLIT_BYTES : Infinity);
}

/** Of some layers of one kind, the share in which the checkpoint quantizes a given tensor. */
export function quantizedShare({ ignored }: QuantizationScheme, layers: readonly number[]): (tensor: TensorSpec) => number {
  if (ignored.length === 0) return () => 1;
  return (tensor) => {
    const hits = patternsNaming(ignored, tensor);
    if (hits.length === 0 || layers.length === 0) return 1;
    if (hits.some((pattern) => pattern.layer === null)) return 0;
    const named = new Set(hits.map((pattern) => pattern.layer));
    const longer = hits.filter((pattern) => pattern.orLonger);
    const isNamed = (layer: number): boolean => named.has(layer) || longer.some((pattern) => namesLayer(pattern, layer));
    return 1 - layers.filter(isNamed).length / layers.length;
  };
}

const namedBy = new WeakMap<readonly IgnoredModules[], WeakMap<TensorSpec, readonly IgnoredModules[]>>();

/** The patterns that name a tensor, found once: a list may hold hundreds of expressions, and every simulation asks. */
function patternsNaming(ignored: readonly IgnoredModules[], tensor: TensorSpec): readonly IgnoredModules[] {
  const byTensor = namedBy.get(ignored) ?? new WeakMap<TensorSpec, readonly IgnoredModules[]>();
  namedBy.set(ignored, byTensor);
  const known = byTensor.get(tensor);
  if (known) return known;
  const paths = modulePaths(tensor);
  const hits = ignored.filter((pattern) => paths.some((path) => pattern.matches(path)));
  byTensor.set(tensor, hits);
  return hits;
}
