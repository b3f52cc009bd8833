import type { VNode } from 'preact';
import type { Lazy } from '../lazy';
import type { Planner } from '../planner';
import type { Serving, ServingTools } from '../serving';
import type { TabId } from '../state';
import { Tabs } from '../ui/toolkit';
import type { CompareTab } from './compare';
import type { FinetuningTab } from './finetuning';
import type { InferenceProps } from './inference';
import { Patterns } from './patterns';
import { SideView } from './side';

export interface AppProps {
  readonly planner: Planner;
  /** The serving question, and what answers it; null until the engine and the first message are there. */
  readonly serving: { readonly tools: ServingTools; readonly now: Serving } | null;
  readonly inference: Lazy<(props: InferenceProps) => VNode>;
  readonly finetuning: Lazy<FinetuningTab>;
  readonly compare: Lazy<CompareTab>;
}

/** The whole page. */
export function App({ planner, serving, inference, finetuning, compare }: AppProps): VNode {
  const { host, notice } = planner;
  return (
    <>
      <Patterns />
      {host === null || serving === null ? (
        <Waiting text="Waiting for the editor …" />
      ) : planner.place === 'side' ? (
        <SideView planner={planner} serving={serving.now} smallest={serving.tools.smallest} />
      ) : (
        <main class="panel">
          <h1 class="unseen">vLLM VRAM Planner</h1>
          {host.followed ? (
            <p class="subtitle">
              {host.followed.fileName} · {host.followed.modelName ?? 'no model'} · vLLM {host.followed.version}
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
                view: () => inference.value?.({ planner, serving: serving.now, tools: serving.tools }) ?? <Waiting text="Loading …" />,
              },
              { id: 'finetuning', title: 'Fine-tuning', view: () => finetuning.value?.view() ?? <Waiting text="Loading …" /> },
              {
                id: 'compare',
                title: 'Compare',
                view: () => compare.value?.view(serving.now, serving.tools.simulate) ?? <Waiting text="Loading …" />,
              },
            ]}
          />
        </main>
      )}
      <div class={notice ? `notice ${notice.kind}` : 'notice'} role="status">
        {notice?.text}
      </div>
    </>
  );
}

function Waiting({ text }: { readonly text: string }): VNode {
  return (
    <p class="quiet" role="status">
      {text}
    </p>
  );
}
