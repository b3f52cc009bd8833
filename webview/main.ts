import { h, render } from 'preact';
import type { VsCodeApi } from './connection';
import { keepingFocus } from './focus';
import { Lazy } from './lazy';
import { Planner } from './planner';
import { registerToolkit } from './ui/toolkit';
import { App } from './views/app';

declare function acquireVsCodeApi(): VsCodeApi;

registerToolkit();

const place = document.body.dataset['place'] === 'side' ? 'side' : 'panel';
const planner = new Planner(place, acquireVsCodeApi(), () => {
  const loaded = engine.value;
  const serving = loaded && planner.host ? { tools: loaded.tools, now: loaded.file.serving(planner) } : null;
  keepingFocus(() => render(h(App, { planner, serving, inference, finetuning, compare }), document.body));
  document.body.dataset['ready'] = serving ? 'yes' : 'no';
});
const redraw = (): void => planner.redraw();
// The engine comes beside the page, so the frame is drawn while it is still on its way.
const engine = new Lazy(async () => {
  const [{ simulateStartup: simulate }, { FileDeployment }, { PlanCheck }, { SmallestGpu }] = await Promise.all([
    import('../src/vllm/startup/simulate'),
    import('./serving'),
    import('./planCheck'),
    import('./smallestGpu'),
  ]);
  const tools = { simulate, check: new PlanCheck(planner), smallest: new SmallestGpu(planner, simulate) };
  return { tools, file: new FileDeployment(simulate) };
}, redraw);
const inference = new Lazy(async () => (await import('./views/inference')).InferenceView, redraw);
const finetuning = new Lazy(async () => new (await import('./views/finetuning')).FinetuningTab(planner), redraw);
const compare = new Lazy(async () => new (await import('./views/compare')).CompareTab(planner), redraw);
planner.start();
