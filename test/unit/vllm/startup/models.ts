import type { AttentionMixer, Model } from '../../../../src/estimator/architecture';
import type { Gpu, GpuSetup } from '../../../../src/estimator/hardware/gpu';
import { GPUS } from '../../../../src/estimator/hardware/catalogue';
import type { ArgumentValue, VllmArguments } from '../../../../src/vllm/arguments';
import { attention, decoderOf, denseLayer } from '../../estimator/decoders';

interface DenseShape {
  readonly modelType: string;
  readonly hiddenSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly intermediateSize: number;
  readonly vocabSize: number;
  readonly positions: number;
  readonly qkNorm?: AttentionMixer['qkNorm'];
}

/** A Llama-shaped model from its published config. */
function denseModel(shape: DenseShape): Model {
  const { modelType, hiddenSize, layers, heads, kvHeads, headDim, intermediateSize, vocabSize, positions, qkNorm = 'none' } = shape;
  const kind = denseLayer(attention(heads, kvHeads, headDim, { qkNorm }), intermediateSize);
  const rope = { lengths: [positions], dims: [headDim] };
  const architecture = decoderOf(kind, layers, { modelType, hiddenSize, vocabSize, maxPositionEmbeddings: positions, rope });
  return { architecture, quantization: null, exactBytes: null };
}

/** Qwen/Qwen3-8B, config.json. */
export const QWEN3_8B = denseModel({
  modelType: 'qwen3',
  hiddenSize: 4096,
  layers: 36,
  heads: 32,
  kvHeads: 8,
  headDim: 128,
  intermediateSize: 12288,
  vocabSize: 151936,
  positions: 40960,
  qkNorm: 'per_head',
});

/** deepseek-ai/DeepSeek-R1-Distill-Llama-70B, config.json. */
export const LLAMA_70B = denseModel({
  modelType: 'llama',
  hiddenSize: 8192,
  layers: 80,
  heads: 64,
  kvHeads: 8,
  headDim: 128,
  intermediateSize: 28672,
  vocabSize: 128256,
  positions: 131072,
});

/** meta-llama/Llama-3.1-8B-Instruct, config.json. */
export const LLAMA_8B = denseModel({
  modelType: 'llama',
  hiddenSize: 4096,
  layers: 32,
  heads: 32,
  kvHeads: 8,
  headDim: 128,
  intermediateSize: 14336,
  vocabSize: 128256,
  positions: 131072,
});

/** `count` cards of the catalogue, with torch's total where a log printed it. */
export function gpus(key: string, count = 1, totalMemoryGib?: number): GpuSetup {
  const gpu = GPUS.find((candidate: Gpu) => candidate.key === key);
  if (!gpu) throw new RangeError(`no GPU ${key}`);
  return { gpu, count, totalMemoryGib: totalMemoryGib ?? gpu.totalMemoryGib, freeMemoryGib: null, source: 'flag' };
}

export function args(values: Readonly<Record<string, ArgumentValue>>): VllmArguments {
  return new Map(Object.entries(values));
}
