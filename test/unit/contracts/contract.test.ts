import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { answerComparison } from '../../../src/cli/compare';
import { answerFinetuning } from '../../../src/cli/finetuning';
import { answerInference } from '../../../src/cli/inference';
import { readFinetuningRequest } from '../../../src/estimator/contracts/finetuningRequest';
import { readInferenceRequest, resolveInference } from '../../../src/estimator/contracts/inferenceRequest';
import type { RequestProblem } from '../../../src/estimator/contracts/problem';
import type { Validated } from '../../../src/estimator/contracts/validate';
import { findGpu } from '../../../src/estimator/hardware/catalogue';
import { models } from './requests';

const BASE = { gpu_key: 'rtx_4090', llm_key: 'Qwen/Qwen3-8B' };

/** A field of a request: values that are taken, what it is when absent, and one value that is refused. */
type Row = readonly [field: string, taken: readonly unknown[], otherwise: unknown, refused: unknown];

const NUMBER = 'three';

/** Sections A and C of the contract, line by line; null stands for "not given". */
const INFERENCE: readonly Row[] = [
  [
    'quantization',
    ['fp32', 'fp16', 'bf16', 'fp8', 'int8', 'int4', 'q8', 'q4_k_m', 'q5_k_m', 'q2_k', 'awq', 'gptq', 'nf4', 'nvfp4', 'mxfp4'],
    null,
    'q4km',
  ],
  ['kv_cache_quantization', ['fp16', 'fp8', 'int8', 'int4'], 'auto', 'fp7'],
  ['num_gpus', [1, 8], 1, 0],
  ['batch_size', [1, 64], 1, 1.5],
  ['seq_length', [1, 131_072], 2048, -5],
  ['concurrent_users', [1, 1000], 1, NUMBER],
  ['enable_prefix_caching', [true, false], false, 'perhaps'],
  ['shared_prefix_ratio', [0, 0.5, 1], 0, 2],
  ['enable_continuous_batching', [true, false], false, 'perhaps'],
  ['inference_parallelism', ['pipeline', 'tensor'], 'pipeline', 'diagonal'],
  ['interconnect_type', ['pcie3', 'pcie4', 'pcie5', 'nvlink_gen1', 'nvlink_gen5'], null, 'pcie'],
  ['enable_offloading', [true, false], false, 2],
  ['offload_target', ['cpu_ram', 'nvme'], 'cpu_ram', 'tape'],
  ['num_offload_layers', [0, 12], null, -1],
  ['percentage_offload', [0, 33.3, 100], null, 101],
  ['offload_kv_cache', [true, false], false, 'perhaps'],
  ['engine', ['vllm', 'sglang', 'tensorrt_llm', 'llama_cpp', 'transformers', 'mlx', 'exllama'], null, 'vlm'],
  ['engine_version', ['0.8.5'], null, 8],
  ['output_length', [0, 256], null, -1],
  ['tensor_parallel_size', [1], null, 0],
  ['pipeline_parallel_size', [1], null, 0],
  ['data_parallel_size', [1], null, 0],
  ['expert_parallel_size', [1, 8], null, 0],
  ['max_num_batched_tokens', [2048], null, 0],
  ['speculative_tokens', [0, 5], 0, -1],
];

