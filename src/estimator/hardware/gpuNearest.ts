import { distance } from 'fastest-levenshtein';
import type { Gpu } from './gpu';
import { isLaptop, makersIn } from './gpuNames';
import { flat, nameParts } from './gpuSpelling';

/** Likeness from which a card is worth offering: "rtx_409" and "rtx_4090" share 0.9; no card comes near a "Voodoo 2". */
const LEAST = 0.55;
/** What the same number adds: an "RTX 5090 Super" is nearer to the RTX 5090 than to the RTX 2070 SUPER. */
const NUMBER_BONUS = 0.2;

/** The cards whose names are most like `name`, the likest first; none where nothing is like it. Ties keep the order of `gpus`. */
export function nearestNames(gpus: readonly Gpu[], name: string): readonly Gpu[] {
  const { model, laptop } = nameParts(name.replace(/[()]/g, ' '));
  const wanted = model === '' ? flat(name) : model;
  const score = (gpu: Gpu): number =>
    Math.max(...[gpu.key, gpu.label, ...gpu.aliases].map((other) => likeness(wanted, nameParts(other).model)));
  const makers = makersIn(name);
  return gpus
    .filter((gpu) => isLaptop(gpu) === laptop && (makers.length === 0 || makers.includes(gpu.vendor)))
    .map((gpu) => ({ gpu, score: score(gpu) }))
    .filter((entry) => entry.score >= LEAST)
    .sort((a, b) => b.score - a.score)
    .map((entry) => entry.gpu);
}

/** The mean of the edits that are not needed and of the letter pairs in common, from 0 to 1, and the bonus for the same number. */
function likeness(a: string, b: string): number {
  const longest = Math.max(a.length, b.length);
  if (longest === 0) return 0;
  const number = /\d{2,}/.exec(a)?.[0];
  const same = number !== undefined && number === /\d{2,}/.exec(b)?.[0] ? NUMBER_BONUS : 0;
  return (1 - distance(a, b) / longest + overlap(pairs(a), pairs(b))) / 2 + same;
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
