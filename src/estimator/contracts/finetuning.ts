import type { Problems } from './problem';

/**
 * The fine-tuning request and response of the public calculators, with the fields this engine adds. GB and GiB both mean 2^30 bytes
 * here, as cards are counted; sequence lengths are tokens; `batch_size` is global.
 */

export const FINETUNING_METHODS = ['full', 'lora', 'qlora'] as const;
export const BASE_PRECISIONS = ['fp32', 'fp16', 'bf16', 'fp8'] as const;
export const OPTIMIZERS = [
  'adamw', 'adamw_8bit', 'paged_adamw', 'paged_adamw_8bit', 'adamw_4bit', 'adafactor', 'sgd', 'sgd_momentum', 'lion', 'lion_8bit',
  'paged_lion_8bit', 'muon', 'galore', 'galore_8bit', 'apollo', 'adam_mini',
] as const; // prettier-ignore
export const BASE_QUANTIZATIONS = ['nf4', 'nf4_double', 'int8', 'gptq', 'awq', 'fp8'] as const;
export const COMPUTE_DTYPES = ['fp32', 'tf32', 'fp16', 'bf16', 'fp8', 'fp4'] as const;
export const FRAMEWORKS = [
  'peft', 'trl', 'llama_factory', 'axolotl', 'unsloth', 'torchtune', 'litgpt', 'ms_swift', 'deepspeed', 'fsdp', 'megatron', 'pytorch',
] as const; // prettier-ignore
export const CHECKPOINTING_MODES = ['none', 'selective', 'full', 'offloaded'] as const;
export const MEMORY_MEASURES = ['allocated', 'reserved', 'nvidia_smi'] as const;
export const OFFLOAD_TARGETS = ['cpu_ram', 'nvme'] as const;
export const OFFLOAD_PARTS = ['optimizer', 'parameters', 'all'] as const;
export const OBJECTIVES = ['sft', 'pretrain', 'dpo', 'orpo', 'kto', 'reward', 'ppo', 'grpo', 'gkd'] as const;
export const ZERO_STAGES = [0, 1, 2, 3] as const;

export type FinetuningMethod = (typeof FINETUNING_METHODS)[number];
export type BasePrecision = (typeof BASE_PRECISIONS)[number];
export type OptimizerName = (typeof OPTIMIZERS)[number];
export type BaseQuantization = (typeof BASE_QUANTIZATIONS)[number];
export type ComputeDtype = (typeof COMPUTE_DTYPES)[number];
export type FrameworkName = (typeof FRAMEWORKS)[number];

/** The frameworks as their makers write them. */
export const FRAMEWORK_NAMES: Readonly<Record<FrameworkName, string>> = {
  peft: 'PEFT',
  trl: 'TRL',
  llama_factory: 'LLaMA-Factory',
  axolotl: 'Axolotl',
  unsloth: 'Unsloth',
  torchtune: 'torchtune',
  litgpt: 'LitGPT',
  ms_swift: 'ms-swift',
  deepspeed: 'DeepSpeed',
  fsdp: 'FSDP',
  megatron: 'Megatron',
  pytorch: 'PyTorch',
};
export type CheckpointingMode = (typeof CHECKPOINTING_MODES)[number];
export type MemoryMeasure = (typeof MEMORY_MEASURES)[number];
export type OffloadTarget = (typeof OFFLOAD_TARGETS)[number];
export type OffloadPart = (typeof OFFLOAD_PARTS)[number];
export type Objective = (typeof OBJECTIVES)[number];
export type ZeroStage = (typeof ZERO_STAGES)[number];

/** Which linear layers get adapters: all attention projections, every linear layer of the decoder, or modules by name (`q_proj`). */
export type LoraTargets = 'attention' | 'all_linear' | readonly string[];

