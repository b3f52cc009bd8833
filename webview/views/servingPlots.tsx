import type { VNode } from 'preact';
import {
  memoryLimit,
  requestsIn,
  type MemoryPoint,
  type ServingAnswer,
  type ServingQuestion,
  type SpeedPoint,
} from '../../src/analysis/plan';
import type { PoolEnd } from '../../src/estimator/contracts/inferenceEstimate';
import { formatCount, formatGib, formatShort, formatTenths, gibNumber } from '../../src/estimator/figures';
import { GIB } from '../../src/estimator/units';
import { PART_LABELS } from '../../src/report/words';
import { Plot } from '../plots/plot';
import { tokens } from '../words';

/** One computed set of curves with what it belongs to. */
export interface ServingPlotsProps {
  readonly question: ServingQuestion;
  readonly answer: ServingAnswer;
  readonly lengths: readonly number[];
  readonly context: readonly MemoryPoint[];
  readonly requests: readonly MemoryPoint[];
  readonly speed: readonly SpeedPoint[];
}

/** Memory against context and against requests, and speed against requests. Loaded when there is something to draw. */
export function ServingPlots({ question, answer, lengths, context, requests, speed }: ServingPlotsProps): VNode {
  const { form } = question;
  const isVllm = form.engine === 'vllm';
  const end = memoryLimit(answer, form);
  const limit = end && { y: end.bytes / GIB, label: `${limitName(end, isVllm)} ${formatGib(end.bytes)}` };
  const room = answer.report.perGpu.kvCache?.value ?? null;
  const crossed = end && crossing(requests, end.bytes);
  const fitting = !isVllm ? crossed && Math.ceil(crossed) - 1 : room === null ? null : requestsIn(room, answer.report, form);
  const broken = end && crossing(context, end.bytes);
  return (
    <>
      <Plot
        id="plot-context"
        title={`Memory against context, ${formatCount(answer.requests)} ${answer.requests === 1 ? 'request' : 'requests'}`}
        xName="Context"
        xUnit="tokens"
        yName="per GPU"
        yUnit="GiB"
        format={gib}
        xs={lengths}
        xAxis="log"
        stacked
        series={layersOf(context)}
        limit={limit}
        breakAt={
          broken === null
            ? null
            : { x: broken, label: broken === lengths[0] ? 'No length fits' : `Breaks near ${tokens(roundToStep(broken))}` }
        }
        here={answer.context}
        formatX={tokens}
        formatY={formatShort}
      />
      {requests.length === 0 ? null : (
        <Plot
          id="plot-requests"
          title={`Memory against requests at once, ${tokens(answer.context ?? 0)} tokens each`}
          xName="Requests"
          xUnit=""
          yName="per GPU"
          yUnit="GiB"
          format={gib}
          xs={requests.map((point) => point.x)}
          xAxis="log"
          stacked
          series={layersOf(requests)}
          limit={limit}
          breakAt={
            fitting === null || !Number.isFinite(fitting)
              ? null
              : { x: fitting + 1, label: fitting <= 0 ? 'Not even one fits' : `Breaks at ${formatCount(fitting + 1)}` }
          }
          here={answer.requests}
          formatX={formatCount}
          formatY={formatShort}
        />
      )}
      {speed.length === 0 ? null : (
        <Plot
          id="plot-speed"
          title="Tokens per second against requests at once"
          xName="Requests"
          xUnit=""
          yName=""
          yUnit="tokens/s"
          format={formatTenths}
          xs={speed.map((point) => point.requests)}
          xAxis="log"
          stacked={false}
          series={[
            { name: 'all together', look: 'kv_cache', values: speed.map((point) => point.all) },
            { name: 'each', look: 'activations', values: speed.map((point) => point.each) },
          ]}
          limit={null}
          breakAt={null}
          here={answer.requests}
          formatX={formatCount}
          formatY={formatShort}
        />
      )}
    </>
  );
}

/** What bounds the memory: vLLM's budget, the pool that another engine's option sets, or the card. */
function limitName({ option }: PoolEnd, isVllm: boolean): string {
  if (isVllm) return 'Budget';
  return option === null ? 'Card' : `${option}:`;
}

function gib(value: number): string {
  return gibNumber(value * GIB);
}

function layersOf(points: readonly MemoryPoint[]): { readonly name: string; readonly look: string; readonly values: readonly number[] }[] {
  return [
    { name: 'weights and runtime', look: 'weights', values: points.map((point) => point.fixed / GIB) },
    { name: PART_LABELS.kv_cache, look: 'kv_cache', values: points.map((point) => point.kv / GIB) },
  ];
}

/** Tokens to a step that reads well: 256 up to 2,048, then 1,024. */
function roundToStep(length: number): number {
  const step = length < 2048 ? 256 : 1024;
  return Math.round(length / step) * step;
}

/** Where the memory first passes the limit, between two points by straight line; null when it never does. */
function crossing(points: readonly MemoryPoint[], limit: number): number | null {
  for (const [index, point] of points.entries()) {
    const total = point.fixed + point.kv;
    if (total <= limit) continue;
    const before = points[index - 1];
    if (!before) return point.x;
    const start = before.fixed + before.kv;
    return before.x + ((limit - start) / (total - start)) * (point.x - before.x);
  }
  return null;
}
