/**
 * How drafts are made, as far as speed depends on it. The share accepted depends on the text more than on anything a configuration says:
 * `low` to `high` is what published measurements span.
 */
export interface Drafting {
  /** What drafts, in words of a sentence. */
  readonly by: string;
  /** Probability that a drafted token is accepted, given that those before it were. */
  readonly acceptance: { readonly low: number; readonly value: number; readonly high: number };
  /** Time of drafting one token over that of a step of the target model. */
  readonly costPerToken: number;
}

/** A drafter of a few percent of the parameters, run once per draft: one layer of some tens, with its head. */
const SMALL_DRAFTER = 0.04;

/** A drafter nothing is known of. Leviathan et al. 2023, table 2: 0.5 to 0.9 for small models drafting for large ones. */
export const USUAL_DRAFTING: Drafting = {
  by: 'a small drafter',
  acceptance: { low: 0.5, value: 0.7, high: 0.85 },
  costPerToken: SMALL_DRAFTER,
};

/** Kinds of drafting by the name of vLLM's method, the narrower before the wider. */
const KINDS: readonly (readonly [RegExp, Drafting])[] = [
  // Spec-Bench (Xia et al. 2024) on Vicuna 7B: prompt lookup yields 1.74 tokens per step of ten drafts, next to nothing in translation and
  // more than twice that in summaries; matching on the CPU takes no step of the GPU.
  [/^(ngram|suffix)/, { by: 'matching earlier text', acceptance: { low: 0.1, value: 0.43, high: 0.75 }, costPerToken: 0 }],
  // DeepSeek-V3's report (2024), section 5.4.3: 85 to 90 % of second tokens; further ones from the same module fall off.
  [/mtp$/, { by: "the model's own MTP module", acceptance: { low: 0.6, value: 0.8, high: 0.9 }, costPerToken: SMALL_DRAFTER }],
  // Li et al. 2024 (EAGLE), chains on Vicuna 7B: 0.79 for the first draft, 0.72 to 0.74 for the next ones.
  [/^eagle/, { by: 'an EAGLE head', acceptance: { low: 0.6, value: 0.75, high: 0.85 }, costPerToken: SMALL_DRAFTER }],
  // Spec-Bench: 2.32 tokens per step from Medusa's trees of drafts, all heads at once.
  [/^(medusa|mlp_speculator)/, { by: 'further heads', acceptance: { low: 0.4, value: 0.58, high: 0.7 }, costPerToken: 0.02 }],
];

/**
 * What is known of a drafting method.
 *
 * @param method vLLM's `speculative-config.method`.
 * @param sizeRatio parameters of the draft model over those the target multiplies a token with; null when there is no draft model or it is not known.
 */
export function draftingOf(method: string, sizeRatio: number | null): Drafting {
  const kind = KINDS.find(([pattern]) => pattern.test(method))?.[1] ?? { ...USUAL_DRAFTING, by: 'a draft model' };
  return sizeRatio === null || kind.costPerToken === 0 ? kind : { ...kind, costPerToken: Math.max(kind.costPerToken, sizeRatio) };
}

/** Tokens one verified step yields on average: (1 - a^(k+1)) / (1 - a) for k drafts accepted with probability a (Leviathan et al. 2023). */
export function tokensPerStep(draftTokens: number, acceptance = USUAL_DRAFTING.acceptance.value): number {
  return (1 - acceptance ** (draftTokens + 1)) / (1 - acceptance);
}
