/** Names that tables and recipes shorten or glue together: "DeepSeekV3 (w/o MTP)", "Nemotron_3_Super", "Qwen3 MoE 30B". */

/** What only repeats what another part says, or says nothing about sizes. */
const FILLER = new Set(['v', 'moe', 'nvidia', 'meta', 'ai', 'model', 'dense', 'hf', 'bf', 'a']);

/** One name's parts: what tells it from others, and sizes ("30b", "3b" of A3B). */
export interface NameWords {
  readonly words: readonly string[];
  readonly sizes: readonly string[];
}

/** Cuts a name at separators and between letters and digits; remarks in brackets and the owner are no part of it. */
export function nameWords(name: string): NameWords {
  const plain = name.replace(/\([^)]*\)/g, ' ').trim();
  const last = plain.slice(plain.lastIndexOf('/') + 1).toLowerCase();
  const parts = last
    .replace(/([a-z])v(?=\d)/g, '$1 ')
    .replace(/([a-z])(?=\d)/g, '$1 ')
    .split(/[^a-z0-9.]+/)
    .filter((part) => part !== '' && !FILLER.has(part));
  const isSize = (part: string): boolean => /^\d+(\.\d+)?[bm]$/.test(part);
  return { words: parts.filter((part) => !isSize(part)), sizes: parts.filter(isSize) };
}

/** Whether words can name a model by themselves: a family's name and a number beside it. */
export function canNameModel({ words, sizes }: NameWords): boolean {
  return words.some((word) => /^[a-z]{3,}$/.test(word)) && (sizes.length > 0 || words.some((word) => /^\d/.test(word)));
}

/**
 * How many words `known` has that `asked` lacks; null when `asked` has a word or size that `known` lacks. A name that states no size is
 * asked about by any.
 */
export function extraWords(asked: NameWords, known: NameWords): number | null {
  const has = (part: string): boolean => known.words.includes(part) || known.sizes.includes(part);
  if (!asked.words.every(has)) return null;
  if (known.sizes.length > 0 && !asked.sizes.every(has)) return null;
  return known.words.filter((word) => !asked.words.includes(word)).length;
}
