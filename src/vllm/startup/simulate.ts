import { between, exactly, sumOf, type Ranged } from '../../estimator/ranged';
import { onLikelyCard, withSize } from '../../estimator/hardware/gpu';
import { GIB } from '../../estimator/units';
import { effectiveSettings } from '../defaults/effective';
import type { EngineSettings } from '../defaults/settings';
import { servedModel } from '../servedModel';
import { coveredVersion, rulesOf } from '../versions';
import { assumptionsOf } from './assumptions';
import { availableKvCache, budgetOf, freeAtCheck } from './budget';
import { capturePlan, cudaGraphCharge, cudaGraphMemory } from './cudaGraphs';
import { kvCacheReport, kvCacheWithoutGpu } from './kvCacheReport';
import { contextMemory, initialContext, nonTorchMemory } from './nonTorch';
import { outcomeOf } from './outcome';
import { engineOf, rankOf, type Engine, type Rank } from './rank';
import type { HostMemory, PerGpuMemory, StartupInput, StartupReport } from './report';
import { servingPeak } from './servingPeak';
import { pipelineStages } from './stages';
import { bytesOf } from './weightsPerGpu';

/** One rank with its memory on the device. */
interface PlacedRank {
  readonly rank: Rank;
  readonly nonTorch: Ranged;
  readonly graphs: Ranged;
  readonly graphCharge: Ranged | null;
  readonly available: Ranged;
}

/**
 * What starting vLLM with this configuration would do with each GPU's memory: the budget, who spends it, the KV cache that is left and
 * whether the engine starts. Figures are bytes per GPU of the fullest rank. Pure; without a GPU, what needs none is still computed.
 */
export function simulateStartup(input: StartupInput): StartupReport {
  const report = onOneSize(input);
  const { gpu } = input;
  if (!gpu?.otherSizes) return report;
  for (const size of gpu.otherSizes) {
    const other = onOneSize({ ...input, gpu: withSize(gpu, size) });
    if ((other.outcome === 'ok') !== (report.outcome === 'ok')) return { ...report, certainty: 'likely', onOtherSize: other };
  }
  return report;
}

function onOneSize(input: StartupInput): StartupReport {
  const model = servedModel(input.model, input.args);
  const gpu = input.gpu && onLikelyCard(input.gpu);
  const settings = effectiveSettings(model, gpu, input.args, input.version, input.versionBounds);
  const engine = engineOf(model, gpu, input.draft ?? null, settings);
  const ranks = pipelineStages(model.architecture, settings.pipelineParallelSize, input.environment).map((stage) => rankOf(engine, stage));
  const [first] = ranks;
  if (!first) throw new RangeError('a pipeline has at least one stage');
  return input.gpu ? withGpu(input, engine, ranks) : withoutGpu(input, engine, ranks, first);
}

function withoutGpu(input: StartupInput, engine: Engine, ranks: readonly Rank[], first: Rank): StartupReport {
  const heaviest = ranks.reduce((a, b) => (b.weights.value > a.weights.value ? b : a), first);
  const { settings } = engine;
  return {
    input,
    rulesVersion: coveredVersion(settings.version),
    settings,
    perGpu: {
      total: null,
      budget: null,
      weights: heaviest.weights,
      weightParts: heaviest.weightParts,
      activationPeak: null,
      activationParts: [],
      firstRankActivation: null,
      nonTorch: null,
      cudaGraphs: null,
      cudaGraphsInBudget: settings.rules.chargesCudaGraphs && settings.runner === 'v1',
      outsideBudget: null,
      kvCache: null,
      peakUsed: null,
      free: null,
    },
    kvCache: kvCacheWithoutGpu(engine, ranks),
    host: hostMemory(settings, ranks),
    outcome: null,
    certainty: 'likely',
    assumptions: assumptionsOf(engine, heaviest, null, null, null),
  };
}

function withGpu(input: StartupInput, engine: Engine, ranks: readonly Rank[]): StartupReport {
  const { settings } = engine;
  const gpu = engine.gpu;
  if (!gpu) throw new RangeError('a GPU is required here');
  const budget = budgetOf(gpu, settings);
  const plan = capturePlan(settings, input.args, engine.model.architecture);
  const chargesGraphs = settings.rules.chargesCudaGraphs && settings.runner === 'v1';
  const placed = ranks.map((rank): PlacedRank => {
    const nonTorch = nonTorchMemory(gpu, settings);
    const graphs = cudaGraphMemory(plan, {
      architecture: engine.model.architecture,
      layers: rank.stage.end - rank.stage.start,
      tensorParallel: settings.tensorParallelSize,
      computeCapability: gpu.gpu.computeCapability,
    });
    const graphCharge = chargesGraphs ? cudaGraphCharge(graphs) : null;
    const spending = {
      weights: rank.weights,
      activationPeak: rank.activation.bytes,
      nonTorch,
      graphCharge: graphCharge ?? perhaps(graphs, settings),
    };
    return { rank, nonTorch, graphs, graphCharge, available: availableKvCache(budget, spending, settings) };
  });
  const fullest = placed.reduce((a, b) => (b.available.value < a.available.value ? b : a));
  const kvCache = kvCacheReport(engine, placed);
  const context = settings.rules.accounting === 'device_total' ? exactly(0) : contextMemory(gpu, settings);
  const outside = sumOf([context, ...(fullest.graphCharge ? [] : [fullest.graphs])]);
  const perGpu = perGpuMemory(placed, fullest, budget.total, budget.requested, outside);
  const loading = sumOf([loadingPeak(engine, fullest.rank), initialContext()]);
  const { outcome, certainty } = outcomeOf({
    requested: budget.requested,
    free: exactly(gpu.freeMemoryGib === null ? budget.total : Math.min(budget.total, gpu.freeMemoryGib * GIB + context.value)),
    freeAtCheck: freeAtCheck(gpu, budget, settings),
    checksFreeMemory: settings.rules.checksFreeMemory,
    loading,
    profiling: sumOf([fullest.rank.weights, fullest.rank.activation.bytes, fullest.nonTorch, context]),
    serving: servingPeak({ settings, requested: budget.requested, outside, ...fullest }),
    available: fullest.available,
    needed: kvCache.neededForMaxModelLen,
  });
  return {
    input,
    rulesVersion: coveredVersion(settings.version),
    settings,
    perGpu,
    kvCache,
    host: hostMemory(settings, ranks),
    outcome,
    certainty,
    assumptions: assumptionsOf(engine, fullest.rank, fullest.nonTorch, fullest.graphs, fullest.graphCharge),
  };
}

