import { Component, type VNode } from 'preact';
import {
  memoryAgainstContext,
  memoryAgainstRequests,
  speedAgainstRequests,
  type ServingAnswer,
  type ServingQuestion,
  type Simulate,
} from '../../src/analysis/plan';
import { surelyFails } from './answer';
import { geometric } from './formTools';
import type { ServingPlots, ServingPlotsProps } from './servingPlots';

interface CurvesProps {
  readonly question: ServingQuestion;
  readonly answer: ServingAnswer;
  readonly simulate: Simulate;
}

/** The curves with what draws them. */
interface Drawn {
  readonly plots: typeof ServingPlots;
  readonly props: ServingPlotsProps;
}

/**
 * The plots of a serving answer. They cost several frames' worth of simulations, so they follow once the answer itself is painted, and
 * a slider that moves on in the meantime is not held up.
 */
export class Curves extends Component<CurvesProps, { readonly drawn: Drawn | null }> {
  override state: { readonly drawn: Drawn | null } = { drawn: null };
  private timer: ReturnType<typeof setTimeout> | undefined;
  private mounted = true;

  override componentDidMount(): void {
    this.later();
  }

  override componentWillReceiveProps(next: CurvesProps): void {
    if (next.question !== this.props.question) this.later();
  }

  override shouldComponentUpdate(_next: CurvesProps, state: { readonly drawn: Drawn | null }): boolean {
    return state.drawn !== this.state.drawn;
  }

  override componentWillUnmount(): void {
    this.mounted = false;
    clearTimeout(this.timer);
  }

  override render(_props: CurvesProps, { drawn }: { readonly drawn: Drawn | null }): VNode {
    return <div class="plots">{drawn ? <drawn.plots {...drawn.props} /> : null}</div>;
  }

  private later(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.compute(), AFTER_PAINT_MS);
  }

  private async compute(): Promise<void> {
    const { question } = this.props;
    const { ServingPlots: plots } = await import('./servingPlots');
    // A newer question may have come, or the tab may have gone, while the plots were loaded.
    const { answer, simulate } = this.props;
    if (this.props.question !== question || !this.mounted) return;
    this.setState({ drawn: { plots, props: { question, answer, ...curvesOf(question, answer, simulate) } } });
  }
}

/** Long enough that the steps of a drag follow each other undisturbed, short enough to seem immediate (0.1 s, Nielsen 1993). */
const AFTER_PAINT_MS = 100;

function curvesOf(question: ServingQuestion, answer: ServingAnswer, simulate: Simulate): Omit<ServingPlotsProps, 'question' | 'answer'> {
  const { form, facts } = question;
  const longest = Math.max(answer.context ?? 0, facts.model.architecture.maxPositionEmbeddings ?? 0, 4096);
  const lengths = geometric(256, longest);
  return {
    lengths,
    context: memoryAgainstContext(question, lengths, simulate),
    requests: memoryAgainstRequests(answer, form, geometric(1, Math.max(16, answer.requests * 4))),
    speed: surelyFails(answer.report, form.engine)
      ? []
      : speedAgainstRequests(question, answer, geometric(1, Math.max(64, answer.requests * 4))),
  };
}
