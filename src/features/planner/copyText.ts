import type { Analysis } from '../../analysis/analysis';
import { answerFinetuning, finetuningRequestOf, type FinetuningForm } from '../../analysis/finetuningScenario';
import { servingSpeed } from '../../analysis/speed';
import type { ModelFacts } from '../../models/source';
import type { Params } from '../../protocol/messages';
import { estimateJson } from '../../report/estimateJson';
import { finetuningMarkdown } from '../../report/finetuningMarkdown';
import { reportMarkdown } from '../../report/markdown';
import { configYaml, serveCommand } from '../../report/takeaway';
import { analysisOfPlan, factsOfPlan, setupOfPlan, type ResolveModel } from './planAnalysis';

type Asked = Params<'copy'>;

function estimateText(analysis: Analysis): string {
  const speed = analysis.report && servingSpeed(analysis.report);
  return `${JSON.stringify({ deployments: [estimateJson(analysis, null, speed)] }, null, 2)}\n`;
}

/** The text of a scenario in the form that a person wants to take away; rejects with words for the person when a part is unknown. */
export async function textToCopy(asked: Asked, resolve: ResolveModel): Promise<string> {
  const id = String(asked.values['llm_key'] ?? '');
  const facts = (): Promise<ModelFacts> => factsOfPlan(asked.values, resolve);
  if (asked.kind === 'finetuning') return finetuningText(asked, facts);
  switch (asked.format) {
    case 'serve':
      return serveCommand(new Map(asked.args));
    case 'yaml':
      return configYaml(new Map(asked.args));
    case 'json':
      return estimateText(await analysisOfPlan(asked, resolve));
    case 'markdown':
      return reportMarkdown(await analysisOfPlan(asked, resolve), id);
  }
}

async function finetuningText({ format, values, gpu }: Asked, facts: () => Promise<ModelFacts>): Promise<string> {
  // Every field of the form is in the message; what its values may be, the request's own validation says.
  const form = values as unknown as FinetuningForm;
  if (format !== 'markdown') return `${JSON.stringify(finetuningRequestOf(form), null, 2)}\n`;
  const setup = setupOfPlan(gpu);
  if (!setup) throw new Error('Choose a GPU first: time and energy depend on it.');
  const model = await facts();
  const answer = answerFinetuning(form, { model: model.model, gpu: setup.gpu });
  if (!answer.ok) throw new Error(answer.problems.map(({ message }) => message).join(' '));
  return finetuningMarkdown(answer.request, answer.response, setup.gpu.label, model.id);
}
