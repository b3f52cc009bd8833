import assert from 'node:assert/strict';
import { parameterCount } from '../../../src/estimator/parameters';
import { guessFromName } from '../../../src/models/sizeGuess';
import { catalogue } from './support';

/** What the catalogue makes of a name: the base it takes, the checkpoint format and how sure it is. */
function read(name: string): readonly [base: string | null, format: string | null, confidence: string | null] {
  const facts = catalogue.find(name) ?? catalogue.findByName(name);
  const quantization = facts?.model.quantization ?? null;
  const format = quantization && `${quantization.method} ${quantization.bits}`;
  return [facts?.origin ?? null, format, facts?.confidence ?? null];
}

describe('a name written in another way', () => {
  const same: readonly (readonly [name: string, base: string])[] = [
    ['llama31-8b', 'meta-llama/Llama-3.1-8B'],
    ['llama3_1_8b', 'meta-llama/Llama-3.1-8B'],
    ['llama-3-1-8b-instruct', 'meta-llama/Llama-3.1-8B-Instruct'],
    ['qwen25-7b-instruct', 'Qwen/Qwen2.5-7B-Instruct'],
    ['Qwen 2.5 72B Instruct', 'Qwen/Qwen2.5-72B-Instruct'],
    ['Llama 2 13 B', 'meta-llama/Llama-2-13b-hf'],
    ['DeepSeekV3', 'deepseek-ai/DeepSeek-V3'],
    ['DeepSeek-R1-671B', 'deepseek-ai/DeepSeek-R1'],
    ['phi-1.5 1.3 B', 'microsoft/phi-1_5'],
    ['Qwen/Qwen-1.8B-Chat', 'Qwen/Qwen-1_8B-Chat'],
    ['qwen3-30b', 'Qwen/Qwen3-30B-A3B'],
    ['Qwen3 MoE 30B', 'Qwen/Qwen3-30B-A3B'],
    ['nvidia/Nemotron-3-Nano-30B-A3B', 'nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16'],
    ['Nemotron_3_Ultra', 'nvidia/NVIDIA-Nemotron-3-Ultra-550B-A55B-BF16'],
    ['org/Nemotron-Super-49B', 'nvidia/Llama-3_3-Nemotron-Super-49B-v1'],
    ['command-r:35b', 'CohereLabs/c4ai-command-r-v01'],
    ['llama3.1:8b', 'meta-llama/Llama-3.1-8B'],
    ['phi4:14b', 'microsoft/phi-4'],
    ['mixtral:8x7b', 'mistralai/Mixtral-8x7B-v0.1'],
    ['unsloth/tinyllama', 'TinyLlama/TinyLlama-1.1B-Chat-v1.0'],
  ];
  for (const [name, base] of same) it(`${name} is ${base}`, () => assert.equal(read(name)[0], base));
});

describe('a fine-tune', () => {
  const fineTunes: readonly (readonly [name: string, base: string])[] = [
    ['tokyotech-llm/Llama-3.3-Swallow-70B-Instruct-v0.4', 'meta-llama/Llama-3.3-70B-Instruct'],
    ['elyza/Llama-3-ELYZA-JP-8B', 'meta-llama/Meta-Llama-3-8B'],
    ['Sao10K/L3.3-70B-Euryale-v2.3', 'meta-llama/Llama-3.3-70B-Instruct'],
    ['cognitivecomputations/Dolphin3.0-Llama3.1-8B', 'meta-llama/Llama-3.1-8B'],
    ['Qwen/Qwen3-VL-Reranker-8B', 'Qwen/Qwen3-VL-8B-Instruct'],
    ['unsloth/Mistral-7B-v0.2', 'mistralai/Mistral-7B-Instruct-v0.2'],
    ['/exp/qwen2.5-7b-sft-run3/checkpoint-1500', 'Qwen/Qwen2.5-7B'],
    ['/root/.cache/huggingface/hub/models--Qwen--Qwen3-32B/snapshots/9216db5781bf', 'Qwen/Qwen3-32B'],
    ['/root/.cache/modelscope/hub/Qwen/Qwen2___5-7B-Instruct', 'Qwen/Qwen2.5-7B-Instruct'],
    ['oci://registry.example/modelcar-granite-3-1-8b-instruct:1.5', 'ibm-granite/granite-3.1-8b-instruct'],
  ];
  for (const [name, base] of fineTunes) {
    it(`${name} has the architecture of ${base}`, () => assert.deepEqual([read(name)[0], read(name)[2]], [base, 'derived']));
  }
});