const FINETUNING: readonly Row[] = [
  ['finetuning_method', ['full', 'lora', 'qlora'], 'lora', 'lorra'],
  ['fine_tuning_quantization', ['fp32', 'fp16', 'fp8'], 'fp16', 'fp7'],
  ['lora_rank', [1, 64], 16, 0],
  ['gradient_accumulation_steps', [1, 8], 1, 0],
  ['batch_size', [1, 64], 1, 0],
  ['seq_length', [1, 8192], 2048, 0],
  ['num_samples', [1000], null, 0],
  ['tokens_per_sample', [100], 2048, 0],
  ['num_epochs', [1, 0.5], 3, 0],
  ['num_gpus', [1, 8], 1, 0],
  ['enable_offloading', [true, false], false, 'perhaps'],
  ['offload_target', ['cpu_ram', 'nvme'], 'cpu_ram', 'tape'],
  ['optimizer', ['adamw', 'adamw_8bit', 'paged_adamw_8bit', 'adafactor', 'sgd', 'lion', 'muon', 'galore'], 'adamw', 'adanw'],
  ['trainable_parameters', [0, 12.5, 100], null, 101],
  ['lora_targets', ['attention', 'all_linear', ['q_proj', 'v_proj']], 'all_linear', 7],
  ['lora_alpha', [32], null, NUMBER],
  ['use_dora', [true, false], false, 'perhaps'],
  ['base_quantization', ['nf4', 'nf4_double', 'int8', 'gptq', 'awq', 'fp8'], null, 'nf5'],
  ['compute_dtype', ['bf16', 'fp16', 'fp32'], 'fp16', 'fp7'],
  ['master_weights', [true, false], null, 'perhaps'],
  [
    'framework',
    ['peft', 'trl', 'llama_factory', 'axolotl', 'unsloth', 'torchtune', 'litgpt', 'ms_swift', 'deepspeed', 'fsdp', 'megatron'],
    'trl',
    'trll',
  ],
  ['packing', [true, false], false, 'perhaps'],
  ['chunked_loss', [true, false], null, 'perhaps'],
  ['gradient_checkpointing', ['none', 'selective', 'full', 'offloaded'], undefined, 'some'],
  ['tensor_parallel', [1], 1, 0],
  ['pipeline_parallel', [1], 1, 0],
  ['context_parallel', [1], 1, 0],
  ['gpu_memory_measure', ['allocated', 'reserved', 'nvidia_smi'], 'nvidia_smi', 'guess'],
  ['interconnect_type', ['pcie4', 'nvlink_gen4'], null, 'pcie'],
];

/** `optimization_config` of section C. */
const OPTIMIZATIONS: readonly Row[] = [
  ['flash_attention', [true, false], true, 'perhaps'],
  ['gradient_checkpointing', [true, false, 'selective'], 'full', 'some'],
  ['use_8bit_optimizer', [true, false], false, 'perhaps'],
  ['use_paged_optimizer', [true, false], false, 'perhaps'],
  ['use_fused_kernels', [true, false], false, 'perhaps'],
  ['activation_offloading', [true, false], false, 'perhaps'],
  ['zero_stage', [0, 1, 2, 3], 0, 4],
];

const INFERENCE_ANSWERS =
  `unit vram_usage vram_percentage actual_vram_percentage memory_status static_shared_memory per_user_memory estimated_latency_tps
  estimated_throughput_tps per_user_tps ms_per_token tftt estimated_system_ram_required offloaded_memory estimated_power_draw memory_details
  memory_breakdown ttft_ms tpot_ms prefill_tps decode_tps_single_stream kv_cache_tokens max_concurrency energy_wh_per_1k_tokens range
  assumptions`.split(/\s+/);

const FINETUNING_ANSWERS =
  `unit vram_usage vram_percentage actual_vram_percentage memory_status static_shared_memory training_tps samples_per_second steps_per_second
  total_tokens total_training_time_hours estimated_system_ram_required offloaded_memory estimated_power_draw active_optimizations
  optimization_preset memory_details memory_breakdown range energy_kwh trainable_parameters savings`.split(/\s+/);

function problemsOf(read: Validated<unknown>): readonly RequestProblem[] {
  return read.ok ? [] : read.problems;
}

