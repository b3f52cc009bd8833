import type { TrainingConstants } from './constants';
import type { MicroBatchWork } from './compute';
import { towerElements } from './images';
import type { TrainingPlan } from './plan';
import { TRAINING_CONSTANTS } from './constants';
import type { TimeConstants } from './timeConstants';

/** Bytes per GPU that a micro batch's images take in the tower. */
export interface EncoderBytes {
  /** Pixel values of the batch, which stay for the whole step. */
  readonly pixels: number;
  /** Kept from the tower's forward to its backward pass: nothing where it is frozen. */
  readonly kept: number;
  /** What a layer of the tower needs beside that, and its outputs. */
  readonly working: number;
  /** Checkpoints that wait in host memory. */
  readonly offloaded: number;
}

const NO_IMAGES: EncoderBytes = { pixels: 0, kept: 0, working: 0, offloaded: 0 };

/** Processors hand pixels over in fp32. */
const PIXEL_BYTES = 4;
const CHANNELS = 3;
/** LayerNorms of a block, and its tensors of the tower's width: Q, K, V and the attention's output. */
const NORMS = 2;
const MIXER_TENSORS = 4;
/** Copies of the tower's output: the projector's, and the embeddings that it is written into. */
const OUTPUT_COPIES = 2;

/** Patches of all images that one GPU encodes in a micro batch. The tower is cut over neither tensor- nor context-parallel ranks. */
function patchesOf({ images, microBatch, sequences }: TrainingPlan): number {
  return images === null ? 0 : images.patches * images.perSequence * microBatch * sequences;
}

/** Memory of the tower in a micro batch: transient where it is frozen, kept as the layers' own activations are where it is trained. */
export function encoderBytes(plan: TrainingPlan, constants: TrainingConstants): EncoderBytes {
  const { images } = plan;
  if (images === null) return NO_IMAGES;
  const { tower, trained } = images;
  const patches = patchesOf(plan);
  const width = plan.activationBytes / 2;
  const layer = patches * layerBytesPerPatch(plan, constants);
  const checkpoint = patches * tower.hiddenSize * plan.activationBytes;
  const tokens = patches / tower.patchesPerToken;
  const outputs = OUTPUT_COPIES * tokens * plan.shape.hiddenSize * plan.activationBytes;
  const mode = plan.request.optimization_config.gradient_checkpointing;
  const perLayer =
    mode === 'none'
      ? layer
      : mode === 'selective'
        ? Math.min(layer, checkpoint + constants.selectiveShare * products(plan, patches))
        : checkpoint;
  const all = trained ? tower.layers * perLayer : 0;
  const offloads = mode === 'offloaded' || plan.request.optimization_config.activation_offloading;
  const kept = offloads ? Math.min(all, perLayer) : all;
  return {
    pixels: patches * CHANNELS * (tower.patchSize ?? 0) ** 2 * PIXEL_BYTES,
    kept,
    working: layer * (trained ? 1 + constants.backwardWork : 1) + outputs * width,
    offloaded: all - kept,
  };
}

function products({ images, activationBytes }: TrainingPlan, patches: number): number {
  return images === null ? 0 : patches * (MIXER_TENSORS * images.tower.hiddenSize + images.tower.intermediateSize) * activationBytes;
}

/** Bytes per patch that one block keeps without checkpointing; its attention sees the patches of one image. */
function layerBytesPerPatch(plan: TrainingPlan, constants: TrainingConstants): number {
  if (plan.images === null) return 0;
  const { tower, patches } = plan.images;
  const kernel = constants.kernels[plan.kernels];
  const scores = plan.fusesAttention ? 0 : tower.heads * patches * constants.score[plan.framework.softmax];
  const elements =
    NORMS * tower.hiddenSize * kernel.layerNorm +
    MIXER_TENSORS * tower.hiddenSize * kernel.mixer +
    tower.intermediateSize * kernel.feedForward;
  return (elements + scores) * (plan.activationBytes / 2);
}

/** What the tower computes in a micro batch: its forward pass, and two more of its size where it is trained. */
export function encoderWork(plan: TrainingPlan, constants: TimeConstants): MicroBatchWork | null {
  if (plan.images === null) return null;
  const { tower, patches: perImage, trained } = plan.images;
  const patches = patchesOf(plan);
  const { blocks, rest } = towerElements(tower);
  const { critics, extraForwards } = plan.objective;
  const again = trained && plan.request.optimization_config.gradient_checkpointing !== 'none' ? 1 : 0;
  const gradients = trained ? 2 : 0;
  const forwards = 1 + critics + extraForwards;
  const forward = 2 * (blocks + rest / tower.patchesPerToken) * patches;
  // Q·K and P·V of every pair of patches of an image, none masked.
  const scores = 4 * tower.layers * tower.hiddenSize * perImage * patches;
  const passes = forwards + gradients;
  return {
    modelFlops: (forward + scores) * passes,
    productFlops: forward * (passes + again),
    expertFlops: 0,
    attentionFlops: scores * (passes + again),
    trafficBytes:
      patches * tower.layers * layerBytesPerPatch(plan, TRAINING_CONSTANTS) * constants.traffic[plan.kernels] * ((passes + again) / 2),
  };
}
