import type { VNode } from 'preact';
import type { Planner } from '../planner';
import type { Serving } from '../serving';
import type { SmallestGpu } from '../smallestGpu';
import { Button, Progress } from '../ui/toolkit';
import { servingFigures } from './answer';
import { Figures } from './figures';
import { AnswerBar } from './memoryBar';
import { Findings } from './findings';
import { fold } from './fold';
import { NewcomerView } from './newcomer';
import { PreviewView } from './preview';
import { servingVerdict, VerdictView } from './verdict';

interface SideProps {
  readonly planner: Planner;
  readonly serving: Serving;
  readonly smallest: SmallestGpu;
}

/** The narrow view that follows the active editor. */
export function SideView({ planner, serving, smallest }: SideProps): VNode {
  const followed = planner.host?.followed ?? null;
  if (!followed) return <NewcomerView planner={planner} serving={serving} smallest={smallest} />;
  const { answer, gpu, model, form } = serving;
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
          <VerdictView verdict={servingVerdict(answer, form)} />
          <AnswerBar answer={answer} engine={form.engine} />
          <hr />
          <Figures figures={servingFigures(answer, form)} />
        </>
      ) : model?.state === 'loading' ? (
        <Progress text={model.message} onCancel={model.cancel} />
      ) : (
        <UnknownModel
          planner={planner}
          reason={followed.modelProblem ?? 'The file names no model.'}
          canFetch={followed.modelName !== null}
        />
      )}
      <Findings findings={followed.findings} onFix={followed.writable ? (fix) => planner.propose(fix.edits) : null} verb="Apply" />
      {answer && answer.report.assumptions.length > 0 ? (
        <details
          class="assumptions"
          open={planner.state.open.includes('side/assumptions')}
          onToggle={(event) => fold(planner, 'side/assumptions', event.currentTarget.open)}
        >
          <summary>Assumptions</summary>
          <ul>
            {answer.report.assumptions.map((assumption) => (
              <li key={assumption}>{assumption}</li>
            ))}
          </ul>
        </details>
      ) : null}
      <PreviewView planner={planner} />
    </main>
  );
}

function UnknownModel({
  planner,
  reason,
  canFetch,
}: {
  readonly planner: Planner;
  readonly reason: string;
  readonly canFetch: boolean;
}): VNode {
  return (
    <div class="verdict unknown" role="status">
      <span class="sign" aria-hidden="true">
        ?
      </span>
      <div>
        <strong>The model is unknown</strong>
        <div class="detail">{reason}</div>
        {canFetch ? <Button onPress={() => planner.command('fetchModel')}>Fetch model facts</Button> : null}
      </div>
    </div>
  );
}
