import * as assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { trainingRun } from '../../../src/estimator/training/estimate';
import { trainingMemory } from '../../../src/estimator/training/memory';
import { planTraining } from '../../../src/estimator/training/plan';
import { planImages } from '../../../src/estimator/training/images';
import { stepTime } from '../../../src/estimator/training/time';
import { answerFinetuning } from '../../../src/cli/finetuning';
import { models } from '../contracts/requests';
import { forAll } from '../properties';
import { LLAMA_7B, model, QWEN_VL } from './models';
import { estimate, fields, gpu, randomRequest, request, type RandomFields } from './requests';

const FACTS = { model: QWEN_VL, gpu: gpu('h100_80') };

const TOWERS = [
  QWEN_VL,
  model('llava-hf/llava-1.5-7b-hf'),
  model('OpenGVLab/InternVL3-8B'),
  model('google/gemma-3-12b-it'),
  model('meta-llama/Llama-3.2-11B-Vision'),
];

function tokens(id: string, given: object = {}): readonly (number | undefined)[] {
  const plan = planImages(request({ images_per_sample: 1, ...given }), model(id).architecture);
  return [plan?.tokens, plan?.patches];
}

describe('images of a fine-tune', () => {
  it('have the tokens that processors make of them', () => {
    // Qwen2-VL merges 2 x 2 patches of 14 pixels: 1036 pixels are 37 x 37 tokens, 448 are 16 x 16.
    assert.deepEqual(tokens('Qwen/Qwen2.5-VL-7B-Instruct', { image_size: 1036 }), [1369, 5476]);
    assert.deepEqual(tokens('Qwen/Qwen2.5-VL-7B-Instruct', { image_size: 448 }), [256, 1024]);
    // min_pixels and max_pixels of its processor.
    assert.deepEqual(tokens('Qwen/Qwen2.5-VL-7B-Instruct', { image_size: 1 }), [4, 16]);
    assert.deepEqual(tokens('Qwen/Qwen2.5-VL-7B-Instruct', { image_size: 50_000 }), [16_384, 65_536]);
    // LLaVA-1.5: 24 x 24 patches of 336 pixels. InternVL: a tile of 448 pixels, 1024 patches shuffled to 256.
    assert.deepEqual(tokens('llava-hf/llava-1.5-7b-hf'), [576, 576]);
    assert.deepEqual(tokens('OpenGVLab/InternVL3-8B'), [256, 1024]);
    assert.deepEqual(tokens('OpenGVLab/InternVL3-8B', { image_tokens: 3328 }), [3328, 13 * 1024]);
    // Gemma 3 pools 64 x 64 patches to 256 tokens, SmolVLM2 shuffles 27 x 27 to 81, Llama 4 24 x 24 to 144.
    assert.deepEqual(tokens('google/gemma-3-12b-it'), [256, 4096]);
    assert.deepEqual(tokens('HuggingFaceTB/SmolVLM2-2.2B-Instruct'), [81, 729]);
    assert.deepEqual(tokens('meta-llama/Llama-4-Maverick-17B-128E'), [144, 576]);
    // Llama 3.2 Vision reads its images by cross-attention.
    assert.deepEqual(tokens('meta-llama/Llama-3.2-11B-Vision'), [0, 1600]);
  });

  it('change nothing where a request has none, which is said of a model that takes them', () => {
    const { assumptions: silent, ...figures } = estimate({ seq_length: 4096 }, FACTS);
    const { assumptions: none, ...same } = estimate({ seq_length: 4096, images_per_sample: 0 }, FACTS);
    assert.deepEqual(figures, same);
    assert.deepEqual(
      silent.filter((said) => !none.includes(said)),
      ['Images are not counted, neither their patches in the tower nor their tokens: images_per_sample is not given.'],
    );
    assert.ok(!estimate({}).assumptions.some((said) => said.includes('mage')));
  });

  it('keep the tower’s activations only where it is trained, and checkpoints alone where they are recomputed', () => {
    const kept = (fields: object): number => {
      const activations = (images_per_sample: number): number => {
        const plan = planTraining(
          request({ finetuning_method: 'full', seq_length: 8192, batch_size: 4, images_per_sample, image_size: 1036, ...fields }),
          QWEN_VL.architecture,
        );
        const loss = trainingMemory(plan, Infinity).phases.find(({ phase }) => phase === 'loss');
        return loss?.components.Activations ?? Number.NaN;
      };
      return activations(2) - activations(1);
    };
    const patches = 4 * 5476;
    const pixels = patches * 3 * 14 ** 2 * 4;
    assert.equal(kept({}), pixels);
    assert.equal(kept({ finetuning_method: 'lora', train_vision_tower: true }), pixels);
    // 32 blocks, 1280 wide: a checkpoint is one 16-bit hidden state per patch and block.
    const full = kept({ train_vision_tower: true, gradient_checkpointing: 'full' });
    assert.ok(Math.abs(full / (pixels + patches * 32 * 1280 * 2) - 1) < 1e-9, String(full));
    assert.ok(kept({ train_vision_tower: true, gradient_checkpointing: 'selective' }) > full);
    assert.ok(
      kept({ train_vision_tower: true, gradient_checkpointing: 'none' }) >
        kept({ train_vision_tower: true, gradient_checkpointing: 'selective' }),
    );
  });

  it('cost the tower’s passes: one where it is frozen, three where it is trained', () => {
    const flops = (fields: object): number => {
      const planned = (images_per_sample: number): number => {
        const plan = planTraining(
          request({ finetuning_method: 'full', seq_length: 8192, images_per_sample, image_size: 1036, ...fields }),
          QWEN_VL.architecture,
        );
        const time = stepTime(plan, FACTS.gpu);
        return (time?.mfu ?? Number.NaN) * (time?.total ?? Number.NaN);
      };
      return planned(2) - planned(1);
    };
    assert.ok(Math.abs(flops({ train_vision_tower: true }) / flops({}) - 3) < 1e-6);
    // About 0.63 billion parameters times 2 per patch, and the scores of 5476 patches.
    const expected = 2 * 0.63e9 * 5476 + 4 * 32 * 1280 * 5476 ** 2;
    assert.ok(Math.abs((flops({}) * 989.4e12) / expected - 1) < 0.1, String(flops({}) * 989.4e12));
  });

  it('are refused where their tokens exceed the sequence', () => {
    const response = estimate({ seq_length: 2048, images_per_sample: 2, image_size: 1036 }, FACTS);
    assert.equal(response.memory_status, 'error');
    assert.deepEqual(
      response.problems?.map(({ field, value, nearest }) => [field, value, nearest]),
      [['images_per_sample', 2, 1]],
    );
    assert.equal(estimate({ seq_length: 4096, images_per_sample: 2, image_size: 1036 }, FACTS).problems, undefined);
  });

  it('and their sizes are named where they count for nothing', () => {
    const said = (fields: object): readonly string[] => {
      const answer = answerFinetuning({ gpu_key: 'h100_80', llm_key: 'Qwen/Qwen3-8B', ...fields }, models);
      assert.ok('response' in answer);
      return answer.response.assumptions.filter((assumption) => assumption.includes('is left out'));
    };
    assert.deepEqual(said({ images_per_sample: 1, image_size: 448 }), [
      'images_per_sample is left out: the model has no vision tower.',
      'image_size is left out: the model has no vision tower.',
    ]);
    assert.deepEqual(said({ llm_key: 'Qwen/Qwen2.5-VL-7B-Instruct', image_size: 448, train_vision_tower: true }), [
      'image_size is left out: images_per_sample is not given.',
      'train_vision_tower is left out: finetuning_method is lora.',
    ]);
  });

  it('never need less memory or time when there are more of them or larger ones', () => {
    forAll(
      [fields, fc.constantFrom(...TOWERS), fc.integer({ min: 0, max: 20 }), fc.integer({ min: 1, max: 4000 })],
      (random, tower, images_per_sample, image_size) => {
        // The run alone: the response has the same figures, and finds beside them what each optimization saves.
        const of = (change: Partial<RandomFields>): { readonly bytes: number; readonly seconds: number } => {
          const run = trainingRun(randomRequest(random, { images_per_sample, image_size, ...change }), { ...FACTS, model: tower });
          return { bytes: run.memory.peak.total, seconds: run.time?.total ?? Number.NaN };
        };
        const before = of({});
        for (const after of [
          of({ images_per_sample: images_per_sample + 1 }),
          of({ image_size: image_size * 2 }),
          of({ images_per_sample: 2 * images_per_sample }),
        ]) {
          assert.ok(after.bytes >= before.bytes * (1 - 1e-12), `${before.bytes} bytes, then ${after.bytes}`);
          assert.ok(Number.isFinite(after.bytes) && after.bytes > 0);
          assert.ok(
            after.seconds >= before.seconds * (1 - 1e-12) && Number.isFinite(after.seconds),
            `${before.seconds} s, then ${after.seconds}`,
          );
        }
      },
      300,
    );
  });

  it('are of no account to a model without a tower', () => {
    const facts = { ...FACTS, model: LLAMA_7B };
    assert.deepEqual(estimate({ images_per_sample: 3 }, facts), estimate({}, facts));
  });
});
