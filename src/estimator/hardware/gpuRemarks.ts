import { findGpu, gpusNamed, otherSizes } from './catalogue';
import { isCustomGpuKey } from './gpu';
import { isLaptop, namesSeveral, namesSlice } from './gpuNames';
import type { Gpu } from './gpu';
import { nameParts } from './gpuSpelling';
import { findCloudInstance } from './interconnects';
import { namesProcessor } from './processors';

/** A MIG profile: sevenths of the multiprocessors and gigabytes ("3g.40gb"). */
const PROFILE = /(\d)g\.(\d+)gb/i;
/** A card plugged into a single-board computer, whose slot carries a fraction of a PC's. */
const SMALL_HOST = /\b(?:raspberry|pi \d|pi cm\d)/i;

/** Why a name stands for no card whose speed and memory can be estimated, as a clause; null where it is merely unknown or stands for one. */
export function whyNoGpu(name: string): string | null {
  if (isCustomGpuKey(name.trim()) || findGpu(name) !== null) return null;
  if (namesSlice(name)) {
    const [, sevenths, gb] = PROFILE.exec(name) ?? [];
    const what = sevenths === undefined ? 'a slice of a card (MIG)' : `${sevenths}/7 of a card (MIG)`;
    return `it names ${what}, and only whole cards are estimated; custom_discrete ${gb === undefined ? 'with its memory' : `with ${gb} GB`} answers for its memory alone`;
  }
  if (namesProcessor(name)) return 'it names a CPU, which is not estimated, and custom_discrete does not stand for one';
  if (namesSeveral(name)) return 'it names several cards, and all of a deployment are taken to be equal';
  const meant = gpusNamed(name);
  if (meant.length > 0) {
    const sizes = [...new Set(meant.flatMap((gpu) => gpu.memoryOptionsGb ?? [gpu.memoryGb]))].sort((a, b) => a - b);
    return `a card of this name has ${listed(sizes)} GB`;
  }
  return nameParts(name).laptop ? "it names a laptop's GPU that is not in the catalogue, and the card of that name is another" : null;
}

/** That the name of a card leaves its memory open, and which size was taken. */
export function sizeAssumption(taken: Gpu, others: readonly Gpu[]): string {
  const sizes = [taken, ...others].map(({ memoryGb }) => memoryGb).sort((a, b) => a - b);
  const what = taken.vendor === 'Apple' ? 'a machine with this chip' : 'a card of this name';
  return `${what} has ${listed(sizes)} GB: ${taken.memoryGb} GB taken (${taken.label}), give its memory to be sure`;
}

/** A number of cards before a name ("2x RTX 4090", "8 x H100"). */
const COUNT = /^\s*(\d+)\s*[x×*]\s*(?=\S)/i;

/** That the name of a card says how many there are, where another number is counted; nothing where it says none or the same. */
export function countAssumptions(name: string, counted: number): readonly string[] {
  const said = Number(COUNT.exec(name)?.[1] ?? counted);
  return said === counted ? [] : [`gpu_key says ${said} cards, num_gpus ${counted}: ${counted} counted`];
}

/**
 * What was taken for granted to find the card of a name, in plain words; nothing where the name says it all.
 *
 * @param isMemoryGiven the size of the card's memory was said beside its name.
 */
export function gpuAssumptions(name: string, taken: Gpu, isMemoryGiven: boolean): readonly string[] {
  if (isCustomGpuKey(name.trim())) return [];
  const others = isMemoryGiven ? [] : otherSizes(name, taken);
  const alike = others.length > 0 ? [] : gpusNamed(name).filter((gpu) => gpu.key !== taken.key && sameSize(gpu, taken));
  const machine = findCloudInstance(name);
  // RunPod's machines are called by their cards.
  const isMachine = machine !== null && machine.provider !== 'runpod';
  const options = taken.vendor === 'Apple' ? (taken.memoryOptionsGb ?? []) : [];
  return [
    ...(others.length > 0 ? [sizeAssumption(taken, others)] : []),
    ...(alike.length > 0 && !isLabel(name, taken)
      ? [`"${name.trim()}" may also mean ${alike.map(({ label }) => label).join(', ')}: ${taken.label} taken`]
      : []),
    ...(options.length > 0 && !options.includes(taken.memoryGb)
      ? [`${taken.label} is sold with ${listed(options)} GB: ${taken.memoryGb} GB taken as stated`]
      : []),
    ...(isMachine
      ? [`${machine.type} has ${machine.count} × ${taken.label}: the number of GPUs asked for says how many of them are used`]
      : []),
    ...(/\(one /.test(taken.label) ? [`${taken.label}: software sees each as a GPU of its own, and each counts as one here`] : []),
    ...(isLaptop(taken) ? ["a laptop's GPU runs at the power its maker allows, often less than the most assumed here"] : []),
    ...(SMALL_HOST.test(name)
      ? [`${taken.label} in the slot of a single-board computer: loading weights and copies between GPUs take longer`]
      : []),
  ];
}

function sameSize(a: Gpu, b: Gpu): boolean {
  return (a.memoryOptionsGb ?? [a.memoryGb]).includes(b.memoryGb) && !a.label.includes('modded');
}

function isLabel(name: string, gpu: Gpu): boolean {
  const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '');
  return plain(name) === plain(gpu.label);
}

function listed(sizes: readonly number[]): string {
  return sizes.length === 1 ? String(sizes[0]) : `${sizes.slice(0, -1).join(', ')} or ${String(sizes.at(-1))}`;
}
