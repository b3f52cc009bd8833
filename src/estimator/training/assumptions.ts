import { FRAMEWORK_NAMES } from '../contracts/finetuning';
import { hasUnknownLengths } from './activations';
import type { Gpu } from '../hardware/gpu';
import { peakRate } from './rates';
import type { TrainingPhase } from './memory';
import type { TrainingPlan } from './plan';

const PHASE_WORDS: Readonly<Record<TrainingPhase, string>> = {
  load: 'after loading',
  encoder: 'the encoder tower',
  forward: 'the forward pass',
  loss: 'the loss',
  backward: 'the backward pass',
  optimizer_step: 'the optimizer step',
};

/** What a plan took for granted, in plain sentences. */
export function assumptionsOf(plan: TrainingPlan, gpu: Gpu, peak: TrainingPhase): readonly string[] {
  const { request, adapters } = plan;
  const said: string[] = [`The components are those of the moment memory peaks: ${PHASE_WORDS[peak]}.`];
  const rounded = plan.stepSequences !== request.batch_size;
  if (rounded) {
    said.push(
      `batch_size ${request.batch_size} does not divide over the GPUs and accumulation steps; a step takes ${plan.stepSequences} sequences.`,
    );
  }
  if (plan.pipelineMicros > plan.accumulation)
    said.push('gradient_accumulation_steps is not given: the pipeline is timed as one that enough micro batches keep full.');
  if (request.num_samples === null) said.push('num_samples is not given, so total tokens, hours and energy are unknown.');
  if (adapters && adapters.unknownTargets.length > 0) {
    said.push(`No layer is named ${adapters.unknownTargets.join(', ')}; those targets add nothing.`);
  }
  if (adapters && adapters.parameters === 0) said.push('No layer has an adapter, so nothing is trained.');
  if (plan.shape.towerParameters > 0 && !(request.finetuning_method === 'full' && request.train_vision_tower))
    said.push('The encoder tower is frozen.');
  if (plan.images?.assumption) said.push(plan.images.assumption);
  if (plan.takesImages && request.images_per_sample === null)
    said.push('Images are not counted, neither their patches in the tower nor their tokens: images_per_sample is not given.');
  if (plan.masterBytes > 0 && request.master_weights === null)
    said.push(`${FRAMEWORK_NAMES[request.framework]} keeps fp32 master weights.`);
  if (plan.framework.alwaysFusesAttention && !request.optimization_config.flash_attention)
    said.push(
      `${FRAMEWORK_NAMES[request.framework]} has no attention but torch's fused one, which keeps no scores without flash_attention either.`,
    );
  if (request.chunked_loss === true && plan.loss === 'compact')
    said.push(`The logits of ${FRAMEWORK_NAMES[request.framework]} are there in full: its cross-entropy is fused, not chunked.`);
  if (request.framework === 'ms_swift' && plan.parallel.gpus > 1 && plan.parallel.pipeline === plan.parallel.gpus) {
    said.push('The layers are spread over the GPUs, which compute one after the other (device_map).');
  }
  const { compute_dtype: dtype } = request;
  const has = peakRate(gpu, dtype) !== null && (dtype === 'fp32' || gpu.tflops[dtype] !== null);
  if (!has) said.push(`${gpu.label} has no matrix units for ${dtype}, as far as is known: the products run in what it has.`);
  const { maxPositions } = plan;
  if (maxPositions !== null && request.seq_length > maxPositions)
    said.push(`The model is made for ${maxPositions} tokens, fewer than seq_length; its positions must be scaled.`);
  if (!request.packing && request.tokens_per_sample > request.seq_length) said.push('What of a sample exceeds seq_length is cut off.');
  if (gpu.confidence === 'low') said.push(`The facts of ${gpu.label} are only partly confirmed; its speed may be off.`);
  if (!request.packing && request.tokens_per_sample < request.seq_length) {
    said.push('Without packing the longest samples of a run set the peak.');
  }
  if (hasUnknownLengths(request)) {
    said.push('tokens_per_sample is not given: the longest sample fills the window; the low end of the range stands for shorter ones.');
  }
  said.push(...unusedOptimizations(plan), ...objectiveSaid(plan));
  return said;
}

/** Switches that count for nothing beside the optimizer and the GPUs. */
function unusedOptimizations({ request }: TrainingPlan): readonly string[] {
  const { optimizer, optimization_config: config, num_gpus: gpus, enable_offloading: offloads } = request;
  const lacks = (switched: boolean, form: string, has: RegExp): readonly string[] =>
    switched && !has.test(optimizer) ? [`use_${form}_optimizer counts for nothing: no ${form} form of ${optimizer} is known.`] : [];
  return [
    ...lacks(config.use_8bit_optimizer, '8bit', /[48]bit/),
    ...lacks(config.use_paged_optimizer, 'paged', /paged/),
    ...(config.zero_stage > 0 && gpus === 1 && !offloads ? [`zero_stage ${config.zero_stage} counts for nothing on one GPU.`] : []),
  ];
}

/** What the objective runs beside the trained model. */
function objectiveSaid({ request, objective, adapters, sequences }: TrainingPlan): readonly string[] {
  const said: string[] = [];
  const name = request.objective.toUpperCase();
  if (sequences === 2) said.push(`${name}: each sample is a pair of answers of seq_length tokens that go through together.`);
  const frozen = objective.frozenModels + (adapters ? 0 : objective.references);
  if (frozen > 0)
    said.push(`${name}: ${frozen === 1 ? 'a frozen model' : `${frozen} frozen models`} as large as the trained one beside it.`);
  if (objective.critics > 0) said.push(`${name}: a critic as large as the policy is trained beside it.`);
  return said;
}
