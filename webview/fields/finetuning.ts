import type { FinetuningForm } from '../../src/analysis/finetuningScenario';
import {
  FRAMEWORKS,
  FRAMEWORK_NAMES,
  OBJECTIVES,
  OPTIMIZERS,
  type Objective,
  type OptimizerName,
} from '../../src/estimator/contracts/finetuning';
import { projectsToRank } from '../../src/estimator/training/optimizers';
import { ONLY_SIZE } from '../../src/analysis/customModel';
import { customModelFields } from './customModel';
import { options, section, type Field } from './field';

/** The usual first fine-tune: a LoRA of rank 16 on 2,048-token samples, three epochs. */
export const FINETUNING_DEFAULTS: FinetuningForm = {
  gpu_key: '',
  num_gpus: 1,
  custom_vram: 24,
  llm_key: '',
  custom_parameters: 8,
  ...ONLY_SIZE,
  finetuning_method: 'lora',
  objective: 'sft',
  fine_tuning_quantization: 'fp16',
  base_quantization: 'nf4',
  compute_dtype: '',
  master_weights: false,
  lora_rank: 16,
  lora_alpha: 32,
  lora_targets: 'all_linear',
  use_dora: false,
  trainable_parameters: 100,
  train_vision_tower: false,
  train_embeddings: false,
  batch_size: 1,
  gradient_accumulation_steps: 1,
  seq_length: 2048,
  num_samples: 1000,
  tokens_per_sample: 0,
  images_per_sample: 0,
  image_size: 0,
  num_epochs: 3,
  packing: false,
  optimizer: 'adamw',
  use_8bit_optimizer: false,
  use_paged_optimizer: false,
  optimizer_in_backward: false,
  flash_attention: true,
  gradient_checkpointing: 'full',
  use_fused_kernels: false,
  chunked_loss: false,
  activation_offloading: false,
  torch_compile: false,
  zero_stage: 0,
  enable_offloading: false,
  offload_target: 'cpu_ram',
  offload_parts: '',
  tensor_parallel: 1,
  pipeline_parallel: 1,
  context_parallel: 1,
  expert_parallel: 1,
  interconnect_type: '',
  framework: 'trl',
  gpu_memory_measure: 'nvidia_smi',
};

const OPTIMIZER_LABELS: Readonly<Record<OptimizerName, string>> = {
  adamw: 'AdamW',
  adamw_8bit: 'AdamW, 8 bit',
  paged_adamw: 'AdamW, paged',
  paged_adamw_8bit: 'AdamW, paged, 8 bit',
  adamw_4bit: 'AdamW, 4 bit',
  adafactor: 'Adafactor',
  sgd: 'SGD',
  sgd_momentum: 'SGD with momentum',
  lion: 'Lion',
  lion_8bit: 'Lion, 8 bit',
  paged_lion_8bit: 'Lion, paged, 8 bit',
  muon: 'Muon',
  galore: 'GaLore',
  galore_8bit: 'GaLore, 8 bit',
  apollo: 'APOLLO',
  adam_mini: 'Adam-mini',
};

const OBJECTIVE_LABELS: Readonly<Record<Objective, string>> = {
  sft: 'Supervised (SFT)',
  pretrain: 'Continued pre-training',
  dpo: 'Preferences (DPO)',
  orpo: 'Preferences (ORPO)',
  kto: 'Preferences (KTO)',
  reward: 'Reward model',
  ppo: 'Reinforcement (PPO)',
  grpo: 'Reinforcement (GRPO)',
  gkd: 'Distillation (GKD)',
};

const OBJECTIVE_CHOICES = OBJECTIVES.map((value) => ({ value, label: OBJECTIVE_LABELS[value] }));
const OPTIMIZER_CHOICES = OPTIMIZERS.map((value) => ({ value, label: OPTIMIZER_LABELS[value] }));
const FRAMEWORK_CHOICES = FRAMEWORKS.map((value) => ({ value, label: FRAMEWORK_NAMES[value] }));

const full = (form: FinetuningForm): boolean => form.finetuning_method === 'full';
const adapts = (form: FinetuningForm): boolean => !full(form);
const quantized = (form: FinetuningForm): boolean => form.finetuning_method === 'qlora';
const several = (form: FinetuningForm): boolean => form.num_gpus > 1;

const basics = section<FinetuningForm>('Basics');
const dataSet = section<FinetuningForm>('Data set');
const precision = section<FinetuningForm>('Precision');
const adapter = section<FinetuningForm>('Adapter');
const optimizer = section<FinetuningForm>('Optimizer');
const activations = section<FinetuningForm>('Activations');
const offloading = section<FinetuningForm>('Offloading');
const parallelism = section<FinetuningForm>('Parallelism');
const software = section<FinetuningForm>('Software');