function walk<T extends object>(
  rows: readonly Row[],
  read: (fields: object) => Validated<T>,
  valueOf: (request: T, field: string) => unknown,
  place = (field: string): string => field,
): void {
  for (const [field, taken, otherwise, refused] of rows) {
    it(`${field}: has its default, takes its choices and refuses others by name`, () => {
      const absent = read({});
      assert.ok(absent.ok);
      if (otherwise !== undefined) assert.deepEqual(valueOf(absent.request, field), otherwise);
      for (const value of taken) assert.deepEqual(problemsOf(read({ [field]: value })), [], JSON.stringify(value));
      const [problem, ...more] = problemsOf(read({ [field]: refused }));
      assert.ok(problem, `${JSON.stringify(refused)} is taken`);
      assert.deepEqual(more, []);
      assert.equal(problem.field, place(field));
      assert.deepEqual(problem.value, refused);
      assert.ok(problem.message.includes(problem.allowed) && problem.allowed !== '', problem.message);
    });
  }
}

const valueIn = (request: object, field: string): unknown => (request as Readonly<Record<string, unknown>>)[field];

describe('an inference request’s field', () => {
  walk(INFERENCE, (fields) => readInferenceRequest({ ...BASE, ...fields }), valueIn);
});

describe('a fine-tuning request’s field', () => {
  walk(FINETUNING, (fields) => readFinetuningRequest({ ...BASE, ...fields }), valueIn);
  walk(
    OPTIMIZATIONS,
    (fields) => readFinetuningRequest({ ...BASE, optimization_config: fields }),
    (request, field) => valueIn(request.optimization_config, field),
    (field) => `optimization_config.${field}`,
  );
});

describe('a wrong field', () => {
  it('of another type is told the choices as well', () => {
    for (const field of ['quantization', 'kv_cache_quantization', 'interconnect_type', 'engine', 'inference_parallelism', 'offload_target'])
      for (const value of [7, true, [], ''])
        assert.match(problemsOf(readInferenceRequest({ ...BASE, [field]: value }))[0]?.allowed ?? '', /^one of \w+, /, field);
    for (const [field, allowed] of [
      ['gpu_key', /a key of the GPU catalogue/],
      ['llm_key', /a key of the model catalogue/],
    ] as const)
      assert.match(problemsOf(readFinetuningRequest({ ...BASE, [field]: 7 }))[0]?.allowed ?? '', allowed);
  });

  it('is a choice with one wrong letter, also where that reads as another choice', () => {
    for (const [field, slip, meant] of [
      ['optimizer', 'paged_adamw_8bix', 'paged_adamw_8bit'],
      ['optimizer', 'adamw_8bif', 'adamw_8bit'],
      ['optimizer', 'aged_adamw_8bit', 'paged_adamw_8bit'],
      ['base_quantization', 'nf4_doubl', 'nf4_double'],
      ['framework', 'torchtunes', null],
      ['optimizer', 'adamw_torch_8bit', null],
    ] as const) {
      const problems = problemsOf(readFinetuningRequest({ ...BASE, [field]: slip }));
      assert.deepEqual(
        problems.map(({ field: wrong, nearest }) => [wrong, nearest]),
        meant === null ? [] : [[field, meant]],
        slip,
      );
    }
  });

  it('is one problem: the memory of a custom card that cannot be is not missing', () => {
    for (const read of [readInferenceRequest, readFinetuningRequest]) {
      const of = (custom_vram: unknown): readonly (string | number | boolean | null)[] =>
        problemsOf(read({ ...BASE, gpu_key: 'custom_discrete', custom_vram })).map(({ nearest }) => nearest);
      assert.deepEqual([of(undefined), of('24'), of(24)], [[null], [24], []]);
    }
  });
});

