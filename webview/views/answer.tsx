import type { ServingAnswer } from '../../src/analysis/plan';
import type { InferenceForm } from '../../src/analysis/scenario';
import type { InferenceFigure, InferenceResponse } from '../../src/estimator/contracts/inference';
import { formatCount, formatGib, formatMilliseconds, formatRequests, formatShort, formatWhole } from '../../src/estimator/figures';
import { between, exactly, type Ranged } from '../../src/estimator/ranged';
import { GIB } from '../../src/estimator/units';
import { RANGE_REASONS } from '../../src/report/words';
import type { StartupReport } from '../../src/vllm/startup/report';
import type { Figure } from './figures';

/** The figures people ask for about a deployment, most asked first. */
export function servingFigures(answer: ServingAnswer, form: InferenceForm): readonly Figure[] {
  return [...(form.engine === 'vllm' ? startupFigures(answer) : memoryFigures(answer.response)), ...speedFigures(answer, form.engine)];
}

/** What vLLM's start-up comes to. */
function startupFigures({ report, requests, context, kvForLoad }: ServingAnswer): readonly Figure[] {
  const { kvCache, perGpu, host, settings } = report;
  const noGpu = report.outcome === null ? NEEDS_GPU : '';
  const noLength = settings.maxModelLen === null ? NEEDS_LENGTH : '';
  return [
    { name: 'KV cache', figure: nonNegative(kvCache.tokens), format: (value) => `${formatCount(value)} tokens`, note: noGpu },
    { name: 'Requests at full length', figure: nonNegative(kvCache.maxConcurrency), format: formatRequests, note: noGpu || noLength },
    {
      name: 'Longest context that fits',
      figure: nonNegative(kvCache.maxModelLenThatFits),
      format: (value) => `${formatCount(value)} tokens`,
      note: noGpu,
    },
    {
      name: 'KV cache for the load',
      figure: kvForLoad === null ? null : exactly(kvForLoad),
      format: formatGib,
      note: noLength || `${formatCount(requests)} ${requests === 1 ? 'request' : 'requests'} of ${formatCount(context)} tokens`,
    },
    { name: 'Peak on the GPU', figure: perGpu.peakUsed, format: formatGib, note: noGpu === '' ? 'What nvidia-smi shows' : noGpu },
    { name: 'Host memory', figure: host.required, format: formatGib, note: host.offloaded ?? '' },
  ];
}

/** What another engine needs. */
function memoryFigures(response: InferenceResponse | null): readonly Figure[] {
  const note = response ? '' : NEEDS_GPU;
  return [
    { name: 'KV cache', figure: response && exactly(response.kv_cache_tokens), format: (value) => `${formatCount(value)} tokens`, note },
    { name: 'Requests at full length', figure: response && exactly(response.max_concurrency), format: formatRequests, note },
    { name: 'Each further request', figure: response && exactly(response.per_user_memory * GIB), format: formatGib, note },
    { name: 'Host memory', figure: response && exactly(response.estimated_system_ram_required * GIB), format: formatGib, note },
  ];
}

const NEEDS_GPU = 'Needs a GPU';
const NEEDS_LENGTH = 'Neither the file nor the model says how long a request may be: set max-model-len';

/** Whether the deployment certainly does not start: nothing is fast then. */
export function surelyFails({ outcome, certainty }: StartupReport, engine: string): boolean {
  return engine === 'vllm' && outcome !== null && outcome !== 'ok' && certainty === 'certain';
}

/** How fast and how hungry the deployment is under its load. */
function speedFigures({ response, report }: ServingAnswer, engine: string): readonly Figure[] {
  if (surelyFails(report, engine)) return [];
  const note = response ? '' : NEEDS_GPU;
  const ranged = (name: InferenceFigure, value: number, reason: string): Ranged => {
    const [low, high] = response?.range[name] ?? [value, value];
    return between(low, value, high, reason);
  };
  const or = (meaning: string): string => (note === '' ? meaning : note);
  return [
    {
      name: 'First token',
      figure: response && ranged('ttft_ms', response.ttft_ms, RANGE_REASONS.speed),
      rough: true,
      format: formatMilliseconds,
      note: or('For one prompt of the length that the load says'),
    },
    {
      name: 'Each user',
      figure: response && ranged('per_user_tps', response.per_user_tps, RANGE_REASONS.speed),
      rough: true,
      format: (value) => `${formatShort(value)} tokens/s`,
      note: or('While an answer is being written'),
    },
    {
      name: 'All, prompts included',
      figure: response && ranged('estimated_throughput_tps', response.estimated_throughput_tps, RANGE_REASONS.speed),
      rough: true,
      format: (value) => `${formatShort(value)} tokens/s`,
      note: or('Tokens of all answers over the whole time, reading the prompts included'),
    },
    {
      name: 'Power',
      figure: response && ranged('estimated_power_draw', response.estimated_power_draw, RANGE_REASONS.power),
      rough: true,
      format: (value) => `${formatWhole(value)} W`,
      note: or('At the wall: GPUs, host and power supply'),
    },
    {
      name: 'Energy per 1,000 tokens',
      figure: response && ranged('energy_wh_per_1k_tokens', response.energy_wh_per_1k_tokens, RANGE_REASONS.speed),
      rough: true,
      format: (value) => `${formatShort(value)} Wh`,
      note,
    },
  ];
}

/** A figure that cannot be less than nothing, though what remains after everything else may be. */
export function nonNegative<F extends Ranged | null>(figure: F): F {
  return figure && { ...figure, value: Math.max(0, figure.value), low: Math.max(0, figure.low), high: Math.max(0, figure.high) };
}
