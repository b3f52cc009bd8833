import * as assert from 'node:assert/strict';
import type { Model } from '../../../src/estimator/architecture';
import { parameterCount } from '../../../src/estimator/parameters';
import { GIB } from '../../../src/estimator/units';
import type { FinetuningResponse } from '../../../src/estimator/contracts/finetuning';
import { FRAMEWORKS, MEMORY_COMPONENTS, OPTIMIZERS } from '../../../src/estimator/contracts/finetuning';
import { DEEPSEEK, LLAMA_3B, LLAMA_7B, QWEN_7B, QWEN_VL, QWEN3_MOE, model } from './models';
import { attention, decoderOf, denseLayer } from '../estimator/decoders';
import { FACTS, estimate, gpu, request } from './requests';
import { TRAINING_CONSTANTS } from '../../../src/estimator/training/constants';
import { estimateFinetuning } from '../../../src/estimator/training/estimate';

const FULL = { finetuning_method: 'full', fine_tuning_quantization: 'bf16', framework: 'torchtune', gpu_memory_measure: 'allocated' };

const TINY = model('Qwen/Qwen2.5-0.5B');

/** GiB that `bytes` per parameter of a model come to. */
function perParameter(bytes: number, of = LLAMA_7B): number {
  return (bytes * parameterCount(of.architecture)) / GIB;
}

function close(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual / expected - 1) <= tolerance, `${actual}, expected ${expected} ± ${tolerance * 100} %`);
}

describe('what fine-tuning keeps per parameter', () => {
  it('is not less for switches of which the optimizer has no form, and says so', () => {
    const said = (optimizer: string, config: object, fields: object = {}): readonly string[] =>
      estimate({ ...FULL, optimizer, optimization_config: config, ...fields }).assumptions.filter((text) =>
        text.includes('counts for nothing'),
      );
    assert.deepEqual(said('adafactor', { use_8bit_optimizer: true, use_paged_optimizer: true }), [
      'use_8bit_optimizer counts for nothing: no 8bit form of adafactor is known.',
      'use_paged_optimizer counts for nothing: no paged form of adafactor is known.',
    ]);
    assert.equal(said('muon', { use_8bit_optimizer: true }).length, 1);
    for (const optimizer of ['adamw', 'adamw_8bit', 'lion', 'galore', 'adamw_4bit'])
      assert.deepEqual(said(optimizer, { use_8bit_optimizer: true }), [], optimizer);
    assert.deepEqual(said('adamw', { use_paged_optimizer: true }), []);
    assert.equal(said('adamw', { zero_stage: 3 }).length, 1);
    assert.deepEqual(said('adamw', { zero_stage: 3 }, { enable_offloading: true }), []);
  });

  it('is 8 bytes for pure 16-bit AdamW, as PEFT measured on Llama-3.2-3B (24.27 GiB allocated)', () => {
    const facts = { ...FACTS, model: LLAMA_3B };
    const details = estimate({ ...FULL, seq_length: 1, gradient_accumulation_steps: 2, batch_size: 2 }, facts).memory_details;
    close(details['Base Model Weights'] + details.Gradients + details['Optimizer States'], 24.27, 0.02);
  });

  it('is 16 bytes with master weights under ZeRO, and 1/8 of it per GPU under ZeRO 3 on eight', () => {
    const zero = {
      ...FULL,
      framework: 'deepspeed',
      num_gpus: 8,
      batch_size: 16,
      gradient_accumulation_steps: 2,
      optimization_config: { zero_stage: 3 },
    };
    const details = estimate(zero).memory_details;
    const states = details['Base Model Weights'] + details.Gradients + details['Optimizer States'];
    // fp32 copies of the gradients while the optimizer steps: 4 more (the Qwen authors' 1.8B run needed 18 to 24).
    assert.ok(states >= perParameter(16) / 8 && states <= perParameter(20.1) / 8, String(states));
  });

  it('falls by 2 bytes with 8-bit AdamW, and by nearly 1 more with 4-bit, as torchao measured', () => {
    const states = (optimizer: string): number => estimate({ ...FULL, optimizer }).memory_details['Optimizer States'];
    close(states('adamw') - states('adamw_8bit'), perParameter(2), 0.02);
    close(states('adamw_8bit') - states('adamw_4bit'), perParameter(0.94), 0.05);
  });

  it('falls by 6 bytes with 8-bit Adam on fp32 weights and by 8 with Adafactor, as the Hugging Face guide measured on BERT', () => {
    const single = { ...FULL, fine_tuning_quantization: 'fp32' };
    const states = (optimizer: string): number => estimate({ ...single, optimizer }).memory_details['Optimizer States'];
    close(states('adamw') - states('adamw_8bit'), perParameter(5.9), 0.02);
    close(states('adamw') - states('adafactor'), perParameter(8), 0.02);
  });

  it("is what GaLore's paper counts: 4.38 G of weights and states at rank 512 for its 1B model", () => {
    // arXiv 2403.03507, Table 2: hidden size 2048, 24 layers, 32 heads, feed-forward 5461, vocabulary 32000, untied, 16-bit.
    const kind = denseLayer(attention(32, 32, 64), 5461);
    const architecture = decoderOf(kind, 24, { hiddenSize: 2048, vocabSize: 32_000, tieWordEmbeddings: false });
    const facts = { ...FACTS, model: { architecture, quantization: null, exactBytes: null } };
    const kept = (fields: object): number => {
      const details = estimate({ ...FULL, optimizer: 'galore', ...fields }, facts).memory_details;
      return details['Base Model Weights'] + details['Optimizer States'];
    };
    close(kept({ lora_rank: 512 }), 4.38, 0.08);
    // transformers' default is a rank of 128.
    assert.equal(kept({}), kept({ lora_rank: 128 }));
  });

  it('leaves embedding and head to AdamW under Muon', () => {
    const states = (optimizer: string): number => estimate({ ...FULL, optimizer }).memory_details['Optimizer States'];
    // Llama-2-7B: two tables of 32000 × 4096.
    close(states('muon') - states('lion'), (2 * 32_000 * 4096 * 2) / GIB, 0.001);
  });

  it('is half a byte for NF4, with embedding and head in fp32 after PEFT has prepared the model', () => {
    const weights = (fields: object): number =>
      estimate({ finetuning_method: 'qlora', ...fields }, { ...FACTS, model: QWEN_7B }).memory_details['Base Model Weights'];
    // Two matrices of 151936 × 4096: 1.2 GiB more each (prepare_model_for_kbit_training).
    close(weights({ framework: 'peft' }) - weights({ framework: 'torchtune' }), (2 * 151_936 * 4096 * 2) / GIB, 0.001);
    close(
      weights({ framework: 'torchtune', base_quantization: 'nf4' }) / weights({ framework: 'torchtune', base_quantization: 'nf4_double' }),
      1.04,
      0.02,
    );
  });
});

