import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { vllmMemory } from '../../../src/analysis/inferenceMemory';
import { requestModels } from '../../../src/cli/requests';
import { estimateInference } from '../../../src/estimator/contracts/inferenceEstimate';
import { resolveInference } from '../../../src/estimator/contracts/inferenceRequest';
import { kvCacheChoice, type InferenceResponse } from '../../../src/estimator/contracts/inference';
import type { RequestProblem } from '../../../src/estimator/contracts/problem';
import { weightChoice, WEIGHT_CHOICES } from '../../../src/estimator/runtime/weightChoices';
import { simulateStartup } from '../../../src/vllm/startup/simulate';
import { catalogue } from '../speed/setups';
import { answer as startupAnswer } from './requests';

const models = requestModels(catalogue);

function answer(request: object): InferenceResponse {
  const resolved = resolveInference(request, models);
  assert.ok(resolved.ok, resolved.ok ? '' : resolved.problems.map((p) => p.message).join('\n'));
  return estimateInference(resolved.request.request, resolved.request.facts);
}

function problems(request: unknown): readonly RequestProblem[] {
  const resolved = resolveInference(request, models);
  return resolved.ok ? [] : resolved.problems;
}

const EXAMPLE = { gpu_key: 'rtx_4090', llm_key: 'llama-3-8b-instruct', quantization: 'q4_k_m' } as const;

