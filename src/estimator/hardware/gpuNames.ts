import { flat, nameParts, type NameParts } from './gpuSpelling';
import type { Gpu } from './gpu';
import { withoutProcessors } from './processors';

/** A remark in brackets is not part of the name, except the size ("RTX 4060 Ti (16GB)"). */
const REMARK = /\((?!\s*\d+\s*gi?b\))[^)]*\)/gi;
/** Remarks about the host's memory. */
const HOST_MEMORY = /\b(?:ram|ddr\d|host|system)\b/i;
/** Shorter names (T4, L4, A2) are only found standing alone: inside a text two letters mean anything. */
const SHORTEST_WITHIN_TEXT = 3;
/** Words behind a model that make another one of it: an "RTX 5090 Super" is no RTX 5090. */
const VARIANTS = new Set(['ti', 'super', 'xt', 'xtx', 'gre', 'd', 'ada', 'pro', 'sff', 'duo', 'cluster']);
/** A slice of a card, as the driver prints it: "NVIDIA-A100-SXM4-80GB-MIG-3g.40gb", or by its profile alone: "h100-1g.10gb". */
const MIG = /(^|[^a-z])mig([^a-z]|$)|(^|[^a-z0-9])\dg\.\d+gb/i;
/** Names that mean several cards, and the one people mean by them. */
const USUAL: Readonly<Record<string, string>> = {
  a100: 'a100_80',
  h100: 'h100_80',
  h200: 'h200_141',
  h20: 'h20_96',
  v100: 'v100_16_sxm',
  gh200: 'gh200_96',
  rtx3080: 'rtx_3080_10',
  rtx4060ti: 'rtx_4060_ti_8',
  rtx5060ti: 'rtx_5060_ti_16',
  rtx2080ti: 'rtx_2080_ti',
  rtx6000: 'quadro_rtx_6000',
  rtxa2000: 'rtx_a2000_12',
  rtxpro5000: 'rtx_pro_5000',
  rtxpro6000: 'rtx_pro_6000',
  // npu-smi prints the family ("Ascend910") or the bin ("910B2") of the cards of 64 GB.
  ascend910: 'ascend_910b',
  ascendascend910: 'ascend_910b',
  ascend910b1: 'ascend_910b',
  ascend910b2: 'ascend_910b',
  ascend910b3: 'ascend_910b',
  w7900: 'radeon_pro_w7900',
  w7800: 'radeon_pro_w7800',
  r9700: 'radeon_ai_pro_r9700',
  frameworkmainboard: 'ryzen_ai_max_395',
  frameworkdesktop: 'ryzen_ai_max_395',
  ryzenaimax395: 'ryzen_ai_max_395',
};

/** Cards that people call by the name of a sibling: the H20 with 141 GB is "H20-3e" to the driver alone, and three generations are an RTX 6000. */
const SHARED: Readonly<Record<string, readonly string[]>> = {
  h20: ['h20_141'],
  rtx6000: ['rtx_6000_ada', 'rtx_pro_6000'],
  // What ROCm prints where it knows no product name: the chip (rocminfo, LLVM AMDGPU usage guide), the usual card first.
  gfx906: ['mi50_32', 'mi50_16', 'mi60', 'radeon_vii', 'radeon_pro_vii'],
  gfx908: ['mi100'],
  gfx90a: ['mi250x', 'mi250', 'mi210'],
  gfx942: ['mi300x', 'mi300a', 'mi308x', 'mi325x'],
  gfx950: ['mi355x', 'mi350x'],
  gfx1030: ['rx_6800_xt', 'rx_6900_xt', 'rx_6950_xt', 'rx_6800', 'radeon_pro_w6800'],
  gfx1031: ['rx_6700_xt', 'rx_6750_xt'],
  gfx1032: ['rx_6600_xt', 'rx_6600', 'rx_6650_xt'],
  gfx1034: ['rx_6500_xt'],
  gfx1100: ['rx_7900_xtx', 'rx_7900_xt', 'rx_7900_gre', 'radeon_pro_w7900', 'radeon_pro_w7800'],
  gfx1101: ['rx_7800_xt', 'rx_7700_xt', 'radeon_pro_w7700'],
  gfx1102: ['rx_7600', 'rx_7600_xt', 'radeon_pro_w7600', 'radeon_pro_w7500'],
  gfx1151: ['ryzen_ai_max_395'],
  gfx1200: ['rx_9060_xt'],
  gfx1201: ['rx_9070_xt', 'rx_9070', 'radeon_ai_pro_r9700'],
};

/** Makers that a name may state, and the vendor of the cards that are then meant. */
const MAKERS: readonly (readonly [RegExp, string])[] = [
  [/\b(?:nvidia|tesla|geforce|quadro|rtx|gtx)/i, 'NVIDIA'],
  [/\b(?:amd|radeon|instinct)/i, 'AMD'],
  [/\b(?:intel|arc)\b/i, 'Intel'],
  [/\b(?:apple|mac|macbook|imac)\b/i, 'Apple'],
];

