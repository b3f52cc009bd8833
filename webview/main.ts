import { h, render } from 'preact';
import type { ServingQuestion } from '../src/analysis/plan';
import type { GpuOption } from '../src/analysis/solve';
import { simulateStartup } from '../src/vllm/startup/simulate';
import type { VsCodeApi } from './connection';
import { Planner } from './planner';
import { FileDeployment } from './serving';
import { Sweep } from './sweep';
import { training } from './training';
import { registerToolkit } from './ui/toolkit';
import { App } from './views/app';
import { gpuOptions } from './views/compare';
import { cardSweep } from './views/finetuning';

declare function acquireVsCodeApi(): VsCodeApi;

registerToolkit();

const file = new FileDeployment(simulateStartup);
const place = document.body.dataset['place'] === 'side' ? 'side' : 'panel';
const planner = new Planner(place, acquireVsCodeApi(), () => {
  render(
    h(App, { planner, serving: file.serving(planner), training: () => training(planner), simulate: simulateStartup, options, cards }),
    document.body,
  );
  document.body.dataset['ready'] = planner.host ? 'yes' : 'no';
});
const redraw = (): void => planner.redraw();
const options = new Sweep<ServingQuestion, GpuOption>((question) => gpuOptions(planner, question, simulateStartup), redraw);
const cards = cardSweep(
  () => planner,
  () => {
    const { answer, model } = training(planner);
    return answer?.ok && model?.state === 'known' ? { request: answer.request, facts: model.facts } : null;
  },
  redraw,
);
planner.start();
