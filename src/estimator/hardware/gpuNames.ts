import type { Gpu } from './gpu';

/** Words that say nothing about which card it is. */
const NOISE = new Set(
  (
    'nvidia geforce tesla quadro amd instinct radeon intel arc google aws apple huawei gpu gpus card graphics series generation core device accelerator ' +
    'corporation ac hgx dgx mega shared edition blackwell single'
  ).split(' '),
);
/** Kinds of memory, which only repeat what the size says. */
const MEMORY_KIND = /^(hbm\d?e?|gddr\d\w?|lpddr\d?x?|vram)$/;
/** Form factors, with the word of the key or label that they mean. */
const FORMS: Readonly<Record<string, string>> = {
  sxm: 'sxm',
  sxm2: 'sxm',
  sxm4: 'sxm',
  sxm5: 'sxm',
  sxm6: 'sxm',
  smx: 'sxm',
  oam: 'sxm',
  pcie: 'pcie',
  nvl: 'nvl',
};
/** A remark in brackets is not part of the name, except the size ("RTX 4060 Ti (16GB)"). */
const REMARK = /\((?!\s*\d+\s*gi?b\))[^)]*\)/gi;
/** Shorter names (T4, L4, A2) are only found standing alone: inside a text two letters mean anything. */
const SHORTEST_WITHIN_TEXT = 3;
const SIZE = /^(\d+(?:\.\d+)?)(?:gb|gib|g)$/;
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
  rtxpro5000: 'rtx_pro_5000',
  rtxpro6000: 'rtx_pro_6000',
  // npu-smi prints the family ("Ascend910") or the bin ("910B2") of the cards of 64 GB.
  ascend910: 'ascend_910b',
  ascendascend910: 'ascend_910b',
  ascend910b1: 'ascend_910b',
  ascend910b2: 'ascend_910b',
  ascend910b3: 'ascend_910b',
  rx9070: 'rx_9070_xt',
  w7900: 'radeon_pro_w7900',
  w7800: 'radeon_pro_w7800',
  r9700: 'radeon_ai_pro_r9700',
  // What ROCm prints where it knows no product name: the chip (rocminfo, LLVM AMDGPU usage guide).
  gfx90a: 'mi250x',
  gfx942: 'mi300x',
  gfx950: 'mi355x',
  gfx1100: 'rx_7900_xtx',
  gfx1151: 'ryzen_ai_max_395',
  gfx1201: 'rx_9070_xt',
};

/** Cards that people call by the name of a sibling with less memory: the H20 with 141 GB is "H20-3e" to the driver alone. */
const SHARED: Readonly<Record<string, string>> = { h20: 'h20_141' };

/** The words of a name that identify a card: model, size in GB and form factor. */
interface NameParts {
  readonly words: readonly string[];
  readonly model: string;
  readonly sizeGb: number | null;
  readonly form: string | null;
}

/** The GPUs a name may mean, most likely first. */
export interface Candidates {
  readonly gpus: readonly Gpu[];
  /** Size the name states, GB; null when it states none. */
  readonly statedGb: number | null;
  /** The name is a key or label of the catalogue, letter for letter. */
  readonly exact: boolean;
}

/** Finds GPUs by the many names tools and people give them. */
export class GpuNames {
  private readonly exact = new Map<string, Gpu>();
  private readonly byModel = new Map<string, Gpu[]>();

  constructor(private readonly gpus: readonly Gpu[]) {
    for (const gpu of gpus) {
      this.exact.set(flat(gpu.key), gpu);
      for (const name of [gpu.label, ...gpu.aliases]) {
        this.addModel(split(name.replace(REMARK, ' ')).model, gpu);
      }
    }
    for (const gpu of gpus) {
      if (!this.exact.has(flat(gpu.label))) this.exact.set(flat(gpu.label), gpu);
      for (const [model, key] of [...Object.entries(USUAL), ...Object.entries(SHARED)]) if (gpu.key === key) this.addModel(model, gpu);
    }
  }

  private addModel(model: string, gpu: Gpu): void {
    // People drop the "RTX" or "RX" that nvidia-smi prints: "3090", "4090 D"; not of workstation cards, where "6000" means three.
    const short = /^(?:rtx|gtx|rx)(\d{4}(?:ti|super|tisuper|d|xt|xtx)?)$/.exec(model);
    for (const name of short?.[1] !== undefined && gpu.label.match(/GeForce|RX|modded/) ? [model, short[1]] : [model]) {
      const known = this.byModel.get(name) ?? [];
      if (!known.includes(gpu)) known.push(gpu);
      this.byModel.set(name, known);
    }
  }

  /** No GPUs when the name is unknown, names a slice of a card (MIG) or several different cards. */
  candidates(name: string): Candidates {
    const nothing: Candidates = { gpus: [], statedGb: null, exact: false };
    if (/(^|[^a-z])mig([^a-z]|$)/i.test(name) || name.includes(' + ')) return nothing;
    const whole = this.exact.get(flat(name));
    if (whole && flat(name) === flat(whole.key)) return { gpus: [whole], statedGb: null, exact: true };
    const parts = split(name.replace(REMARK, ' '));
    const known = this.byModel.get(parts.model) ?? (parts.model === '' ? this.inRemark(name) : undefined);
    if (whole) return { ...order([whole, ...(known ?? []).filter((gpu) => gpu !== whole)], parts, whole), exact: true };
    return known ? order(known, parts, undefined) : this.within(name);
  }

