import type {
  BasePrecision,
  BaseQuantization,
  CheckpointingMode,
  ComputeDtype,
  FinetuningMethod,
  FrameworkName,
  LoraTargets,
  MemoryMeasure,
  Objective,
  OffloadPart,
  OptimizerName,
  ZeroStage,
} from './finetuning';
import type { Spellings } from './validate';

/**
 * What command lines, configs, logs and published tables write for the choices of a fine-tuning request. Each list is tried in order on
 * the text in lower case with `_` between words; a text that none of them fits is a problem of the request, never guessed.
 */

/** Methods of PEFT that train little beside a frozen base; they cost what a LoRA adapter on the same layers does. */
const ADAPTER_METHODS =
  /^(adapter|ada_?lora|lokr|loha|lo_?ha|ia3|h?oft|boft|vera|vb_?lora|fourier_?ft|bone|miss|hra|ln_tuning|prefix|prompt_tuning|p_tuning|adaption_?prompt|shira|cpt|rand_?lora|road|trainable_tokens|poly|xlora|deft|delora|gralora|glora|hira|lily|frod|psoft|tinylora|unilora|llama_?pro|reft)/;

export const METHOD_SPELLINGS: Spellings<FinetuningMethod> = [
  [/qlora|lora.*[48]_?bit/, 'qlora'],
  [/lora|dora/, 'lora'],
  [ADAPTER_METHODS, 'lora'],
  [/full|pre_?train|^sft$|^osf$|galore|apollo/, 'full'],
];

/** LitGPT's adapters train a few vectors: a prompt beside attention (LLaMA-Adapter, arXiv 2303.16199), or a bias and a scale per linear layer (version 2). */
export const VECTOR_ADAPTERS: Spellings<LoraTargets> = [
  [/^adapter_?v2/, 'all_linear'],
  [/^(llama_)?adapter$/, ['q_proj']],
];

/** Objectives as parts of a method's name: "dpo-lora", "rlhf-ppo-full", "full-pretrain". */
export const OBJECTIVE_SPELLINGS: Spellings<Objective> = [
  [/pre_?train|^pt$|^cpt$/, 'pretrain'],
  [/(^|_)(dpo|ipo|cpo|simpo)(_|$)/, 'dpo'],
  [/(^|_)orpo(_|$)/, 'orpo'],
  [/(^|_)kto(_|$)/, 'kto'],
  [/(^|_)(rm|reward|reward_model(ing)?)(_|$)/, 'reward'],
  [/(^|_)ppo(_|$)/, 'ppo'],
  [/(^|_)(grpo|rloo|dapo|gspo)(_|$)/, 'grpo'],
  [/(^|_)(gkd|distill\w*)(_|$)/, 'gkd'],
  [/(^|_)(sft|instruction|supervised\w*)(_|$)/, 'sft'],
];

/** Scripts and libraries by what they are made of. */
export const FRAMEWORK_SPELLINGS: Spellings<FrameworkName> = [
  [/megatron|nemo_?(framework|2|container)|mcore/, 'megatron'],
  [/unsloth/, 'unsloth'],
  [/swift/, 'ms_swift'],
  [/torch_?tune/, 'torchtune'],
  [/lit_?gpt|lit_llama/, 'litgpt'],
  [/titan|foundry|composer|auto_?model|fsdp/, 'fsdp'],
  [/axolotl/, 'axolotl'],
  [/llama_?factory/, 'llama_factory'],
  [/deep_?speed|xtuner|easycontext|lmflow|finetune\.py/, 'deepspeed'],
  [/(?<![a-z])trl(?![a-z])/, 'trl'],
  [/peft|transformers|hugging_?face|accelerate|finetune|efficient_tuning/, 'peft'],
  [/pytorch|^torch$|galore|badam|apollo/, 'pytorch'],
];

/** Frameworks read as another one, with what they do by themselves where that differs: AutoModel's recipes do not recompute. */
export const CHECKPOINTING_OF_FRAMEWORK: Spellings<CheckpointingMode> = [
  [/auto_?model|megatron|nemo|mcore/, 'none'],
  [/titan/, 'selective'],
  [/unsloth/, 'offloaded'],
];

