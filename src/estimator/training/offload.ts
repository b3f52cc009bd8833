import type { TrainingPlan } from './plan';
import type { StateBytes } from './states';

/** States that stay on the GPU, and bytes of one rank that moved away. */
export interface PlacedStates {
  readonly gpu: StateBytes;
  readonly onHost: number;
  readonly onNvme: number;
}

/** Layers whose weights are on the GPU while the others wait on the host: the one computed and the one being copied. Tables come alone. */
const RESIDENT_LAYERS = 2;

/** Moves what the request offloads off the GPU: optimizer states with their update, gradients from ZeRO 2 on, and weights layer by layer. */
export function offloadStates(plan: TrainingPlan, state: StateBytes): PlacedStates {
  const { enable_offloading: enabled, offload_parts: parts, offload_target: target } = plan.request;
  if (!enabled) return { gpu: state, onHost: 0, onNvme: 0 };
  const optimizer = parts !== 'parameters';
  const parameters = parts !== 'optimizer';
  const movesGradients = optimizer && plan.parallel.zeroStage >= 2;
  // ZeRO 3 counts the layers it has fetched among what it gathered.
  const gathers = plan.parallel.zeroStage >= 3 && (plan.parallel.shards > 1 || plan.framework.fixedBuckets);
  const fetched = gathers ? 0 : Math.min(state.weights, Math.max(RESIDENT_LAYERS * state.layerWeights, state.tableWeights));
  const resident = parameters ? fetched : state.weights;
  const inWork = gathers && plan.adapters === null ? 0 : Math.min(state.gradients, state.layerGradients);
  const gradients = movesGradients ? inWork : state.gradients;
  const moved = {
    optimizer: optimizer ? state.optimizer : 0,
    weights: state.weights - resident,
    gradients: state.gradients - gradients,
  };
  const gpu: StateBytes = {
    ...state,
    weights: resident,
    gradients,
    optimizer: state.optimizer - moved.optimizer,
    update: optimizer ? 0 : state.update,
  };
  const large = moved.optimizer + moved.weights;
  return target === 'nvme' ? { gpu, onHost: moved.gradients, onNvme: large } : { gpu, onHost: large + moved.gradients, onNvme: 0 };
}
