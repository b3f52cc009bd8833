// What each face says of one deployment, and the numbers in it by what they count.
import assert from 'node:assert/strict';
import type { Analysis } from '../../../src/analysis/analysis';
import { hoverMarkdown } from '../../../src/report/hover';
import { inlayHints } from '../../../src/report/inlay';
import { reportMarkdown } from '../../../src/report/markdown';
import { reportText } from '../../../src/report/text';
import { verdict } from '../../../src/report/verdict';

/** The text of each face by its name. */
export function surfacesOf(analysis: Analysis): ReadonlyMap<string, string> {
  const { brief, line, short } = verdict(analysis);
  return new Map([
    ['hover', analysis.deployment.arguments.map((argument) => hoverMarkdown(analysis, argument)).join('\n\n')],
    ['CodeLens', brief],
    ['status bar', short],
    ['tooltip', line],
    [
      'inlay hints',
      inlayHints(analysis)
        .map(({ label }) => label)
        .join('\n'),
    ],
    ['terminal', reportText(analysis, 'serve.yaml', () => 1)],
    ['report', reportMarkdown(analysis, 'serve.yaml')],
  ]);
}

/** How each face words a quantity; the number is the group. */
const WORDINGS: Readonly<Record<string, readonly RegExp[]>> = {
  'requests at once': [
    /(?<!what )\b([\d.,]+) requests of [\d,]+/g,
    /([\d.,]+) of full length fit/g,
    /Such requests at once \| ([\d.,]+) \|/g,
    /Requests at full length\s+([\d.,]+)/g,
  ],
  'KV cache tokens': [
    /KV cache ([\d,]+) tokens/g,
    /GPU, ([\d,]+)(?: \([\d,]+ to [\d,]+\))? tokens/g,
    /\| Tokens \| ([\d,]+)/g,
    /KV cache\s+([\d,]+) tokens/g,
  ],
  'memory in use': [
    /(?<!, |[\d.])([\d.]+) of [\d.]+ GiB(?:$| each| per GPU|;| ·| in use)/gm,
    /Peak on the device: ([\d.]+) GiB/g,
    /Peak on the GPU\s+([\d.]+) GiB/g,
  ],
  'memory of the card': [
    /(?<!, |[\d.])[\d.]+ of ([\d.]+) GiB(?:$| each| per GPU|;| ·| in use)/gm,
    /, ([\d.]+) GiB each/g,
    /Peak on the device: [^|\n]* of ([\d.]+) GiB/g,
  ],
  weights: [
    /Weights: ([\d.]+) GiB/g,
    /^ +weights +([\d.]+) GiB/gm,
    /([\d.]+) GiB weights per GPU/g,
    /^\| weights \| ([\d.]+) GiB/gm,
    /^weights ([\d.]+)$/gm,
    /^weights\s+([\d.]+) GiB/gm,
  ],
  'KV cache': [
    /KV cache: ([\d.]+) GiB/g,
    /^ +KV cache +([\d.]+) GiB/gm,
    /Available per GPU \| ([\d.]+) GiB/g,
    /^\| KV cache \| ([\d.]+) GiB/gm,
    /^KV cache ([\d.]+)$/gm,
    /^KV cache\t([\d.]+) GiB/gm,
  ],
  'one request': [
    /holds \*\*([\d.]+) GiB/g,
    /([\d.]+) GiB KV cache per request/g,
    /one request of [\d,]+ tokens needs ([\d.]+) GiB/gi,
    /One request of [\d,]+ tokens \| ([\d.]+) GiB/g,
    /KV cache for the load\s+([\d.]+) GiB/g,
  ],
  'longest request': [
    /Largest length that fits: \*\*([\d,]+)/g,
    /longest that fits ([\d,]+)/g,
    /Longest request that fits \| ([\d,]+)/g,
    /Longest context that fits\s+([\d,]+) tokens/g,
  ],
  budget: [/^([\d.]+) GiB per GPU$/gm, /budget per GPU(?:\*\* \| \*\*| +)([\d.]+) GiB/g, /budget ([\d.]+) GiB/g],
  'bytes of a token': [/([\d.]+ \w+) per token/g, /costs ([\d.]+ \w+) of KV cache/g, /Per token and GPU \| ([\d.]+ \w+)/g],
};

/** Every number that is said of a quantity, by face. */
export function saidOf(quantity: keyof typeof WORDINGS, surfaces: ReadonlyMap<string, string>): ReadonlyMap<string, readonly string[]> {
  const said = [...surfaces].map(([surface, text]) => {
    const found = (WORDINGS[quantity] ?? []).flatMap((wording) => [...text.matchAll(wording)].map((match) => match[1] ?? ''));
    return [surface, [...new Set(found)]] as const;
  });
  return new Map(said.filter(([, numbers]) => numbers.length > 0));
}

export const QUANTITIES: readonly string[] = Object.keys(WORDINGS);

/** Fails when two faces, or one face twice, say different numbers of one quantity. */
export function assertAgreement(surfaces: ReadonlyMap<string, string>): void {
  for (const quantity of QUANTITIES) {
    const said = saidOf(quantity, surfaces);
    const numbers = new Set([...said.values()].flat());
    assert.ok(numbers.size <= 1, `${quantity}: ${JSON.stringify(Object.fromEntries(said))}`);
  }
}