describe('a field that counts for nothing', () => {
  const said = (answer: object): readonly string[] => {
    assert.ok('response' in answer);
    const { assumptions } = answer.response as { readonly assumptions: readonly string[] };
    return assumptions.filter((assumption) => assumption.includes('is left out'));
  };

  it('is named with what makes it so', () => {
    const layers = { num_offload_layers: 4, offload_kv_cache: true, shared_prefix_ratio: 0.5 };
    assert.deepEqual(said(answerInference({ ...BASE, ...layers, custom_vram: 48, custom_model: {} }, models)), [
      'num_offload_layers is left out: enable_offloading is false.',
      'offload_kv_cache is left out: enable_offloading is false.',
      'shared_prefix_ratio is left out: enable_prefix_caching is false.',
      'custom_vram is left out: NVIDIA GeForce RTX 4090 has 24 GB.',
      'custom_model is left out: llm_key is Qwen/Qwen3-8B.',
    ]);
    assert.deepEqual(said(answerFinetuning({ ...BASE, trainable_parameters: 50 }, models)), [
      'trainable_parameters is left out: finetuning_method is lora.',
    ]);
    const full = { ...BASE, finetuning_method: 'full', lora_rank: 64, lora_targets: 'attention' };
    assert.equal(said(answerFinetuning(full, models)).length, 2);
    // GaLore projects to the rank.
    assert.equal(said(answerFinetuning({ ...full, optimizer: 'galore' }, models)).length, 1);
  });

  it('is a link without a second GPU, a target without offloading, or a size for experts that are not there', () => {
    assert.deepEqual(said(answerInference({ ...BASE, interconnect_type: 'pcie4', offload_target: 'nvme' }, models)), [
      'interconnect_type is left out: there is one GPU.',
      'offload_target is left out: enable_offloading is false.',
    ]);
    const eight = { ...BASE, num_gpus: 8, batch_size: 8, interconnect_type: 'pcie4', offload_target: 'cpu_ram', expert_parallel: 8 };
    assert.deepEqual(said(answerFinetuning(eight, models)), ['expert_parallel is left out: the model has no experts.']);
  });

  it('is prefix caching of prompts that share nothing, a way to split one GPU, or a setting of another method', () => {
    const inference = { ...BASE, enable_prefix_caching: true, inference_parallelism: 'tensor' };
    assert.deepEqual(said(answerInference(inference, models)), [
      'enable_prefix_caching is left out: shared_prefix_ratio is 0.',
      'inference_parallelism is left out: there is one GPU.',
    ]);
    const adapters = { ...BASE, master_weights: true, lora_alpha: 32, framework_version: '2.0' };
    assert.deepEqual(said(answerFinetuning(adapters, models)), [
      'master_weights is left out: finetuning_method is lora.',
      'lora_alpha is left out: it scales what the adapters add, which costs nothing.',
      'framework_version is left out: only of ms_swift are versions told apart.',
    ]);
    const full = { ...BASE, finetuning_method: 'full', train_embeddings: true, train_vision_tower: true };
    assert.deepEqual(said(answerFinetuning(full, models)), [
      'train_embeddings is left out: finetuning_method is full.',
      'train_vision_tower is left out: the model has no tower.',
    ]);
  });

  it('is not one that does what it says, nor one that asks for nothing', () => {
    const used = { enable_offloading: true, num_offload_layers: 4, enable_prefix_caching: true, shared_prefix_ratio: 0.5 };
    assert.deepEqual(said(answerInference({ ...BASE, ...used }, models)), []);
    const nothing = { num_offload_layers: 0, offload_kv_cache: false, shared_prefix_ratio: 0, custom_vram: 24, custom_model: null };
    assert.deepEqual(said(answerInference({ ...BASE, ...nothing }, models)), []);
    assert.deepEqual(said(answerInference({ ...BASE, gpu_key: 'A100', custom_vram: 40 }, models)), []);
  });
});