/** The GPUs a name may mean, most likely first. */
export interface Candidates {
  readonly gpus: readonly Gpu[];
  /** Size the name states, GB; null when it states none. */
  readonly statedGb: number | null;
  /** The name is a key or label of the catalogue, letter for letter, or a cloud's machine. */
  readonly exact: boolean;
}

const NOTHING: Candidates = { gpus: [], statedGb: null, exact: false };

/** Whether a name is that of a slice of a card. */
export function namesSlice(name: string): boolean {
  return MIG.test(name);
}

/** Whether a name lists several cards ("RTX 5070 Ti + RTX 5090"). */
export function namesSeveral(name: string): boolean {
  return withoutProcessors(name).includes(' + ');
}

/** Whether a card is a laptop's chip. */
export function isLaptop(gpu: Gpu): boolean {
  return gpu.label.includes('Laptop');
}

/** Sizes by which a card is called, GB: those it is sold in, and the whole board's of one that software sees as two devices. */
export function sizesOf(gpu: Gpu): readonly number[] {
  const sizes = gpu.memoryOptionsGb ?? [gpu.memoryGb];
  return /\(one (?:GCD|of two)/.test(gpu.label) ? [...sizes, ...sizes.map((size) => 2 * size)] : sizes;
}

/** The cards of a catalogue by the models that their labels, their aliases and people call them by. */
function cardsByModel(gpus: readonly Gpu[]): ReadonlyMap<string, readonly Gpu[]> {
  const byKey = new Map(gpus.map((gpu) => [gpu.key, gpu]));
  const byModel = new Map<string, Gpu[]>();
  const add = (model: string, gpu: Gpu): void => {
    // People drop the "RTX" or "RX" that nvidia-smi prints: "3090", "4090 D"; not of workstation cards, where "6000" means three.
    const short = /^(?:rtx|gtx|rx)(\d{4}(?:ti|super|tisuper|d|xt|xtx|gre)?)$/.exec(model);
    for (const name of short?.[1] !== undefined && gpu.label.match(/GeForce|RX|modded/) ? [model, short[1]] : [model]) {
      const known = byModel.get(name) ?? [];
      if (!known.includes(gpu)) known.push(gpu);
      byModel.set(name, known);
    }
  };
  for (const gpu of gpus) for (const name of [gpu.label, ...gpu.aliases]) add(nameParts(name.replace(REMARK, ' ')).model, gpu);
  for (const [model, keys] of [...Object.entries(USUAL).map(([model, key]) => [model, [key]] as const), ...Object.entries(SHARED)]) {
    for (const key of keys) {
      const gpu = byKey.get(key);
      if (gpu) add(model, gpu);
    }
  }
  return byModel;
}

/** Finds GPUs by the many names tools and people give them. */
export class GpuNames {
  private readonly exact = new Map<string, Gpu>();
  private models: ReadonlyMap<string, readonly Gpu[]> | undefined;

  /** @param gpuOfMachine the key of the GPU of a cloud's machine ("g5.xlarge"), null for other names. */
  constructor(
    private readonly gpus: readonly Gpu[],
    private readonly gpuOfMachine: (name: string) => string | null,
  ) {
    for (const gpu of gpus) this.exact.set(flat(gpu.key), gpu);
    for (const gpu of gpus) if (!this.exact.has(flat(gpu.label))) this.exact.set(flat(gpu.label), gpu);
  }

  /** Taking the catalogue's names apart takes a quarter of the time that loading takes, and files mostly state a key. */
  private get byModel(): ReadonlyMap<string, readonly Gpu[]> {
    this.models ??= cardsByModel(this.gpus);
    return this.models;
  }

  /** No GPUs when the name is unknown, names a slice of a card (MIG) or several different cards. */
  candidates(name: string): Candidates {
    if (namesSlice(name) || namesSeveral(name)) return NOTHING;
    const whole = this.exact.get(flat(name));
    if (whole && flat(name) === flat(whole.key)) return { gpus: [whole], statedGb: null, exact: true };
    const machine = whole ? undefined : this.exact.get(flat(this.gpuOfMachine(name) ?? ''));
    if (machine) return { gpus: [machine], statedGb: null, exact: true };
    const text = withoutProcessors(name);
    const remarks = [...text.matchAll(REMARK)].map(([remark]) => remark.slice(1, -1));
    const outside = text.replace(REMARK, ' ');
    const parts = nameParts(outside);
    const known = this.meant(text, parts);
    if (whole) return { ...order([whole, ...(known ?? []).filter((gpu) => gpu !== whole)], parts, whole), exact: true };
    if (known) return order(known, withRemarks(parts, remarks, known), undefined);
    return this.inRemarks(text, remarks) ?? this.within(text, outside) ?? this.firstWithin(text, remarks) ?? NOTHING;
  }

  /** The cards that the words of a name mean; undefined when there are none. */
  private meant(text: string, { model, laptop }: NameParts): readonly Gpu[] | undefined {
    return fitting(text, laptop, this.byModel.get(model));
  }

  /** The cards that a remark names where the name itself names none: "AMD Radeon (gfx1201, 16 GB)", "Pi 5 - 8GB (AMD RX 7600)". */
  private inRemarks(text: string, remarks: readonly string[]): Candidates | undefined {
    for (const remark of remarks) {
      const { sizeGb } = nameParts(remark);
      for (const word of remark.split(',')) {
        const parts = nameParts(word);
        const known = this.meant(text, parts);
        if (known) return order(known, counting({ ...parts, sizeGb: parts.sizeGb ?? sizeGb }, known), undefined);
      }
    }
    return undefined;
  }

  private firstWithin(text: string, remarks: readonly string[]): Candidates | undefined {
    return remarks.map((remark) => this.within(text, remark)).find((found) => found !== undefined);
  }

  /** Looks for the longest run of words that names a card inside a longer text ("A single NVIDIA H100 SXM GPU."). */
  private within(name: string, part: string): Candidates | undefined {
    const parts = nameParts(part);
    let best: readonly Gpu[] | undefined;
    let length = SHORTEST_WITHIN_TEXT - 1;
    for (let from = 0; from < parts.words.length; from++) {
      for (let to = from + 1; to <= parts.words.length; to++) {
        const model = parts.words.slice(from, to).join('');
        const known = this.byModel.get(model);
        if (!known || model.length <= length) continue;
        best = VARIANTS.has(parts.words[to] ?? '') ? undefined : fitting(name, parts.laptop, known);
        length = model.length;
      }
    }
    return best && order(best, counting(parts, best), undefined);
  }
}

/** The makers that a text names, as the catalogue writes them. */
export function makersIn(text: string): readonly string[] {
  return MAKERS.filter(([maker]) => maker.test(text)).map(([, vendor]) => vendor);
}

/** Of the cards of a model those that are, or are not, a laptop's, of the makers that the name states; undefined when there are none. */
function fitting(text: string, laptop: boolean, known: readonly Gpu[] | undefined): readonly Gpu[] | undefined {
  if (!known) return undefined;
  const [maker, ...further] = makersIn(text);
  const made = maker === undefined || further.length > 0 ? known : known.filter((gpu) => gpu.vendor === maker);
  const line = /\bquadro\b/i.test(text) ? made.filter((gpu) => gpu.label.includes('Quadro')) : [];
  const lines = line.length > 0 ? line : made;
  const chips = lines.filter((gpu) => isLaptop(gpu) === laptop);
  const found = chips.length > 0 || laptop ? chips : lines;
  return found.length > 0 ? found : undefined;
}

/** What remarks say of size and form where the name itself does not: "A100 (40GB PCIe)", "M4 mini (10 core - 32GB)". */
function withRemarks(parts: NameParts, remarks: readonly string[], known: readonly Gpu[]): NameParts {
  const said = remarks.filter((remark) => !HOST_MEMORY.test(remark)).map(nameParts);
  const sizeGb = said.find((remark) => remark.sizeGb !== null)?.sizeGb ?? null;
  return {
    ...parts,
    sizeGb: parts.sizeGb ?? counting({ ...parts, sizeGb }, known).sizeGb,
    form: parts.form ?? said.find(({ form }) => form !== null)?.form ?? null,
  };
}

/** The size in a text may be the host's ("Pi CM5 - 16GB (Nvidia RTX 3060)"): it only counts where a card has it. */
function counting(parts: NameParts, known: readonly Gpu[]): NameParts {
  const { sizeGb } = parts;
  return sizeGb !== null && known.some((gpu) => isSize(gpu, sizeGb)) ? parts : { ...parts, sizeGb: null };
}

function order(known: readonly Gpu[], parts: NameParts, whole: Gpu | undefined): Candidates {
  const { sizeGb } = parts;
  const sized = sizeGb === null ? known : known.filter((gpu) => isSize(gpu, sizeGb));
  const pool = sized.length > 0 ? sized : known;
  const formed = parts.form === null ? pool : pool.filter((gpu) => formOf(gpu) === parts.form);
  const usual = USUAL[parts.model] ?? SHARED[parts.model]?.[0] ?? known.find((gpu) => Object.values(USUAL).includes(gpu.key))?.key;
  const rank = (gpu: Gpu): number => (whole === gpu ? 4 : 0) + (gpu.key === usual ? 2 : 0) + (formOf(gpu) === 'sxm' ? 1 : 0);
  return { gpus: [...(formed.length > 0 ? formed : pool)].sort((a, b) => rank(b) - rank(a)), statedGb: sizeGb, exact: false };
}

/** A stated size means this card when it is its marketing size, or within a tenth of it ("H100-96GB", 94 GB). */
function isSize(gpu: Gpu, sizeGb: number): boolean {
  return sizesOf(gpu).some((size) => Math.abs(size - sizeGb) <= size * 0.1);
}

function formOf(gpu: Gpu): string | null {
  if (/nvl/i.test(gpu.label)) return 'nvl';
  if (/pcie/i.test(gpu.label)) return 'pcie';
  return gpu.link !== null && gpu.link.startsWith('nvlink') ? 'sxm' : null;
}
