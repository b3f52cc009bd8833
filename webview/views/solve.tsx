import type { VNode } from 'preact';
import type { Simulate } from '../../src/analysis/plan';
import type { InferenceForm } from '../../src/analysis/scenario';
import { leastTensorParallel, longestContext, mostUsers, type GpuOption, type Solution } from '../../src/analysis/solve';
import { formatCount, formatGib } from '../../src/estimator/figures';
import type { Planner } from '../planner';
import type { Serving, ServingTools } from '../serving';
import { Button } from '../ui/toolkit';
import { fold } from './fold';

interface SolveProps {
  readonly planner: Planner;
  readonly serving: Serving;
  readonly tools: ServingTools;
  readonly onSolve: (changes: Partial<InferenceForm>) => void;
  /** The change that makes the deployment start, when it does not; null otherwise. */
  readonly start: { readonly title: string; readonly onUse: (() => void) | null } | null;
}

interface Asked {
  readonly question: string;
  readonly solve: (serving: Serving, simulate: Simulate) => Solution | null;
  /** Nothing can be said without the context. */
  readonly needsContext: boolean;
  readonly answer: (solution: Solution) => string;
  readonly changes: (form: InferenceForm) => Partial<InferenceForm>;
}

const QUESTIONS: readonly Asked[] = [
  {
    question: 'Longest context for this load',
    needsContext: false,
    solve: ({ question }, simulate) => question && longestContext(question, simulate),
    answer: ({ form }) => `${formatCount(form.seq_length)} tokens`,
    changes: ({ seq_length }) => ({ seq_length }),
  },
  {
    question: 'Most users at this context',
    needsContext: true,
    solve: ({ question }, simulate) => question && mostUsers(question, simulate),
    answer: ({ form }) => `${formatCount(form.concurrent_users)} users`,
    changes: ({ concurrent_users }) => ({ concurrent_users }),
  },
  {
    question: 'Least tensor parallel',
    needsContext: true,
    solve: ({ question }, simulate) => question && leastTensorParallel(question, simulate),
    answer: ({ form }) => `${formatCount(form.tensor_parallel_size)} ${form.tensor_parallel_size === 1 ? 'GPU' : 'GPUs'}`,
    changes: ({ num_gpus, inference_parallelism, tensor_parallel_size }) => ({ num_gpus, inference_parallelism, tensor_parallel_size }),
  },
];

const NEEDS_CONTEXT = 'enter the context first';

/** "What is the most …?", each with the change to make and what is left after it. */
export function Solve({ planner, serving, tools, onSolve, start }: SolveProps): VNode {
  const { simulate, smallest } = tools;
  const open = planner.state.open.includes('inference/solve');
  return (
    <details class="solve" open={open} onToggle={(event) => fold(planner, 'inference/solve', event.currentTarget.open)}>
      <summary>
        Solve <span class="quiet">for the longest context, the most users, the smallest GPU</span>
      </summary>
      {open ? (
        <table>
          <caption class="unseen">Best values with everything else as it is</caption>
          <thead>
            <tr>
              <th scope="col">Question</th>
              <th scope="col">Answer</th>
              <th scope="col">Then left for the KV cache</th>
              <th scope="col">
                <span class="unseen">Take it</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {start ? (
              <tr>
                <th scope="row">Cheapest change that starts</th>
                <td colSpan={2}>{start.title}</td>
                <td>
                  <Button disabled={start.onUse === null} onPress={() => start.onUse?.()} label={`Use: ${start.title}`}>
                    Use
                  </Button>
                </td>
              </tr>
            ) : null}
            {QUESTIONS.map((asked) => {
              const lacksContext = asked.needsContext && serving.answer?.context === null;
              const solution = lacksContext ? null : asked.solve(serving, simulate);
              const left = solution?.answer.report.perGpu.kvCache?.value ?? null;
              return (
                <tr key={asked.question}>
                  <th scope="row">{asked.question}</th>
                  <td>{solution ? asked.answer(solution) : lacksContext ? NEEDS_CONTEXT : 'none'}</td>
                  <td>{left === null ? '' : `${formatGib(left)} per GPU`}</td>
                  <td>
                    {solution ? (
                      <Button
                        onPress={() => onSolve(asked.changes(solution.form))}
                        label={`Use: ${asked.question}, ${asked.answer(solution)}`}
                      >
                        Use
                      </Button>
                    ) : null}
                  </td>
                </tr>
              );
            })}
            {serving.answer?.context === null ? (
              <tr>
                <th scope="row">Smallest GPU</th>
                <td>{NEEDS_CONTEXT}</td>
                <td />
                <td />
              </tr>
            ) : (
              <SmallestRow option={serving.question && smallest.of(serving.question)} onSolve={onSolve} />
            )}
          </tbody>
        </table>
      ) : null}
    </details>
  );
}

interface SmallestRowProps {
  readonly option: GpuOption | null | undefined;
  readonly onSolve: (changes: Partial<InferenceForm>) => void;
}

function SmallestRow({ option, onSolve }: SmallestRowProps): VNode {
  const name = option ? `${option.count} × ${option.gpu.label}` : option === null ? 'none' : 'looking …';
  const left = option?.solution.answer.report.perGpu.kvCache?.value ?? null;
  const { gpu_key = '', num_gpus = 1, inference_parallelism = 'tensor' } = option?.solution.form ?? {};
  return (
    <tr>
      <th scope="row">Smallest GPU</th>
      <td>{name}</td>
      <td>{left === null ? '' : `${formatGib(left)} per GPU`}</td>
      <td>
        {option ? (
          <Button onPress={() => onSolve({ gpu_key, num_gpus, inference_parallelism })} label={`Use: smallest GPU, ${name}`}>
            Use
          </Button>
        ) : null}
      </td>
    </tr>
  );
}