describe('a request that cannot be as it stands', () => {
  const assumed = (answer: object): readonly string[] => {
    assert.ok('response' in answer, JSON.stringify(answer));
    return (answer.response as { readonly assumptions: readonly string[] }).assumptions;
  };
  const saysOf = (answer: object, what: RegExp): boolean => assumed(answer).some((assumption) => what.test(assumption));

  it('says to what the context is raised, in each command', () => {
    const lengths = { ...BASE, input_length: 3000, output_length: 2000 };
    const raised = /^seq_length 4096 is raised to 5000: a prompt of 3000 tokens and 2000 of the answer/;
    for (const [seq_length, expected] of [
      [4096, true],
      [5000, false],
      [undefined, false],
    ] as const) {
      const request = { ...lengths, ...(seq_length && { seq_length }) };
      assert.equal(saysOf(answerInference(request, models), raised), expected);
      const compared = answerComparison({ calculation_type: 'inference', configurations: [request] }, models);
      assert.ok('response' in compared);
      const [one] = compared.response.comparisons;
      assert.equal(saysOf({ response: one }, raised), expected);
    }
    const { output_length: _, ...prompt } = lengths;
    assert.ok(saysOf(answerInference({ ...prompt, seq_length: 2048 }, models), /^seq_length 2048 is raised to 3001/));
    assert.ok(saysOf(answerInference({ ...prompt, seq_length: 8192 }, models), /answers of 5192 tokens/));
  });

  it('says what an engine or a link cannot make use of', () => {
    const two = { ...BASE, num_gpus: 2 };
    const cases: readonly (readonly [request: object, words: RegExp])[] = [
      [{ ...two, engine: 'llama_cpp', inference_parallelism: 'tensor' }, /llama\.cpp gives each GPU whole layers/],
      [{ ...two, engine: 'sglang', expert_parallel_size: 2 }, /no experts to spread/],
      [{ ...two, interconnect_type: 'pcie3' }, /too little for interconnect_type to count/],
      [{ ...BASE, engine: 'tensorrt_llm', engine_version: '1.0' }, /versions of TensorRT-LLM are not told apart/],
      [{ ...BASE, engine: 'transformers', enforce_eager: true }, /Transformers captures no CUDA graphs/],
      [{ ...BASE, enable_offloading: true, offload_target: 'nvme' }, /^0 of 36 layers leave the GPUs/],
    ];
    for (const [request, words] of cases) {
      assert.ok(saysOf(answerInference(request, models), words), String(words));
      assert.ok(!saysOf(answerInference(BASE, models), words), String(words));
    }
    const linked = { ...two, batch_size: 2, interconnect_type: 'pcie4' };
    assert.ok(saysOf(answerFinetuning(linked, models), /GPUs send over pcie4 hides/));
  });

  it('carries what vLLM would say of the card, the format and the length', () => {
    const v100 = { ...BASE, gpu_key: 'v100_16', llm_key: 'Qwen/Qwen3-4B' };
    assert.ok(saysOf(answerInference({ ...v100, quantization: 'bf16' }, models), /^vLLM itself would not start like this: bfloat16 needs/));
    assert.ok(!saysOf(answerInference({ ...v100, quantization: 'fp16' }, models), /vLLM itself/));
    const long = { ...BASE, seq_length: 1_000_000 };
    assert.ok(saysOf(answerInference(long, models), /vLLM itself would not start.*made for 40,960 tokens/));
    assert.ok(!saysOf(answerInference({ ...long, engine: 'sglang' }, models), /vLLM itself/));
  });

  it('is an error where an engine has no kernels for the card', () => {
    for (const [engine, gpu_key, refused] of [
      ['tensorrt_llm', 'mi300x', true],
      ['exllama', 'm3_max_128', true],
      ['exllama', 'rx_7900_xtx', false],
      ['tensorrt_llm', 'rtx_4090', false],
      ['tensorrt_llm', 'custom_discrete', false],
    ] as const) {
      const answer = answerInference({ ...BASE, engine, gpu_key, ...(gpu_key.startsWith('custom') && { custom_vram: 24 }) }, models);
      assert.ok('response' in answer);
      assert.equal(answer.response.memory_status === 'error', refused, `${engine} on ${gpu_key}`);
      assert.deepEqual(
        answer.response.problems?.map(({ field }) => field),
        refused ? ['engine'] : undefined,
      );
    }
  });

  it('says of a fine-tune what the card lacks, what is cut off and what the model is not made for', () => {
    const a100 = { ...BASE, gpu_key: 'a100_80' };
    assert.ok(saysOf(answerFinetuning({ ...a100, compute_dtype: 'fp8' }, models), /has no matrix units for fp8/));
    assert.ok(!saysOf(answerFinetuning({ ...a100, compute_dtype: 'bf16' }, models), /matrix units/));
    assert.ok(saysOf(answerFinetuning({ ...a100, seq_length: 65_536 }, models), /made for 40960 tokens, fewer than seq_length/));
    assert.ok(saysOf(answerFinetuning({ ...a100, tokens_per_sample: 9999 }, models), /exceeds seq_length is cut off/));
    assert.equal(assumed(answerFinetuning(a100, models)).filter((said) => /made for|cut off|matrix units/.test(said)).length, 0);
  });

  it('is a longest sample shorter than the mean', () => {
    const [problem, ...more] = problemsOf(readFinetuningRequest({ ...BASE, tokens_per_sample: 1000, longest_sample: 100 }));
    assert.deepEqual([problem?.field, problem?.nearest, more], ['longest_sample', 1000, []]);
  });

  it('is a slice of a card by its profile', () => {
    const [problem] = problemsOf(resolveInference({ ...BASE, gpu_key: 'h100-1g.10gb' }, models));
    assert.match(problem?.allowed ?? '', /1\/7 of a card \(MIG\)/);
  });

  it('says of stages without a layer that they have none', () => {
    assert.ok(saysOf(answerInference({ ...BASE, num_gpus: 40 }, models), /4 of 40 stages have no layer/));
  });
});