describe('what fine-tuning gathers, scores and loses', () => {
  it('is two layers and the root unit of embedding and head under FSDP, beside the shard', () => {
    const details = estimate({ ...FULL, finetuning_method: 'lora', framework: 'fsdp', num_gpus: 8, batch_size: 8 }).memory_details;
    // Llama-2-7B's config: hidden size 4096, MLP 11008, vocabulary 32000.
    const layer = 4 * 4096 ** 2 + 3 * 4096 * 11008 + 2 * 4096;
    const root = 2 * 32000 * 4096;
    close(details['Communication Buffers'], ((2 * layer + root) * 2) / GIB, 0.001);
  });

  it('is never more than the whole model', () => {
    const weights = (gpus: number): number => {
      const fields = { ...FULL, finetuning_method: 'lora', framework: 'deepspeed', num_gpus: gpus, batch_size: gpus };
      const details = estimate(
        { ...fields, optimization_config: { zero_stage: gpus === 1 ? 0 : 3 } },
        { ...FACTS, model: TINY },
      ).memory_details;
      return details['Base Model Weights'] + (gpus === 1 ? 0 : details['Communication Buffers']);
    };
    // Fewer parameters than DeepSpeed keeps gathered by default: 1e9.
    close(weights(4), weights(1), 1e-9);
  });

  it('keeps scores in 16 bits where the softmax is fused with its mask', () => {
    const scores = (framework: string): number => {
      const of = (flash: boolean): number =>
        estimate({ framework, optimization_config: { flash_attention: flash, gradient_checkpointing: 'full' } }).vram_usage;
      return of(false) - of(true);
    };
    assert.ok(scores('megatron') > 0 && scores('megatron') * 2 < scores('trl'));
  });

  it('is no scores in frameworks that only have fused attention', () => {
    for (const framework of FRAMEWORKS) {
      const run = (flash: boolean): FinetuningResponse => estimate({ framework, seq_length: 8192, flash_attention: flash });
      const fuses = framework === 'torchtune' || framework === 'litgpt';
      assert.equal(run(false).vram_usage === run(true).vram_usage, fuses, framework);
      assert.equal(
        run(false).assumptions.some((line) => line.includes('fused one')),
        fuses,
        framework,
      );
    }
  });

  it("is Megatron's logits in full under a loss in chunks, of which it has none", () => {
    const fields = { ...FULL, framework: 'megatron', seq_length: 8192 };
    const [chunked, plain] = [estimate({ ...fields, chunked_loss: true }), estimate(fields)];
    close(chunked.vram_usage, plain.vram_usage, 1e-9);
    assert.ok(chunked.assumptions.some((line) => line.includes('fused, not chunked')));
    const facts = { ...FACTS, model: TINY };
    assert.ok(estimate({ seq_length: 8192, chunked_loss: true }, facts).vram_usage < estimate({ seq_length: 8192 }, facts).vram_usage);
  });

  it('takes a framework without a version to be of the time of the model', () => {
    const facts = (known: Model): typeof FACTS => ({ ...FACTS, model: known });
    const loss = (known: Model, version: object): number =>
      estimate({ framework: 'ms_swift', seq_length: 4096, ...version }, facts(known)).memory_details['Logits and Loss'];
    // Llama 2 is of 2023 and version 3 of ms-swift of 2025; Qwen2.5-VL is as old as version 3.
    assert.equal(loss(LLAMA_7B, {}), loss(LLAMA_7B, { framework_version: '2.0' }));
    assert.equal(loss(QWEN_VL, {}), loss(QWEN_VL, { framework_version: '3.1' }));
    assert.ok(loss(LLAMA_7B, {}) > loss(LLAMA_7B, { framework_version: '3.1' }));
  });

  it('takes a script around DeepSpeed to cost between old and new transformers, where the model is as old', () => {
    const perLogit = (known: Model): number =>
      (estimate({ framework: 'deepspeed', seq_length: 8192 }, { ...FACTS, model: known }).memory_details['Logits and Loss'] * GIB) /
      (8192 * known.architecture.vocabSize);
    const { logit } = TRAINING_CONSTANTS;
    assert.ok(Math.abs(perLogit(LLAMA_7B) - logit.upcast_unknown) < 0.01);
    // Qwen's own code leaves its logits in 16 bits (13 bytes per entry in its README); Qwen2.5-VL needs the newer transformers.
    assert.ok(Math.abs(perLogit(QWEN_7B) - logit.upcast) < 0.01);
    assert.ok(Math.abs(perLogit(QWEN_VL) - logit.upcast) < 0.01);
  });

  it('materialises attention scores of the longest sample, not of the window around it', () => {
    const scores = (fields: object): number =>
      estimate({ batch_size: 4, optimization_config: { flash_attention: false }, ...fields }).memory_details.Activations;
    const flash = (fields: object): number => estimate({ batch_size: 4, ...fields }).memory_details.Activations;
    const extra = (fields: object): number => scores(fields) - flash(fields);
    const short = { longest_sample: 1024, seq_length: 4096 };
    assert.ok(Math.abs(extra(short) / extra({ longest_sample: 1024, seq_length: 1024 }) - 1) < 1e-6);
    assert.ok(extra({ ...short, packing: true }) > 4 * extra(short));
  });
});

