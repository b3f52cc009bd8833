/** Labels and short phrases that every face of the product shares. */
import type { MemoryRow } from '../analysis/memoryBreakdown';
import { formatGib } from '../estimator/figures';
import type { GpuSetup, GpuSource } from '../estimator/hardware/gpu';
import { GIB } from '../estimator/units';
import type { ModelFacts } from '../models/source';
import type { EffectiveSettings } from '../vllm/startup/report';

export const PART_LABELS: Readonly<Record<MemoryRow['part'], string>> = {
  weights: 'weights',
  activations: 'activation peak',
  runtime: 'runtime (CUDA, NCCL)',
  cuda_graphs: 'CUDA graphs',
  kv_cache: 'KV cache',
  outside: 'CUDA context etc.',
  unused: 'not used by vLLM',
};

/** Where the width of a range comes from that states no reason of its own. */
export const RANGE_REASONS = {
  speed: 'kernels, drivers, clocks and prompts differ between measured runs',
  power: 'cards draw differently at the same load',
  training: 'kernels, drivers and data differ between measured runs',
  trainingMemory: 'allocators and frameworks differ between measured runs',
} as const;

/** Whether vLLM starts; "probably" where an end of the estimate's range, or a model that is only guessed, says otherwise. */
export function startWords(starts: boolean, sure: boolean): string {
  if (sure) return starts ? 'starts' : 'would not start';
  return starts ? 'probably starts' : 'would probably not start';
}

export function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const GPU_SOURCES: Readonly<Record<GpuSource, string>> = {
  flag: 'from the command line',
  directive: 'from the comment in the file',
  file: 'from the file',
  setting: 'from the settings',
  detected: 'found in this machine',
};

const MODEL_SOURCES: Readonly<Record<ModelFacts['source'], string>> = {
  weights: 'the weights on disk',
  folder: 'the config.json of the folder',
  'hf-cache': 'the Hugging Face cache',
  hub: 'the Hugging Face Hub',
  gguf: 'the GGUF file',
  catalogue: 'the built-in catalogue',
  name: 'its name only',
  manual: 'the config.json you chose',
};

/** "2 x NVIDIA GeForce RTX 4090". */
export function gpuName({ gpu, count }: GpuSetup): string {
  return count === 1 ? gpu.label : `${count} x ${gpu.label}`;
}

/** "23.53 GiB each", as torch sees it; empty where the name says it already. */
export function gpuMemory({ gpu, count, totalMemoryGib }: GpuSetup): string {
  const memory = formatGib(totalMemoryGib * GIB);
  if (gpu.label.includes(memory)) return '';
  return count === 1 ? memory : `${memory} each`;
}

export function gpuSource(source: GpuSource): string {
  return GPU_SOURCES[source];
}

export function modelSource(source: ModelFacts['source']): string {
  return MODEL_SOURCES[source];
}

/** "TP 2, PP 2" for what is above one; "one GPU" otherwise. */
export function parallelism(settings: EffectiveSettings): string {
  const sizes: readonly (readonly [string, number])[] = [
    ['TP', settings.tensorParallelSize],
    ['PP', settings.pipelineParallelSize],
    ['DP', settings.dataParallelSize],
  ];
  const above = sizes.filter(([, size]) => size > 1).map(([name, size]) => `${name} ${size}`);
  return above.length > 0 ? above.join(', ') : 'one GPU';
}
