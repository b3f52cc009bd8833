import type { VNode } from 'preact';
import { formatFigure, formatGib, formatPercent } from '../../src/estimator/figures';
import type { ServingAnswer, Simulate } from '../../src/analysis/plan';
import { formOfReport, isEmptyEdit, needsAnotherCheckpoint, withEdits, type InferenceForm } from '../../src/analysis/scenario';
import type { GpuOption } from '../../src/analysis/solve';
import type { ChoiceField, Field } from '../fields/field';
import { INFERENCE_FIELDS } from '../fields/inference';
import type { StartupReport } from '../../src/vllm/startup/report';
import type { HostState, Planner } from '../planner';
import { setupMessage, type Serving, type ServingTools } from '../serving';
import { MAX_PINS } from '../state';
import { Progress } from '../ui/toolkit';
import { short } from '../words';
import { servingFigures } from './answer';
import { GpuChooser, ModelChooser } from './choosers';
import { Figures } from './figures';
import { Form } from './form';
import { departures, numbered } from './formTools';
import { AnswerBar, stretchesOf } from './memoryBar';
import { Need } from './newcomer';
import { Curves } from './servingCurves';
import { Findings, fold } from './side';
import { Solve } from './solve';
import { TakeAway } from './takeaway';
import { servingVerdict, VerdictView } from './verdict';

export interface InferenceProps {
  readonly planner: Planner;
  readonly serving: Serving;
  readonly tools: ServingTools;
}

/** The serving tab: the questions on the left, the answer on the right. */
export function InferenceView({ planner, serving, tools }: InferenceProps): VNode {
  const { form, fileForm, model, answer, question, gpu } = serving;
  const change = (changes: Partial<InferenceForm>): void => planner.change({ inference: departures(fileForm, { ...form, ...changes }) });
  const changed = new Set(Object.keys(planner.state.inference));
  return (
    <>
      {answer ? (
        <Headline answer={answer} form={form} smallest={gpu || !question ? null : tools.smallest.of(question)} hasGpu={gpu !== null} />
      ) : null}
      <div class="columns">
        <section class="questions" aria-label="Inputs">
          <Form
            id="inference"
            fields={fieldsWith(planner.host, form)}
            form={form}
            changed={planner.host?.followed ? changed : new Set()}
            problems={problemsOf(form, fileForm, (planner.host?.followed ?? null) !== null)}
            open={planner.state.open}
            onChange={(name, value) => change({ [name]: value })}
            onFold={(section, open) => fold(planner, section, open)}
            lead={
              <>
                <ModelChooser
                  id="inference-model"
                  planner={planner}
                  value={form.llm_key}
                  onChoose={(llm_key) => change({ llm_key, ...(llm_key === 'custom' ? {} : { quantization: 'checkpoint' }) })}
                />
                <GpuChooser
                  id="inference-gpu"
                  gpus={planner.host?.gpus ?? []}
                  value={form.gpu_key}
                  onChoose={(gpu_key) => change({ gpu_key })}
                />
              </>
            }
          />
        </section>
        <section class="answers" aria-label="Answer">
          {answer ? (
            <Answer planner={planner} serving={serving} tools={tools} onSolve={change} />
          ) : model?.state === 'loading' ? (
            <Progress text={model.message} onCancel={model.cancel} />
          ) : (
            <p class="quiet">Choose a model, or any model of a given size.</p>
          )}
        </section>
      </div>
    </>
  );
}

/** The verdict and the bar, above everything so that they are seen at any width. */
function Headline({
  answer,
  form,
  smallest,
  hasGpu,
}: {
  readonly smallest: GpuOption | null | undefined;
  readonly answer: ServingAnswer;
  readonly form: InferenceForm;
  readonly hasGpu: boolean;
}): VNode {
  return (
    <section class="headline" aria-label="Verdict">
      {hasGpu ? (
        <>
          <VerdictView verdict={servingVerdict(answer, form)} />
          <AnswerBar answer={answer} engine={form.engine} />
        </>
      ) : (
        <Need answer={answer} smallest={smallest} engine={form.engine} />
      )}
    </section>
  );
}

function Answer({
  planner,
  serving,
  tools,
  onSolve,
}: InferenceProps & { readonly onSolve: (changes: Partial<InferenceForm>) => void }): VNode | null {
  const { form, answer, question, gpu } = serving;
  if (!answer || !question) return null;
  const pin = (): void => {
    const name = `${form.llm_key === 'custom' ? `${short(form.custom_parameters)}B` : (form.llm_key.split('/').at(-1) ?? form.llm_key)} on ${gpu ? `${gpu.count} × ${gpu.gpu.label}` : 'any GPU'}`;
    const pins = [
      ...planner.state.pins,
      { name: numbered(name, planner), kind: 'inference' as const, values: { ...form }, args: [...answer.args] },
    ];
    planner.change({ pins: pins.slice(0, MAX_PINS) });
    planner.say({ kind: 'done', text: `Pinned “${name}”: see Compare.` });
  };
  // Without a chosen GPU the figures are those of the one that the verdict proposes.
  const option = gpu ? null : tools.smallest.of(question);
  const shown = option?.solution.answer ?? answer;
  const findings = tools.check.findings(question, answer);
  const fixes = fixing(planner, serving, tools.simulate, onSolve);
  return (
    <>
      <TakeAway
        planner={planner}
        kind="inference"
        values={{ ...form }}
        args={answer.args}
        fileArgs={question.fileArgs}
        gpu={setupMessage(gpu)}
        edits={answer.edits}
        onPin={pin}
        canPin={planner.state.pins.length < MAX_PINS}
      />
      {option ? <p class="quiet">On the smallest GPUs that hold it:</p> : null}
      <Figures figures={servingFigures(shown, form)} />
      <Findings findings={findings} {...fixes} />
      {gpu ? <Solve serving={serving} tools={tools} planner={planner} onSolve={onSolve} /> : null}
      <Curves question={question} answer={answer} simulate={tools.simulate} />
      <WhereItGoes answer={shown} engine={form.engine} />
      <details
        class="assumptions"
        open={planner.state.open.includes('inference/assumptions')}
        onToggle={(event) => fold(planner, 'inference/assumptions', event.currentTarget.open)}
      >
        <summary>Assumptions</summary>
        <ul>
          {[...answer.report.assumptions, ...question.facts.assumptions].map((assumption) => (
            <li key={assumption}>{assumption}</li>
          ))}
        </ul>
      </details>
    </>
  );
}

