import { cardReporting, findGpu, nearestGpus, otherSizes } from '../estimator/hardware/catalogue';
import { withSize } from '../estimator/hardware/gpu';
import type { Gpu, GpuSetup, GpuSource } from '../estimator/hardware/gpu';
import { sizeAssumption, whyNoGpu } from '../estimator/hardware/gpuRemarks';
import type { VllmArguments } from '../vllm/arguments';
import { ArgumentReader } from '../vllm/argumentValues';
import type { StartupReport } from '../vllm/startup/report';

/** What one source says about the GPUs; null where it says nothing. */
export interface GpuCandidate {
  /** Catalogue key or any name of a card. */
  readonly name: string | null;
  readonly count: number | null;
  /** As torch sees it, per GPU. */
  readonly totalMemoryGib: number | null;
  /** Free when vLLM starts, per GPU; absent when unknown. */
  readonly freeMemoryGib?: number | null;
  readonly source: GpuSource;
}

/** The GPUs that candidates amount to. */
export interface GpuResolution {
  /** null when no source names a GPU or a memory size, or the name is unknown. */
  readonly gpu: GpuSetup | null;
  /** Why there is no GPU although one was named, with the way out; null otherwise. */
  readonly problem: string | null;
  /** What was taken for granted, in plain words. */
  readonly assumptions: readonly string[];
}

const ORDER: readonly GpuSource[] = ['flag', 'directive', 'file', 'setting', 'detected'];

/** GPUs that the arguments ask for: tensor x pipeline x data parallel ranks. */
export function worldSize(args: VllmArguments): number {
  const read = new ArgumentReader(args);
  const size = (name: string): number => Math.max(1, Math.trunc(read.positive(`${name}-parallel-size`) ?? 1));
  return size('tensor') * size('pipeline') * size('data');
}

/** A card of which only the memory is known: no compute capability, so that no rule judges by one. */
function cardOfMemory(totalMemoryGib: number): Gpu | null {
  const kin = findGpu('custom_discrete', totalMemoryGib);
  return kin && { ...kin, label: `GPU with ${totalMemoryGib} GiB`, computeCapability: null };
}

/**
 * nvidia-smi's total counts what the driver keeps for itself: 0.4 to 0.75 GiB more than torch's (A10G 22.49 and 22.1, H100 79.65 and 79.19,
 * A100 80 and 79.25). GeForce is left out: under Windows and WSL torch itself reports all of it.
 */
const DRIVER_RESERVE: readonly [least: number, most: number] = [0.3, 1];

/** Total memory as torch sees it: the stated one, or the card's own where the stated one is nvidia-smi's. */
function usableTotal(gpu: Gpu, stated: number | null): number {
  if (stated === null) return gpu.totalMemoryGib;
  const reserve = stated - gpu.totalMemoryGib;
  const counted = gpu.vendor === 'NVIDIA' && gpu.totalMemoryBasis !== 'derived' && !gpu.unifiedMemory && !gpu.label.includes('GeForce');
  return counted && reserve >= DRIVER_RESERVE[0] && reserve <= DRIVER_RESERVE[1] ? gpu.totalMemoryGib : stated;
}

/** What joins the names of unequal cards: "RTX 5070 Ti + RTX 5090". */
const UNEQUAL = /\s\+\s/;

/**
 * Of unequal cards the one with the least memory: vLLM cuts a model into equal parts and gives every rank the number of blocks of the fullest.
 * Null when the name lists none or one of them is unknown.
 */
function smallestOf(name: string): Gpu | null {
  if (!UNEQUAL.test(name)) return null;
  const cards = name.split(UNEQUAL).map((part) => findGpu(part));
  const known = cards.filter((card) => card !== null);
  return known.length < cards.length ? null : known.reduce((a, b) => (b.totalMemoryGib < a.totalMemoryGib ? b : a));
}

function unknownName(name: string): string {
  const near = nearestGpus(name, 3).map(({ key }) => key);
  const why = whyNoGpu(name);
  const known = `No GPU is known as "${name}"${why === null ? '' : `: ${why}`}.`;
  const hint = near.length > 0 ? ` Nearest: ${near.join(', ')}.` : '';
  return `${known}${hint} A card outside the catalogue can be given by its memory alone.`;
}

/** How far a stated memory may be from a card's own and still mean that card. */
const SAME_CARD = 0.15;

/**
 * The candidate that decides which card it is: the most trusted with a name, unless a comment in the file states a memory
 * that the card of a setting or of this machine does not have.
 */
