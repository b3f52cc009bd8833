import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { answerFinetuning } from '../../../src/cli/finetuning';
import type { FinetuningResponse } from '../../../src/estimator/contracts/finetuning';
import { models } from '../contracts/requests';

function ask(llm_key: string, fields: object = {}): FinetuningResponse {
  const answer = answerFinetuning({ gpu_key: 'h100_80', llm_key, tokens_per_sample: 2048, ...fields }, models);
  assert.ok('response' in answer, 'problems' in answer ? answer.problems.map(({ message }) => message).join('\n') : '');
  return answer.response;
}

const weights = (response: FinetuningResponse): number => response.memory_details['Base Model Weights'];
const says = (response: FinetuningResponse, words: RegExp): boolean => response.assumptions.some((said) => words.test(said));

describe('fine-tuning a checkpoint that is quantized already', () => {
  const plain = weights(ask('Qwen/Qwen2.5-7B-Instruct'));

  it('keeps the weights that transformers trains adapters on', () => {
    for (const finetuning_method of ['lora', 'qlora']) {
      const response = ask('Qwen/Qwen2.5-7B-Instruct-AWQ', { finetuning_method });
      // 6.5 of the 7.6 billion parameters in 4.16 bit, the tables in 16.
      assert.ok(weights(response) > 4.9 && weights(response) < 5.4, `${weights(response)} GiB`);
      assert.equal(says(response, /keeps .*awq, 4 bit.* nf4 counts for nothing/), finetuning_method === 'qlora');
      assert.ok(says(response, /keeps .*awq, 4 bit/));
      assert.ok(response.active_optimizations.includes('base_quantization awq'));
    }
    const wide = weights(ask('Qwen/Qwen2.5-7B-Instruct-GPTQ-Int8'));
    assert.ok(wide > 8 && wide < 0.75 * plain, `${wide} GiB`);
    assert.ok(weights(ask('unsloth/DeepSeek-R1-Distill-Llama-8B-bnb-4bit')) < 8.5);
  });

  it('refuses to train such weights in full, and names the way out', () => {
    const response = ask('Qwen/Qwen2.5-7B-Instruct-AWQ', { finetuning_method: 'full' });
    assert.equal(response.memory_status, 'error');
    assert.deepEqual(
      response.problems?.map(({ field, nearest }) => [field, nearest]),
      [['finetuning_method', 'lora']],
    );
    assert.ok(says(response, /16-bit original/));
    assert.equal(weights(response), weights(ask('Qwen/Qwen2.5-7B-Instruct', { finetuning_method: 'full' })));
  });

  it('says that the weights of other formats are dequantized first', () => {
    for (const model of ['openai/gpt-oss-20b', 'Qwen/Qwen3-8B-FP8', 'unsloth/DeepSeek-R1-Distill-Llama-8B-GGUF'])
      for (const finetuning_method of ['lora', 'full']) {
        const response = ask(model, { finetuning_method });
        assert.ok(says(response, /dequantized first.*counts in fp16/), model);
        assert.equal(response.problems, undefined);
      }
    assert.ok(says(ask('openai/gpt-oss-20b', { finetuning_method: 'qlora' }), /dequantized first.*then quantized to nf4/));
  });

  it('refuses to quantize what comes from a GGUF file', () => {
    const problems = (fields: object) => ask('unsloth/DeepSeek-R1-Distill-Llama-8B-GGUF', fields).problems?.map(({ field }) => field);
    assert.deepEqual(problems({ finetuning_method: 'qlora' }), ['finetuning_method']);
    assert.deepEqual(problems({ base_quantization: 'nf4' }), ['base_quantization']);
  });

  it('has nothing to say of a plain one', () => {
    assert.ok(!says(ask('Qwen/Qwen2.5-7B-Instruct', { finetuning_method: 'qlora' }), /checkpoint/));
  });
});
