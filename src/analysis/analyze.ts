import type { Deployment, DeploymentArgument, DeploymentProblem, Host, TextRange } from '../deployments/deployment';
import { finish } from '../deployments/steps';
import { findTraps } from '../deployments/traps';
import type { Model } from '../estimator/architecture';
import type { ModelFacts, ModelProblem } from '../models/source';
import type { Finding } from '../vllm/findings';
import { checkRules } from '../vllm/rules/check';
import { versionBounds } from '../vllm/versionBounds';
import { isStated } from '../vllm/versions';
import { simulateStartup } from '../vllm/startup/simulate';
import type { StartupReport } from '../vllm/startup/report';
import { adviceSteps } from './advice';
import type { Analysis, PlacedFinding } from './analysis';
import type { GpuResolution } from './gpu';
import { outcomeFinding } from './outcome';
import { findRemediesSteps } from './remedies';
import { applySuppressions } from './suppressions';

/** One deployment and all that is known beside the file. */
export interface AnalysisInput {
  readonly deployment: Deployment;
  readonly facts: ModelFacts | null;
  /** Why there are no facts; null when they are there or nobody has looked yet. */
  readonly modelProblem: ModelProblem | null;
  readonly gpu: GpuResolution;
  /** vLLM release whose rules apply. */
  readonly version: string;
  /** The draft model that `speculative-config` names, where it is known. */
  readonly draft?: Model | null;
  /** The machine as known beside the file, which has the last word. */
  readonly host?: Host;
  /** Text of the file, whose comments may turn findings off. Absent where there is none. */
  readonly text?: string;
  /** Leave out what costs further simulations: changes that would make a refused start-up start, and advice. */
  readonly withoutRemedies?: boolean;
}

/** A finding that needs no fix of ours. */
function remark(code: string, severity: Finding['severity'], key: string | null, message: string): Finding {
  return { code, severity, key, relatedKeys: [], message, vllmMessage: null, fixes: [] };
}

function place(finding: Finding, { start, end }: TextRange): PlacedFinding {
  return { ...finding, start, end };
}

/** The argument that a key names, with its `no-` form and its dotted parts; the effective one first. */
function argumentNamed(deployment: Deployment, key: string): DeploymentArgument | undefined {
  const named = deployment.arguments.filter(
    ({ name, written }) => name === key || written === key || name === `no-${key}` || name.startsWith(`${key}.`),
  );
  return named.find(({ effective }) => effective) ?? named[0];
}

/** Where a finding is underlined: at its key, a related key, the model, or the first argument. */
function placeFinding(deployment: Deployment, finding: Finding): PlacedFinding {
  for (const key of [finding.key, ...finding.relatedKeys, 'model']) {
    const argument = key === null ? undefined : argumentNamed(deployment, key);
    if (argument) return place(finding, argument.range);
  }
  return place(finding, deployment.arguments[0]?.keyRange ?? deployment.range);
}

/** A mistake in the file's own language, with the change of characters that mends it. */
function languageFinding(code: 'yaml-syntax' | 'yaml-empty' | 'yaml-colon', said: string, problem: DeploymentProblem): PlacedFinding {
  const { vllmMessage = null, repair, range } = problem;
  const severity = code === 'yaml-colon' ? 'warning' : 'error';
  const fixes = repair ? [{ title: repair.title, edits: {}, remove: [], replace: repair.replace, preferred: true }] : [];
  return place({ ...remark(code, severity, null, said), vllmMessage, fixes }, range);
}