describe('fine-tuning estimate', () => {
  it('names what is on and finds what each saves by leaving it off', () => {
    const fields = { finetuning_method: 'qlora', optimization_config: { use_8bit_optimizer: true, gradient_checkpointing: true } };
    const response = estimate(fields);
    assert.deepEqual(response.active_optimizations, [
      'qlora',
      'base_quantization nf4',
      'flash_attention',
      'gradient_checkpointing full',
      '8bit_optimizer',
    ]);
    assert.deepEqual(
      response.savings.map((saving) => saving.optimization),
      response.active_optimizations,
    );
    const without = estimate({ ...fields, optimization_config: { use_8bit_optimizer: true, gradient_checkpointing: false } });
    const saving = response.savings.find((entry) => entry.optimization === 'gradient_checkpointing full');
    assert.ok(saving && Math.abs(saving.saved_gb - (without.vram_usage - response.vram_usage)) < 1e-9);
    assert.ok((saving.speed_factor ?? 1) < 1, 'recomputing costs time');
  });

  it('counts steps, tokens, hours and energy', () => {
    const response = estimate({
      num_samples: 1000,
      num_epochs: 2,
      batch_size: 8,
      gradient_accumulation_steps: 4,
      seq_length: 1024,
      tokens_per_sample: 512,
    });
    assert.equal(response.total_steps, 250);
    assert.equal(response.total_tokens, 1_024_000);
    const seconds = 250 / (response.steps_per_second ?? Number.NaN);
    close(response.total_training_time_hours ?? Number.NaN, seconds / 3600, 1e-9);
    close(response.energy_kwh ?? Number.NaN, ((response.estimated_power_draw ?? Number.NaN) * seconds) / 3.6e6, 1e-9);
    assert.ok((response.estimated_power_draw ?? Number.NaN) <= (FACTS.gpu.tdpW ?? Number.NaN));
  });

  it('says that totals are unknown without a number of samples', () => {
    const response = estimate({});
    assert.equal(response.total_tokens, null);
    assert.equal(response.total_training_time_hours, null);
    assert.equal(response.energy_kwh, null);
    assert.ok(response.training_tps !== null && response.training_tps > 0);
  });

  it('packs short samples into full sequences: fewer steps for the same samples', () => {
    const short = { num_samples: 1000, seq_length: 2048, tokens_per_sample: 256 };
    const packed = estimate({ ...short, packing: true });
    const padded = estimate(short);
    assert.equal(packed.total_tokens, padded.total_tokens);
    assert.ok((packed.total_steps ?? 0) * 7 < (padded.total_steps ?? 0));
    assert.ok((packed.total_training_time_hours ?? Infinity) < (padded.total_training_time_hours ?? 0));
  });

  it('trains fewer FLOPs with adapters than in full, and fewer without recomputing', () => {
    const speed = (fields: object): number =>
      estimate({ fine_tuning_quantization: 'bf16', batch_size: 4, ...fields }, { ...FACTS, gpu: gpu('h200_141') }).training_tps ?? 0;
    const none = { optimization_config: { gradient_checkpointing: 'none' } };
    // 4 against 6 FLOPs per parameter without recomputation.
    const factor = speed({ finetuning_method: 'lora', lora_rank: 8, ...none }) / speed({ finetuning_method: 'full', ...none });
    assert.ok(factor > 1.15 && factor < 1.55, String(factor));
    assert.ok(speed(none) > speed({}));
  });

  it('charges DoRA for the outputs it scales, and Muon for its matrix products', () => {
    const none = { optimization_config: { gradient_checkpointing: 'none' }, batch_size: 4 };
    assert.ok(estimate({ ...none, use_dora: true }).vram_usage > estimate(none).vram_usage);
    assert.ok(estimate({ use_dora: true }).trainable_parameters > estimate({}).trainable_parameters);
    const full = { ...FULL, optimizer: 'muon' };
    assert.ok((estimate(full).steps_per_second ?? 0) < (estimate({ ...full, optimizer: 'sgd_momentum' }).steps_per_second ?? 0));
  });

  it('reaches the utilisation the Hugging Face blog measured for a 7B in full on four A100 with FSDP: 41 %', () => {
    const fields = {
      finetuning_method: 'full',
      fine_tuning_quantization: 'bf16',
      framework: 'fsdp',
      num_gpus: 4,
      batch_size: 16,
      seq_length: 2048,
      packing: true,
    };
    const mfu = estimate(fields).mfu ?? 0;
    assert.ok(mfu > 0.31 && mfu < 0.51, String(mfu));
  });

  it('times a pipeline as kept full where the request does not count its micro batches', () => {
    const fields = { framework: 'megatron', num_gpus: 8, pipeline_parallel: 8, batch_size: 1 };
    const [open, one, many] = [{}, { gradient_accumulation_steps: 1 }, { gradient_accumulation_steps: 64, batch_size: 64 }].map((more) =>
      estimate({ ...fields, ...more }),
    );
    assert.ok((open?.training_tps ?? 0) > 2 * (one?.training_tps ?? 0));
    assert.ok((open?.training_tps ?? 0) < (many?.training_tps ?? 0));
    close(open?.vram_usage ?? 0, one?.vram_usage ?? 1, 1e-9);
    const said = (response = open): boolean => response?.assumptions.some((line) => line.includes('keep full')) ?? false;
    assert.deepEqual([said(open), said(one)], [true, false]);
  });

  it("cuts the batch of PyTorch's pipelines into as many micro batches as stages", () => {
    const fields = { framework: 'torchtitan', num_gpus: 8, pipeline_parallel: 4 };
    const of = (batch: number, steps: number): FinetuningResponse =>
      estimate({ ...fields, batch_size: batch, gradient_accumulation_steps: steps });
    close(of(16, 1).vram_usage, of(16, 4).vram_usage, 1e-9);
    close(of(16, 1).training_tps ?? 0, of(16, 4).training_tps ?? 1, 1e-9);
    const usages = [2, 4, 6, 8, 10, 16, 20].map((batch) => of(batch, 1).vram_usage);
    assert.deepEqual(
      usages,
      [...usages].sort((a, b) => a - b),
    );
  });

  it('freezes the tower of a multimodal model unless told otherwise', () => {
    const facts = { ...FACTS, model: QWEN_VL };
    const frozen = estimate({ ...FULL }, facts);
    const trained = estimate({ ...FULL, train_vision_tower: true }, facts);
    const tower = QWEN_VL.architecture.towers.reduce((sum, t) => sum + t.parameters, 0);
    assert.ok(tower > 0);
    assert.equal(trained.trainable_parameters - frozen.trainable_parameters, tower);
    assert.equal(trained.trainable_parameters, parameterCount(QWEN_VL.architecture));
  });

  it('computes a mixture of experts by its used experts, and keeps all of them', () => {
    const facts = { model: QWEN3_MOE, gpu: gpu('h200_141') };
    const dense = { ...facts, model: model('Qwen/Qwen3-32B') };
    const lora = { fine_tuning_quantization: 'bf16', lora_targets: 'attention', batch_size: 4 };
    assert.ok((estimate(lora, facts).training_tps ?? 0) > 3 * (estimate(lora, dense).training_tps ?? 0));
    close(estimate(lora, facts).memory_details['Base Model Weights'], (parameterCount(QWEN3_MOE.architecture) * 2) / GIB, 0.001);
  });

  it('moves optimizer states to host memory or NVMe', () => {
    const fields = { ...FULL, framework: 'deepspeed', num_gpus: 2, batch_size: 2, optimization_config: { zero_stage: 2 } };
    const onGpu = estimate(fields);
    const onHost = estimate({ ...fields, enable_offloading: true });
    const onNvme = estimate({ ...fields, enable_offloading: true, offload_target: 'nvme' });
    assert.ok(onHost.vram_usage < onGpu.vram_usage / 2);
    // 12 bytes of states and the gradients of every parameter.
    assert.ok(onHost.offloaded_memory >= perParameter(12));
    assert.ok(onHost.estimated_system_ram_required > onNvme.estimated_system_ram_required + perParameter(11));
    assert.ok((onHost.training_tps ?? 0) < (onGpu.training_tps ?? 0));
    assert.ok((onNvme.training_tps ?? 0) <= (onHost.training_tps ?? 0));
  });

  it('pages optimizer states out only when the card is full', () => {
    const states = (card: string): number =>
      estimate({ ...FULL, gpu_memory_measure: 'nvidia_smi', optimizer: 'paged_adamw' }, { model: LLAMA_7B, gpu: gpu(card) }).memory_details[
        'Optimizer States'
      ];
    close(states('h200_141'), perParameter(4), 0.01);
    assert.ok(states('rtx_a6000') < perParameter(4));
  });

  it('grades memory by the share of the card', () => {
    assert.equal(estimate({}, { model: LLAMA_7B, gpu: gpu('h200_141') }).memory_status, 'okay');
    assert.equal(estimate({ finetuning_method: 'full' }, { model: LLAMA_7B, gpu: gpu('rtx_4090') }).memory_status, 'insufficient');
  });

  it('reports a target that no layer has', () => {
    const response = estimate({ lora_targets: ['q_proj', 'qq_proj'] });
    assert.ok(response.assumptions.some((line) => line.includes('qq_proj')));
  });

  it('answers for every optimizer and framework with every component', () => {
    for (const optimizer of OPTIMIZERS) {
      for (const framework of FRAMEWORKS) {
        const response = estimateFinetuning(request({ finetuning_method: 'full', optimizer, framework }), { ...FACTS, model: DEEPSEEK });
        assert.deepEqual(Object.keys(response.memory_details), [...MEMORY_COMPONENTS]);
        close(
          response.memory_breakdown.reduce((sum, part) => sum + part.value, 0),
          100,
          1e-9,
        );
      }
    }
  });
});
