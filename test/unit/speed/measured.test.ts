import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { askSpeed, estimateOf, readSpeedRows } from '../../../benchmark/speedRows';
import { quantile, shareOf } from '../../../benchmark/statistics';
import { findEngine, engineProfile, type Engine } from '../../../src/estimator/speed/engines';
import { estimateSpeed } from '../../../src/estimator/speed/estimate';
import { tokensPerStep } from '../../../src/estimator/speed/drafting';
import { kvBytes, modelWork, touchedExperts } from '../../../src/estimator/speed/work';
import { storedWeights } from '../../../src/estimator/runtime/weightChoices';
import { catalogue, knownModel, speedInput } from './setups';

describe('speed against published measurements', () => {
  const { cases, refused } = askSpeed(readSpeedRows('test/fixtures/measured/speed.jsonl'), catalogue);

  it('answers every row as it is written', () => {
    assert.deepEqual(
      refused.flatMap(({ problems }) => problems),
      [],
    );
  });

  // Median and 90th percentile of the absolute error.
  const bounds = [
    ['single-stream decode', 0.12, 0.35],
    ['TPOT under load', 0.15, 0.45],
    ['TTFT and prefill', 0.2, 0.6],
    ['power', 0.2, 0.5],
  ] as const;
  for (const [quantity, median, p90] of bounds) {
    it(`is close for ${quantity}`, () => {
      const judged = cases.filter((c) => c.quantity === quantity).map((c) => ({ measured: c.row.value, range: estimateOf(c) }));
      const errors = judged.map(({ measured, range }) => Math.abs(range.value / measured - 1));
      assert.ok(judged.length >= 8, `${judged.length} rows`);
      assert.ok(quantile(errors, 0.5) <= median, `median ${quantile(errors, 0.5)}`);
      assert.ok(quantile(errors, 0.9) <= p90, `p90 ${quantile(errors, 0.9)}`);
      assert.ok(shareOf(judged, ({ measured, range }) => range.low <= measured && measured <= range.high) >= 0.9);
    });
  }

  it('does not make 4-bit weights four times as fast: 1.8x for Qwen2.5-7B in vLLM 0.6.3 on an A100', () => {
    const tps = (quantization: string): number => {
      const input = speedInput('Qwen/Qwen2.5-7B-Instruct', 'a100_80', quantization);
      return estimateSpeed({ ...input, setup: { ...input.setup, engineVersion: '0.6.3' } }).decodeTpsSingleStream.value;
    };
    const gain = tps('gptq') / tps('fp16');
    assert.ok(gain > 1.5 && gain < 2.2, String(gain));
  });

  it('knows what MoE models read: 8 of 128 experts for one token, nearly all for a large batch', () => {
    const work = modelWork(knownModel('Qwen/Qwen3-30B-A3B'), { ...storedWeights('bf16', null), kvElementBytes: 2 });
    assert.equal(touchedExperts(work, 1), 8 / 128);
    assert.ok(touchedExperts(work, 256) > 0.999);
    // 28,991,029,248 expert parameters by the checkpoint's tensors.
    assert.equal(work.expertBytes, 2 * 28_991_029_248);
  });

  it('reads the fp8 of DeepSeek V4 with experts in four bits: files of 805.34 GiB hold 1,573 billion parameters', () => {
    const model = knownModel('deepseek-ai/DeepSeek-V4-Pro');
    const work = modelWork(model, { ...storedWeights('checkpoint', model), kvElementBytes: 2 });
    const total = (work.denseBytes + work.expertBytes + work.idleBytes) / 1024 ** 3;
    assert.ok(Math.abs(total / 805.34 - 1) < 0.05, String(total));
    assert.equal(work.denseFormat, 'fp8');
  });

  it('reads the KV cache that vLLM allocates: 128 KiB per token for Llama-3.1-8B, 576 values per layer for DeepSeek-V3', () => {
    const llama = modelWork(knownModel('meta-llama/Llama-3.1-8B-Instruct'), { ...storedWeights('bf16', null), kvElementBytes: 2 });
    assert.equal(kvBytes(llama, 1000), 1000 * 128 * 1024);
    const deepseek = modelWork(knownModel('deepseek-ai/DeepSeek-V3'), { ...storedWeights('fp8', null), kvElementBytes: 2 });
    assert.equal(kvBytes(deepseek, 1), 61 * 576 * 2);
    assert.equal(deepseek.kvShards, 1);
  });

  it('adds seconds per prompt to the steps of others where SGLang lacks kernels for latent attention: DeepSeek-V3 on four B300', () => {
    const tpot = (concurrency: number, gpu: string, engine: Engine, engineVersion: string | null): number => {
      const input = speedInput('deepseek-ai/DeepSeek-V3', gpu, 'fp8');
      const load = { ...input.load, promptTokens: 8192, outputTokens: 1024, concurrency };
      const setup = { ...input.setup, engine, engineVersion, tensorParallel: 4 };
      return estimateSpeed({ ...input, setup, load }).tpotMs.value;
    };
    // Measured with SGLang 0.5.10: 19.7 ms for 4 requests, 115.7 ms for 32 (aiconfigurator, speed.jsonl).
    assert.ok(Math.abs(tpot(4, 'b300', 'sglang', '0.5.10.post1') / 19.7 - 1) < 0.3);
    assert.ok(Math.abs(tpot(32, 'b300', 'sglang', '0.5.10.post1') / 115.7 - 1) < 0.3);
    const elsewhere = tpot(32, 'b200', 'sglang', '0.5.10.post1');
    assert.ok(Math.abs(tpot(32, 'b300', 'sglang', '0.6.0') / elsewhere - 1) < 0.05, 'later versions');
    assert.ok(tpot(32, 'b300', 'vllm', '0.18.0') < elsewhere * 1.2, 'another engine');
  });

  it('says that latent attention is slow on such a card, and of no other model or card', () => {
    const said = (model: string, gpu: string): boolean => {
      const input = speedInput(model, gpu, 'fp8');
      const setup = { ...input.setup, engine: 'sglang' as const, engineVersion: null };
      return estimateSpeed({ ...input, setup }).assumptions.some((text) => text.includes('latent attention'));
    };
    assert.ok(said('deepseek-ai/DeepSeek-V3', 'b300'));
    assert.ok(!said('deepseek-ai/DeepSeek-V3', 'b200'));
    assert.ok(!said('Qwen/Qwen3-235B-A22B', 'b300'));
    assert.ok(!said('deepseek-ai/DeepSeek-V3.2', 'b300'), 'sparse attention has kernels of its own');
  });

  it('reads a prompt in 4-bit floats no faster than in 4-bit integers where the card has no units for them', () => {
    const ttft = (gpu: string, format: string): number =>
      estimateSpeed(speedInput('meta-llama/Llama-3.1-8B-Instruct', gpu, format)).ttftMs.value;
    // Hopper's data sheet lists no FP4; Blackwell's does.
    assert.ok(
      Math.abs(ttft('h100_80', 'nvfp4') / ttft('h100_80', 'gptq') - 1) < 0.15,
      `${ttft('h100_80', 'nvfp4')} ${ttft('h100_80', 'gptq')}`,
    );
    assert.ok(ttft('b200', 'nvfp4') < 0.8 * ttft('b200', 'gptq'));
  });

  it('reads the recurrent states that vLLM sizes its blocks by: 544 tokens for Qwen3-Next, 672 for Nemotron-Nano-9B-v2', () => {
    const block = (id: string, layers: number, bytesPerToken: number): number => {
      const { stateBytes } = modelWork(knownModel(id), { ...storedWeights('bf16', null), kvElementBytes: 2 });
      return Math.ceil(stateBytes / layers / bytesPerToken / 16) * 16;
    };
    // vLLM pull request 32492 and issue 24280; 36 recurrent layers beside attention of 2 heads of 256, 27 beside 8 heads of 128, both K and V.
    assert.equal(block('Qwen/Qwen3-Next-80B-A3B-Instruct', 36, 2 * 2 * 256 * 2), 544);
    assert.equal(block('nvidia/NVIDIA-Nemotron-Nano-9B-v2', 27, 2 * 8 * 128 * 2), 672);
  });

  it('is less sure of first tokens under load of an engine that nobody measured so', () => {
    const above = (engine: Engine, concurrency: number): number => {
      const input = speedInput('meta-llama/Llama-3.1-8B-Instruct', 'rtx_4090', 'awq');
      const { value, high } = estimateSpeed({ ...input, setup: { ...input.setup, engine }, load: { ...input.load, concurrency } }).ttftMs;
      return high / value;
    };
    assert.ok(above('exllama', 8) > 2.9 * above('exllama', 1));
    assert.ok(Math.abs(above('sglang', 8) / above('sglang', 1) - 1) < 1e-9);
  });

  it('yields 1 token per step without drafts and never more than drafts + 1', () => {
    assert.equal(tokensPerStep(0), 1);
    // (1 - 0.7^4) / 0.3 = 2.533, Leviathan et al. 2023, eq. 1.
    assert.ok(Math.abs(tokensPerStep(3) - 2.533) < 0.001);
  });
});

