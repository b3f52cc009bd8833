/** What one changed argument would do to this deployment, by simulating it: "+2.1 GiB KV cache". */
import { formatFactor, formatGib } from '../estimator/figures';
import { GIB } from '../estimator/units';
import type { ArgumentValue } from '../vllm/arguments';
import { checkRules } from '../vllm/rules/check';
import type { StartupReport } from '../vllm/startup/report';
import type { Simulate } from './plan';
import { withEdits } from './scenario';

/** A change below this is no effect worth a word: a twentieth of a GiB. */
const NOTICEABLE = GIB / 20;

/** The start-up with one argument set. */
export function withArgument(report: StartupReport, key: string, value: ArgumentValue, simulate: Simulate): StartupReport {
  return simulate({ ...report.input, args: withEdits(report.input.args, { set: { [key]: value }, remove: [`no-${key}`] }) });
}

/** Whether vLLM would refuse the value for this model and GPU, whatever the memory. */
export function isRefused(report: StartupReport, key: string, value: ArgumentValue): boolean {
  const args = withEdits(report.input.args, { set: { [key]: value }, remove: [] });
  const { model, gpu, version } = report.input;
  const findings = checkRules({ args, model, gpu, version, settings: null, report: null });
  return findings.some((finding) => finding.severity === 'error' && (finding.key === key || finding.relatedKeys.includes(key)));
}

function signed(bytes: number): string {
  return `${bytes < 0 ? '−' : '+'}${formatGib(Math.abs(bytes))}`;
}

/** The effect on the KV cache of going from one start-up to another; null when there is none worth a word, or no GPU is known. */
function effectBetween(before: StartupReport, after: StartupReport): string | null {
  const { kvCache: had } = before.perGpu;
  const { kvCache: has } = after.perGpu;
  if (!had || !has) return null;
  if (after.outcome !== 'ok' && before.outcome === 'ok') return 'would not start';
  const parts: string[] = [];
  const change = has.value - had.value;
  if (Math.abs(change) >= NOTICEABLE) parts.push(`${signed(change)} KV cache`);
  const ratio = before.kvCache.bytesPerTokenPerGpu / Math.max(1, after.kvCache.bytesPerTokenPerGpu);
  if (ratio > 1.05 || ratio < 0.95) parts.push(`${formatFactor(ratio)}× tokens per GiB`);
  if (before.outcome !== 'ok' && after.outcome === 'ok') parts.push('starts');
  return parts.length > 0 ? parts.join(', ') : null;
}

/** The effect of setting one argument; null when there is none worth a word. */
export function effectOf(report: StartupReport, key: string, value: ArgumentValue, simulate: Simulate): string | null {
  return report.input.gpu ? effectBetween(report, withArgument(report, key, value, simulate)) : null;
}
