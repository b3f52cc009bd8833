import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { InferenceResponse } from '../../../src/estimator/contracts/inference';
import type { Gpu } from '../../../src/estimator/hardware/gpu';
import { hasStateLayers } from '../../../src/estimator/modelShape';
import { forAll } from '../properties';
import { answer, anyRequest, plainAnswer, resolved, type RandomRequest } from './requests';

const RUNS = 300;
/** Rounding of sums in another order. */
const SLACK = 1 + 1e-9;

type Answer = (request: object, gpu?: Gpu) => InferenceResponse;

/** Checks a property of the command line's answers and of those of the estimator alone. */
function holds(check: (request: RandomRequest, answered: Answer) => void): void {
  forAll([anyRequest, fc.boolean()], (request, throughStartup) => check(request, throughStartup ? answer : plainAnswer), RUNS);
}

/** Offloading as much as it takes to fit fills the GPUs, however many there are, and depends on the load. */
function saysHowMuch(request: RandomRequest): boolean {
  return request['num_offload_layers'] !== undefined || request['percentage_offload'] !== undefined;
}

/** Whether each replica's KV cache holds one request; where it does not, the speed is told as if it did. */
function holdsOne(request: RandomRequest, response: InferenceResponse): boolean {
  return response.max_concurrency >= (request.data_parallel_size ?? 1);
}

/** GiB per GPU; offloading as much as it takes leaves less on the GPUs for what comes on top, so that both count. */
function memoryNeeded(request: RandomRequest, { vram_usage, offloaded_memory }: InferenceResponse): number {
  return vram_usage + (saysHowMuch(request) ? 0 : offloaded_memory / request.num_gpus);
}

function atMost(smaller: number, larger: number, what: string): void {
  assert.ok(smaller <= larger * SLACK + 1e-9, `${what}: ${smaller} is more than ${larger}`);
}

function numbersIn(value: unknown, path = ''): readonly (readonly [string, number])[] {
  if (typeof value === 'number') return [[path, value]];
  return typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, part]) => numbersIn(part, `${path}.${key}`))
    : [];
}