describe('an answer', () => {
  it('has every field of the contract, for inference, fine-tuning and compare', () => {
    const inference = answerInference(BASE, models);
    assert.ok('response' in inference);
    for (const field of INFERENCE_ANSWERS) assert.ok(field in inference.response, field);
    const finetuning = answerFinetuning({ ...BASE, num_samples: 1000 }, models);
    assert.ok('response' in finetuning);
    for (const field of FINETUNING_ANSWERS) assert.ok(field in finetuning.response, field);
    const compared = [
      ['inference', BASE, inference.response],
      ['finetuning', { ...BASE, num_samples: 1000 }, finetuning.response],
    ] as const;
    for (const [calculation_type, request, alone] of compared) {
      const both = answerComparison({ calculation_type, configurations: [request, request] }, models);
      assert.ok('response' in both);
      assert.deepEqual(both.response.comparisons, [alone, alone]);
    }
  });

  it('names every problem at once, the nearest choice with each', () => {
    const answer = answerInference({ gpu_key: 'rtx_409', llm_key: 'Qwen/Qwen3-8', engine: 'vlm', num_gpu: 2 }, models);
    assert.ok('problems' in answer);
    assert.deepEqual(
      answer.problems.map(({ field, nearest }) => [field, nearest]).filter(([field]) => field !== 'llm_key'),
      [
        ['engine', 'vllm'],
        ['gpu_key', 'rtx_4090'],
        ['num_gpu', 'num_gpus'],
      ],
    );
  });
});

describe('a card’s name', () => {
  for (const [name, key] of [
    ['NVIDIA A100-SXM4-80GB', 'a100_80'],
    ['A100-80GB', 'a100_80'],
    ['H100-SXM', 'h100_80'],
    ['RTX 4090', 'rtx_4090'],
    ['NVIDIA GeForce RTX 4090', 'rtx_4090'],
    ['L40S', 'l40s'],
    ['NVIDIA-L40S', 'l40s'],
    ['Tesla T4', 't4'],
    ['rtx_4090', 'rtx_4090'],
  ] as const) {
    it(`${name} is ${key}`, () => assert.equal(findGpu(name)?.key, key));
  }
});
