import { clamp } from '../units';
import { withStatedCores } from './appleBins';
import { isCustomGpuKey } from './gpu';
import type { CustomGpuKey, Gpu } from './gpu';
import { GpuNames, namesSlice, sizesOf } from './gpuNames';
import { nearestNames } from './gpuNearest';
import { readGpuTable } from './gpuTable';
import { findCloudInstance } from './interconnects';
import { namesProcessor } from './processors';

/** Every accelerator of the catalogue, custom ones excepted. Built by `scripts/build-gpus.ts`; sources in `data/gpu-sources.json`. */
export const GPUS: readonly Gpu[] = readGpuTable();

/** How far a stated size may be from a card's own and still mean that card: "H100-96GB" is the 94 GB card. */
const SAME_SIZE = 0.1;

const names = new GpuNames(GPUS, (name) => findCloudInstance(name)?.gpu ?? null);

/** The A100 built for one supercomputer, Leonardo: nobody who does not say so means it. */
const LEONARDO = 'a100_64_sxm';

/**
 * The GPU a name means: a catalogue key, or what nvidia-smi, torch, Kubernetes labels, cloud labels or published tables print
 * ("NVIDIA A100-SXM4-80GB", "NVIDIA-L40S", "Tesla T4", "RTX 3090", "A100-80GB").
 *
 * @param memoryGib total memory if it is known, GiB: chooses among sizes when the name alone does not ("A100"), and is the memory of a custom GPU.
 * @returns null for names the catalogue does not know, slices of a card (MIG), laptops' chips that it lacks, and custom keys without memory.
 */
export function findGpu(name: string, memoryGib?: number): Gpu | null {
  const wanted = name.trim();
  if (isCustomGpuKey(wanted)) return memoryGib === undefined || !(memoryGib > 0) ? null : customGpu(wanted, memoryGib);
  const gpu = sizedGpu(wanted, memoryGib);
  return gpu && withStatedCores(gpu, wanted);
}

function sizedGpu(name: string, memoryGib: number | undefined): Gpu | null {
  const { gpus, statedGb, exact } = names.candidates(name);
  const first = gpus[0];
  if (!first) return null;
  const size = memoryGib ?? (exact ? null : statedGb);
  if (size === null) return first;
  const closest = [...gpus].sort((a, b) => sizeDistance(a, size) - sizeDistance(b, size))[0] ?? first;
  if (memoryGib !== undefined) return closest.unifiedMemory ? inStatedSize(closest, statedGb) : inNearestSize(closest, memoryGib);
  // Apple's chips are told apart by their name: any memory goes with one.
  if (closest.vendor === 'Apple' && statedGb !== null) return withMemory(closest, statedGb);
  return sizesOf(closest).some((known) => Math.abs(known - size) <= SAME_SIZE * known) ? inNearestSize(closest, size) : null;
}

function inStatedSize(gpu: Gpu, statedGb: number | null): Gpu {
  return statedGb !== null && gpu.memoryOptionsGb?.includes(statedGb) ? withMemory(gpu, statedGb) : gpu;
}

/** `gpu` in the size it is sold in that is nearest to `sizeGb`, which may be that of a board of two. */
function inNearestSize(gpu: Gpu, sizeGb: number): Gpu {
  if (gpu.memoryOptionsGb === null) return gpu;
  const nearest = [...sizesOf(gpu)].sort((a, b) => Math.abs(a - sizeGb) - Math.abs(b - sizeGb))[0] ?? gpu.memoryGb;
  const memoryGb = gpu.memoryOptionsGb.includes(nearest) ? nearest : nearest / 2;
  return memoryGb === gpu.memoryGb ? gpu : withMemory(gpu, memoryGb);
}

/** All GPUs a name may mean, most likely first: more than one where the name leaves the size or form open ("A100"). */
export function gpusNamed(name: string): readonly Gpu[] {
  return names.candidates(name.trim()).gpus;
}

/**
 * The cards of the same name with another memory size, smallest first, where the name alone does not tell ("A100" has 40 or 80 GB). Modified
 * cards do not count: their owners say so.
 */
