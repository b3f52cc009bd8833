import { vllmMemory } from '../analysis/inferenceMemory';
import { estimateInference } from '../estimator/contracts/inferenceEstimate';
import { resolveInference } from '../estimator/contracts/inferenceRequest';
import type { InferenceResponse } from '../estimator/contracts/inference';
import type { ModelResolver } from '../estimator/contracts/resolve';
import { simulateStartup } from '../vllm/startup/simulate';
import { requestCommand } from './requests';
import type { RequestAnswer } from './requests';

/** Answers one inference request, or says everything that is wrong with it. */
export function answerInference(input: unknown, models: ModelResolver): RequestAnswer<InferenceResponse> {
  const resolved = resolveInference(input, models);
  if (!resolved.ok) return { problems: resolved.problems };
  const { request, facts } = resolved.request;
  return { response: estimateInference(request, { ...facts, memory: vllmMemory(simulateStartup) }) };
}

/** `inference [FILE|-]`. */
export const inferenceCommand = requestCommand({
  name: 'inference',
  summary: 'Memory, speed and power of serving a model',
  help: [
    'usage: vllm-vram inference [FILE|-]',
    '',
    'Reads one request as JSON, or one per line (JSON Lines), from FILE or standard input, and prints a response for each.',
    'A request needs gpu_key and llm_key; quantization, seq_length, output_length, concurrent_users, num_gpus, engine and the rest have',
    'defaults. A request that cannot be used is answered with every problem in it: the field, its value, what is allowed, the nearest',
    'valid choice.',
    '',
    'What the engine refuses, such as three GPUs for 32 attention heads, has memory_status error, the error and its problems before the figures.',
    '',
    'Exit code: 0 when all fit their GPUs, 1 when one does not, 2 when a request cannot be used or its sizes are refused.',
    '',
    'example: echo \'{"gpu_key": "rtx_4090", "llm_key": "Qwen/Qwen3-8B", "quantization": "awq"}\' | vllm-vram inference -',
  ].join('\n'),
  answer: answerInference,
  fits: (response) => response.memory_status !== 'insufficient',
});
