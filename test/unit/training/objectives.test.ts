import * as assert from 'node:assert/strict';
import { trainingMemory } from '../../../src/estimator/training/memory';
import { planTraining } from '../../../src/estimator/training/plan';
import { stepTime } from '../../../src/estimator/training/time';
import { GIB } from '../../../src/estimator/units';
import { LLAMA_7B, QWEN3_MOE, QWEN_7B } from './models';
import { FACTS, estimate, gpu, request } from './requests';

const weights = (fields: object): number => estimate(fields).memory_details['Base Model Weights'];
const logits = (fields: object): number => estimate(fields, { ...FACTS, model: QWEN_7B }).memory_details['Logits and Loss'];

/** 2 bytes per parameter of Llama-2-7B, GiB. */
const WEIGHTS = (6_738_415_616 * 2) / GIB;

function near(actual: number, expected: number, share = 0.01): void {
  assert.ok(Math.abs(actual / expected - 1) < share, `${actual} is not ${expected}`);
}

describe('objectives beside plain fine-tuning', () => {
  it('keep a frozen reference for DPO, and none where adapters can be turned off', () => {
    near(weights({ finetuning_method: 'full', objective: 'dpo' }), 2 * WEIGHTS);
    near(weights({ finetuning_method: 'dpo-lora' }), WEIGHTS);
    near(weights({ finetuning_method: 'full', objective: 'orpo' }), WEIGHTS);
  });

  it('shard the reference with ZeRO 3 only', () => {
    const dpo = (stage: number): number =>
      weights({ finetuning_method: 'dpo-full', framework: 'deepspeed', num_gpus: 4, optimization_config: { zero_stage: stage } });
    near(dpo(2), 2 * WEIGHTS);
    near(dpo(3), WEIGHTS / 2);
  });

  it('put both answers of a pair through together', () => {
    near(logits({ objective: 'dpo' }), 2 * logits({}));
    near(logits({ objective: 'gkd' }), 2 * logits({}));
    // Packed windows hold both answers already.
    near(logits({ objective: 'dpo', packing: true }), logits({ packing: true }));
  });

  it('train a critic for PPO beside a frozen reference and a reward model', () => {
    const ppo = estimate({ finetuning_method: 'full', objective: 'ppo' }).memory_details;
    const sft = estimate({ finetuning_method: 'full' }).memory_details;
    near(ppo['Base Model Weights'], 4 * WEIGHTS);
    near(ppo['Optimizer States'], 2 * sft['Optimizer States']);
  });

  it('score pairs without logits over the vocabulary', () => {
    assert.equal(logits({ objective: 'reward' }), 0);
  });

  it('say what they took for granted', () => {
    const said = estimate({ finetuning_method: 'dpo-full' }).assumptions.join(' ');
    assert.match(said, /each sample is a pair/);
    assert.match(said, /a frozen model as large as the trained one/);
  });

  it('take longer than plain fine-tuning of the same tokens', () => {
    const speed = (objective: string): number => estimate({ objective }).training_tps ?? Number.NaN;
    assert.ok(speed('kto') < speed('sft'));
    assert.ok(speed('ppo') < speed('grpo'));
  });
});

describe('samples of unknown length', () => {
  const peak = (fields: object): number => trainingMemory(planTraining(request(fields), LLAMA_7B.architecture), Infinity).peak.total;

  it('fill a padded micro batch as often as it holds sequences, and a padding-free one with their mean', () => {
    const dynamic = (fields: object): number => peak({ batch_size: 4, ...fields }) - peak({ batch_size: 1, ...fields });
    near(dynamic({ padding_free: true }), dynamic({ padding_free: false }) / 3, 0.02);
    assert.ok(peak({ batch_size: 4, padding_free: true, tokens_per_sample: 100 }) < peak({ batch_size: 4, padding_free: true }));
    assert.equal(request({ framework: 'megatron' }).padding_free, true);
    near(dynamic({ padding_free: true, group_by_length: true }), dynamic({ padding_free: false }), 0.001);
  });

  it('widen the range downwards until their lengths are stated', () => {
    const low = (fields: object): number => {
      const { vram_usage: value, range } = estimate({ batch_size: 16, seq_length: 4096, ...fields });
      return (range['vram_usage']?.[0] ?? Number.NaN) / value;
    };
    assert.ok(low({}) < low({ tokens_per_sample: 4096 }));
    assert.ok(low({}) < low({ packing: true }));
    const speed = (fields: object): number => {
      const { training_tps: value, range } = estimate({ batch_size: 4, ...fields });
      return (range['training_tps']?.[0] ?? Number.NaN) / (value ?? Number.NaN);
    };
    assert.ok(speed({}) < speed({ packing: true }));
  });
});

describe('time of a step', () => {
  it('moves every optimizer state once where the update is fused, and once per operation where it is not', () => {
    const update = (framework: string): number => {
      const plan = planTraining(request({ finetuning_method: 'full', framework, master_weights: false }), LLAMA_7B.architecture);
      return stepTime(plan, gpu('a100_80'))?.memory ?? Number.NaN;
    };
    // 24 accesses of 2 bytes against 2 × 4 of the moments, 2 × 2 of the weight and 2 of the gradient.
    near(update('trl') / update('torchtune'), 48 / 14);
  });

  it('sends a token once to each machine that has its experts', () => {
    const communication = (expert: number): number => {
      const fields = {
        framework: 'megatron',
        finetuning_method: 'full',
        num_gpus: 64,
        expert_parallel: expert,
        batch_size: 64,
        seq_length: 4096,
      };
      return stepTime(planTraining(request(fields), QWEN3_MOE.architecture), gpu('h100_80'))?.communication ?? Number.NaN;
    };
    // Eight machines: at most seven remote copies, by 50 GB/s, instead of one per expert.
    assert.ok(communication(64) > communication(8));
    assert.ok(communication(64) < 12 * communication(8), `${communication(64)} after ${communication(8)}`);
  });
});
