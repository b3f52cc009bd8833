import type { VNode } from 'preact';
import type { FindingMessage } from '../../src/protocol/messages';
import type { Planner } from '../planner';
import type { Serving } from '../serving';
import type { SmallestGpu } from '../smallestGpu';
import { Button, Progress } from '../ui/toolkit';
import { servingFigures } from './answer';
import { Figures } from './figures';
import { AnswerBar } from './memoryBar';
import { NewcomerView } from './newcomer';
import { PreviewView } from './takeaway';
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

const SEVERITY: Readonly<Record<FindingMessage['severity'], { readonly sign: string; readonly word: string }>> = {
  error: { sign: '✖', word: 'Error' },
  warning: { sign: '⚠', word: 'Warning' },
  information: { sign: 'ℹ', word: 'Information' },
  hint: { sign: '→', word: 'Hint' },
};

type Fix = FindingMessage['fixes'][number];

interface FindingsProps {
  readonly findings: readonly FindingMessage[];
  /** Carries out a fix; null where nothing can be written. */
  readonly onFix: ((fix: Fix) => void) | null;
  /** What pressing a fix does, for screen readers. */
  readonly verb: string;
}

/** What would go wrong or could be better, and the changes worth trying. */
export function Findings({ findings, onFix, verb }: FindingsProps): VNode | null {
  if (findings.length === 0) return null;
  return (
    <section class="findings" aria-label="Findings">
      <h2>What to know</h2>
      <ul>
        {findings.map((finding, index) => (
          <li key={`${finding.code} ${index}`} class={finding.severity}>
            <span class="sign" title={SEVERITY[finding.severity].word}>
              <span aria-hidden="true">{SEVERITY[finding.severity].sign}</span>
              <span class="unseen">{SEVERITY[finding.severity].word}: </span>
            </span>
            <div>
              {finding.key === null ? null : <code>{finding.key}</code>} {finding.message}
              <Fixes fixes={finding.fixes} onFix={onFix} verb={verb} />
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Shown before the rest is asked for: the findings put the fixes in the order of their worth. */
const FIRST_FIXES = 3;

function Fixes({ fixes, onFix, verb }: Omit<FindingsProps, 'findings'> & { readonly fixes: readonly Fix[] }): VNode | null {
  if (fixes.length === 0) return null;
  const buttons = (shown: readonly Fix[]): VNode => (
    <div class="fixes">
      {shown.map((fix) => (
        <Button
          key={fix.title}
          primary={fix.preferred}
          disabled={onFix === null}
          onPress={() => onFix?.(fix)}
          label={`${verb}: ${fix.title}`}
        >
          {fix.title}
        </Button>
      ))}
    </div>
  );
  const rest = fixes.slice(FIRST_FIXES);
  return (
    <>
      {buttons(fixes.slice(0, FIRST_FIXES))}
      {rest.length === 0 ? null : (
        <details>
          <summary>
            {rest.length} more {rest.length === 1 ? 'way' : 'ways'}
          </summary>
          {buttons(rest)}
        </details>
      )}
    </>
  );
}

/** Remembers whether a section is open. */
export function fold(planner: Planner, section: string, open: boolean): void {
  const others = planner.state.open.filter((name) => name !== section);
  if (planner.state.open.includes(section) !== open) planner.change({ open: open ? [...others, section] : others });
}
