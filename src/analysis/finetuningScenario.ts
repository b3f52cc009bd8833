import { ONLY_SIZE, type CustomModel } from './customModel';
import { OPTIMIZATION_FIELDS, type FinetuningRequest, type FinetuningResponse } from '../estimator/contracts/finetuning';
import type { Problems } from '../estimator/contracts/problem';
import { readFinetuningRequest, type FinetuningFacts } from '../estimator/contracts/finetuningRequest';
import { estimateFinetuning } from '../estimator/training/estimate';
import { projectsToRank } from '../estimator/training/optimizers';

/**
 * A question about fine-tuning, as a form holds it. Field names are those of the request contract, with the members of `optimization_config`
 * beside the others; here everything has a value, and {@link finetuningRequestOf} leaves out what stands for "not given".
 * Lengths are tokens, memory is GiB, `batch_size` is samples over all GPUs and accumulation steps.
 */
export interface FinetuningForm extends CustomModel {
  readonly gpu_key: string;
  readonly num_gpus: number;
  /** Memory per GPU for a custom key. */
  readonly custom_vram: number;
  readonly llm_key: string;
  readonly finetuning_method: string;
  readonly objective: string;
  readonly fine_tuning_quantization: string;
  readonly base_quantization: string;
  readonly compute_dtype: string;
  readonly master_weights: boolean;
  readonly lora_rank: number;
  readonly lora_alpha: number;
  readonly lora_targets: string;
  readonly use_dora: boolean;
  /** Percent of the parameters that a full fine-tune trains. */
  readonly trainable_parameters: number;
  readonly train_vision_tower: boolean;
  readonly train_embeddings: boolean;
  readonly batch_size: number;
  readonly gradient_accumulation_steps: number;
  readonly seq_length: number;
  readonly num_samples: number;
  /** 0 for the sequence length. */
  readonly tokens_per_sample: number;
  /** 0 for images that are not counted. */
  readonly images_per_sample: number;
  /** 0 for what the tower takes. */
  readonly image_size: number;
  readonly num_epochs: number;
  readonly packing: boolean;
  readonly optimizer: string;
  readonly use_8bit_optimizer: boolean;
  readonly use_paged_optimizer: boolean;
  readonly optimizer_in_backward: boolean;
  readonly flash_attention: boolean;
  readonly gradient_checkpointing: string;
  readonly use_fused_kernels: boolean;
  readonly chunked_loss: boolean;
  readonly activation_offloading: boolean;
  readonly torch_compile: boolean;
  readonly zero_stage: number;
  readonly enable_offloading: boolean;
  readonly offload_target: string;
  /** Empty for what the ZeRO stage suggests. */
  readonly offload_parts: string;
  readonly tensor_parallel: number;
  readonly pipeline_parallel: number;
  readonly context_parallel: number;
  readonly expert_parallel: number;
  /** Key of the interconnect catalogue; empty for the GPU's own. */
  readonly interconnect_type: string;
  readonly framework: string;
  readonly gpu_memory_measure: string;
}

/** A fine-tuning run that was asked for, estimated; or what is wrong with the question. */
export type FinetuningAnswer =
  | { readonly ok: true; readonly request: FinetuningRequest; readonly response: FinetuningResponse }
  | { readonly ok: false; readonly problems: Problems };

/** Estimates the run that a form asks for. */
export function answerFinetuning(form: FinetuningForm, facts: FinetuningFacts): FinetuningAnswer {
  const read = readFinetuningRequest(finetuningRequestOf(form));
  if (read.ok) return { ok: true, request: read.request, response: estimateFinetuning(read.request, facts) };
  return read;
}

/** The request that a form stands for, as JSON: what the engine, the command line and the HTTP service take. */
export function finetuningRequestOf(form: FinetuningForm): Record<string, unknown> {
  const custom = form.gpu_key.startsWith('custom');
  const full = form.finetuning_method === 'full';
  const left: Partial<Record<keyof FinetuningForm, boolean>> = {
    custom_vram: !custom,
    // The model itself is handed over beside the request.
    custom_parameters: true,
    ...Object.fromEntries(Object.keys(ONLY_SIZE).map((name) => [name, true])),
    base_quantization: form.finetuning_method !== 'qlora',
    lora_rank: full && !projectsToRank(form.optimizer),
    lora_alpha: full,
    lora_targets: full,
    use_dora: full,
    trainable_parameters: !full || form.trainable_parameters === 100,
    tokens_per_sample: form.tokens_per_sample === 0,
    images_per_sample: form.images_per_sample === 0,
    image_size: form.image_size === 0 || form.images_per_sample === 0,
    train_vision_tower: !full,
    // Off means that nobody asked for it: the framework's own habit then counts.
    master_weights: !form.master_weights,
    chunked_loss: !form.chunked_loss,
    compute_dtype: form.compute_dtype === '',
    offload_parts: form.offload_parts === '',
    interconnect_type: form.interconnect_type === '',
  };
  const config = new Set<string>(OPTIMIZATION_FIELDS);
  const given = Object.entries(form).filter(([name]) => !left[name as keyof FinetuningForm]);
  return {
    ...Object.fromEntries(given.filter(([name]) => !config.has(name))),
    optimization_config: Object.fromEntries(given.filter(([name]) => config.has(name))),
  };
}
