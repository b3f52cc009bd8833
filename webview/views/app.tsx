import type { VNode } from 'preact';
import type { ServingQuestion, Simulate } from '../../src/analysis/plan';
import type { GpuOption } from '../../src/analysis/solve';
import type { Planner } from '../planner';
import type { Serving } from '../serving';
import type { TabId } from '../state';
import type { Sweep } from '../sweep';
import type { Training, TrainingOption } from '../training';
import { Tabs } from '../ui/toolkit';
import { CompareView } from './compare';
import { FinetuningView } from './finetuning';
import { InferenceView } from './inference';
import { Patterns } from './patterns';
import { SideView } from './side';

export interface AppProps {
  readonly planner: Planner;
  readonly serving: Serving;
  readonly training: () => Training;
  readonly simulate: Simulate;
  readonly options: Sweep<ServingQuestion, GpuOption>;
  readonly cards: Sweep<string, TrainingOption>;
}

/** The whole page. */
export function App({ planner, serving, training, simulate, options, cards }: AppProps): VNode {
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
              {
                id: 'finetuning',
                title: 'Fine-tuning',
                view: () => <FinetuningView planner={planner} training={training()} cards={cards} />,
              },
              {
                id: 'compare',
                title: 'Compare',
                view: () => <CompareView planner={planner} serving={serving} simulate={simulate} options={options} />,
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
