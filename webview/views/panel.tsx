import type { VNode } from 'preact';
import type { Lazy } from '../lazy';
import type { Planner } from '../planner';
import { INITIAL_STATE, type TabId } from '../state';
import { Tabs } from '../ui/tabs';
import { Button } from '../ui/toolkit';
import type { ServingNow } from './app';
import type { CompareTab } from './compare';
import type { FinetuningTab } from './finetuning';
import type { InferenceTab } from './inference';
import { Waiting } from './waiting';

/** The three tabs, each loaded when it is first shown. */
export interface PanelTabs {
  readonly inference: Lazy<InferenceTab>;
  readonly finetuning: Lazy<FinetuningTab>;
  readonly compare: Lazy<CompareTab>;
}

export interface PanelProps {
  readonly planner: Planner;
  readonly serving: ServingNow;
  readonly tabs: PanelTabs;
}

/** The full planner. */
export function PanelView({ planner, serving: { tools, now }, tabs }: PanelProps): VNode {
  const followed = planner.host?.followed ?? null;
  const { opened } = planner.state;
  return (
    <main class="panel">
      <h1 class="unseen">vLLM VRAM Planner</h1>
      {opened && planner.state.tab === 'inference' ? (
        <p class="subtitle">
          <span>“{opened.name}”, with the arguments, GPU and version that it had</span>
          <Button
            id="close-scenario"
            label="Close the scenario"
            onPress={() => planner.change({ inference: INITIAL_STATE.inference, opened: null })}
          >
            Close
          </Button>
        </p>
      ) : followed ? (
        <p class="subtitle">
          {followed.fileName} · {followed.modelName ?? 'no model'} · vLLM {followed.version}
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
            view: () => tabs.inference.value?.view(now, tools) ?? <Waiting text="Loading …" />,
          },
          { id: 'finetuning', title: 'Fine-tuning', view: () => tabs.finetuning.value?.view() ?? <Waiting text="Loading …" /> },
          {
            id: 'compare',
            title: 'Compare',
            view: () => tabs.compare.value?.view(now, tools.simulate) ?? <Waiting text="Loading …" />,
          },
        ]}
      />
    </main>
  );
}
