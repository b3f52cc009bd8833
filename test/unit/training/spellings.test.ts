import * as assert from 'node:assert/strict';
import type { FinetuningRequest } from '../../../src/estimator/contracts/finetuning';
import { readFinetuningRequest } from '../../../src/estimator/contracts/finetuningRequest';

const GIVEN = { gpu_key: 'a100_80', llm_key: 'meta-llama/Llama-2-7b-hf', num_gpus: 2 };

function read(fields: object): FinetuningRequest {
  const answer = readFinetuningRequest({ ...GIVEN, ...fields });
  if (!answer.ok) throw new Error(answer.problems.map((problem) => problem.message).join('; '));
  return answer.request;
}

function problem(fields: object): string {
  const answer = readFinetuningRequest({ ...GIVEN, ...fields });
  return answer.ok ? '' : answer.problems[0].message;
}

/** What is written for a field, and what it means, as published configs, logs and tables write it. */
function means(field: string, of: (request: FinetuningRequest) => unknown, table: readonly (readonly [unknown, unknown])[]): void {
  for (const [written, meant] of table) assert.deepEqual(of(read({ [field]: written })), meant, `${field}: ${String(written)}`);
}

describe('spellings of a fine-tuning request', () => {
  it('reads methods with their objective', () => {
    means('finetuning_method', (r) => `${r.finetuning_method} ${r.objective}`, [
      ['full-pretrain', 'full pretrain'],
      ['pretrain', 'full pretrain'],
      ['dpo-lora', 'lora dpo'],
      ['rlhf-ppo-full', 'full ppo'],
      ['rlhf-rm-full', 'full reward'],
      ['sft', 'full sft'],
      ['qlora-8bit', 'qlora sft'],
      ['lora+emb+lm_head', 'lora sft'],
      ['prefixtuning', 'lora sft'],
      ['ia3', 'lora sft'],
    ]);
    assert.equal(read({ finetuning_method: 'qlora-8bit' }).base_quantization, 'int8');
    assert.equal(read({ finetuning_method: 'lora+emb+lm_head' }).train_embeddings, true);
    assert.equal(read({ finetuning_method: 'galore' }).optimizer, 'galore');
    assert.equal(read({ finetuning_method: 'dora' }).use_dora, true);
  });

  it('reads frameworks by what they are made of', () => {
    means('framework', (r) => r.framework, [
      ['Megatron-Bridge', 'megatron'],
      ['ms-swift (Megatron-SWIFT)', 'megatron'],
      ['ms-swift', 'ms_swift'],
      ['Qwen finetune.py (transformers+peft+deepspeed)', 'deepspeed'],
      ['LLaMA-Factory', 'llama_factory'],
      ['LLaMA-Factory (Unsloth+FA2)', 'unsloth'],
      ['torchtitan+torchao', 'fsdp'],
      ['llm-foundry (MPT)', 'fsdp'],
      ['NeMo AutoModel', 'fsdp'],
      ['torchtune+torchao', 'torchtune'],
      ['transformers+trl+peft', 'trl'],
      ['transformers Trainer', 'peft'],
      ['plain PyTorch', 'pytorch'],
    ]);
  });

  it('reads precisions and formats', () => {
    means('fine_tuning_quantization', (r) => r.fine_tuning_quantization, [
      ['bfloat16', 'bf16'],
      ['bf16 (FSDP PURE)', 'bf16'],
      ['fp32 master', 'bf16'],
      ['fp32 (FSDP2 mixed precision bf16)', 'bf16'],
      ['float32', 'fp32'],
    ]);
    assert.equal(read({ fine_tuning_quantization: 'bnb.nf4-dq' }).base_quantization, 'nf4_double');
    means('base_quantization', (r) => r.base_quantization, [
      ['bnb.nf4', 'nf4'],
      ['nf4-dq', 'nf4_double'],
      ['gptq-int4', 'gptq'],
      ['hqq-4bit', 'gptq'],
      ['bnb-int8', 'int8'],
      ['8-bit', 'int8'],
      ['none', null],
      ['bf16', null],
      ['16-bit', null],
    ]);
    assert.match(problem({ finetuning_method: 'qlora', base_quantization: 'bf16' }), /base_quantization is "bf16"; allowed: one of nf4/);
    means('compute_dtype', (r) => r.compute_dtype, [
      ['bf16-true', 'bf16'],
      ['amp_bf16', 'bf16'],
      ['none (bfloat16)', 'bf16'],
      ['MXFP8', 'fp8'],
      ['FP8-CS (FP8-MX)', 'fp8'],
      ['tensorwise with float8 all-gather', 'fp8'],
      ['NVFP4', 'fp4'],
      ['fp16 amp', 'fp16'],
    ]);
  });

  it('reads optimizers, and what their names say of sharding, fusing and offloading', () => {
    means('optimizer', (r) => r.optimizer, [
      ['AdamW 8bit', 'adamw_8bit'],
      ['adamw_bnb_8bit', 'adamw_8bit'],
      ['paged_adamw_8bit', 'paged_adamw_8bit'],
      ['PagedAdamW(bnb)', 'paged_adamw'],
      ['adamw_torch_fused', 'adamw'],
      ['DistributedFusedAdam', 'adamw'],
      ['DecoupledLionW/AdamW (repo yaml)', 'adamw'],
      ['lion', 'lion'],
      ['dist_muon', 'muon'],
      ['GaLoreAdamW8bit per layer', 'galore_8bit'],
      ['Adam fp32 states', 'adamw'],
    ]);
    assert.equal(read({ optimizer: 'distributed AdamW (Megatron, ZeRO-1)' }).optimization_config.zero_stage, 1);
    assert.equal(read({ optimizer: 'AdamW(torch), optimizer_in_bwd' }).optimization_config.optimizer_in_backward, true);
    assert.equal(read({ optimizer: 'AdamW(torch fused) + fsdp_cpu_offload' }).enable_offloading, true);
  });

  it('reads checkpointing, sharding, attention and compilation, inside optimization_config or beside it', () => {
    const config = (field: string): ((request: FinetuningRequest) => unknown) => {
      return (request) => request.optimization_config[field as keyof FinetuningRequest['optimization_config']];
    };
    means('gradient_checkpointing', config('gradient_checkpointing'), [
      ['full (reentrant)', 'full'],
      ['selective(op)', 'selective'],
      ['unsloth (offloaded)', 'offloaded'],
      ['none', 'none'],
      [false, 'none'],
      [true, 'full'],
    ]);
    means('zero_stage', config('zero_stage'), [
      ['zero3', 3],
      ['fsdp-full (zero3)', 3],
      ['fsdp2-full', 3],
      ['fsdp-grad-op (zero2)', 2],
      ['ddp (FSDP no-shard)', 0],
      ['ZeRO-1', 1],
      ['FSDP+TP', 3],
      ['fsdp1', 3],
      ['0', 0],
      ['no', 0],
      [2, 2],
    ]);
    means('flash_attention', config('flash_attention'), [
      ['flash_attention_2', true],
      ['sdpa (default)', true],
      ['triton/flash', true],
      ['none (eager)', false],
      ['unfused', false],
    ]);
    means('torch_compile', config('torch_compile'), [
      ['torch.compile', true],
      ['Eager -', false],
    ]);
    assert.equal(read({ zero_stage: 'zero3 offload' }).enable_offloading, true);
    assert.equal(read({ zero_stage: 3, optimization_config: { zero_stage: 1 } }).optimization_config.zero_stage, 1);
  });

  it('reads adapter targets', () => {
    means('lora_targets', (r) => r.lora_targets, [
      ['all-linear', 'all_linear'],
      ['ALL (all linear)', 'all_linear'],
      ['q,v', ['q_proj', 'v_proj']],
      ['query,value,projection', ['q_proj', 'v_proj', 'o_proj']],
      ['DEFAULT (attention qkv)', ['q_proj', 'k_proj', 'v_proj']],
      ['c_attn,c_proj(attn),w1,w2', ['c_attn', 'c_proj', 'w1', 'w2']],
      ['model.layers.[\\d]+.(mlp|self_attn).(up|down|gate|q|k|v|o)_proj', 'all_linear'],
      [
        ['q_proj', 'v_proj'],
        ['q_proj', 'v_proj'],
      ],
    ]);
  });

  it('reads which counter a memory figure is of', () => {
    means('gpu_memory_measure', (r) => r.gpu_memory_measure, [
      ['max_memory_allocated', 'allocated'],
      ['memory_reserved at step end', 'reserved'],
      ['nvidia-smi', 'nvidia_smi'],
      ['NVML used memory after training (nvidia-smi view)', 'nvidia_smi'],
      ['peak active (torch active_bytes.all.peak)', 'allocated'],
      ['torchtune memory stats', 'reserved'],
      ['GRAM (rounded)', 'nvidia_smi'],
      ['README statement', 'nvidia_smi'],
      ['not stated', 'nvidia_smi'],
      ['not stated (notebooks print torch max_memory_reserved)', 'reserved'],
    ]);
  });

  it('reads a loss by its name', () => {
    means('chunked_loss', (r) => `${r.chunked_loss} ${r.optimization_config.use_fused_kernels}`, [
      ['chunked lm_head(128)', 'true false'],
      ['chunked CE only (full logits)', 'true false'],
      ['none (HF loss)', 'false false'],
      ['n/a (sequence classification head)', 'false false'],
      ['liger', 'null true'],
      ['cut_cross_entropy', 'null true'],
      ['not stated', 'null false'],
      [true, 'true false'],
    ]);
    assert.equal(read({ chunked_loss: 'liger', use_fused_kernels: false }).optimization_config.use_fused_kernels, false);
  });

  it('reads what is offloaded from the flag or from the parts', () => {
    const offloading = (fields: object): string => {
      const { enable_offloading: offloads, offload_parts: parts } = read({ zero_stage: 2, ...fields });
      return `${offloads} ${parts}`;
    };
    assert.equal(offloading({ enable_offloading: 'params' }), 'true parameters');
    assert.equal(offloading({ enable_offloading: 'fsdp params+grads+optimizer' }), 'true all');
    assert.equal(offloading({ enable_offloading: 'optimizer' }), 'true optimizer');
    assert.equal(offloading({ enable_offloading: 'DeepSpeed CPU offload' }), 'true optimizer');
    assert.equal(offloading({ enable_offloading: 'DeepSpeed CPU offload', zero_stage: 3 }), 'true all');
    assert.equal(offloading({ enable_offloading: true, offload_parts: 'optimizer/params' }), 'true all');
    assert.equal(offloading({ enable_offloading: true, offload_parts: 'DeepSpeed CPU offload' }), 'true optimizer');
    assert.match(problem({ offload_parts: 'pramaeters' }), /offload_parts is "pramaeters"; allowed: one of optimizer, .*did you mean/);
  });

  it('counts a field whose text says that it is not stated as absent', () => {
    assert.equal(read({ optimizer: 'not stated' }).optimizer, 'adamw');
    assert.equal(read({ gradient_checkpointing: 'unknown', framework: 'megatron' }).optimization_config.gradient_checkpointing, 'none');
    assert.equal(read({ packing: 'n/a' }).packing, false);
  });

  it('takes as many GPUs as the parallel sizes need where none are counted', () => {
    const gpus = (fields: object): number => read({ num_gpus: undefined, ...fields }).num_gpus;
    assert.equal(gpus({}), 1);
    assert.equal(gpus({ tensor_parallel: 4, pipeline_parallel: 2 }), 8);
    assert.equal(gpus({ tensor_parallel: 2, expert_parallel: 8, pipeline_parallel: 2 }), 16);
    assert.match(problem({ num_gpus: undefined, tensor_parallel: 0 }), /tensor_parallel is 0/);
  });

  it('says what is nearest where nothing fits', () => {
    assert.match(problem({ optimizer: 'addam' }), /optimizer is "addam"; allowed: one of adamw, .*did you mean "adamw"\?/);
    assert.match(problem({ optimizer: 'badam' }), /optimizer is "badam"; allowed: one of adamw/);
    assert.match(problem({ finetuning_method: 'badam (block Adam)' }), /allowed: one of full, lora, qlora/);
    assert.match(problem({ framework: 'torchtunne' }), /did you mean "torchtune"\?/);
    assert.match(problem({ finetuning_method: 'something' }), /allowed: one of full, lora, qlora/);
    assert.match(problem({ gradient_checkpointing: 'perhaps' }), /allowed: one of none, selective, full, offloaded/);
  });

  it('does by default what the framework does by itself', () => {
    const defaults = (framework: string): unknown => {
      const { zero_stage: stage, gradient_checkpointing: mode } = read({ framework }).optimization_config;
      return `${stage} ${mode}`;
    };
    assert.equal(defaults('megatron'), '1 none');
    assert.equal(defaults('torchtune'), '3 full');
    assert.equal(defaults('torchtitan'), '3 selective');
    assert.equal(defaults('unsloth'), '0 offloaded');
    assert.equal(defaults('deepspeed'), '2 full');
    // ms-swift without torchrun spreads the layers; naming a stage or a parallel size means a process per card.
    assert.equal(read({ framework: 'ms-swift' }).pipeline_parallel, 2);
    assert.equal(read({ framework: 'ms-swift', zero_stage: 'ddp' }).pipeline_parallel, 1);
    assert.equal(read({ framework: 'ms-swift', tensor_parallel: 2 }).pipeline_parallel, 1);
    assert.equal(read({ framework: 'litgpt', num_gpus: 1 }).optimization_config.gradient_checkpointing, 'none');
  });
});