function decisive(ordered: readonly GpuCandidate[]): GpuCandidate | undefined {
  const sized = ordered.find(({ totalMemoryGib }) => totalMemoryGib !== null);
  const named = ordered.find(({ name }) => name !== null && name.trim() !== '');
  if (!named || !sized || ordered.indexOf(sized) >= ordered.indexOf(named)) return named ?? sized;
  const fromElsewhere = named.source === 'setting' || named.source === 'detected';
  const own = findGpu(named.name ?? '')?.totalMemoryGib;
  const stated = sized.totalMemoryGib ?? 0;
  return fromElsewhere && own !== undefined && Math.abs(own - stated) > SAME_CARD * own ? sized : named;
}

/**
 * The GPUs a deployment runs on. The most trusted source that names a card or its memory decides; count and memory come from it or from
 * a more trusted one, never from a less trusted one, which may mean other cards. A count that nobody states is what the arguments ask for.
 */
export function resolveGpu(candidates: readonly GpuCandidate[], args: VllmArguments): GpuResolution {
  const ordered = [...candidates].sort((a, b) => ORDER.indexOf(a.source) - ORDER.indexOf(b.source));
  const chosen = decisive(ordered);
  if (!chosen) return { gpu: null, problem: null, assumptions: [] };
  const trusted = ordered.filter(({ source }) => ORDER.indexOf(source) <= ORDER.indexOf(chosen.source));
  const memory = trusted.find(({ totalMemoryGib }) => totalMemoryGib !== null)?.totalMemoryGib ?? null;
  const name = chosen.name?.trim() ?? '';
  // A comment may go on behind the name of the card.
  const words = chosen.source === 'directive' ? [name, name.split(/\s/, 1)[0] ?? ''] : [name];
  const smallest = smallestOf(name);
  const known =
    smallest ?? words.map((text) => (text === '' ? null : findGpu(text, memory ?? undefined))).find((gpu) => gpu !== null) ?? null;
  const gpu = known ?? (memory === null ? null : cardOfMemory(memory));
  if (!gpu) return { gpu: null, problem: unknownName(name), assumptions: [] };
  const stated = trusted.find(({ count }) => count !== null)?.count ?? null;
  const count = stated ?? worldSize(args);
  const likely = name === '' && memory !== null ? cardReporting(memory) : null;
  const total = known ? usableTotal(known, memory) : (memory ?? gpu.totalMemoryGib);
  const others = known && memory === null && !smallest ? otherSizes(name, known) : [];
  const setup: GpuSetup = {
    gpu,
    count,
    totalMemoryGib: total,
    freeMemoryGib: trusted.find(({ freeMemoryGib }) => typeof freeMemoryGib === 'number')?.freeMemoryGib ?? null,
    source: chosen.source,
    ...(likely ? { likely } : {}),
    ...(others.length > 0 ? { otherSizes: others } : {}),
  };
  const assumptions = [
    ...(smallest ? [`the cards are unequal: all are judged by the smallest, ${smallest.label}`] : []),
    ...(others.length > 0 ? [sizeAssumption(gpu, others)] : []),
    ...(likely ? [`the GPU is not named: one with ${memory} GiB is most likely ${likely.label}`] : []),
    ...(memory === null || total === memory ? [] : [`${memory} GiB is what nvidia-smi shows: ${total} GiB of it are usable`]),
    ...(known || name === '' ? [] : [`No GPU is known as "${name}": it is judged by its memory alone`]),
    ...(stated === null ? [`the number of GPUs is not stated: ${count}, as the parallel sizes ask for`] : []),
  ];
  return { gpu: setup, problem: null, assumptions };
}

/** The part of a simulated start-up that says whether the weights fit, bytes per GPU. */
type WeightsInBudget = Pick<StartupReport['perGpu'], 'budget' | 'weights'>;

/**
 * The same GPUs in the smallest size whose budget holds the weights, where the name leaves the size open and that of the size taken does not:
 * nobody deploys a model on cards that cannot even load it. Null where there is no such doubt, or no size that is large enough.
 */
export function roomierCard({ gpu, assumptions }: GpuResolution, { budget, weights }: WeightsInBudget): GpuResolution | null {
  if (!gpu?.otherSizes || budget === null || weights.value <= budget) return null;
  const share = budget / gpu.totalMemoryGib;
  const card = gpu.otherSizes.find(({ totalMemoryGib }) => totalMemoryGib * share >= weights.value);
  if (!card) return null;
  const said = `the ${gpu.gpu.memoryGb} GB of ${gpu.gpu.label} do not hold the weights: the card of that name with ${card.memoryGb} GB taken (${card.label})`;
  const kept = assumptions.filter((text) => text !== sizeAssumption(gpu.gpu, gpu.otherSizes ?? []));
  return { gpu: withSize(gpu, card), problem: null, assumptions: [said, ...kept] };
}