describe('a trap among names', () => {
  const billions = (name: string): number => {
    const facts = catalogue.find(name) ?? catalogue.findByName(name);
    return facts ? Math.round(parameterCount(facts.model.architecture) / 1e8) / 10 : NaN;
  };
  const modelType = (name: string): string | null =>
    (catalogue.find(name) ?? catalogue.findByName(name))?.model.architecture.modelType ?? null;

  it('is not taken for the model it sounds like', () => {
    // Totals as the model cards state them.
    const stated: readonly (readonly [name: string, billions: number, modelType: string])[] = [
      ['nvidia/Llama-3.1-Nemotron-70B-Instruct-HF', 70.6, 'llama'],
      ['org/DeepSeek-R1-0528-Qwen3-8B-AWQ', 8.2, 'qwen3'],
      ['org/Qwen2.5-VL-7B-Instruct-AWQ', 8.3, 'qwen2_5_vl'],
      ['org/Mistral-Small-3.1-24B-Instruct-2503-AWQ', 24, 'mistral'],
      ['org/Mistral-Small-24B-Instruct-2501-AWQ', 23.6, 'mistral'],
      ['org/Mistral-Small-Instruct-2409-AWQ', 22.2, 'mistral'],
      ['org/gemma-3n-E4B-it-AWQ', 7.8, 'gemma3n_text'],
      ['org/gemma-3-4b-it-AWQ', 4.3, 'gemma3_text'],
      ['org/Phi-4-mini-instruct-FP8', 3.8, 'phi3'],
      ['org/phi-4-FP8', 14.7, 'phi3'],
      ['org/MiniMax-M2-AWQ', 228.7, 'minimax_m2'],
      ['org/MiniMax-Text-01-AWQ', 456.1, 'minimax_text_01'],
    ];
    for (const [name, size, type] of stated) assert.deepEqual([name, billions(name), modelType(name)], [name, size, type]);
    // Both Mistral Small 3.1 and 3.2 see images, 3.0 does not.
    const towers = (name: string): number | undefined => catalogue.findByName(name)?.model.architecture.towers.length;
    assert.equal(towers('org/Mistral-Small-3.2-24B-Instruct-2506-FP8'), 1);
    assert.equal(towers('org/Mistral-Small-24B-Instruct-2501-FP8'), 0);
  });

  it('is left to the size in its name where several generations or other parts are possible', () => {
    for (const name of [
      'open-r1/OpenR1-Qwen-7B',
      'org/chat-7b',
      'org/llama-3-18b',
      'org/qwen3-5b',
      'Qwen/Qwen3-ASR-8B',
      'Qwen/Qwen2.5-Omni-3B-AWQ',
      'nvidia/Llama-3.1-Nemotron-Nano-VL-8B-V1',
      'nvidia/Llama-3.1-Minitron-4B-Width-Base',
    ]) {
      assert.equal(catalogue.findByName(name), null, name);
      assert.equal(guessFromName(name)?.confidence, 'guessed', name);
    }
    for (const name of ['llama3.1', 'qwen', 'mistral-small', 'Phi-4-mini-flash-reasoning'])
      assert.equal(catalogue.findByName(name), null, name);
  });

  it('is a guess where the name says that parts are added to a language model', () => {
    const facts = catalogue.findByName('org/onevision-qwen2-7b-ov');
    assert.equal(facts?.confidence, 'guessed');
    assert.match(facts.assumptions.join(), /"onevision", "ov" in the name means parts that Qwen\/Qwen2-7B does not have/);
  });

  it('is nothing where it is a draft head: neither the model nor its size', () => {
    for (const name of [
      'yuhuili/EAGLE3-LLaMA3.1-Instruct-8B',
      'RedHatAI/Qwen3-8B-speculator.eagle3',
      'z-lab/Qwen3-8B-DFlash-b16',
      'org/gemma-4-31B-it-assistant',
    ]) {
      assert.equal(catalogue.findByName(name), null, name);
      assert.equal(guessFromName(name), null, name);
    }
  });
});

describe('the format in a name', () => {
  const formats: readonly (readonly [name: string, format: string | null])[] = [
    ['unsloth/gpt-oss-20b-BF16', null],
    ['mistralai/Ministral-3-14B-Instruct-2512-BF16', null],
    ['google/gemma-3-4b-it-qat-q4_0-unquantized', null],
    ['meta-llama/Llama-3.1-405B (FP8)', 'fp8 8'],
    ['cyankiwi/Qwen3-VL-8B-Instruct-AWQ-8bit', 'compressed-tensors 8'],
    ['org/Qwen3-235B-A22B-Instruct-2507-GPTQ-Int4-Int8Mix', 'gptq 4'],
    ['org/gemma-3-27b-it-GPTQ-4b-128g', 'gptq 4'],
    ['org/Llama-3.2-1B-Instruct-gptqmodel-4bit-vortex-v2.5', 'gptq 4'],
    ['org/Qwen2.5-72B-Instruct-int4-sym-inc', 'auto-round 4'],
    ['org/DeepSeek-V3-int4-sym-gptq-inc', 'gptq 4'],
    ['org/Qwen3-32B-w8a8-MindIE', 'compressed-tensors 8'],
    ['org/Llama-3.1-70B-Instruct-AQLM-PV-2Bit-1x16', 'aqlm 2'],
    ['org/MiniMax-M2.7-UD-Q3_K_S-00001-of-00003', 'gguf 3'],
    ['org/Qwen3-8B-BF16.gguf', 'gguf 16'],
    ['qwen2.5:14b-instruct-q4_K_M', 'gguf 4'],
  ];
  for (const [name, format] of formats) it(`${name}: ${format ?? '16 bit'}`, () => assert.equal(read(name)[1], format));

  it('of a repack by its own maker is the one that repack is known to have, wherever the copy lies', () => {
    assert.deepEqual(catalogue.findByName('/models/Qwen3-235B-A22B-FP8')?.model.quantization?.blockSize, [128, 128]);
    assert.equal(catalogue.findByName('RedHatAI/Qwen3-235B-A22B-FP8')?.model.quantization?.blockSize, null);
  });

  it('of MXFP4 is that of the experts in gpt-oss, of every linear layer elsewhere', () => {
    assert.equal(catalogue.findByName('org/gpt-oss-20b-mxfp4')?.model.quantization?.expertsOnly, true);
    assert.equal(catalogue.findByName('amd/Llama-3.3-70B-Instruct-MXFP4-Preview')?.model.quantization?.expertsOnly, false);
  });
});
