import type { ServingAnswer, ServingQuestion } from '../src/analysis/plan';
import { isEmptyEdit } from '../src/analysis/scenario';
import type { FindingMessage } from '../src/protocol/messages';
import type { Call } from './connection';
import type { Planner } from './planner';
import { setupMessage } from './serving';

/** Pause in the changes before vLLM's rules are asked about them. */
const PAUSE_MS = 250;

/** What vLLM would say to a plan that departs from the file: the rules live in the extension, so it is asked. */
export class PlanCheck {
  private question: ServingQuestion | null = null;
  private found: readonly FindingMessage[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private call: Call<unknown> | null = null;

  constructor(private readonly planner: Planner) {}

  /** The findings on the plan; those of the file while nothing is changed. */
  findings(question: ServingQuestion, answer: ServingAnswer): readonly FindingMessage[] {
    const followed = this.planner.host?.followed;
    if (
      followed &&
      this.planner.state.opened === null &&
      isEmptyEdit(answer.edits) &&
      question.gpu?.gpu.key === followed.gpu?.key &&
      question.gpu?.count === followed.gpu?.count
    ) {
      this.forget();
      return followed.findings;
    }
    if (question.form.engine !== 'vllm') return [];
    if (question !== this.question) this.ask(question, answer);
    return this.found;
  }

  private ask(question: ServingQuestion, answer: ServingAnswer): void {
    this.forget();
    this.question = question;
    this.timer = setTimeout(() => {
      const { form, gpu } = question;
      const call = this.planner.request('checkPlan', {
        values: { ...form },
        args: [...answer.args],
        environment: [...(question.environment ?? [])],
        gpu: setupMessage(gpu),
      });
      this.call = call;
      call.answer.then(
        (findings) => {
          if (this.call !== call) return;
          this.found = findings;
          this.planner.redraw();
        },
        // Without the extension's rules the verdict still says what the start-up comes to.
        () => undefined,
      );
    }, PAUSE_MS);
  }

  private forget(): void {
    clearTimeout(this.timer);
    this.call?.cancel();
    this.call = null;
    this.question = null;
    this.found = [];
  }
}