export const PRECISION_SPELLINGS: Spellings<BasePrecision> = [
  // fp32 weights under mixed precision are the master copy of 16-bit ones.
  [/(fp|float)_?32.*(master|mixed|fsdp|amp)/, 'bf16'],
  [/(fp|float)_?32|full_precision/, 'fp32'],
  [/fp_?8|float_?8/, 'fp8'],
  [/bf_?16|bfloat/, 'bf16'],
  [/(fp|float)_?16|half/, 'fp16'],
  // The precision of what a quantized base leaves in 16 bits.
  [/nf4|int[48]|gptq|awq|bnb|[48]_?bit|fp4/, 'bf16'],
];

export const QUANTIZATION_SPELLINGS: Spellings<BaseQuantization> = [
  [/nf4.*(dq|double)|(dq|double).*nf4/, 'nf4_double'],
  [/awq/, 'awq'],
  [/int8|8_?bit|w8/, 'int8'],
  [/gptq|hqq|eetq|marlin/, 'gptq'],
  [/nf4|fp4|bnb|bitsandbytes|4_?bit|int4/, 'nf4'],
  [/fp_?8|float_?8/, 'fp8'],
];

/** A base that is not quantized, where its format is asked for. */
export const UNQUANTIZED = /^(none|no|off|false|full_precision|half|(16|32)_?bit|(fp|float|bf|bfloat)_?(16|32)(?!\d).*)$/;

export const COMPUTE_SPELLINGS: Spellings<ComputeDtype> = [
  [/^none.*bf/, 'bf16'],
  [/fp4/, 'fp4'],
  [/fp_?8|float_?8/, 'fp8'],
  [/tf_?32/, 'tf32'],
  [/bf_?16|bfloat/, 'bf16'],
  [/(fp|float)_?16|half/, 'fp16'],
  [/(fp|float)_?32/, 'fp32'],
];

/** Optimizer classes of torch, bitsandbytes, torchao, transformers (`OptimizerNames`), Apex and Megatron. */
export const OPTIMIZER_SPELLINGS: Spellings<OptimizerName> = [
  [/galore.*8_?bit/, 'galore_8bit'],
  [/galore/, 'galore'],
  [/apollo/, 'apollo'],
  [/adam_?mini/, 'adam_mini'],
  [/adafactor/, 'adafactor'],
  [/muon/, 'muon'],
  [/paged.*lion/, 'paged_lion_8bit'],
  [/^(?!.*adam).*lion.*8_?bit/, 'lion_8bit'],
  [/^(?!.*adam).*lion/, 'lion'],
  [/paged.*(8_?bit)/, 'paged_adamw_8bit'],
  [/paged/, 'paged_adamw'],
  [/adam.*4_?bit/, 'adamw_4bit'],
  [/adam.*8_?bit|8_?bit.*adam|adam_?w?_bnb/, 'adamw_8bit'],
  // BAdam holds the states of one block of layers at a time: none of these.
  [/(?<!b)adam/, 'adamw'],
  [/sgd.*momentum|momentum/, 'sgd_momentum'],
  [/sgd/, 'sgd'],
];

export const CHECKPOINTING_SPELLINGS: Spellings<CheckpointingMode> = [
  [/offload|^unsloth$/, 'offloaded'],
  [/selective|select|partial/, 'selective'],
  [/^(none|off|no|false|disabled?|0)\b/, 'none'],
  [/full|reentrant|^(true|yes|on|enabled?|all|every|block|uniform|1)\b/, 'full'],
];

/** Attention that never holds a score matrix, or does. */
export const FLASH_SPELLINGS: Spellings<boolean> = [
  [/none|eager|unfused|math|^(no|off|false|disabled?)$/, false],
  [/flash|sdpa|xformers|flex|triton|fused|cudnn|memory_efficient|^fa[234]?$|^(yes|on|true|auto)$/, true],
];

export const MEASURE_SPELLINGS: Spellings<MemoryMeasure> = [
  [/^(?!.*(allocated|active|reserved)).*(nvml|nvidia_smi|smi)|nvml/, 'nvidia_smi'],
  [/allocated|active/, 'allocated'],
  // The memory figures that frameworks log are torch's.
  [/reserved|memory_(stats|summary|monitor)/, 'reserved'],
  // Words for a card's memory or for where a figure is printed name no counter: what the card shows, as without the field.
  [/^v?g?ram(?![a-z])|statement|table/, 'nvidia_smi'],
];

