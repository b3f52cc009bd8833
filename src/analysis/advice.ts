/** Hints where money is left on the table. They refuse nothing, and each one that names a gain was simulated with it. */
import { finish } from '../deployments/steps';
import { formatCount, formatFactor, formatGib, formatRequests } from '../estimator/figures';
import { GIB } from '../estimator/units';
import type { VllmArguments } from '../vllm/arguments';
import { ArgumentReader } from '../vllm/argumentValues';
import type { Finding } from '../vllm/findings';
import { FP8_KV_COMMON_CAPABILITY } from '../vllm/rules/kvCache';
import { makeFinding, setFix } from '../vllm/rules/rule';
import type { FindingParts } from '../vllm/rules/rule';
import type { StartupReport } from '../vllm/startup/report';
import { errorsOf } from './remedies';
import type { Simulate } from './plan';
import { withEdits } from './scenario';
import type { ArgumentEdits } from './scenario';

/** KV cache of this many times what all requests can use counts as unused; below, prefix caching may well use it. */
const FAR_LARGER = 4;
/** With fewer long requests at once than this, the KV cache is what limits the deployment. */
const FEW_REQUESTS = 4;
/** Tensor-parallel size from which the traffic of every layer over PCIe outweighs its gain, by rule of thumb. */
const MANY_OVER_PCIE = 4;
/** A gain in KV cache worth a hint: half a GiB and a tenth of what there is. */
const WORTH_BYTES = GIB / 2;
const WORTH_PART = 0.1;
/** Requests reserved for each full-length one that fits, as real ones are shorter. */
const SHORTER_REQUESTS = 4;
const LEAST_REQUESTS = 16;

interface Deployment {
  readonly report: StartupReport;
  readonly args: VllmArguments;
  readonly read: ArgumentReader;
  /** The start-up after edits. */
  readonly after: (edits: ArgumentEdits) => StartupReport;
}

function isSure({ outcome, certainty }: StartupReport): boolean {
  return outcome === 'ok' && certainty === 'certain';
}

function unusedKvCache({ report }: Deployment): FindingParts | null {
  const { maxConcurrency } = report.kvCache;
  const { maxNumSeqs, maxModelLen } = report.settings;
  if (!maxConcurrency || maxModelLen === null || maxConcurrency.low < maxNumSeqs * FAR_LARGER) return null;
  const times = Math.floor(maxConcurrency.low / maxNumSeqs);
  return {
    keys: ['max-num-seqs', 'max-model-len', 'gpu-memory-utilization'],
    message:
      `The KV cache holds ${times} times what ${formatCount(maxNumSeqs)} requests of ${formatCount(maxModelLen)} tokens can use; the rest only ` +
      'keeps old prefixes. More or longer requests, or fewer GPUs, would use it.',
    vllmMessage: null,
    fixes: [setFix('max-num-seqs', maxNumSeqs * Math.min(times, FAR_LARGER), { note: 'more requests at once' })],
  };
}

function quantizeInstead({ report, after }: Deployment): FindingParts | null {
  const { settings, input } = report;
  const capability = input.gpu?.gpu.computeCapability ?? null;
  if (settings.cpuOffloadGib <= 0 || input.model.quantization || settings.quantization !== null) return null;
  if (capability === null || capability < FP8_KV_COMMON_CAPABILITY) return null;
  const edits = { set: { quantization: 'fp8' }, remove: ['cpu-offload-gb'] };
  const quantized = after(edits);
  if (!isSure(quantized)) return null;
  return {
    keys: ['cpu-offload-gb', 'quantization'],
    message:
      `Every step reads ${formatGib(report.host.bytesPerStepOverPcie)} of weights over PCIe. In fp8 the weights take ` +
      `${formatGib(quantized.perGpu.weights.value)} per GPU and need no offloading.`,
    vllmMessage: null,
    fixes: [
      {
        title: `quantization: fp8 instead of cpu-offload-gb — weights ${formatGib(quantized.perGpu.weights.value)} per GPU`,
        edits: edits.set,
        remove: edits.remove,
        preferred: false,
      },
    ],
  };
}

function fp8KvCache({ report, after }: Deployment): FindingParts | null {
  const { kvCache, settings, input } = report;
  const capability = input.gpu?.gpu.computeCapability ?? null;
  if (!kvCache.maxConcurrency || settings.kvCacheDtype.includes('fp8') || capability === null) return null;
  if (capability < FP8_KV_COMMON_CAPABILITY || kvCache.maxConcurrency.value >= FEW_REQUESTS) return null;
  const smaller = after({ set: { 'kv-cache-dtype': 'fp8' }, remove: [] });
  const ratio = kvCache.bytesPerTokenPerGpu / Math.max(1, smaller.kvCache.bytesPerTokenPerGpu);
  if (!isSure(smaller) || ratio < 1.5) return null;
  return {
    keys: ['kv-cache-dtype', 'max-model-len'],
    message:
      `Only ${formatRequests(kvCache.maxConcurrency.value)} requests of full length fit at once. This GPU reads an fp8 KV cache, which holds ` +
      `${formatFactor(ratio)} times as many tokens.`,
    vllmMessage: null,
    fixes: [setFix('kv-cache-dtype', 'fp8', { note: `${formatFactor(ratio)}×` })],
  };
}

