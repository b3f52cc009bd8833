import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import type { Model } from '../../../src/estimator/architecture';
import { GPUS, findGpu } from '../../../src/estimator/hardware/catalogue';
import type { Gpu } from '../../../src/estimator/hardware/gpu';
import { storedWeights } from '../../../src/estimator/runtime/weightChoices';
import { ENGINES, FURTHER_ENGINES } from '../../../src/estimator/speed/engines';
import type { SpeedInput } from '../../../src/estimator/speed/estimate';
import { modelWork } from '../../../src/estimator/speed/work';
import { Catalogue } from '../../../src/models/catalogue';

export const catalogue = Catalogue.parse(readFileSync('data/models.json', 'utf8'));

export function knownModel(id: string): Model {
  const facts = catalogue.find(id);
  if (!facts) throw new Error(`no model ${id}`);
  return facts.model;
}

function knownGpu(name: string): Gpu {
  const gpu = findGpu(name);
  if (!gpu) throw new Error(`no GPU ${name}`);
  return gpu;
}

/** Dense, grouped-query, latent-attention, sliding-window and hybrid models, with and without experts. */
const MODELS = [
  'Qwen/Qwen2.5-0.5B-Instruct',
  'meta-llama/Llama-3.1-8B-Instruct',
  'google/gemma-3-27b-it',
  'openai/gpt-oss-120b',
  'deepseek-ai/DeepSeek-V3',
  'Qwen/Qwen3-30B-A3B',
  'meta-llama/Llama-3.1-405B-Instruct',
];

/** A deployment under a load, without anything special. */
export function speedInput(model: string, gpu: string, quantization = 'fp16', kvElementBytes = 2): SpeedInput {
  return {
    work: modelWork(knownModel(model), { ...storedWeights(quantization, null), kvElementBytes }),
    setup: {
      gpu: knownGpu(gpu),
      engine: 'vllm',
      engineVersion: null,
      tensorParallel: 1,
      pipelineParallel: 1,
      dataParallel: 1,
      expertParallel: false,
      link: null,
      eager: false,
      offloadBytes: 0,
      offloadTarget: 'cpu_ram',
    },
    load: { concurrency: 1, promptTokens: 1024, outputTokens: 256, kvCacheTokens: null, cachedShare: 0, draftTokens: 0 },
  };
}

/** Any deployment of any of the models on any card of the catalogue. */
export const anyInput: fc.Arbitrary<SpeedInput> = fc
  .record({
    model: fc.constantFrom(...MODELS),
    gpu: fc.constantFrom(...GPUS),
    quantization: fc.constantFrom('fp32', 'fp16', 'fp8', 'int8', 'int4', 'w8a8', 'nf4', 'nvfp4', 'q4_k_m', 'q8_0'),
    engine: fc.constantFrom(...ENGINES, ...FURTHER_ENGINES),
    version: fc.constantFrom(null, '0.4.2', '0.19.0', '2023-11', 'nightly'),
    tensorParallel: fc.constantFrom(1, 2, 4, 8, 64),
    pipelineParallel: fc.constantFrom(1, 2, 5),
    dataParallel: fc.constantFrom(1, 2, 16),
    expertParallel: fc.boolean(),
    eager: fc.boolean(),
    offloadBytes: fc.constantFrom(0, 1e9, 4e10),
    offloadTarget: fc.constantFrom('cpu_ram', 'nvme', 'cpu_compute'),
    concurrency: fc.integer({ min: 1, max: 5000 }),
    promptTokens: fc.integer({ min: 0, max: 200_000 }),
    outputTokens: fc.integer({ min: 1, max: 50_000 }),
    kvCacheTokens: fc.option(fc.integer({ min: 1, max: 10_000_000 })),
    cachedShare: fc.double({ min: 0, max: 1, noNaN: true }),
    draftTokens: fc.integer({ min: 0, max: 8 }),
    together: fc.boolean(),
  })
  .map((a) => ({
    work: modelWork(knownModel(a.model), { ...storedWeights(a.quantization, null), kvElementBytes: 2 }),
    setup: {
      gpu: a.gpu,
      engine: a.engine,
      engineVersion: a.version,
      tensorParallel: a.tensorParallel,
      pipelineParallel: a.pipelineParallel,
      dataParallel: a.dataParallel,
      expertParallel: a.expertParallel,
      link: null,
      eager: a.eager,
      offloadBytes: a.offloadBytes,
      offloadTarget: a.offloadTarget,
    },
    load: {
      concurrency: a.concurrency,
      promptTokens: a.promptTokens,
      outputTokens: a.outputTokens,
      kvCacheTokens: a.kvCacheTokens,
      cachedShare: a.cachedShare,
      draftTokens: a.draftTokens,
      together: a.together,
    },
  }));