/** ZeRO stages, and FSDP's sharding strategies: FULL_SHARD is stage 3, SHARD_GRAD_OP stage 2, NO_SHARD data parallel (torch.distributed.fsdp). */
export const ZERO_SPELLINGS: Spellings<ZeroStage> = [
  [/no_shard|^(ddp|none|no|false|dp|off)(?![a-z])|zero_?0|stage_?0|^0$/, 0],
  [/zero_?3|full|fsdp2|^fsdp$|stage_?3|^3$/, 3],
  [/zero_?2|grad_op|stage_?2|^2$|^deepspeed$/, 2],
  [/zero_?1|stage_?1|^1$/, 1],
  [/^fsdp(?!.*(hybrid|hsdp))/, 3],
];

/** What tables write of a loss: one kernel with the head, in chunks, or neither. */
export const LOSS_SPELLINGS: Spellings<'fused' | 'chunked' | 'plain'> = [
  [/liger|cut_cross|^cce$|unsloth/, 'fused'],
  // Megatron's fused cross-entropy is what its `chunked_loss` stands for.
  [/chunk|linear_?(ce|cross)|megatron|^(yes|true|on)$/, 'chunked'],
  [/none|hf_loss|^(no|false|off|plain|eager)$|sequence_classification/, 'plain'],
];

/** Fused cross-entropy kernels. */
export const FUSED_SPELLINGS: Spellings<boolean> = [
  [/liger|cut_cross|^cce$|unsloth|^(yes|true|on)$/, true],
  [/none|hf_loss|^(no|false|off)$/, false],
];

/** What is offloaded, where the flag names it. */
export const OFFLOADING_SPELLINGS: Spellings<boolean> = [
  [/^(none|no|false|off)$/, false],
  [/optim|param|cpu|nvme|^(yes|true|on|all)$/, true],
];

/** What waits on the host, where a text names it. */
export const OFFLOAD_PART_SPELLINGS: Spellings<OffloadPart> = [
  [/optim.*(param|weight)|(param|weight).*optim|^all$|both/, 'all'],
  [/param|weight/, 'parameters'],
  [/optim/, 'optimizer'],
];

/** Flags that name a compiler or say that there is none. */
export const COMPILE_SPELLINGS: Spellings<boolean> = [
  [/^(eager|none|no|false|off)/, false],
  [/compile|inductor|nvfuser|thunder|dynamo|^(yes|true|on)$/, true],
];

/** Abbreviations of single modules. */
const MODULES: Readonly<Record<string, readonly string[]>> = {
  q: ['q_proj'],
  k: ['k_proj'],
  v: ['v_proj'],
  o: ['o_proj'],
  query: ['q_proj'],
  key: ['k_proj'],
  value: ['v_proj'],
  projection: ['o_proj'],
  mlp: ['gate_proj', 'up_proj', 'down_proj'],
};

/** The modules of Q, K and V, which ms-swift's DEFAULT adapts. */
const QKV = ['q_proj', 'k_proj', 'v_proj'];

/** What a text says about adapter targets; null when it says nothing. Regular expressions, as PEFT takes them, are read by the parts they name. */
export function targetsOf(text: string): LoraTargets | null {
  const words = text.trim().toLowerCase();
  if (/^all([\s_-]|$)|all[\s_-]?linear/.test(words)) return 'all_linear';
  if (/^(attention|attn)$/.test(words)) return 'attention';
  if (/^default|^auto$|^self_attn$/.test(words)) return QKV;
  // A remark in brackets tells which of several modules of one name is meant: "c_proj(attn)".
  const plain = text.replace(/(?<=\w)\([\w\s]+\)/g, '');
  if (/[\\|()[\]^$*]/.test(plain)) return /mlp|gate|up|down/.test(words) ? 'all_linear' : 'attention';
  const names = plain.split(/[,\s]+/).filter((name) => name !== '');
  return names.length === 0 ? null : names.flatMap((name) => MODULES[name.toLowerCase()] ?? [name]);
}
