import type { VNode } from 'preact';
import { formatFigure, formatGib, formatPercent } from '../../src/estimator/figures';
import type { ServingAnswer, Simulate } from '../../src/analysis/plan';
import { formOfReport, isEmptyEdit, withEdits, type InferenceForm } from '../../src/analysis/scenario';
import type { GpuOption } from '../../src/analysis/solve';
import type { FindingMessage } from '../../src/protocol/messages';
import type { ModelFacts } from '../../src/models/source';
import type { StartupReport } from '../../src/vllm/startup/report';
import { Lazy } from '../lazy';
import type { Planner } from '../planner';
import type { Serving, ServingTools } from '../serving';
import { nonNegative, servingFigures } from './answer';
import { Assumptions } from './assumptions';
import { Figures } from './figures';
import { changeInference } from './formTools';
import type * as InferenceQuestions from './inferenceQuestions';
import { AnswerBar, stretchesOf } from './memoryBar';
import { Need } from './need';
import { CHOOSE_MODEL, NoModel } from './noModel';
import { Curves } from './servingCurves';
import { Findings } from './findings';
import { servingVerdict } from './servingVerdict';
import { VerdictView } from './verdict';
import { Waiting } from './waiting';

/** The serving tab. Loaded when it is first shown; its form, its actions and what it solves for come after the first answer. */
export class InferenceTab {
  private readonly questions: Lazy<typeof InferenceQuestions>;

  constructor(private readonly planner: Planner) {
    this.questions = new Lazy(
      () => import('./inferenceQuestions'),
      () => planner.redraw(),
    );
  }

  view(serving: Serving, tools: ServingTools): VNode {
    return <InferenceView planner={this.planner} serving={serving} tools={tools} questions={this.questions.value} />;
  }
}

interface InferenceProps {
  readonly planner: Planner;
  readonly serving: Serving;
  readonly tools: ServingTools;
  /** Null while it is on its way. */
  readonly questions: typeof InferenceQuestions | null;
}

/** The questions on the left, the answer on the right. */
function InferenceView({ planner, serving, tools, questions }: InferenceProps): VNode {
  const { form, model, answer, question, gpu } = serving;
  const change = (changes: Partial<InferenceForm>): void => changeInference(planner, serving, changes);
  return (
    <>
      {answer ? (
        <Headline
          answer={answer}
          form={form}
          facts={question?.facts ?? null}
          findings={question ? tools.check.findings(question, answer) : []}
          smallest={gpu || !question ? null : tools.smallest.of(question)}
          hasGpu={gpu !== null}
        />
      ) : null}
      <div class="columns">
        <section class="questions" aria-label="Inputs">
          {questions ? <questions.Questions planner={planner} serving={serving} /> : <Waiting text="Loading …" />}
        </section>
        <section class="answers" aria-label="Answer">
          {answer ? (
            <Answer planner={planner} serving={serving} tools={tools} questions={questions} onSolve={change} />
          ) : (
            <NoModel planner={planner} model={model}>
              <p class="quiet">{CHOOSE_MODEL}</p>
            </NoModel>
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
  facts,
  findings,
  smallest,
  hasGpu,
}: {
  readonly facts: ModelFacts | null;
  readonly findings: readonly FindingMessage[];
  readonly smallest: GpuOption | null | undefined;
  readonly answer: ServingAnswer;
  readonly form: InferenceForm;
  readonly hasGpu: boolean;
}): VNode {
  return (
    <section class="headline" aria-label="Verdict">
      {hasGpu ? (
        <>
          <VerdictView verdict={servingVerdict(answer, form, facts, findings)} />
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
  questions,
  onSolve,
}: InferenceProps & { readonly onSolve: (changes: Partial<InferenceForm>) => void }): VNode | null {
  const { form, answer, question, gpu } = serving;
  if (!answer || !question) return null;
  // Without a chosen GPU the figures are those of the one that the verdict proposes.
  const option = gpu ? null : tools.smallest.of(question);
  const shown = option?.solution.answer ?? answer;
  const findings = tools.check.findings(question, answer);
  const fixes = fixing(planner, serving, tools.simulate, onSolve);
  return (
    <>
      <div class="takeaway-room">{questions ? <questions.Actions planner={planner} serving={serving} /> : null}</div>
      {option ? <p class="quiet">On the smallest GPUs that hold it:</p> : null}
      <Figures figures={servingFigures(shown, form)} />
      <Findings findings={findings} {...fixes} />
      {gpu && questions ? (
        <questions.Solve
          serving={serving}
          tools={tools}
          planner={planner}
          onSolve={onSolve}
          start={startingChange(answer, findings, fixes.onFix)}
        />
      ) : null}
      <Curves question={question} answer={answer} simulate={tools.simulate} />
      <WhereItGoes answer={shown} engine={form.engine} />
      <Assumptions
        planner={planner}
        section="inference/assumptions"
        assumptions={[...answer.report.assumptions, ...question.facts.assumptions]}
      />
    </>
  );
}

/** The findings put their fixes in the order of their worth, so the first of those that start is the cheapest. */
function startingChange(
  { report }: ServingAnswer,
  findings: readonly FindingMessage[],
  onFix: ((fix: FindingMessage['fixes'][number]) => void) | null,
): { readonly title: string; readonly onUse: (() => void) | null } | null {
  if (report.outcome === null || report.outcome === 'ok') return null;
  const fixes = findings.filter(({ severity }) => severity === 'error' || severity === 'warning').flatMap((finding) => finding.fixes);
  const fix = fixes.find(({ preferred }) => preferred) ?? fixes[0];
  return fix ? { title: fix.title, onUse: onFix && ((): void => onFix(fix)) } : null;
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
            <td title={bytes.reason ?? ''}>{formatFigure(nonNegative(bytes), formatGib).spelledRange || 'exact'}</td>
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

/** What pressing a fix does: written into the file as long as the form is the file's, otherwise taken into the form. */
function fixing(
  planner: Planner,
  serving: Serving,
  simulate: Simulate,
  onSolve: (changes: Partial<InferenceForm>) => void,
): Pick<Parameters<typeof Findings>[0], 'onFix' | 'verb'> {
  const { question, answer, form, gpu, edits } = serving;
  const followed = planner.host?.followed;
  if (followed && edits && isEmptyEdit(edits))
    return { onFix: followed.writable ? (fix) => planner.propose(fix.edits) : null, verb: 'Apply' };
  if (!question || !answer) return { onFix: null, verb: 'Use' };
  return {
    verb: 'Use',
    onFix: (fix) => {
      const report = simulate({ ...answer.report.input, gpu, args: withEdits(answer.args, fix.edits), version: form.engine_version });
      const next = formOfReport(report, form.llm_key, form);
      // The report knows the arguments; a checkpoint of another format and more GPUs are the form's own.
      const quantization = 'quantization' in fix.edits.set ? next.quantization : form.quantization;
      onSolve({ ...next, quantization, num_gpus: Math.max(form.num_gpus, gpusOf(report)) });
    },
  };
}

function gpusOf({ settings }: StartupReport): number {
  return settings.tensorParallelSize * settings.pipelineParallelSize * settings.dataParallelSize;
}
