import type { VNode } from 'preact';
import type { Planner } from '../planner';
import type { Serving } from '../serving';
import type { SmallestGpu } from '../smallestGpu';
import { Button } from '../ui/toolkit';
import { servingFigures } from './answer';
import { Assumptions } from './assumptions';
import { Figures } from './figures';
import { AnswerBar } from './memoryBar';
import { Findings } from './findings';
import { NewcomerView } from './newcomer';
import { NoModel } from './noModel';
import { PreviewView } from './preview';
import { servingVerdict } from './servingVerdict';
import { VerdictView } from './verdict';

interface SideProps {
  readonly planner: Planner;
  readonly serving: Serving;
  readonly smallest: SmallestGpu;
}

/** The narrow view that follows the active editor. */
export function SideView({ planner, serving, smallest }: SideProps): VNode {
  const followed = planner.host?.followed ?? null;
  if (!followed) return <NewcomerView planner={planner} serving={serving} smallest={smallest} />;
  const { answer, gpu, model, form, question } = serving;
  const gpuWords = gpu ? `${gpu.count} × ${gpu.gpu.label}` : 'No GPU chosen';
  return (
    <main class="side">
      <header class="title">
        <h1>
          {followed.fileName}
          <span class="quiet"> · {followed.modelName ?? 'no model'}</span>
        </h1>
        <Button id="open-planner" onPress={() => planner.command('openPlanner')} label="Open the planner on this deployment">
          Open
        </Button>
      </header>
      <p class="subtitle">
        <span>
          {gpuWords} · vLLM {followed.version}
        </span>
        <Button onPress={() => planner.command('chooseGpu')} label={gpu ? 'Change the GPU' : 'Choose the GPU'}>
          {gpu ? 'Change' : 'Choose'}
        </Button>
      </p>
      {followed.gpuProblem === null ? null : <p class="problem">✖ {followed.gpuProblem}</p>}
      {answer ? (
        <>
          <VerdictView verdict={servingVerdict(answer, form, question?.facts ?? null, followed.findings)} />
          <AnswerBar answer={answer} engine={form.engine} />
          <hr />
          <Figures figures={servingFigures(answer, form)} />
        </>
      ) : (
        <NoModel planner={planner} model={model} />
      )}
      <Findings findings={followed.findings} onFix={followed.writable ? (fix) => planner.propose(fix.edits) : null} verb="Apply" />
      <Assumptions planner={planner} section="side/assumptions" assumptions={answer?.report.assumptions ?? []} />
      <PreviewView planner={planner} />
    </main>
  );
}
