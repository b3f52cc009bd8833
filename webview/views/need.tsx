import type { VNode } from 'preact';
import type { GpuOption } from '../../src/analysis/solve';
import { formatGib } from '../../src/estimator/figures';
import type { Serving } from '../serving';
import { AnswerBar } from './memoryBar';
import { VerdictView } from './verdict';

interface NeedProps {
  readonly answer: NonNullable<Serving['answer']>;
  /** The smallest GPUs that hold it; undefined while they are being looked for. */
  readonly smallest: GpuOption | null | undefined;
  readonly engine: string;
}

/** What is needed at least, as long as no GPU is chosen, and how the smallest GPUs that hold it are filled. */
export function Need({ answer, smallest, engine }: NeedProps): VNode {
  const weights = answer.report.perGpu.weights.value;
  if (answer.kvForLoad === null) {
    const detail = 'How long a request may be is not known, so neither is its KV cache. Enter the context.';
    return <VerdictView verdict={{ mood: 'unknown', headline: `Weights ${formatGib(weights)}`, detail }} />;
  }
  const kv = answer.kvForLoad;
  const parts = `Weights ${formatGib(weights)} and KV cache ${formatGib(kv)}`;
  if (smallest) {
    const surely = smallest.solution.answer.report.certainty === 'certain' || engine !== 'vllm';
    return (
      <>
        <VerdictView
          verdict={{
            mood: surely ? 'good' : 'unsure',
            headline: `${surely ? 'Fits' : 'Probably fits'} on ${smallest.count} × ${smallest.gpu.label}`,
            detail: `${parts}, with what the runtime takes. No GPUs of the catalogue hold it with less memory.`,
          }}
        />
        <AnswerBar answer={smallest.solution.answer} engine={engine} />
      </>
    );
  }
  return (
    <>
      <VerdictView
        verdict={{
          mood: 'unknown',
          headline: `${parts}: ${formatGib(weights + kv)}`,
          detail: smallest === undefined ? 'Looking for the smallest GPU …' : 'No eight GPUs of the catalogue hold it.',
        }}
      />
      <AnswerBar answer={answer} engine={engine} />
    </>
  );
}
