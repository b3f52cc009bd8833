import * as assert from 'node:assert/strict';
import { readFinetuningRequest, resolveFinetuning } from '../../../src/estimator/contracts/finetuningRequest';
import type { ModelResolver } from '../../../src/estimator/contracts/resolve';
import type { RequestProblem } from '../../../src/estimator/contracts/problem';
import type { Validated } from '../../../src/estimator/contracts/validate';
import { estimateFinetuning } from '../../../src/estimator/training/estimate';
import { LLAMA_7B } from './models';

const GIVEN = { gpu_key: 'rtx_4090', llm_key: 'llama' };
const models: ModelResolver = {
  find: (key) => (key === 'llama' ? { model: LLAMA_7B, assumptions: [], isGuess: false } : null),
  nearest: () => 'llama',
  describe: (config) => [{ field: '', value: config, allowed: 'sizes', nearest: null }],
};

function problemsOf<T>(read: Validated<T>): readonly RequestProblem[] {
  return read.ok ? [] : read.problems;
}

describe('fine-tuning request', () => {
  it('has the defaults of the contract', () => {
    const read = readFinetuningRequest(GIVEN);
    assert.ok(read.ok);
    const { request } = read;
    assert.equal(request.finetuning_method, 'lora');
    assert.equal(request.fine_tuning_quantization, 'fp16');
    assert.equal(request.lora_rank, 16);
    assert.equal(request.gradient_accumulation_steps, 1);
    assert.equal(request.batch_size, 1);
    assert.equal(request.seq_length, 2048);
    assert.equal(request.tokens_per_sample, 2048);
    assert.equal(request.num_epochs, 3);
    assert.equal(request.num_gpus, 1);
    assert.equal(request.base_quantization, null);
  });

  it('adapts what the framework adapts by itself where no target is named', () => {
    const targets = (framework: string): unknown => {
      const read = readFinetuningRequest({ ...GIVEN, framework });
      assert.ok(read.ok);
      return read.request.lora_targets;
    };
    assert.equal(targets('peft'), 'attention');
    assert.equal(targets('litgpt'), 'attention');
    assert.equal(targets('trl'), 'all_linear');
  });

  it('reports every problem at once, with field, value and what is allowed', () => {
    const problems = problemsOf(
      readFinetuningRequest({
        gpu_key: 'rtx_4090',
        finetuning_method: 'qlroa',
        lora_rank: 0.5,
        seq_length: '4096',
        optimizer: 'addam8',
        optimization_config: { zero_stage: 4, flash_atention: true },
        batchsize: 4,
      }),
    );
    const byField = new Map(problems.map((problem) => [problem.field, problem]));
    assert.deepEqual([...byField.keys()].sort(), [
      'batchsize',
      'finetuning_method',
      'llm_key',
      'lora_rank',
      'optimization_config.flash_atention',
      'optimization_config.zero_stage',
      'optimizer',
      'seq_length',
    ]);
    assert.equal(byField.get('finetuning_method')?.nearest, 'qlora');
    assert.equal(byField.get('lora_rank')?.nearest, 1);
    assert.equal(byField.get('seq_length')?.nearest, 4096);
    assert.equal(byField.get('optimization_config.zero_stage')?.nearest, 3);
    assert.equal(byField.get('optimization_config.flash_atention')?.nearest, 'flash_attention');
    assert.equal(byField.get('batchsize')?.nearest, 'batch_size');
    assert.match(
      byField.get('finetuning_method')?.message ?? '',
      /finetuning_method is "qlroa"; allowed: one of full, lora, qlora; did you mean "qlora"\?/,
    );
  });

  it('never throws, whatever it is given', () => {
    for (const input of [null, undefined, 7, 'text', [], [1], { optimization_config: 3 }, { gpu_key: [] }, Object.create(null)]) {
      assert.equal(readFinetuningRequest(input).ok, false);
    }
  });

  it('takes gradient checkpointing as a flag or as a mode, and 8-bit and paged as flags', () => {
    const mode = (value: unknown): string | undefined => {
      const read = readFinetuningRequest({ ...GIVEN, optimization_config: { gradient_checkpointing: value } });
      return read.ok ? read.request.optimization_config.gradient_checkpointing : undefined;
    };
    assert.deepEqual([mode(true), mode(false), mode('offloaded'), mode('sometimes')], ['full', 'none', 'offloaded', undefined]);
    const read = readFinetuningRequest({ ...GIVEN, optimization_config: { use_8bit_optimizer: true, use_paged_optimizer: true } });
    assert.ok(read.ok);
    assert.equal(read.request.optimizer, 'paged_adamw_8bit');
  });

  it('checks fields that depend on each other', () => {
    const fields = (input: object): readonly string[] => problemsOf(readFinetuningRequest({ ...GIVEN, ...input })).map((p) => p.field);
    assert.deepEqual(fields({ num_gpus: 6, tensor_parallel: 4 }), ['num_gpus']);
    assert.deepEqual(fields({ gpu_key: 'custom_discrete' }), ['custom_vram']);
    assert.deepEqual(fields({ finetuning_method: 'full', base_quantization: 'nf4' }), ['base_quantization']);
    assert.deepEqual(fields({ num_gpus: 8, expert_parallel: 3 }), ['expert_parallel']);
  });

  it('names an unknown GPU and an unknown model in the same answer', () => {
    const problems = problemsOf(resolveFinetuning({ gpu_key: 'rtx_4009', llm_key: 'lama' }, models));
    assert.deepEqual(
      problems.map((problem) => [problem.field, problem.nearest]),
      [
        ['gpu_key', 'rtx_4090'],
        ['llm_key', 'llama'],
      ],
    );
  });

  it('needs an architecture for a custom model', () => {
    const problems = problemsOf(resolveFinetuning({ ...GIVEN, llm_key: 'custom' }, models));
    assert.deepEqual(
      problems.map((problem) => problem.field),
      ['custom_model'],
    );
  });
});

describe('what a fine-tuning request may leave to its size', () => {
  const assumptions = ['The model: sizes as for its base model.'];
  const sized: ModelResolver = { ...models, find: () => ({ model: LLAMA_7B, assumptions, isGuess: false }) };

  it('takes a card of which only the memory is said', () => {
    const read = resolveFinetuning({ ...GIVEN, gpu_key: '48GB card' }, models);
    assert.ok(read.ok);
    assert.equal(read.request.facts.gpu.memoryGb, 48);
  });

  it('says what was assumed about the model', () => {
    const read = resolveFinetuning(GIVEN, sized);
    assert.ok(read.ok);
    const { request, facts } = read.request;
    assert.equal(estimateFinetuning(request, facts).assumptions[0], 'The model: sizes as for its base model.');
  });
});
