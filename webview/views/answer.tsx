import { formatGib } from '../../src/estimator/figures';
import type { ServingAnswer } from '../../src/analysis/plan';
import type { InferenceForm } from '../../src/analysis/scenario';
import { exactly, type Ranged } from '../../src/estimator/ranged';
import { short, whole } from '../words';
import type { Figure } from './figures';

/** The figures people ask for about a deployment, most asked first. */
export function servingFigures(answer: ServingAnswer, form: InferenceForm): readonly Figure[] {
  const { kvCache, perGpu, host } = answer.report;
  const noGpu = answer.report.outcome === null ? 'Needs a GPU' : '';
  return [
    { name: 'KV cache', figure: nonNegative(kvCache.tokens), format: (value) => `${whole(value)} tokens`, note: noGpu },
    { name: 'Requests at full length', figure: nonNegative(kvCache.maxConcurrency), format: short, note: noGpu },
    {
      name: 'Longest context that fits',
      figure: nonNegative(kvCache.maxModelLenThatFits),
      format: (value) => `${whole(value)} tokens`,
      note: noGpu,
    },
    {
      name: `KV cache of ${whole(answer.requests)} ${answer.requests === 1 ? 'request' : 'requests'} of ${whole(form.seq_length)}`,
      figure: known(answer.kvForLoad),
      format: formatGib,
    },
    { name: 'Peak on the GPU', figure: perGpu.peakUsed, format: formatGib, note: noGpu === '' ? 'What nvidia-smi shows' : noGpu },
    { name: 'Host memory', figure: host.required, format: formatGib, note: host.offloaded ?? '' },
  ];
}

function known(value: number | null): Ranged | null {
  return value === null ? null : exactly(value);
}

/** What is left cannot be less than nothing; the verdict says what is missing. */
function nonNegative(figure: Ranged | null): Ranged | null {
  return figure && { ...figure, value: Math.max(0, figure.value), low: Math.max(0, figure.low), high: Math.max(0, figure.high) };
}