/** `optimization_config` of a request, with every default filled in. */
export interface OptimizationConfig {
  /** Attention without a score matrix in memory (flash attention or PyTorch's fused SDPA). Default true, but false with framework pytorch, whose loops are written by hand. */
  readonly flash_attention: boolean;
  /** Default: what the framework does by itself. Also a boolean in requests. */
  readonly gradient_checkpointing: CheckpointingMode;
  /** Optimizer states in 8 bits: `optimizer: adamw` becomes `adamw_8bit`. */
  readonly use_8bit_optimizer: boolean;
  /** Optimizer states in unified memory that moves to the host under pressure. */
  readonly use_paged_optimizer: boolean;
  /** Fused norm, activation and cross-entropy kernels (Liger, Unsloth). */
  readonly use_fused_kernels: boolean;
  /** Saved activations wait in host memory for the backward pass. */
  readonly activation_offloading: boolean;
  /** ZeRO stage over the data-parallel GPUs; 3 is also FSDP's full shard. */
  readonly zero_stage: ZeroStage;
  readonly torch_compile: boolean;
  /** Each gradient is used and freed as soon as it is there. */
  readonly optimizer_in_backward: boolean;
}

/** Members of `optimization_config`, which may also stand beside it. */
export const OPTIMIZATION_FIELDS: readonly (keyof OptimizationConfig)[] = [
  'flash_attention',
  'gradient_checkpointing',
  'use_8bit_optimizer',
  'use_paged_optimizer',
  'use_fused_kernels',
  'activation_offloading',
  'zero_stage',
  'torch_compile',
  'optimizer_in_backward',
];

/** A fine-tuning request with every default filled in. null: not given, and unknown or derived. */
export interface FinetuningRequest {
  readonly gpu_key: string;
  readonly llm_key: string;
  readonly finetuning_method: FinetuningMethod;
  /** What the run optimises: preference losses compare pairs and a frozen reference, which cost memory. Default sft. */
  readonly objective: Objective;
  /** Precision of the base weights when they are not quantized. Default fp16; bf16 counts the same. */
  readonly fine_tuning_quantization: BasePrecision;
  readonly lora_rank: number;
  readonly gradient_accumulation_steps: number;
  /** Whether the request states `gradient_accumulation_steps`; where it does not, a pipeline is timed as one that is kept full. */
  readonly accumulation_stated: boolean;
  /** Sequences per optimizer step over all GPUs. */
  readonly batch_size: number;
  readonly seq_length: number;
  readonly num_samples: number | null;
  /** Mean tokens of a sample; without packing, what exceeds `seq_length` is cut off. */
  readonly tokens_per_sample: number;
  /** Whether the request states `tokens_per_sample`; where it does not, samples of unknown length may leave the window unfilled. */
  readonly lengths_stated: boolean;
  /** Tokens of the longest sample, which padding makes the peak; null: about three times the mean, at most `seq_length`. */
  readonly longest_sample: number | null;
  readonly num_epochs: number;
  readonly optimization_config: OptimizationConfig;
  /** The architecture as a Hugging Face config, when `llm_key` is `custom`; null otherwise. */
  readonly custom_model: unknown;
  /** GB of a custom card. */
  readonly custom_vram: number | null;
  readonly num_gpus: number;
  readonly enable_offloading: boolean;
  readonly offload_target: OffloadTarget;
  /** What is offloaded. Default: all under ZeRO 3, otherwise the optimizer. */
  readonly offload_parts: OffloadPart;
  readonly optimizer: OptimizerName;
  /** Percent of the parameters that are trained, for `full`; null for all. */
  readonly trainable_parameters: number | null;
  /** Default attention with peft and litgpt, whose own defaults are parts of it, otherwise all_linear. */
  readonly lora_targets: LoraTargets;
  /** Scales the adapter's output; costs nothing. */
  readonly lora_alpha: number | null;
  readonly use_dora: boolean;
  /** Format of the frozen base; null for none. Default nf4 for qlora. */
  readonly base_quantization: BaseQuantization | null;
  readonly compute_dtype: ComputeDtype;
  /** fp32 copy of 16-bit weights in the optimizer; null: what the framework does. */
  readonly master_weights: boolean | null;
  readonly framework: FrameworkName;
  /** Version of the framework where it matters (ms_swift 2 and 3 differ in their loss); null: of the model's time, told by its family and longest context. */
  readonly framework_version: string | null;
  /** Samples are concatenated so that no token is padding. */
  readonly packing: boolean;
  /** Samples of a micro batch lie behind one another instead of each being padded to the longest. Default: what the framework does. */
  readonly padding_free: boolean;
  /** Samples of about the same length make a micro batch (the Trainer's argument of that name): the longest come together. Default false. */
  readonly group_by_length: boolean;
  /** The loss is computed in chunks of the sequence; null: what the framework does. */
  readonly chunked_loss: boolean | null;
  /** Train the encoder towers of a multimodal model too. Default false: frozen. */
  readonly train_vision_tower: boolean;
  /** Images of a sample, for a model with a vision tower; null: not given, and not counted. Their tokens are part of `seq_length`. */
  readonly images_per_sample: number | null;
  /** Pixels of a side of a square image with as many pixels; null: a tower's own size, or 1,024 where it takes images as they come. */
  readonly image_size: number | null;
  /** Tokens that one image takes of the sequence; null: from `image_size` and the tower. */
  readonly image_tokens: number | null;
  /** Train embedding and lm_head in full beside the adapters. */
  readonly train_embeddings: boolean;
  readonly tensor_parallel: number;
  readonly pipeline_parallel: number;
  readonly context_parallel: number;
  readonly expert_parallel: number;
  /** Key of the interconnect between the GPUs; null for the card's own. */
  readonly interconnect_type: string | null;
  /** Whose figure `vram_usage` is: torch's allocated or reserved peak, or what nvidia-smi shows. */
  readonly gpu_memory_measure: MemoryMeasure;
}

