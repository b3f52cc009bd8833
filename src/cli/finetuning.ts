import type { FinetuningResponse } from '../estimator/contracts/finetuning';
import { resolveFinetuning } from '../estimator/contracts/finetuningRequest';
import type { ModelResolver } from '../estimator/contracts/resolve';
import { estimateFinetuning } from '../estimator/training/estimate';
import { requestCommand } from './requests';
import type { RequestAnswer } from './requests';

/** Answers one fine-tuning request, or says everything that is wrong with it. */
export function answerFinetuning(input: unknown, models: ModelResolver): RequestAnswer<FinetuningResponse> {
  const resolved = resolveFinetuning(input, models);
  if (!resolved.ok) return { problems: resolved.problems };
  return { response: estimateFinetuning(resolved.request.request, resolved.request.facts) };
}

/** `finetuning [FILE|-]`. */
export const finetuningCommand = requestCommand({
  name: 'finetuning',
  summary: 'Memory, speed, time and energy of fine-tuning runs',
  help: [
    'usage: vllm-vram finetuning [FILE|-]',
    '',
    'Reads one request as JSON, or one per line (JSON Lines), from FILE or standard input, and prints a response for each.',
    'A request needs gpu_key and llm_key; finetuning_method, batch_size, seq_length, optimizer, framework and the rest have defaults.',
    'A model with a vision tower also takes images_per_sample, image_size (pixels of a side) and image_tokens (of each image, part of seq_length).',
    'A request that cannot be used is answered with every problem in it: the field, its value, what is allowed, the nearest valid choice.',
    '',
    'What the framework refuses, such as tensor_parallel 3 for 32 heads, has memory_status error, the error and its problems before the figures.',
    '',
    'Exit code: 0 when every run fits its GPUs, 1 when one does not, 2 when a request cannot be used or its sizes are refused.',
    '',
    'example: echo \'{"gpu_key": "rtx_4090", "llm_key": "Qwen/Qwen3-8B", "finetuning_method": "qlora"}\' | vllm-vram finetuning -',
  ].join('\n'),
  answer: answerFinetuning,
  fits: (response) => response.memory_status !== 'insufficient',
});
