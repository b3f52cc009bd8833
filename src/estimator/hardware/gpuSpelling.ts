/** The words of a name that identify a card. */
export interface NameParts {
  /** Words of the model alone: no maker, memory or form factor. */
  readonly words: readonly string[];
  /** {@link words} without spaces ("rtx4090"). */
  readonly model: string;
  readonly sizeGb: number | null;
  /** `sxm`, `pcie` or `nvl`. */
  readonly form: string | null;
  /** The name says that the chip is a laptop's, which has fewer multiprocessors and less memory than the card of the same number. */
  readonly laptop: boolean;
}

/** Words that say nothing about which card it is. */
const NOISE = new Set(
  (
    'nvidia geforce tesla quadro amd instinct radeon intel arc google aws apple huawei gpu gpus card graphics series generation core device accelerator ' +
    'corporation ac hgx dgx mega shared edition blackwell single lovelace vf moore threads mtt iluvatar hygon npu'
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
const SIZE = /^(\d+(?:\.\d+)?)(?:gb|gib|g)$/;

/** Writings of one thing, in the order in which they are brought to one form; on lower-case words with one space on either side. */
const SPELLINGS: readonly (readonly [RegExp, string])[] = [
  // Core counts tell bins of one chip apart, not chips: "M2 Ultra 76-Core GPU", "(48 GPU Core)".
  [/ \d+ (?:gpu |cpu )?cores?(?: gpu| cpu)?(?= )/g, ''],
  // The driver names the Grace Hopper of 96 GB by its CPU's memory.
  [/ gh200 (?:480|120)gb(?= )/g, ' gh200 96gb'],
  [/ (\d{4}(?:ti)?)m(?= )/g, ' $1 laptop'],
  [/(\d|ti)(laptop|mobile)(?= )/g, '$1 laptop'],
  [/ (?:laptop|mobile|notebook)(?= )/g, ' laptop'],
  // Workstation cards by their generation: Blackwell's are "RTX PRO 6000", Ada's "RTX 6000 Ada", Ampere's "RTX A6000".
  [/ (?:rtx )?(\d000|4500) pro(?= )/g, ' rtx pro $1'],
  [/ rtx (\d000|4500) blackwell(?= )/g, ' rtx pro $1'],
  [/ pro 6000(?= )/g, ' rtx pro 6000'],
  [/ rtx rtx /g, ' rtx '],
  [/ (?:rtx )?a?(500|\d000|4500|5880) ada(?= )/g, ' rtx $1 ada'],
];
/** Thin laptops' chips are "with Max-Q Design"; of the RTX PRO cards Max-Q is the desktop card of 300 W. */
const MAX_Q = / max q(?: design)?(?= )/g;
const MAX_Q_LAPTOP = / (?:geforce|quadro|[rg]tx (?:a?\d{4}))(?= )/;
/** An Apple chip: M1 to M9, alone or with the name of its larger kinds. */
const APPLE_CHIP = / m[1-9](?:pro|max|ultra)?(?= )/;
/** What machines with Apple's chips are called, and their years and screens. */
const APPLE_MACHINE =
  / (?:macbook(?: pro| air)?|mbp|mba|mac(?: mini| studio| pro)?|imac(?: pro)?|ipad(?: pro| air)?|mini|air|studio|silicon|chip|soc|laptop|20[12]\d|1\d inch)(?= )/g;
/** Reads the words of a name, whatever their writing ("NVIDIA-L40S", "GeForce 1080 Ti", "RTX A6000 Ada"). */
export function nameParts(name: string): NameParts {
  let sizeGb: number | null = null;
  let form: string | null = null;
  let laptop = false;
  const words: string[] = [];
  for (const word of spelled(name).split(' ')) {
    const size = SIZE.exec(word);
    if (size?.[1] !== undefined) sizeGb = Number(size[1]);
    else if (word === 'laptop') laptop = true;
    else if (FORMS[word] !== undefined) form = FORMS[word];
    else if (word !== '' && !NOISE.has(word) && !MEMORY_KIND.test(word)) words.push(word);
  }
  const joined = words.join('');
  const glued = /^(h100|h200|a100)(nvl|sxm|pcie)$/.exec(joined);
  return { words, model: glued?.[1] ?? joined, sizeGb, form: glued?.[2] ?? form, laptop };
}

function spelled(name: string): string {
  const words = name
    .toLowerCase()
    .replace(/\(r\)|\(tm\)/g, ' ')
    .replace(/\d+(\.\d+)?\s*[gt]b\/s/g, ' ')
    .replace(/(\d)\s+(gi?b)\b/g, '$1$2')
    .replace(/^gpu_\d+x_|^\d{1,3}\s*x(?!tx?\b)(?:\s+|(?=[a-z]))/, '')
    .split(/[^a-z0-9.+]+/)
    .filter((word) => word !== '');
  let text = ` ${words.join(' ')} `;
  for (const [writing, form] of SPELLINGS) text = text.replace(writing, form);
  if (MAX_Q_LAPTOP.test(text) && !text.includes(' pro ')) text = text.replace(MAX_Q, ' laptop');
  return APPLE_CHIP.test(text) ? text.replace(APPLE_MACHINE, '') : text;
}

/** A name as one word: neither case nor separators tell names apart. */
export function flat(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9+]/g, '');
}
