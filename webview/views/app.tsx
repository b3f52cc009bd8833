import type { ComponentChild, VNode } from 'preact';
import type { Planner } from '../planner';
import type { Serving, ServingTools } from '../serving';
import { Patterns } from './patterns';
import { Waiting } from './waiting';

/** The serving question as it stands, and what answers it. */
export interface ServingNow {
  readonly tools: ServingTools;
  readonly now: Serving;
}

export interface AppProps {
  readonly planner: Planner;
  /** Null until the engine and the first message are there. */
  readonly serving: ServingNow | null;
  /** The side view or the panel; null while it is on its way. */
  readonly view: ((serving: ServingNow) => ComponentChild) | null;
}

/** The whole page. */
export function App({ planner, serving, view }: AppProps): VNode {
  const { notice } = planner;
  return (
    <>
      <Patterns />
      {view && serving ? view(serving) : <Waiting text="Waiting for the editor …" />}
      <div class={notice ? `notice ${notice.kind}` : 'notice'} role="status">
        {notice?.text}
      </div>
    </>
  );
}