/** Bands of {@link FinetuningResponse.memory_status}, as shares of the card. */
export type MemoryStatus = 'okay' | 'moderate' | 'high' | 'very_high' | 'insufficient' | 'error';

/** Names of the memory components, in the order they are shown. */
export const MEMORY_COMPONENTS = [
  'Base Model Weights',
  'LoRA Adapters',
  'Gradients',
  'Optimizer States',
  'Activations',
  'Logits and Loss',
  'Communication Buffers',
  'Framework Overhead',
] as const;
export type MemoryComponent = (typeof MEMORY_COMPONENTS)[number];

/** What one optimization that is on saves, found by estimating without it. */
export interface OptimizationSaving {
  /** As in `active_optimizations`. */
  readonly optimization: string;
  /** GiB per GPU more without it; negative where it costs memory. */
  readonly saved_gb: number;
  /** Training speed with it over training speed without it; null when speed is unknown. */
  readonly speed_factor: number | null;
}

export interface FinetuningResponse {
  readonly unit: 'GiB';
  /** GiB per GPU at the peak of a step. */
  readonly vram_usage: number;
  /** Percent of the card, capped at 100. */
  readonly vram_percentage: number;
  readonly actual_vram_percentage: number;
  readonly memory_status: MemoryStatus;
  /** GiB per GPU whatever the batch and the sequence: all but activations and logits. */
  readonly static_shared_memory: number;
  /** Tokens per second over all GPUs, padding not counted; null when the card's speed is unknown. */
  readonly training_tps: number | null;
  readonly samples_per_second: number | null;
  /** Optimizer steps per second. */
  readonly steps_per_second: number | null;
  /** Model FLOPs utilisation, 0 to 1: needed FLOPs over the dense peak of `compute_dtype`. */
  readonly mfu: number | null;
  /** Tokens of all epochs; null when `num_samples` is not given. */
  readonly total_tokens: number | null;
  readonly total_steps: number | null;
  readonly total_training_time_hours: number | null;
  /** GiB of host memory of one machine. */
  readonly estimated_system_ram_required: number;
  /** GiB over all GPUs kept in host memory or on NVMe. */
  readonly offloaded_memory: number;
  /** W over all GPUs while training; null when unknown. */
  readonly estimated_power_draw: number | null;
  readonly energy_kwh: number | null;
  readonly active_optimizations: readonly string[];
  readonly optimization_preset: 'none' | 'balanced' | 'memory_saver' | 'maximum_savings' | 'custom';
  readonly savings: readonly OptimizationSaving[];
  readonly memory_details: Readonly<Record<MemoryComponent, number>>;
  readonly memory_breakdown: readonly { readonly label: MemoryComponent; readonly value: number; readonly size_gb: number }[];
  /** Parameters that are trained. */
  readonly trainable_parameters: number;
  /** All parameters of the model, adapters excluded. */
  readonly total_parameters: number;
  /** Low and high of each figure that is not exact, under the figure's name. */
  readonly range: Readonly<Record<string, readonly [number, number]>>;
  /** What was assumed where the request is silent. */
  readonly assumptions: readonly string[];
  /**
   * What makes the framework refuse these sizes; there only where `memory_status` is error. The figures are then what it would come to if the
   * model could be cut like this.
   */
  readonly problems?: Problems;
}