describe('an inference request', () => {
  it('takes a context of 0 tokens before an answer as an empty prompt', () => {
    const alike = [answer({ ...EXAMPLE, seq_length: 0, output_length: 128 }), answer({ ...EXAMPLE, input_length: 0, output_length: 128 })];
    assert.equal(alike[0]?.tpot_ms, alike[1]?.tpot_ms);
    assert.equal(alike[0]?.vram_usage, alike[1]?.vram_usage);
    assert.throws(() => answer({ ...EXAMPLE, seq_length: 0 }), /seq_length is 0/);
  });

  it('is answered with every field of the contract', () => {
    const fields =
      'vram_usage vram_percentage actual_vram_percentage memory_status static_shared_memory per_user_memory estimated_latency_tps estimated_throughput_tps per_user_tps ms_per_token tftt estimated_system_ram_required offloaded_memory estimated_power_draw memory_details memory_breakdown ttft_ms tpot_ms prefill_tps decode_tps_single_stream kv_cache_tokens max_concurrency energy_wh_per_1k_tokens range assumptions unit'.split(
        ' ',
      );
    const response: object = answer(EXAMPLE);
    for (const field of fields) assert.ok(field in response, field);
  });

  it('is right where the published example is an illustration: a 4.58 GiB file and 0.25 GiB of KV cache', () => {
    const response = answer(EXAMPLE);
    // llama-bench prints 4.58 GiB for Meta-Llama-3-8B Q4_K_M; 2048 tokens x 128 KiB are 0.25 GiB.
    assert.ok(Math.abs(response.memory_details['Base Model Weights'] - 4.58) < 0.05);
    assert.equal(response.memory_details['KV Cache'], 0.25);
    assert.equal(response.memory_status, 'okay');
    // llama.cpp on an RTX 4090 decodes this file at 127.7 tokens/s with 1024 tokens (llama-bench, May 2024).
    assert.ok(response.range.decode_tps_single_stream[0] < 127.7 && 127.7 < response.range.decode_tps_single_stream[1]);
  });

  it('adds up', () => {
    const response = answer({ ...EXAMPLE, concurrent_users: 7 });
    const sum = Object.values(response.memory_details).reduce((a, b) => a + b, 0);
    assert.ok(Math.abs(sum - response.vram_usage) < 1e-9);
    assert.ok(Math.abs(response.memory_breakdown.reduce((a, b) => a + b.value, 0) - 100) < 1e-9);
    assert.ok(Math.abs(response.static_shared_memory + 7 * response.per_user_memory - response.vram_usage) < 1e-9);
    assert.equal(response.tftt, response.ttft_ms);
  });

  it('takes every weight format it offers, and the names tables use', () => {
    for (const choice of WEIGHT_CHOICES) assert.ok(weightChoice(choice) !== null, choice);
    const written = ['Q4_K_M', 'GPTQ-Int4', 'BF16', 'AWQ int4 g128', 'fp16', 'Q4_K_M (ollama default)', 'NVFP4', 'bnb.nf4-dq', 'q4 g32'];
    assert.deepEqual(written.map(weightChoice), ['q4_k_m', 'gptq', 'bf16', 'awq', 'fp16', 'q4_k_m', 'nvfp4', 'nf4_double', 'q4_k_m']);
    const described = [
      'GPTQ (Int8)',
      'GPTQ-Marlin (Int4)',
      'FP8 Static',
      'Int4-W4A16',
      'int8 weight-only',
      'FP8 (vendor choice)',
      'None',
      '4-bit (G=32)',
      'GGUF Q4_K_M',
      'gguf/mlx q6',
      '32-bit',
    ];
    const meant = ['gptq_int8', 'gptq', 'fp8', 'int4', 'int8', 'fp8', 'bf16', 'int4', 'q4_k_m', 'q6_k', 'fp32'];
    assert.deepEqual(described.map(weightChoice), meant);
    assert.equal(weightChoice('q4km'), null);
  });

  it("takes the KV cache's type as engines and tables write it", () => {
    const written = ['f16', 'bf16/fp16', 'fp8_e4m3', 'Q8_0', 'q4_0', 'FP16', 'auto'];
    assert.deepEqual(written.map(kvCacheChoice), ['fp16', 'bf16', 'fp8', 'int8', 'int4', 'fp16', 'auto']);
    assert.equal(kvCacheChoice('tiny'), null);
  });

  it('keeps what a quantized checkpoint has when no format is asked for', () => {
    const response = answer({ gpu_key: 'rtx_4090', llm_key: 'Qwen/Qwen3-8B-AWQ' });
    // The checkpoint's files are 6.1 GB (5.7 GiB).
    assert.ok(Math.abs(response.memory_details['Base Model Weights'] - 5.7) < 0.2, String(response.memory_details['Base Model Weights']));
  });

  it('takes an output as long as the context for all of it: 67.0 tokens/s over 4096 tokens on an RTX 3070', () => {
    const response = answer({ ...EXAMPLE, gpu_key: 'rtx_3070', seq_length: 4096, output_length: 4096 });
    // llama-bench tg4096 of Meta-Llama-3-8B Q4_K_M, May 2024.
    assert.ok(Math.abs(response.decode_tps_single_stream / 67.01 - 1) < 0.15, String(response.decode_tps_single_stream));
  });

  it('says how it divides the context between prompt and answer', () => {
    const said = (given: object): string => answer({ ...EXAMPLE, ...given }).assumptions.join('\n');
    assert.match(said({ seq_length: 4096 }), /a prompt of 4096 tokens, answers of 256 tokens/);
    assert.match(said({ seq_length: 4096, output_length: 1024 }), /a prompt of 3072 tokens, answers of 1024 tokens/);
    assert.match(said({ output_length: 4096 }), /a prompt of 2048 tokens, answers of 4096 tokens\na KV cache of 2048 tokens per request/);
    assert.match(said({ output_length: 2048 }), /a prompt of 2048 tokens, answers of 2048 tokens\na KV cache of 2048 tokens per request/);
    assert.doesNotMatch(said({ input_length: 100, output_length: 4096 }), /a prompt of|a KV cache of/);
  });

  it("reads llama.cpp's MXFP4 files as they are: 11.27 GiB for gpt-oss-20b, where vLLM holds 13.7", () => {
    const weights = (engine: string): number =>
      answer({ gpu_key: 'rtx_5090', llm_key: 'openai/gpt-oss-20b', quantization: 'MXFP4', engine }).memory_details['Base Model Weights'];
    // llama-bench prints 11.27 GiB; vLLM's start-ups print 13.64 to 13.72.
    assert.ok(Math.abs(weights('llama_cpp') - 11.27) < 0.1, String(weights('llama_cpp')));
    assert.ok(weights('vllm') > 12, String(weights('vllm')));
  });

  it('keeps a recurrent state per request beside the KV cache', () => {
    const request = { gpu_key: 'h100_80', llm_key: 'nvidia/NVIDIA-Nemotron-Nano-9B-v2', engine: 'sglang', seq_length: 16 };
    const [one, two] = [1, 2].map((concurrent_users) => answer({ ...request, concurrent_users }).memory_details['KV Cache']);
    // vLLM makes blocks of 672 tokens of 4096 bytes out of a layer's state (vLLM issue 24280), which it pads by less than 16 tokens; 27 layers.
    const states = (27 * 672 * 4096) / 1024 ** 3;
    assert.ok(Math.abs(((two ?? 0) - (one ?? 0)) / states - 1) < 16 / 672, `${one} ${two} ${states}`);
  });

  it('says what it makes of a number of cards in their name, and of an engine on cards it was not measured on', () => {
    const said = (given: object): string => answer({ llm_key: 'Qwen/Qwen3-8B', ...given }).assumptions.join('\n');
    assert.match(said({ gpu_key: '2x RTX 4090' }), /gpu_key says 2 cards, num_gpus 1: 1 counted/);
    assert.doesNotMatch(said({ gpu_key: '2x RTX 4090', num_gpus: 2 }), /gpu_key says/);
    assert.match(said({ gpu_key: 'apple_m2_ultra_192', engine: 'vllm' }), /vLLM on Apple M2 Ultra: nothing measured/);
    assert.match(said({ gpu_key: 'h100_80', engine: 'mlx' }), /MLX on .*H100.*: nothing measured/);
    assert.doesNotMatch(said({ gpu_key: 'apple_m2_ultra_192', engine: 'mlx' }), /nothing measured/);
  });

  it('stores a shared prefix once', () => {
    const alone = answer({ ...EXAMPLE, seq_length: 4096, concurrent_users: 16 });
    const shared = answer({ ...EXAMPLE, seq_length: 4096, concurrent_users: 16, enable_prefix_caching: true, shared_prefix_ratio: 0.5 });
    assert.equal(alone.memory_details['KV Cache'], 16 * 0.5);
    assert.equal(shared.memory_details['KV Cache'], 0.25 + 16 * 0.25);
    assert.ok(shared.ttft_ms < alone.ttft_ms);
  });

  it('shares no prefix that a sliding window has left behind', () => {
    // Gemma 3: 5 of 6 layers keep 1024 tokens. Twice the context with the same answer shares more tokens, but those layers share none.
    const request = {
      gpu_key: 'h100_80',
      llm_key: 'google/gemma-3-27b-it',
      concurrent_users: 3,
      enable_prefix_caching: true,
      shared_prefix_ratio: 0.2419,
      output_length: 4230,
    };
    const [short, long] = [4231, 8462].map((seq_length) => answer({ ...request, seq_length }).memory_details['KV Cache']);
    const perToken = (2 * 16 * 128 * 2) / 1024 ** 3;
    const shared = Math.floor(0.2419 * 4232);
    // 52 layers hold 3 windows; 10 hold the shared prefix once and the rest of each request.
    assert.ok(Math.abs((long ?? 0) - perToken * (52 * 3 * 1024 + 10 * (shared + 3 * (8462 - shared)))) < 1e-6, String(long));
    assert.ok((long ?? 0) > (short ?? 0));
  });

  it('shares whole tokens of a prompt, so that what just holds two requests holds them', () => {
    const request = { gpu_key: 'p100_16', llm_key: 'deepseek-ai/DeepSeek-V3', engine: 'tensorrt_llm', enable_offloading: true };
    const shared = {
      enable_prefix_caching: true,
      shared_prefix_ratio: 0.0010000013481032968,
      batch_size: 2,
      input_length: 1,
      output_length: 256,
    };
    assert.equal(answer({ ...request, ...shared, seq_length: 257 }).max_concurrency, 2);
  });

  it('shares whole blocks of the KV cache under vLLM, so that twice the context never needs less', () => {
    const request = { gpu_key: 'rtx_4090', llm_key: 'Qwen/Qwen2.5-7B-Instruct', batch_size: 2, shared_prefix_ratio: 0.5 };
    const cache = (seq_length: number): number =>
      startupAnswer({ ...request, seq_length, enable_prefix_caching: true }).memory_details['KV Cache'] * 1024 ** 3;
    const block = 16 * 28 * 2 * 4 * 128 * 2;
    // Of 17 tokens 8 are shared, less than a block; of 34, one block of 3; of 64, 2 of 4.
    assert.deepEqual(
      [17, 34, 64].map((tokens) => cache(tokens) / block),
      [4, 5, 6],
    );
  });

  it('answers a longer prompt no sooner where it fills the last block of a request better', () => {
    const request = { gpu_key: 'jetson_agx_orin_32', llm_key: 'codellama/CodeLlama-13b-hf', batch_size: 16, output_length: 256 };
    const shared = { enable_prefix_caching: true, shared_prefix_ratio: 0.5 };
    const first = (input_length: number): number =>
      startupAnswer({ ...request, ...shared, input_length, seq_length: input_length + 256 }).ttft_ms;
    for (const tokens of [1, 2, 3, 4]) assert.ok(first(tokens + 1) >= first(tokens), `${first(tokens + 1)} after ${first(tokens)}`);
  });

  it('answers a longer prompt no sooner where the KV cache holds ever fewer of many users', () => {
    const crowd = {
      gpu_key: 'p100_16',
      llm_key: 'meta-llama/Llama-2-7b-hf',
      concurrent_users: 248,
      output_length: 1,
      speculative_tokens: 5,
    };
    const first = (input_length: number): number => answer({ ...crowd, input_length, seq_length: input_length + 1 }).ttft_ms;
    for (const tokens of [1, 2, 4, 8, 16]) assert.ok(first(2 * tokens) >= first(tokens), `${first(2 * tokens)} after ${first(tokens)}`);
  });

  it('offloads as many layers as it takes, and pays for them in every step', () => {
    const request = { gpu_key: 'rtx_4090', llm_key: 'meta-llama/Llama-3.1-70B-Instruct', quantization: 'q4_k_m' } as const;
    assert.equal(answer(request).memory_status, 'insufficient');
    const offloaded = answer({ ...request, enable_offloading: true });
    assert.notEqual(offloaded.memory_status, 'insufficient');
    assert.ok(offloaded.offloaded_memory > 15);
    // ollama on an RTX 4090 with a desktop's DDR5: 3.1 tokens/s for this model in this format.
    const [low, high] = offloaded.range.decode_tps_single_stream;
    assert.ok(low < 3.1 && 3.1 < high, `${low} to ${high}`);
  });

  it('leaves to the CPU what llama.cpp cannot fit, and says so: 3.1 tokens/s for a 4-bit 70B model on an RTX 4090', () => {
    const response = answer({ gpu_key: 'rtx_4090', llm_key: 'llama3.1:70b', quantization: 'Q4_K_M', engine: 'ollama' });
    // Measured by ollama beside a desktop's DDR5, without any option.
    const [low, high] = response.range.decode_tps_single_stream;
    assert.ok(low < 3.1 && 3.1 < high, `${low} to ${high}`);
    assert.equal(response.memory_status, 'insufficient');
    assert.ok(response.assumptions.some((said) => said.includes('CPU')));
  });

  it('says how GPUs are used when the request does not', () => {
    const request = { gpu_key: 'h100_80', llm_key: 'meta-llama/Llama-3.1-70B-Instruct', num_gpus: 4 } as const;
    const said = (given: object): boolean => answer({ ...request, ...given }).assumptions.some((text) => text.includes('pipeline stages'));
    assert.ok(said({}));
    assert.ok(!said({ tensor_parallel_size: 4 }));
    assert.ok(!said({ inference_parallelism: 'tensor' }));
  });

  it("takes vLLM's own memory where it is handed in", () => {
    const request = { gpu_key: 'h100_80', llm_key: 'meta-llama/Llama-3.1-8B-Instruct', engine_version: '0.19.0' };
    const resolved = resolveInference(request, models);
    assert.ok(resolved.ok);
    const response = estimateInference(resolved.request.request, { ...resolved.request.facts, memory: vllmMemory(simulateStartup) });
    // vLLM 0.19 prints 14.99 GiB for the model load; 128 KiB per token of what its 0.9 of 79.19 GiB leaves.
    assert.ok(Math.abs(response.memory_details['Base Model Weights'] - 14.99) < 0.1);
    const left = 0.9 * 79.19 - response.static_shared_memory;
    assert.ok(Math.abs(response.kv_cache_tokens * (128 / 1024 ** 2) - left) < 2, `${response.kv_cache_tokens} tokens in ${left} GiB`);
  });

  it('runs a quantized checkpoint in vLLM as it is, whatever plain format is asked for, and says so', () => {
    const request = { gpu_key: 'h100_80', llm_key: 'Qwen/Qwen2.5-7B-Instruct-AWQ' };
    const own = startupAnswer(request);
    for (const quantization of ['fp16', 'bf16']) {
      const asked = startupAnswer({ ...request, quantization });
      assert.equal(asked.memory_details['Base Model Weights'], own.memory_details['Base Model Weights']);
      assert.equal(asked.decode_tps_single_stream, own.decode_tps_single_stream);
      assert.equal(asked.prefill_tps, own.prefill_tps);
      assert.ok(asked.assumptions.some((said) => /as the checkpoint has them \(awq\)/.test(said)));
    }
    const elsewhere = answer({ ...request, quantization: 'fp16', engine: 'sglang' });
    assert.ok(elsewhere.assumptions.some((said) => /as if converted to fp16; the checkpoint has awq/.test(said)));
    assert.ok(!own.assumptions.some((said) => /checkpoint has/.test(said)));
  });

  it('makes no fp8 or bitsandbytes of a quantized checkpoint in vLLM, and says so', () => {
    const request = { gpu_key: 'h100_80', llm_key: 'Qwen/Qwen2.5-7B-Instruct-AWQ' };
    const own = startupAnswer(request);
    for (const quantization of ['fp8', 'nf4', 'nf4_double']) {
      const asked = startupAnswer({ ...request, quantization });
      assert.equal(asked.memory_details['Base Model Weights'], own.memory_details['Base Model Weights']);
      assert.equal(asked.decode_tps_single_stream, own.decode_tps_single_stream);
      assert.equal(asked.prefill_tps, own.prefill_tps);
      assert.ok(
        asked.assumptions.includes(`weights as the checkpoint has them (awq): vLLM makes ${quantization} of unquantized weights only`),
      );
    }
    const elsewhere = answer({ ...request, quantization: 'fp8', engine: 'sglang' });
    assert.ok(elsewhere.assumptions.includes('weights as if converted to fp8; the checkpoint has awq'));
    const plain = startupAnswer({ gpu_key: 'h100_80', llm_key: 'Qwen/Qwen2.5-7B-Instruct', quantization: 'fp8' });
    assert.ok(!plain.assumptions.some((said) => /checkpoint has/.test(said)));
  });

  it('holds under vLLM what each weight format holds elsewhere', () => {
    const weights = (quantization: string, engine: string): number => {
      const resolved = resolveInference({ gpu_key: 'h100_80', llm_key: 'meta-llama/Llama-3.1-8B-Instruct', quantization, engine }, models);
      assert.ok(resolved.ok);
      const { request, facts } = resolved.request;
      return estimateInference(request, { ...facts, memory: vllmMemory(simulateStartup) }).memory_details['Base Model Weights'];
    };
    for (const choice of WEIGHT_CHOICES) {
      const [held, expected] = [weights(choice, 'vllm'), weights(choice, 'sglang')];
      assert.ok(Math.abs(held / expected - 1) < 0.07, `${choice}: ${held} GiB under vLLM, ${expected} under SGLang`);
    }
    // vLLM prints 8.49 GiB for the model load of W8A8 checkpoints, 5.34 with bitsandbytes.
    assert.ok(Math.abs(weights('w8a8', 'vllm') - 8.49) < 0.1);
    assert.ok(Math.abs(weights('nf4_double', 'vllm') - 5.34) < 0.1);
  });

  it('is refused with every problem at once, each with what is allowed and the nearest choice', () => {
    const found = problems({
      gpu_key: 'rtx_409',
      llm_key: 'Qwen/Qwen3-8',
      quantization: 'q4km',
      num_gpus: 0,
      seqlength: 5,
      engine: 'vlm',
      shared_prefix_ratio: 2,
    });
    const nearest = new Map(found.map((problem) => [problem.field, problem.nearest]));
    assert.equal(nearest.get('gpu_key'), 'rtx_4090');
    assert.equal(nearest.get('quantization'), 'q4_k_m');
    assert.equal(nearest.get('num_gpus'), 1);
    assert.equal(nearest.get('seqlength'), 'seq_length');
    assert.equal(nearest.get('engine'), 'vllm');
    assert.equal(nearest.get('shared_prefix_ratio'), 1);
    for (const problem of found) assert.ok(problem.message.includes('allowed'), problem.message);
  });

  it('needs a size for a custom card and a shape for a custom model', () => {
    assert.deepEqual(
      problems({ gpu_key: 'custom_discrete', llm_key: 'custom' })
        .map((problem) => problem.field)
        .sort(),
      ['custom_model', 'custom_vram'],
    );
    const config = {
      model_type: 'llama',
      architectures: ['LlamaForCausalLM'],
      hidden_size: 2048,
      num_hidden_layers: 16,
      num_attention_heads: 32,
      num_key_value_heads: 8,
      intermediate_size: 8192,
      vocab_size: 128256,
      tie_word_embeddings: true,
    };
    const response = answer({ gpu_key: 'custom_apple_silicon', custom_vram: 16, llm_key: 'custom', custom_model: config });
    // Llama-3.2-1B: 1,235,814,400 parameters, 2.30 GiB in 16 bit.
    assert.ok(Math.abs(response.memory_details['Base Model Weights'] - 2.3) < 0.01);
  });

  it('never throws, whatever is sent', () => {
    for (const junk of [
      null,
      1,
      'x',
      [],
      [1],
      {},
      { gpu_key: 3, llm_key: [] },
      { gpu_key: 'rtx_4090', llm_key: 'gpt2', num_gpus: 'two' },
    ]) {
      assert.ok(problems(junk).length > 0, JSON.stringify(junk));
    }
  });
});
