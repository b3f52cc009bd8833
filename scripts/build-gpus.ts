/**
 * Builds the GPU, interconnect and cloud-instance catalogues from a folder of facts
 * (`gpus.jsonl`, `interconnects.jsonl`, `cloud.jsonl`) and from `data/gpus-additional.jsonl`: cards that the folder lacks, in its format, from
 * their makers' data sheets.
 *
 * Writes the bundled `src/estimator/hardware/{gpus,interconnects,cloudInstances}.json` and, for readers only,
 * `data/gpu-sources.json` and `data/interconnect-sources.json` with where each figure comes from. Usage: build-gpus FACTS_FOLDER
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Gpu, PeakRates } from '../src/estimator/hardware/gpu';

type Json = Record<string, unknown>;

/** Facts about one accelerator before its reported memory is settled. Units as in `Gpu`. */
interface GpuFacts {
  readonly key: string;
  readonly label: string;
  readonly aliases: readonly string[];
  readonly vendor: string;
  readonly architecture: string;
  readonly computeCapability: number | null;
  readonly memoryGb: number;
  readonly memoryOptionsGb: readonly number[] | null;
  readonly memoryType: string | null;
  readonly torchGib: number | null;
  readonly nvidiaSmiMib: number | null;
  readonly unifiedMemory: boolean;
  readonly bandwidthGbS: number | null;
  readonly smCount: number | null;
  readonly tflops: PeakRates;
  readonly tdpW: number | null;
  readonly idleW: number | null;
  /** "gen4 x16". */
  readonly pcie: string | null;
  readonly link: string | null;
  readonly linkGbS: number | null;
  readonly releaseYear: number | null;
  readonly confidence: string;
  readonly sources: unknown;
  readonly unsourced: unknown;
}

/** Cards whose NVLink is an optional bridge between pairs: their default link is PCIe. */
const BRIDGED = /^(a30|a40|a100_\d+_pcie|h100_80_pcie|h100_94_nvl|h200_141_nvl|rtx_|quadro_)/;
/** Boards that software sees as two devices: their row is halved, one device per GPU. */
const TWO_DEVICES = new Set(['mi250', 'mi250x']);
/**
 * Metal lets the GPU use 2/3 of small and 3/4 of larger memories by default (`recommendedMaxWorkingSetSize`;
 * seen: 21.33 GiB on a 32 GB M1 Pro).
 */
const APPLE_LARGE_GB = 36;