function stagesInstead({ report, read, after }: Deployment): FindingParts | null {
  const { settings, input } = report;
  const { tensorParallelSize: tp, pipelineParallelSize: pp } = settings;
  const link = input.gpu?.gpu.link ?? null;
  const perNode = input.gpu?.count ?? tp;
  const spansNodes = tp > perNode && (read.positive('nnodes') ?? 1) > 1 && tp % perNode === 0;
  const isSlow = link !== null && link.startsWith('pcie') && tp >= MANY_OVER_PCIE;
  if (pp !== 1 || (!spansNodes && !isSlow)) return null;
  const cut = spansNodes ? perNode : tp / 2;
  const edits = { set: { 'tensor-parallel-size': cut, 'pipeline-parallel-size': tp / cut }, remove: [] };
  if (!Number.isInteger(cut) || !isSure(after(edits))) return null;
  const where = spansNodes ? `between nodes of ${perNode} GPUs` : `over ${(link ?? '').replace('pcie', 'PCIe ')}`;
  return {
    keys: ['tensor-parallel-size'],
    message: `Every layer exchanges its activations among ${tp} GPUs ${where}. Pipeline stages exchange them once per cut and fit as well.`,
    vllmMessage: null,
    fixes: [
      {
        title: `tensor-parallel-size: ${cut}, pipeline-parallel-size: ${tp / cut} — same number of GPUs`,
        edits: edits.set,
        remove: [],
        preferred: false,
      },
    ],
  };
}

function fewerRequests({ report, after }: Deployment): FindingParts | null {
  const { kvCache, perGpu, settings } = report;
  if (!kvCache.maxConcurrency || !perGpu.kvCache) return null;
  const wanted = Math.max(LEAST_REQUESTS, 2 ** Math.ceil(Math.log2(Math.max(1, kvCache.maxConcurrency.value * SHORTER_REQUESTS))));
  if (wanted >= settings.maxNumSeqs) return null;
  const fewer = after({ set: { 'max-num-seqs': wanted }, remove: [] });
  const gain = (fewer.perGpu.kvCache?.value ?? 0) - perGpu.kvCache.value;
  if (!isSure(fewer) || gain < WORTH_BYTES || gain < perGpu.kvCache.value * WORTH_PART) return null;
  return {
    keys: ['max-num-seqs', 'max-model-len'],
    message:
      `The KV cache holds ${formatRequests(kvCache.maxConcurrency.value)} requests of full length, but memory is reserved to sample ` +
      `${formatCount(settings.maxNumSeqs)} at once. ${formatCount(wanted)} would leave ${formatGib(gain)} more for the KV cache.`,
    vllmMessage: null,
    fixes: [setFix('max-num-seqs', wanted, { note: `+${formatGib(gain)} KV cache` })],
  };
}

const ADVICE: readonly { readonly code: string; readonly look: (deployment: Deployment) => FindingParts | null }[] = [
  { code: 'kv-unused', look: unusedKvCache },
  { code: 'offload-vs-quant', look: quantizeInstead },
  { code: 'fp8-kv-possible', look: fp8KvCache },
  { code: 'tp-slow-link', look: stagesInstead },
  { code: 'sampler-memory', look: fewerRequests },
];

/** Hints for a deployment that surely starts; none for others, whose errors matter more. Pauses before each that is looked for. */
export function* adviceSteps(report: StartupReport, simulate: Simulate): Generator<void, readonly Finding[]> {
  if (!report.input.gpu || !isSure(report) || errorsOf(report).size > 0) return [];
  const { args } = report.input;
  const after = (edits: ArgumentEdits): StartupReport => simulate({ ...report.input, args: withEdits(args, edits) });
  const deployment: Deployment = { report, args, read: new ArgumentReader(args), after };
  const found: Finding[] = [];
  for (const { code, look } of ADVICE) {
    yield;
    const parts = look(deployment);
    if (parts) found.push(makeFinding(code, args, parts));
  }
  return found;
}

/** As `adviceSteps`, at once. */
export function adviceFor(report: StartupReport, simulate: Simulate): readonly Finding[] {
  return finish(adviceSteps(report, simulate));
}