/** The parts of the memory as a table, with ranges. */
function WhereItGoes({ answer, engine }: { readonly answer: ServingAnswer; readonly engine: string }): VNode {
  const total = answer.report.perGpu.total;
  return (
    <table class="parts">
      <caption>Where the memory goes, per GPU</caption>
      <thead>
        <tr>
          <th scope="col">Part</th>
          <th scope="col">Memory</th>
          <th scope="col">Range</th>
          <th scope="col" class="wide">
            Share
          </th>
        </tr>
      </thead>
      <tbody>
        {stretchesOf(answer, engine).map(({ id, name, bytes }) => (
          <tr key={id}>
            <th scope="row">{name}</th>
            <td>{formatGib(bytes.value)}</td>
            <td title={bytes.reason ?? ''}>{formatFigure(bytes, formatGib).spelledRange || 'exact'}</td>
            <td class="wide">
              {total === null ? null : (
                <meter min={0} max={total} value={bytes.value} aria-label={`${name}: ${formatPercent(bytes.value / total)} of the GPU`}>
                  {formatPercent(bytes.value / total)}
                </meter>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Values that are fine by themselves but not together or not for this engine. */
function problemsOf(form: InferenceForm, fileForm: InferenceForm, hasFile: boolean): ReadonlyMap<string, string> {
  const problems = new Map<string, string>();
  if (hasFile && form.quantization !== fileForm.quantization && needsAnotherCheckpoint(form.quantization)) {
    problems.set('quantization', 'No argument makes this format: to write it into the file, choose a checkpoint that has it as the model.');
  }
  const { tensor_parallel_size: tensor, pipeline_parallel_size: pipeline, data_parallel_size: data } = form;
  if (form.inference_parallelism === 'custom' && tensor * pipeline * data !== form.num_gpus) {
    problems.set(
      'data_parallel_size',
      `${tensor} × ${pipeline} × ${data} is ${tensor * pipeline * data}, but there are ${form.num_gpus} GPUs.`,
    );
  }
  if (form.engine === 'vllm' && form.kv_cache_quantization.startsWith('int')) {
    problems.set('kv_cache_quantization', 'vLLM stores the KV cache in 16 bit or FP8. Choose one of these, or another engine.');
  }
  if (form.output_length > form.seq_length)
    problems.set('output_length', 'The answer is longer than the context. Shorten it, or raise the context.');
  return problems;
}

function fieldsWith(host: HostState | null, form: InferenceForm): readonly Field<InferenceForm>[] {
  const links: ChoiceField<InferenceForm> = {
    name: 'interconnect_type',
    label: 'Interconnect',
    section: 'Parallelism',
    kind: 'choice',
    choices: [
      { value: '', label: 'The GPU’s own' },
      ...(host?.interconnects ?? []).map((key) => ({ value: key, label: key.replaceAll('_', ' ') })),
    ],
    when: ({ num_gpus }) => num_gpus > 1,
  };
  const versions: ChoiceField<InferenceForm> = {
    name: 'engine_version',
    label: 'vLLM version',
    section: 'Runtime',
    kind: 'choice',
    choices: [...new Set([form.engine_version, ...(host?.versions ?? [])])].map((value) => ({ value, label: value })),
    when: ({ engine }) => engine === 'vllm',
  };
  return [...INFERENCE_FIELDS, links, versions];
}

/** What pressing a fix does: written into the file as long as the form is the file's, otherwise taken into the form. */
function fixing(
  planner: Planner,
  serving: Serving,
  simulate: Simulate,
  onSolve: (changes: Partial<InferenceForm>) => void,
): Pick<Parameters<typeof Findings>[0], 'onFix' | 'verb'> {
  const { question, answer, form, gpu } = serving;
  const followed = planner.host?.followed;
  if (followed && answer && isEmptyEdit(answer.edits))
    return { onFix: followed.writable ? (fix) => planner.propose(fix.edits) : null, verb: 'Apply' };
  if (!question || !answer) return { onFix: null, verb: 'Use' };
  return {
    verb: 'Use',
    onFix: ({ edits }) => {
      const report = simulate({ model: answer.report.input.model, gpu, args: withEdits(answer.args, edits), version: form.engine_version });
      const next = formOfReport(report, form.llm_key, form);
      // The report knows the arguments; a checkpoint of another format and more GPUs are the form's own.
      const quantization = 'quantization' in edits.set ? next.quantization : form.quantization;
      onSolve({ ...next, quantization, num_gpus: Math.max(form.num_gpus, gpusOf(report)) });
    },
  };
}

function gpusOf({ settings }: StartupReport): number {
  return settings.tensorParallelSize * settings.pipelineParallelSize * settings.dataParallelSize;
}
