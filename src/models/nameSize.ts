/** Tables write "7 B" where the Hub writes "7B". */
export const LOOSE_SIZE = /(\d)\s+([bm])(?![a-z0-9])/gi;

/** "8x7B" is 8 experts on shared attention: Mixtral's total is 0.83 of the product (46.7 of 56 billion). */
const MIXTRAL_SHARE = 0.83;

/**
 * Total parameters in billions by a model's name ("-70B-", "8x7B", "-500M"); null when it states none. Apart from the names of formats, which are
 * many times as long and of no use to the page.
 */
export function billionsIn(name: string): number | null {
  const path = name.replace(/[\\/]+$/, '');
  const last = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  const product = /(\d+)x(\d+(?:\.\d+)?)b(?![a-z0-9])/i.exec(last);
  if (product) return Number(product[1]) * Number(product[2]) * MIXTRAL_SHARE;
  const sizes = [...last.matchAll(/(?:^|[-_.\s])(\d+(?:\.\d+)?)(b|m|t)(?![a-z0-9])/gi)];
  const [first] = sizes;
  // "Qwen-1_8B" writes its decimal point as an underscore; only sizes below two are written so.
  const underscored = /(?:^|[-.\s])([01])_(\d)b(?![a-z0-9])/i.exec(last);
  if (underscored) return Number(`${underscored[1]}.${underscored[2]}`);
  if (!first) return null;
  const unit = (first[2] ?? 'b').toLowerCase();
  const value = Number(first[1]);
  return unit === 'm' ? value / 1000 : unit === 't' ? value * 1000 : value;
}