/** Every input of the calculator for fine-tuning, besides model and GPU, which have search boxes of their own. */
export const FINETUNING_FIELDS: readonly Field<FinetuningForm>[] = [
  ...customModelFields<FinetuningForm>(),
  basics.slider('custom_vram', 'Memory per GPU', 'GiB', [1, 1024], [8, 12, 16, 24, 32, 48, 64, 80, 96, 141, 192], {
    integer: false,
    when: (form) => form.gpu_key.startsWith('custom'),
  }),
  basics.number('num_gpus', 'GPUs', '', [1, 4096]),
  basics.choice('finetuning_method', 'Method', options(['full', 'Full'], ['lora', 'LoRA'], ['qlora', 'QLoRA'])),
  basics.choice('objective', 'Objective', OBJECTIVE_CHOICES),
  basics.slider('lora_rank', 'Rank', '', [1, 4096], [1, 2, 4, 8, 16, 32, 64, 128, 256, 512], {
    when: (form) => adapts(form) || projectsToRank(form.optimizer),
  }),
  basics.slider('batch_size', 'Batch size', 'samples', [1, 65_536], [1, 2, 4, 8, 16, 32, 64, 128, 256, 512], {
    help: 'Samples per optimizer step over all GPUs and accumulation steps.',
  }),
  basics.slider(
    'seq_length',
    'Sequence length',
    'tokens',
    [1, 4_194_304],
    [128, 256, 512, 1024, 2048, 3072, 4096, 6144, 8192, 12_288, 16_384, 32_768, 65_536, 131_072],
  ),
  basics.number('num_samples', 'Samples', '', [1, 1e12]),
  dataSet.number('tokens_per_sample', 'Tokens per sample', 'tokens', [0, 4_194_304], { automatic: 'the sequence length' }),
  dataSet.number('images_per_sample', 'Images per sample', '', [0, 10_000], {
    automatic: 'not counted',
    help: 'Of a model with a vision tower. Their tokens are part of the sequence.',
  }),
  dataSet.number('image_size', 'Side of an image', 'pixels', [0, 100_000], {
    automatic: 'what the tower takes',
    when: (form) => form.images_per_sample > 0,
  }),
  basics.number('num_epochs', 'Epochs', '', [0.01, 10_000], { integer: false }),
  dataSet.check('packing', 'Packing', { help: 'Joins short samples to full sequences.' }),
  dataSet.number('gradient_accumulation_steps', 'Accumulation steps', 'steps', [1, 65_536]),
  precision.choice('fine_tuning_quantization', 'Weights', options(['fp32', 'FP32'], ['fp16', 'FP16'], ['bf16', 'BF16'], ['fp8', 'FP8']), {
    when: (form) => !quantized(form),
  }),
  precision.choice(
    'compute_dtype',
    'Computing in',
    options(['', 'The precision of the weights'], ['fp32', 'FP32'], ['fp16', 'FP16'], ['bf16', 'BF16'], ['fp8', 'FP8']),
  ),
  precision.choice(
    'base_quantization',
    'Base weights',
    options(['nf4', 'NF4'], ['nf4_double', 'NF4, double quantization'], ['int8', 'INT8'], ['gptq', 'GPTQ'], ['awq', 'AWQ'], ['fp8', 'FP8']),
    { when: quantized },
  ),
  precision.check('master_weights', 'FP32 master weights'),
  adapter.choice('lora_targets', 'Adapted layers', options(['all_linear', 'All linear layers'], ['attention', 'Attention only']), {
    when: adapts,
  }),
  adapter.number('lora_alpha', 'Alpha', '', [1, 65_536], { integer: false, when: adapts }),
  adapter.check('use_dora', 'DoRA', { when: adapts }),
  adapter.slider(
    'trainable_parameters',
    'Trained part',
    '% of the parameters',
    [0.01, 100],
    [1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100],
    { integer: false, when: full },
  ),
  adapter.check('train_embeddings', 'Embedding and head in full', { when: adapts }),
  adapter.check('train_vision_tower', 'Vision and audio towers too', { when: (form) => !adapts(form) }),
  optimizer.choice('optimizer', 'Optimizer', OPTIMIZER_CHOICES),
  optimizer.check('use_8bit_optimizer', '8-bit states'),
  optimizer.check('use_paged_optimizer', 'Paged states', { help: 'States move to host memory when the GPU runs short.' }),
  optimizer.check('optimizer_in_backward', 'Optimizer step inside the backward pass'),
  optimizer.number('zero_stage', 'ZeRO stage', '', [0, 3], {
    help: '1 splits optimizer states over the GPUs, 2 gradients too, 3 weights too.',
  }),
  activations.choice(
    'gradient_checkpointing',
    'Gradient checkpointing',
    options(['none', 'None'], ['selective', 'Selective'], ['full', 'Full'], ['offloaded', 'Full, kept in host memory']),
  ),
  activations.check('flash_attention', 'Flash attention'),
  activations.check('use_fused_kernels', 'Fused kernels'),
  activations.check('chunked_loss', 'Loss in chunks', { help: 'Never holds the logits of the whole sequence.' }),
  activations.check('activation_offloading', 'Offload activations'),
  offloading.check('enable_offloading', 'Offload states and weights'),
  offloading.choice('offload_target', 'To', options(['cpu_ram', 'Host memory'], ['nvme', 'NVMe']), {
    when: (form) => form.enable_offloading,
  }),
  offloading.choice(
    'offload_parts',
    'What',
    options(['', 'What the ZeRO stage suggests'], ['optimizer', 'Optimizer states'], ['parameters', 'Weights'], ['all', 'Everything']),
    { when: (form) => form.enable_offloading },
  ),
  parallelism.number('tensor_parallel', 'Tensor parallel', 'GPUs', [1, 1024], { when: several }),
  parallelism.number('pipeline_parallel', 'Pipeline parallel', 'stages', [1, 256], { when: several }),
  parallelism.number('context_parallel', 'Context parallel', 'GPUs', [1, 256], { when: several }),
  parallelism.number('expert_parallel', 'Expert parallel', 'GPUs', [1, 1024], { when: several }),
  software.choice('framework', 'Framework', FRAMEWORK_CHOICES),
  software.check('torch_compile', 'torch.compile'),
  software.choice(
    'gpu_memory_measure',
    'Memory as shown by',
    options(['allocated', 'torch: allocated'], ['reserved', 'torch: reserved'], ['nvidia_smi', 'nvidia-smi']),
  ),
];