describe('engines', () => {
  it('are found under the names that tables use', () => {
    assert.equal(findEngine('TensorRT-LLM'), 'tensorrt_llm');
    assert.equal(findEngine('llama.cpp'), 'llama_cpp');
    assert.equal(findEngine('vLLM (ROCm)'), 'vllm');
    assert.equal(findEngine('ollama'), 'llama_cpp');
    assert.equal(findEngine('NIM (TensorRT-LLM)'), 'nim');
    assert.equal(findEngine('TensorRT 10.2.0, CUDA 12.4'), 'tensorrt_llm');
    assert.equal(findEngine('vllm-ascend'), 'vllm');
    assert.equal(findEngine('AutoAWQ GEMV'), 'autoawq');
    assert.equal(findEngine('abacus'), null);
    assert.equal(findEngine('vlm'), null);
  });

  it('have generations', () => {
    assert.equal(engineProfile('vllm', '0.6.3', 'NVIDIA'), 'vllm_v0');
    assert.equal(engineProfile('vllm', '0.8.5.post1', 'NVIDIA'), 'vllm_v1');
    assert.equal(engineProfile('vllm', null, 'NVIDIA'), 'vllm_v1');
    assert.equal(engineProfile('vllm', '2023-11', 'NVIDIA'), 'vllm_v0');
    assert.equal(engineProfile('transformers', '4.46.0', 'NVIDIA'), 'transformers_old');
    assert.equal(engineProfile('nim', 'NIM 1.0 / genai-perf 2024', 'NVIDIA'), 'nim');
    assert.equal(engineProfile('nim', '1.8.0', 'NVIDIA'), 'tensorrt_llm');
    assert.equal(engineProfile('nim', null, 'NVIDIA'), 'nim');
  });
});