describe('every answer to an inference request', () => {
  it('is made of finite numbers, none negative, within their ranges', () => {
    holds((request, answered) => {
      const response = answered(request);
      for (const [path, number] of numbersIn(response)) assert.ok(Number.isFinite(number) && number >= 0, `${path} is ${number}`);
      const { weights, activations, ...figures } = response.range;
      const { memory_details: details } = response;
      const known = { ...response, weights: details['Base Model Weights'], activations: details.Activations };
      for (const [name, [low, high]] of Object.entries({ ...figures, weights, activations })) {
        const value = known[name as keyof typeof response.range];
        assert.ok(low <= value * SLACK && value <= high * SLACK, `${name}: ${low} to ${high} without ${value}`);
      }
    });
  });

  it('adds up', () => {
    holds((request, answered) => {
      const response = answered(request);
      const close = (a: number, b: number, what: string): void =>
        assert.ok(Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b)), `${what}: ${a} and ${b}`);
      const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
      close(sum(Object.values(response.memory_details)), response.vram_usage, 'vram_usage');
      close(sum(response.memory_breakdown.map(({ value }) => value)), 100, 'percentages');
      close(sum(response.memory_breakdown.map(({ size_gb }) => size_gb)), response.vram_usage, 'sizes');
      close(Math.min(100, response.actual_vram_percentage), response.vram_percentage, 'vram_percentage');
      assert.equal(response.memory_status === 'error', response.problems !== undefined);
      if (response.problems === undefined) assert.equal(response.memory_status === 'insufficient', response.actual_vram_percentage > 100);
      assert.equal(response.tftt, response.ttft_ms);
      assert.equal(response.ms_per_token, response.tpot_ms);
    });
  });

  it('needs no less memory for more context, users or requests per user', () => {
    holds((request, answered) => {
      const needed = (changed: object): number => memoryNeeded(request, answered({ ...request, ...changed }));
      const before = needed({});
      for (const field of ['seq_length', 'concurrent_users', 'batch_size'] as const) {
        atMost(before, needed({ [field]: request[field] * 2 }), `twice the ${field}`);
        atMost(before, needed({ [field]: request[field] + 1 }), `${field} + 1`);
      }
    });
  });

  it('needs no more memory per GPU with more of them', () => {
    holds((anything, answered) => {
      // vLLM moves whole tensors, so that what a GPU keeps of an offloaded model comes in steps.
      const offloads = anything['enable_offloading'] === true && saysHowMuch(anything) && answered !== answer;
      const request: RandomRequest = { ...anything, enable_offloading: offloads };
      // NCCL and the buffers between stages may weigh more than what a GPU loses of a small model.
      const memory = (changed: object): number => {
        const { memory_details: details, vram_usage } = answered({ ...request, ...changed });
        return answered === answer ? details['Base Model Weights'] + details['KV Cache'] : vram_usage;
      };
      if (request.tensor_parallel_size === null) {
        atMost(memory({ num_gpus: request.num_gpus * 2 }), memory({}), 'num_gpus');
        return;
      }
      for (const field of ['tensor_parallel_size', 'pipeline_parallel_size'] as const)
        atMost(memory({ num_gpus: request.num_gpus * 2, [field]: Number(request[field]) * 2 }), memory({}), field);
    });
  });

  it('needs no more memory for fewer bits', () => {
    holds((request, answered) => {
      // vLLM pads the pages of hybrid models to their recurrent state.
      if (answered === answer && hasStateLayers(resolved(request).facts.model)) return;
      // The scales of int8 and int4 make vLLM's pages larger than those of fp8 or not, as they divide.
      const orders =
        answered === answer
          ? [
              ['fp16', 'fp8'],
              ['fp16', 'int4'],
            ]
          : [['fp16', 'int8', 'fp8', 'int4']];
      for (const kv of orders) {
        const usage = kv.map((kv_cache_quantization) => memoryNeeded(request, answered({ ...request, kv_cache_quantization })));
        usage.slice(1).forEach((less, index) => atMost(less, usage[index] ?? 0, `KV cache in ${kv[index + 1]}`));
      }
      const choices = ['fp32', 'fp16', 'fp8', 'int4'].map((quantization) => ({
        quantization,
        weights: answered({ ...request, engine: 'transformers', quantization }).memory_details['Base Model Weights'],
      }));
      choices
        .slice(1)
        .forEach(({ weights, quantization }, index) => atMost(weights, choices[index]?.weights ?? 0, `weights in ${quantization}`));
    });
  });

  it('needs no more GPU memory with more offloaded, and is no faster unless it fits only then', () => {
    holds((request, answered) => {
      const { num_offload_layers: _layers, percentage_offload: _share, ...plain } = request;
      const at = (percentage_offload: number): InferenceResponse => answered({ ...plain, enable_offloading: true, percentage_offload });
      const steps = [answered({ ...plain, enable_offloading: false }), ...[0, 10, 50, 100].map(at)];
      steps.slice(1).forEach((more, index) => {
        const less = steps[index];
        assert.ok(less);
        atMost(more.vram_usage, less.vram_usage, `step ${index + 1} of offloading`);
        atMost(less.offloaded_memory, more.offloaded_memory, `offloaded at step ${index + 1}`);
        atMost(more.decode_tps_single_stream, less.decode_tps_single_stream, `decode at step ${index + 1}`);
        if (holdsOne(request, less)) atMost(less.tpot_ms, more.tpot_ms, `tpot at step ${index + 1}`);
      });
    });
  });

  it('is no slower on a card with more bandwidth and arithmetic and everything else the same', () => {
    holds((anything, answered) => {
      // More multiprocessors need larger workspaces, which what offloads as much as it takes makes room for.
      const request = { ...anything, enable_offloading: anything['enable_offloading'] === true && saysHowMuch(anything) };
      const { gpu } = resolved(request).facts;
      const times = (value: number | null): number | null => (value === null ? null : value * 2);
      const tflops = Object.fromEntries(Object.entries(gpu.tflops).map(([name, rate]) => [name, times(rate)])) as unknown as Gpu['tflops'];
      const faster = { ...gpu, bandwidthGbS: times(gpu.bandwidthGbS), smCount: times(gpu.smCount), tflops };
      const [before, after] = [answered(request, gpu), answered(request, faster)];
      // llama.cpp fills large cards worse, which may eat up the gain but not more.
      const slack = 1.02;
      for (const field of ['tpot_ms', 'ttft_ms'] as const) atMost(after[field], before[field] * slack, field);
      for (const field of ['decode_tps_single_stream', 'estimated_throughput_tps', 'prefill_tps'] as const)
        atMost(before[field], after[field] * slack, field);
    });
  });

  it('gives each user no more and all together no less when more users come', () => {
    holds((anything, answered) => {
      const request = { ...anything, enable_offloading: anything['enable_offloading'] === true && saysHowMuch(anything) };
      const [few, many] = [answered(request), answered({ ...request, concurrent_users: request.concurrent_users * 2 })];
      atMost(many.per_user_tps, few.per_user_tps, 'per_user_tps');
      atMost(few.ttft_ms, many.ttft_ms, 'ttft_ms');
      atMost(few.estimated_throughput_tps, many.estimated_throughput_tps, 'throughput');
    });
  });

  it('answers a longer prompt no sooner', () => {
    holds((request, answered) => {
      const at = (input_length: number): InferenceResponse => {
        const output_length = Number(request['output_length'] ?? 256);
        return answered({ ...request, input_length, output_length, seq_length: input_length + output_length });
      };
      const [short, long] = [at(request.seq_length), at(request.seq_length * 2)];
      if (holdsOne(request, long)) atMost(short.ttft_ms, long.ttft_ms, 'ttft_ms');
      atMost(long.decode_tps_single_stream, short.decode_tps_single_stream, 'decode');
    });
  });
});
