import type { Model } from '../../../src/estimator/architecture';
import { recordedModel } from '../../../benchmark/recordedModels';

/** A catalogue model the tests rely on. */
export function model(id: string): Model {
  const found = recordedModel(id);
  if (!found) throw new Error(`the catalogue lacks ${id}`);
  return found;
}

export const LLAMA_7B = model('meta-llama/Llama-2-7b-hf');
export const LLAMA_3B = model('meta-llama/Llama-3.2-3B');
export const QWEN_7B = model('Qwen/Qwen-7B');
export const QWEN3_MOE = model('Qwen/Qwen3-30B-A3B');
export const GPT_OSS = model('openai/gpt-oss-20b');
export const QWEN_VL = model('Qwen/Qwen2.5-VL-7B-Instruct');
export const DEEPSEEK = model('deepseek-ai/DeepSeek-V3');