/** What is wrong with the file itself: where it cannot be read, and directives that cannot be used. */
function fileFindings(deployment: Deployment, gpuProblem: string | null): PlacedFinding[] {
  const syntax = deployment.problems.filter(({ kind }) => kind === 'syntax');
  const directives = deployment.problems.filter(({ kind }) => kind === 'directive');
  const swallowed = deployment.problems.filter(({ kind }) => kind === 'swallowed');
  const joined = deployment.problems.filter(({ kind }) => kind === 'joined');
  const empty = deployment.problems.filter(({ kind }) => kind === 'empty');
  const named = deployment.gpuHints.find(({ name }) => name !== null);
  return [
    ...syntax.map((problem) => languageFinding('yaml-syntax', `YAML cannot be read here: ${problem.message}`, problem)),
    ...empty.map((problem) => languageFinding('yaml-empty', problem.message, problem)),
    ...joined.map((problem) => languageFinding('yaml-colon', problem.message, problem)),
    ...swallowed.map(({ message, range, edits = {} }) => {
      const title = `Add ${Object.keys(edits).join(', ')} as a line of its own`;
      const fixes = [{ title, edits, remove: [], preferred: false }];
      return place({ ...remark('key-in-comment', 'information', null, message), fixes }, range);
    }),
    ...directives.map(({ message, range }) => place(remark('directive-invalid', 'warning', null, message), range)),
    ...(gpuProblem !== null && named ? [place(remark('gpu-unknown', 'warning', null, gpuProblem), named.range)] : []),
  ];
}

/** What the start-up comes to, with changes that mend it, or advice where it starts. */
function* startupFindings(report: StartupReport, facts: ModelFacts, withoutRemedies: boolean): Generator<void, readonly Finding[]> {
  const fixes = withoutRemedies ? [] : (yield* findRemediesSteps(report, simulateStartup)).map(({ fix }) => fix);
  const outcome = outcomeFinding(report, fixes, facts.confidence);
  if (outcome) return [outcome];
  return withoutRemedies ? [] : yield* adviceSteps(report, simulateStartup);
}

/** The file's word on the machine, then what else is known of it. */
function hostOf({ deployment, host }: AnalysisInput): Host {
  return {
    memoryGib: deployment.host?.memoryGib ?? host?.memoryGib ?? null,
    environment: new Map([...(host?.environment ?? []), ...(deployment.host?.environment ?? [])]),
  };
}

/**
 * All that can be said about one deployment: the simulated start-up and everything vLLM would refuse or drop, placed in the file.
 * Without a model there is no report; the rules that need none are still checked. Pauses between its parts.
 */
export function* analyzeSteps(input: AnalysisInput): Generator<void, Analysis> {
  const { deployment, facts, modelProblem, gpu: resolution, version, text } = input;
  const { gpu } = resolution;
  const { args } = deployment;
  const bounds = isStated(version) ? {} : { versionBounds: versionBounds(args) };
  const host = hostOf(input);
  const { environment } = host;
  const report = facts
    ? simulateStartup({ model: facts.model, gpu, args, version, draft: input.draft ?? null, environment, ...bounds })
    : null;
  const startup = report && facts ? yield* startupFindings(report, facts, input.withoutRemedies === true) : [];
  yield;
  // No rule may judge by sizes that were made up from a name.
  const isKnown = facts !== null && facts.confidence !== 'guessed';
  const rules = checkRules({
    args: deployment.args,
    model: isKnown ? facts.model : null,
    gpu,
    settings: report?.settings ?? null,
    version,
    report: isKnown ? report : null,
    modelIsCertain: facts?.confidence === 'exact',
    hostMemoryGib: host.memoryGib,
    environment,
  });
  const unknownModel =
    modelProblem && !facts && deployment.args.has('model') ? [remark('model-unknown', 'information', 'model', modelProblem.message)] : [];
  const findings = [
    ...[...startup, ...rules, ...unknownModel].map((finding) => placeFinding(deployment, finding)),
    ...findTraps(deployment, version),
    ...fileFindings(deployment, resolution.problem),
  ];
  return {
    deployment,
    facts,
    modelProblem,
    gpu,
    gpuProblem: resolution.problem,
    gpuAssumptions: resolution.assumptions,
    version,
    report,
    findings: text === undefined ? findings : applySuppressions(text, findings, { model: facts !== null, gpu: gpu !== null }),
  };
}

/** As `analyzeSteps`, at once. */
export function analyze(input: AnalysisInput): Analysis {
  return finish(analyzeSteps(input));
}
