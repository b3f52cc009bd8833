import { h, render, type ComponentChild } from 'preact';
import type { VsCodeApi } from './connection';
import { keepingFocus } from './focus';
import { Lazy } from './lazy';
import { Planner } from './planner';
import { registerToolkit } from './ui/toolkit';
import { App, type ServingNow } from './views/app';

declare function acquireVsCodeApi(): VsCodeApi;

// The toolkit takes the theme's colours when the window has loaded, so it must be there by then.
registerToolkit();

const place = document.body.dataset['place'] === 'side' ? 'side' : 'panel';
const planner = new Planner(place, acquireVsCodeApi(), () => {
  const loaded = engine.value;
  const serving = loaded && planner.host ? { tools: loaded.tools, now: loaded.file.serving(planner) } : null;
  keepingFocus(() => render(h(App, { planner, serving, view: view.value }), document.body));
  document.body.dataset['ready'] = serving && view.value ? 'yes' : 'no';
});
const redraw = (): void => planner.redraw();

// The engine comes beside the page, so the frame is drawn while it is still on its way.
const engine = new Lazy(async () => {
  const { simulateStartup: simulate, FileDeployment, PlanCheck, SmallestGpu } = await import('./engine');
  const tools = { simulate, check: new PlanCheck(planner), smallest: new SmallestGpu(planner, simulate) };
  return { tools, file: new FileDeployment(simulate) };
}, redraw);

const tabs = {
  inference: new Lazy(async () => new (await import('./views/inference')).InferenceTab(planner), redraw),
  finetuning: new Lazy(async () => new (await import('./views/finetuning')).FinetuningTab(planner), redraw),
  compare: new Lazy(async () => new (await import('./views/compare')).CompareTab(planner), redraw),
};

/** What this place shows: the side view needs neither the form nor the tabs. */
const view = new Lazy(async (): Promise<(serving: ServingNow) => ComponentChild> => {
  if (place === 'side') {
    const { SideView } = await import('./views/side');
    return ({ tools, now }) => h(SideView, { planner, serving: now, smallest: tools.smallest });
  }
  // The tab that will be shown need not wait for its frame.
  void tabs[planner.state.tab].value;
  const { PanelView } = await import('./views/panel');
  return (serving) => h(PanelView, { planner, serving, tabs });
}, redraw);

// On their way before the first frame asks for them.
void engine.value;
void view.value;
planner.start();