export function otherSizes(name: string, taken: Gpu): readonly Gpu[] {
  const { gpus, statedGb } = names.candidates(name.trim());
  if (statedGb !== null || !gpus.some(({ key }) => key === taken.key)) return [];
  const bySize = new Map<number, Gpu>();
  for (const gpu of gpus)
    if (!bySize.has(gpu.memoryGb) && !gpu.label.includes('modded') && gpu.key !== LEONARDO) bySize.set(gpu.memoryGb, gpu);
  for (const size of taken.memoryOptionsGb ?? []) if (!bySize.has(size)) bySize.set(size, withMemory(taken, size));
  bySize.delete(taken.memoryGb);
  return [...bySize.values()].sort((a, b) => a.memoryGb - b.memoryGb);
}

/** Up to `n` GPUs whose key or name looks like `name`, for "did you mean"; none where the name is not that of a GPU or like no other. */
export function nearestGpus(name: string, n: number): readonly Gpu[] {
  if (namesProcessor(name) || namesSlice(name)) return [];
  const meant = gpusNamed(name);
  return [...new Set([...meant, ...nearestNames(GPUS, name)])].slice(0, n);
}

/** `gpu` in another size of its line-up, GB. */
function withMemory(gpu: Gpu, memoryGb: number): Gpu {
  return { ...gpu, memoryGb, totalMemoryGib: gpu.totalMemoryGib * (memoryGb / gpu.memoryGb), totalMemoryBasis: 'derived' };
}

/**
 * A card of which only the memory is known. Bandwidth, rates and power are those of the catalogue's card closest in size of the same
 * kind, and `confidence` is low: speed figures from it carry a wide range.
 */
export function customGpu(key: CustomGpuKey, memoryGb: number): Gpu {
  const apple = key === 'custom_apple_silicon';
  const kin = GPUS.filter((g) =>
    apple ? g.vendor === 'Apple' : g.vendor === 'NVIDIA' && !g.unifiedMemory && (g.releaseYear ?? 0) >= 2020 && g.key !== LEONARDO,
  );
  const closest = [...kin].sort((a, b) => sizeDistance(a, memoryGb) - sizeDistance(b, memoryGb))[0];
  if (!closest) throw new RangeError('the catalogue holds no card to compare with');
  return {
    ...withMemory(closest, memoryGb),
    key,
    label: `${apple ? 'Apple silicon' : 'Discrete GPU'}, ${memoryGb} GB`,
    aliases: [],
    memoryOptionsGb: null,
    link: apple ? null : 'pcie4',
    linkGbS: null,
    hostLink: apple ? null : 'pcie4',
    releaseYear: null,
    confidence: 'low',
  };
}

/** Pascal: PyTorch's builds run on nothing older. */
const OLDEST_CAPABILITY = 60;
/** How far a driver's total may be from the catalogue's for the same card: 24.0 GiB under WSL against 23.57. */
const SAME_TOTAL = 0.02;

/**
 * The NVIDIA card that reports this total memory, GiB; null when none is near. Totals differ by card (79.19 on H100, 79.25 on A100), so that
 * the nearest is the likely one; cards whose total was seen in a log win over those whose total is derived.
 */
export function cardReporting(totalGib: number): Gpu | null {
  const near = GPUS.filter(
    (gpu) =>
      gpu.vendor === 'NVIDIA' &&
      !gpu.unifiedMemory &&
      gpu.key !== LEONARDO &&
      (gpu.computeCapability ?? 0) >= OLDEST_CAPABILITY &&
      Math.abs(gpu.totalMemoryGib - totalGib) <= SAME_TOTAL * totalGib,
  );
  const seen = near.filter((gpu) => gpu.totalMemoryBasis !== 'derived');
  const distance = (gpu: Gpu): number => Math.abs(gpu.totalMemoryGib - totalGib);
  return [...(seen.length > 0 ? seen : near)].sort((a, b) => distance(a) - distance(b))[0] ?? null;
}

function sizeDistance(gpu: Gpu, memoryGb: number): number {
  const toMarketing = Math.abs(gpu.memoryGb - memoryGb) / gpu.memoryGb;
  const toReported = Math.abs(gpu.totalMemoryGib - memoryGb) / gpu.totalMemoryGib;
  return clamp(Math.min(toMarketing, toReported), 0, 1);
}
