import type { Gpu } from './gpu';
import cloudRows from './cloudInstances.json';
import rows from './interconnects.json';

/** A link between GPUs, or between a GPU and its host. */
export interface Interconnect {
  readonly key: string;
  readonly aliases: readonly string[];
  /** Nominal bandwidth per direction and GPU, GB/s; null where it is another link's (nvswitch). */
  readonly gbSPerDirection: number | null;
  /** Share of the nominal bandwidth seen in large collectives; null when not measured. */
  readonly realisticFraction: number | null;
}

/** One cloud machine with its GPUs. */
export interface CloudInstance {
  readonly provider: string;
  readonly type: string;
  /** Key of the GPU catalogue. */
  readonly gpu: string;
  readonly count: number;
  readonly hostRamGib: number | null;
}

/** Narrow slots carry the share of their lanes: x8 half of what x16 carries, x4 (OCuLink, M.2, the RX 6500 XT) a quarter. */
function narrow(link: Interconnect, lanes: 8 | 4): Interconnect {
  const { gbSPerDirection: full } = link;
  return { ...link, key: `${link.key}_x${lanes}`, aliases: [], gbSPerDirection: full === null ? null : (full * lanes) / 16 };
}

const listed = rows as readonly Interconnect[];

/** Built by `scripts/build-gpus.ts`; sources in `data/interconnect-sources.json`. */
export const INTERCONNECTS: readonly Interconnect[] = [
  ...listed,
  ...([8, 4] as const).flatMap((lanes) => listed.filter((link) => /^pcie\d$/.test(link.key)).map((link) => narrow(link, lanes))),
];

export const CLOUD_INSTANCES: readonly CloudInstance[] = cloudRows as readonly CloudInstance[];

/** Share of a link's nominal bandwidth that large transfers reach where nobody measured it: between the measured 0.70 and 0.89. */
export const USUAL_FRACTION = 0.8;

/** The interconnect a key or alias names, case and `-`/`_`/space aside; null when unknown. */
export function findInterconnect(name: string): Interconnect | null {
  const wanted = flat(name);
  return INTERCONNECTS.find((link) => [link.key, ...link.aliases].some((other) => flat(other) === wanted)) ?? null;
}

/** The cloud machine of this type ("p4d.24xlarge", "Standard_ND96asr_v4", also without Azure's "Standard_"); null when unknown. */
export function findCloudInstance(type: string): CloudInstance | null {
  const plain = (text: string): string =>
    text
      .trim()
      .toLowerCase()
      .replace(/^standard_/, '');
  return CLOUD_INSTANCES.find((instance) => plain(instance.type) === plain(type)) ?? null;
}

/**
 * Bandwidth that large transfers reach over a link, GB/s per direction and GPU.
 *
 * @param link key of the interconnect; null takes the GPU's own.
 * @returns null when neither is known (one GPU on a SoC, a custom link).
 */
export function linkBandwidth(gpu: Gpu, link: string | null): number | null {
  const key = link ?? gpu.link;
  if (key === null) return null;
  const found = findInterconnect(key === 'nvswitch' ? (gpu.link ?? key) : key);
  if (!found) return null;
  const nominal = (found.key === gpu.link ? gpu.linkGbS : null) ?? found.gbSPerDirection;
  return nominal === null ? null : nominal * (found.realisticFraction ?? USUAL_FRACTION);
}

/** Bandwidth of large host-to-device copies, GB/s; null for GPUs that share the host's memory. */
export function hostBandwidth(gpu: Gpu): number | null {
  if (gpu.unifiedMemory) return null;
  return linkBandwidth(gpu, gpu.hostLink ?? 'pcie4');
}

function flat(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}
