import type { VNode } from 'preact';
import type { Simulate } from '../../src/analysis/plan';
import type { Planner } from '../planner';
import type { Serving } from '../serving';
import type { TabId } from '../state';
import { Tabs } from '../ui/toolkit';
import { InferenceView } from './inference';
import { Patterns } from './patterns';
import { SideView } from './side';

export interface AppProps {
  readonly planner: Planner;
  readonly serving: Serving;
  readonly simulate: Simulate;
}

/** The whole page. */
export function App({ planner, serving, simulate }: AppProps): VNode {
  return (
    <>
      <Patterns />
      {planner.host === null ? (
        <p class="quiet" role="status">
          Waiting for the editor …
        </p>
      ) : planner.place === 'side' ? (
        <SideView planner={planner} serving={serving} />
      ) : (
        <main class="panel">
          <h1 class="unseen">vLLM VRAM Planner</h1>
          {planner.host.followed ? (
            <p class="subtitle">
              {planner.host.followed.fileName} · {planner.host.followed.modelName ?? 'no model'} · vLLM {planner.host.followed.version}
            </p>
          ) : null}
          <Tabs
            label="Planner"
            active={planner.state.tab}
            onShow={(tab) => planner.change({ tab: tab as TabId })}
            tabs={[
              {
                id: 'inference',
                title: 'Inference',
                view: () => <InferenceView planner={planner} serving={serving} simulate={simulate} />,
              },
            ]}
          />
        </main>
      )}
      <div class={planner.notice ? `notice ${planner.notice.kind}` : 'notice'} role="status">
        {planner.notice?.text}
      </div>
    </>
  );
}
