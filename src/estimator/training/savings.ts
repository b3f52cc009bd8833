import type { FinetuningRequest, OptimizationConfig } from '../contracts/finetuning';

/** An optimization that is on, and the same request without it. */
export interface ActiveOptimization {
  readonly name: string;
  readonly without: FinetuningRequest;
}

/** The optimizations of a request that are on, in the order they are shown. */
export function activeOptimizations(request: FinetuningRequest): readonly ActiveOptimization[] {
  const config = request.optimization_config;
  const found: ActiveOptimization[] = [];
  const add = (on: boolean, name: string, change: Partial<FinetuningRequest>): void => {
    if (on) found.push({ name, without: { ...request, ...change } });
  };
  const setting = (change: Partial<OptimizationConfig>): Partial<FinetuningRequest> => ({ optimization_config: { ...config, ...change } });
  const plain = optimizerWithout8Bit(request);
  const unpaged = optimizerWithoutPaging(request);
  add(request.finetuning_method !== 'full', request.finetuning_method, { finetuning_method: 'full', base_quantization: null });
  add(request.base_quantization !== null, `base_quantization ${request.base_quantization ?? ''}`, {
    base_quantization: null,
    finetuning_method: request.finetuning_method === 'qlora' ? 'lora' : request.finetuning_method,
  });
  add(config.flash_attention, 'flash_attention', setting({ flash_attention: false }));
  add(
    config.gradient_checkpointing !== 'none',
    `gradient_checkpointing ${config.gradient_checkpointing}`,
    setting({ gradient_checkpointing: 'none' }),
  );
  add(plain !== request.optimizer, '8bit_optimizer', { optimizer: plain });
  add(unpaged !== request.optimizer, 'paged_optimizer', { optimizer: unpaged });
  add(config.use_fused_kernels, 'fused_kernels', setting({ use_fused_kernels: false }));
  add(config.activation_offloading, 'activation_offloading', setting({ activation_offloading: false }));
  add(config.torch_compile, 'torch_compile', setting({ torch_compile: false }));
  add(config.optimizer_in_backward, 'optimizer_in_backward', setting({ optimizer_in_backward: false }));
  add(request.chunked_loss === true, 'chunked_loss', { chunked_loss: false });
  add(config.zero_stage > 0 && request.num_gpus > 1, `zero_stage ${config.zero_stage}`, setting({ zero_stage: 0 }));
  add(request.enable_offloading, `offloading ${request.offload_target}`, { enable_offloading: false });
  add(request.packing, 'packing', { packing: false });
  return found;
}

function optimizerWithout8Bit(request: FinetuningRequest): FinetuningRequest['optimizer'] {
  switch (request.optimizer) {
    case 'adamw_8bit':
    case 'adamw_4bit':
      return 'adamw';
    case 'paged_adamw_8bit':
      return 'paged_adamw';
    case 'lion_8bit':
    case 'paged_lion_8bit':
      return 'lion';
    case 'galore_8bit':
      return 'galore';
    default:
      return request.optimizer;
  }
}

function optimizerWithoutPaging(request: FinetuningRequest): FinetuningRequest['optimizer'] {
  switch (request.optimizer) {
    case 'paged_adamw':
      return 'adamw';
    case 'paged_adamw_8bit':
      return 'adamw_8bit';
    case 'paged_lion_8bit':
      return 'lion_8bit';
    default:
      return request.optimizer;
  }
}

/** Settings that the presets combine. */
const MEMORY_SETTINGS = ['gradient_checkpointing', '8bit_optimizer', 'offloading', 'activation_offloading'] as const;

/** The preset whose settings are on: how far the request goes to save memory. */
export function presetOf(active: readonly string[]): 'none' | 'balanced' | 'memory_saver' | 'maximum_savings' | 'custom' {
  const has = (name: string): boolean => active.some((entry) => entry === name || entry.startsWith(`${name} `));
  if (!has('flash_attention')) return MEMORY_SETTINGS.some(has) ? 'custom' : 'none';
  const [checkpointing, narrow, offloading, activations] = MEMORY_SETTINGS.map(has);
  if (offloading === true || activations === true) return checkpointing === true && narrow === true ? 'maximum_savings' : 'custom';
  if (checkpointing !== true) return narrow === true ? 'custom' : 'none';
  return narrow === true ? 'memory_saver' : 'balanced';
}