  /** The cards that a remark names where the name itself says nothing: "AMD Radeon (gfx1201, 16 GB)". */
  private inRemark(name: string): readonly Gpu[] | undefined {
    const words = [...name.matchAll(REMARK)].flatMap(([remark]) => remark.slice(1, -1).split(','));
    return words.map((word) => this.byModel.get(split(word).model)).find((gpus) => gpus !== undefined);
  }

  /** Looks for the longest run of words that names a card inside a longer text ("A single NVIDIA H100 SXM GPU."). */
  private within(name: string): Candidates {
    const parts = split(name);
    let best: readonly Gpu[] = [];
    let length = SHORTEST_WITHIN_TEXT - 1;
    for (let from = 0; from < parts.words.length; from++) {
      for (let to = from + 1; to <= parts.words.length; to++) {
        const model = parts.words.slice(from, to).join('');
        const known = this.byModel.get(model);
        if (known && model.length > length) [best, length] = [known, model.length];
      }
    }
    // The size in such a text may be the host's ("Pi CM5 - 16GB (Nvidia RTX 3060)"): it only counts where a card has it.
    const { sizeGb } = parts;
    const counts = sizeGb !== null && best.some((gpu) => isSize(gpu, sizeGb));
    return best.length === 0
      ? { gpus: [], statedGb: null, exact: false }
      : order(best, counts ? parts : { ...parts, sizeGb: null }, undefined);
  }

  /** Closest by shared letter pairs over key and names; ties in catalogue order. */
  nearest(name: string, n: number): readonly Gpu[] {
    const wanted = pairs(flat(name));
    const score = (gpu: Gpu): number =>
      Math.max(...[gpu.key, gpu.label, ...gpu.aliases].map((other) => overlap(wanted, pairs(flat(other)))));
    return this.gpus
      .map((gpu) => ({ gpu, score: score(gpu) }))
      .sort((a, b) => b.score - a.score)
      .slice(0, n)
      .map((entry) => entry.gpu);
  }
}

function order(known: readonly Gpu[], parts: NameParts, whole: Gpu | undefined): Candidates {
  const { sizeGb } = parts;
  const sized = sizeGb === null ? known : known.filter((gpu) => isSize(gpu, sizeGb));
  const pool = sized.length > 0 ? sized : known;
  const formed = parts.form === null ? pool : pool.filter((gpu) => formOf(gpu) === parts.form);
  const usual = USUAL[parts.model] ?? known.find((gpu) => Object.values(USUAL).includes(gpu.key))?.key;
  const rank = (gpu: Gpu): number => (whole === gpu ? 4 : 0) + (gpu.key === usual ? 2 : 0) + (formOf(gpu) === 'sxm' ? 1 : 0);
  return { gpus: [...(formed.length > 0 ? formed : pool)].sort((a, b) => rank(b) - rank(a)), statedGb: sizeGb, exact: false };
}

/** A stated size means this card when it is its marketing size, or within a tenth of it ("H100-96GB", 94 GB). */
function isSize(gpu: Gpu, sizeGb: number): boolean {
  return (gpu.memoryOptionsGb ?? [gpu.memoryGb]).some((size) => Math.abs(size - sizeGb) <= size * 0.1);
}

function formOf(gpu: Gpu): string | null {
  if (/nvl/i.test(gpu.label)) return 'nvl';
  if (/pcie/i.test(gpu.label)) return 'pcie';
  return gpu.link !== null && gpu.link.startsWith('nvlink') ? 'sxm' : null;
}

function split(name: string): NameParts {
  const words = name
    .toLowerCase()
    .replace(/\(r\)|\(tm\)/g, ' ')
    .replace(/\d+(\.\d+)?\s*[gt]b\/s/g, ' ')
    .replace(/(\d)\s+(gi?b)\b/g, '$1$2')
    .replace(/^gpu_\d+x_|^\d+\s*x(?:\s+|(?=[a-z]))/, '')
    .split(/[^a-z0-9.+]+/)
    .filter((word) => word !== '');
  let sizeGb: number | null = null;
  let form: string | null = null;
  const model: string[] = [];
  for (const word of words) {
    const size = SIZE.exec(word);
    if (size?.[1] !== undefined && model.length > 0) sizeGb = Number(size[1]);
    else if (FORMS[word] !== undefined) form = FORMS[word];
    else if (!NOISE.has(word) && !MEMORY_KIND.test(word)) model.push(word);
  }
  const joined = model.join('');
  const glued = /^(h100|h200|a100)(nvl|sxm|pcie)$/.exec(joined);
  return { words: model, model: glued?.[1] ?? joined, sizeGb, form: glued?.[2] ?? form };
}

function flat(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9+]/g, '');
}

function pairs(text: string): ReadonlySet<string> {
  const found = new Set<string>();
  for (let i = 0; i + 1 < text.length; i++) found.add(text.slice(i, i + 2));
  return found;
}

/** Dice coefficient of two sets. */
function overlap(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let shared = 0;
  for (const pair of a) if (b.has(pair)) shared++;
  return a.size + b.size === 0 ? 0 : (2 * shared) / (a.size + b.size);
}