/** What an unknown version may charge for graphs although the likely one does not. */
function perhaps(graphs: Ranged, { span }: EngineSettings): Ranged | null {
  return span && rulesOf(span.newest).chargesCudaGraphs ? { ...cudaGraphCharge(graphs), value: 0, low: 0 } : null;
}

/** Highest use while loading: the weights, plus a layer on its way to the host, or the 16-bit model where it is quantized as a whole. */
function loadingPeak(engine: Engine, rank: Rank): Ranged {
  const { settings, scheme } = engine;
  const extra = rank.offload.saved > 0 ? Math.max(...engine.parametersByKind.map(bytesOf)) : 0;
  const quantizedWhole = scheme.online && scheme.method !== 'bitsandbytes' && !settings.rules.onlineQuantizationByLayer;
  const factor = quantizedWhole ? ONLINE_PEAK_FACTOR : 1;
  return between(rank.weights.low * factor + extra, rank.weights.value * factor + extra, rank.weights.high * factor + extra);
}

/** A 16-bit model before fp8 conversion weighs about twice its quantized size, less the embedding and head that stay. */
const ONLINE_PEAK_FACTOR = 1.85;

/** Use once requests can be served: the activations of the profile run are returned, the pool takes what is left of the budget. */
function steadyUse({ rank, available, nonTorch, graphs, graphCharge }: PlacedRank, outside: Ranged): Ranged {
  return sumOf([rank.weights, nonTorch, ...(graphCharge ? [graphs] : []), outside, exactly(Math.max(0, available.value))]);
}

function perGpuMemory(placed: readonly PlacedRank[], fullest: PlacedRank, total: number, budget: number, outside: Ranged): PerGpuMemory {
  const { rank, available, nonTorch, graphs, graphCharge } = fullest;
  const steady = steadyUse(fullest, outside);
  const peakUsed = between(
    Math.min(steady.low, total),
    Math.min(steady.value, total),
    Math.min(steady.high + rank.activation.bytes.value, total),
    'how much of the activation memory stays cached',
  );
  const activation = rank.activation.bytes;
  const roomiest = Math.max(...placed.map((other) => other.available.value));
  const lowestActivation = Math.min(...placed.map((other) => other.rank.activation.bytes.low));
  return {
    total,
    budget,
    weights: rank.weights,
    weightParts: rank.weightParts,
    activationPeak:
      lowestActivation < activation.low ? { ...activation, low: lowestActivation, reason: 'pipeline ranks differ' } : activation,
    activationParts: rank.activation.parts,
    firstRankActivation: placed[0]?.rank.activation.bytes.value ?? null,
    nonTorch,
    cudaGraphs: graphs,
    cudaGraphsInBudget: graphCharge !== null,
    outsideBudget: outside,
    kvCache: roomiest > available.high ? { ...available, high: roomiest, reason: 'pipeline ranks differ' } : available,
    peakUsed,
    free: between(total - peakUsed.high, total - peakUsed.value, total - peakUsed.low),
  };
}

/** Host memory a rank's process needs beside pinned weights, GiB: Python, CUDA libraries and the staging of checkpoint shards. */
const HOST_GIB_PER_RANK: readonly [number, number, number] = [2, 4, 8];

function hostMemory(settings: EngineSettings, ranks: readonly Rank[]): HostMemory {
  const copies = settings.tensorParallelSize * settings.dataParallelSize;
  const pinned = ranks.reduce((total, rank) => total + rank.offload.pinned, 0) * copies;
  const processes = copies * ranks.length;
  const [low, usual, high] = HOST_GIB_PER_RANK;
  const heaviest = ranks.reduce<Rank | null>((a, b) => (a === null || b.offload.readPerStep > a.offload.readPerStep ? b : a), null);
  return {
    cpuOffloadBytes: pinned,
    bytesPerStepOverPcie: heaviest?.offload.readPerStep ?? 0,
    required: between(
      pinned + low * processes * GIB,
      pinned + usual * processes * GIB,
      pinned + high * processes * GIB,
      'staging of checkpoint shards',
    ),
    offloaded: heaviest?.offload.description ?? null,
  };
}
