import type { Analysis } from '../../analysis/analysis';
import { analyze } from '../../analysis/analyze';
import { answerFinetuning, finetuningRequestOf, type FinetuningForm } from '../../analysis/finetuningScenario';
import { sizedModel } from '../../analysis/sizedModel';
import { servingSpeed } from '../../analysis/speed';
import { customGpu, findGpu, isCustomGpuKey } from '../../estimator/hardware/catalogue';
import type { GpuSetup } from '../../estimator/hardware/gpu';
import type { ModelFacts } from '../../models/source';
import type { Params } from '../../protocol/messages';
import { estimateJson } from '../../report/estimateJson';
import { finetuningMarkdown } from '../../report/finetuningMarkdown';
import { reportMarkdown } from '../../report/markdown';
import { configYaml, serveCommand } from '../../report/takeaway';

/** The model of which only the size is known. */
const SIZED = 'custom';

type Asked = Params<'copy'>;

function estimateText(analysis: Analysis): string {
  const speed = analysis.report && servingSpeed(analysis.report);
  return `${JSON.stringify({ deployments: [estimateJson(analysis, null, speed)] }, null, 2)}\n`;
}

/** The text of a scenario in the form that a person wants to take away; rejects with words for the person when a part is unknown. */
export async function textToCopy(asked: Asked, resolve: (id: string) => Promise<ModelFacts>): Promise<string> {
  const id = String(asked.values['llm_key'] ?? '');
  const facts = (): Promise<ModelFacts> =>
    id === SIZED ? Promise.resolve(sizedModel(Number(asked.values['custom_parameters']))) : resolve(id);
  if (asked.kind === 'finetuning') return finetuningText(asked, facts);
  switch (asked.format) {
    case 'serve':
      return serveCommand(new Map(asked.args));
    case 'yaml':
      return configYaml(new Map(asked.args));
    case 'json':
      return estimateText(analysisOf(asked, await facts()));
    case 'markdown':
      return reportMarkdown(analysisOf(asked, await facts()), id);
  }
}

async function finetuningText({ format, values, gpu }: Asked, facts: () => Promise<ModelFacts>): Promise<string> {
  // Every field of the form is in the message; what its values may be, the request's own validation says.
  const form = values as unknown as FinetuningForm;
  if (format !== 'markdown') return `${JSON.stringify(finetuningRequestOf(form), null, 2)}\n`;
  const setup = setupOf(gpu);
  if (!setup) throw new Error('Choose a GPU first: time and energy depend on it.');
  const model = await facts();
  const answer = answerFinetuning(form, { model: model.model, gpu: setup.gpu });
  if (!answer.ok) throw new Error([...answer.problems.values()].join(' '));
  return finetuningMarkdown(answer.request, answer.response, setup.gpu.label, model.id);
}

/** The analysis of arguments that stand in no file. */
function analysisOf({ args, gpu, values }: Asked, facts: ModelFacts): Analysis {
  const version = String(values['engine_version'] ?? '');
  const deployment = {
    reader: 'arguments' as const,
    arguments: [],
    args: new Map(args),
    range: { start: 0, end: 0 },
    gpuHints: [],
    vllmVersion: version,
    problems: [],
  };
  return analyze({ deployment, facts, modelProblem: null, gpu: { gpu: setupOf(gpu), problem: null, assumptions: [] }, version, text: '' });
}

function setupOf(chosen: Asked['gpu']): GpuSetup | null {
  if (!chosen) return null;
  const { key, count, totalMemoryGib, freeMemoryGib, source } = chosen;
  const gpu = isCustomGpuKey(key) ? customGpu(key, totalMemoryGib) : findGpu(key);
  return gpu && { gpu, count, totalMemoryGib, freeMemoryGib, source };
}