function readLines(path: string): Json[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Json);
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function number(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

function toFacts(row: Json): GpuFacts | null {
  const memoryGb = number(row['memory_gb']);
  const key = text(row['key']);
  const vendor = text(row['vendor']);
  if (memoryGb === null || key === null || vendor === null) return null;
  const interconnect = row['interconnect'] as Json;
  const capability = text(row['compute_capability']);
  const rates = row['tflops_dense'] as GpuFacts['tflops'];
  return {
    key,
    label: text(row['name']) ?? key,
    aliases: row['aliases'] as string[],
    vendor,
    architecture: text(row['architecture']) ?? '',
    computeCapability: capability !== null && /^\d+\.\d$/.test(capability) ? Math.round(Number(capability) * 10) : null,
    memoryGb,
    memoryOptionsGb: (row['memory_options_gb'] as number[] | undefined) ?? null,
    memoryType: text(row['memory_type']),
    torchGib: number(row['memory_gib_torch']),
    nvidiaSmiMib: number(row['memory_mib_nvidia_smi']),
    unifiedMemory: row['unified_memory'] === true,
    bandwidthGbS: number(row['bandwidth_gb_s']),
    smCount: number(row['sm_count']),
    tflops: rates,
    tdpW: number(row['tdp_w']),
    idleW: number(row['idle_w']),
    pcie: text(interconnect['pcie']),
    link: text(interconnect['link']),
    linkGbS: number(interconnect['nvlink_per_direction_gb_s']),
    releaseYear: number(row['release_year']),
    confidence: text(row['confidence']) ?? 'low',
    sources: (row['sources'] as Json[]).map((s) => ({ source: s['source'], confirms: s['confirms'] })),
    unsourced: row['unsourced_fields'],
  };
}

function hostLinkKey(pcie: string | null): string | null {
  if (pcie === null) return null;
  if (pcie.startsWith('NVLink-C2C')) return 'nvlink_c2c';
  const match = /^gen(\d) x(\d+)$/.exec(pcie);
  if (!match) return null;
  return match[2] === '8' || match[2] === '4' ? `pcie${match[1]}_x${match[2]}` : `pcie${match[1]}`;
}

function gpuLinkKey(facts: GpuFacts): string | null {
  const host = hostLinkKey(facts.pcie);
  if (facts.link === null) return host;
  if (BRIDGED.test(facts.key)) return host;
  if (facts.link.startsWith('nvlink')) return facts.link;
  if (facts.link === 'xgmi') return 'infinity_fabric';
  if (facts.link === 'RoCE') return facts.key === 'gaudi2' ? 'gaudi2_roce' : 'gaudi3_roce';
  if (facts.key === 'tpu_v7x') return 'ici_v7x';
  if (facts.key === 'trainium2') return 'neuronlink_v3';
  return host;
}

/** Least-squares line `gap = a + b x total` through cards seen by both nvidia-smi and torch, GiB. */
function torchGapLine(all: readonly GpuFacts[]): (totalGib: number) => number {
  const seen = all.flatMap((f) => {
    if (f.torchGib === null || f.nvidiaSmiMib === null) return [];
    const total = f.nvidiaSmiMib / 1024;
    const gap = total - f.torchGib;
    // One card (RTX 4080) prints no gap at all: its figure is nvidia-smi's.
    return gap > 0.05 ? [{ total, gap }] : [];
  });
  const n = seen.length;
  const meanTotal = seen.reduce((s, p) => s + p.total, 0) / n;
  const meanGap = seen.reduce((s, p) => s + p.gap, 0) / n;
  const slope =
    seen.reduce((s, p) => s + (p.total - meanTotal) * (p.gap - meanGap), 0) / seen.reduce((s, p) => s + (p.total - meanTotal) ** 2, 0);
  return (total) => meanGap + slope * (total - meanTotal);
}

/** The share of the marketing size that torch reports, by class of memory, from the cards where both are known. */
function classShare(facts: GpuFacts): number {
  if (facts.vendor === 'Apple') return facts.memoryGb < APPLE_LARGE_GB ? 2 / 3 : 3 / 4;
  if (facts.vendor === 'AMD' && !facts.unifiedMemory) return 0.9997; // MI210, MI300X, RX 7800 XT, RX 9070 XT: 0.995 to 1.0
  if (facts.unifiedMemory) return 0.9346; // GB10 119.63 of 128
  if (facts.vendor !== 'NVIDIA') return 0.99;
  if (/HBM/.test(facts.memoryType ?? '')) return 0.9905; // A100 0.9906, H100 0.9899, H200 0.9915, V100 0.9916
  // GDDR with ECC always on gives up 1/16 (A10 0.9196, A10G 0.9208, L40S 0.9254, K80 0.931, P4 0.929).
  if (/^(a2|a16|a40|l4|l20|l40|m40)/.test(facts.key)) return 0.923;
  return 0.981; // RTX 5090 0.9794, RTX 3090 0.9825
}

function totalMemory(facts: GpuFacts, gap: (total: number) => number): { gib: number; basis: string } {
  if (facts.torchGib !== null) return { gib: facts.torchGib, basis: 'torch' };
  if (facts.nvidiaSmiMib !== null) {
    const total = facts.nvidiaSmiMib / 1024;
    return { gib: total - gap(total), basis: 'nvidia-smi' };
  }
  return { gib: facts.memoryGb * classShare(facts), basis: 'derived' };
}

function half(value: number | null): number | null {
  return value === null ? null : value / 2;
}

function perDevice(facts: GpuFacts): GpuFacts {
  if (!TWO_DEVICES.has(facts.key)) return facts;
  const rates = Object.fromEntries(Object.entries(facts.tflops).map(([k, v]) => [k, half(v)])) as unknown as GpuFacts['tflops'];
  const name = facts.label.replace(/ \(.*/, '');
  return {
    ...facts,
    label: `${name} (one GCD)`,
    aliases: [name],
    memoryGb: facts.memoryGb / 2,
    bandwidthGbS: half(facts.bandwidthGbS),
    smCount: half(facts.smCount),
    tdpW: half(facts.tdpW),
    tflops: rates,
  };
}

function build(folder: string, root: string): void {
  const rows = [...readLines(join(folder, 'gpus.jsonl')), ...readLines(join(root, 'data/gpus-additional.jsonl'))];
  const facts = rows.flatMap((row) => toFacts(row) ?? []).map(perDevice);
  const gap = torchGapLine(facts);
  const gpus = facts.map((f) => {
    const total = totalMemory(f, gap);
    const link = gpuLinkKey(f);
    return {
      key: f.key,
      label: f.label,
      aliases: f.aliases.filter((alias) => alias !== f.label),
      vendor: f.vendor,
      architecture: f.architecture,
      computeCapability: f.computeCapability,
      memoryGb: f.memoryGb,
      memoryOptionsGb: f.memoryOptionsGb,
      memoryType: f.memoryType,
      totalMemoryGib: Math.round(total.gib * 100) / 100,
      totalMemoryBasis: total.basis,
      unifiedMemory: f.unifiedMemory,
      bandwidthGbS: f.bandwidthGbS,
      smCount: f.smCount,
      tflops: f.tflops,
      tdpW: f.tdpW,
      idleW: f.idleW,
      link,
      linkGbS: link !== null && !link.startsWith('pcie') && link !== 'nvlink_c2c' ? f.linkGbS : null,
      hostLink: hostLinkKey(f.pcie),
      releaseYear: f.releaseYear,
      confidence: f.confidence,
    };
  });
  const links = readLines(join(folder, 'interconnects.jsonl'));
  const interconnects = links.map((row) => ({
    key: row['key'],
    aliases: row['aliases'],
    gbSPerDirection: row['nominal_gb_s_per_direction'],
    realisticFraction: row['realistic_fraction'],
  }));
  const linkSources = Object.fromEntries(links.map((row) => [String(row['key']), { source: row['source'], notes: row['notes'] }]));
  const clouds = readLines(join(folder, 'cloud.jsonl')).map((row) => ({
    provider: row['provider'],
    type: row['instance_type'],
    gpu: row['gpu_key'],
    count: row['gpu_count'],
    hostRamGib: row['host_ram_gib'],
  }));
  const sources = Object.fromEntries(facts.map((f) => [f.key, { sources: f.sources, unsourced: f.unsourced, confidence: f.confidence }]));
  const hardware = join(root, 'src/estimator/hardware');
  writeTable(join(hardware, 'gpus.json'), gpus);
  writeRows(join(hardware, 'interconnects.json'), interconnects);
  writeRows(join(hardware, 'cloudInstances.json'), clouds);
  writeFileSync(join(root, 'data/gpu-sources.json'), `${JSON.stringify(sources, null, 1)}\n`);
  writeFileSync(join(root, 'data/interconnect-sources.json'), `${JSON.stringify(linkSources, null, 1)}\n`);
  process.stdout.write(`${gpus.length} GPUs, ${interconnects.length} interconnects, ${clouds.length} cloud instances\n`);
}

/** One row per line, so that a change of one figure is a one-line difference. */
function writeRows(path: string, rows: readonly object[]): void {
  writeFileSync(path, `[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]\n`);
}

/** The rates of a card, in the order of the table's. */
const RATES = ['fp32', 'tf32', 'fp16', 'bf16', 'fp8', 'fp4', 'int8'] as const;

/** The GPUs as a table: their fields are named once instead of in each of the rows, which come with the editor's first file. */
function writeTable(path: string, gpus: readonly (Omit<Gpu, 'totalMemoryBasis' | 'confidence'> & { readonly confidence: string })[]): void {
  const columns = Object.keys(gpus[0] ?? {}) as (keyof (typeof gpus)[number])[];
  const rows = gpus.map((gpu) => columns.map((column) => (column === 'tflops' ? RATES.map((rate) => gpu.tflops[rate]) : gpu[column])));
  const lines = rows.map((row) => JSON.stringify(row)).join(',\n');
  writeFileSync(path, `{"columns":${JSON.stringify(columns)},\n"rates":${JSON.stringify(RATES)},\n"rows":[\n${lines}\n]}\n`);
}

const folder = process.argv[2];
if (folder === undefined) {
  process.stderr.write('usage: build-gpus FACTS_FOLDER\n');
  process.exitCode = 2;
} else {
  build(folder, process.cwd());
}
