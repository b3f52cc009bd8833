import type { ServingQuestion, Simulate } from '../src/analysis/plan';
import { candidates, onGpus, runsEngine, type GpuOption } from '../src/analysis/solve';
import type { Gpu } from '../src/estimator/hardware/gpu';
import type { Planner } from './planner';
import { Sweep } from './sweep';

/** The cards of the catalogue that the question's engine runs on. */
export function usableGpus(planner: Planner, question: ServingQuestion): readonly Gpu[] {
  return (planner.host?.gpus ?? []).filter((gpu) => !gpu.key.startsWith('custom') && runsEngine(question.form.engine, gpu));
}

/** Looks for the GPUs that bring the least memory and still hold the question, without holding up the page. */
export class SmallestGpu {
  private readonly sweep: Sweep<ServingQuestion, GpuOption>;

  constructor(planner: Planner, simulate: Simulate) {
    function* steps(question: ServingQuestion): Generator<GpuOption | null> {
      for (const { gpu, count } of candidates(usableGpus(planner, question))) {
        const option = onGpus(question, gpu, count, simulate);
        yield option;
        if (option) return;
      }
    }
    this.sweep = new Sweep(steps, () => planner.redraw());
  }

  /** The answer: undefined while it is being looked for, null when no card of the catalogue holds it. */
  of(question: ServingQuestion): GpuOption | null | undefined {
    this.sweep.start(question);
    return this.sweep.results[0] ?? (this.sweep.done ? null : undefined);
  }
}
