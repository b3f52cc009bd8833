import { h, render } from 'preact';
import { simulateStartup } from '../src/vllm/startup/simulate';
import type { VsCodeApi } from './connection';
import { Planner } from './planner';
import { FileDeployment } from './serving';
import { registerToolkit } from './ui/toolkit';
import { App } from './views/app';

declare function acquireVsCodeApi(): VsCodeApi;

registerToolkit();

const file = new FileDeployment(simulateStartup);
const place = document.body.dataset['place'] === 'side' ? 'side' : 'panel';
const planner = new Planner(place, acquireVsCodeApi(), () => {
  render(h(App, { planner, serving: file.serving(planner), simulate: simulateStartup }), document.body);
  document.body.dataset['ready'] = planner.host ? 'yes' : 'no';
});
planner.start();
